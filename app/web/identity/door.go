package identity

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/web"
)

// SignIns is what a sign-in page uses. *account.Service implements it.
type SignIns interface {
	// SignInPasskey returns account.ErrSignIn for every refusal.
	SignInPasskey(ctx context.Context, staff bool, a passkey.Answer, from account.Origin) (account.Session, error)
	SignOut(ctx context.Context, a account.Actor, from account.Origin) error
}

// Door is a sign-in page's way in: for members' people, or for our staff.
type Door struct {
	Server   *web.Server
	SignIns  SignIns
	Passkeys passkey.Ceremonies
	Limiter  *web.AddressLimiter
	Staff    bool
	// Next is where a sign-in leads, by what was posted.
	Next func(form url.Values) string
	// Refuse answers with the sign-in page, which tells why.
	Refuse func(c *gin.Context, r Refusal) error
}

// Refusal is a sign-in that was refused.
type Refusal struct {
	Status   int
	Form     url.Values        // what was posted
	Sentence string            // one general sentence, or empty if Fields tell it
	Fields   map[string]string // what is wrong with a field
}

// What a client address hears that tries too often.
const (
	TooOften         = "登入嘗試太頻繁，請稍候再試。"
	RecoveryTooOften = "申請太頻繁，請稍候再試。"
)

// RecoveryLasts says how long a mailed link of recovery is good for.
var RecoveryLasts = strconv.Itoa(int(account.RecoveryLifetime.Minutes())) + " 分鐘"

// Begin answers with the challenge of a sign-in by passkey, as JSON.
func (d *Door) Begin(c *gin.Context) error {
	if !d.Limiter.Allow(c.ClientIP()) {
		c.JSON(http.StatusTooManyRequests, gin.H{"problem": TooOften})
		return nil
	}
	begun, err := d.Passkeys.BeginSignIn(c.Request.Context())
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"token": begun.Token, "options": json.RawMessage(begun.Options)})
	return nil
}

// Finish signs in whose passkey answered.
func (d *Door) Finish(c *gin.Context) error {
	return d.Enter(c, func(form url.Values) (account.Session, error) {
		return d.SignIns.SignInPasskey(c.Request.Context(), d.Staff, Answer(form), web.Origin(c))
	})
}

// Enter reads the posted form and starts the sign-in that try returns. What is refused
// is told in one general sentence.
func (d *Door) Enter(c *gin.Context, try func(form url.Values) (account.Session, error)) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	if !d.Limiter.Allow(c.ClientIP()) {
		return d.Refuse(c, Refusal{Status: http.StatusTooManyRequests, Form: form, Sentence: TooOften})
	}
	started, err := try(form)
	if err != nil {
		return d.refused(c, form, err)
	}
	if err := d.leave(c); err != nil {
		return err
	}
	if err := d.Server.SignIn(c, started); err != nil {
		return err
	}
	return web.Redirect(c, d.Next(form))
}

func (d *Door) refused(c *gin.Context, form url.Values, err error) error {
	r := Refusal{Status: http.StatusUnprocessableEntity, Form: form}
	fields, ok := FieldErrors(err)
	switch f := fault.From(err); {
	case ok:
		r.Fields = fields
	case f.Kind == fault.Refused:
		r.Sentence = f.Public
	default:
		return err
	}
	return d.Refuse(c, r)
}

// leave ends the sign-in that the browser had until now: it has one at a time.
func (d *Door) leave(c *gin.Context) error {
	before, ok := d.Server.Peek(c)
	if !ok {
		return nil
	}
	return d.SignIns.SignOut(c.Request.Context(), before, web.Origin(c))
}
