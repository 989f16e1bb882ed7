package member

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	members "github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/applicant"
	applicantview "github.com/memberzone/memberzone/views/applicant"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// Applications takes a member's applications for the Passkey服務, and shows where they and
// the stores stand.
type Applications interface {
	Submit(ctx context.Context, f onboarding.Form, who onboarding.Applicant) (onboarding.Application, error)
	OfMember(ctx context.Context, actor account.Actor) ([]onboarding.Application, error)
	MemberCase(ctx context.Context, actor account.Actor, r onboarding.Receipt) (onboarding.Case, error)
	Answer(ctx context.Context, who onboarding.Applicant, f onboarding.AnswerForm) (onboarding.Application, error)
	Withdraw(
		ctx context.Context, who onboarding.Applicant, r onboarding.Receipt, version int64,
	) (onboarding.Application, error)
	StoreEvents(ctx context.Context, of members.StoreID) ([]onboarding.StoreEvent, error)
}

const (
	titleApplications = "Passkey服務申請"
	titleApply        = "申請 Passkey服務"
)

func (p *pages) mountApplications(site *web.Router) {
	owner := permit.Owner()
	const one = view.PasskeyApplicationsPath + "/:application"
	site.GET(view.PasskeyApplicationsPath, owner, p.applications)
	site.GET(view.NewPasskeyApplicationPath, owner, p.newApplication)
	site.POST(view.NewPasskeyApplicationPath, owner, p.apply)
	site.GET(one, owner, p.application)
	site.Upload(one+"/answer", owner, p.answerApplication)
	site.POST(one+"/withdraw", owner, p.withdrawApplication)
}

func (p *pages) applicationShell(c *gin.Context, title string, trail ...string) layout.MemberShell {
	crumbs := []layout.Crumb{{Label: "會員專區", Href: pathHome}, {Label: "Passkey"}}
	if len(trail) > 0 {
		crumbs = append(crumbs, layout.Crumb{Label: titleApplications, Href: view.PasskeyApplicationsPath})
	}
	for _, label := range trail {
		crumbs = append(crumbs, layout.Crumb{Label: label})
	}
	if len(trail) == 0 {
		crumbs = append(crumbs, layout.Crumb{Label: titleApplications})
	}
	return p.shell(c, title, crumbs...)
}

// applications answers GET /member/passkey/applications.
func (p *pages) applications(c *gin.Context) error {
	list, err := p.Applications.OfMember(c.Request.Context(), web.Actor(c))
	if err != nil {
		return err
	}
	page := view.PasskeyApplicationsPage{Shell: p.applicationShell(c, titleApplications)}
	for _, store := range web.Actor(c).Stores {
		standing := standingOf(store, list)
		page.Stores = append(page.Stores, standing)
		if applicable(store, list) {
			page.Apply = view.NewPasskeyApplicationPath
		}
	}
	for _, a := range list {
		page.Rows = append(page.Rows, view.PasskeyApplicationRow{
			Receipt: string(a.Receipt), Href: applicationHref(a.Receipt), Subject: a.Subject.Label(),
			Stores: appliedStores(a.Stores), State: applicant.StateTag(a.State), Sent: timeText(a.SubmittedAt),
			Due: dueText(a), Urgency: applicant.UrgencyTag(a.Urgency(p.Clock.Now())),
		})
	}
	return web.Page(c, http.StatusOK, view.PasskeyApplications(page))
}

func dueText(a onboarding.Application) string {
	if !a.State.Open() {
		return ""
	}
	return applicant.DueText(a.Due)
}

func applicationHref(r onboarding.Receipt) string {
	return view.PasskeyApplicationsPath + "/" + url.PathEscape(string(r))
}

func appliedStores(stores []onboarding.Store) string {
	switch len(stores) {
	case 0:
		return ""
	case 1:
		return stores[0].Name
	}
	return stores[0].Name + " 等 " + strconv.Itoa(len(stores)) + " 家"
}

