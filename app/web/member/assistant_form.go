package member

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// assistantForm is the form of one assistant in one state.
type assistantForm struct {
	typed   assistantInput
	stored  *assistant.Assistant // nil for a new one
	faults  fault.Group          // each beside its field
	problem string               // what is wrong as a whole
	copied  string               // whose permissions were just filled in
}

// newAssistant answers GET /member/center/assistants/new.
func (p *pages) newAssistant(c *gin.Context) error {
	return p.showAssistantForm(c, http.StatusOK, assistantForm{})
}

// fillNewAssistant answers POST /member/center/assistants/new: the form as it was
// typed, with another assistant's permissions if they are asked for.
func (p *pages) fillNewAssistant(c *gin.Context) error {
	posted, err := web.Form(c)
	if err != nil {
		return err
	}
	form := assistantForm{typed: postedInput(posted)}
	if posted.Get("do") == "copy" {
		return p.copyPermissions(c, form)
	}
	return p.showAssistantForm(c, http.StatusOK, form)
}

// createAssistant answers POST /member/center/assistants.
func (p *pages) createAssistant(c *gin.Context) error {
	posted, err := web.Form(c)
	if err != nil {
		return err
	}
	form := assistantForm{typed: postedInput(posted)}
	want, refused, err := p.readAssistantForm(c, &form)
	if refused || err != nil {
		return err
	}
	_, err = p.Assistants.Create(c.Request.Context(), web.Actor(c), web.By(c), want)
	if err != nil {
		return p.refuseAssistantForm(c, form, err)
	}
	return web.Redirect(c, pathAssistants+"?done="+doneCreated)
}

// assistantPage answers GET /member/center/assistants/{account}.
func (p *pages) assistantPage(c *gin.Context) error {
	return p.showStoredAssistant(c, c.Param("account"), nil)
}

// showStoredAssistant shows the settings as they are, and why something was refused.
func (p *pages) showStoredAssistant(c *gin.Context, login string, refusal *fault.Fault) error {
	found, err := p.Assistants.Find(c.Request.Context(), web.Actor(c), login)
	if err != nil {
		return err
	}
	form := assistantForm{typed: storedInput(found, p.today()), stored: &found}
	if refusal == nil {
		return p.showAssistantForm(c, http.StatusOK, form)
	}
	form.problem = refusal.Public
	return p.showAssistantForm(c, web.Status(refusal), form)
}

// fillAssistant answers POST /member/center/assistants/{account}, which changes nothing:
// what would change, the form again, or with another assistant's permissions. Whatever
// was typed is carried along.
func (p *pages) fillAssistant(c *gin.Context) error {
	form, do, err := p.postedAssistant(c)
	if err != nil {
		return err
	}
	switch do {
	case "copy":
		return p.copyPermissions(c, form)
	case "edit":
		return p.showAssistantForm(c, http.StatusOK, form)
	}
	want, refused, err := p.readChange(c, &form)
	if refused || err != nil {
		return err
	}
	return p.previewAssistant(c, form, want)
}

// saveAssistant answers POST /member/center/assistants/{account}/save: the yes to what
// would change.
func (p *pages) saveAssistant(c *gin.Context) error {
	form, _, err := p.postedAssistant(c)
	if err != nil {
		return err
	}
	want, refused, err := p.readChange(c, &form)
	if refused || err != nil {
		return err
	}
	login := form.stored.Account.Login
	err = p.Assistants.Save(c.Request.Context(), web.Actor(c), web.By(c), login, want)
	if err != nil {
		return p.refuseAssistantForm(c, form, err)
	}
	return web.Redirect(c, assistantHref(login)+"?done="+doneSaved)
}

// postedAssistant reads the form of an assistant, and what is to be done with it.
func (p *pages) postedAssistant(c *gin.Context) (form assistantForm, do string, err error) {
	posted, err := web.Form(c)
	if err != nil {
		return form, "", err
	}
	found, err := p.Assistants.Find(c.Request.Context(), web.Actor(c), c.Param("account"))
	return assistantForm{typed: postedInput(posted), stored: &found}, posted.Get("do"), err
}

// readChange is readAssistantForm that also refuses a form which has been overtaken.
func (p *pages) readChange(c *gin.Context, form *assistantForm) (want assistant.Form, refused bool, err error) {
	want, refused, err = p.readAssistantForm(c, form)
	if !refused && err == nil && want.Revision != form.stored.Revision {
		return want, true, p.refuseAssistantForm(c, *form, assistant.ErrChanged)
	}
	return want, refused, err
}

