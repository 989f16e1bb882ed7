package bank

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// tokenBINs are the ranges of the networks' tokens, by brand: no issuer has cards there.
var tokenBINs = map[string]string{"visa": "489537", "mastercard": "520473"}

const (
	tokenYears         = 3 // from its making to its expiry
	cryptogramLife     = 5 * time.Minute
	cryptogramBytes    = 20 // as the CAVV of 3-D Secure, in base64 28 characters
	cryptogramBytesMax = 64
)

// TokenStatus is how a network token stands.
type TokenStatus string

// The statuses of a token.
const (
	TokenActive    TokenStatus = "active"
	TokenSuspended TokenStatus = "suspended"
	TokenDeleted   TokenStatus = "deleted"
)

// TokenChange is a life-cycle event of a token.
type TokenChange string

// The changes of a token.
const (
	Suspend TokenChange = "suspended"
	Resume  TokenChange = "resumed"
	Renew   TokenChange = "renewed"
	Delete  TokenChange = "deleted"
)

// The refusals of the card network.
var (
	errNoToken     = errors.New("bank: unknown token")
	errNotEligible = errors.New("bank: no token is made for the card")
	errSuspended   = errors.New("bank: the token is suspended")
	errDeleted     = errors.New("bank: the token is deleted")
	errChange      = errors.New("bank: the token cannot change so")
)

// madeToken is a token as it was made. Its number is not kept: it follows from the
// reference.
type madeToken struct {
	Reference  string `json:"reference"`
	Salt       int    `json:"salt,omitempty"` // tells the numbers of one reference apart
	Brand      string `json:"brand"`
	Card       string `json:"card"` // keyed hash of the card number
	Face       face   `json:"face"`
	CardExpiry string `json:"card_expiry"`
	Expiry     string `json:"expiry"`
}

// tokenNews is one life-cycle event, as it is handed out.
type tokenNews struct {
	Sequence   int64       `json:"sequence"`
	Reference  string      `json:"reference"`
	Change     TokenChange `json:"change"`
	Expiry     string      `json:"expiry"`
	CardLast4  string      `json:"card_last4"`
	CardExpiry string      `json:"card_expiry"`
	At         time.Time   `json:"at"`
}

// permission is a cryptogram that was given out: for one payment, once.
type permission struct {
	Reference  string    `json:"reference"`
	Hash       string    `json:"hash"` // keyed hash of the cryptogram
	Content    string    `json:"content"`
	MerchantID string    `json:"merchant_id"`
	TradeNo    string    `json:"trade_no"`
	Amount     money.TWD `json:"amount"`
	Until      time.Time `json:"until"`
}

// tokenCharge tells of an authorisation by which token it was asked for, and which
// cryptogram it used up.
type tokenCharge struct {
	Reference  string `json:"reference"`
	Cryptogram string `json:"cryptogram,omitempty"` // keyed hash; empty if it was not good
}

// vault is what the card network knows. The ledger's lock guards it.
type vault struct {
	tokens   map[string]*networkToken // by reference
	order    []string
	requests map[string]string // reference by the request that made the token
	cards    map[string]string // reference of a card's token that is not deleted
	numbers  map[string]string // reference by keyed hash of the token number

	permissions map[string]permission // by keyed hash of the cryptogram
	permitted   map[string]string     // keyed hash by the request for the cryptogram
	used        map[string]bool

	news     []tokenNews
	sequence int64 // of the last news; it outlives a reset
}

type networkToken struct {
	madeToken
	content string // of the request that made it
	status  TokenStatus
}

func newVault(before *vault) *vault {
	v := &vault{
		tokens: map[string]*networkToken{}, requests: map[string]string{}, cards: map[string]string{},
		numbers: map[string]string{}, permissions: map[string]permission{}, permitted: map[string]string{},
		used: map[string]bool{},
	}
	if before != nil {
		v.sequence = before.sequence
	}
	return v
}

