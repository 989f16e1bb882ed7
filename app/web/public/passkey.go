package public

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/applicant"
	applicantview "github.com/memberzone/memberzone/views/applicant"
	view "github.com/memberzone/memberzone/views/public"
	"github.com/memberzone/memberzone/views/ui"
)

// Applications takes applications and shows where they stand.
type Applications interface {
	Submit(ctx context.Context, f onboarding.Form, who onboarding.Applicant) (onboarding.Application, error)
	AskLink(ctx context.Context, r onboarding.Receipt, email string) error
	ByLink(ctx context.Context, token ident.Token) (onboarding.Case, error)
	Answer(ctx context.Context, who onboarding.Applicant, f onboarding.AnswerForm) (onboarding.Application, error)
	Withdraw(
		ctx context.Context, who onboarding.Applicant, r onboarding.Receipt, version int64,
	) (onboarding.Application, error)
}

// How often one address may send the form and ask for links.
const (
	sendsBurst, sendsEvery = 5, 10 * time.Minute
)

func (p *pages) mountPasskey(site *web.Router) {
	p.sends = web.NewAddressLimiter(p.Clock, sendsBurst, sendsEvery)
	p.progressAsks = web.NewAddressLimiter(p.Clock, asksBurst, asksEvery)
	p.progressLinks = web.NewAddressLimiter(p.Clock, linksBurst, linksEvery)
	p.guards = robots{seals: p.Seals, clock: p.Clock}
	const link = view.PasskeyProgressPath + "/:token"
	site.GET(view.PasskeyPath, permit.Public(), p.passkey)
	site.GET(applicantview.PrivacyPath, permit.Public(), p.privacy)
	site.GET(view.PasskeyApplyPath, permit.Public(), p.showApply)
	site.POST(view.PasskeyApplyPath, permit.Public(), p.apply)
	site.GET(view.PasskeySentPath, permit.Public(), p.sent)
	site.GET(view.PasskeyProgressPath, permit.Public(), p.showAsk)
	site.POST(view.PasskeyProgressPath, permit.Public(), p.ask)
	site.GET(link, permit.Public(), p.progress)
	site.Upload(link+"/answer", permit.Public(), p.answer)
	site.POST(link+"/withdraw", permit.Public(), p.withdraw)
}

// passkey answers GET /passkey.
func (p *pages) passkey(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.Passkey(view.PasskeyPage{SignedIn: p.Server.SignedIn(c), Demo: p.Demo}))
}

// privacy answers GET /privacy.
func (p *pages) privacy(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.Privacy(view.PrivacyPage{SignedIn: p.Server.SignedIn(c), Demo: p.Demo}))
}

// showApply answers GET /passkey/apply.
func (p *pages) showApply(c *gin.Context) error {
	guard, err := p.guards.guard()
	if err != nil {
		return err
	}
	typed := url.Values{"kind": {c.Query("kind")}, "subject": {string(onboarding.SubjectPasskey)}}
	page := view.PasskeyApplyPage{
		SignedIn: p.Server.SignedIn(c), Demo: p.Demo, Form: applicant.Form(view.PasskeyApplyPath, typed, nil),
	}
	page.Form.Guard = guard
	return web.Page(c, http.StatusOK, view.PasskeyApply(page))
}

// errSends tells a client address that it has sent too many applications.
const errSends = "送出次數過多，請於 10 分鐘後再試。您輸入的內容已保留。"

// apply answers POST /passkey/apply. Whoever is doubted gets the form back as it was typed.
func (p *pages) apply(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	again := func(status int, problem ui.Notice, d doubt, faults fault.Group) error {
		page := view.PasskeyApplyPage{
			SignedIn: p.Server.SignedIn(c), Demo: p.Demo, Problem: problem,
			Form: applicant.Form(view.PasskeyApplyPath, form, faults),
		}
		if page.Form.Guard, err = p.guards.again(form, d); err != nil {
			return err
		}
		return web.Page(c, status, view.PasskeyApply(page))
	}
	if d := p.guards.judge(form); d != certain {
		return again(http.StatusUnprocessableEntity, d.notice(), d, nil)
	}
	if !p.sends.Allow(c.ClientIP()) {
		return again(http.StatusTooManyRequests, ui.Notice{Tone: ui.ToneBad, Text: errSends}, certain, nil)
	}
	sent := applicant.ReadForm(form)
	sent.Once = form.Get(fieldSeal)
	a, err := p.Applications.Submit(c.Request.Context(), sent, stranger(c))
	var faults fault.Group
	if errors.As(err, &faults) {
		return again(http.StatusUnprocessableEntity, applicant.Refused, certain, faults)
	}
	if err != nil {
		return err
	}
	done := url.Values{"receipt": {string(a.Receipt)}}
	if a.Kind == onboarding.Consult {
		done.Set("kind", string(a.Kind))
	}
	return web.Redirect(c, view.PasskeySentPath+"?"+done.Encode())
}

// stranger is somebody without a sign-in.
func stranger(c *gin.Context) onboarding.Applicant {
	return onboarding.Applicant{By: audit.By{
		Chain: audit.Platform, Address: c.ClientIP(), RequestID: web.RequestID(c),
	}}
}

