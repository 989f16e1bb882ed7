package wire

import "time"

// PaymentResult is what NotifyURL and ReturnURL receive for a card payment (manual section 4.3). With Code
// other than Success it is a refusal, in which empty fields are written as recorded from the gateway in 2021:
// null, and "-" for EscrowBank and RespondCode.
type PaymentResult struct {
	Code        Code
	Message     string // "" = the printed message of Code
	Version     Version
	RespondType RespondType

	MerchantID      string
	Amt             int64 // TWD
	TradeNo         string
	MerchantOrderNo string
	IP              string // the cardholder's
	EscrowBank      string // HNCB; "" for a 閘道 store
	PayTime         time.Time
	RespondCode     string // the bank's, "00" when authorised
	Auth            string // approval code
	Card6No         string
	Card4No         string
	Exp             string // YYMM
	AuthBank        string
	CardBank        string // issuer, "" for a foreign card; written from version 2.2 on
	TokenUseStatus  int64  // 0 not used, 1 first set, 2 used, 9 cancelled
	Inst            int64  // number of periods, 0 for a one-off payment
	InstFirst       int64  // TWD of the first period
	InstEach        int64  // TWD of each further period
	ECI             string // "" = not verified by 3-D Secure
	Bonus           bool   // a bonus-point payment: RedAmt is written
	RedAmt          int64  // TWD left to pay after the points
	PaymentMethod   string // CREDIT, FOREIGN, UNIONPAY, …
}

// Result makes the refusal of this request: its own identifying fields, everything else empty. The request may
// be the partial one that ParsePaymentRequest returned beside the error.
func (r *PaymentRequest) Result(refusal *Error, at time.Time) PaymentResult {
	return PaymentResult{
		Code: refusal.Code, Message: refusal.Message, Version: r.Version, RespondType: r.RespondType,
		MerchantID: r.MerchantID, Amt: r.Amt, MerchantOrderNo: r.MerchantOrderNo, PayTime: at,
	}
}

// Text is the inner message before encryption: JSON, or URL-encoded form text for RespondType String.
func (p PaymentResult) Text() string {
	a := p.answer()
	if p.RespondType == String {
		return EncodeForm(a.flat())
	}
	return a.json()
}

// Pairs are the fields of the inner message in order, without those that are null.
func (p PaymentResult) Pairs() []Pair { return p.answer().flat() }

// Seal gives the five outer fields in the order they are posted: Status, MerchantID, Version, TradeInfo, TradeSha.
// Error: ErrNoKeys.
func (p PaymentResult) Seal(keys Keys) ([]Pair, error) {
	tradeInfo, err := keys.Encrypt(p.Text())
	if err != nil {
		return nil, err
	}
	sha, err := keys.TradeSha(tradeInfo)
	if err != nil {
		return nil, err
	}
	return []Pair{
		{"Status", string(p.Code)},
		{"MerchantID", p.MerchantID},
		{"Version", string(p.Version)},
		{"TradeInfo", tradeInfo},
		{"TradeSha", sha},
	}, nil
}

func (p PaymentResult) answer() answer {
	a := answer{status: string(p.Code), message: p.Message, result: p.record()}
	if a.message == "" {
		a.message = p.Code.Message()
	}
	return a
}

// record has the key order of production JSON (recorded 2024). CheckCode is left out: it belongs to versions
// up to 1.2.
func (p PaymentResult) record() record {
	maybe, dash := text, text
	if p.Code != Success {
		maybe, dash = orNull, orDash
	}
	r := record{
		text("MerchantID", p.MerchantID), number("Amt", p.Amt), maybe("TradeNo", p.TradeNo),
		text("MerchantOrderNo", p.MerchantOrderNo), text("RespondType", string(p.RespondType)),
		maybe("IP", p.IP), dash("EscrowBank", p.EscrowBank), text("PaymentType", paymentType),
		dash("RespondCode", p.RespondCode), maybe("Auth", p.Auth),
		maybe("Card6No", p.Card6No), maybe("Card4No", p.Card4No), maybe("Exp", p.Exp),
		maybe("AuthBank", p.AuthBank),
	}
	if p.Version.AtLeast(V22) {
		r = append(r, maybe("CardBank", p.CardBank))
	}
	r = append(r, number("TokenUseStatus", p.TokenUseStatus), number("InstFirst", p.InstFirst),
		number("InstEach", p.InstEach), number("Inst", p.Inst), maybe("ECI", p.ECI))
	if p.Bonus {
		r = append(r, number("RedAmt", p.RedAmt))
	}
	return append(r, text("PayTime", taipeiTime(p.PayTime)), maybe("PaymentMethod", p.PaymentMethod))
}

// paymentType is the PaymentType of every card payment, whatever the brand or wallet.
const paymentType = "CREDIT"

// taipei is UTC+8. Taiwan has had no daylight saving since 1979, before any time this protocol can carry; a
// fixed zone needs no zone database on the machine.
var taipei = time.FixedZone("Asia/Taipei", 8*60*60)

const zeroTime = "0000-00-00 00:00:00"

// taipeiTime writes a moment as the protocol does; the zero time as a date of zeros, as recorded for unpaid trades.
func taipeiTime(t time.Time) string {
	if t.IsZero() {
		return zeroTime
	}
	return t.In(taipei).Format(time.DateTime)
}
