package report

import (
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
)

// Totals are the exact sums of what a filter finds.
type Totals struct {
	Rows       int
	Authorised money.TWD // of what is authorised and not voided
	Captured   money.TWD // requested, sent or confirmed
	Refunded   money.TWD // requested, sent or confirmed
}

// Net is what is left to the store: captured and not refunded.
func (t Totals) Net() money.TWD { return t.Captured - t.Refunded }

// ErrTotalsSlow tells that the sums took longer than anybody should wait.
var ErrTotalsSlow = fault.New(fault.Unavailable, "totals_slow", "合計計算逾時而停止，沒有任何數字被略過顯示。請縮短期間或加上條件後再試。")

// LookUp is what became of the numbers that were looked up.
type LookUp struct {
	Wanted  int      // how many were asked for
	Found   int      // how many have a transaction in the list
	Outside []string // of another store of the same member that the account does not manage
	Missing []string // all others, in their order
}
