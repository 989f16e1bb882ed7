package wire

import (
	"strconv"
	"time"
)

// QueryRequest is a post to QueryTradeInfo (manual section 4.3, NPA-B02), checked for shape. Call Verify
// before using it.
type QueryRequest struct {
	MerchantID      string
	Version         string // 1.1, 1.2 or 1.3
	RespondType     RespondType
	MerchantOrderNo string
	Amt             int64 // TWD
	TimeStamp       time.Time
	Composite       bool // Gateway=Composite: a composite store (MS5…) asks

	checkValue, amt string // as sent: CheckValue covers the text of Amt
}

// ParseQuery checks the fields in this order: MerchantID (TRA10009), a missing Version, RespondType,
// CheckValue, TimeStamp, MerchantOrderNo or Amt (TRA10018), an unknown Version (TRA10018), RespondType
// (TRA10036), TimeStamp (TRA40014), MerchantOrderNo (TRA10037), Amt (TRA10003). The request returned beside an
// error holds what could be read; its RespondType is then JSON or String, whichever the answer should have.
func ParseQuery(form Form, now time.Time) (*QueryRequest, *Error) {
	q := &QueryRequest{
		MerchantID:      form.Optional("MerchantID"),
		Version:         form.Optional("Version"),
		RespondType:     RespondType(form.Optional("RespondType")),
		MerchantOrderNo: form.Get("MerchantOrderNo"),
		Composite:       form.Optional("Gateway") == "Composite",
		checkValue:      form.Optional("CheckValue"),
		amt:             form.Optional("Amt"),
	}
	formatKnown := q.RespondType.valid()
	if !formatKnown {
		q.RespondType = JSON
	}
	if q.MerchantID == "" {
		return q, Refuse(TRAMerchantID, "MerchantID")
	}
	for _, name := range []string{"Version", "RespondType", "CheckValue", "TimeStamp", "MerchantOrderNo", "Amt"} {
		if form.Get(name) == "" {
			return q, Refuse(TRAIncomplete, name)
		}
	}
	var fresh, wholeAmt bool
	q.TimeStamp, fresh = parseTimeStamp(form.Get("TimeStamp"), now)
	q.Amt, wholeAmt = parseAmt(q.amt)
	switch {
	case q.Version != "1.1" && q.Version != "1.2" && q.Version != "1.3":
		return q, Refuse(TRAIncomplete, "Version")
	case !formatKnown:
		return q, Refuse(TRARespondType, "RespondType")
	case !fresh:
		return q, Refuse(TRATimeStamp, "TimeStamp")
	case !validOrderNo(q.MerchantOrderNo, maxOrderNo):
		return q, Refuse(TRAMerchantOrderNo, "MerchantOrderNo")
	case !wholeAmt:
		return q, Refuse(TRAAmt, "Amt")
	}
	return q, nil
}

// Verify checks CheckValue under the store's keys: TRA10054 when it does not match.
func (q *QueryRequest) Verify(keys Keys) *Error {
	want, err := keys.CheckValue(Trade{
		MerchantID: q.MerchantID, Amt: q.amt, MerchantOrderNo: q.MerchantOrderNo,
	})
	if err != nil || !SameHash(want, q.checkValue) {
		return Refuse(TRACheckValue, "CheckValue")
	}
	return nil
}

// TradeStatus is the state of a trade in a query's answer.
type TradeStatus string

// The values of TradeStatus.
const (
	TradeUnpaid     TradeStatus = "0"
	TradeAuthorised TradeStatus = "1"
	TradeFailed     TradeStatus = "2"
	TradeVoided     TradeStatus = "3"
	TradeRefunded   TradeStatus = "6"
)

// StepStatus is the progress of a capture (CloseStatus) or a refund (BackStatus).
type StepStatus string

// The values of StepStatus.
const (
	StepNone       StepStatus = "0"
	StepWaiting    StepStatus = "1"
	StepProcessing StepStatus = "2"
	StepDone       StepStatus = "3"
)