// openFor returns the application that a store is in, nil for none that is under way.
func openFor(store account.Store, list []onboarding.Application) *onboarding.Application {
	for i, a := range list {
		in := func(s onboarding.Store) bool { return s.ID == store.ID && s.Standing != onboarding.StoreActive }
		if a.State.Open() && slices.ContainsFunc(a.Stores, in) {
			return &list[i]
		}
	}
	return nil
}

// applicable tells that a store can be applied for.
func applicable(store account.Store, list []onboarding.Application) bool {
	return !store.Passkey && store.Mode == members.Live && store.Status == members.Active && openFor(store, list) == nil
}

func standingOf(store account.Store, list []onboarding.Application) applicantview.Store {
	shown := applicantview.Store{MerchantID: store.MerchantID, Name: store.Name, Href: storeHref(store.MerchantID)}
	switch a := openFor(store, list); {
	case store.Passkey:
		shown.State = ui.Tag{Word: "已啟用", Tone: ui.ToneGood}
		shown.Note = "新的付款依條件與裝置使用 Passkey 或簡訊驗證碼。"
		if store.Mode == members.Test {
			shown.Note = "測試環境不會觸發 Passkey 與簡訊驗證，可於 Passkey 實驗室試用。"
		}
	case a != nil:
		shown.State = ui.Tag{Word: "申請中", Tone: ui.ToneWait}
		shown.Note = "申請案件處理中：" + a.State.Label() + "。"
	case store.Mode == members.Test:
		shown.State = ui.Tag{Word: "測試商店"}
		shown.Note = "測試環境不會觸發 Passkey，不需申請。"
	default:
		shown.State = ui.Tag{Word: "未啟用", Tone: ui.ToneOff}
	}
	return shown
}

// newApplication answers GET /member/passkey/applications/new: the form with the member's
// data filled in.
func (p *pages) newApplication(c *gin.Context) error {
	actor := web.Actor(c)
	typed := url.Values{
		"kind": {string(onboarding.Apply)}, "subject": {string(onboarding.SubjectPasskey)}, "name": {actor.Member.Name},
		"email": {actor.Account.Email}, "stores": {c.Query("store")},
	}
	checks, err := p.readiness(c, typed["stores"])
	if err != nil {
		return err
	}
	return p.showApplicationForm(c, typed, applicationForm{status: http.StatusOK, checks: checks})
}

// applicationForm is how the form is shown once more.
type applicationForm struct {
	status  int
	problem ui.Notice
	faults  fault.Group
	checks  []onboarding.Check
}

func (p *pages) showApplicationForm(c *gin.Context, typed url.Values, f applicationForm) error {
	actor := web.Actor(c)
	list, err := p.Applications.OfMember(c.Request.Context(), actor)
	if err != nil {
		return err
	}
	page := view.NewPasskeyApplicationPage{
		Shell: p.applicationShell(c, titleApply, "申請"), Problem: f.problem, Checks: applicant.Checks(f.checks),
		Form: applicant.Form(view.NewPasskeyApplicationPath, typed, f.faults), None: "沒有可以申請的商店",
	}
	page.Form.Check = true
	for _, store := range actor.Stores {
		option := ui.Option{Value: store.MerchantID, Label: store.Name + "（" + store.MerchantID + "）"}
		if applicable(store, list) {
			page.None = ""
			option.Selected = slices.Contains(typed["stores"], store.MerchantID)
		} else {
			option.Disabled, option.Hint = true, standingOf(store, list).State.Word
		}
		page.Form.Stores.Options = append(page.Form.Stores.Options, option)
	}
	return web.Page(c, f.status, view.NewPasskeyApplication(page))
}

// apply answers the form: it checks the stores that were ticked, or sends it.
func (p *pages) apply(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	if form.Get("check") != "" {
		checks, err := p.readiness(c, form["stores"])
		if err != nil {
			return err
		}
		return p.showApplicationForm(c, form, applicationForm{status: http.StatusOK, checks: checks})
	}
	a, err := p.Applications.Submit(c.Request.Context(), applicant.ReadForm(form), applicantOf(c))
	var faults fault.Group
	if errors.As(err, &faults) {
		return p.showApplicationForm(c, form, applicationForm{
			status: http.StatusUnprocessableEntity, problem: applicant.Refused, faults: faults,
		})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, applicationHref(a.Receipt)+"?done=sent")
}

