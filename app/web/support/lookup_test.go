package support_test

import (
	"net/http"
	"net/url"
	"testing"
)

func (s *console) addStore(merchantID string) {
	s.t.Helper()
	_, err := s.db.SQL().Exec(`INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed,
			kind, mode, three_d, passkey, amount_max, created_at)
		VALUES (1, $1, '晴川選物 官網', 'shop@example.com', '', '', 'platform', 'live', true, true, 1, $2)`, merchantID, noon)
	must(s.t, err)
}

// audited lists the look-ups in the audit log: chain, login and subject.
func (s *console) audited() (lines []string) {
	s.t.Helper()
	rows, err := s.db.SQL().Query(`SELECT chain || ' ' || login || ' ' || subject FROM audit_entries
		WHERE kind = 'member_looked_up' ORDER BY at, chain, sequence`)
	must(s.t, err)
	for rows.Next() {
		var line string
		must(s.t, rows.Scan(&line))
		lines = append(lines, line)
	}
	must(s.t, rows.Err())
	return lines
}

func TestMembersAreLookedUp(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	s.addStore("MS100000001")
	v := s.signedIn("agent01")
	v.get("/support/members").is(http.StatusOK, "統一編號、會員代號、名稱或商店代號").lacks("12345675")
	v.get("/support/members?q=x").is(http.StatusUnprocessableEntity, `data-error-for="q"`)
	for _, q := range []string{"12345675", "晴川", "ms100000001"} {
		v.get("/support/members?"+url.Values{"q": {q}}.Encode()).
			is(http.StatusOK, `data-member="12345675"`, "企業會員", "1 家")
	}
	v.get("/support/members?q=nobody").is(http.StatusOK, "找不到這個會員")
	v.get("/support/members/12345675").
		is(http.StatusOK, "晴川選物股份有限公司", `href="/support/stores/MS100000001"`, "已啟用").
		lacks("shop@example.com", "owner@example.com") // what no case needs
	v.get("/support/members/00000000").is(http.StatusNotFound)
	want := []string{
		"0 agent01 搜尋 12345675", "0 agent01 搜尋 晴川", "0 agent01 搜尋 ms100000001", "0 agent01 搜尋 nobody",
		"1 支援人員 agent01 12345675",
	}
	got := s.audited()
	if len(got) != len(want) {
		t.Fatalf("the log has %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
}
