package payment_test

import (
	"testing"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

func TestBrandOf(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]payment.Brand{
		"4111111111111111":    payment.Visa,
		"4222222222222":       payment.Visa,
		"41111111111111":      "",
		"5555555555554444":    payment.Mastercard,
		"5100000000000000":    payment.Mastercard,
		"2221000000000000":    payment.Mastercard,
		"2720990000000000":    payment.Mastercard,
		"2721000000000000":    "",
		"5600000000000000":    "",
		"3530111333300000":    payment.JCB,
		"3527000000000000":    "",
		"3589000000000000":    payment.JCB,
		"376000000000006":     payment.Amex,
		"3760000000000006":    "",
		"341111111111111":     payment.Amex,
		"6212345678901232":    payment.UnionPay,
		"6011000000000000":    "",
		"1234567890123456":    "",
		"4111111111111111111": payment.Visa,
	} {
		pan, err := secret.ParsePAN(number)
		if err != nil {
			t.Fatalf("%s: %v", number, err)
		}
		if got := payment.BrandOf(pan); got != want {
			t.Errorf("BrandOf(%s) = %q, want %q", number, got, want)
		}
	}
	if got := payment.BrandOf(secret.PAN{}); got != "" {
		t.Errorf("the empty number is a %q", got)
	}
}
