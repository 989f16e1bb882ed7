package shop

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/shop"
)

// serveConfirm is the shop's own page that asks for the card's Passkey by Secure Payment Confirmation.
func (s *Shop) serveConfirm(w http.ResponseWriter, r *http.Request) {
	o, found := s.orders.find(r.PathValue("order_no"))
	if !found || len(o.passkey) == 0 {
		http.Redirect(w, r, "/orders", http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Security-Policy", s.policy+"; connect-src 'self'")
	here := "/backend/" + o.number
	s.show(r.Context(), w, http.StatusOK, shop.Confirm(shop.ConfirmPage{
		OrderNo: o.number, Amount: o.amount.Display(), Passkey: string(o.passkey), Verify: here + "/verify",
		Frame: here + "/frame",
	}))
}

// serveFrame is the shop's page with the relying party's page in a frame.
func (s *Shop) serveFrame(w http.ResponseWriter, r *http.Request) {
	o, found := s.orders.find(r.PathValue("order_no"))
	var offer struct{ FrameURL string }
	if !found || json.Unmarshal(o.passkey, &offer) != nil {
		http.Redirect(w, r, "/orders", http.StatusSeeOther)
		return
	}
	u, err := url.Parse(offer.FrameURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		http.Redirect(w, r, "/backend/"+o.number+"/page", http.StatusSeeOther)
		return
	}
	relyingParty := u.Scheme + "://" + u.Host
	w.Header().Set("Content-Security-Policy", s.policy+"; frame-src "+relyingParty)
	s.show(r.Context(), w, http.StatusOK, shop.Frame(shop.FramePage{
		OrderNo: o.number, Amount: o.amount.Display(), Address: offer.FrameURL, Origin: relyingParty,
		Done: "/orders/" + o.number + "?query=1", Other: "/backend/" + o.number + "/page",
	}))
}

// servePage hands the gateway's page to the cardholder's browser as it came. Its script is its own: the shop's policy
// would stop it, and leave its button.
func (s *Shop) servePage(w http.ResponseWriter, r *http.Request) {
	o, found := s.orders.find(r.PathValue("order_no"))
	if !found || o.page == "" {
		http.Redirect(w, r, "/orders", http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; script-src 'unsafe-inline'; form-action "+s.gateway+"; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, o.page)
}

// serveVerify hands what the browser signed back to the gateway, or why it did not. A script is told in JSON where to
// go on.
func (s *Shop) serveVerify(w http.ResponseWriter, r *http.Request) {
	o, found := s.orders.find(r.PathValue("order_no"))
	var offer struct{ RequestToken string }
	if !found || json.Unmarshal(o.passkey, &offer) != nil {
		http.Redirect(w, r, "/orders", http.StatusSeeOther)
		return
	}
	inner := []wire.Pair{
		{Name: "MerchantID", Value: o.store.merchantID},
		{Name: "TimeStamp", Value: s.timeStamp()},
		{Name: "Version", Value: "2.5"},
		{Name: "MerchantOrderNo", Value: o.number},
		{Name: "RequestToken", Value: offer.RequestToken},
	}
	if assertion := r.PostFormValue("assertion"); assertion != "" {
		inner = append(inner, wire.Pair{Name: "Assertion", Value: assertion})
	} else {
		inner = append(inner, wire.Pair{Name: "FallBack", Value: r.PostFormValue("why")})
	}
	next := "/backend/" + o.number + "/page"
	t, err := s.call(r.Context(), o.store, verifyPath, inner)
	if err != nil {
		s.log.WarnContext(r.Context(), "shop: PasskeyVerify", "error", err)
	} else {
		s.take(o.number, t)
		next = t.next(o.number)
	}
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"next": next, "paid": t.status == string(wire.Success)})
}
