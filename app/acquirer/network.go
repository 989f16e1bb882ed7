package acquirer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

// Error codes of the card network.
const (
	codeNotEligible    = "not_eligible"
	codeUnknownToken   = "unknown_token"
	codeTokenSuspended = "token_suspended"
	codeTokenDeleted   = "token_deleted"
)

var (
	expiryPattern     = regexp.MustCompile(`^[0-9]{2}(0[1-9]|1[0-2])$`)
	last4Pattern      = regexp.MustCompile(`^[0-9]{4}$`)
	brandPattern      = regexp.MustCompile(`^(visa|mastercard)$`)
	cryptogramPattern = regexp.MustCompile(`^[A-Za-z0-9+/=]{8,64}$`)
)

// Network asks the card networks for tokens, by way of the acquirer. It implements
// token.Network.
type Network struct{ client *Client }

var _ token.Network = Network{}

// Network returns the way to the card networks.
func (c *Client) Network() Network { return Network{c} }

// wireToken is the network's answer about a token as it is sent.
type wireToken struct {
	RequestID string `json:"request_id"`
	Reference string `json:"reference"`
	Number    string `json:"number"`
	Expiry    string `json:"expiry"`
	Brand     string `json:"brand"`
	Status    string `json:"status"`
}

// Provision implements token.Network. A token that was deleted since it was asked for
// first counts as refused.
func (n Network) Provision(ctx context.Context, r token.ProvisionRequest) (token.Issued, error) {
	body, err := json.Marshal(struct {
		RequestID string `json:"request_id"`
		PAN       string `json:"pan"`
		Expiry    string `json:"expiry"`
	}{r.RequestID, r.PAN.Expose(), r.Expiry})
	if err != nil || !isID(r.RequestID) {
		return token.Issued{}, fmt.Errorf("acquirer: provision: %w: malformed request", token.ErrRefused)
	}
	var w wireToken
	x := &exchange{method: http.MethodPost, path: "/v1/network-tokens", body: body}
	if err := n.ask(ctx, x, &w); err != nil {
		return token.Issued{}, fmt.Errorf("acquirer: provision %s: %w", r.RequestID, err)
	}
	number, field := w.fault(r)
	switch {
	case field != "":
		return token.Issued{}, fmt.Errorf("acquirer: provision %s: %w",
			r.RequestID, token.ErrNoAnswer.Because(fmt.Errorf("%w: %s", errAnswer, field)))
	case w.Status == string(token.Deleted):
		return token.Issued{}, fmt.Errorf("acquirer: provision %s: %w: the token is deleted", r.RequestID, token.ErrRefused)
	}
	return token.Issued{Reference: w.Reference, Number: number, Expiry: w.Expiry, Brand: w.Brand}, nil
}

// fault names the first field that cannot be, empty when the answer is sound. A token
// that equals the card's number would put that into the vault.
func (w wireToken) fault(r token.ProvisionRequest) (number secret.PAN, field string) {
	number, err := secret.ParsePAN(w.Number)
	switch {
	case w.RequestID != r.RequestID:
		field = "request_id"
	case !isID(w.Reference):
		field = "reference"
	case err != nil || number.Expose() != w.Number || !number.Luhn() || w.Number == r.PAN.Expose():
		field = "number"
	case !expiryPattern.MatchString(w.Expiry):
		field = "expiry"
	case !brandPattern.MatchString(w.Brand):
		field = "brand"
	case !isTokenStatus(w.Status):
		field = "status"
	}
	return number, field
}

func isTokenStatus(s string) bool {
	switch token.Status(s) {
	case token.Active, token.Suspended, token.Deleted:
		return true
	}
	return false
}

func isTokenChange(s string) bool {
	switch token.Change(s) {
	case token.WasSuspended, token.WasResumed, token.WasRenewed, token.WasDeleted:
		return true
	}
	return false
}

