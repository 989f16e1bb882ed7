package support_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
)

// ready finds every store ready, unless it is told otherwise.
type ready struct {
	mu      sync.Mutex
	verdict onboarding.Verdict
}

func (r *ready) Check(_ context.Context, stores []member.StoreID) (checks []onboarding.Check, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	verdict := r.verdict
	if verdict == "" {
		verdict = onboarding.Pass
	}
	for _, id := range stores {
		checks = append(checks, onboarding.Check{Store: id, MerchantID: "MS100000001", At: noon, Items: []onboarding.Item{
			{Code: onboarding.ItemNotifyAnswer, Verdict: verdict, Label: "NotifyURL 回覆", Found: "HTTP 200", Todo: "請確認路徑"},
		}})
	}
	return checks, nil
}

// submit sends the public form.
func (s *console) submit(name string, kind onboarding.Kind) onboarding.Receipt {
	s.t.Helper()
	a, err := s.applications.Submit(s.t.Context(), onboarding.Form{
		Kind: kind, Subject: onboarding.SubjectPasskey, Name: name, Phone: "0912345678", Email: name + "@example.test",
		Message: "門市想啟用", Slots: []onboarding.Slot{onboarding.Slot10}, Consent: true,
	}, onboarding.Applicant{})
	must(s.t, err)
	return a.Receipt
}

// store adds a store that has no Passkey yet.
func (s *console) plainStore(merchantID string) {
	s.t.Helper()
	s.addStore(merchantID)
	_, err := s.db.SQL().Exec("UPDATE stores SET passkey = false WHERE merchant_id = $1", merchantID)
	must(s.t, err)
}

// one is a browser on the page of one application.
type one struct {
	*visitor
	path string
}

func (v *visitor) on(r onboarding.Receipt) one { return one{v, "/support/applications/" + string(r)} }

// version reads the version that the page shows.
func (o one) version() string {
	o.s.t.Helper()
	return o.get(o.path).is(http.StatusOK).between(`data-version="`, `"`)
}

