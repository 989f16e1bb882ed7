package evidence

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// Format names the format of bundles and its version.
const Format = "memberzone-passkey-evidence/1"

// BundleBytesMax is how long a bundle may be. A real one has 5 to 10 kB, with the icon
// that was shown in it three times.
const BundleBytesMax = 1 << 20

// ErrBundle tells that a file is no bundle, or not the one that was handed out, or does
// not prove what it says. Its text says what does not hold.
var ErrBundle = errors.New("evidence: the bundle does not hold")

// Bundle is the proof of one payment. Its JSON has bytes in base64 and times in UTC.
type Bundle struct {
	Format   string              `json:"format"`
	Payment  Payment             `json:"payment"`
	Passkey  Passkey             `json:"passkey"`
	Evidence cardholder.Evidence `json:"evidence"` // what was signed, and the signatures
	Binding  *Binding            `json:"binding,omitempty"`
	// SHA256 is the hash of the bundle as it is written with this member empty, in lower
	// case hexadecimal.
	SHA256 string `json:"sha256"`
}

// Payment is what was confirmed, to be read. OrderNo, MerchantID and ConfirmedAt are what
// this program recorded; all else is in the signed request too, and must equal it.
type Payment struct {
	TradeNo     string    `json:"tradeNo"`
	OrderNo     string    `json:"orderNo"`
	MerchantID  string    `json:"merchantId"`
	PayeeName   string    `json:"payeeName"`
	PayeeOrigin string    `json:"payeeOrigin"`
	Currency    string    `json:"currency"`
	Amount      string    `json:"amount"` // decimal, such as 1250
	Card        string    `json:"card"`   // such as Visa •••• 1111
	AskedAt     time.Time `json:"askedAt"`
	ConfirmedAt time.Time `json:"confirmedAt"`
}

// Passkey is how it was confirmed. Browser is what this program recorded; all else is
// what was signed.
type Passkey struct {
	Kind         cardholder.Kind `json:"kind"`
	Origin       string          `json:"origin"`    // of the page on which it was confirmed
	TopOrigin    string          `json:"topOrigin"` // of the window around it; empty for none
	Synced       bool            `json:"synced"`
	BrowserBound bool            `json:"browserBound"`
	Browser      string          `json:"browser"` // family, such as chrome; empty when it is not known
}

// Binding is the record of how the passkey was made.
type Binding struct {
	BoundAt time.Time `json:"boundAt"`
	Browser string    `json:"browser"`
	// ClientDataJSON is left out of a passkey that was made on another site's page: which
	// one is nobody's business here.
	ClientDataJSON []byte `json:"clientDataJSON,omitempty"`
	Attestation    []byte `json:"attestationObject"`
}

// Write returns the bundle's bytes, and the bundle with its hash.
func (b Bundle) Write() ([]byte, Bundle, error) {
	b.SHA256 = ""
	bare, err := b.encode()
	if err != nil {
		return nil, Bundle{}, err
	}
	b.SHA256 = digest(bare)
	whole, err := b.encode()
	return whole, b, err
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// encode writes the one form that a bundle has.
func (b Bundle) encode() ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(b); err != nil {
		return nil, fmt.Errorf("write the bundle: %w", err)
	}
	return text.Bytes(), nil
}

