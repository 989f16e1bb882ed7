package export

import (
	"math"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// Never is the time of what has not happened.
const Never = math.MinInt64

// Row is one transaction as it comes from the database. It is used again for the next
// row: whoever keeps a text copies it. Only what the columns need is filled in. Times are
// microseconds since 1970 in UTC, amounts whole TWD.
type Row struct {
	TradeNo, OrderNo, First6, Last4, AuthCode, MandateNo []byte
	Status, PayType, Verification, Brand                 []byte // as package payment names them

	StoreID, Instalments, Amount, Captured, Refunded           int64
	CreatedAt, AuthorisedAt, CapturedAt, RefundedAt, SettledAt int64
	ThreeD, TokenBind, TokenCharge, Settled                    bool
}

// Words are the words in the cells, as the list shows them.
type Words struct {
	Heads         map[report.Column]string // with the currency, without the zone
	Statuses      map[payment.Status]string
	PayTypes      map[payment.PayType]string
	Verifications map[payment.Verification]string
	Brands        map[payment.Brand]string
	TokenBind     string
	TokenCharge   string
	Received      string
	NotReceived   string
	Yes           string
	Instalments   string // after the number of months
	Between       string // between two words of one cell
}
