package verification

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

// LabCode is the one-time password of the lab, where none is sent: the page says it.
const LabCode = "246810"

// labTriesMax is how many wrong codes end a payment of the lab: there is no further code.
const labTriesMax = otp.TriesMax

// play is what a scenario of the lab changes of a verification. All else is as live.
type play struct {
	able     bool      // the browser counts as one that has an authenticator
	unable   bool      // the browser counts as one that has none
	bound    boundness // whether the card counts as one that has a Passkey
	stranger bool      // the phone counts as another one than the issuer holds
	instead  FellBack  // what comes of the use of the Passkey; NotFallen for the cardholder's own doing
	revokes  bool      // the store's Passkeys of the lab are removed when one is to be used
	deaf     bool      // no code is right
}

// boundness is whether a card has a Passkey.
type boundness int

const (
	boundNever  boundness = iota
	boundAlways           // though there may be none
	boundTruly            // as it is
)

// plays are the scenarios. What a play leaves out is the cardholder's own doing: a Passkey
// is made and used in the real ceremonies.
var plays = map[payment.LabScenario]play{
	payment.LabBind:        {bound: boundNever},
	payment.LabUse:         {bound: boundTruly},
	payment.LabUnsupported: {unable: true},
	payment.LabCancel:      {able: true, bound: boundAlways, instead: Cancelled},
	payment.LabTimeout:     {able: true, bound: boundAlways, instead: TimedOut},
	payment.LabNewDevice:   {able: true, bound: boundAlways, instead: NoCredential},
	payment.LabWrongOTP:    {able: true, stranger: true, deaf: true},
	payment.LabRevoked:     {able: true, bound: boundAlways, instead: NoCredential, revokes: true},
}

// labCard is the one card that a store has in the lab, where its Passkeys belong. It is
// below zero: no card of the vault ever is.
func labCard(store int64) token.CardID { return token.CardID(-store) }

// inLab tells that the verification plays a scenario.
func (v Verification) inLab() bool { return v.Lab != "" }

// Counted tells that the verification is one of the funnel's: Passkey applied to it, and
// it was no play.
func (v Verification) Counted() bool { return v.Route.Reason.Eligible() && !v.inLab() }

// leftLab tells that the lab was switched off, or the store went live, meanwhile: what was
// begun in the lab ends.
func (h *held) leftLab() bool { return h.v.inLab() && !h.store.InLab() }

// stage changes the facts of a payment that plays a scenario, from what is known of the
// store's card in the lab.
func (s *Service) stage(ctx context.Context, scenario payment.LabScenario, b *beginning, f payment.Facts) error {
	p := plays[scenario]
	b.lab, b.card, b.phone = scenario, labCard(int64(b.Store.ID)), "lab"
	f.PhoneMatches = !p.stranger
	switch p.bound {
	case boundNever:
	case boundAlways:
		f.HasCredential = true
	case boundTruly:
		var err error
		if f.HasCredential, err = s.o.Credentials.HasCredential(ctx, int64(b.card)); err != nil {
			return fmt.Errorf("look for a passkey of the lab: %w", err)
		}
	}
	b.route = payment.ChooseRoute(f)
	return nil
}

// staged are the facts of a payment in the lab as if its store were live, with the device
// that the scenario asks for.
func staged(scenario payment.LabScenario, f payment.Facts) payment.Facts {
	p := plays[scenario]
	f.Mode = member.Live
	if p.able {
		f.Device.WebAuthn, f.Device.UVPA = true, true
	}
	if p.unable {
		f.Device = payment.Device{Browser: f.Device.Browser, SPC: f.Device.SPC}
	}
	return f
}

// use goes on to the Passkey, or to what the scenario has instead of it.
func (h *held) use(ctx context.Context) error {
	p := plays[h.v.Lab]
	if p.instead == NotFallen {
		return h.moveTo(ctx, Touching)
	}
	if p.revokes {
		if err := h.forget(ctx, "Passkey 實驗室：移除後再使用"); err != nil {
			return err
		}
	}
	return h.giveUp(ctx, p.instead)
}

// check tries a code: the one that was sent, or in the lab the one that the page says.
func (h *held) check(ctx context.Context, code secret.String) (otp.Outcome, error) {
	if !h.v.inLab() {
		return h.s.o.Codes.Check(ctx, h.v.subject(), code)
	}
	typed := strings.ReplaceAll(code.Expose(), " ", "")
	if !plays[h.v.Lab].deaf && subtle.ConstantTimeCompare([]byte(typed), []byte(LabCode)) == 1 {
		return otp.Outcome{Result: otp.Right}, nil
	}
	h.v.LabTries++
	if err := h.save(ctx); err != nil {
		return otp.Outcome{}, err
	}
	out := otp.Outcome{Result: otp.Wrong, TriesLeft: labTriesMax - h.v.LabTries}
	if out.TriesLeft <= 0 {
		out = otp.Outcome{Result: otp.Spent}
	}
	return out, nil
}

// ErrLabNoResend tells that the lab sends no code.
var ErrLabNoResend = fault.New(fault.Refused, "lab_no_resend", "測試環境不寄送簡訊，驗證碼已顯示於頁面。").At("otp")
