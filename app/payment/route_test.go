package payment_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
)

// able is a device with a Passkey authenticator.
var able = payment.Device{WebAuthn: true, UVPA: true, SPC: "available"}

// best are the facts under which a Passkey is used.
func best() payment.Facts {
	return payment.Facts{
		ThreeD: true, Passkey: true, Mode: member.Live, API: payment.Hosted, Version: "2.0", Brand: payment.Visa,
		Device: able, HasCredential: true, PhoneMatches: true,
	}
}

// The table of stores, Passkey and P3D (the provider's manual on P3D and Passkey).
func TestTheTableOfStoresPasskeyAndP3D(t *testing.T) {
	t.Parallel()
	const threeD, passkey, none = payment.VerifiedOTP, payment.VerifiedPasskey, payment.Unverified
	for _, row := range []struct {
		threeD, passkey, p3d bool
		want                 payment.Verification
	}{
		{true, false, true, threeD},
		{true, false, false, threeD},
		{true, true, true, passkey},
		{true, true, false, passkey},
		{false, false, true, threeD},
		{false, false, false, none},
		{false, true, true, passkey},
		{false, true, false, none},
	} {
		f := best()
		f.ThreeD, f.Passkey, f.P3D = row.threeD, row.passkey, row.p3d
		if got := payment.ChooseRoute(f); got.Verification != row.want {
			t.Errorf("3D store %v, Passkey %v, P3D %v: %+v, want %s", row.threeD, row.passkey, row.p3d, got, row.want)
		}
	}
}

func TestWhyARouteIsChosen(t *testing.T) {
	t.Parallel()
	otp := func(why payment.RouteReason) payment.Route {
		return payment.Route{Verification: payment.VerifiedOTP, Reason: why}
	}
	for _, tt := range []struct {
		name   string
		change func(*payment.Facts)
		want   payment.Route
	}{
		{"all is well", func(*payment.Facts) {}, payment.Route{
			Verification: payment.VerifiedPasskey, Bind: true, Reason: payment.ReasonHasCredential,
		}},
		{"no Passkey of the card yet", func(f *payment.Facts) { f.HasCredential = false }, payment.Route{
			Verification: payment.VerifiedOTP, Bind: true, Reason: payment.ReasonNoCredential,
		}},
		{"test environment", func(f *payment.Facts) { f.Mode = member.Test }, payment.Route{
			Verification: payment.Unverified, Reason: payment.ReasonTestMode,
		}},
		{"non-3D", func(f *payment.Facts) { f.ThreeD = false }, payment.Route{
			Verification: payment.Unverified, Reason: payment.ReasonNotAsked,
		}},
		{"no Passkey服務", func(f *payment.Facts) { f.Passkey = false }, otp(payment.ReasonPasskeyOff)},
		{"hosted 1.6", func(f *payment.Facts) { f.Version = "1.6" }, otp(payment.ReasonVersionTooOld)},
		{
			"server 2.4", func(f *payment.Facts) { f.API, f.Version = payment.Server, "2.4" },
			otp(payment.ReasonVersionTooOld),
		},
		{"no version", func(f *payment.Facts) { f.Version = "" }, otp(payment.ReasonVersionTooOld)},
		{"JCB", func(f *payment.Facts) { f.Brand = payment.JCB }, otp(payment.ReasonBrandUnsupported)},
		{"American Express", func(f *payment.Facts) { f.Brand = payment.Amex }, otp(payment.ReasonBrandUnsupported)},
		{"銀聯卡", func(f *payment.Facts) { f.Brand = payment.UnionPay }, otp(payment.ReasonBrandUnsupported)},
		{"no scripts", func(f *payment.Facts) { f.Device = payment.Device{} }, otp(payment.ReasonDeviceUnsupported)},
		{"no authenticator", func(f *payment.Facts) { f.Device.UVPA = false }, otp(payment.ReasonDeviceUnsupported)},
		{"no WebAuthn", func(f *payment.Facts) { f.Device.WebAuthn = false }, otp(payment.ReasonDeviceUnsupported)},
		{"another phone", func(f *payment.Facts) { f.PhoneMatches = false }, otp(payment.ReasonPhoneMismatch)},
	} {
		f := best()
		tt.change(&f)
		if got := payment.ChooseRoute(f); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	for _, fine := range []func(*payment.Facts){
		func(f *payment.Facts) { f.Version = "2.3" }, func(f *payment.Facts) { f.Version = "3.0" },
		func(f *payment.Facts) { f.API, f.Version = payment.Server, "2.5" },
		func(f *payment.Facts) { f.Brand = payment.Mastercard },
		func(f *payment.Facts) { f.Device.SPC = "unavailable-feature-not-enabled" },
	} {
		f := best()
		fine(&f)
		if got := payment.ChooseRoute(f); got.Verification != payment.VerifiedPasskey {
			t.Errorf("%+v: %+v", f, got)
		}
	}
}

// Whatever the facts: a live payment of a 3D store or with P3D=1 is verified, a test
// payment never is, and only what Passkey fits is offered one.
func TestNoRouteIsAWayAround(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		flag := func(name string) bool { return rapid.Bool().Draw(rt, name) }
		f := payment.Facts{
			ThreeD: flag("3D"), Passkey: flag("passkey"), P3D: flag("p3d"),
			Mode:    rapid.SampledFrom([]member.Mode{member.Live, member.Test}).Draw(rt, "mode"),
			API:     rapid.SampledFrom([]payment.APIKind{payment.Hosted, payment.Server}).Draw(rt, "api"),
			Version: rapid.SampledFrom([]string{"", "1.6", "2.0", "2.4", "2.5", "x"}).Draw(rt, "version"),
			Brand: rapid.SampledFrom([]payment.Brand{
				payment.Visa, payment.Mastercard, payment.JCB, payment.Amex, "",
			}).Draw(rt, "brand"),
			Device:        payment.Device{WebAuthn: flag("webauthn"), UVPA: flag("uvpa")},
			HasCredential: flag("credential"), PhoneMatches: flag("phone"),
		}
		r := payment.ChooseRoute(f)
		if must := f.Mode == member.Live && (f.ThreeD || f.P3D); must != (r.Verification != payment.Unverified) {
			rt.Fatalf("%+v: %+v", f, r)
		}
		passkey := r.Bind || r.Verification == payment.VerifiedPasskey
		brand := f.Brand == payment.Visa || f.Brand == payment.Mastercard
		if passkey && (!f.Passkey || !f.Device.Able() || !f.PhoneMatches || !brand) {
			rt.Fatalf("%+v: %+v", f, r)
		}
		if r.Verification == payment.VerifiedPasskey && !f.HasCredential || r.Reason == "" {
			rt.Fatalf("%+v: %+v", f, r)
		}
	})
}

func TestECIFollowsTheBrand(t *testing.T) {
	t.Parallel()
	for brand, want := range map[payment.Brand]string{
		payment.Visa: "5", payment.JCB: "5", payment.Amex: "5", payment.Mastercard: "2",
	} {
		for _, v := range []payment.Verification{payment.VerifiedOTP, payment.VerifiedPasskey} {
			if got := v.ECI(brand); got != want {
				t.Errorf("%s by %s: %q", brand, v, got)
			}
		}
		if got := payment.Unverified.ECI(brand); got != "" {
			t.Errorf("%s unverified: %q", brand, got)
		}
	}
}
