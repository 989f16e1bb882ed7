package web

import "github.com/memberzone/memberzone/app/payment"

// CardText names a card as its holder knows it: Visa •••• 1111.
func CardText(brand payment.Brand, last4 string) string {
	return brand.Name() + " •••• " + last4
}
