package wire

import (
	"slices"
	"time"
)

// CloseType says what a Close is about.
type CloseType string

// The values of CloseType.
const (
	CloseCapture CloseType = "1"
	CloseRefund  CloseType = "2"
)

// CloseRequest is a post to /API/CreditCard/Close (manual section 4.5): a capture (NPA-B031), a refund (B032), or the
// taking back of either (B033, B034).
type CloseRequest struct {
	ChangeRequest
	CloseType CloseType
	Cancel    bool // take back what was asked for
}

var closeFields = slices.Concat(changeFields, []string{"CloseType"})

// ParseClose checks the opened fields in this order: a missing one (TRA10018), Version (TRA10018; 1.0 or 1.1),
// RespondType (TRA10036), TimeStamp (TRA40014), IndexType (TRA10032), MerchantOrderNo (TRA10033 blank, TRA10037) or
// TradeNo (TRA10038), Amt (TRA10003), CloseType and Cancel (TRA10018: the manual has no code of their own). A Cancel
// that is absent, empty, "undefined", "null" or 0 takes nothing back. The request returned beside an error holds
// what could be read; its RespondType is then JSON or String, whichever the answer should have.
func ParseClose(inner Form, now time.Time) (*CloseRequest, *Error) {
	shared, refusal := changeParser{
		form: inner, versions: []string{"1.0", "1.1"}, required: closeFields, now: now,
	}.parse()
	r := &CloseRequest{ChangeRequest: shared, CloseType: CloseType(inner.Optional("CloseType"))}
	if refusal != nil {
		return r, refusal
	}
	if r.CloseType != CloseCapture && r.CloseType != CloseRefund {
		return r, Refuse(TRAIncomplete, "CloseType")
	}
	switch inner.Optional("Cancel") {
	case "", "0":
	case "1":
		r.Cancel = true
	default:
		return r, Refuse(TRAIncomplete, "Cancel")
	}
	return r, nil
}

// CloseAnswer is the answer to a Close that was understood.
type CloseAnswer struct{ ChangeAnswer }

// Body is the whole answer, which has no CheckCode: JSON, or raw k=v text for RespondType String.
func (a CloseAnswer) Body() string { return a.body() }

// BuildCloseForm is the merchant's side of Close: it seals the inner fields and gives the outer fields to post in
// order. Error: ErrNoKeys.
func BuildCloseForm(keys Keys, merchantID string, inner []Pair) ([]Pair, error) {
	return seal(keys, merchantID, inner)
}