// send posts a form of the page under the version that it shows now.
func (o one) send(what string, pairs ...string) *answer {
	o.s.t.Helper()
	form := url.Values{"version": {o.version()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return o.post(o.path+"/"+what, form)
}

// does posts and must be led back to the page, which says what was done.
func (o one) does(what string, pairs ...string) {
	o.s.t.Helper()
	_, done, _ := strings.Cut(what, "/")
	if done == "" {
		done = map[string]string{"contacts": "contact", "notes": "note", "attachments": "files"}[what]
	}
	if done == "" {
		done = what
	}
	o.send(what, pairs...).leads(o.path + "?done=" + done)
}

func (s *console) passkeyOf(merchantID string) (on bool) {
	s.t.Helper()
	must(s.t, s.db.SQL().QueryRow("SELECT passkey FROM stores WHERE merchant_id = $1", merchantID).Scan(&on))
	return on
}

// confirmed leads an application to 資料確認 and returns it on the agent's desk.
func (s *console) confirmed(merchantID string) (onboarding.Receipt, one) {
	s.t.Helper()
	s.plainStore(merchantID)
	r := s.submit("lin", onboarding.Apply)
	agent := s.signedIn("agent01").on(r)
	agent.does("move/start_contact")
	agent.does("link", "stores", " ms100000001 ")
	agent.does("contacts", "how", "phone", "result", "reached", "date", "2026-11-24", "time", "11:30")
	agent.does("move/confirm")
	return r, agent
}

func TestAnApplicationIsWorkedToItsActivationByTwoPeople(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r, agent := s.confirmed("MS100000001")
	agent.get(agent.path).is(http.StatusOK, "資料確認", "期限內", "已聯絡上", "2026-11-24 11:30", `data-store="MS100000001"`)
	agent.does("move/propose", "store", "MS100000001")
	agent.get(agent.path).is(http.StatusOK, "開通作業", "待第二人確認", "agent01 於 2026-11-24 12:00 提出", "需由審核人員以上執行。")
	agent.send("move/activate", "store", "MS100000001").is(http.StatusForbidden, `id="permission-denied"`, "審核申請案件")
	if s.passkeyOf("MS100000001") {
		t.Fatal("an agent activates")
	}
	reviewer := s.signedIn("reviewer01").on(r)
	reviewer.does("move/activate", "store", "MS100000001")
	reviewer.get(reviewer.path+"?done=activate").is(http.StatusOK, "已完成：確認開通。", "已開通")
	if !s.passkeyOf("MS100000001") {
		t.Fatal("the store has no Passkey")
	}
	reviewer.get("/support/stores/MS100000001").is(http.StatusOK, "已啟用", "開通 Passkey服務", "reviewer01", string(r))
	agent.get("/support/stores/MS100000001").is(http.StatusOK, "需由審核人員以上執行。").lacks("確定停用")

	reviewer.post("/support/stores/MS100000001/move/deactivate", url.Values{"text_deactivate": {"詐騙"}}).
		is(http.StatusUnprocessableEntity, `data-error-for="reason_deactivate"`, "詐騙")
	reviewer.post("/support/stores/MS100000001/move/deactivate", url.Values{"reason_deactivate": {"risk"}}).
		leads("/support/stores/MS100000001?done=switch_off")
	if s.passkeyOf("MS100000001") {
		t.Fatal("the store still has Passkey")
	}
	reviewer.get("/support/stores/MS100000001").is(http.StatusOK, "停用 Passkey服務：風險控管", "未啟用")
	agent.get(agent.path).is(http.StatusOK, "已停用", "重新開通")
}

func TestNobodyConfirmsTheirOwnActivation(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r, _ := s.confirmed("MS100000001")
	reviewer := s.signedIn("reviewer01").on(r)
	reviewer.does("move/propose", "store", "MS100000001")
	reviewer.get(reviewer.path).is(http.StatusOK, "這是您提出的，需由另一位審核人員以上確認。")
	reviewer.send("move/activate", "store", "MS100000001").
		is(http.StatusUnprocessableEntity, onboarding.ErrSamePerson.Public, "沒有執行")
	if s.passkeyOf("MS100000001") {
		t.Fatal("one person activates")
	}
	s.signedIn("admin01").on(r).does("move/activate", "store", "MS100000001")
}

func TestAnActivationAsksWhoIsThere(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r, agent := s.confirmed("MS100000001")
	agent.does("move/propose", "store", "MS100000001")
	reviewer := s.signedIn("reviewer01").on(r)
	s.clock.Advance(6 * time.Minute)
	form := url.Values{"version": {reviewer.version()}, "store": {"MS100000001"}}
	reviewer.post(reviewer.path+"/move/activate", form).is(http.StatusForbidden, "請再次確認身分")
	if s.passkeyOf("MS100000001") {
		t.Fatal("it is activated without a proof")
	}
	form.Set("step_up_password", password)
	reviewer.post(reviewer.path+"/move/activate", form).leads(reviewer.path + "?done=activate")
}

func TestAStoreThatIsNotReadyIsNotProposed(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	_, agent := s.confirmed("MS100000001")
	s.ready.verdict = onboarding.Fail
	agent.send("move/propose", "store", "MS100000001").is(http.StatusUnprocessableEntity, onboarding.ErrNotReady.Public)
	agent.does("check")
	agent.get(agent.path+"?done=check").is(http.StatusOK, "開通條件已重新檢查。", "需調整", "請確認路徑", `data-readiness="MS100000001"`)
	agent.send("move/propose", "store", "MS999999999").is(http.StatusConflict, onboarding.ErrStanding.Public)
}

// Two of our staff at once: the second sees who was first, and what they typed is kept.
func TestWhoeverComesSecondLosesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r := s.submit("lin", onboarding.Apply)
	first, second := s.signedIn("agent01").on(r), s.signedIn("reviewer01").on(r)
	first.does("move/start_contact")
	stale := second.version()
	first.does("assign", "assignee", "2")
	first.does("move/ask_info", "reason_ask_info", "documents", "text_ask_info", "請補公司登記")
	late := url.Values{"version": {stale}, "reason_return": {"no_answer"}, "text_return": {"打了三次電話"}}
	second.post(second.path+"/move/return", late).
		is(http.StatusConflict, onboarding.ErrStale.Public, "agent01「請申請人補件 → 待補件」", "打了三次電話").
		is(http.StatusConflict, `value="no_answer" selected`)
	second.post(second.path+"/assign", url.Values{"version": {stale}, "assignee": {"3"}}).
		is(http.StatusConflict, onboarding.ErrStale.Public)
	second.get(second.path).is(http.StatusOK, "待補件", "請補公司登記")
	late.Set("version", "x")
	second.post(second.path+"/move/return", late).is(http.StatusConflict)
}

func TestMovesThatAnApplicationDoesNotHaveAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	s.plainStore("MS100000001")
	r := s.submit("lin", onboarding.Apply)
	admin := s.signedIn("admin01").on(r)
	has := map[onboarding.Move]bool{
		onboarding.StartContact: true, onboarding.Return: true, onboarding.WithdrawIt: true, onboarding.Merge: true,
	}
	for _, m := range onboarding.Moves {
		if has[m] {
			continue
		}
		got := admin.send("move/"+string(m), "reason_"+string(m), "documents", "text_"+string(m), "x", "store", "MS100000001")
		if got.StatusCode == http.StatusSeeOther || got.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s of an application that was just sent answers %d", m, got.StatusCode)
		}
	}
	if admin.get(admin.path).is(http.StatusOK).lacks("開通作業"); admin.version() != "1" {
		t.Errorf("the version is %s", admin.version())
	}
	admin.post("/support/applications/PK261124-ZZZZZZ/move/return", nil).is(http.StatusNotFound)
	admin.get("/support/applications/PK261124-ZZZZZZ").is(http.StatusNotFound)
}

