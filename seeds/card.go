package seeds

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

// holder is a cardholder with a card.
type holder struct {
	card   payment.Card // as far as it may be kept
	number secret.PAN   // invented; only its blind index is stored
	payer  payment.Payer
	ip     string
	bin    bin
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
// manual, test environment). All are Visa.
var published = map[payment.PayType]string{
	payment.PayInFull:     "4000221111111111",
	payment.PayInstalment: "4000221111111111",
	payment.PayBonus:      "4003551111111111",
}

// unpublished is a card that a test-mode store refuses.
const unpublished = "4111111111111111"

// draw invents a holder with a card from the ranges that is valid at a time.
func draw(rnd *rand.Rand, bins []bin, at time.Time) holder {
	b := bins[rnd.IntN(len(bins))]
	who := holder{bin: b}
	who.take(drawNumber(rnd, b), b.brand)
	who.card.Expiry, who.payer, who.ip = expiry(rnd, at), drawPayer(rnd), drawIP(rnd)
	return who
}

// take gives the holder a card by its number.
func (h *holder) take(digits string, brand payment.Brand) {
	h.number, _ = secret.ParsePAN(digits) // digits alone, 15 or 16 of them
	h.card.Brand, h.card.First6, h.card.Last4 = brand, h.number.First6(), h.number.Last4()
}

// drawNumber invents a card number of a range, its check digit right (ISO/IEC 7812-1
// annex B). American Express has 15 digits.
func drawNumber(rnd *rand.Rand, b bin) string {
	length := 16
	if b.brand == payment.Amex {
		length = 15
	}
	digits := append(make([]byte, 0, length), b.prefix...)
	for drawn := rnd.Uint64(); len(digits) < length-1; drawn /= 10 {
		digits = append(digits, byte('0'+drawn%10))
	}
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			d = d*2/10 + d*2%10
		}
		sum += d
	}
	return string(append(digits, byte('0'+(10-sum%10)%10)))
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
