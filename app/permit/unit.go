package permit

import "slices"

// Unit is one row of the permission matrix, by its stable id.
type Unit string

// The units, in the order of the matrix.
const (
	SalesRecords      Unit = "sales_records"
	SalesRecordsEZAIO Unit = "sales_records_ezaio"
	CardTrades        Unit = "card_trades"
	CardTradesEZAIO   Unit = "card_trades_ezaio"
	CrossBorder       Unit = "cross_border"
	EWallet           Unit = "e_wallet"
	PayLinks          Unit = "pay_links"
	MandateList       Unit = "mandate_list"
	MandateEdit       Unit = "mandate_edit"
	MandateRetry      Unit = "mandate_retry"
	SimulatedTrade    Unit = "simulated_trade"
)

// Row is a unit as the matrix shows it, letter for letter from the manual's 助理帳號設定.
type Row struct {
	Unit    Unit
	Area    string // 單元
	Section string // 目錄
	Label   string // 功能敘述
}

// rows is the registry: the matrix in its order.
var rows = [...]Row{
	{SalesRecords, "銷售中心", "銷售紀錄查詢/交易重新觸發", "銷售紀錄查詢/交易重新觸發"},
	{SalesRecordsEZAIO, "銷售中心", "銷售紀錄查詢/交易重新觸發", "ezAIO卡機商店銷售紀錄查詢"},
	{CardTrades, "銷售中心", "信用卡交易查詢/單筆取消授權/請款/退款", "交易查詢/單筆取消授權/請款/退款"},
	{CardTradesEZAIO, "銷售中心", "信用卡交易查詢/單筆取消授權/請款/退款", "ezAIO卡機商店信用卡交易查詢"},
	{CrossBorder, "銷售中心", "跨境交易查詢/跨境交易退款", "跨境交易查詢/跨境交易退款"},
	{EWallet, "銷售中心", "電子錢包專用交易查詢", "電子錢包交易查詢/電子錢包退款"},
	{PayLinks, "銷售中心", "快速收款連結交易查詢", "查詢快速收款連結的交易"},
	{MandateList, "銷售中心", "查詢定期定額委託單", "查詢已成立的定期定額委託單"},
	{MandateEdit, "銷售中心", "修改定期定額委託單", "修改啟用中的定期定額委託單"},
	{MandateRetry, "銷售中心", "定期定額委託單再次授權", "可將失敗的定期定額委託單再次進行授權 (同一期僅能再次授權4次)"},
	{SimulatedTrade, "銷售中心", "模擬交易產生", "API串接模擬交易參數"},
}

// Rows returns the matrix in its order.
func Rows() []Row { return append([]Row(nil), rows[:]...) }

// RowOf returns the row of a unit; ok is false for an unknown unit.
func RowOf(u Unit) (row Row, ok bool) {
	i := indexOf(u)
	if i < 0 {
		return Row{}, false
	}
	return rows[i], true
}

// indexOf returns the place of a unit in the registry, -1 for an unknown unit.
func indexOf(u Unit) int {
	return slices.IndexFunc(rows[:], func(row Row) bool { return row.Unit == u })
}

// Level is what an account may do on a unit. The zero value is None.
type Level int

// The levels, each including the ones before it.
const (
	None   Level = iota // 不可瀏覽
	View                // 僅可瀏覽
	Manage              // 可瀏覽可修改
)

var levelNames = [...]string{"none", "view", "manage"}

// String names the level as the database and the policy do.
func (l Level) String() string {
	if l < None || l > Manage {
		return levelNames[None]
	}
	return levelNames[l]
}

// Label returns the level's words in the matrix.
func (l Level) Label() string {
	switch l {
	case View:
		return "僅可瀏覽"
	case Manage:
		return "可瀏覽可修改"
	default:
		return "不可瀏覽"
	}
}

// ParseLevel reads none, view or manage; ok is false for anything else.
func ParseLevel(s string) (l Level, ok bool) {
	for l := None; l <= Manage; l++ {
		if levelNames[l] == s {
			return l, true
		}
	}
	return None, false
}