func TestFieldsAreToldBesideThemselves(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r := s.submit("lin", onboarding.Apply)
	agent := s.signedIn("agent01").on(r)
	agent.does("move/start_contact")
	for _, tt := range []struct {
		what  string
		pairs []string
		field string
	}{
		{"move/ask_info", []string{"text_ask_info", "請補文件"}, "reason_ask_info"},
		{"move/ask_info", []string{"reason_ask_info", "documents"}, "text_ask_info"},
		{"link", []string{"stores", "MS999999999"}, "stores"},
		{"contacts", []string{"how", "phone", "result", "reached", "date", "24/11", "time", "11:00"}, "date"},
		{"contacts", []string{"how", "phone", "result", "reached", "date", "2026-11-24", "time", "11"}, "time"},
		{"contacts", []string{"how", "phone", "result", "reached", "date", "2026-11-25", "time", "11:00"}, "date"},
		{"notes", []string{"note", " "}, "note"},
		{"assign", []string{"assignee", "1"}, "assignee"}, // an owner's account
		{"move/merge", []string{"into", "PK261124-ZZZZZZ"}, "into"},
		{"move/merge", []string{"into", string(r)}, "into"},
	} {
		got := agent.send(tt.what, tt.pairs...)
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, `data-error-for="`+tt.field+`"`) {
			t.Errorf("%s %v: %d, without %s\n%s", tt.what, tt.pairs, got.StatusCode, tt.field, got.body)
		}
	}
}

func TestNotesFilesAndDuplicates(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r, same := s.submit("lin", onboarding.Apply), s.submit("lin", onboarding.Apply)
	agent := s.signedIn("agent01").on(r)
	agent.does("notes", "note", "<b>分機</b> 12")
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
	agent.upload("公司登記.png", png).leads(agent.path + "?done=files")
	agent.upload("x.png", "<html><script>alert(1)</script>").
		is(http.StatusUnprocessableEntity, `data-error-for="attachments"`)
	page := agent.get(agent.path).
		is(http.StatusOK, "&lt;b&gt;分機&lt;/b&gt; 12", "公司登記.png", "PNG", string(same), "併入另一個案件")
	href := page.between(`<a href="/support/applications/`+string(r)+`/attachments/`, `"`)
	file := agent.get(agent.path + "/attachments/" + href).is(http.StatusOK)
	if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename*=utf-8''") {
		t.Errorf("Content-Disposition %q", got)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
	} {
		if got := file.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if file.body != png {
		t.Error("the file is another")
	}
	agent.get("/support/applications/" + string(same) + "/attachments/" + href).is(http.StatusNotFound)
	agent.get(agent.path + "/attachments/x").is(http.StatusNotFound)

	agent.does("move/merge", "into", strings.ToLower(string(same)))
	agent.get(agent.path).is(http.StatusOK, "已併案", "這個案件已併入 "+string(same))
	agent.on(same).get("/support/applications/"+string(same)).
		is(http.StatusOK, string(r)+" 已併入這個案件", "&lt;b&gt;分機&lt;/b&gt; 12", "公司登記.png")
}

// upload posts a file to the page.
func (o one) upload(name, content string) *answer {
	o.s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("attachments", name)
	must(o.s.t, err)
	_, err = io.WriteString(part, content)
	must(o.s.t, err)
	must(o.s.t, w.Close())
	r := httptest.NewRequest(http.MethodPost, o.path+"/attachments", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.AddCookie(o.cookie)
	answered := httptest.NewRecorder()
	o.s.server.ServeHTTP(answered, r)
	return &answer{t: o.s.t, Response: answered.Result(), body: answered.Body.String()}
}

// What our staff do on behalf of a member, its owner reads as theirs.
func TestActingForAMemberIsInTheMembersLog(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	r, agent := s.confirmed("MS100000001")
	agent.does("move/withdraw", "text_withdraw", "來電要求撤回")
	agent.get(agent.path).is(http.StatusOK, "已撤回", "來電要求撤回")
	rows, err := s.db.SQL().Query(`SELECT login || ' ' || subject FROM audit_entries
		WHERE chain = 1 AND kind = 'application_moved'`)
	must(t, err)
	var lines []string
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		lines = append(lines, line)
	}
	must(t, rows.Err())
	if want := []string{"支援人員 agent01 " + string(r) + " 代為撤回"}; !slices.Equal(lines, want) {
		t.Errorf("the member's log has %q", lines)
	}
}

func TestAQuestionIsAnsweredOrBecomesAnApplication(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	answered, converted := s.submit("lin", onboarding.Consult), s.submit("wang", onboarding.Consult)
	v := s.signedIn("agent01")
	v.on(answered).does("move/answer_question", "text_answer_question", "幕後 API 請用 2.5 版。")
	v.get("/support/applications/"+string(answered)).is(http.StatusOK, "已回覆", "幕後 API 請用 2.5 版。")
	v.on(converted).does("move/convert")
	v.get("/support/applications/"+string(converted)).is(http.StatusOK, "聯繫中", "立即申請", "連結會員與商店")
}
