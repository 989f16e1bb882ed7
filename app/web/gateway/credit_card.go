package gateway

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
)

// serverOrderLife is how long an order that came with its card may stay unpaid, as the longest TradeLimit of the
// page (the provider's manual, NDNF-1.1.9 §4.2): nobody else ends it.
const serverOrderLife = 15 * time.Minute

// cardPayment is a post to /API/CreditCard that was understood.
type cardPayment struct {
	store  member.Store
	req    *wire.CardPaymentRequest
	fields wire.Form
}

// payByCard is POST /API/CreditCard (NPA-B10): an authorisation with a card number. Its answer is the result, or the
// page by which the cardholder is verified first.
func (g *Gateway) payByCard(c *gin.Context, p posted) error {
	req, refusal := wire.ParseCardPayment(p.inner, p.pos, g.o.Clock.Now(), wire.Rules{AnyPort: g.o.AnyPort})
	ask := cardPayment{p.store, req, p.inner}
	if refusal == nil {
		refusal = ask.admit()
	}
	if refusal == nil {
		var err error
		if refusal, err = g.authorise(c, ask); err != nil {
			return err
		}
	}
	if refusal != nil {
		answer(c, wire.ChangeRefusal(refusal, req.RespondType))
	}
	return nil
}

// admit holds an order against what its store may do.
func (p cardPayment) admit() *wire.Error {
	switch {
	case p.store.Status != member.Active:
		return wire.Refuse(wire.TRAStoreClosed, "MerchantID_")
	case money.TWD(p.req.Amt) > p.store.AmountMax:
		return wire.RefuseWith(wire.MPGAmt, wire.MsgOverStoreLimit)
	case p.req.Inst != 0 && !slices.Contains(p.store.Instalments, p.req.Inst), p.req.Bonus && !p.store.Bonus:
		return wire.Refuse(wire.MPGMethodOff, "")
	case p.req.PayeeOrigin != "" && !slices.Contains(p.store.PayeeOrigins, p.req.PayeeOrigin):
		return wire.Refuse(wire.MPGSource, "PayeeOrigin")
	case p.mustVerify() && (p.returnURL() == "" || p.notifyURL() == ""):
		return wire.Refuse(wire.TRAIncomplete, "ReturnURL")
	}
	return nil
}

// mustVerify tells that the answer will be a page, and the result will come by NotifyURL and ReturnURL.
func (p cardPayment) mustVerify() bool {
	return p.store.Mode == member.Live && (p.store.ThreeD || p.req.Force3D)
}

func (p cardPayment) returnURL() string { return cmp.Or(p.req.ReturnURL, p.store.ReturnURL) }
func (p cardPayment) notifyURL() string { return cmp.Or(p.req.NotifyURL, p.store.NotifyURL) }

// order is the order as it is kept. Should its cardholder come to need the card form of the hosted checkout, that
// offers what the merchant has asked for, and nothing else.
func (p cardPayment) order(now time.Time) payment.NewOrder {
	r := payment.Request{
		Version: string(p.req.Version), RespondType: string(wire.JSON), Language: string(wire.LangZhTW),
		Email: p.req.PayerEmail, NotifyURL: p.req.NotifyURL, P3D: p.req.Force3D, Server: true,
		InFull: p.req.Inst == 0 && !p.req.Bonus, Bonus: p.req.Bonus, Major: true, Amex: p.store.Amex,
		ExpiresAt: now.Add(serverOrderLife),
	}
	if p.req.Inst != 0 {
		r.Instalments, r.Bonus = []int{p.req.Inst}, false
	}
	if p.mustVerify() {
		r.ReturnURL, r.NotifyURL = p.returnURL(), p.notifyURL()
	}
	return payment.NewOrder{
		Store: p.store, OrderNo: p.req.MerchantOrderNo, ItemDesc: p.req.ProdDesc, Amount: money.TWD(p.req.Amt),
		Request: r, Fields: payment.FieldsOf(p.fields.Pairs()),
	}
}

// card is the card as a form would bring it. The address of the merchant's server is not the cardholder's.
func (p cardPayment) card() payment.CardInput {
	number, code := p.req.Card.Expose()
	in := payment.CardInput{
		CardNo: secret.New(number), CVC: secret.New(code), ExpMonth: p.req.Card.ExpMon, ExpYear: p.req.Card.ExpYear,
		LastName: p.req.Holder.LastName, FirstName: p.req.Holder.FirstName, Phone: p.req.Holder.Phone,
		Email: p.req.PayerEmail, PayKind: string(payment.PayInFull),
	}
	switch {
	case p.req.Inst != 0:
		in.PayKind, in.Instalments = string(payment.PayInstalment), strconv.Itoa(p.req.Inst)
	case p.req.Bonus:
		in.PayKind = string(payment.PayBonus)
	}
	return in
}

