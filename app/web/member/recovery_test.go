package member_test

import (
	"context"
	"database/sql"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
)

// recoveries is a queue that keeps who asked for recovery.
type recoveries struct {
	idleQueue
	asked []string
}

func (q *recoveries) Recover(_ context.Context, _ *sql.Tx, r account.RecoveryRequest) error {
	q.asked = append(q.asked, r.Member+"/"+r.Login)
	return nil
}

func TestRecoveryAnswersTheSameForEverybody(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	queue := &recoveries{}
	s.db.UseQueue(queue)
	var first string
	for _, names := range [][2]string{
		{"12345675", "owner01"}, {"12345675", "nobody"}, {"99999999", "owner01"}, {"o'wner", "<b>"},
	} {
		page := s.visitor().post("/recovery", url.Values{"member": {names[0]}, "account": {names[1]}}).
			is(http.StatusOK, "若資料相符", "30 分鐘內有效").body
		if first == "" {
			first = page
		}
		if page != first {
			t.Errorf("%v: another page\n%s", names, page)
		}
	}
	if len(queue.asked) != 3 {
		t.Errorf("asked %v", queue.asked)
	}
}

func TestRecoveryAsksForWhatIsMissingAndNoMore(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.db.UseQueue(&recoveries{})
	v := s.visitor()
	v.get("/recovery").is(http.StatusOK, `autocomplete="username"`)
	got := v.post("/recovery", url.Values{"member": {"12345675"}}).is(http.StatusUnprocessableEntity, `value="12345675"`)
	if got.errorOf("member") != "" || got.errorOf("account") == "" {
		t.Errorf("errors %q, %q", got.errorOf("member"), got.errorOf("account"))
	}
	for range 9 {
		v.post("/recovery", url.Values{"member": {"12345675"}, "account": {"owner01"}}).is(http.StatusOK)
	}
	v.post("/recovery", url.Values{"member": {"12345675"}, "account": {"owner01"}}).
		is(http.StatusTooManyRequests, "申請太頻繁", `value="owner01"`)
	s.clock.Advance(30 * time.Second)
	v.post("/recovery", url.Values{"member": {"12345675"}, "account": {"owner01"}}).is(http.StatusOK)
}

// mailedLink stores a link for an account and returns where the mail would lead.
func (s *site) mailedLink(memberCode, login string, p account.Purpose) string {
	s.t.Helper()
	found, err := s.db.Accounts().Credential(s.t.Context(), memberCode, login)
	must(s.t, err)
	link, token := account.MintLink(found.Account.ID, p, s.clock.Now())
	must(s.t, s.db.Accounts().InTx(s.t.Context(), func(ctx context.Context, t account.Tx) error {
		return t.ReplaceLink(ctx, link)
	}))
	return account.LinkPath + string(token)
}

const chosen = "Chosen-By-Mail-2026"

func TestALinkSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	signedIn := s.signedIn("12345675", "clerk01")
	path := s.mailedLink("12345675", "clerk01", account.Invitation)
	v := s.visitor()
	v.header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36")
	for range 2 { // mail scanners open links
		page := v.get(path).is(http.StatusOK, "啟用帳號", "晴川選物股份有限公司", "clerk01", "2026-11-27 12:00", "12 至 128 個字元",
			`autocomplete="new-password"`, `data-passkey="create"`, `value="Windows 電腦"`)
		if page.Header.Get("Referrer-Policy") != "strict-origin" {
			t.Errorf("Referrer-Policy %q", page.Header.Get("Referrer-Policy"))
		}
	}
	for name, form := range map[string]url.Values{
		"password_again": {"password": {chosen}, "password_again": {chosen + "x"}},
		"password":       {"password": {"short"}, "password_again": {"short"}},
	} {
		if got := v.post(path, form).is(http.StatusUnprocessableEntity).lacks(chosen); got.errorOf(name) == "" {
			t.Errorf("no error beside %s\n%s", name, got.body)
		}
	}
	signedIn.get("/member").is(http.StatusOK)
	form := url.Values{"password": {chosen}, "password_again": {chosen}}
	v.post(path, form).follow(v, "/login?done=password_set").is(http.StatusOK, "密碼已設定")
	signedIn.get("/member").is(http.StatusSeeOther)
	s.visitor().post("/login", credentials("12345675", "clerk01", chosen)).is(http.StatusSeeOther)

	for _, got := range []*answer{v.get(path), v.post(path, form), v.post(path+"/passkey", url.Values{})} {
		got.is(http.StatusNotFound, "連結無法使用", html.EscapeString(account.ErrLink.Public), `href="/recovery"`)
		if got.Header.Get("Referrer-Policy") != "strict-origin" {
			t.Error("a used link's page sends its address on")
		}
	}
}

