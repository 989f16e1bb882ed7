package app_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/permit"
)

// gates are all routes of the program, each with who may pass. HEAD goes with GET.
var gates = map[string]string{
	"GET /":                          "public",
	"GET /login":                     "public",
	"POST /login":                    "public",
	"POST /logout":                   "public",
	"GET /member":                    "signed in",
	"GET /member/sales/credit-cards": "screen card_trade_list",
	"GET /member/sales/credit-cards/:trade_no": "screen card_trade_page",
	"POST /MPG/mpg_gateway":                    "wire API",
	"POST /API/QueryTradeInfo":                 "wire API",
	"GET /checkout/:token":                     "public",
	"POST /checkout/:token":                    "public",
	"GET /healthz":                             "public",
	"GET /readyz":                              "public",
	"GET /metrics":                             "public",
}

func TestEveryRouteOfTheProgramNamesItsGate(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for _, route := range apptest.New(t).Routes() {
		if !route.Gated || route.Gate == (permit.Gate{}) {
			t.Errorf("%s %s names no gate", route.Method, route.Path)
		}
		if route.Method != http.MethodHead {
			found[route.Method+" "+route.Path] = route.Gate.String()
		}
	}
	if !maps.Equal(found, gates) {
		t.Errorf("the routes are\n%v\nand should be\n%v",
			slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(gates)))
	}
}
