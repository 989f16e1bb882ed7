package member

import (
	"strconv"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	members "github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// The product's labels, letter for letter from the screens' contract.
var (
	statusLabels = map[payment.Status]string{
		payment.Pending: "待付款", payment.Authorised: "授權成功", payment.Failed: "授權失敗", payment.Voided: "已取消授權",
		payment.CaptureRequested: "請款申請中", payment.CaptureSent: "請款處理中", payment.Captured: "請款完成",
		payment.RefundRequested: "退款申請中", payment.RefundSent: "退款處理中", payment.Refunded: "退款完成",
	}
	payTypeLabels = map[payment.PayType]string{
		payment.PayInFull: "一次付清", payment.PayInstalment: "分期付款", payment.PayBonus: "紅利折抵",
		payment.PayUnionPay: "銀聯卡", payment.PayGoogle: "Google Pay", payment.PayApple: "Apple Pay",
		payment.PaySamsung: "Samsung Pay", payment.PayTravel: "國民旅遊卡", payment.PayForeign: "國外卡",
	}
	dateKindLabels = map[report.DateKind]string{
		report.ByTrade: "交易日期", report.ByAuthorised: "授權日期", report.ByCaptured: "請款日期",
		report.ByRefunded: "退款日期", report.BySettled: "撥款日期",
	}
	numberKindLabels = map[report.NumberKind]string{
		report.AnyNumber: "不限定", report.TradeNos: "金流交易序號", report.OrderNos: "商店訂單編號",
		report.AuthCodes: "授權碼", report.CardNos: "信用卡號", report.MandateNos: "委託單號",
	}
	columnLabels = map[report.Column]string{
		report.ColCreated: "交易時間", report.ColTradeNo: "金流交易序號", report.ColOrderNo: "商店訂單編號", report.ColStore: "商店",
		report.ColPayType: "支付型態", report.ColCard: "卡號", report.ColAmount: "金額 NT$", report.ColStatus: "交易狀態",
		report.ColFunds: "款項狀態", report.ColMethod: "驗證／處理方式", report.ColAuthCode: "授權碼",
		report.ColCaptured: "請款金額 NT$", report.ColRefunded: "退款金額 NT$", report.ColAuthorised: "授權時間",
		report.ColCapturedAt: "請款時間", report.ColRefundedAt: "退款時間", report.ColSettledAt: "撥款時間",
		report.ColThreeD: "3D交易", report.ColBrand: "卡別", report.ColMandateNo: "委託單號",
	}
	periodLabels = map[report.Period]string{
		report.LastDays: "最近 %d 日（隨日期移動）", report.Yesterday: "昨日（隨日期移動）", report.ThisMonth: "本月（隨日期移動）",
		report.LastMonth: "上月（隨日期移動）", report.FixedDays: "固定 %s 至 %s",
	}
	storeTypeLabels = map[report.StoreType]string{
		report.AnyStoreType: "不限定", report.GatewayStores: "閘道特約商店", report.PlatformStores: "金流特約商店",
	}
	storeKindLabels = map[members.StoreKind]string{members.Gateway: "閘道特約商店", members.Platform: "金流特約商店"}
	methodLabels    = map[report.Method]string{
		report.AnyMethod: "不限定", report.ByPhone: "綁定信用卡電話驗證", report.ByToken: "Token交易(國際卡組織)",
	}
	tokenKindLabels = map[report.TokenKind]string{
		report.AnyToken: "不限定", report.TokenBind: labelTokenBind, report.TokenCharge: labelTokenCharge,
	}
	fundsLabels = map[report.Funds]string{
		report.AnyFunds: "不限定", report.FundsReceived: labelReceived, report.FundsPending: labelNotReceived,
	}
	verificationLabels = map[payment.Verification]string{
		payment.Unverified: "未驗證", payment.VerifiedOTP: "OTP", payment.VerifiedPasskey: "Passkey",
	}
	brandLabels = map[payment.Brand]string{
		payment.Visa: payment.Visa.Name(), payment.Mastercard: payment.Mastercard.Name(),
		payment.JCB: payment.JCB.Name(), payment.Amex: payment.Amex.Name(), payment.UnionPay: "銀聯卡",
	}
)

const (
	labelTokenBind   = "Token綁定"
	labelTokenCharge = "Token交易"
	labelReceived    = "已收款"
	labelNotReceived = "未收款"
)

func roleLabel(k account.Kind) string {
	if k == account.Owner {
		return "擁有者"
	}
	return "助理帳號"
}

// tokenChips lists the token categories of a transaction.
func tokenChips(bind, charge bool) []string {
	var chips []string
	if bind {
		chips = append(chips, labelTokenBind)
	}
	if charge {
		chips = append(chips, labelTokenCharge)
	}
	return chips
}

// payTypeText names the pay type, with the months of an instalment plan.
func payTypeText(t payment.PayType, instalments int) string {
	label := payTypeLabels[t]
	if instalments > 0 {
		label += " " + strconv.Itoa(instalments) + " 期"
	}
	return label
}

// dateText and clockText are the day and the time of day in Taipei.
func dateText(t time.Time) string  { return t.In(clock.Taipei).Format(time.DateOnly) }
func clockText(t time.Time) string { return t.In(clock.Taipei).Format(time.TimeOnly) }

// timeText is a moment in Taipei; "" for the zero time.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(clock.Taipei).Format(time.DateTime)
}

// dayLabel is a day with its day of the week: 2026-11-24（二）.
func dayLabel(d clock.Date) string {
	weekday := d.Start().In(clock.Taipei).Weekday()
	return d.String() + "（" + string([]rune("日一二三四五六")[weekday]) + "）"
}

// grouped writes a count with thousands separators.
func grouped(n int) string { return message.NewPrinter(language.TraditionalChinese).Sprintf("%d", n) }
