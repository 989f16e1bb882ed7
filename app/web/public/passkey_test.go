package public_test

import (
	"bytes"
	"context"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/public"
	"github.com/memberzone/memberzone/policies"
)

// desk is the service of applications as the pages see it; its own tests use the database.
type desk struct {
	forms    []onboarding.Form
	asked    []onboarding.Receipt
	answered []onboarding.AnswerForm
	held     onboarding.Case
	refuse   error
}

func (d *desk) Submit(
	_ context.Context, f onboarding.Form, who onboarding.Applicant,
) (onboarding.Application, error) {
	if who.Member != 0 || who.By.Address == "" {
		return onboarding.Application{}, fault.New(fault.Internal, "who", "")
	}
	if f.Phone == "" {
		return onboarding.Application{}, fault.Group{
			fault.New(fault.Invalid, "phone", "請輸入連絡電話。").At("phone"),
			fault.New(fault.Invalid, "consent", "請同意隱私權政策。").At("consent"),
		}
	}
	d.forms = append(d.forms, f)
	return onboarding.Application{Receipt: "PK261124-7H3K9Q", Kind: f.Kind}, d.refuse
}

func (d *desk) AskLink(_ context.Context, r onboarding.Receipt, email string) error {
	if !strings.Contains(email, "@") {
		return fault.New(fault.Invalid, "email", "請輸入正確的電子信箱。").At("email")
	}
	d.asked = append(d.asked, r)
	return nil
}

func (d *desk) ByLink(_ context.Context, token ident.Token) (onboarding.Case, error) {
	if token != "GOOD" {
		return onboarding.Case{}, onboarding.ErrLink
	}
	return d.held, nil
}

func (d *desk) Answer(
	_ context.Context, _ onboarding.Applicant, f onboarding.AnswerForm,
) (onboarding.Application, error) {
	d.answered = append(d.answered, f)
	return d.held.Application, d.refuse
}

func (d *desk) Withdraw(
	_ context.Context, _ onboarding.Applicant, r onboarding.Receipt, version int64,
) (onboarding.Application, error) {
	if version != d.held.Version || r != d.held.Receipt {
		return onboarding.Application{}, onboarding.ErrStale
	}
	d.held.State = onboarding.Withdrawn
	return d.held.Application, d.refuse
}

// counter is the public pages of applications, with a clock to turn.
type counter struct {
	t      *testing.T
	server *web.Server
	clock  *clock.Fake
	desk   *desk
}

func openCounter(t *testing.T) *counter {
	t.Helper()
	permits, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	})
	must(t, err)
	c := &counter{t: t, clock: clock.NewFake(noon), desk: &desk{}}
	c.server, err = web.New(web.Options{
		Log: slog.New(slog.DiscardHandler), Clock: c.clock, Sessions: memstore.New(), Accounts: strangers{}, Permits: permits,
	})
	must(t, err)
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	public.Mount(public.Options{Server: c.server, Clock: c.clock, Applications: c.desk, Seals: cipher})
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is asks for a page and fails unless it answers the status and holds the texts.
func (c *counter) is(method, path string, form url.Values, status int, texts ...string) (body string) {
	c.t.Helper()
	got, body := do(c.t, c.server, method, path, form)
	if got.StatusCode != status {
		c.t.Fatalf("%s %s: %d, want %d\n%s", method, path, got.StatusCode, status, body)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			c.t.Errorf("%s %s lacks %q\n%s", method, path, text, body)
		}
	}
	return body
}

var sealField = regexp.MustCompile(`name="seal" value="([^"]+)"`)

// filled is the form as somebody fills it in, in a while.
func (c *counter) filled(path string, took time.Duration) url.Values {
	c.t.Helper()
	found := sealField.FindStringSubmatch(c.is(http.MethodGet, path, nil, 200))
	if found == nil {
		c.t.Fatal("the form has no seal")
	}
	c.clock.Advance(took)
	return url.Values{
		"seal": {found[1]}, "kind": {"apply"}, "subject": {"passkey"}, "name": {"晴川選物"}, "phone": {"0912345678"},
		"email": {"a@example.test"}, "message": {"<b>請問</b>"}, "slots": {"10-12", "15-18"}, "consent": {"1"}, "website": {""},
	}
}

func TestThePagesOfTheServiceSayHowToApply(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	c.is(http.MethodGet, "/passkey", nil, 200, "立即申請", "我要諮詢", "Visa", "Mastercard", `href="/passkey/apply"`,
		`href="/passkey/apply?kind=consult"`, "常見問題", `role="img"`)
	c.is(http.MethodGet, "/passkey/apply", nil, 200, "諮詢項目", "姓名 / 公司名稱", "連絡電話", "E-mail", "想要諮詢的事項",
		"期望聯絡時間(可複選)", "10:00~12:00", "13:00~15:00", "15:00~18:00", "隱私權政策")
	c.is(http.MethodGet, "/passkey/apply?kind=consult", nil, 200, "我要諮詢", `name="kind" value="consult"`)
	c.is(http.MethodGet, "/privacy", nil, 200, "個人資料保護法")
	c.is(http.MethodGet, "/", nil, 200, `href="/passkey"`)
}

