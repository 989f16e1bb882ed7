package member_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/onboarding"
)

const (
	applications   = "/member/passkey/applications"
	newApplication = applications + "/new"
)

func applicationForm(stores ...string) url.Values {
	return url.Values{
		"kind": {"apply"}, "subject": {"passkey"}, "name": {"晴川選物"}, "phone": {"0912345678"}, "email": {"a@example.test"},
		"message": {"兩家店"}, "slots": {"13-15"}, "consent": {"1"}, "stores": stores,
	}
}

// applied sends an application for stores and returns the address of its page.
func (s *site) applied(owner *visitor, stores ...string) string {
	s.t.Helper()
	s.run("UPDATE stores SET passkey = false WHERE merchant_id = ANY($1)", stores)
	sent := owner.post(newApplication, applicationForm(stores...)).is(http.StatusSeeOther)
	page, _, _ := strings.Cut(sent.Header.Get("Location"), "?")
	if !strings.HasPrefix(page, applications+"/PK261124-") {
		s.t.Fatalf("an application leads to %q", sent.Header.Get("Location"))
	}
	return page
}

// staff is one of our staff.
func (s *site) staff(role account.Role, login string) onboarding.Staff {
	s.t.Helper()
	id, err := s.db.Accounts().Add(s.t.Context(), account.NewAccount{
		Kind: account.Staff, Role: role, Login: login, Email: login + "@example.test", At: noon,
	})
	must(s.t, err)
	return onboarding.Staff{ID: id, Role: role, By: audit.By{AccountID: int64(id), Login: login}}
}

// moved takes a move with an application, in the version that it is in.
func (s *site) moved(by onboarding.Staff, page string, f onboarding.MoveForm) {
	s.t.Helper()
	f.Receipt = onboarding.Receipt(strings.TrimPrefix(page, applications+"/"))
	now, err := s.desk.Case(s.t.Context(), f.Receipt)
	must(s.t, err)
	f.Version = now.Version
	if _, err := s.desk.Move(s.t.Context(), by, f); err != nil {
		s.t.Fatalf("%s: %v", f.Move, err)
	}
}

func TestAnOwnerAppliesFromTheStoresPage(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.run("UPDATE stores SET passkey = false WHERE id = 2")
	owner := s.signedIn("12345675", "owner01")
	const store2 = "/member/center/stores/MS100000002"
	owner.get(store2).is(http.StatusOK, "未啟用", `href="`+newApplication+`?store=MS100000002"`)
	owner.get("/member").is(http.StatusOK, `href="`+applications+`"`)
	owner.get(newApplication+"?store=MS100000002").is(http.StatusOK,
		`value="晴川選物股份有限公司"`, `value="MS100000002" checked`, `value="MS100000001" disabled`, "API 版本", "請一併升級。").
		lacks("MS200000001", "MS300000001")
	owner.get(newApplication).is(http.StatusOK, "檢查開通條件").lacks("請一併升級。")
	checking := applicationForm("MS100000002")
	checking.Set("check", "1")
	checking.Set("message", "先看看")
	owner.post(newApplication, checking).is(http.StatusOK, "請一併升級。", "先看看", `value="MS100000002" checked`)
	if n := s.number("SELECT count(*) FROM applications"); n != 0 {
		t.Fatal("looking sent it")
	}

	bad := applicationForm()
	bad.Set("phone", "1")
	bad.Del("consent")
	got := owner.post(newApplication, bad).
		is(http.StatusUnprocessableEntity, `value="晴川選物"`, "兩家店", `value="13-15" checked`)
	for _, field := range []string{"phone", "consent", "stores"} {
		if got.errorOf(field) == "" {
			t.Errorf("nothing is said beside %s", field)
		}
	}
	for _, other := range []string{"MS300000001", "MS100000001", "MS999999999"} { // another's, active already, none
		got := owner.post(newApplication, applicationForm("MS100000002", other)).is(http.StatusUnprocessableEntity)
		if got.errorOf("stores") == "" {
			t.Errorf("%s was taken", other)
		}
	}

	page := s.applied(owner, "MS100000002")
	owner.get(page+"?done=sent").is(http.StatusOK, "已送出資料", "已送出", "聯繫中", "MS100000002", "13:00~15:00", "+886912345678",
		`href="`+store2+`"`, "撤回申請", "請一併升級。")
	owner.get(applications).is(http.StatusOK, "晴川二店", "已送出", "申請中")
	owner.get(store2).is(http.StatusOK, "申請中", `href="`+page+`"`).lacks(newApplication)
	owner.get(newApplication).is(http.StatusOK, "沒有可以申請的商店")
	owner.post(newApplication, applicationForm("MS100000002")).is(http.StatusUnprocessableEntity)
	if n := s.number("SELECT count(*) FROM applications"); n != 1 {
		t.Errorf("%d applications for one store", n)
	}
}

func TestApplicationsAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	page := s.applied(owner, "MS100000001", "MS100000002")
	owner.get(applications).is(http.StatusOK, "等 2 家")
	stranger := s.signedIn("22099131", "owner01")
	for _, path := range []string{page, applications + "/PK261124-AAAAAA", applications + "/1", applications + "/%20"} {
		stranger.get(path).is(http.StatusNotFound).lacks("晴川")
	}
	version := url.Values{"version": {"1"}, "text": {"我的"}}
	stranger.post(page+"/withdraw", version).is(http.StatusNotFound)
	stranger.post(page+"/answer", version).is(http.StatusNotFound)
	stranger.get(applications).is(http.StatusOK, "尚未申請").lacks("PK261124")
	clerk := s.signedIn("12345675", "clerk01")
	for _, path := range []string{applications, newApplication, page} {
		clerk.get(path).is(http.StatusForbidden)
	}
	clerk.get("/member").is(http.StatusOK).lacks(applications)
	owner.get(page).is(http.StatusOK, "已送出")
}

