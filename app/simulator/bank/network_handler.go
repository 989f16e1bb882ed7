package bank

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// newsMax is how many life-cycle events are handed out at once.
const newsMax = 500

// provisionRequest asks for a card's token. PAN is bare only to be decoded.
type provisionRequest struct {
	RequestID string `json:"request_id"`
	PAN       string `json:"pan"`
	Expiry    string `json:"expiry"` // YYMM
}

type tokenAnswer struct {
	RequestID string      `json:"request_id"`
	Reference string      `json:"reference"`
	Number    string      `json:"number"`
	Expiry    string      `json:"expiry"`
	Brand     string      `json:"brand"`
	Status    TokenStatus `json:"status"`
}

func (a tokenAnswer) attributes() []any {
	return []any{"request_id", a.RequestID, "reference", a.Reference, "status", string(a.Status)}
}

type cryptogramRequest struct {
	RequestID  string    `json:"request_id"`
	MerchantID string    `json:"merchant_id"`
	TradeNo    string    `json:"trade_no"`
	Amount     money.TWD `json:"amount"`
	Currency   string    `json:"currency"`
}

type cryptogramAnswer struct {
	RequestID  string    `json:"request_id"`
	Reference  string    `json:"reference"`
	Cryptogram string    `json:"cryptogram"`
	ExpiresAt  time.Time `json:"expires_at"`
}

func (a cryptogramAnswer) attributes() []any {
	return []any{"request_id", a.RequestID, "reference", a.Reference}
}

type newsAnswer struct {
	Events []tokenNews `json:"events"`
}

func (a newsAnswer) attributes() []any { return []any{"events", len(a.Events)} }

func decodeProvision(body io.Reader) (provisionRequest, secret.PAN, error) {
	var q provisionRequest
	if err := decodeJSON(body, &q); err != nil {
		return provisionRequest{}, secret.PAN{}, errInvalid
	}
	pan, err := secret.ParsePAN(q.PAN)
	if err != nil || pan.Expose() != q.PAN || !idPattern.MatchString(q.RequestID) || !expiryPattern.MatchString(q.Expiry) {
		return provisionRequest{}, secret.PAN{}, errInvalid
	}
	return q, pan, nil
}

func decodeCryptogram(body io.Reader) (cryptogramRequest, error) {
	var q cryptogramRequest
	if err := decodeJSON(body, &q); err != nil {
		return cryptogramRequest{}, errInvalid
	}
	if !idPattern.MatchString(q.RequestID) || !merchantPattern.MatchString(q.MerchantID) ||
		!tradeNoPattern.MatchString(q.TradeNo) || q.Amount <= 0 || q.Amount > money.Max || q.Currency != "TWD" {
		return cryptogramRequest{}, errInvalid
	}
	return q, nil
}

// POST /v1/network-tokens
func (b *Bank) serveProvision(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		b.refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return
	}
	q, pan, err := decodeProvision(r.Body)
	if err != nil {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofProvision), func() (said, error) { return b.ledger.provision(q, pan) })
}

// POST /v1/network-tokens/{reference}/cryptograms
func (b *Bank) serveCryptogram(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		b.refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return
	}
	q, err := decodeCryptogram(r.Body)
	if err != nil {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofCryptogram), func() (said, error) {
		return b.ledger.permit(r.PathValue("reference"), q)
	})
}

// GET /v1/network-tokens/events
func (b *Bank) serveTokenEvents(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	limit, err2 := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || err2 != nil || after < 0 || limit < 1 || limit > newsMax {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofTokenEvents), func() (said, error) {
		return newsAnswer{b.ledger.newsAfter(after, limit)}, nil
	})
}

func (l *ledger) newsAfter(after int64, limit int) []tokenNews {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := []tokenNews{}
	for _, n := range l.vault.news {
		if n.Sequence > after && len(found) < limit {
			found = append(found, n)
		}
	}
	return found
}