// apply brings a record of the network into the memory; it tells whether it is one and
// nothing else.
func (v *vault) apply(r record, k keys) bool {
	switch r.Kind {
	case kindToken:
		m := *r.Token
		if _, known := v.tokens[m.Reference]; !known {
			v.tokens[m.Reference] = &networkToken{m, r.Content, TokenActive}
			v.order = append(v.order, m.Reference)
			v.cards[m.Card] = m.Reference
			v.numbers[k.cardHash(k.tokenNumber(m))] = m.Reference
		}
		v.requests[r.RequestID] = m.Reference
	case kindTokenChange:
		v.change(*r.Change)
	case kindCryptogram:
		v.permissions[r.Cryptogram.Hash], v.permitted[r.RequestID] = *r.Cryptogram, r.Cryptogram.Hash
	default:
		if r.By != nil && r.By.Cryptogram != "" {
			v.used[r.By.Cryptogram] = true
		}
		return false
	}
	return true
}

func (v *vault) change(n tokenNews) {
	t := v.tokens[n.Reference]
	v.news, v.sequence = append(v.news, n), n.Sequence
	t.Expiry, t.CardExpiry, t.Face.Last4 = n.Expiry, n.CardExpiry, n.CardLast4
	switch n.Change {
	case Suspend:
		t.status = TokenSuspended
	case Resume:
		t.status = TokenActive
	case Delete:
		t.status = TokenDeleted
		delete(v.cards, t.Card)
	case Renew:
	}
}

// tokenNumber gives a token's number: its brand's range, nine digits that follow from the
// reference, and the check digit.
func (k keys) tokenNumber(m madeToken) secret.PAN {
	n := binary.BigEndian.Uint64(mac(k.hash, fmt.Sprintf("token|%s|%d", m.Reference, m.Salt))) % 1_000_000_000
	body := fmt.Sprintf("%s%09d", tokenBINs[m.Brand], n)
	for check := range 10 {
		if number, err := secret.ParsePAN(body + strconv.Itoa(check)); err == nil && number.Luhn() {
			return number
		}
	}
	return secret.PAN{} // some digit of ten fits
}

func (k keys) provisionHash(q provisionRequest) string {
	return hex.EncodeToString(mac(k.hash, fmt.Sprintf("provision|%q|%q", q.PAN, q.Expiry)))
}

func (k keys) permissionHash(reference string, q cryptogramRequest) string {
	return hex.EncodeToString(mac(k.hash, fmt.Sprintf("permission|%q|%q|%q|%d", reference, q.MerchantID, q.TradeNo,
		q.Amount)))
}

// cryptogram gives what is sent with the token: the same whenever the request is asked again.
func (k keys) cryptogram(reference, requestID string) string {
	return base64.StdEncoding.EncodeToString(mac(k.approve, "cryptogram|"+reference+"|"+requestID)[:cryptogramBytes])
}

func (k keys) cryptogramHash(text string) string {
	return hex.EncodeToString(mac(k.hash, "cryptogram|"+text))
}

// provision makes a card's token, or gives the one that it has.
func (l *ledger) provision(q provisionRequest, pan secret.PAN) (tokenAnswer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, content, card := l.vault, l.keys.provisionHash(q), l.keys.cardHash(pan)
	if reference, known := v.requests[q.RequestID]; known {
		if v.tokens[reference].content != content {
			return tokenAnswer{}, errConflict
		}
		return l.tokenAnswer(q.RequestID, reference), nil
	}
	now, f := l.clock.Now(), faceOf(pan)
	_, issued := issuerOf(f.First6)
	brand := tokenBrand(pan)
	if brand == "" || !issued || !f.Luhn || expired(q.Expiry, now) {
		return tokenAnswer{}, errNotEligible
	}
	made := madeToken{
		Reference: rand.Text(), Brand: brand, Card: card, Face: f, CardExpiry: q.Expiry,
		Expiry: now.In(clock.Taipei).AddDate(tokenYears, 0, 0).Format("0601"),
	}
	if reference, has := v.cards[card]; has {
		made = v.tokens[reference].madeToken
	} else {
		for v.numbers[l.keys.cardHash(l.keys.tokenNumber(made))] != "" {
			made.Salt++
		}
	}
	if len(v.requests) >= requestsMax {
		return tokenAnswer{}, fmt.Errorf("bank: the network is full at %d requests", requestsMax)
	}
	err := l.writeNow(record{Kind: kindToken, RequestID: q.RequestID, At: now, Content: content, Token: &made})
	return l.tokenAnswer(q.RequestID, made.Reference), err
}

// writeNow journals a record until it is on disk. The caller holds mu.
func (l *ledger) writeNow(r record) error {
	seq, err := l.journal.append(r)
	if err != nil {
		return err
	}
	l.apply(r, seq)
	return l.journal.sync(seq)
}

