package acquirer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// authorisation is the request's body on the wire. It holds bare card data and
// lives no longer than the call.
type authorisation struct {
	RequestID   string    `json:"request_id"`
	MerchantID  string    `json:"merchant_id"`
	TradeNo     string    `json:"trade_no"`
	Amount      money.TWD `json:"amount"`
	Currency    string    `json:"currency"`
	PAN         string    `json:"pan"`
	Expiry      string    `json:"expiry"`
	CVC         string    `json:"cvc"`
	Instalments int       `json:"instalments"`
	Bonus       bool      `json:"bonus"`
	ECI         string    `json:"eci"`

	NetworkToken bool   `json:"network_token,omitempty"`
	Cryptogram   string `json:"cryptogram,omitempty"`
}

// Authorise implements payment.Acquirer. Besides errors of the connection,
// payment.ErrNotSent covers what the bank says it did not process: a malformed
// request (400), a bad signature (401), a bank that is closed (503). A request
// that was sent before and got payment.ErrNoAnswer stays without an answer
// whatever a second delivery is told.
func (c *Client) Authorise(ctx context.Context, req payment.AuthoriseRequest) (payment.AuthoriseAnswer, error) {
	body, err := json.Marshal(authorisation{
		RequestID: req.ID, MerchantID: req.MerchantID, TradeNo: req.TradeNo,
		Amount: req.Amount, Currency: "TWD",
		PAN: req.PAN.Expose(), Expiry: req.Expiry, CVC: req.CVC.Expose(),
		Instalments: req.Instalments, Bonus: req.Bonus, ECI: req.ECI,
		NetworkToken: req.NetworkToken, Cryptogram: req.Cryptogram.Expose(),
	})
	if err != nil || !isID(req.ID) {
		return payment.AuthoriseAnswer{}, fmt.Errorf("acquirer: authorise: %w: malformed request", payment.ErrNotSent)
	}
	x := &exchange{method: http.MethodPost, path: "/v1/authorisations", body: body}
	if err := c.do(ctx, x); err != nil {
		outcome := payment.ErrNoAnswer
		if !x.connected.Load() {
			outcome = payment.ErrNotSent
		}
		return payment.AuthoriseAnswer{}, failed("authorise", req.ID, outcome, err)
	}
	if x.status != http.StatusOK {
		return payment.AuthoriseAnswer{}, failed("authorise", req.ID, x.outcome(), x.problem())
	}
	w, err := x.decode(req.ID)
	if err == nil && !w.fits(req) {
		err = fmt.Errorf("%w: another payment", errAnswer)
	}
	if err != nil {
		return payment.AuthoriseAnswer{}, failed("authorise", req.ID, payment.ErrNoAnswer, err)
	}
	return w.answer(), nil
}

// Inquire implements payment.Acquirer. A reversed request is told as refused.
func (c *Client) Inquire(ctx context.Context, requestID string) (payment.AuthoriseAnswer, error) {
	w, err := c.ask(ctx, requestID, &exchange{method: http.MethodGet, path: "/v1/authorisations/" + requestID})
	if err != nil {
		return payment.AuthoriseAnswer{}, fmt.Errorf("acquirer: inquire about %s: %w", printable(requestID), err)
	}
	return w.answer(), nil
}

// Reverse implements payment.Acquirer.
func (c *Client) Reverse(ctx context.Context, requestID string) error {
	x := &exchange{
		method: http.MethodPost, path: "/v1/authorisations/" + requestID + "/reversal", body: []byte("{}"),
	}
	w, err := c.ask(ctx, requestID, x)
	if err == nil && w.Status != statusReversed && w.Status != statusDeclined {
		err = fmt.Errorf("%w: %w: still charged", payment.ErrNoAnswer, errAnswer)
	}
	if err != nil {
		return fmt.Errorf("acquirer: reverse %s: %w", printable(requestID), err)
	}
	return nil
}

// ask makes a call about a request that may exist. Nothing less than an answer
// settles it: not reaching the bank is no answer either.
func (c *Client) ask(ctx context.Context, requestID string, x *exchange) (wireAnswer, error) {
	if !isID(requestID) {
		return wireAnswer{}, fmt.Errorf("%w: malformed id", payment.ErrNoAnswer)
	}
	if err := c.do(ctx, x); err != nil {
		return wireAnswer{}, fmt.Errorf("%w: %w", payment.ErrNoAnswer, err)
	}
	if x.method == http.MethodGet && x.status == http.StatusNotFound && x.problem().code == codeUnknown {
		return wireAnswer{}, payment.ErrUnknownRequest
	}
	if x.status != http.StatusOK {
		return wireAnswer{}, fmt.Errorf("%w: %w", payment.ErrNoAnswer, x.problem())
	}
	w, err := x.decode(requestID)
	if err != nil {
		return wireAnswer{}, fmt.Errorf("%w: %w", payment.ErrNoAnswer, err)
	}
	return w, nil
}

func failed(call, requestID string, outcome, cause error) error {
	return fmt.Errorf("acquirer: %s %s: %w: %w", call, requestID, outcome, cause)
}
