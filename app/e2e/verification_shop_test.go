package e2e_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/shop"
)

// openShop opens the site of a merchant who takes the card on a page of his own and sends it
// from server to server (API 2.5). Its origin is one of the store's.
func openShop(t *testing.T, p *program) (address string) {
	t.Helper()
	listener, address := listenLocally(t)
	key, iv := keysOf(t, liveStore)
	site, err := shop.New(shop.Options{
		GatewayURL: p.url, PublicURL: address, Clock: clock.System{}, Log: slog.New(slog.NewJSONHandler(p.log, nil)),
		Stores: []shop.Store{{Name: "官網", MerchantID: liveStore, HashKey: secret.New(key), HashIV: secret.New(iv)}},
	})
	must(t, err)
	must(t, p.db.Stores().SetPayeeOrigins(t.Context(), liveStore, []string{address}))
	server := &http.Server{Handler: site.Handler()}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return address
}

// buyAtTheShop fills the shop's own card form.
func (p *payer) buyAtTheShop(orderNo string) {
	p.t.Helper()
	p.open(p.s.shop + "/backend")
	noteCard(p.card)
	p.click("#backend-form summary")
	for field, text := range map[string]string{
		"amount": "1250", "card_no": p.card, "expiry": "3012", "cvc": "123", "last_name": "王", "first_name": "小明",
		"country": "886", "phone": phoneOf(p.card)[4:], "order_no": orderNo, "email": payerMail,
	} {
		p.do(chromedp.Evaluate[chromedp.Void]("document.querySelector('#backend-form [name=" + field + "]').value = ''"))
		p.paste(field, text)
	}
	p.click("#backend-form > button")
}

// ownPage: a card is bound on the hosted checkout that the merchant's page leads to, and
// confirmed by Secure Payment Confirmation on the merchant's page then. What the device
// refuses goes on by code.
func (s *shopping) ownPage(t *testing.T) {
	const first, second, third = "E2E_SHOP_1", "E2E_SHOP_2", "E2E_SHOP_3"
	p := s.shopper(t, visaBIN, startBrowser)
	p.buyAtTheShop(first)
	p.choose("bind")
	p.enterCode()
	p.create()
	p.paidAtTheShop(first)
	s.mustEnd(t, first, bound)

	p.buyAtTheShop(second)
	p.click("[data-shop-passkey] [data-start]")
	p.paidAtTheShop(second)
	s.mustEnd(t, second, verdict{By: "passkey", Reason: "has_credential", Proof: "spc", Charges: 1})
	if got := s.signedAt(t, second); got != s.shop {
		t.Errorf("the payment was confirmed at %s", got)
	}

	p.buyAtTheShop(third)
	p.confirm(page.SetSPCTransactionModeModeAutoReject)
	p.click("[data-shop-passkey] [data-start]")
	p.enterCode()
	p.paidAtTheShop(third)
	s.mustEnd(t, third, verdict{By: "otp", Reason: "has_credential", FellBack: "cancelled"})
}

// inAFrame: the merchant's page has the relying party's page in a frame, in a browser with
// payment confirmation and in one without.
func (s *shopping) inAFrame(t *testing.T) {
	for name, one := range map[string]struct {
		start func() (*browser, error)
		order string
		proof string
	}{
		"by payment confirmation": {startBrowser, "E2E_FRAME_SPC_", "spc"},
		"by passkey":              {startPlainBrowser, "E2E_FRAME_KEY_", "webauthn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.shopper(t, mastercardBIN, one.start)
			p.bind(one.order + "1")
			p.buyAtTheShop(one.order + "2")
			p.see("#confirm")
			p.click("#to-frame")
			p.see("#relying-party")
			p.clickInFrame("[data-passkey-start]:not([hidden])")
			p.paidAtTheShop(one.order + "2")
			s.mustEnd(t, one.order+"2", verdict{By: "passkey", Reason: "has_credential", Proof: one.proof, Charges: 1})
			if got := s.signedAt(t, one.order+"2"); got != s.relyingParty {
				t.Errorf("the payment was confirmed at %s", got)
			}
		})
	}
}

// paidAtTheShop waits until the shop knows that the order is paid, and shows it. The
// notification may come after the page, which is loaded again then.
func (p *payer) paidAtTheShop(orderNo string) {
	p.t.Helper()
	eventually(p.t, "the cardholder comes back to order "+orderNo, stepMax, func() bool {
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](
			"location.origin === '"+p.s.shop+"' && location.pathname.endsWith('"+orderNo+"') && "+
				"(document.body.innerText.includes('付款完成') || "+
				"!(window.again ||= setTimeout(() => location.reload(), 1000)))"))
		return err == nil && found
	})
}

// signedAt is the origin at which the browser signed for a payment.
func (s *shopping) signedAt(t *testing.T, orderNo string) string {
	t.Helper()
	return s.word(t, `SELECT p.evidence->>'origin' FROM verification_proofs p
		JOIN transactions t ON t.id = p.transaction_id WHERE t.order_no = $1`, orderNo)
}

var errNotThere = errors.New("not there yet")

// clickInFrame clicks an element of the page in the frame, as a person does: by its place
// on the screen.
func (p *payer) clickInFrame(selector string) {
	p.t.Helper()
	eventually(p.t, selector+" is in the frame", stepMax, func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, stepMax)
		defer cancel()
		return chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			x, y, err := placeInFrame(ctx, selector)
			if err != nil {
				return err
			}
			for _, kind := range []input.DispatchMouseEventType{
				input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased,
			} {
				_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{
					Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})) == nil
	})
}

// placeInFrame is the middle of an element of the page in the frame, in the window.
func placeInFrame(ctx context.Context, selector string) (x, y float64, err error) {
	depth, pierce := int64(-1), true
	whole, err := chromedp.Call(ctx, dom.GetDocument, dom.GetDocumentParams{Depth: &depth, Pierce: &pierce})
	if err != nil {
		return 0, 0, err
	}
	framed := documentWithin(whole.Root)
	if framed == nil {
		return 0, 0, errNotThere
	}
	found, err := chromedp.Call(ctx, dom.QuerySelector, dom.QuerySelectorParams{NodeID: framed.NodeID, Selector: selector})
	if err != nil || found.NodeID == 0 {
		return 0, 0, errors.Join(err, errNotThere)
	}
	_, err = chromedp.Call(ctx, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{NodeID: found.NodeID})
	if err != nil {
		return 0, 0, err
	}
	places, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{NodeID: found.NodeID})
	if err != nil || len(places.Quads) == 0 {
		return 0, 0, errors.Join(err, errNotThere)
	}
	corners := places.Quads[0] // x and y of four, one after the other
	return (corners[0] + corners[4]) / 2, (corners[1] + corners[5]) / 2, nil
}

// documentWithin is the page in the first frame of a page.
func documentWithin(n *cdp.Node) *cdp.Node {
	if n.ContentDocument != nil {
		return n.ContentDocument
	}
	for _, child := range n.Children {
		if found := documentWithin(child); found != nil {
			return found
		}
	}
	return nil
}