func TestAFormThatIsSentGetsAReceipt(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	form := c.filled("/passkey/apply", time.Minute)
	got, _ := do(t, c.server, http.MethodPost, "/passkey/apply", form)
	to := got.Header.Get("Location")
	if got.StatusCode != http.StatusSeeOther || to != "/passkey/sent?receipt=PK261124-7H3K9Q" {
		t.Fatalf("%d to %q", got.StatusCode, to)
	}
	c.is(http.MethodGet, to, nil, 200, "已送出資料", "PK261124-7H3K9Q")
	sent := c.desk.forms[0]
	if sent.Name != "晴川選物" || len(sent.Slots) != 2 || sent.Kind != onboarding.Apply || !sent.Consent ||
		sent.Once == "" || sent.Once != form.Get("seal") {
		t.Errorf("sent %+v", sent)
	}
	if body := c.is(http.MethodGet, "/passkey/sent?receipt=%3Cb%3Ex", nil, 200); strings.Contains(body, "<b>x") ||
		strings.Contains(body, "收件編號</dt>") {
		t.Error("the page shows what is no receipt number")
	}
	form = c.filled("/passkey/apply?kind=consult", time.Minute)
	form.Set("kind", "consult")
	got, _ = do(t, c.server, http.MethodPost, "/passkey/apply", form)
	if to := got.Header.Get("Location"); to != "/passkey/sent?kind=consult&receipt=PK261124-7H3K9Q" {
		t.Errorf("a question leads to %q", to)
	}
}

func TestWhatIsWrongIsToldBesideItsFieldAndTheRestIsKept(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	form := c.filled("/passkey/apply", time.Minute)
	form.Set("phone", "")
	form.Set("subject", "api")
	c.is(http.MethodPost, "/passkey/apply", form, 422, `data-error-for="phone"`, `data-error-for="consent"`,
		`value="晴川選物"`, `value="a@example.test"`, "&lt;b&gt;請問&lt;/b&gt;", `value="api" selected`,
		`value="10-12" checked`, `value="15-18" checked`, form.Get("seal"))
	if len(c.desk.forms) != 0 {
		t.Error("it was sent")
	}
}

func TestAProgramIsHeldUpAndAPersonGoesOn(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	hasty := c.filled("/passkey/apply", 100*time.Millisecond)
	c.is(http.MethodPost, "/passkey/apply", hasty, 422, "送出得太快", `value="晴川選物"`, hasty.Get("seal"))
	c.clock.Advance(5 * time.Second)
	c.is(http.MethodPost, "/passkey/apply", hasty, http.StatusSeeOther)

	trapped := c.filled("/passkey/apply", time.Minute)
	trapped.Set("website", "https://spam.test")
	body := c.is(http.MethodPost, "/passkey/apply", trapped, 422, "隱藏", `value="晴川選物"`)
	if strings.Contains(body, "spam.test") {
		t.Error("the trap stays filled")
	}

	forged := c.filled("/passkey/apply", time.Minute)
	forged.Set("seal", "MTc5NTQ5MjgwMDAwMA")
	body = c.is(http.MethodPost, "/passkey/apply", forged, 422, "已為您更新", `value="晴川選物"`)
	forged.Set("seal", sealField.FindStringSubmatch(body)[1])
	c.clock.Advance(5 * time.Second)
	c.is(http.MethodPost, "/passkey/apply", forged, http.StatusSeeOther)
	if len(c.desk.forms) != 2 {
		t.Errorf("%d were sent, want 2", len(c.desk.forms))
	}
	many := c.filled("/passkey/apply", time.Minute)
	for range 20 {
		do(t, c.server, http.MethodPost, "/passkey/apply", many)
	}
	sent := len(c.desk.forms)
	c.is(http.MethodPost, "/passkey/apply", many, http.StatusTooManyRequests, "次數過多", `value="晴川選物"`)
	if sent > 12 || len(c.desk.forms) != sent {
		t.Errorf("%d were sent from one address", len(c.desk.forms))
	}
}

func TestAskingForTheProgressTellsNothing(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	ask := func(receipt, email string) url.Values {
		return url.Values{"receipt": {receipt}, "email": {email}}
	}
	c.is(http.MethodGet, "/passkey/progress", nil, 200, "收件編號", "E-mail")
	body := c.is(http.MethodPost, "/passkey/progress", ask(" ｐｋ261124-7h3k9q ", "a@example.test"), 200, "若收件編號與信箱相符")
	if strings.Contains(body, "example.test") || c.desk.asked[0] != "PK261124-7H3K9Q" {
		t.Errorf("asked %v\n%s", c.desk.asked, body)
	}
	c.is(http.MethodPost, "/passkey/progress", ask("PK1", ""), 422, `data-error-for="receipt"`, `value="PK1"`)
	c.is(http.MethodPost, "/passkey/progress", ask("PK261124-7H3K9Q", "a"), 422, `data-error-for="email"`)
	for range 10 {
		do(t, c.server, http.MethodPost, "/passkey/progress", ask("PK261124-7H3K9Q", "a@example.test"))
	}
	c.is(http.MethodPost, "/passkey/progress", ask("PK261124-7H3K9Q", "a@example.test"), 429, "查詢次數過多")
}