func TestAnOwnerFollowsAnApplicationToItsEnd(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	agent, reviewer := s.staff(account.Agent, "agent01"), s.staff(account.Reviewer, "reviewer01")
	page := s.applied(owner, "MS100000002")
	s.moved(agent, page, onboarding.MoveForm{Move: onboarding.StartContact})
	s.moved(agent, page, onboarding.MoveForm{
		Move: onboarding.AskInfo, Reason: onboarding.NotifyURL, Text: "路徑 <b>錯誤</b>",
	})
	owner.get(page).is(http.StatusOK, "待補件", onboarding.NotifyURL.Label(), onboarding.NotifyURL.Text(),
		"路徑 &lt;b&gt;錯誤&lt;/b&gt;", `id="answer-form"`, "客服人員").lacks("agent01")

	owner.upload(page+"/answer", "1", "已修正", "log.png", png).
		is(http.StatusConflict, onboarding.ErrStale.Public, ">已修正</textarea>")
	refused := owner.upload(page+"/answer", "3", "已修正", "log.png", "no picture").
		is(http.StatusUnprocessableEntity, ">已修正</textarea>")
	if refused.errorOf("attachments") == "" {
		t.Error("nothing is said beside the files")
	}
	empty := owner.upload(page+"/answer", "3", "  ", "", "").is(http.StatusUnprocessableEntity)
	if empty.errorOf("text") == "" {
		t.Error("nothing is said beside the text")
	}
	owner.upload(page+"/answer", "3", "已修正", "log.png", png).follow(owner, page+"?done=answered").
		is(http.StatusOK, "已收到補件", "聯繫中", "log.png", "已修正").lacks(`id="answer-form"`)

	receipt := onboarding.Receipt(strings.TrimPrefix(page, applications+"/"))
	found, err := s.desk.Case(t.Context(), receipt)
	must(t, err)
	must(t, s.desk.AddContact(t.Context(), agent, receipt, onboarding.Contact{
		At: noon, How: onboarding.ByPhone, Result: onboarding.Reached, Note: "內部備註",
	}))
	store := found.Stores[0].ID
	s.moved(agent, page, onboarding.MoveForm{Move: onboarding.Confirm})
	owner.get(page).is(http.StatusOK, "預計開通", "2026-11-27（五）至 2026-12-01（二）").lacks("最後一天", "內部備註")
	s.clock.Advance(7 * 24 * time.Hour)
	owner = s.signedIn("12345675", "owner01")
	owner.get(page).is(http.StatusOK, "最後一天")
	owner.get(applications).is(http.StatusOK, "最後一天")
	s.clock.Advance(24 * time.Hour)
	owner = s.signedIn("12345675", "owner01")
	owner.get(page).is(http.StatusOK, "已逾期")

	s.moved(agent, page, onboarding.MoveForm{Move: onboarding.Propose, Store: store})
	owner.get(page).is(http.StatusOK, "開通作業").lacks("撤回申請")
	s.moved(reviewer, page, onboarding.MoveForm{Move: onboarding.Activate, Store: store})
	owner.get(page).is(http.StatusOK, "已開通").lacks("已逾期", "預計開通")
	owner.get("/member/center/stores/MS100000002").is(http.StatusOK, "已啟用", "啟用紀錄", "2026-12-02").lacks("reviewer01")
	s.moved(reviewer, page, onboarding.MoveForm{
		Move: onboarding.Deactivate, Store: store, Reason: onboarding.MemberAsked,
	})
	owner.get("/member/center/stores/MS100000002").is(http.StatusOK, "未啟用", "已停用", onboarding.MemberAsked.Label())
	owner.get(page).is(http.StatusOK, "已停用", onboarding.MemberAsked.Text())
}

func TestAnOwnerWithdraws(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	page := s.applied(owner, "MS100000002")
	owner.post(page+"/withdraw", url.Values{"version": {"9"}}).is(http.StatusConflict, onboarding.ErrStale.Public, "撤回申請")
	withdraw := url.Values{"version": {"1"}}
	owner.post(page+"/withdraw", withdraw).follow(owner, page+"?done=withdrawn").is(http.StatusOK, "申請已撤回", "已撤回").
		lacks(`action="` + page)
	owner.post(page+"/withdraw", withdraw).is(http.StatusConflict)
	owner.get("/member/center/stores/MS100000002").is(http.StatusOK, newApplication)
	n := s.number("SELECT count(*) FROM audit_entries WHERE chain = 1 AND kind = 'application_moved'")
	if n == 0 {
		t.Error("the member's log does not tell")
	}
}

// png is a picture of one pixel's header.
const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"

// upload posts an answer with a file; an empty name sends none.
func (v *visitor) upload(path, version, text, name, content string) *answer {
	v.site.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	must(v.site.t, w.WriteField("version", version))
	must(v.site.t, w.WriteField("text", text))
	if name != "" {
		part, err := w.CreateFormFile("attachments", name)
		must(v.site.t, err)
		_, err = part.Write([]byte(content))
		must(v.site.t, err)
	}
	must(v.site.t, w.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.send(r)
}
