package seeds

import (
	"math/rand/v2"
	"slices"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

var payTypes = []weighted[payment.PayType]{
	{payment.PayInFull, 690},
	{payment.PayInstalment, 115},
	{payment.PayForeign, 60},
	{payment.PayApple, 42},
	{payment.PayGoogle, 34},
	{payment.PayBonus, 30},
	{payment.PayTravel, 12},
	{payment.PayUnionPay, 9},
	{payment.PaySamsung, 8},
}

// paymentMethods is PaymentMethod of the wire (the provider's manual NDNF-1.1.9,
// result fields) where it is not CREDIT.
var paymentMethods = map[payment.PayType]string{
	payment.PayForeign: "FOREIGN", payment.PayUnionPay: "UNIONPAY", payment.PayTravel: "NTCB",
	payment.PayApple: "APPLEPAY", payment.PayGoogle: "GOOGLEPAY", payment.PaySamsung: "SAMSUNGPAY",
}

// isWallet tells that the device, not this product, verifies the cardholder.
func isWallet(p payment.PayType) bool {
	return p == payment.PayApple || p == payment.PayGoogle || p == payment.PaySamsung
}

// fullOnly tells that captures and refunds are of the whole amount (the
// provider's manual NDNF-1.1.9 §4.5.1: instalments, bonus; 銀聯卡 captures).
func fullOnly(p payment.PayType) bool {
	return p == payment.PayInstalment || p == payment.PayBonus || p == payment.PayUnionPay
}

// drawPayType draws how the order is paid, within what the store's mode offers.
func drawPayType(rnd *rand.Rand, s member.Store) payment.PayType {
	p := choose(rnd, payTypes)
	if _, ok := published[p]; s.Mode == member.Test && !ok {
		return payment.PayInFull
	}
	return p
}

// priceBand is a range of prices, all ending in the same way.
type priceBand struct{ low, high, step, ending int64 }

var priceBands = []weighted[priceBand]{
	{priceBand{60, 480, 10, 0}, 24},
	{priceBand{390, 1_990, 100, 90}, 30},
	{priceBand{500, 3_000, 10, 0}, 20},
	{priceBand{1_999, 9_999, 1_000, 999}, 12},
	{priceBand{3_000, 20_000, 100, 80}, 10},
	{priceBand{12_000, 60_000, 1_000, 900}, 3},
	{priceBand{60_000, 200_000, 5_000, 0}, 1},
}

// drawAmount draws a price; instalments start at NT$3,000.
func drawAmount(rnd *rand.Rand, p payment.PayType) money.TWD {
	bands := priceBands
	if p == payment.PayInstalment {
		bands = priceBands[4:]
	}
	b := choose(rnd, bands)
	return money.TWD(b.low/b.step*b.step + rnd.Int64N((b.high-b.low)/b.step+1)*b.step + b.ending)
}

// drawTerm draws a number of months that the store offers.
func drawTerm(rnd *rand.Rand, s member.Store) int {
	terms := slices.DeleteFunc(slices.Clone(s.Instalments), func(months int) bool {
		return months > 12 && rnd.IntN(3) > 0
	})
	if len(terms) == 0 {
		return 3
	}
	return terms[rnd.IntN(len(terms))]
}

var items = []string{
	"高山烏龍茶 150 公克", "日月潭紅玉紅茶", "手沖咖啡組", "純棉毛巾三入", "陶製馬克杯", "木質砧板", "無線藍牙耳機",
	"保溫瓶 500 毫升", "線上課程：攝影入門", "展覽預售票 2 張", "寵物飼料 2 公斤", "有機蔬果箱", "鳳梨酥禮盒 12 入",
	"機械鍵盤", "露營帳篷四人", "瑜伽墊", "兒童繪本套書", "香氛蠟燭", "防曬乳 50 毫升", "訂閱方案 一個月", "商店禮券 1,000 元",
}

func drawItem(rnd *rand.Rand) string { return items[rnd.IntN(len(items))] }

// refusal is a bank's refusal: its code (ISO 8583 field 39) and its words.
type refusal struct{ code, words string }

var refusals = []weighted[refusal]{
	{refusal{"51", "信用額度不足"}, 34},
	{refusal{"05", "拒絕交易，請持卡人洽發卡銀行"}, 30},
	{refusal{"54", "卡片已過期"}, 7},
	{refusal{"57", "此卡不可進行此類交易"}, 7},
	{refusal{"61", "超過交易金額上限"}, 6},
	{refusal{"65", "超過交易次數上限"}, 5},
	{refusal{"62", "卡片使用受限制"}, 4},
	{refusal{"91", "發卡銀行暫時無法服務"}, 3},
	{refusal{"96", "銀行系統異常"}, 2},
	{refusal{"41", "掛失卡，拒絕交易"}, 1},
	{refusal{"43", "失竊卡，拒絕交易"}, 1},
}
