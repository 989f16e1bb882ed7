package report

import (
	"context"
	"slices"

	"github.com/memberzone/memberzone/app/account"
)

// Column is one column of the list, and of what is exported from it.
type Column string

// The columns.
const (
	ColCreated    Column = "created"    // 交易時間
	ColTradeNo    Column = "trade_no"   // 金流交易序號
	ColOrderNo    Column = "order_no"   // 商店訂單編號
	ColStore      Column = "store"      // 商店
	ColPayType    Column = "pay_type"   // 支付型態
	ColCard       Column = "card"       // 卡號
	ColAmount     Column = "amount"     // 金額
	ColStatus     Column = "status"     // 交易狀態
	ColFunds      Column = "funds"      // 款項狀態
	ColMethod     Column = "method"     // 驗證／處理方式
	ColAuthCode   Column = "auth_code"  // 授權碼
	ColCaptured   Column = "captured"   // 請款金額
	ColRefunded   Column = "refunded"   // 退款金額
	ColAuthorised Column = "authorised" // 授權時間
	ColCapturedAt Column = "captured_at"
	ColRefundedAt Column = "refunded_at"
	ColSettledAt  Column = "settled_at"
	ColThreeD     Column = "threeds" // 3D交易
	ColBrand      Column = "brand"   // 卡別
	ColMandateNo  Column = "mandate_no"
)

// Columns lists all columns, in the order in which they are offered.
var Columns = append(slices.Clone(UsualColumns), ColCaptured, ColRefunded, ColAuthorised, ColCapturedAt, ColRefundedAt,
	ColSettledAt, ColThreeD, ColBrand, ColMandateNo)

// UsualColumns are shown to whoever has chosen none.
var UsualColumns = []Column{
	ColCreated, ColTradeNo, ColOrderNo, ColStore, ColPayType, ColCard, ColAmount, ColStatus, ColFunds, ColMethod,
	ColAuthCode,
}

// Layout keeps which columns an account wants to see.
type Layout interface {
	// ListColumns returns the columns of an account in its order, the usual ones if it
	// has chosen none.
	ListColumns(ctx context.Context, by account.ID) ([]Column, error)
	// SaveListColumns keeps the columns of an account; none bring the usual ones back.
	SaveListColumns(ctx context.Context, by account.ID, columns []Column) error
}

// KnownColumns returns those of the columns that there are, each once. The trade
// number, by which one transaction is opened, is always among them.
func KnownColumns(columns []Column) []Column {
	var known []Column
	for _, column := range columns {
		if slices.Contains(Columns, column) && !slices.Contains(known, column) {
			known = append(known, column)
		}
	}
	if len(known) == 0 {
		return slices.Clone(UsualColumns)
	}
	if !slices.Contains(known, ColTradeNo) {
		known = slices.Insert(known, 0, ColTradeNo)
	}
	return known
}