// authorise takes the order and pays it, as far as that goes without the cardholder. What is wrong with the card is
// found before the order's number is used up.
func (g *Gateway) authorise(c *gin.Context, p cardPayment) (*wire.Error, error) {
	ctx := c.Request.Context()
	order, card := p.order(g.o.Clock.Now()), p.card()
	if err := g.o.Payments.CheckOrder(order, card); err != nil {
		return cardRefusal(err)
	}
	token, err := g.o.Payments.Open(ctx, order)
	if err != nil {
		return cardRefusal(err)
	}
	if err := g.o.Verifications.SubmitOrder(ctx, token, card, p.req.PayeeOrigin); err != nil {
		return cardRefusal(err)
	}
	co, store, err := g.o.Payments.Checkout(ctx, token)
	if err != nil {
		return nil, err
	}
	web.NoteTradeNo(c, co.Transaction.TradeNo)
	if !co.Payable() {
		return nil, g.answerCard(c, store, cardOutcome{co, p.req.RespondType})
	}
	offer, err := g.offerPasskey(c, token, p.req.PayeeOrigin)
	if err != nil {
		return nil, err
	}
	answer(c, wire.CardVerifyAnswer{
		RespondType: p.req.RespondType, Page: g.verifyPage(token), Passkey: offer,
	}.Body())
	return nil, nil
}

// verifyPage leads the cardholder's browser to the checkout.
func (g *Gateway) verifyPage(token ident.Token) string {
	return wire.VerifyPage(g.o.PublicURL + checkoutPath(token) + "/arrive")
}

// cardOutcome is how a card payment stands.
type cardOutcome struct {
	co     payment.Checkout
	format wire.RespondType
}

// answerCard tells the merchant the result, or that it is not known yet.
func (g *Gateway) answerCard(c *gin.Context, store member.Store, o cardOutcome) error {
	a := wire.CardAnswer{
		RespondType: o.format, PaymentResult: payment.Result(o.co, store), Known: o.co.Transaction.Status != payment.Pending,
	}
	if !a.Known {
		a.Code, a.Message = wire.TRANetwork, wire.TRANetwork.Message()
	}
	body, err := a.Body(store.WireKeys())
	if err != nil {
		return err
	}
	answer(c, body)
	return nil
}

// cardCodes are the codes for what can be wrong with an order's card, and with the order.
var cardCodes = map[fault.Code]*wire.Error{
	payment.ErrOrderNoTaken.Code:        wire.Refuse(wire.TRADuplicateOrder, "MerchantOrderNo"),
	payment.ErrAcquirerUnreachable.Code: wire.Refuse(wire.TRANetwork, ""),
	payment.ErrNotFound.Code:            wire.Refuse(wire.TRANotFound, "MerchantOrderNo"),
	verification.ErrCaller.Code:         wire.Refuse(wire.MPGSource, "PayeeOrigin"),
	verification.ErrChoice.Code:         wire.Refuse(wire.TRAIncomplete, "FallBack"),
	"card_no_wrong":                     wire.Refuse(wire.MPGCardNumber, "CardNo"),
	"card_brand_refused":                wire.RefuseWith(wire.MPGCardNumber, wire.MsgCardUnsupported),
	"card_expiry_wrong":                 wire.Refuse(wire.TRAExpiry, "Exp"),
	"card_expired":                      wire.Refuse(wire.TRAExpiry, "Exp"),
	"cvc_wrong":                         wire.Refuse(wire.MPGNoCard, "CVC"),
	"last_name_wrong":                   wire.Refuse(wire.TRAIncomplete, "CardHolderLastName"),
	"first_name_wrong":                  wire.Refuse(wire.TRAIncomplete, "CardHolderFirstName"),
	"phone_wrong":                       wire.Refuse(wire.TRAIncomplete, "CardHolderPhone"),
	"email_wrong":                       wire.Refuse(wire.MPGEmail, "PayerEmail"),
	"pay_kind_refused":                  wire.Refuse(wire.MPGMethodOff, ""),
	"instalments_refused":               wire.Refuse(wire.MPGMethodOff, "Inst"),
}

// cardRefusal is the refusal for a fault; what is not listed is an error of ours.
func cardRefusal(err error) (*wire.Error, error) {
	if refusal, ok := cardCodes[faultsOf(err)[0].Code]; ok {
		return refusal, nil
	}
	return nil, err
}
