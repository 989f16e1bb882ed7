package payment

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/wire"
)

// Message is one message about a transaction as it crossed our border, decrypted,
// for whoever has to find out who said what. What may not be kept is masked in it.
type Message struct {
	TransactionID ID
	Direction     Direction
	Kind          MessageKind
	At            time.Time
	Fields        []Field // in the order of the message
}

// Direction is who sent a message.
type Direction string

// The directions.
const (
	Received Direction = "in"
	Told     Direction = "out"
)

// MessageKind is what a message is about.
type MessageKind string

// The kinds of message: between the merchant and us, and between us and the acquirer.
const (
	MessageOrder    MessageKind = "order"    // NPA-F01, and what NotifyURL and ReturnURL are told
	MessageCancel   MessageKind = "cancel"   // NPA-B01
	MessageClose    MessageKind = "close"    // NPA-B031 to B034
	MessageAuth     MessageKind = "auth"     // an authorisation
	MessageInquiry  MessageKind = "inquiry"  // what became of an authorisation
	MessageReversal MessageKind = "reversal" // the undoing of an authorisation
	MessageBatch    MessageKind = "batch"    // one line of a batch
)

// Field is one field of a message.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// FieldsOf takes over the fields of a message of the wire.
func FieldsOf(pairs []wire.Pair) []Field {
	fields := make([]Field, len(pairs))
	for i, p := range pairs {
		fields[i] = Field(p)
	}
	return fields
}

// Masked returns the fields as they may be kept.
//
// SECURITY: card numbers become first six and last four wherever they stand, also in
// free text that a merchant filled with one; card verification codes and keys are never
// kept at all (PCI DSS 3.3, 3.4); of a person's address and phone only the beginning.
func Masked(fields []Field) []Field {
	kept := make([]Field, 0, len(fields))
	for _, f := range fields {
		f.Name, f.Value = readable(f.Name), readable(f.Value)
		switch name := strings.ToLower(f.Name); {
		case secretField.MatchString(name):
			f.Value = hidden
		case cardField.MatchString(name):
			f.Value = maskedCardNo(f.Value)
		case personField.MatchString(name):
			f.Value = maskedPerson(f.Value)
		case !numberField.MatchString(name):
			f.Value = secret.MaskPANs(f.Value)
		}
		kept = append(kept, Field{f.Name, shortened(f.Value)})
	}
	return kept
}

const hidden = "***"

// fieldRunesMax is what is kept of one value.
const fieldRunesMax = 2000

// readable replaces what the database does not take.
func readable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// shortened comes after the masking: half a card number would not be known for one.
func shortened(s string) string {
	if utf8.RuneCountInString(s) <= fieldRunesMax {
		return s
	}
	return string([]rune(s)[:fieldRunesMax]) + "…"
}

var (
	secretField = regexp.MustCompile(`^(cvc|cvv2?|card_?cvc|securitycode|pin|password|hash_?key_?|hash_?iv_?|key|iv)$`)
	cardField   = regexp.MustCompile(`^(pan|card_?(no|number))_?$`)
	personField = regexp.MustCompile(`(mail|phone|mobilenumber|holder\w*|first_?name|last_?name)$`)
	// numberField are numbers of our own and the merchant's own, which may look like a card's.
	numberField = regexp.MustCompile(`^(trade_?no|merchantorderno|request_id|item_id|timestamp|checkcode|merchant_?id)$`)
)

// maskedCard is what maskedCardNo and secret.PAN write.
var maskedCard = regexp.MustCompile(`^[0-9]{6}\*{2,9}[0-9]{4}$`)

// maskedCardNo is for test cards too, whose check digit need not hold.
func maskedCardNo(s string) string {
	if maskedCard.MatchString(s) {
		return s
	}
	pan, err := secret.ParsePAN(s)
	if err != nil {
		return hidden
	}
	return pan.Masked()
}

// maskedPerson leaves the first letter, and the domain of an address.
func maskedPerson(s string) string {
	if s == "" {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return string(first) + hidden
	}
	return string(first) + hidden + s[at:]
}
