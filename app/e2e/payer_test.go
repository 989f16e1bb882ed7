package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/simulator/phone"
)

// The first digits of cards that the bank approves.
const (
	visaBIN       = "411111"
	mastercardBIN = "555555"
)

var cardsMade atomic.Int64

// newCard is a card that no other flow pays with: what it is bound to is the flow's own, and
// so is the phone that its codes go to.
func newCard(bin string) string {
	body := fmt.Sprintf("%s%09d", bin, 700_000_000+cardsMade.Add(1))
	for check := range 10 {
		card, err := secret.ParsePAN(fmt.Sprintf("%s%d", body, check))
		if err == nil && card.Luhn() {
			return card.Expose()
		}
	}
	panic("no check digit fits " + body) // one of ten does
}

// phoneOf is the phone that the issuer holds for a card, in E.164.
func phoneOf(card string) string {
	if card == visa {
		return "+886912345678"
	}
	pan, err := secret.ParsePAN(card)
	if err != nil {
		return "+88" + payerPhone // a card that no issuer knows
	}
	return bank.PhoneOf(pan)
}

// payer is a cardholder with a card, a phone and a browser.
type payer struct {
	*tab
	s     *shopping
	card  string
	codes int // that have been read
	touch webauthn.AuthenticatorID
}

func (s *shopping) payer(p *tab, card string) *payer { return &payer{tab: p, s: s, card: card} }

// shopper is a payer with a card of its own, in a browser on a device that verifies its user.
func (s *shopping) shopper(t *testing.T, bin string, start func() (*browser, error)) *payer {
	t.Helper()
	p := s.payer(openTabIn(t, start), newCard(bin))
	p.touch = p.holdPasskeys()
	p.confirm(page.SetSPCTransactionModeModeAutoAccept)
	return p
}

func (p *payer) last4() string { return p.card[len(p.card)-4:] }

// pay fills the card form and sends it, once its script has said what the device can.
func (p *payer) pay() {
	p.t.Helper()
	p.fillCard(p.card)
	p.click("#card-form button[data-pay]")
}

// payByCode pays where nothing but a code is asked for.
func (p *payer) payByCode() {
	p.t.Helper()
	p.pay()
	p.enterCode()
}

// enterCode types the code that the phone gets. The sixth digit sends the form.
func (p *payer) enterCode() {
	p.t.Helper()
	p.see("#otp-form")
	p.typeIn("otp", p.code())
}

// code waits for the next code on the card's phone.
func (p *payer) code() (code string) {
	p.t.Helper()
	p.codes++
	to := phoneOf(p.card)
	eventually(p.t, fmt.Sprintf("message %d of %s arrives", p.codes, to), stepMax, func() bool {
		var got []string
		for _, m := range p.s.phone.Messages() {
			if m.To == to {
				got = append(got, phone.CodeIn(m.Text))
			}
		}
		if len(got) < p.codes {
			return false
		}
		slices.Reverse(got)
		code = got[p.codes-1]
		return true
	})
	return code
}

// buy makes an order and pays as far as the first question.
func (p *payer) buy(orderNo string) {
	p.t.Helper()
	p.open(p.s.live.order(p.t, orderNo, nil))
	p.pay()
}

// choose presses the button of a choice.
func (p *payer) choose(choice string) {
	p.t.Helper()
	p.click("[data-choice=" + choice + "]")
}

// create makes the passkey on the relying party's page.
func (p *payer) create() {
	p.t.Helper()
	p.click("[data-payment-passkey=create] [data-passkey-start]")
}

// thanked waits until the cardholder is back at the merchant's, having paid.
func (p *payer) thanked() {
	p.t.Helper()
	p.see(`#returned[data-status="SUCCESS"]`)
}

// bind pays an order and binds the card to this device.
func (p *payer) bind(orderNo string) {
	p.t.Helper()
	p.buy(orderNo)
	p.choose("bind")
	p.enterCode()
	p.create()
	p.thanked()
}

// codeInstead pays by code after all.
func (p *payer) codeInstead() {
	p.t.Helper()
	p.enterCode()
	p.thanked()
}

// confirm says what the browser's dialog of Secure Payment Confirmation will be answered.
func (p *payer) confirm(mode page.SetSPCTransactionModeMode) {
	p.t.Helper()
	command(p, page.SetSPCTransactionMode.Method, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, page.SetSPCTransactionMode, page.SetSPCTransactionModeParams{Mode: mode})
		return err
	})
}

