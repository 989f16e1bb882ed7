package bank

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/secret"
)

// OnFile is what an issuer holds of a cardholder.
type OnFile struct {
	Phone     string `json:"phone"` // E.164; empty where the issuer holds none
	LastName  string `json:"last_name"`
	FirstName string `json:"first_name"`
}

// cardWithoutPhone is the one demo card whose issuer holds no phone.
const cardWithoutPhone = "4000000000000077"

// onFile are the cardholders that the product's table of demo cards names.
var onFile = map[string]OnFile{
	"4111111111111111": {Phone: "+886912345678", LastName: "王", FirstName: "小明"},
	"5555555555554444": {Phone: "+886923456789"},
	cardWithoutPhone:   {},
}

var (
	errNoCard     = errors.New("bank: unknown card")
	mobilePattern = regexp.MustCompile(`^(\+[1-9][0-9]{7,14})?$`)
)

// files holds what the management API has changed, by the card's keyed hash: a whole
// card number is never kept.
type files struct {
	mu      sync.Mutex
	changed map[string]OnFile
}

func (f *files) set(hash string, o OnFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		f.changed = map[string]OnFile{}
	}
	f.changed[hash] = o
}

func (f *files) get(hash string) (OnFile, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.changed[hash]
	return o, ok
}

func (f *files) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = nil
}

// lookUp tells what the issuer holds of a card. Every number that passes the Luhn check
// and has an issuer is a card: most have a mobile number that follows from it, so that
// any card can be paid with by 3D.
func (b *Bank) lookUp(pan secret.PAN) (OnFile, error) {
	if o, ok := b.files.get(b.keys.cardHash(pan)); ok {
		return o, nil
	}
	if o, ok := onFile[pan.Expose()]; ok {
		return o, nil
	}
	if _, known := issuerOf(pan.Expose()); !known || !pan.Luhn() {
		return OnFile{}, errNoCard
	}
	return OnFile{Phone: PhoneOf(pan)}, nil
}

// PhoneOf is the phone on file of a card that the table of demo cards does not name: a
// Taiwanese mobile number that follows from the card number.
func PhoneOf(pan secret.PAN) string {
	const numbers = 100_000_000
	sum := sha256.Sum256([]byte("phone on file|" + pan.Expose()))
	return fmt.Sprintf("+8869%08d", binary.BigEndian.Uint64(sum[:8])%numbers)
}

// attributes implements said: the log keeps nothing of a person.
func (o OnFile) attributes() []any { return []any{"phone_on_file", o.Phone != ""} }

// lookup is the body of a look-up, and of the management call with what is on file. The
// number is bare here only to be decoded.
type lookup struct {
	PAN string `json:"pan"`
}

// POST /v1/cards/lookup
func (b *Bank) serveLookup(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		b.refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return
	}
	var q lookup
	err := decodeJSON(r.Body, &q)
	pan, panErr := secret.ParsePAN(q.PAN)
	if err != nil || panErr != nil || pan.Expose() != q.PAN {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofLookup), func() (said, error) { return b.lookUp(pan) })
}

// PUT /manage/cards
func (b *Bank) serveSetCard(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		b.refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return
	}
	var q struct {
		lookup
		OnFile
	}
	err := decodeJSON(http.MaxBytesReader(w, r.Body, bodyBytesMax), &q)
	pan, panErr := secret.ParsePAN(q.PAN)
	if err != nil || panErr != nil || !mobilePattern.MatchString(q.Phone) || !isName(q.LastName) || !isName(q.FirstName) {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.files.set(b.keys.cardHash(pan), q.OnFile)
	b.reply(w, http.StatusOK, q.OnFile)
}

func isName(s string) bool {
	const runesMax = 50
	return utf8.RuneCountInString(s) <= runesMax
}
