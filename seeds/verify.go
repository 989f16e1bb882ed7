package seeds

import (
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
)

// Why a generated attempt took its way, beside the payment core's own reasons.
const (
	reasonThreeD          payment.RouteReason = "store_3d"         // a 3D store
	reasonP3D             payment.RouteReason = "p3d"              // a non-3D store that sent P3D=1
	reasonNonThreeD       payment.RouteReason = "store_not_3d"     // a non-3D store, P3D≠1
	reasonMethod          payment.RouteReason = "pay_method"       // a wallet, where the device verified before, or 銀聯卡
	reasonPasskey         payment.RouteReason = "passkey"          // the card has a Passkey
	reasonPasskeyFirst    payment.RouteReason = "passkey_first"    // OTP, then a Passkey was made
	reasonPasskeyDeclined payment.RouteReason = "passkey_declined" // offered, OTP was chosen
	reasonPasskeyBrand    payment.RouteReason = "passkey_brand"    // Passkey is for Visa and Mastercard
)

// way is how a payment is verified.
type way struct {
	route  payment.Route
	threeD bool // 3-D Secure with an OTP took place
	bind   bool // Token綁定
	charge bool // Token交易
}

// verify draws the way of a payment by the table of stores, P3D and Passkey, and
// the holder: a card that is bound already comes back with its own.
func (g *generator) verify(s *site, p payment.PayType, at time.Time) (way, holder) {
	who := draw(g.rnd, binsOf(p), at)
	switch {
	case s.store.Mode == member.Test:
		who.take(published[p], payment.Visa)
		return way{route: payment.Route{Verification: payment.Unverified, Reason: payment.ReasonTestMode}}, who
	case isWallet(p), p == payment.PayUnionPay:
		return way{route: payment.Route{Verification: payment.Unverified, Reason: reasonMethod}}, who
	case !s.store.ThreeD && g.rnd.IntN(100) >= 30: // most merchants of such stores send no P3D
		return way{route: payment.Route{Verification: payment.Unverified, Reason: reasonNonThreeD}}, who
	}
	otp := way{route: payment.Route{Verification: payment.VerifiedOTP, Reason: reasonThreeD}, threeD: true}
	if !s.store.ThreeD {
		otp.route.Reason = reasonP3D
	}
	if !s.store.Passkey {
		return otp, who
	}
	if who.card.Brand != payment.Visa && who.card.Brand != payment.Mastercard {
		otp.route.Reason = reasonPasskeyBrand
		return otp, who
	}
	if p == payment.PayForeign || g.rnd.IntN(100) >= 55 {
		otp.route.Reason = reasonPasskeyDeclined
		return otp, who
	}
	return g.passkeyWay(s, who, at)
}

// passkeyWay is a Passkey payment: the first one of a card asks for an OTP, binds
// and charges; every later one only charges, and no 3-D Secure takes place.
func (g *generator) passkeyWay(s *site, who holder, at time.Time) (way, holder) {
	if n := len(s.bound); n > 0 && g.rnd.IntN(100) < 70 {
		known := g.rnd.IntN(n)
		if s.bound[known].card.Expiry >= at.In(clock.Taipei).Format("0601") {
			return way{
				route:  payment.Route{Verification: payment.VerifiedPasskey, Reason: reasonPasskey},
				charge: true,
			}, s.bound[known]
		}
		s.bound = append(s.bound[:known], s.bound[known+1:]...) // the card has run out
	}
	return way{
		route:  payment.Route{Verification: payment.VerifiedPasskey, Reason: reasonPasskeyFirst},
		threeD: true, bind: true, charge: true,
	}, who
}

// unpaid is the same way for a payment that was not charged: a card that was to
// be bound was verified by the OTP alone.
func (w way) unpaid() way {
	if w.bind {
		w.route = payment.Route{Verification: payment.VerifiedOTP, Reason: reasonPasskeyDeclined}
	}
	return w
}

// eci is the electronic commerce indicator of a full 3-D Secure authentication:
// 2 for Mastercard, 5 for the others; empty where none took place.
func (w way) eci(b payment.Brand) string {
	switch {
	case !w.threeD:
		return ""
	case b == payment.Mastercard:
		return "2"
	default:
		return "5"
	}
}

func binsOf(p payment.PayType) []bin {
	switch {
	case p == payment.PayForeign:
		return foreignBins
	case p == payment.PayUnionPay:
		return unionPayBins
	case isWallet(p):
		return walletBins
	default:
		return domesticBins
	}
}