func TestALinkSetsAPasskey(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	path := s.mailedLink("12345675", "clerk01", account.Recovery)
	v, device := s.visitor(), newDevice()
	page := v.get(path).is(http.StatusOK, "重設登入方式")
	refused := page.created(device, "手機")
	refused.Set("response", "{}")
	again := v.post(path+"/passkey", refused).is(http.StatusUnprocessableEntity, "無法以 Passkey 驗證", `value="手機"`)
	unnamed := again.created(newDevice(), "")
	if got := v.post(path+"/passkey", unnamed).is(http.StatusUnprocessableEntity); got.errorOf("name") == "" {
		t.Error("an empty name has no error")
	}
	device = newDevice()
	v.post(path+"/passkey", v.get(path).created(device, "手機")).follow(v, "/login?done=passkey_set").
		is(http.StatusOK, "Passkey 已建立")
	v.post("/login/passkey/finish", v.signInBy(device, "/login")).is(http.StatusSeeOther)
	v.get(ownAccount).is(http.StatusOK, "手機")
	v.get(path).is(http.StatusNotFound)
}

func TestLinksRunOutAndAreReplaced(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	first := s.mailedLink("12345675", "clerk01", account.Recovery)
	second := s.mailedLink("12345675", "clerk01", account.Recovery)
	s.visitor().get(first).is(http.StatusNotFound)
	s.visitor().get(second).is(http.StatusOK)
	s.clock.Advance(30 * time.Minute)
	s.visitor().get(second).is(http.StatusNotFound)
	s.visitor().get(account.LinkPath+strings.Repeat("x", 3000)).is(http.StatusNotFound, "連結無法使用")
}

func TestLinksAreOpenedOnlySoOften(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v, path := s.visitor(), s.mailedLink("12345675", "owner01", account.Recovery)
	for range 30 {
		v.get(path).is(http.StatusOK)
	}
	v.get(path).is(http.StatusTooManyRequests, "開啟連結太頻繁")
	s.clock.Advance(2 * time.Second)
	v.get(path).is(http.StatusOK)
}

// PostgreSQL stores neither: what reaches it ends in an error of ours.
func TestWhatIsNoTextIsRefused(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.db.UseQueue(&recoveries{})
	v := s.signedIn("12345675", "owner01")
	for _, bad := range []string{"%00", "a%00b", "%ff", "%C0%80"} {
		v.get("/member/center/assistants?q="+bad).is(http.StatusBadRequest, "送出的資料無法讀取")
		v.get("/member/center/assistants?"+bad+"=1").is(http.StatusBadRequest, "送出的資料無法讀取")
		v.get("/member/center/assistants/"+bad).is(http.StatusBadRequest, "送出的資料無法讀取")
		v.get("/link/"+bad).is(http.StatusBadRequest, "送出的資料無法讀取")
		text, err := url.PathUnescape(bad)
		must(t, err)
		v.post("/recovery", url.Values{"member": {"12345675"}, "account": {text}}).
			is(http.StatusBadRequest, "送出的資料無法讀取")
		v.post("/recovery", url.Values{"member": {"12345675"}, "account": {"owner01"}, text: {"1"}}).
			is(http.StatusBadRequest, "送出的資料無法讀取")
	}
	v.get("/member/center/assistants?q=%E4%B8%AD").is(http.StatusOK)
}