// QueryAnswer is the answer to a query that found a card trade. Amounts are TWD; nil is written as null.
type QueryAnswer struct {
	RespondType RespondType

	MerchantID      string
	Amt             int64
	TradeNo         string
	MerchantOrderNo string
	TradeStatus     TradeStatus
	CreateTime      time.Time
	PayTime         time.Time // zero while unpaid, written 0000-00-00 00:00:00
	FundTime        time.Time // day of payout; zero while unknown, written 0000-00-00
	ShopMerchantID  string    // composite stores only; "" = the key is left out
	RespondCode     string
	Auth            string
	ECI             string // "" = null; the key is always there
	CloseAmt        *int64 // amount to capture, nil before capture
	CloseStatus     StepStatus
	BackBalance     *int64 // amount still refundable, nil on a voided trade
	BackStatus      StepStatus
	RespondMsg      string // e.g. 授權成功
	Inst            int64
	InstFirst       int64
	InstEach        int64
	PaymentMethod   string
	Card6No         string
	Card4No         string
	AuthBank        string
}

// Body is the whole answer with its CheckCode: JSON, or raw k=v text for RespondType String. Error: ErrNoKeys.
func (q QueryAnswer) Body(keys Keys) (string, error) {
	checkCode, err := keys.CheckCode(Trade{
		MerchantID: q.MerchantID, Amt: strconv.FormatInt(q.Amt, 10),
		MerchantOrderNo: q.MerchantOrderNo, TradeNo: q.TradeNo,
	})
	if err != nil {
		return "", err
	}
	a := answer{status: string(Success), message: MsgQueryDone, result: q.record(checkCode)}
	return a.body(q.RespondType), nil
}

// QueryRefusal is the body of every query answer that is not a success, not-found (TRANotFound) among them.
// Result is an empty array, as recorded; in String form only Status and Message are written.
func QueryRefusal(refusal *Error, format RespondType) string {
	return answer{status: string(refusal.Code), message: refusal.Message}.body(format)
}

func (a answer) body(format RespondType) string {
	if format == String {
		return a.raw()
	}
	return a.json()
}

// record has the key order of the manual and of recorded answers: in this API only Amt is a number.
func (q QueryAnswer) record(checkCode string) record {
	r := record{
		text("MerchantID", q.MerchantID), number("Amt", q.Amt), text("TradeNo", q.TradeNo),
		text("MerchantOrderNo", q.MerchantOrderNo), text("TradeStatus", string(q.TradeStatus)),
		text("PaymentType", paymentType), text("CreateTime", taipeiTime(q.CreateTime)),
		text("PayTime", taipeiTime(q.PayTime)), text("FundTime", taipeiTime(q.FundTime)[:len(time.DateOnly)]),
		text("CheckCode", checkCode),
	}
	if q.ShopMerchantID != "" {
		r = append(r, text("ShopMerchantID", q.ShopMerchantID))
	}
	return append(r,
		text("RespondCode", q.RespondCode), text("Auth", q.Auth), orNull("ECI", q.ECI),
		amtOrNull("CloseAmt", q.CloseAmt), text("CloseStatus", string(q.CloseStatus)),
		amtOrNull("BackBalance", q.BackBalance), text("BackStatus", string(q.BackStatus)),
		text("RespondMsg", q.RespondMsg), amtText("Inst", q.Inst), amtText("InstFirst", q.InstFirst),
		amtText("InstEach", q.InstEach), text("PaymentMethod", q.PaymentMethod),
		text("Card6No", q.Card6No), text("Card4No", q.Card4No), text("AuthBank", q.AuthBank),
	)
}

func amtText(name string, n int64) member { return text(name, strconv.FormatInt(n, 10)) }

func amtOrNull(name string, n *int64) member {
	if n == nil {
		return orNull(name, "")
	}
	return amtText(name, *n)
}
