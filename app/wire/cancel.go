package wire

import (
	"strconv"
	"time"
)

// CancelRequest is a post to /API/CreditCard/Cancel (manual section 4.4, NPA-B01): the void of an authorisation.
type CancelRequest struct{ ChangeRequest }

// ParseCancel checks the opened fields in this order: a missing one (TRA10018), Version (TRA10018; 1.0),
// RespondType (TRA10036), TimeStamp (TRA40014), IndexType (TRA10032), MerchantOrderNo (TRA10033 blank, TRA10037) or
// TradeNo (TRA10038), Amt (TRA10003). The request returned beside an error holds what could be read; its
// RespondType is then JSON or String, whichever the answer should have.
func ParseCancel(inner Form, now time.Time) (*CancelRequest, *Error) {
	r, refusal := changeParser{form: inner, versions: []string{"1.0"}, required: changeFields, now: now}.parse()
	return &CancelRequest{r}, refusal
}

// CancelAnswer is the answer to a Cancel that was understood.
type CancelAnswer struct{ ChangeAnswer }

// Body is the whole answer with its CheckCode over the values of this Result, empty ones included: JSON, or raw k=v
// text for RespondType String. Error: ErrNoKeys.
func (a CancelAnswer) Body(keys Keys) (string, error) {
	checkCode, err := keys.CheckCode(Trade{
		MerchantID: a.MerchantID, Amt: strconv.FormatInt(a.Amt, 10),
		MerchantOrderNo: a.MerchantOrderNo, TradeNo: a.TradeNo,
	})
	if err != nil {
		return "", err
	}
	return a.body(text("CheckCode", checkCode)), nil
}

// BuildCancelForm is the merchant's side of Cancel: it seals the inner fields and gives the outer fields to post in
// order. Error: ErrNoKeys.
func BuildCancelForm(keys Keys, merchantID string, inner []Pair) ([]Pair, error) {
	return seal(keys, merchantID, inner)
}
