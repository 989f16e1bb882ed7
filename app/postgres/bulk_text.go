package postgres

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/payment"
)

// The statements and the lines below list the same columns in the same order.
const (
	copyTransactions = `COPY transactions (id, member_id, store_id, trade_no, order_no, item_desc, amount, status,
		pay_type, verification, three_d, token_bind, token_charge, eci, created_at, authorised_at,
		captured_at, refunded_at, settled_at, failed_at, failure_reason, captured_amount, refunded_amount,
		instalments, instalment_first, instalment_each, bonus_paid, brand, card_first6, card_last4, card_expiry,
		respond_code, respond_message, auth_code, acquirer_bank, issuer_bank, payment_method, payer_ip,
		mandate_no, card_index) FROM STDIN`
	copyAttempts = `COPY attempts (id, transaction_id, request_id, state, route, route_reason, simulated, pay_type,
		instalments, brand, card_first6, card_last4, card_expiry, payer_sealed, payer_ip, asked_at, answered_at,
		inquiries, next_inquiry_at) FROM STDIN`
	copyEvents = `COPY payment_events (transaction_id, attempt_id, kind, from_status, to_status, amount, actor,
		detail, at) FROM STDIN`
	copyTokenEvents   = `COPY token_events (kind, transaction_id, member_id, store_id, at) FROM STDIN`
	copyVerifications = `COPY verifications (transaction_id, state, route, bind, reason, eligible, brand, card_last4,
		browser, webauthn, uvpa, spc, fell_back, created_at, asked_at, chosen_at, otp_passed_at, bound_at, used_at,
		fell_back_at, ended_at, expires_at, seal_key, verified_by, attempt_id) FROM STDIN`
	copyMessages = `COPY payment_messages (transaction_id, direction, kind, at, fields) FROM STDIN`
)

// copyText is lines of COPY's text format: columns between tabs, \N for NULL.
type copyText []byte

func (c *copyText) transaction(id int64, t *payment.History, cardIndex []byte) {
	c.number(id)
	c.number(int64(t.MemberID))
	c.number(int64(t.StoreID))
	c.text(string(t.TradeNo))
	c.text(t.OrderNo)
	c.text(t.ItemDesc)
	c.number(int64(t.Amount))
	c.text(string(t.Status))
	c.text(string(t.PayType))
	c.text(string(t.Verification))
	c.boolean(t.ThreeD)
	c.boolean(t.TokenBind)
	c.boolean(t.TokenCharge)
	c.text(t.ECI)
	c.time(t.CreatedAt)
	c.time(t.AuthorisedAt)
	c.time(t.CapturedAt)
	c.time(t.RefundedAt)
	c.time(t.SettledAt)
	c.time(t.FailedAt)
	c.textOrNull(string(t.Failure))
	c.number(int64(t.CapturedAmount))
	c.number(int64(t.RefundedAmount))
	c.number(int64(t.Instalments))
	c.number(int64(t.InstalmentFirst))
	c.number(int64(t.InstalmentEach))
	c.number(int64(t.BonusPaid))
	c.textOrNull(string(t.Card.Brand))
	c.text(t.Card.First6)
	c.text(t.Card.Last4)
	c.text(t.Card.Expiry)
	c.text(t.RespondCode)
	c.text(t.RespondMessage)
	c.text(t.AuthCode)
	c.text(t.AcquirerBank)
	c.text(t.IssuerBank)
	c.text(t.PaymentMethod)
	c.text(t.PayerIP)
	c.text(t.MandateNo)
	if cardIndex == nil {
		c.null()
	} else {
		c.bytes(cardIndex)
	}
	c.end()
}

func (c *copyText) attempt(id, transaction int64, a payment.Attempt, sealed []byte) {
	c.number(id)
	c.number(transaction)
	c.text(a.RequestID)
	c.text(string(a.State))
	c.text(string(a.Route.Verification))
	c.text(string(a.Route.Reason))
	c.boolean(a.Simulated)
	c.text(string(a.PayType))
	c.number(int64(a.Instalments))
	c.text(string(a.Card.Brand))
	c.text(a.Card.First6)
	c.text(a.Card.Last4)
	c.text(a.Card.Expiry)
	c.bytes(sealed)
	c.text(a.PayerIP)
	c.time(a.AskedAt)
	c.time(a.AnsweredAt)
	c.number(int64(a.Inquiries))
	c.time(a.NextInquiryAt)
	c.end()
}