// Token is a network token as the management API shows it, without its number.
type Token struct {
	Reference  string      `json:"reference"`
	Brand      string      `json:"brand"`
	Status     TokenStatus `json:"status"`
	Expiry     string      `json:"expiry"` // YYMM
	First6     string      `json:"card_first6"`
	Last4      string      `json:"card_last4"`
	CardExpiry string      `json:"card_expiry"` // YYMM
}

// TokenOrder orders a change of a token. Only a renewal has more than the change, and
// may leave it out: another card, else the same one; other expiries, YYMM, else three
// years on.
type TokenOrder struct {
	Change     TokenChange `json:"change"`
	Expiry     string      `json:"expiry,omitempty"`
	CardLast4  string      `json:"card_last4,omitempty"`
	CardExpiry string      `json:"card_expiry,omitempty"`
}

func (l *ledger) listTokens() []Token {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := []Token{}
	for _, reference := range l.vault.order {
		all = append(all, l.vault.tokens[reference].shown())
	}
	return all
}

func (t *networkToken) shown() Token {
	return Token{
		Reference: t.Reference, Brand: t.Brand, Status: t.status, Expiry: t.Expiry,
		First6: t.Face.First6, Last4: t.Face.Last4, CardExpiry: t.CardExpiry,
	}
}

// changeable are the statuses from which a token can change.
var changeable = map[TokenChange]map[TokenStatus]bool{
	Suspend: {TokenActive: true},
	Resume:  {TokenSuspended: true},
	Renew:   {TokenActive: true, TokenSuspended: true},
	Delete:  {TokenActive: true, TokenSuspended: true},
}

func (l *ledger) changeToken(reference string, o TokenOrder) (Token, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, now := l.vault.tokens[reference], l.clock.Now()
	if t == nil {
		return Token{}, errNoToken
	}
	if !changeable[o.Change][t.status] {
		return Token{}, errChange
	}
	n := tokenNews{
		// Above all that was ever handed out, after a reset and a new start too.
		Sequence: max(l.vault.sequence+1, now.UnixMilli()), Reference: reference, Change: o.Change,
		Expiry: t.Expiry, CardLast4: t.Face.Last4, CardExpiry: t.CardExpiry, At: now,
	}
	if o.Change == Renew {
		later := now.In(clock.Taipei).AddDate(tokenYears, 0, 0).Format("0601")
		n.Expiry, n.CardExpiry = cmp.Or(o.Expiry, later), cmp.Or(o.CardExpiry, later)
		n.CardLast4 = cmp.Or(o.CardLast4, n.CardLast4)
	}
	if err := l.writeNow(record{Kind: kindTokenChange, RequestID: reference, At: now, Change: &n}); err != nil {
		return Token{}, err
	}
	return t.shown(), nil
}

// GET /manage/network-tokens
func (b *Bank) serveTokens(w http.ResponseWriter, _ *http.Request) {
	b.reply(w, http.StatusOK, b.ledger.listTokens())
}

// POST /manage/network-tokens/{reference}
func (b *Bank) serveChangeToken(w http.ResponseWriter, r *http.Request) {
	var o TokenOrder
	err := decodeJSON(http.MaxBytesReader(w, r.Body, bodyBytesMax), &o)
	malformed := err != nil || changeable[o.Change] == nil || o.Change != Renew && o != (TokenOrder{Change: o.Change}) ||
		o.Expiry != "" && !expiryPattern.MatchString(o.Expiry) ||
		o.CardExpiry != "" && !expiryPattern.MatchString(o.CardExpiry) ||
		o.CardLast4 != "" && !last4Pattern.MatchString(o.CardLast4)
	if malformed || !isJSON(r) {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	t, err := b.ledger.changeToken(r.PathValue("reference"), o)
	if told := refusalOf(err); told != (refusedCall{}) {
		b.refuse(w, told.status, told.code)
		return
	}
	if err != nil {
		b.log.Error("bank: change a token", "error", err)
		b.reply(w, http.StatusInternalServerError, problem{Error: "internal"})
		return
	}
	b.reply(w, http.StatusOK, t)
}