// sent answers GET /passkey/sent.
func (p *pages) sent(c *gin.Context) error {
	receipt := onboarding.ParseReceipt(c.Query("receipt"))
	if !receipt.IsWellFormed() {
		receipt = ""
	}
	return web.Page(c, http.StatusOK, view.PasskeySent(view.PasskeySentPage{
		Consult: c.Query("kind") == string(onboarding.Consult), Receipt: string(receipt),
		SignedIn: p.Server.SignedIn(c), Demo: p.Demo,
	}))
}

// showAsk answers GET /passkey/progress.
func (p *pages) showAsk(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.PasskeyAsk(view.PasskeyAskPage{Demo: p.Demo}))
}

// ask answers POST /passkey/progress: the same whether number and address are known.
func (p *pages) ask(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	page := view.PasskeyAskPage{
		Receipt: ui.Input{Value: form.Get("receipt")}, Email: ui.Input{Value: form.Get("email")}, Demo: p.Demo,
	}
	if !p.progressAsks.Allow(c.ClientIP()) {
		page.Problem = "查詢次數過多，請於 10 分鐘後再試。"
		return web.Page(c, http.StatusTooManyRequests, view.PasskeyAsk(page))
	}
	receipt := onboarding.ParseReceipt(width.Fold.String(form.Get("receipt")))
	if !receipt.IsWellFormed() {
		page.Receipt.Error = "收件編號的格式為 PK 加上日期與 6 碼，例如 PK261124-7H3K9Q。"
		return web.Page(c, http.StatusUnprocessableEntity, view.PasskeyAsk(page))
	}
	err = p.Applications.AskLink(c.Request.Context(), receipt, form.Get("email"))
	var wrong *fault.Fault
	if errors.As(err, &wrong) && wrong.Field == "email" {
		page.Email.Error = wrong.Public
		return web.Page(c, http.StatusUnprocessableEntity, view.PasskeyAsk(page))
	}
	if err != nil {
		return err
	}
	page.Sent = true
	return web.Page(c, http.StatusOK, view.PasskeyAsk(page))
}

// linked opens what the link in the address leads to.
func (p *pages) linked(c *gin.Context) (onboarding.Case, error) {
	c.Header("Referrer-Policy", "strict-origin") // the address lets its reader in
	if !p.progressLinks.Allow(c.ClientIP()) {
		return onboarding.Case{}, errTooOften
	}
	return p.Applications.ByLink(c.Request.Context(), ident.Token(c.Param("token")))
}

// linkFailed answers for a link that does not open with what to do.
func (p *pages) linkFailed(c *gin.Context, err error) error {
	if !errors.Is(err, onboarding.ErrLink) {
		return err
	}
	return web.Page(c, http.StatusNotFound, view.PasskeyGone(view.PasskeyGonePage{
		Sentence: onboarding.ErrLink.Public, Demo: p.Demo,
	}))
}

func progressPath(c *gin.Context) string {
	return view.PasskeyProgressPath + "/" + url.PathEscape(c.Param("token"))
}

// progressNotices are what the page says after something was done.
var progressNotices = map[string]ui.Notice{
	"answered":  {Tone: ui.ToneGood, Text: "已收到補件，將由專人確認。"},
	"withdrawn": {Tone: ui.ToneGood, Text: "申請已撤回。"},
}

// progress answers GET /passkey/progress/{token}.
func (p *pages) progress(c *gin.Context) error {
	found, err := p.linked(c)
	if err != nil {
		return p.linkFailed(c, err)
	}
	return p.showProgress(c, found, http.StatusOK, nil)
}

func (p *pages) showProgress(c *gin.Context, found onboarding.Case, status int, wrong *applicant.Wrong) error {
	page := view.PasskeyProgressPage{
		Title: applicant.Title(found.Kind), Receipt: string(found.Receipt), Demo: p.Demo,
		Progress: applicant.Progress(found, applicant.Way{Path: progressPath(c), Now: p.Clock.Now()}),
		Notice:   progressNotices[c.Query("done")],
	}
	wrong.Show(&page.Progress)
	return web.Page(c, status, view.PasskeyProgress(page))
}

// answer answers 補件.
func (p *pages) answer(c *gin.Context) error {
	return p.change(c, "answered", func(found onboarding.Case, form url.Values) error {
		uploads, err := applicant.Uploads(c)
		if err != nil {
			return err
		}
		_, err = p.Applications.Answer(c.Request.Context(), stranger(c), onboarding.AnswerForm{
			Receipt: found.Receipt, Version: versionOf(form), Text: form.Get("text"), Files: uploads,
		})
		return err
	})
}

// withdraw answers 撤回.
func (p *pages) withdraw(c *gin.Context) error {
	return p.change(c, "withdrawn", func(found onboarding.Case, form url.Values) error {
		_, err := p.Applications.Withdraw(c.Request.Context(), stranger(c), found.Receipt, versionOf(form))
		return err
	})
}

func versionOf(form url.Values) int64 {
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return 0 // no application has it
	}
	return version
}

func (p *pages) change(c *gin.Context, done string, do func(onboarding.Case, url.Values) error) error {
	found, err := p.linked(c) // before the form is read: nobody else's files are
	if err != nil {
		return p.linkFailed(c, err)
	}
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	err = do(found, form)
	if wrong, refused := applicant.WrongOf(err, form); refused {
		if found, err = p.Applications.ByLink(c.Request.Context(), ident.Token(c.Param("token"))); err != nil {
			return p.linkFailed(c, err)
		}
		return p.showProgress(c, found, wrong.Status, wrong)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, progressPath(c)+"?done="+done)
}