const goodLink = "/passkey/progress/GOOD"

// waiting is an application that waits for its applicant.
func waiting() onboarding.Case {
	a := onboarding.Application{
		ID: 7, Version: 4, Receipt: "PK261124-7H3K9Q", Kind: onboarding.Apply, Subject: onboarding.SubjectPasskey,
		State: onboarding.NeedsInfo, Name: "晴川選物", Phone: "+886912345678", Email: "a@example.test",
		Slots: []onboarding.Slot{onboarding.Slot13}, SubmittedAt: noon, StateSince: noon.Add(time.Hour),
		ReasonText: "請確認\n<script>路徑",
	}
	return onboarding.Case{Application: a}
}

func TestALinkShowsTheProgressAndTakesAnAnswer(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	c.desk.held = waiting()
	got, body := do(t, c.server, http.MethodGet, goodLink, nil)
	for _, text := range []string{
		"PK261124-7H3K9Q", onboarding.NeedsInfo.Label(), "2026-11-24 13:00", "晴川選物", "&lt;script&gt;路徑",
		`action="` + goodLink + `/answer"`, `action="` + goodLink + `/withdraw"`, `name="version" value="4"`,
	} {
		if got.StatusCode != 200 || !strings.Contains(body, text) {
			t.Errorf("%d: the page lacks %q\n%s", got.StatusCode, text, body)
		}
	}
	if got.Header.Get("Referrer-Policy") != "strict-origin" {
		t.Error("the link leaves in a Referer")
	}
	answer := httptest.NewRecorder()
	c.server.ServeHTTP(answer, withFile(t, goodLink+"/answer", "已修正"))
	if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != goodLink+"?done=answered" {
		t.Fatalf("%d to %q\n%s", answer.Code, answer.Header().Get("Location"), answer.Body)
	}
	sent := c.desk.answered[0]
	if sent.Receipt != "PK261124-7H3K9Q" || sent.Version != 4 || sent.Text != "已修正" || len(sent.Files) != 1 ||
		sent.Files[0].Name != "log.png" || string(sent.Files[0].Content) != "content" {
		t.Errorf("answered %+v", sent)
	}
	c.is(http.MethodGet, goodLink+"?done=answered", nil, 200, "已收到補件")

	c.desk.refuse = onboarding.ErrFileType
	refused := httptest.NewRecorder()
	c.server.ServeHTTP(refused, withFile(t, goodLink+"/answer", "已修正"))
	if refused.Code != 422 || !strings.Contains(refused.Body.String(), `data-error-for="attachments"`) ||
		!strings.Contains(refused.Body.String(), ">已修正</textarea>") {
		t.Errorf("%d\n%s", refused.Code, refused.Body)
	}
}

// withFile is a post of an answer with a file.
func withFile(t *testing.T, path, text string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	must(t, w.WriteField("version", "4"))
	must(t, w.WriteField("text", text))
	part, err := w.CreateFormFile("attachments", "log.png")
	must(t, err)
	_, err = part.Write([]byte("content"))
	must(t, err)
	must(t, w.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestWithdrawingByLink(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	c.desk.held = waiting()
	version := func(v string) url.Values { return url.Values{"version": {v}} }
	stale := onboarding.ErrStale.Public
	c.is(http.MethodPost, goodLink+"/withdraw", version("3"), http.StatusConflict, stale, `name="version" value="4"`)
	c.is(http.MethodPost, goodLink+"/withdraw", version("x"), http.StatusConflict, stale)
	c.is(http.MethodPost, goodLink+"/withdraw", version("4"), http.StatusSeeOther)
	body := c.is(http.MethodGet, goodLink+"?done=withdrawn", nil, 200, "申請已撤回", onboarding.Withdrawn.Label())
	if strings.Contains(body, "/withdraw") || strings.Contains(body, "/answer") {
		t.Error("an application that was withdrawn offers more")
	}
}

func TestALinkToAnApplicationThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	c := openCounter(t)
	const gone = "/passkey/progress/GONE"
	c.is(http.MethodGet, gone, nil, 404, "重新取得連結")
	c.is(http.MethodPost, gone+"/answer", nil, 404, "重新取得連結")
	c.is(http.MethodPost, gone+"/withdraw", nil, 404, "重新取得連結")
	if len(c.desk.answered) != 0 {
		t.Error("it took an answer")
	}
	for range 40 {
		do(t, c.server, http.MethodGet, "/passkey/progress/GUESS", nil)
	}
	c.is(http.MethodGet, goodLink, nil, 429)
}