// checksMax is how many stores are looked at for one page: each is called.
const checksMax = 8

// readiness tells how ready the stores are that were ticked; nothing where none was.
func (p *pages) readiness(c *gin.Context, merchantIDs []string) ([]onboarding.Check, error) {
	ids := ticked(web.Actor(c), merchantIDs)
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Readiness.Check(c.Request.Context(), ids[:min(len(ids), checksMax)])
}

// ticked returns those of the actor's stores that are named.
// SECURITY: nobody checks another member's stores.
func ticked(actor account.Actor, merchantIDs []string) []members.StoreID {
	var ids []members.StoreID
	for _, store := range actor.Stores {
		if slices.Contains(merchantIDs, store.MerchantID) {
			ids = append(ids, store.ID)
		}
	}
	return ids
}

func applicantOf(c *gin.Context) onboarding.Applicant {
	actor := web.Actor(c)
	return onboarding.Applicant{Member: actor.Member.ID, Account: actor.Account.ID, By: web.By(c)}
}

var applicationNotices = map[string]ui.Notice{
	"sent":      {Tone: ui.ToneGood, Title: "已送出資料", Text: "將由專人在您期望的時間與您聯絡。"},
	"answered":  {Tone: ui.ToneGood, Text: "已收到補件，將由專人確認。"},
	"withdrawn": {Tone: ui.ToneGood, Text: "申請已撤回。"},
}

// application answers GET /member/passkey/applications/{receipt}.
func (p *pages) application(c *gin.Context) error {
	found, err := p.memberCase(c)
	if err != nil {
		return err
	}
	return p.showApplication(c, found, http.StatusOK, nil)
}

func (p *pages) memberCase(c *gin.Context) (onboarding.Case, error) {
	return p.Applications.MemberCase(c.Request.Context(), web.Actor(c), onboarding.ParseReceipt(c.Param("application")))
}

func (p *pages) showApplication(c *gin.Context, found onboarding.Case, status int, wrong *applicant.Wrong) error {
	page := view.PasskeyApplicationPage{
		Shell: p.applicationShell(c, titleApplications, string(found.Receipt)), Title: applicant.Title(found.Kind),
		Progress: applicant.Progress(found, applicant.Way{
			Path: applicationHref(found.Receipt), Stores: view.StorePath, Now: p.Clock.Now(),
		}),
	}
	if wrong == nil {
		page.Progress.Problem = applicationNotices[c.Query("done")]
	}
	wrong.Show(&page.Progress)
	return web.Page(c, status, view.PasskeyApplication(page))
}

// answerApplication answers 補件.
func (p *pages) answerApplication(c *gin.Context) error {
	return p.changeApplication(c, "answered", func(found onboarding.Case, version int64, form url.Values) error {
		uploads, err := applicant.Uploads(c)
		if err != nil {
			return err
		}
		_, err = p.Applications.Answer(c.Request.Context(), applicantOf(c), onboarding.AnswerForm{
			Receipt: found.Receipt, Version: version, Text: form.Get("text"), Files: uploads,
		})
		return err
	})
}

// withdrawApplication answers 撤回.
func (p *pages) withdrawApplication(c *gin.Context) error {
	return p.changeApplication(c, "withdrawn", func(found onboarding.Case, version int64, _ url.Values) error {
		_, err := p.Applications.Withdraw(c.Request.Context(), applicantOf(c), found.Receipt, version)
		return err
	})
}

func (p *pages) changeApplication(
	c *gin.Context, done string, do func(found onboarding.Case, version int64, form url.Values) error,
) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	found, err := p.memberCase(c)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		version = 0 // no application has it
	}
	err = do(found, version, form)
	if wrong, refused := applicant.WrongOf(err, form); refused {
		if found, err = p.memberCase(c); err != nil {
			return err
		}
		return p.showApplication(c, found, wrong.Status, wrong)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, applicationHref(found.Receipt)+"?done="+done)
}