// Read reads a bundle and checks all that it says, in this order: that the bytes are in
// the one form that Write gives, that the signature holds and covers what is to be read,
// that the passkey is the one that was bound, and that the hash is that of the bytes. Any
// other bytes than those that Write returned are an ErrBundle.
func Read(raw []byte) (Bundle, cardholder.Confirmation, error) {
	b, err := parse(raw)
	if err != nil {
		return Bundle{}, cardholder.Confirmation{}, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	c, err := b.Confirm()
	if err != nil {
		return Bundle{}, cardholder.Confirmation{}, err
	}
	_, fresh, err := b.Write()
	if err != nil {
		return Bundle{}, cardholder.Confirmation{}, err
	}
	if subtle.ConstantTimeCompare([]byte(fresh.SHA256), []byte(b.SHA256)) != 1 {
		return Bundle{}, cardholder.Confirmation{}, fmt.Errorf(
			"%w: sha256 is not that of the bundle, which is %s: something that is not signed was changed", ErrBundle,
			fresh.SHA256)
	}
	return b, c, nil
}

// parse reads the form alone.
func parse(raw []byte) (Bundle, error) {
	if len(raw) > BundleBytesMax {
		return Bundle{}, fmt.Errorf("it has more than %d bytes", BundleBytesMax)
	}
	var b Bundle
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return Bundle{}, fmt.Errorf("read the JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Bundle{}, errors.New("something follows the JSON")
	}
	if b.Format != Format {
		return Bundle{}, fmt.Errorf("its format is %q, and this program reads %q", b.Format, Format)
	}
	again, err := b.encode()
	if err != nil {
		return Bundle{}, err
	}
	if !bytes.Equal(again, raw) {
		return Bundle{}, fmt.Errorf("byte %d is not as bundles are written", firstDifference(again, raw))
	}
	return b, nil
}

// firstDifference is the index of the first byte in which two texts differ.
func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// Confirm checks the signature, and that what is to be read is what was signed. It
// returns ErrBundle.
func (b Bundle) Confirm() (cardholder.Confirmation, error) {
	c, err := cardholder.Confirm(b.Evidence)
	if err == nil {
		err = b.agrees(c)
	}
	if err == nil && b.Binding != nil {
		err = cardholder.ConfirmBinding(cardholder.BindingRecord{
			ClientDataJSON: b.Binding.ClientDataJSON, Attestation: b.Binding.Attestation,
		}, b.Evidence)
	}
	if err != nil {
		return cardholder.Confirmation{}, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	return c, nil
}

// agrees compares what is to be read with what was signed.
func (b Bundle) agrees(c cardholder.Confirmation) error {
	r, p := c.Request, b.Payment
	for _, member := range []struct{ name, got, signed string }{
		{"payment.tradeNo", p.TradeNo, r.TradeNo},
		{"payment.payeeName", p.PayeeName, r.PayeeName},
		{"payment.payeeOrigin", p.PayeeOrigin, r.PayeeOrigin},
		{"payment.currency", p.Currency, r.Total.Currency},
		{"payment.amount", p.Amount, r.Total.Value},
		{"payment.card", p.Card, cardOf(r)},
		{"payment.askedAt", p.AskedAt.Format(time.RFC3339Nano), r.BegunAt.Format(time.RFC3339Nano)},
		{"passkey.kind", string(b.Passkey.Kind), string(c.Kind)},
		{"passkey.origin", b.Passkey.Origin, c.Origin},
		{"passkey.topOrigin", b.Passkey.TopOrigin, c.TopOrigin},
		{"passkey.synced", fmt.Sprint(b.Passkey.Synced), fmt.Sprint(c.Synced)},
		{"passkey.browserBound", fmt.Sprint(b.Passkey.BrowserBound), fmt.Sprint(c.BrowserBound)},
	} {
		if member.got != member.signed {
			return fmt.Errorf("%s is %q, and %q was signed", member.name, member.got, member.signed)
		}
	}
	if p.ConfirmedAt.Before(r.BegunAt.Truncate(time.Microsecond)) ||
		p.ConfirmedAt.After(r.BegunAt.Add(cardholder.CeremonyTimeout)) {
		return fmt.Errorf("payment.confirmedAt is not within %s of payment.askedAt", cardholder.CeremonyTimeout)
	}
	return nil
}

// cardOf is the card as it was shown.
func cardOf(r cardholder.Request) string {
	if r.Instrument.Details == "" {
		return r.Instrument.DisplayName
	}
	return r.Instrument.DisplayName + " " + r.Instrument.Details
}
