package cardholder

import (
	"fmt"
	"strings"
)

// compare checks that the browser showed what was to be shown (SPC, Verifying an
// Authentication Assertion, on step 13 of WebAuthn Level 3 §7.2). Strings are compared
// byte for byte: origins come from browsers in one spelling, without a path.
func (r Request) compare(shown *paid) error {
	if shown == nil {
		return fmt.Errorf("no payment in the client data")
	}
	rpID := shown.RPID
	if rpID == "" {
		rpID = shown.RP
	} else if shown.RP != "" && shown.RP != rpID {
		return fmt.Errorf("payment.rpId %q, payment.rp %q", rpID, shown.RP)
	}
	icon := shown.Instrument.Icon
	if icon == "" && !r.Instrument.IconMustBeShown {
		icon = r.Instrument.Icon // the browser may leave it out, and signs that it did
	}
	for _, member := range []struct{ name, got, want string }{
		{"rpId", rpID, r.RPID},
		{"topOrigin", shown.TopOrigin, r.TopOrigin},
		{"total.currency", shown.Total.Currency, r.Total.Currency},
		{"instrument.displayName", shown.Instrument.DisplayName, r.Instrument.DisplayName},
		{"instrument.icon", icon, r.Instrument.Icon},
	} {
		if member.got != member.want {
			return fmt.Errorf("payment.%s %q, not %q", member.name, member.got, member.want)
		}
	}
	for _, member := range []struct {
		name string
		got  *string
		want string // empty: it was not sent, and must not be there
	}{
		{"payeeName", shown.PayeeName, r.PayeeName},
		{"payeeOrigin", shown.PayeeOrigin, r.PayeeOrigin},
		{"instrument.details", shown.Instrument.Details, r.Instrument.Details},
	} {
		switch {
		case member.got == nil && member.want != "":
			return fmt.Errorf("no payment.%s", member.name)
		case member.got != nil && (member.want == "" || *member.got != member.want):
			return fmt.Errorf("payment.%s %q, not %q", member.name, *member.got, member.want)
		}
	}
	if must := shown.Instrument.MustBeShown; must != nil && *must != r.Instrument.IconMustBeShown {
		return fmt.Errorf("payment.instrument.iconMustBeShown %v", *must)
	}
	if !equalDecimals(shown.Total.Value, r.Total.Value) {
		return fmt.Errorf("payment.total.value %q, not %q", shown.Total.Value, r.Total.Value)
	}
	return r.compareLogos(shown.Logos)
}

// compareLogos checks that the browser showed some of the logos, in their order. One
// that it could not load has an empty URL.
func (r Request) compareLogos(shown []Logo) error {
	sent := r.Logos
	for _, logo := range shown {
		for len(sent) > 0 && (sent[0].Label != logo.Label || logo.URL != "" && sent[0].URL != logo.URL) {
			sent = sent[1:]
		}
		if len(sent) == 0 {
			return fmt.Errorf("payment.paymentEntitiesLogos: %q was not sent, or not there", logo.Label)
		}
		sent = sent[1:]
	}
	return nil
}

// equalDecimals reports whether two decimals are the same number: 1250, 1250.00 and
// 01250 are. What is no decimal (Payment Request API, valid decimal monetary value)
// equals nothing.
func equalDecimals(a, b string) bool {
	a, aOK := shortest(a)
	b, bOK := shortest(b)
	return aOK && bOK && a == b
}

// shortest writes a decimal without sign, needless zeros and point. No amount here is
// negative: a sign makes it no decimal.
func shortest(text string) (string, bool) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if !digits(whole) || pointed && !digits(fraction) {
		return "", false
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole, true
	}
	return whole + "." + fraction, true
}

// digits reports whether text is one or more ASCII digits.
func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
