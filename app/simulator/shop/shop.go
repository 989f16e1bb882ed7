package shop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/static"
)

// Store is a store that the shop can sell through, as the merchant's console
// shows it.
type Store struct {
	Name       string
	MerchantID string
	HashKey    secret.String
	HashIV     secret.String
}

// Options of a Shop. All but Client are required.
type Options struct {
	GatewayURL string // origin of the gateway, such as http://localhost:8080
	PublicURL  string // origin of the shop, as the browser and the gateway reach it
	Stores     []Store
	Clock      clock.Clock
	Log        *slog.Logger
	Client     *http.Client // for QueryTradeInfo; nil for one that waits 5 seconds
}

// The addresses of the wire API (the provider's manual NDNF-1.1.9 §4).
const (
	paymentPath = "/MPG/mpg_gateway"
	queryPath   = "/API/QueryTradeInfo"
)

// queryTimeout is the longest wait for a query's answer: a page waits for it.
const queryTimeout = 5 * time.Second

// Shop is the merchant's site. It is safe for concurrent use.
type Shop struct {
	gateway string
	public  string
	stores  []store
	clock   clock.Clock
	log     *slog.Logger
	client  *http.Client
	policy  string
	orders  *orders
}

// store is a Store with its keys ready.
type store struct {
	name       string
	merchantID string
	keys       wire.Keys
}

// New opens the shop. It refuses addresses that are no origin, and stores
// without keys.
func New(o Options) (*Shop, error) {
	if o.Clock == nil || o.Log == nil || len(o.Stores) == 0 {
		return nil, errors.New("shop: Stores, Clock and Log are required")
	}
	gateway, err := origin(o.GatewayURL)
	if err != nil {
		return nil, fmt.Errorf("shop: GatewayURL: %w", err)
	}
	public, err := origin(o.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("shop: PublicURL: %w", err)
	}
	s := &Shop{
		gateway: gateway, public: public, clock: o.Clock, log: o.Log, client: o.Client, orders: newOrders(),
		// The payment form goes to the gateway, which leads the browser on within its own origin.
		policy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
			"form-action 'self' " + gateway + "; frame-ancestors 'none'; base-uri 'none'",
	}
	if s.client == nil {
		s.client = &http.Client{Timeout: queryTimeout}
	}
	for _, one := range o.Stores {
		if one.MerchantID == "" || one.HashKey.IsEmpty() || one.HashIV.IsEmpty() {
			return nil, fmt.Errorf("shop: store %q has no MerchantID or no keys", one.MerchantID)
		}
		s.stores = append(s.stores, store{
			name: one.Name, merchantID: one.MerchantID,
			keys: wire.NewKeys(wire.KeyPair{HashKey: one.HashKey.Expose(), HashIV: one.HashIV.Expose()}),
		})
	}
	return s, nil
}

// origin checks that a text is scheme and host, and drops a slash at the end.
func origin(text string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" {
		return "", fmt.Errorf("%q is not like http://localhost:8080", text)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Handler serves the site.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /{$}", s.serveProduct)
	mux.HandleFunc("GET /orders", s.serveOrders)
	mux.HandleFunc("GET /orders/{order_no}", s.serveOrder)
	// Only these two take what the gateway sends, the browser's post from another
	// origin among it.
	mux.HandleFunc("POST /return", s.serveReturn)
	mux.HandleFunc("POST /notify", s.serveNotify)
	own := http.NewCrossOriginProtection()
	mux.Handle("POST /pay", own.Handler(http.HandlerFunc(s.servePay)))
	mux.HandleFunc("GET /backend", s.serveBackend)
	mux.HandleFunc("GET /backend/{order_no}", s.serveConfirm)
	mux.HandleFunc("GET /backend/{order_no}/frame", s.serveFrame)
	mux.HandleFunc("GET /backend/{order_no}/page", s.servePage)
	mux.Handle("POST /backend/pay", own.Handler(http.HandlerFunc(s.servePayByCard)))
	mux.Handle("POST /backend/{order_no}/verify", own.Handler(http.HandlerFunc(s.serveVerify)))
	mux.Handle("POST /notify-failures", own.Handler(http.HandlerFunc(s.serveFailures)))
	return s.guarded(mux)
}

// guarded sets the headers that every answer carries.
func (s *Shop) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", s.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, wire.MaxFormBytes)
		next.ServeHTTP(w, r)
	})
}

// show writes a page whole, or an error in its place.
func (s *Shop) show(ctx context.Context, w http.ResponseWriter, status int, page templ.Component) {
	var html bytes.Buffer
	if err := page.Render(ctx, &html); err != nil {
		s.log.ErrorContext(ctx, "shop: render", "error", err)
		http.Error(w, "頁面無法顯示，請稍後再試。", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes())
}

func (s *Shop) storeOf(merchantID string) (store, bool) {
	for _, one := range s.stores {
		if one.merchantID == merchantID {
			return one, true
		}
	}
	return store{}, false
}
