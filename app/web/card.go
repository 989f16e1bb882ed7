package web

import "github.com/memberzone/memberzone/app/payment"

// brandNames are the schemes' own names.
var brandNames = map[payment.Brand]string{
	payment.Visa: "Visa", payment.Mastercard: "Mastercard", payment.JCB: "JCB",
	payment.Amex: "American Express", payment.UnionPay: "UnionPay",
}

// CardText names a card as its holder knows it: Visa •••• 1111.
func CardText(brand payment.Brand, last4 string) string {
	return brandNames[brand] + " •••• " + last4
}
