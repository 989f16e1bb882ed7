package wire

import (
	"html"
	"strconv"
	"strings"
	"time"
)

// Status3D is the Status of an answer to a card payment whose cardholder has to be verified first: Result is a page
// (manual NDNT, 3-D). It is no error.
const Status3D Code = "3dVerify"

// msg3D is what such an answer says; the manual does not print it.
const msg3D = "請將 Result 交給持卡人的瀏覽器，進行持卡人驗證"

// CardAnswer is the answer to a card payment that has come to an end.
type CardAnswer struct {
	RespondType RespondType
	PaymentResult
	// Known is false while it is not known what the bank did: the merchant queries later, by the numbers given.
	Known bool
}

// Body is the whole answer with its CheckCode: JSON, or raw k=v text for Pos_ String. The order of keys is that of
// the manual. Error: ErrNoKeys.
func (a CardAnswer) Body(keys Keys) (string, error) {
	checkCode, err := keys.CheckCode(Trade{
		MerchantID: a.MerchantID, Amt: strconv.FormatInt(a.Amt, 10),
		MerchantOrderNo: a.MerchantOrderNo, TradeNo: a.TradeNo,
	})
	if err != nil {
		return "", err
	}
	whole := answer{status: string(a.Code), message: a.Message}
	if whole.message == "" {
		whole.message = a.Code.Message()
	}
	whole.result = append(a.record(), text("CheckCode", checkCode))
	return whole.body(a.RespondType), nil
}

func (a CardAnswer) record() record {
	maybe := text
	if a.Code != Success {
		maybe = orNull
	}
	r := record{
		text("MerchantID", a.MerchantID), number("Amt", a.Amt), maybe("TradeNo", a.TradeNo),
		text("MerchantOrderNo", a.MerchantOrderNo),
	}
	if !a.Known {
		return r
	}
	at := a.PayTime.In(taipei)
	r = append(r,
		maybe("RespondCode", a.RespondCode), maybe("AuthBank", a.AuthBank), maybe("Auth", a.Auth),
		text("AuthDate", at.Format("20060102")), text("AuthTime", at.Format("150405")),
		maybe("Card6No", a.Card6No), maybe("Card4No", a.Card4No), maybe("Exp", a.Exp),
		number("Inst", a.Inst), number("InstFirst", a.InstFirst), number("InstEach", a.InstEach),
		maybe("ECI", a.ECI), maybe("PaymentMethod", a.PaymentMethod), orNull("IP", a.IP),
		maybe("EscrowBank", a.EscrowBank))
	if a.Bonus {
		r = append(r, number("RedAmt", a.RedAmt))
	}
	return r
}

// CardVerifyAnswer is the answer to a card payment whose cardholder has to be verified.
type CardVerifyAnswer struct {
	RespondType RespondType
	Page        string // for the cardholder's browser: VerifyPage
	Passkey     *PasskeyOffer
}

// PasskeyOffer is what a merchant's own page needs to ask for the card's Passkey by Secure Payment Confirmation. It
// is a member of our own beside Status, Message and Result: programs that do not know it go on with Result.
type PasskeyOffer struct {
	RequestToken  string // names the request when the assertion is handed back
	RPID          string
	CredentialIDs []string // base64url
	Challenge     string   // base64url
	PayeeName     string
	PayeeOrigin   string // "" = not to be given to the browser
	Currency      string
	Value         string // decimal
	DisplayName   string // of the card
	Icon          string // data: URL
	Details       string
	Timeout       int64 // milliseconds
	ExpiresAt     time.Time
	FrameURL      string // the relying party's page, for a frame of the merchant's
}

// Body is the whole answer. With Pos_ String there is no Passkey, and Result is not encoded.
func (a CardVerifyAnswer) Body() string {
	if a.RespondType == String {
		return "Status=" + string(Status3D) + "&Message=" + msg3D + "&Result=" + a.Page
	}
	var b strings.Builder
	b.WriteString(`{"Status":`)
	writePHPString(&b, string(Status3D))
	b.WriteString(`,"Message":`)
	writePHPString(&b, msg3D)
	b.WriteString(`,"Result":`)
	writePHPString(&b, a.Page)
	if a.Passkey != nil {
		b.WriteString(`,"Passkey":`)
		a.Passkey.record().writeJSON(&b)
	}
	b.WriteByte('}')
	return b.String()
}

func (p PasskeyOffer) record() record {
	return record{
		text("RequestToken", p.RequestToken), text("RpId", p.RPID), list("CredentialIds", p.CredentialIDs),
		text("Challenge", p.Challenge), text("PayeeName", p.PayeeName), text("PayeeOrigin", p.PayeeOrigin),
		nested("Total", record{text("currency", p.Currency), text("value", p.Value)}),
		nested("Instrument", record{
			text("displayName", p.DisplayName), text("icon", p.Icon), text("details", p.Details),
		}),
		number("Timeout", p.Timeout), text("ExpiresAt", p.ExpiresAt.In(taipei).Format(time.RFC3339)),
		text("FrameURL", p.FrameURL),
	}
}

// nested is an object inside a message. Only JSON has it.
func nested(name string, r record) member {
	var b strings.Builder
	r.writeJSON(&b)
	return member{name, jsonMember, b.String()}
}

// list is an array of texts inside a message. Only JSON has it.
func list(name string, texts []string) member {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range texts {
		if i > 0 {
			b.WriteByte(',')
		}
		writePHPString(&b, s)
	}
	b.WriteByte(']')
	return member{name, jsonMember, b.String()}
}

// VerifyPage is the page that leads the cardholder's browser to the payment's verification at the address, which
// must not contain an ampersand. It posts itself on; where the merchant's page forbids scripts, its button does.
func VerifyPage(address string) string {
	return `<!DOCTYPE html><html lang="zh-Hant-TW"><head><meta charset="utf-8"><title>持卡人驗證</title></head>` +
		`<body><form id="memberzone-3d" method="post" action="` + html.EscapeString(address) + `">` +
		`<p>即將前往持卡人驗證。若沒有自動前往，請按下方按鈕。</p><button type="submit">前往驗證</button></form>` +
		`<script>document.getElementById("memberzone-3d").submit();</script></body></html>`
}

// BuildCardPaymentForm is the merchant's side of /API/CreditCard and of /API/CreditCard/PasskeyVerify: it seals the
// inner fields and gives the outer fields to post in order. Error: ErrNoKeys.
func BuildCardPaymentForm(keys Keys, merchantID string, inner []Pair) ([]Pair, error) {
	pairs, err := seal(keys, merchantID, inner)
	if err != nil {
		return nil, err
	}
	return append(pairs, Pair{"Pos_", string(JSON)}), nil
}
