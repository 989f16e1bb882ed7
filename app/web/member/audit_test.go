package member_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
)

const auditPath = "/member/center/audit"

// logged lists the kinds and subjects that stand in member 1's chain, but for those of
// signing in.
func (s *site) logged(kinds ...audit.Kind) []string {
	s.t.Helper()
	f := audit.Filter{From: clock.DateOf(noon), To: clock.DateOf(noon).AddDays(1), Kinds: kinds}
	var list []string
	err := s.db.Audit().Each(s.t.Context(), 1, f, func(l audit.Line) error {
		if l.Kind != audit.SignedIn {
			list = append(list, l.Login+" "+string(l.Kind)+" "+l.Subject)
		}
		return nil
	})
	must(s.t, err)
	return list
}

func (s *site) record(chain int64, kind audit.Kind, login, subject string, changes ...audit.Change) {
	s.t.Helper()
	must(s.t, s.db.Audit().Record(s.t.Context(), audit.Entry{
		By: audit.By{Chain: chain, Login: login, Address: "203.0.113.7", RequestID: "REQUEST"},
		At: s.clock.Now(), Kind: kind, Subject: subject, Changes: changes,
	}))
}

func TestEachViewOfATransactionIsRecorded(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no, foreign := s.trade(1, "A1", 100, noon), s.trade(4, "B1", 100, noon)
	v := s.signedIn("12345675", "clerk01")
	v.get("/member/sales/credit-cards/" + no).is(http.StatusOK)
	v.get("/member/sales/credit-cards/" + no).is(http.StatusOK)
	v.get("/member/sales/credit-cards/" + foreign).is(http.StatusNotFound)
	want := []string{"clerk01 transaction_viewed " + no, "clerk01 transaction_viewed " + no}
	if got := s.logged(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestASearchIsRecordedOnceInTenMinutes(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "clerk01")
	list := "/member/sales/credit-cards"
	v.get(list).is(http.StatusOK)
	v.get(list + "?limit=10").is(http.StatusOK)
	v.get(list + "?status=failed").is(http.StatusOK)
	v.get(list + "?status=nothing").is(http.StatusUnprocessableEntity)
	s.signedIn("12345675", "owner01").get(list).is(http.StatusOK)
	const days = "from=2026-11-18"
	want := []string{
		"clerk01 transactions_listed " + days + "&to=2026-11-24",
		"clerk01 transactions_listed " + days + "&status=failed&to=2026-11-24",
		"owner01 transactions_listed " + days + "&to=2026-11-24",
	}
	if got := s.logged(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	s.clock.Advance(10 * time.Minute)
	v.get(list).is(http.StatusOK)
	if got := s.logged(); len(got) != 4 || got[3] != want[0] {
		t.Errorf("ten minutes later: %q", got)
	}
}

func TestTheSameSearchInAnotherSignInIsRecordedAgain(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for range 2 {
		v := s.signedIn("12345675", "clerk01")
		v.get("/member/sales/credit-cards").is(http.StatusOK)
		v.get("/member/sales/credit-cards").is(http.StatusOK)
	}
	if got := s.logged(audit.TransactionsListed); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

func TestAnAnswerWithoutABodyIsNoLook(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	for _, path := range []string{
		"/member/sales/credit-cards", "/member/sales/credit-cards/" + no, auditPath + "/export?format=csv",
	} {
		v.do(http.MethodHead, path, nil).is(http.StatusOK)
	}
	if got := s.logged(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	head := v.do(http.MethodHead, auditPath+"/export", nil).is(http.StatusOK)
	if head.Header.Get("Content-Type") != "text/csv; charset=utf-8" || head.body != "" {
		t.Errorf("%v %q", head.Header, head.body)
	}
}

func TestACardNumberReachesNeitherTheLogNorThePage(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	const number, grouped = "4111111111111111", "4111-1111-1111-1111"
	for _, query := range []string{
		"q=" + number, "account=" + number, "q=" + grouped, "account=a&account=" + number, "account=" + number + "&account=a",
		"q=x+" + number,
	} {
		v.get(auditPath+"?"+query).is(http.StatusUnprocessableEntity, "完整信用卡號").lacks(number, grouped)
		v.get(auditPath+"/export?"+query).is(http.StatusBadRequest, "完整信用卡號").lacks(number, grouped)
	}
	if got := s.logged(audit.LogExported); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if log := s.log.String(); strings.Contains(log, number) || strings.Contains(log, grouped) {
		t.Error("the program's log has it")
	}
	v.get(auditPath+"?q=26112412000000018").is(http.StatusOK, "26112412000000018")
}

func TestTheFilterFindsWhatWasDoneWhileViewing(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	v.post("/member/center/assistants/clerk01/view-as", url.Values{}).is(http.StatusSeeOther)
	v.get("/member/sales/credit-cards").is(http.StatusOK)
	v.post("/member/account/password", url.Values{}).is(http.StatusForbidden, "只能看")
	v.post("/member/view-as/end", url.Values{}).is(http.StatusSeeOther)
	v.get(auditPath+"?account=clerk01").is(http.StatusOK, `data-kind="transactions_listed"`,
		`data-kind="permission_denied"`, "/member/account/password").lacks(`data-kind="signed_in"`)
}

func TestNothingIsShownThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	s.run("ALTER TABLE audit_entries RENAME TO audit_entries_gone")
	const list = "/member/sales/credit-cards"
	for _, path := range []string{list, list + "/" + no, auditPath + "/export"} {
		v.get(path).is(http.StatusInternalServerError).lacks("A1", "\ufeff")
	}
	s.run("ALTER TABLE audit_entries_gone RENAME TO audit_entries")
	v.get(list).is(http.StatusOK, "A1")
	if got := s.logged(); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestTheAuditPageShowsAndFiltersTheMembersLog(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	s.record(1, audit.AssistantChanged, "owner01", "clerk77",
		audit.Change{Field: "信用卡交易專用查詢", Before: "僅可瀏覽", After: "可瀏覽可修改"})
	s.record(1, audit.SignInFailed, "<b>bad</b>", "")
	s.record(3, audit.AssistantRemoved, "owner01", "someone-elses")
	s.record(audit.Platform, audit.SignInFailed, "platform-only", "")
	v.get(auditPath).is(http.StatusOK, `id="audit"`, "變更助理帳號", "clerk77", "僅可瀏覽", "可瀏覽可修改",
		"&lt;b&gt;bad&lt;/b&gt;", "203.0.113.7", "12:00:00", "REQUEST", "/export?").
		lacks("someone-elses", "platform-only", "<b>bad")
	v.get(auditPath+"?kind=sign_in_failed").is(http.StatusOK, "&lt;b&gt;bad").lacks("clerk77")
	v.get(auditPath+"?q=CLERK7").is(http.StatusOK, "clerk77").lacks("&lt;b&gt;bad")
	v.get(auditPath+"?account=OWNER01").is(http.StatusOK, "clerk77").lacks("&lt;b&gt;bad")
	v.get(auditPath+"?from=2026-11-01&to=2026-11-02").is(http.StatusOK, "沒有符合條件的紀錄").lacks(`id="audit"`)
	wrong := v.get(auditPath+"?from=x&kind=y&cursor=z").
		is(http.StatusUnprocessableEntity, "分頁位置不正確").lacks(`id="audit"`)
	for _, field := range []string{"from", "kind"} {
		if wrong.errorOf(field) == "" {
			t.Errorf("no sentence about %s", field)
		}
	}
}

func TestTheAuditPageLeafs(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	for range audit.RowsMax + 3 {
		s.record(1, audit.PermissionDenied, "clerk01", "card_trade_list")
	}
	first := v.get(auditPath+"?kind=permission_denied").is(http.StatusOK, "下一頁", `rel="next"`)
	_, rest, _ := strings.Cut(first.body, auditPath+"?cursor=")
	address, _, _ := strings.Cut(rest, `"`)
	second := v.get(auditPath+"?cursor="+strings.ReplaceAll(address, "&amp;", "&")).is(http.StatusOK, `rel="prev"`)
	rows := [2]int{strings.Count(first.body, "<tr data-kind="), strings.Count(second.body, "<tr data-kind=")}
	if rows != [2]int{audit.RowsMax, 3} {
		t.Errorf("%d lines", rows)
	}
}

func TestOnlyAnOwnerReadsTheLog(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.record(1, audit.SignInFailed, "typed-by-mistake", "")
	for _, path := range []string{auditPath, auditPath + "/export?format=csv"} {
		s.signedIn("12345675", "clerk01").get(path).is(http.StatusForbidden).lacks("typed-by-mistake")
		s.visitor().get(path).is(http.StatusSeeOther)
		s.signedIn("A100000001", "owner01").get(path).is(http.StatusOK).lacks("typed-by-mistake")
	}
	if got := s.logged(audit.PermissionDenied); len(got) != 2 {
		t.Errorf("the refusals stand in the log as %q", got)
	}
}

func TestTheLogIsExportedAndTheExportIsRecorded(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	s.record(1, audit.SignInFailed, "=cmd|' /C calc'!A0", "")
	s.record(1, audit.AssistantChanged, "owner01", "clerk77",
		audit.Change{Field: "信箱", Before: "a@x.tw", After: "b,\"@x.tw"})
	query := url.Values{"format": {"csv"}, "kind": {"sign_in_failed", "assistant_changed"}}
	got := v.get(auditPath + "/export?" + query.Encode()).is(http.StatusOK)
	for header, want := range map[string]string{
		"Content-Type":        "text/csv; charset=utf-8",
		"Content-Disposition": `attachment; filename="audit_2026-10-26_2026-11-24.csv"`,
	} {
		if value := got.Header.Get(header); value != want {
			t.Errorf("%s: %q", header, value)
		}
	}
	body, marked := strings.CutPrefix(got.body, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || !marked || len(rows) != 3 {
		t.Fatalf("%v, mark %v, %q", err, marked, rows)
	}
	if rows[0][1] != "時間（台北 UTC+8）" || rows[1][4] != "'=cmd|' /C calc'!A0" ||
		rows[1][1] != "2026-11-24 12:00:00.000000" || rows[2][9] != `信箱：a@x.tw → b,"@x.tw` ||
		rows[2][10] != rows[1][11] || len(rows[2][11]) != 64 {
		t.Errorf("%q", rows)
	}
	want := "owner01 audit_exported from=2026-10-26&kind=sign_in_failed&kind=assistant_changed&to=2026-11-24"
	if logged := s.logged(audit.LogExported); len(logged) != 1 || logged[0] != want {
		t.Errorf("%q", logged)
	}
	v.get(auditPath+"/export?format=pdf").is(http.StatusBadRequest, "CSV")
	v.get(auditPath + "/export?format=csv&from=x").is(http.StatusBadRequest)
	if logged := s.logged(audit.LogExported); len(logged) != 1 {
		t.Errorf("what was refused is recorded: %q", logged)
	}
	must(t, s.db.Audit().Verify(t.Context(), func(audit.Head) error { return nil }))
}