// previewAssistant lists what would change.
func (p *pages) previewAssistant(c *gin.Context, form assistantForm, want assistant.Form) error {
	login := form.stored.Account.Login
	changes, err := p.Assistants.Preview(web.Actor(c), *form.stored, want)
	if err != nil {
		return p.refuseAssistantForm(c, form, err)
	}
	page := view.AssistantPreviewPage{
		Shell: p.shell(c, "確認變更", assistantTrail(login)...), Login: login, Fields: form.typed.fields(),
		SaveHref: assistantHref(login) + "/save", EditHref: assistantHref(login),
	}
	for _, change := range changes {
		page.Changes = append(page.Changes, view.ChangeRow(change))
	}
	return web.Page(c, http.StatusOK, view.AssistantPreview(page))
}

// copyPermissions fills the matrix in from another assistant's, and keeps the rest.
func (p *pages) copyPermissions(c *gin.Context, form assistantForm) error {
	from := form.typed.copyFrom
	if from == "" {
		form.faults = fault.Group{errCopyFrom}
		return p.showAssistantForm(c, http.StatusUnprocessableEntity, form)
	}
	found, err := p.Assistants.Find(c.Request.Context(), web.Actor(c), from)
	if errors.Is(err, assistant.ErrNotFound) {
		form.faults = fault.Group{assistant.ErrNotFound.At(fieldCopyFrom)}
		return p.showAssistantForm(c, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	form.typed.levels, form.typed.untils = matrixInput(found, p.today())
	form.copied = found.Account.Login
	return p.showAssistantForm(c, http.StatusOK, form)
}

// readAssistantForm reads what was typed. If it breaks rules, the form is shown again
// with each beside its field, and refused is true.
func (p *pages) readAssistantForm(
	c *gin.Context, form *assistantForm,
) (want assistant.Form, refused bool, err error) {
	want, form.faults = form.typed.form()
	err = p.Assistants.Check(web.Actor(c), want, form.stored == nil)
	var broken fault.Group
	if err != nil && !errors.As(err, &broken) {
		return want, false, err
	}
	form.faults = append(form.faults, broken...)
	if len(form.faults) == 0 {
		return want, false, nil
	}
	return want, true, p.showAssistantForm(c, http.StatusUnprocessableEntity, *form)
}

// refuseAssistantForm shows the form again with what the service refused it for. What
// was changed meanwhile is told once; the next yes counts.
func (p *pages) refuseAssistantForm(c *gin.Context, form assistantForm, err error) error {
	var broken fault.Group
	f := fault.From(err)
	switch {
	case errors.As(err, &broken):
		form.faults = broken
		return p.showAssistantForm(c, http.StatusUnprocessableEntity, form)
	case f.Field != "":
		form.faults = fault.Group{f}
		return p.showAssistantForm(c, http.StatusUnprocessableEntity, form)
	case f.Kind != fault.Conflict:
		return err
	}
	if form.stored != nil {
		found, err := p.Assistants.Find(c.Request.Context(), web.Actor(c), form.stored.Account.Login)
		if err != nil {
			return err
		}
		form.stored, form.typed.revision = &found, revisionText(found)
	}
	form.problem = f.Public
	return p.showAssistantForm(c, web.Status(f), form)
}

func (p *pages) showAssistantForm(c *gin.Context, status int, form assistantForm) error {
	owner := web.Actor(c)
	all, err := p.Assistants.List(c.Request.Context(), owner, assistant.Filter{})
	if err != nil {
		return err
	}
	if form.stored == nil && form.problem == "" && all.Used >= assistant.Limit {
		form.problem = assistant.ErrFull.Public
	}
	page := presentAssistantForm(form, owner.Stores)
	page.CopyFrom = presentCopyFrom(all.Assistants, form)
	beneath := page.Heading
	if form.stored != nil {
		beneath = form.stored.Account.Login
	}
	page.Shell = p.centreShell(c, page.Heading, assistantTrail(beneath)...)
	page.Shell.Scripts = []string{"matrix.js"}
	return web.Page(c, status, view.AssistantForm(page))
}

// assistantHref is the address of an assistant's page.
func assistantHref(login string) string { return pathAssistants + "/" + url.PathEscape(login) }
