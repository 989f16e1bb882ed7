package support_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/onboarding"
)

// receipts lists the rows of a list in their order.
func (a *answer) receipts() (list []string) {
	for part := range strings.SplitSeq(a.body, `<tr data-application="`) {
		if receipt, _, ok := strings.Cut(part, `"`); ok && strings.HasPrefix(receipt, "PK") {
			list = append(list, receipt)
		}
	}
	return list
}

func TestTheQueueIsFilteredAndItsViewsAreSaved(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	first, question := s.submit("lin", onboarding.Apply), s.submit("wang", onboarding.Consult)
	v := s.signedIn("agent01")
	v.on(first).does("assign", "assignee", "2")
	for query, want := range map[string]string{
		"": "both", "?assignee=me": string(first), "?assignee=none": string(question), "?kind=consult": string(question),
		"?q=" + strings.ToLower(string(first)): string(first), "?q=wang": string(question), "?q=0912345678": "both",
		"?state=returned": "", "?slot=10-12&subject=passkey": "both", "?slot=13-15": "", "?urgency=overdue": "",
	} {
		got := v.get("/support/applications" + query).is(http.StatusOK).receipts()
		if want == "both" && len(got) == 2 || want == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	v.get("/support/applications?urgency=soon").is(http.StatusUnprocessableEntity, `data-error-for="urgency"`)
	v.get("/support/applications?statee=x").is(http.StatusUnprocessableEntity, "不認得的條件")

	save := url.Values{"filter": {"kind=consult&page=2"}, "view_name": {" API 問題 "}, "view_shared": {"1"}}
	v.post("/support/applications/views", save).leads("/support/applications?kind=consult")
	page := v.get("/support/applications?kind=consult").is(http.StatusOK, `data-view="API 問題"`, "共用")
	id := page.between(`action="/support/applications/views/`, `/remove"`)
	v.post("/support/applications/views", url.Values{"filter": {"kind=consult"}, "view_name": {" "}}).
		is(http.StatusUnprocessableEntity, `data-error-for="view_name"`, string(question))
	v.post("/support/applications/views", url.Values{"filter": {"kind=x"}, "view_name": {"壞"}}).is(http.StatusBadRequest)

	other := s.signedIn("reviewer01")
	other.get("/support/applications").is(http.StatusOK, `data-view="API 問題"`, "agent01 分享").
		lacks("/views/" + id + "/remove")
	other.post("/support/applications/views/"+id+"/remove", nil).is(http.StatusNotFound)
	other.post("/support/applications/views/x/remove", nil).is(http.StatusNotFound)
	v.post("/support/applications/views/"+id+"/remove", nil).leads("/support/applications?done=view_removed")
	v.get("/support/applications?done=view_removed").is(http.StatusOK, "檢視已刪除。").lacks(`data-view="API 問題"`)
}

func TestTheHomeTellsWhomToCallAndWhatIsMine(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r := s.submit("lin", onboarding.Apply)
	v := s.signedIn("agent01")
	v.get("/support").is(http.StatusOK, `data-call="`+string(r)+`"`, "+886912345678", "未指派", "目前沒有指派給您的案件", "支援人員")
	v.on(r).does("assign", "assignee", "2")
	v.get("/support").is(http.StatusOK, `data-application="`+string(r)+`"`).lacks("目前沒有指派給您的案件")
}

func TestTheFiguresStandBesideTheirCharts(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	s.signedIn("agent01").get("/support/figures").is(http.StatusOK, "目前沒有處理中的案件。", "尚無已完成的步驟。")
	r, agent := s.confirmed("MS100000001")
	agent.does("move/propose", "store", "MS100000001")
	agent.get("/support/figures").is(http.StatusOK, "處理中案件的天數", `id="open-table"`, `<svg`)
	s.signedIn("reviewer01").on(r).does("move/activate", "store", "MS100000001")
	agent.get("/support/figures").is(http.StatusOK, `id="activated-table"`, "2026-11-23", "最高 1 家", `id="steps-table"`)
}
