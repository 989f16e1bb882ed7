package web

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/secret"
)

// The addresses of the sign-in pages, and of the first pages behind them.
const (
	LoginPath        = "/login"
	SupportLoginPath = "/support/login"
	homePath         = "/member"
	supportPath      = "/support"
)

var (
	// ErrOtherSide tells a member's person at the support console's door, or one of our
	// staff at a member's.
	ErrOtherSide = fault.New(fault.Denied, "other_side", "目前登入的帳號不屬於這個區域，請先登出，再以正確的帳號登入。")
	// ErrReadOnly tells that an owner who looks at the pages as an assistant tried to
	// change something.
	ErrReadOnly = fault.New(fault.Denied, "view_as_read_only", "正在以助理帳號檢視，只能看、不能變更。請先結束檢視。")
)

// StepUpAsk is a post that waits for a fresh proof of identity.
type StepUpAsk struct {
	Action  string     // where it was posted: path and query
	Form    url.Values // what was posted, without any proof
	Problem string     // why the proof that came was not accepted; empty at first
}

// StepUpRenderer asks for the proof, on a page whose form posts to the same address
// with everything that was posted, and the proof.
type StepUpRenderer func(c *gin.Context, ask StepUpAsk) error

// OnStepUp sets who asks for a fresh proof of identity.
func (r *Router) OnStepUp(s StepUpRenderer) { r.stepUp = s }

// The form fields of a proof.
const (
	fieldStepUpPassword = "step_up_password"
	fieldStepUpCeremony = "step_up_ceremony"
	fieldStepUpResponse = "step_up_response"
)

// guard reports whether the request passes the gate, and answers it if not.
func (r *Router) guard(c *gin.Context, gate permit.Gate) (passed bool, err error) {
	if !gate.NeedsActor() {
		return true, nil
	}
	// The whole form arrives before it is looked up who sends it: a body that trickles in
	// must not outlive the session that it came with.
	if !isRead(c.Request.Method) {
		if _, err := Form(c); err != nil {
			return false, err
		}
	}
	actor, ok, err := r.server.readActor(c)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, Redirect(c, loginAddress(c.Request, gate))
	}
	if gate.ForStaff() != (actor.Account.Kind == account.Staff) {
		return false, r.tellDenied(c, ErrOtherSide)
	}
	if gate.ForViewer() && !actor.Viewing() { // a second click on the way back
		return false, Redirect(c, homePath)
	}
	d, err := r.server.o.Permits.Decide(actor, gate)
	if err != nil {
		return false, err
	}
	if !d.Allowed {
		return false, r.refuse(c, d)
	}
	if actor.Viewing() && !gate.ForViewer() && !isRead(c.Request.Method) {
		return false, r.tellDenied(c, ErrReadOnly)
	}
	if err := r.server.o.Uses.NoteUse(c.Request.Context(), actor, d); err != nil {
		return false, err
	}
	if gate.NeedsStepUp() && !actor.Session.SteppedUp(r.server.o.Clock.Now()) {
		return r.askStepUp(c, actor)
	}
	return true, nil
}

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// refuse tells the person, after the audit log, that the request may not pass.
func (r *Router) refuse(c *gin.Context, d permit.Decision) error {
	subject := cmp.Or(string(d.Screen), string(d.StaffScreen), c.FullPath())
	if err := r.recordDenied(c, subject); err != nil {
		return err
	}
	render := r.denied
	if d.StaffScreen != "" {
		render = r.staffDenied
	}
	if render == nil {
		return ErrNoPage
	}
	return render(c, d)
}

// tellDenied returns the fault for the person, after the audit log has the attempt.
func (r *Router) tellDenied(c *gin.Context, f *fault.Fault) error {
	if err := r.recordDenied(c, c.FullPath()); err != nil {
		return err
	}
	return f
}

func (r *Router) recordDenied(c *gin.Context, subject string) error {
	return r.server.o.Audit.Record(c.Request.Context(), audit.Entry{
		By: By(c), At: r.server.o.Clock.Now(), Kind: audit.PermissionDenied, Subject: subject,
	})
}

// askStepUp takes the proof that came with the form and lets the form pass, or asks
// for one.
func (r *Router) askStepUp(c *gin.Context, actor account.Actor) (passed bool, err error) {
	form, err := Form(c)
	if err != nil {
		return false, err
	}
	ask := StepUpAsk{Action: c.Request.URL.RequestURI(), Form: form}
	proof := account.Proof{
		Password: secret.New(form.Get(fieldStepUpPassword)),
		Passkey: passkey.Answer{
			Token: form.Get(fieldStepUpCeremony), Response: []byte(form.Get(fieldStepUpResponse)),
		},
	}
	given := form.Has(fieldStepUpPassword) || form.Has(fieldStepUpResponse)
	for _, field := range []string{fieldStepUpPassword, fieldStepUpCeremony, fieldStepUpResponse} {
		form.Del(field)
	}
	if given {
		err := r.server.o.Accounts.StepUp(c.Request.Context(), actor, proof, Origin(c))
		if err == nil {
			actor.Session.SteppedUpAt = r.server.o.Clock.Now()
			c.Set(actorKey, actor)
			return true, nil
		}
		f := fault.From(err)
		if f.Kind != fault.Refused && f.Kind != fault.Throttled {
			return false, err
		}
		ask.Problem = f.Public
	}
	if r.stepUp == nil {
		return false, account.ErrStepUp
	}
	return false, r.stepUp(c, ask)
}

// loginAddress leads to the sign-in page, and from there back to the page that was
// asked for.
func loginAddress(r *http.Request, gate permit.Gate) string {
	if gate.ForStaff() {
		return SupportLoginPath
	}
	if !isRead(r.Method) {
		return LoginPath
	}
	next := SafeNext(r.URL.RequestURI())
	if next == "" {
		return LoginPath
	}
	return LoginPath + "?" + url.Values{"next": {next}}.Encode()
}
