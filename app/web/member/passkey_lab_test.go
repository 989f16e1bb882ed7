package member_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const lab = "/member/passkey/lab"

func TestAnOwnerSwitchesTheLabOfATestStoreOnly(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	on, off := url.Values{"on": {"1"}}, url.Values{"on": {""}}
	owner.get(store1).is(http.StatusOK).lacks("Passkey 實驗室</h2>", "passkey-lab")
	owner.post(store1+"/passkey-lab", on).is(http.StatusUnprocessableEntity, "只供測試環境")
	owner.get(lab).is(http.StatusOK, "沒有測試環境的商店")
	if n := s.number("SELECT count(*) FROM stores WHERE passkey_lab"); n != 0 {
		t.Errorf("%d live stores have the lab", n)
	}
	s.run("UPDATE stores SET mode = 'test' WHERE id = 1")
	owner.get(store1).is(http.StatusOK, "passkey-lab", "開啟實驗室", lab)
	for range 2 { // a double click
		owner.post(store1+"/passkey-lab", on).is(http.StatusSeeOther)
	}
	owner.get(store1).is(http.StatusOK, "關閉實驗室")
	owner.get(lab).is(http.StatusOK, `data-store="MS100000001"`, "已開啟", store1)
	owner.post(store1+"/passkey-lab", off).follow(owner, store1+"?done=set").is(http.StatusOK, "開啟實驗室")
	n := s.number("SELECT count(*) FROM audit_entries WHERE kind = 'store_changed' AND changes::text LIKE '%實驗室%'")
	if n != 2 {
		t.Errorf("%d entries for two changes", n)
	}
	owner.post("/member/center/stores/MS300000001/passkey-lab", on).is(http.StatusNotFound)
	s.signedIn("12345675", "clerk01").post(store1+"/passkey-lab", on).is(http.StatusForbidden)
	if n := s.number("SELECT count(*) FROM stores WHERE passkey_lab"); n != 0 {
		t.Errorf("%d stores have the lab", n)
	}
}

// play stores a run of a scenario, and what the merchant was told.
func (s *site) play(no, scenario string, at time.Time, told string) {
	s.t.Helper()
	s.run(`INSERT INTO verifications (transaction_id, state, route, bind, reason, eligible, brand, card_last4, card_id,
			webauthn, uvpa, created_at, ended_at, expires_at, seal_key, lab, fell_back, fell_back_at)
		SELECT id, 'left', 'otp', false, 'device_unsupported', false, 'visa', '0016', -store_id, true, true, $3, $3, $3,
			$1 || $2, $2, 'unsupported', $3 FROM transactions WHERE trade_no = $1`, no, scenario, at)
	if told != "" {
		s.run(`INSERT INTO payment_messages (transaction_id, direction, kind, at, fields)
			SELECT id, 'out', 'order', $2, jsonb_build_array(jsonb_build_object('name', 'Message', 'value', $3::text))
			FROM transactions WHERE trade_no = $1`, no, at, told)
	}
}

func TestTheLabShowsTheLastRunOfEachScenario(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.run("UPDATE stores SET mode = 'test', passkey_lab = true WHERE id IN (1, 2, 4)")
	first, last, other := s.trade(1, "A1", 100, noon), s.trade(1, "A2", 100, noon), s.trade(2, "A3", 100, noon)
	s.play(first, "bind", noon.Add(-time.Hour), "舊的通知")
	s.play(last, "bind", noon, "付款成功甲")
	s.play(other, "cancel", noon, "")
	s.play(s.trade(4, "B1", 100, noon), "use", noon, "別家")
	owner := s.signedIn("12345675", "owner01")
	page := owner.get(lab).is(http.StatusOK, "4000 2299 0000 0016", "4000 2299 0000 0081", "246810", "付款成功甲",
		"/member/sales/credit-cards/"+last, "付款尚未完成").lacks("舊的通知", first, "別家", "MS300000001", "遠岸")
	if n := strings.Count(page.body, "尚未執行"); n != 6 {
		t.Errorf("%d scenarios were not played, want 6", n)
	}
	s.signedIn("12345675", "clerk01").get(lab).is(http.StatusOK, last, "MS100000001").lacks("MS100000002", other, store1)
	for _, login := range []string{"viewer01", "denied01"} {
		s.signedIn("12345675", login).get(lab).is(http.StatusForbidden, "Passkey 統計與實驗室")
	}
	owner.get("/member/sales/credit-cards/"+last).is(http.StatusOK, "Passkey 實驗室「首次綁定」")
	// What was played is counted nowhere.
	owner.get(tokenStats).is(http.StatusOK, "期間內沒有適用 Passkey 的交易")
	owner.get("/member/sales/credit-cards?journey=eligible").is(http.StatusOK, "沒有符合條件的交易")
}

func TestTheStatsFileLeavesAnEntryInTheAuditLog(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	owner.get(tokenStats + "/export?format=csv&from=2026-11-01&store=MS100000001").is(http.StatusOK)
	owner.get(tokenStats + "/export?from=never").is(http.StatusBadRequest)
	logged := s.logged("token_stats_exported")
	want := "owner01 token_stats_exported from=2026-11-01&store=MS100000001&to=2026-11-24"
	if len(logged) != 1 || logged[0] != want {
		t.Errorf("the log has %q, want %q", logged, want)
	}
	owner.get("/member/center/audit").is(http.StatusOK, "匯出 Passkey 統計")
}
