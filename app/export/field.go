package export

import (
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// zone stands in the head of every column of times.
const zone = " (Asia/Taipei)"

// field is one column of the file. It is a text or an amount.
type field struct {
	head   string
	width  int // of a sheet's column, in characters
	text   func(dst []byte, r *Row) []byte
	amount func(r *Row) (twd int64, known bool)
}

// fieldsOf returns the columns of a file, whose stores are those of the scope.
func (w Words) fieldsOf(columns []report.Column, scope report.Scope) []field {
	merchantIDs := map[int64]string{}
	for _, s := range scope.Stores() {
		merchantIDs[int64(s.ID)] = s.MerchantID
	}
	fields := make([]field, len(columns))
	for i, column := range columns {
		f := w.field(column, func(id int64) string { return merchantIDs[id] })
		f.head = w.Heads[column] + f.head
		fields[i] = f
	}
	return fields
}

const (
	widthShort = 12
	widthUsual = 16
	widthLong  = 24
)

func (w Words) field(column report.Column, merchantID func(int64) string) field {
	switch column {
	case report.ColCreated:
		return moment(func(r *Row) int64 { return r.CreatedAt })
	case report.ColAuthorised:
		return moment(func(r *Row) int64 { return r.AuthorisedAt })
	case report.ColCapturedAt:
		return moment(func(r *Row) int64 { return r.CapturedAt })
	case report.ColRefundedAt:
		return moment(func(r *Row) int64 { return r.RefundedAt })
	case report.ColSettledAt:
		return moment(func(r *Row) int64 { return r.SettledAt })
	case report.ColAmount:
		return field{width: widthUsual, amount: func(r *Row) (int64, bool) { return r.Amount, true }}
	case report.ColCaptured:
		return field{width: widthUsual, amount: func(r *Row) (int64, bool) { return r.Captured, authorised(r) }}
	case report.ColRefunded:
		return field{width: widthUsual, amount: func(r *Row) (int64, bool) { return r.Refunded, authorised(r) }}
	case report.ColTradeNo:
		return plain(widthLong, func(r *Row) []byte { return r.TradeNo })
	case report.ColOrderNo:
		return plain(widthLong, func(r *Row) []byte { return r.OrderNo })
	case report.ColAuthCode:
		return plain(widthShort, func(r *Row) []byte { return r.AuthCode })
	case report.ColMandateNo:
		return plain(widthLong, func(r *Row) []byte { return r.MandateNo })
	case report.ColStore:
		return field{width: widthUsual, text: func(dst []byte, r *Row) []byte {
			return append(dst, merchantID(r.StoreID)...)
		}}
	default:
		return w.worded(column)
	}
}

// worded are the columns whose cells are words.
func (w Words) worded(column report.Column) field {
	switch column {
	case report.ColStatus:
		return field{width: widthUsual, text: func(dst []byte, r *Row) []byte {
			return append(dst, w.Statuses[payment.Status(r.Status)]...)
		}}
	case report.ColPayType:
		return field{width: widthUsual, text: w.payType}
	case report.ColCard:
		return field{width: widthUsual, text: card}
	case report.ColFunds:
		return field{width: widthShort, text: func(dst []byte, r *Row) []byte {
			if r.Settled {
				return append(dst, w.Received...)
			}
			return append(dst, w.NotReceived...)
		}}
	case report.ColMethod:
		return field{width: widthLong, text: w.method}
	case report.ColThreeD:
		return field{width: widthShort, text: func(dst []byte, r *Row) []byte {
			if r.ThreeD {
				return append(dst, w.Yes...)
			}
			return dst
		}}
	case report.ColBrand:
		return field{width: widthUsual, text: func(dst []byte, r *Row) []byte {
			return append(dst, w.Brands[payment.Brand(r.Brand)]...)
		}}
	}
	return field{width: widthUsual, text: func(dst []byte, _ *Row) []byte { return dst }}
}

func (w Words) payType(dst []byte, r *Row) []byte {
	dst = append(dst, w.PayTypes[payment.PayType(r.PayType)]...)
	if r.Instalments > 0 {
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, r.Instalments, 10)
		dst = append(dst, w.Instalments...)
	}
	return dst
}

func (w Words) method(dst []byte, r *Row) []byte {
	dst = append(dst, w.Verifications[payment.Verification(r.Verification)]...)
	if r.TokenBind {
		dst = append(append(dst, w.Between...), w.TokenBind...)
	}
	if r.TokenCharge {
		dst = append(append(dst, w.Between...), w.TokenCharge...)
	}
	return dst
}

func card(dst []byte, r *Row) []byte {
	if len(r.First6) > 0 {
		dst = append(append(dst, r.First6...), "…"...)
	}
	return append(dst, r.Last4...)
}

// authorised tells that there is an amount of captures and refunds to speak of, as the
// list does.
func authorised(r *Row) bool {
	return string(r.Status) != string(payment.Pending) && string(r.Status) != string(payment.Failed)
}

func plain(width int, of func(r *Row) []byte) field {
	return field{width: width, text: func(dst []byte, r *Row) []byte { return append(dst, of(r)...) }}
}

func moment(of func(r *Row) int64) field {
	return field{head: zone, width: widthLong, text: func(dst []byte, r *Row) []byte {
		at := of(r)
		if at == Never {
			return dst
		}
		return time.UnixMicro(at).In(clock.Taipei).AppendFormat(dst, time.DateTime)
	}}
}

// storeIDs are the stores of a scope; nil for all of the member.
func storeIDs(s report.Scope) []member.StoreID {
	if s.AllStores() {
		return nil
	}
	return s.StoreIDs()
}
