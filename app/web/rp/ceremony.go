package rp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
)

// answer is what the script posts at the end of a ceremony.
type answer struct {
	Token    string          `json:"token"`
	Response json.RawMessage `json:"response"`
}

// outcome is what the script is told after the answer was taken.
type outcome struct {
	Status string `json:"status"` // done, or otp: a code by text message is next
	// Gone tells that the passkey that answered counts no more: the page tells the device
	// (PublicKeyCredential.signalUnknownCredential).
	Gone bool   `json:"gone,omitempty"`
	Next string `json:"next,omitempty"` // where the payment goes on
}

// refusal is what the script is told instead.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// Next is where the payment goes on; empty to stay.
	Next      string `json:"next,omitempty"`
	RequestID string `json:"request_id"`
}

// beginPasskey is POST /spc-auth-request/:ref: what the browser needs to ask for the
// card's passkey, by Secure Payment Confirmation or without.
func (p *RelyingParty) beginPasskey(c *gin.Context) error {
	from, err := p.callerOf(c)
	if err != nil {
		return err
	}
	made, err := p.o.Verifications.BeginPasskey(c.Request.Context(), refOf(c), from)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{
		"token": made.Token, "spc": json.RawMessage(made.SPC), "webauthn": json.RawMessage(made.WebAuthn),
	})
	return nil
}

// finishPasskey is POST /spc-auth-response/:ref: the signed answer. The payment is
// authorised before this answers.
func (p *RelyingParty) finishPasskey(c *gin.Context) error {
	return p.finish(c, func(a cardholder.Answer) error {
		return p.o.Verifications.FinishPasskey(c.Request.Context(), refOf(c), a)
	})
}

// beginBind is POST /passkey/:ref/begin: the options of a new passkey.
func (p *RelyingParty) beginBind(c *gin.Context) error {
	from, err := p.callerOf(c)
	if err != nil {
		return err
	}
	made, err := p.o.Verifications.BeginBind(c.Request.Context(), refOf(c), from)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"token": made.Token, "options": json.RawMessage(made.Options)})
	return nil
}

// finishBind is POST /passkey/:ref/finish: the new passkey. The payment is authorised
// before this answers.
func (p *RelyingParty) finishBind(c *gin.Context) error {
	return p.finish(c, func(a cardholder.Answer) error {
		return p.o.Verifications.FinishBind(c.Request.Context(), refOf(c), a)
	})
}

// finish reads an answer from a caller that may give it, and says where the payment goes
// on.
func (p *RelyingParty) finish(c *gin.Context, do func(cardholder.Answer) error) error {
	if _, err := p.callerOf(c); err != nil {
		return err
	}
	body, err := c.GetRawData()
	if err != nil {
		return web.ErrForm.Because(err)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return web.ErrForm.Because(errors.New("not the JSON of an answer"))
	}
	if err := do(cardholder.Answer{Token: a.Token, Response: a.Response}); err != nil {
		return err
	}
	v, err := p.o.Verifications.ByRef(c.Request.Context(), refOf(c))
	if err != nil {
		return err
	}
	told := outcome{Status: "done", Next: p.checkoutOf(c)}
	if v.Step == verification.StepOTP {
		told.Status, told.Gone = "otp", v.FellBack == verification.NoCredential
	}
	c.JSON(http.StatusOK, told)
	return nil
}

// renderFault tells scripts in JSON and people on a page. What came too late leads back
// to the checkout.
func (p *RelyingParty) renderFault(c *gin.Context, f *fault.Fault) {
	next := ""
	if errors.Is(f, verification.ErrNotFound) || errors.Is(f, verification.ErrNotNow) {
		next = p.checkoutOf(c)
	}
	if c.Request.Method == http.MethodPost && c.GetHeader("Sec-Fetch-Mode") != "navigate" {
		c.JSON(web.Status(f), refusal{Code: string(f.Code), Message: f.Public, Next: next, RequestID: web.RequestID(c)})
		return
	}
	if next != "" && c.Query("parent") == "" {
		c.Redirect(http.StatusSeeOther, next)
		return
	}
	if err := p.endedPage(c, web.Status(f)); err != nil {
		p.o.Server.LogError(c, fmt.Errorf("render the fault page: %w", err))
		c.String(http.StatusInternalServerError, "%s", web.RequestID(c))
	}
}
