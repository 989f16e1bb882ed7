package bank

import (
	"fmt"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// words are the bank's words for its respond codes (ISO 8583 field 39).
var words = map[string]string{
	"00": "授權成功",
	"05": "拒絕交易，請持卡人洽發卡銀行",
	"12": "無效交易",
	"14": "卡號錯誤",
	"15": "查無此發卡銀行",
	"41": "掛失卡，拒絕交易",
	"43": "失竊卡，拒絕交易",
	"51": "信用額度不足",
	"54": "卡片已過期",
	"57": "此卡不可進行此類交易",
	"61": "超過交易金額上限",
	"62": "卡片使用受限制",
	"65": "超過交易次數上限",
	"82": "交易驗證值錯誤",
	"91": "發卡銀行暫時無法服務",
	"96": "銀行系統異常",
}

const reversedWords = "交易已沖正"

// issuer is who issued a card and which bank acquires it, by the names that the
// wire gives them (the provider's manual NDNF-1.1.9, CardBank and AuthBank).
type issuer struct {
	prefix  string
	name    string // empty for a foreign card
	bank    string
	foreign bool
}

// issuers in order: the first prefix that fits counts, longer ones come first.
// The ranges are plausible, not a bank's real table.
var issuers = []issuer{
	{"424242", "", "NCCC", true},
	{"400005", "", "NCCC", true},
	{"510510", "", "NCCC", true},
	{"222300", "", "NCCC", true},
	{"356600", "", "NCCC", true},
	{"411111", "Esun", "Esun", false},
	{"555555", "Taishin", "Taishin", false},
	{"401288", "CTBC", "CTBC", false},
	{"353011", "CathayBK", "CathayBK", false},
	{"400000", "Fubon", "Fubon", false},
	{"45", "SinoPac", "SinoPac", false},
	{"49", "UBOT", "UBOT", false},
	{"52", "CTBC", "CTBC", false},
	{"54", "FirstBank", "NCCC", false},
	{"35", "CathayBK", "NCCC", false},
	{"34", "CathayBK", "NCCC", false},
	{"37", "CathayBK", "NCCC", false},
	{"62", "SKBank", "NCCC", false},
	{"2", "Taishin", "Taishin", false},
	{"4", "Esun", "Esun", false},
	{"5", "Taishin", "Taishin", false},
}

// What single cards do (the product's table of demo cards).
const (
	cardRefused   = "4000000000000002"
	cardNoCredit  = "4000000000009995"
	cardNoAnswer  = "4000000000000119"
	cardWithBonus = "4012888888881881"
)

const (
	bonusShare      = 10 // points pay a tenth of the amount …
	bonusMax        = money.TWD(500)
	declineByAmount = money.TWD(99_900)
)

var instalmentTerms = map[int]bool{0: true, 3: true, 6: true, 8: true, 12: true, 18: true, 24: true, 30: true}

// decide is the issuer's decision, by the rules of the package comment. It
// depends on its arguments alone.
func decide(q request, f face, now time.Time) answer {
	card, _ := issuerOf(f.First6)
	a := answer{
		RequestID: q.RequestID, Status: Declined, Amount: q.Amount,
		Bank: card.bank, Issuer: card.name, Foreign: card.foreign,
	}
	switch code := refusal(q, f, now); {
	case code != "":
		a.RespondCode = code
	default:
		a.Status, a.RespondCode = Approved, "00"
		if q.Bonus {
			a.BonusPaid = q.Amount - min(q.Amount/bonusShare, bonusMax)
		}
	}
	a.Message = words[a.RespondCode]
	return a
}

// face is all that a decision needs to know of a card. It is kept for the cards behind
// network tokens, whose numbers are not.
type face struct {
	First6 string `json:"first6"`
	Last4  string `json:"last4"`
	Luhn   bool   `json:"luhn"`
	Does   string `json:"does,omitempty"` // what a single card does, by the table above
}

// What single cards do, where a face tells of it.
const (
	doesRefuse   = "refused"
	doesNoCredit = "no_credit"
	doesNoAnswer = "no_answer"
	doesBonus    = "bonus"
)

var singleCards = map[string]string{
	cardRefused: doesRefuse, cardNoCredit: doesNoCredit, cardNoAnswer: doesNoAnswer, cardWithBonus: doesBonus,
}

func faceOf(pan secret.PAN) face {
	return face{First6: pan.First6(), Last4: pan.Last4(), Luhn: pan.Luhn(), Does: singleCards[pan.Expose()]}
}

// refusal gives the code of a refusal, empty when the card may be charged.
func refusal(q request, f face, now time.Time) string {
	card, known := issuerOf(f.First6)
	switch {
	case !f.Luhn:
		return "14"
	case !known:
		return "15"
	case f.Does == doesRefuse:
		return "05"
	case f.Does == doesNoCredit:
		return "51"
	case expired(q.Expiry, now):
		return "54"
	case codeOfAmount(q.Amount) != "":
		return codeOfAmount(q.Amount)
	case !instalmentTerms[q.Instalments], q.Bonus && q.Instalments > 0:
		return "12"
	case q.Instalments > 0 && card.foreign, q.Bonus && f.Does != doesBonus:
		return "57"
	}
	return ""
}

// issuerOf gives the issuer of a card by its first digits, six or more. Nobody has issued
// what is in a network's own ranges.
func issuerOf(digits string) (issuer, bool) {
	for _, bin := range tokenBINs {
		if strings.HasPrefix(digits, bin) {
			return issuer{bank: "NCCC"}, false
		}
	}
	for _, i := range issuers {
		if strings.HasPrefix(digits, i.prefix) {
			return i, true
		}
	}
	return issuer{bank: "NCCC"}, false
}

// codeOfAmount gives the code that an amount asks for, empty for most.
func codeOfAmount(amount money.TWD) string {
	code := fmt.Sprintf("%02d", int64(amount%100))
	if amount <= declineByAmount || amount > declineByAmount+99 || words[code] == "" {
		return ""
	}
	return code
}

// expired tells that the card's last month (YYMM) is over in Taipei.
func expired(expiry string, now time.Time) bool {
	month, err := time.ParseInLocation("0601", expiry, clock.Taipei)
	return err != nil || !now.Before(month.AddDate(0, 1, 0))
}
