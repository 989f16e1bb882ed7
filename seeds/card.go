package seeds

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
)

// holder is a cardholder with a card, as far as a card may be kept.
type holder struct {
	card  payment.Card
	payer payment.Payer
	ip    string
	bin   bin
}

// bin is a range of cards: who issued them, and which bank acquires them, by the
// names of the wire (the provider's manual NDNF-1.1.9, CardBank and AuthBank).
// The ranges are plausible, not a bank's real table.
type bin struct {
	prefix   string // four digits
	brand    payment.Brand
	issuer   string // empty for a foreign card
	acquirer string
}

var (
	domesticBins = []bin{
		{"4147", payment.Visa, "Esun", "Esun"},
		{"4311", payment.Visa, "Esun", "Esun"},
		{"4511", payment.Visa, "SinoPac", "SinoPac"},
		{"4563", payment.Visa, "SinoPac", "SinoPac"},
		{"4907", payment.Visa, "UBOT", "UBOT"},
		{"4966", payment.Visa, "UBOT", "UBOT"},
		{"5242", payment.Mastercard, "CTBC", "CTBC"},
		{"5264", payment.Mastercard, "CTBC", "CTBC"},
		{"5408", payment.Mastercard, "FirstBank", "NCCC"},
		{"5520", payment.Mastercard, "Taishin", "Taishin"},
		{"5546", payment.Mastercard, "Taishin", "Taishin"},
		{"3560", payment.JCB, "CathayBK", "NCCC"},
		{"3567", payment.JCB, "CathayBK", "NCCC"},
		{"3768", payment.Amex, "CathayBK", "NCCC"},
	}
	foreignBins = []bin{
		{"4242", payment.Visa, "", "NCCC"},
		{"4761", payment.Visa, "", "NCCC"},
		{"5105", payment.Mastercard, "", "NCCC"},
		{"5454", payment.Mastercard, "", "NCCC"},
	}
	walletBins   = domesticBins[:11] // Visa and Mastercard
	unionPayBins = []bin{{"6251", payment.UnionPay, "SKBank", "NCCC"}}
)

// published are the only cards that a test-mode store accepts (the provider's
// manual, test environment): their first six and last four digits.
var published = map[payment.PayType]payment.Card{
	payment.PayInFull:     {Brand: payment.Visa, First6: "400022", Last4: "1111"},
	payment.PayInstalment: {Brand: payment.Visa, First6: "400022", Last4: "1111"},
	payment.PayBonus:      {Brand: payment.Visa, First6: "400355", Last4: "1111"},
}

// unpublished is a card that a test-mode store refuses.
var unpublished = payment.Card{Brand: payment.Visa, First6: "411111", Last4: "1111"}

// draw invents a holder with a card from the ranges that is valid at a time.
func draw(rnd *rand.Rand, bins []bin, at time.Time) holder {
	b := bins[rnd.IntN(len(bins))]
	return holder{
		bin: b,
		card: payment.Card{
			Brand: b.brand, First6: fmt.Sprintf("%s%02d", b.prefix, rnd.IntN(100)),
			Last4: fmt.Sprintf("%04d", rnd.IntN(10_000)), Expiry: expiry(rnd, at),
		},
		payer: drawPayer(rnd),
		ip:    drawIP(rnd),
	}
}

// expiry is a month, YYMM, one month to five years ahead.
func expiry(rnd *rand.Rand, at time.Time) string {
	y, m, _ := at.In(clock.Taipei).Date()
	return time.Date(y, m+time.Month(1+rnd.IntN(60)), 1, 0, 0, 0, 0, clock.Taipei).Format("0601")
}

var (
	lastNames  = strings.Fields("陳 林 黃 張 李 王 吳 劉 蔡 楊 許 鄭 謝 郭 洪 曾 邱 廖 賴 周 徐 蘇 葉 莊 呂 江 何 蕭 羅 高 歐陽")
	firstNames = strings.Fields("怡君 家豪 雅婷 志明 淑芬 俊傑 欣怡 建宏 詩涵 冠廷 美玲 宗翰 佳蓉 承恩 子晴 柏翰 思妤 品睿 宜庭 宥廷 心怡 明哲 曉雯 育誠")
	mailNames  = strings.Fields("amber bamboo cedar dawn ember fern ginger hazel iris jade kelp linden maple nori olive " +
		"pine quill reed sage tea")
)

// drawPayer invents a person. The phone is of Taiwan's mobile range, the mail
// address of a name that exists nowhere (RFC 2606).
func drawPayer(rnd *rand.Rand) payment.Payer {
	return payment.Payer{
		LastName: lastNames[rnd.IntN(len(lastNames))], FirstName: firstNames[rnd.IntN(len(firstNames))],
		Phone: fmt.Sprintf("+8869%08d", rnd.IntN(100_000_000)),
		Email: fmt.Sprintf("%s%04d@example.test", mailNames[rnd.IntN(len(mailNames))], rnd.IntN(10_000)),
	}
}

// documentationNets belong to nobody (RFC 5737).
var documentationNets = [3]string{"192.0.2.", "198.51.100.", "203.0.113."}

func drawIP(rnd *rand.Rand) string {
	return fmt.Sprintf("%s%d", documentationNets[rnd.IntN(len(documentationNets))], 1+rnd.IntN(254))
}

// weighted is one of several values with its weight.
type weighted[T any] struct {
	value  T
	weight int
}

func choose[T any](rnd *rand.Rand, from []weighted[T]) T {
	total := 0
	for _, w := range from {
		total += w.weight
	}
	at := rnd.IntN(total)
	for _, w := range from {
		if at -= w.weight; at < 0 {
			return w.value
		}
	}
	return from[0].value
}
