package wire

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SealedForm is the outer form of a server's call that carries everything inside PostData_ (manual sections 4.4 and
// 4.5), checked for shape and not yet opened.
type SealedForm struct {
	MerchantID string // field MerchantID_
	Sealed     string // field PostData_: hex of the sealed form text
	Pos        string // field Pos_ of the card payment: the format of the answer
}

// ParseSealedForm checks the outer fields in this order: MerchantID_ (TRA10009), PostData_ (MEM40012). Whether the
// store exists is the caller's question (TRANoStore).
func ParseSealedForm(outer Form) (SealedForm, *Error) {
	p := SealedForm{
		MerchantID: outer.Optional("MerchantID_"), Sealed: outer.Optional("PostData_"), Pos: outer.Optional("Pos_"),
	}
	switch {
	case p.MerchantID == "":
		return p, Refuse(TRAMerchantID, "MerchantID_")
	case p.Sealed == "":
		return p, Refuse(MEMNoPostData, "PostData_")
	}
	return p, nil
}

// Open decrypts the inner form; whatever is wrong, it is TRA10008.
//
// SECURITY: nothing signs a PostData_, so an answer that tells a wrong padding from a wrong text would let strangers
// forge one byte by byte. Changing a ciphertext turns a whole block into random bytes: text that is not readable
// throughout, or has no field of these calls, is refused exactly as a wrong padding is.
func (p SealedForm) Open(keys Keys) (Form, *Error) {
	plain, err := keys.Decrypt(p.Sealed)
	if err != nil || !readable(plain) {
		return nil, Refuse(TRADecrypt, "PostData_")
	}
	inner, err := ParseForm(plain)
	if err != nil {
		return nil, Refuse(TRADecrypt, "PostData_")
	}
	for _, name := range changeFields {
		if _, ok := inner[name]; ok {
			return inner, nil
		}
	}
	return nil, Refuse(TRADecrypt, "PostData_")
}

func readable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// changeFields are what Cancel and Close both require.
var changeFields = []string{"RespondType", "Version", "Amt", "TimeStamp", "IndexType"}

// IndexType says by which number a call names a trade.
type IndexType string

// The values of IndexType.
const (
	ByMerchantOrderNo IndexType = "1"
	ByTradeNo         IndexType = "2"
)

// ChangeRequest is what Cancel and Close both say.
type ChangeRequest struct {
	RespondType RespondType
	Version     string
	Amt         int64 // TWD
	IndexType   IndexType
	// Of the two numbers, the one that IndexType names is right in form; the other is empty unless it is too.
	MerchantOrderNo string // [A-Za-z0-9_]{1,30}
	TradeNo         string // 17 digits
	TimeStamp       time.Time
}

// changeParser reads what Cancel and Close share.
type changeParser struct {
	form     Form
	versions []string
	required []string
	now      time.Time
}

// parse checks the fields in this order: a missing one (TRA10018), Version (TRA10018), RespondType (TRA10036),
// TimeStamp (TRA40014), IndexType (TRA10032), MerchantOrderNo (TRA10033 blank, TRA10037) or TradeNo (TRA10038), Amt
// (TRA10003).
func (p changeParser) parse() (ChangeRequest, *Error) {
	r := ChangeRequest{
		RespondType: RespondType(p.form.Optional("RespondType")),
		Version:     p.form.Optional("Version"),
		IndexType:   IndexType(p.form.Optional("IndexType")),
	}
	formatKnown := r.RespondType.valid()
	if !formatKnown {
		r.RespondType = JSON
	}
	orderNo, tradeNo := p.form.Optional("MerchantOrderNo"), p.form.Optional("TradeNo")
	if validOrderNo(orderNo, maxOrderNo) {
		r.MerchantOrderNo = orderNo
	}
	if len(tradeNo) == tradeNoDigits && digits.MatchString(tradeNo) {
		r.TradeNo = tradeNo
	}
	for _, name := range p.required {
		if p.form.Optional(name) == "" {
			return r, Refuse(TRAIncomplete, name)
		}
	}
	var fresh, wholeAmt bool
	r.TimeStamp, fresh = parseTimeStamp(p.form.Get("TimeStamp"), p.now)
	r.Amt, wholeAmt = parseAmt(p.form.Get("Amt"))
	switch {
	case !slices.Contains(p.versions, r.Version):
		return r, Refuse(TRAIncomplete, "Version")
	case !formatKnown:
		return r, Refuse(TRARespondType, "RespondType")
	case !fresh:
		return r, Refuse(TRATimeStamp, "TimeStamp")
	case r.IndexType != ByMerchantOrderNo && r.IndexType != ByTradeNo:
		return r, Refuse(TRAIndexType, "IndexType")
	case r.IndexType == ByMerchantOrderNo && orderNo == "":
		return r, Refuse(TRANoMerchantOrderNo, "MerchantOrderNo")
	case r.IndexType == ByMerchantOrderNo && r.MerchantOrderNo == "":
		return r, Refuse(TRAMerchantOrderNo, "MerchantOrderNo")
	case r.IndexType == ByTradeNo && r.TradeNo == "":
		return r, Refuse(TRATradeNo, "TradeNo")
	case !wholeAmt:
		return r, Refuse(TRAAmt, "Amt")
	}
	return r, nil
}

const tradeNoDigits = 17

// ChangeAnswer is the answer to a Cancel or a Close that was understood, whether it was done or refused: both keep
// the Result (recorded).
type ChangeAnswer struct {
	RespondType     RespondType
	Status          Code
	Message         string // Traditional Chinese
	MerchantID      string
	Amt             int64 // TWD, as asked
	MerchantOrderNo string
	TradeNo         string
}

// Pairs are the fields of the answer in order, without the CheckCode of a Cancel.
func (a ChangeAnswer) Pairs() []Pair { return a.answer().flat() }

func (a ChangeAnswer) answer() answer {
	return answer{status: string(a.Status), message: a.Message, result: record{
		text("MerchantID", a.MerchantID), number("Amt", a.Amt), text("MerchantOrderNo", a.MerchantOrderNo),
		text("TradeNo", a.TradeNo),
	}}
}

func (a ChangeAnswer) body(more ...member) string {
	whole := a.answer()
	whole.result = append(whole.result, more...)
	return whole.body(a.RespondType)
}

// ChangeRefusal is the body for a Cancel or a Close that was not understood. As for a query, Result is an empty
// array, and in String form only Status and Message are written.
func ChangeRefusal(refusal *Error, format RespondType) string { return QueryRefusal(refusal, format) }

// seal is the merchant's side of a call with a PostData_.
func seal(keys Keys, merchantID string, inner []Pair) ([]Pair, error) {
	sealed, err := keys.Encrypt(EncodeForm(inner))
	if err != nil {
		return nil, err
	}
	return []Pair{{"MerchantID_", merchantID}, {"PostData_", sealed}}, nil
}