// recognised says whether the device will recognise its user.
func (p *payer) recognised(yes bool) {
	p.t.Helper()
	command(p, "verify the user", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.SetUserVerified,
			webauthn.SetUserVerifiedParams{AuthenticatorID: p.touch, IsUserVerified: yes})
		return err
	})
}

// present says whether somebody will touch the device.
func (p *payer) present(yes bool) {
	p.t.Helper()
	command(p, "be present", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.SetAutomaticPresenceSimulation,
			webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: p.touch, Enabled: yes})
		return err
	})
}

// forge lets the device sign what it should not.
func (p *payer) forge(bogusSignature, noUser bool) {
	p.t.Helper()
	command(p, "forge", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{
			AuthenticatorID: p.touch, IsBogusSignature: &bogusSignature, IsBadUV: &noUser,
		})
		return err
	})
}

func command(p *payer, what string, do func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepMax)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error { return do(ctx) }))
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// gaveUp waits until the page has said that the passkey did not work, and goes on without.
func (p *payer) gaveUp(why string) {
	p.t.Helper()
	var got string
	for deadline := time.Now().Add(stepMax); got != why; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("the page gives the passkey up as %q, want %q", got, why)
		}
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[*string](
			`document.querySelector("[data-passkey-other] [name=why]")?.value`))
		if err == nil && found != nil {
			got = *found
		}
	}
	p.click("[data-passkey-other] button")
}

// awaitWords waits until the page says words. It may be loaded meanwhile.
func (p *payer) awaitWords(words string) {
	p.t.Helper()
	var text string
	for deadline := time.Now().Add(stepMax); !strings.Contains(text, words); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("the page says %q, which lacks %q", text, words)
		}
		if got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText")); err == nil {
			text = got
		}
	}
}

// verdict is how a payment was verified.
type verdict struct {
	By       string // otp, passkey, or none
	Reason   string
	FellBack string // empty: it did not
	Proof    string // spc, webauthn, or empty
	Binds    int    // Token綁定 of this payment
	Charges  int    // Token交易
}

// mustEnd fails unless an order was authorised, charged once and verified so, in the rows
// that support and the merchant read.
func (s *shopping) mustEnd(t *testing.T, orderNo string, want verdict) {
	t.Helper()
	var (
		got                       verdict
		status, tradeNo           string
		threeD, binding, charging bool
	)
	must(t, s.db.Pool().QueryRow(t.Context(), `SELECT t.status::text, t.trade_no, t.three_d, t.token_bind, t.token_charge,
		t.verification::text, coalesce(v.reason, ''), coalesce(v.fell_back::text, ''), coalesce(p.kind, ''),
		(SELECT count(*) FROM token_events e WHERE e.transaction_id = t.id AND e.kind = 'bind'),
		(SELECT count(*) FROM token_events e WHERE e.transaction_id = t.id AND e.kind = 'charge')
		FROM transactions t LEFT JOIN verifications v ON v.transaction_id = t.id
		LEFT JOIN verification_proofs p ON p.verification_id = v.id
		WHERE t.order_no = $1`, orderNo).Scan(&status, &tradeNo, &threeD, &binding, &charging,
		&got.By, &got.Reason, &got.FellBack, &got.Proof, &got.Binds, &got.Charges))
	if got != want {
		t.Errorf("%s was verified so: %+v, want %+v", orderNo, got, want)
	}
	if verified := want.By != "none"; status != "authorised" || threeD != verified ||
		binding != (want.Binds > 0) || charging != (want.Charges > 0) {
		t.Errorf("%s is %s, 3D %t, Token綁定 %t, Token交易 %t", orderNo, status, threeD, binding, charging)
	}
	if want.Reason != "" {
		s.mustChargeOnce(t, tradeNo, amount)
	}
}

// tradeNo is the number of an order's transaction.
func (s *shopping) tradeNo(t *testing.T, orderNo string) string {
	t.Helper()
	return s.word(t, "SELECT trade_no FROM transactions WHERE order_no = $1", orderNo)
}

// passkeys counts what is bound to the payer's card: in use, and in all.
func (p *payer) passkeys() (inUse, all int) {
	p.t.Helper()
	must(p.t, p.s.db.Pool().QueryRow(p.t.Context(), `SELECT count(*) FILTER (WHERE r.revoked_at IS NULL), count(*)
		FROM card_credentials r JOIN cards c ON c.id = r.card_id WHERE c.last4 = $1 AND c.first6 = $2`,
		p.last4(), p.card[:6]).Scan(&inUse, &all))
	return inUse, all
}