// Cryptogram implements token.Network.
func (n Network) Cryptogram(
	ctx context.Context, reference string, r token.CryptogramRequest,
) (secret.String, error) {
	body, err := json.Marshal(struct {
		RequestID  string    `json:"request_id"`
		MerchantID string    `json:"merchant_id"`
		TradeNo    string    `json:"trade_no"`
		Amount     money.TWD `json:"amount"`
		Currency   string    `json:"currency"`
	}{r.RequestID, r.MerchantID, r.TradeNo, r.Amount, "TWD"})
	if err != nil || !isID(r.RequestID) || !isID(reference) {
		return secret.String{}, fmt.Errorf("acquirer: cryptogram: %w: malformed request", token.ErrRefused)
	}
	var w struct {
		RequestID  string `json:"request_id"`
		Reference  string `json:"reference"`
		Cryptogram string `json:"cryptogram"`
	}
	x := &exchange{method: http.MethodPost, path: "/v1/network-tokens/" + reference + "/cryptograms", body: body}
	if err := n.ask(ctx, x, &w); err != nil {
		return secret.String{}, fmt.Errorf("acquirer: cryptogram %s: %w", r.RequestID, err)
	}
	if w.RequestID != r.RequestID || w.Reference != reference || !cryptogramPattern.MatchString(w.Cryptogram) {
		return secret.String{}, fmt.Errorf("acquirer: cryptogram %s: %w", r.RequestID, token.ErrNoAnswer.Because(errAnswer))
	}
	return secret.New(w.Cryptogram), nil
}

// wireNews is one life-cycle event as it is sent.
type wireNews struct {
	Sequence   int64     `json:"sequence"`
	Reference  string    `json:"reference"`
	Change     string    `json:"change"`
	Expiry     string    `json:"expiry"`
	CardLast4  string    `json:"card_last4"`
	CardExpiry string    `json:"card_expiry"`
	At         time.Time `json:"at"`
}

// News implements token.Network.
func (n Network) News(ctx context.Context, after int64, limit int) ([]token.News, error) {
	var w struct {
		Events []wireNews `json:"events"`
	}
	x := &exchange{
		method: http.MethodGet,
		path: "/v1/network-tokens/events?after=" + strconv.FormatInt(after, 10) +
			"&limit=" + strconv.Itoa(limit),
	}
	if err := n.ask(ctx, x, &w); err != nil {
		return nil, fmt.Errorf("acquirer: token events: %w", err)
	}
	news, last := make([]token.News, len(w.Events)), after
	for i, e := range w.Events {
		if !e.sound() || e.Sequence <= last {
			return nil, fmt.Errorf("acquirer: token events: %w", token.ErrNoAnswer.Because(errAnswer))
		}
		last = e.Sequence
		news[i] = token.News{
			Sequence: e.Sequence, Reference: e.Reference, Change: token.Change(e.Change), Expiry: e.Expiry,
			Card: token.Face{Last4: e.CardLast4, Expiry: e.CardExpiry}, At: e.At.UTC(),
		}
	}
	return news, nil
}

func (e wireNews) sound() bool {
	return isID(e.Reference) && isTokenChange(e.Change) && expiryPattern.MatchString(e.Expiry) &&
		expiryPattern.MatchString(e.CardExpiry) && last4Pattern.MatchString(e.CardLast4) && !e.At.IsZero()
}

// ask makes a call to the network and reads its answer. Its calls are harmless to repeat:
// all that is no answer is token.ErrNoAnswer.
func (n Network) ask(ctx context.Context, x *exchange, into any) error {
	if err := n.client.do(ctx, x); err != nil {
		return token.ErrNoAnswer.Because(err)
	}
	if x.status != http.StatusOK {
		p := x.problem()
		switch p.code {
		case codeNotEligible:
			return token.ErrRefused.Because(p)
		case codeUnknownToken, codeTokenDeleted:
			return token.ErrNotFound.Because(p)
		case codeTokenSuspended:
			return token.ErrInactive.Because(p)
		}
		return token.ErrNoAnswer.Because(p)
	}
	if err := decodeJSON(x.answer, into); err != nil {
		return token.ErrNoAnswer.Because(err)
	}
	return nil
}
