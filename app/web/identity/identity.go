package identity

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
)

// Accounts is what the page of one's own account uses. *account.Service implements it.
type Accounts interface {
	// HasPassword tells that the person who is signed in has a password.
	HasPassword(ctx context.Context, a account.Actor) (bool, error)
	// ChangePassword returns faults of the fields current and password.
	ChangePassword(ctx context.Context, a account.Actor, current, next secret.String, from account.Origin) error
	// AskOwnRecovery mails a link to set a password. It returns account.ErrNoAddress or
	// account.ErrAskedOften.
	AskOwnRecovery(ctx context.Context, a account.Actor, from account.Origin) error
	// AddPasskey returns passkey.ErrRefused, passkey.ErrFull or passkey.ErrName.
	AddPasskey(ctx context.Context, a account.Actor, p passkey.Answer, from account.Origin) (passkey.Passkey, error)
	// RemovePasskey returns passkey.ErrLast for the last way in.
	RemovePasskey(ctx context.Context, a account.Actor, id int64, from account.Origin) error
	Sessions(ctx context.Context, a account.Actor) ([]account.Session, error)
	EndSession(ctx context.Context, a account.Actor, id account.SessionID, from account.Origin) error
	EndOtherSessions(ctx context.Context, a account.Actor, from account.Origin) error
}

// Frame sets content in the shell of the console that mounts it.
type Frame func(c *gin.Context, title string, content templ.Component) templ.Component

// Options say what the page of one's own account is built from.
type Options struct {
	Server    *web.Server
	Accounts  Accounts
	Passkeys  passkey.Ceremonies
	Clock     clock.Clock
	Path      string      // of the page, such as /member/account
	Gate      permit.Gate // who may open it
	Passwords bool        // its people may have passwords
	Frame     Frame
}

// pages serves the page of one's own account.
type pages struct{ Options }

// Mount mounts the page of one's own account on the server's site.
func Mount(o Options) {
	p, site := &pages{o}, o.Server.Site()
	site.GET(o.Path, o.Gate, p.show)
	if o.Passwords {
		site.POST(o.Path+"/password", o.Gate, p.changePassword)
		site.POST(o.Path+"/password/link", o.Gate, p.sendLink)
	}
	site.POST(o.Path+"/passkeys/new", o.Gate.SteppedUp(), p.newPasskey)
	site.POST(o.Path+"/passkeys", o.Gate, p.addPasskey)
	site.POST(o.Path+"/passkeys/:passkey/rename", o.Gate, p.renamePasskey)
	site.POST(o.Path+"/passkeys/:passkey/remove", o.Gate.SteppedUp(), p.removePasskey)
	site.POST(o.Path+"/sessions/end-others", o.Gate, p.endOtherSessions)
	site.POST(o.Path+"/sessions/:session/end", o.Gate, p.endSession)
}

// PasswordRules are told before a password is chosen.
var PasswordRules = account.ErrPasswordLength.Public + account.ErrPasswordName.Public +
	"可以貼上，也可以用密碼管理器產生。"

// ErrMismatch tells that a password and its repetition differ.
var ErrMismatch = fault.New(fault.Invalid, "password_mismatch", "兩次輸入的密碼不同。").At("password_again")

// FieldErrors returns the sentences of faults that belong to form fields; ok is false
// for any other error.
func FieldErrors(err error) (sentences map[string]string, ok bool) {
	var faults fault.Group
	if !errors.As(err, &faults) {
		faults = fault.Group{fault.From(err)}
	}
	sentences = map[string]string{}
	for _, f := range faults {
		if f == nil || f.Field == "" {
			return nil, false
		}
		sentences[f.Field] = f.Public
	}
	return sentences, len(sentences) > 0
}

// Missing returns a fault for each of the fields that was left empty, with its question.
func Missing(form url.Values, questions map[string]string) error {
	var empty fault.Group
	for field, question := range questions {
		if form.Get(field) == "" {
			empty = append(empty, fault.New(fault.Invalid, "field_empty", question).At(field))
		}
	}
	return empty.OrNil()
}

// PasswordQuestions ask for a new password and its repetition.
func PasswordQuestions() map[string]string {
	return map[string]string{"password": "請輸入新密碼。", "password_again": "請再輸入一次新密碼。"}
}

// TypedPassword returns what is wrong with a form that sets a password, before the rules
// of passwords are asked: fields left empty, or a repetition that differs.
func TypedPassword(form url.Values, questions map[string]string) error {
	if err := Missing(form, questions); err != nil {
		return err
	}
	if form.Get("password") != form.Get("password_again") {
		return ErrMismatch
	}
	return nil
}

// timeText is the day and the time of day in Taipei.
func timeText(t time.Time) (day, clockTime string) {
	t = t.In(clock.Taipei)
	return t.Format(time.DateOnly), t.Format(time.TimeOnly)
}
