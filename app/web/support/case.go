package support

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
)

// Case is what the pages of one application use of onboarding.Service. A change names the
// version that its maker has seen, and returns onboarding.ErrStale for another.
type Case interface {
	Case(ctx context.Context, r onboarding.Receipt) (onboarding.Case, error)
	// Alike lists other open applications that may be the same.
	Alike(ctx context.Context, a onboarding.Application) ([]onboarding.Application, error)
	// OnePersonActivates tells that no second person is needed.
	OnePersonActivates() bool
	Move(ctx context.Context, by onboarding.Staff, f onboarding.MoveForm) (onboarding.Application, error)
	Assign(ctx context.Context, by onboarding.Staff, h onboarding.Handover) (onboarding.Application, error)
	Link(ctx context.Context, by onboarding.Staff, f onboarding.LinkForm) (onboarding.Application, error)
	AddContact(ctx context.Context, by onboarding.Staff, r onboarding.Receipt, f onboarding.Contact) error
	AddNote(ctx context.Context, by onboarding.Staff, r onboarding.Receipt, text string) error
	Attach(ctx context.Context, by onboarding.Staff, r onboarding.Receipt, uploads []onboarding.Upload) error
	// Recheck checks the stores for readiness, and keeps the checks.
	Recheck(ctx context.Context, by onboarding.Staff, r onboarding.Receipt) ([]onboarding.Check, error)
	File(ctx context.Context, r onboarding.Receipt, id onboarding.AttachmentID) (onboarding.File, error)
}

const pathApplication = view.ApplicationsPath + "/:receipt"

func (p *pages) mountCases(site *web.Router) {
	read, work := permit.ApplicationRead.Gate(), permit.ApplicationWork.Gate()
	site.GET(pathApplication, read, p.application)
	site.GET(pathApplication+"/attachments/:attachment", read, p.attachment)
	for _, m := range onboarding.Moves {
		site.POST(pathApplication+"/move/"+string(m), offers[m].gate(), p.act(part(m), p.move(m)))
	}
	site.POST(pathApplication+"/assign", work, p.act(partAssign, p.assign))
	site.POST(pathApplication+"/link", work, p.act(partLink, p.link))
	site.POST(pathApplication+"/contacts", work, p.act(partContact, p.addContact))
	site.POST(pathApplication+"/notes", work, p.act(partNote, p.addNote))
	site.POST(pathApplication+"/check", work, p.act(partCheck, p.recheck))
	site.Upload(pathApplication+"/attachments", work, p.act(partFiles, p.attach))
}

// part names the form of a page that was posted: a move, or one of those below.
type part string

const (
	partAssign  part = "assign"
	partLink    part = "link"
	partContact part = "contact"
	partNote    part = "note"
	partCheck   part = "check"
	partFiles   part = "files"
)

// refusal is why a form was not taken, and what was typed.
type refusal struct {
	part  part
	fault *fault.Fault
	form  url.Values
}

// answers returns the value of a field of the form, and what is wrong with it. field is
// the fault's, name the form's.
func (r *refusal) answers(of part, field, name string) (value, problem string) {
	if r == nil || r.part != of {
		return "", ""
	}
	if r.fault.Field == field {
		problem = r.fault.Public
	}
	return r.form.Get(name), problem
}

func receiptOf(c *gin.Context) onboarding.Receipt {
	return onboarding.ParseReceipt(c.Param("receipt"))
}

func applicationHref(r onboarding.Receipt) string {
	return view.ApplicationsPath + "/" + url.PathEscape(string(r))
}

// application answers GET /support/applications/{receipt}.
func (p *pages) application(c *gin.Context) error {
	found, err := p.Case.Case(c.Request.Context(), receiptOf(c))
	if err != nil {
		return err
	}
	return p.showCase(c, found, nil)
}

func (p *pages) showCase(c *gin.Context, found onboarding.Case, refused *refusal) error {
	ctx := c.Request.Context()
	people, err := p.Queue.Staff(ctx)
	if err != nil {
		return err
	}
	var alike []onboarding.Application
	if found.State.Open() {
		if alike, err = p.Case.Alike(ctx, found.Application); err != nil {
			return err
		}
	}
	desk := desk{
		Case: found, now: p.Clock.Now(), me: staffOf(c), refused: refused, alone: p.Case.OnePersonActivates(),
		allows: func(g permit.Gate) bool { return p.router.Allows(c, g) },
	}
	page := desk.page()
	page.Assign = desk.assignForm(people)
	for _, a := range alike {
		page.Others = append(page.Others, presentApplication(a, desk.now))
	}
	receipt := string(found.Receipt)
	page.Shell = p.shell(c, receipt, titled(titleApplications, view.ApplicationsPath), crumb(receipt))
	status := http.StatusOK
	if refused != nil {
		status = web.Status(refused.fault)
		if refused.fault.Kind == fault.Invalid {
			status = http.StatusUnprocessableEntity
		}
	}
	return web.Page(c, status, view.Application(page))
}

// act answers a form of that page: with the page again, and why if it was refused.
func (p *pages) act(of part, do func(*gin.Context, onboarding.Case, url.Values) error) web.Handler {
	return func(c *gin.Context) error {
		form, err := web.Form(c)
		if err != nil {
			return err
		}
		seen, err := p.Case.Case(c.Request.Context(), receiptOf(c))
		if err != nil {
			return err
		}
		err = do(c, seen, form)
		if err == nil {
			return web.Redirect(c, applicationHref(seen.Receipt)+"?done="+string(of))
		}
		f := fault.From(err)
		switch f.Kind {
		case fault.Internal, fault.NotFound, fault.Unavailable, fault.Throttled:
			return err
		case fault.Invalid, fault.Conflict, fault.Denied, fault.Refused:
		}
		if seen, err = p.Case.Case(c.Request.Context(), seen.Receipt); err != nil { // as it is by now
			return err
		}
		return p.showCase(c, seen, &refusal{part: of, fault: f, form: form})
	}
}

// versionOf returns the version that a form was made from; 0, which none has, for what is no
// number.
func versionOf(form url.Values) int64 {
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// attachment answers GET /support/applications/{receipt}/attachments/{id}.
// SECURITY: whatever the file holds, it is saved and never shown on this origin.
func (p *pages) attachment(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("attachment"), 10, 64)
	if err != nil {
		return onboarding.ErrNotFound.Because(err)
	}
	file, err := p.Case.File(c.Request.Context(), receiptOf(c), onboarding.AttachmentID(id))
	if err != nil {
		return err
	}
	named := mime.FormatMediaType("attachment", map[string]string{"filename": file.Name})
	if named == "" {
		return errors.New("a file name that no header can hold")
	}
	h := c.Writer.Header()
	h.Set("Content-Disposition", named)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Length", strconv.Itoa(len(file.Content)))
	c.Data(http.StatusOK, file.Type, file.Content)
	return nil
}