func (l *ledger) tokenAnswer(requestID, reference string) tokenAnswer {
	t := l.vault.tokens[reference]
	if t == nil {
		return tokenAnswer{}
	}
	return tokenAnswer{
		RequestID: requestID, Reference: reference, Number: l.keys.tokenNumber(t.madeToken).Expose(),
		Expiry: t.Expiry, Brand: t.Brand, Status: t.status,
	}
}

// permit gives the cryptogram of one payment.
func (l *ledger) permit(reference string, q cryptogramRequest) (cryptogramAnswer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, content := l.vault, l.keys.permissionHash(reference, q)
	text := l.keys.cryptogram(reference, q.RequestID)
	if hash, known := v.permitted[q.RequestID]; known {
		p := v.permissions[hash]
		if p.Content != content {
			return cryptogramAnswer{}, errConflict
		}
		return cryptogramAnswer{q.RequestID, reference, text, p.Until}, nil
	}
	if err := v.standing(reference); err != nil {
		return cryptogramAnswer{}, err
	}
	if len(v.permissions) >= requestsMax {
		return cryptogramAnswer{}, fmt.Errorf("bank: the network is full at %d cryptograms", requestsMax)
	}
	p := permission{
		Reference: reference, Hash: l.keys.cryptogramHash(text), Content: content, MerchantID: q.MerchantID,
		TradeNo: q.TradeNo, Amount: q.Amount, Until: l.clock.Now().Add(cryptogramLife),
	}
	err := l.writeNow(record{Kind: kindCryptogram, RequestID: q.RequestID, At: l.clock.Now(), Cryptogram: &p})
	return cryptogramAnswer{q.RequestID, reference, text, p.Until}, err
}

func (v *vault) standing(reference string) error {
	switch t := v.tokens[reference]; {
	case t == nil:
		return errNoToken
	case t.status == TokenSuspended:
		return errSuspended
	case t.status == TokenDeleted:
		return errDeleted
	}
	return nil
}

// decideForToken verifies token and cryptogram, and lets the card behind decide. A cryptogram
// that was good is used up, whatever the card's decision. The caller holds mu.
func (l *ledger) decideForToken(r *record, q request, number secret.PAN) {
	v := l.vault
	r.By = &tokenCharge{Reference: v.numbers[l.keys.cardHash(number)]}
	t := v.tokens[r.By.Reference]
	if t == nil {
		r.Answer = declined(q, "14")
		return
	}
	r.Card, r.First6, r.Last4 = t.Card, t.Face.First6, t.Face.Last4
	hash := l.keys.cryptogramHash(q.Cryptogram)
	p, given := v.permissions[hash]
	switch {
	case t.status != TokenActive:
		r.Answer = declined(q, "62")
	case q.Expiry != t.Expiry || expired(t.Expiry, r.At):
		r.Answer = declined(q, "54")
	case !given || v.used[hash] || p.Reference != t.Reference || !r.At.Before(p.Until) ||
		p.MerchantID != q.MerchantID || p.TradeNo != q.TradeNo || p.Amount != q.Amount:
		r.Answer = declined(q, "82")
	default:
		r.By.Cryptogram, q.Expiry = hash, t.CardExpiry
		r.Answer = decide(q, t.Face, r.At)
	}
}

func declined(q request, code string) answer {
	return answer{
		RequestID: q.RequestID, Status: Declined, RespondCode: code, Message: words[code], Amount: q.Amount, Bank: "NCCC",
	}
}

// faceOf gives the face of the card that a request is for, behind a token too.
func (l *ledger) faceOf(q request, pan secret.PAN) face {
	if !q.NetworkToken {
		return faceOf(pan)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.vault.tokens[l.vault.numbers[l.keys.cardHash(pan)]]; t != nil {
		return t.Face
	}
	return face{}
}

// tokenBrand gives the network that makes tokens for the card, empty if none does.
func tokenBrand(pan secret.PAN) string {
	digits := pan.Expose()
	prefix, err := strconv.Atoi(digits[:4])
	switch n := len(digits); {
	case err != nil:
	case digits[0] == '4' && (n == 13 || n == 16 || n == 19):
		return "visa"
	case n == 16 && (prefix >= 5100 && prefix <= 5599 || prefix >= 2221 && prefix <= 2720):
		return "mastercard"
	}
	return ""
}
