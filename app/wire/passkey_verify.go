package wire

import (
	"encoding/json"
	"strings"
	"time"
)

// PasskeyVerifyRequest is a post to /API/CreditCard/PasskeyVerify: the merchant's page has asked for the Passkey of a
// card payment. The call is ours; the provider's manuals leave open how an assertion is handed back.
type PasskeyVerifyRequest struct {
	RespondType     RespondType // of Pos_; JSON when it is absent or wrong
	TimeStamp       time.Time
	MerchantOrderNo string
	RequestToken    string
	Assertion       []byte // JSON of the PublicKeyCredential; nil with FallBack
	FallBack        string // why the Passkey was not used; "" with Assertion
}

// ParsePasskeyVerify checks the opened fields in this order: a missing one, or not one of Assertion and FallBack
// (TRA10018), Version (TRA10018; 2.5), Pos_ (TRA10036), TimeStamp (TRA40014), MerchantOrderNo (TRA10037), an
// Assertion that is no JSON object (TRA10018).
func ParsePasskeyVerify(inner Form, pos string, now time.Time) (*PasskeyVerifyRequest, *Error) {
	r := &PasskeyVerifyRequest{
		RespondType: JSON, RequestToken: inner.Optional("RequestToken"), FallBack: inner.Optional("FallBack"),
	}
	format := RespondType(pos)
	if format.valid() {
		r.RespondType = format
	}
	for _, name := range []string{"TimeStamp", "Version", "MerchantOrderNo", "RequestToken"} {
		if inner.Optional(name) == "" {
			return r, Refuse(TRAIncomplete, name)
		}
	}
	assertion := inner.Optional("Assertion")
	orderNo := inner.Get("MerchantOrderNo")
	var fresh bool
	r.TimeStamp, fresh = parseTimeStamp(inner.Get("TimeStamp"), now)
	switch {
	case (assertion == "") == (r.FallBack == ""):
		return r, Refuse(TRAIncomplete, "Assertion")
	case Version(inner.Optional("Version")) != V25:
		return r, Refuse(TRAIncomplete, "Version")
	case pos != "" && !format.valid():
		return r, Refuse(TRARespondType, "Pos_")
	case !fresh:
		return r, Refuse(TRATimeStamp, "TimeStamp")
	case !validOrderNo(orderNo, maxOrderNo):
		return r, Refuse(TRAMerchantOrderNo, "MerchantOrderNo")
	case assertion != "" && !(json.Valid([]byte(assertion)) && strings.HasPrefix(strings.TrimSpace(assertion), "{")):
		return r, Refuse(TRAIncomplete, "Assertion")
	}
	r.MerchantOrderNo = orderNo
	if assertion != "" {
		r.Assertion = []byte(assertion)
	}
	return r, nil
}