// event writes an event; attempt 0 is none.
func (c *copyText) event(transaction, attempt int64, e payment.Event) {
	c.number(transaction)
	if attempt == 0 {
		c.null()
	} else {
		c.number(attempt)
	}
	c.text(string(e.Kind))
	c.textOrNull(string(e.From))
	c.text(string(e.To))
	c.number(int64(e.Amount))
	c.text(e.Actor)
	c.text(e.Detail)
	c.time(e.At)
	c.end()
}

func (c *copyText) message(transaction int64, m payment.Message, fields []byte) {
	c.number(transaction)
	c.text(string(m.Direction))
	c.text(string(m.Kind))
	c.time(m.At)
	c.text(string(fields))
	c.end()
}

// tokens writes what is counted of a transaction: Token綁定 and Token交易.
func (c *copyText) tokens(id int64, t *payment.Transaction) {
	at := t.AuthorisedAt
	if at.IsZero() {
		at = t.CreatedAt
	}
	for _, event := range []struct {
		kind string
		took bool
	}{{"bind", t.TokenBind}, {"charge", t.TokenCharge}} {
		if !event.took {
			continue
		}
		c.text(event.kind)
		c.number(id)
		c.number(int64(t.MemberID))
		c.number(int64(t.StoreID))
		c.time(at)
		c.end()
	}
}

// journey writes a finished verification. attempt is the one that it led to.
func (c *copyText) journey(id, attempt int64, sealKey string, a payment.Attempt, j payment.Journey) {
	c.number(id)
	c.text("verified")
	c.text(string(j.Route.Verification))
	c.boolean(j.Route.Bind)
	c.text(string(j.Route.Reason))
	c.boolean(j.Route.Reason.Eligible())
	c.text(string(a.Card.Brand))
	c.text(a.Card.Last4)
	c.text(j.Device.Browser)
	c.boolean(j.Device.WebAuthn)
	c.boolean(j.Device.UVPA)
	c.text(j.Device.SPC)
	c.textOrNull(j.FellBack)
	c.time(j.BegunAt)
	c.time(j.AskedAt)
	c.time(j.ChosenAt)
	c.time(j.OTPPassedAt)
	c.time(j.BoundAt)
	c.time(j.UsedAt)
	c.time(j.FellBackAt)
	c.time(j.EndedAt)
	c.time(j.EndedAt) // when it would have expired no longer matters
	c.text(sealKey)
	c.text(string(j.Verified))
	c.number(attempt)
	c.end()
}

// end turns the tab behind the last column into the end of the line.
func (c *copyText) end() { (*c)[len(*c)-1] = '\n' }

func (c *copyText) null() { *c = append(*c, `\N`+"\t"...) }

func (c *copyText) number(n int64) { *c = append(strconv.AppendInt(*c, n, 10), '\t') }

func (c *copyText) boolean(b bool) {
	if b {
		*c = append(*c, 't', '\t')
		return
	}
	*c = append(*c, 'f', '\t')
}

// text escapes what has a meaning in the format. A NUL, which PostgreSQL has no
// place for, is left for it to refuse.
func (c *copyText) text(s string) {
	for i := range len(s) {
		switch s[i] {
		case '\\':
			*c = append(*c, '\\', '\\')
		case '\t':
			*c = append(*c, '\\', 't')
		case '\n':
			*c = append(*c, '\\', 'n')
		case '\r':
			*c = append(*c, '\\', 'r')
		default:
			*c = append(*c, s[i])
		}
	}
	*c = append(*c, '\t')
}

func (c *copyText) textOrNull(s string) {
	if s == "" {
		c.null()
		return
	}
	c.text(s)
}

// time writes UTC to the millisecond, NULL for the zero time.
func (c *copyText) time(t time.Time) {
	if t.IsZero() {
		c.null()
		return
	}
	*c = append(t.UTC().AppendFormat(*c, "2006-01-02 15:04:05.000+00"), '\t')
}

func (c *copyText) bytes(b []byte) {
	*c = append(*c, `\\x`...)
	*c = append(hex.AppendEncode(*c, b), '\t')
}
