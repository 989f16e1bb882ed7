package payment

import (
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
)

// Brand is a card scheme.
type Brand string

// The brands. The empty brand is one we do not know.
const (
	Visa       Brand = "visa"
	Mastercard Brand = "mastercard"
	JCB        Brand = "jcb"
	Amex       Brand = "amex"
	UnionPay   Brand = "unionpay"
)

// brandNames are the schemes' own names.
var brandNames = map[Brand]string{
	Visa: "Visa", Mastercard: "Mastercard", JCB: "JCB", Amex: "American Express", UnionPay: "UnionPay",
}

// Name is the scheme's own name, such as American Express; empty for a brand that we do
// not know.
func (b Brand) Name() string { return brandNames[b] }

// BrandOf recognises a card's scheme by its first digits and its length
// (ISO/IEC 7812 ranges); empty if it is none that we accept.
func BrandOf(pan secret.PAN) Brand {
	digits := pan.Expose()
	if len(digits) < 12 {
		return ""
	}
	prefix, err := strconv.Atoi(digits[:4])
	if err != nil {
		return ""
	}
	switch n := len(digits); {
	case digits[0] == '4' && (n == 13 || n == 16 || n == 19):
		return Visa
	case n == 16 && (prefix >= 5100 && prefix <= 5599 || prefix >= 2221 && prefix <= 2720):
		return Mastercard
	case n >= 16 && prefix >= 3528 && prefix <= 3589:
		return JCB
	case n == 15 && (prefix/100 == 34 || prefix/100 == 37):
		return Amex
	case n >= 16 && prefix/100 == 62:
		return UnionPay
	}
	return ""
}

// publishedTestCards are the only cards that a test-mode store accepts (the
// provider's manual, test environment). Two of them fail the Luhn check.
var publishedTestCards = map[string]bool{
	"4000221111111111": true, // in full and instalments
	"4003551111111111": true, // bonus points
	"376000000000006":  true, // American Express
}

// IsPublishedTestCard tells that a test-mode store accepts the card.
func IsPublishedTestCard(pan secret.PAN) bool { return publishedTestCards[pan.Expose()] }

// cardExpired tells that the card's last month is over in Taipei. The expiry is
// YYMM; a text that is no month counts as expired.
func cardExpired(expiry string, now time.Time) bool {
	t, err := time.ParseInLocation("0601", expiry, clock.Taipei)
	if err != nil {
		return true
	}
	return !now.Before(t.AddDate(0, 1, 0))
}
