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
	"GET /":                                                   "public",
	"GET /checkout/:token":                                    "public",
	"GET /healthz":                                            "public",
	"GET /link/:token":                                        "public",
	"GET /login":                                              "public",
	"GET /member":                                             "signed in",
	"GET /member/account":                                     "signed in",
	"GET /member/center/access-review":                        "enterprise owner",
	"GET /member/center/assistants":                           "enterprise owner",
	"GET /member/center/assistants/:account":                  "enterprise owner",
	"GET /member/center/assistants/new":                       "enterprise owner",
	"GET /member/center/audit":                                "owner",
	"GET /member/center/audit/export":                         "owner",
	"GET /member/center/requests":                             "enterprise owner",
	"GET /member/notices":                                     "signed in",
	"GET /member/passkey/applications":                        "owner",
	"GET /member/passkey/applications/:application":           "owner",
	"GET /member/passkey/applications/new":                    "owner",
	"GET /member/passkey/lab":                                 "screen token_stats",
	"GET /member/passkey/stats":                               "screen token_stats",
	"GET /member/passkey/stats/export":                        "screen token_stats",
	"GET /member/sales/credit-cards":                          "screen card_trade_list",
	"GET /member/sales/credit-cards/:trade_no":                "screen card_trade_page",
	"GET /member/sales/credit-cards/:trade_no/:action":        "screen card_trade_act",
	"GET /metrics":                                            "public",
	"GET /readyz":                                             "public",
	"GET /recovery":                                           "public",
	"GET /support":                                            "staff console_home",
	"GET /support/account":                                    "staff console_home",
	"GET /support/login":                                      "public",
	"GET /support/recovery":                                   "public",
	"POST /API/CreditCard":                                    "wire API",
	"POST /API/CreditCard/PasskeyVerify":                      "wire API",
	"POST /API/CreditCard/Cancel":                             "wire API",
	"POST /API/CreditCard/Close":                              "wire API",
	"POST /API/QueryTradeInfo":                                "wire API",
	"POST /MPG/mpg_gateway":                                   "wire API",
	"POST /checkout/:token/arrive":                            "public",
	"POST /checkout/:token":                                   "public",
	"POST /link/:token":                                       "public",
	"POST /link/:token/passkey":                               "public",
	"POST /login":                                             "public",
	"POST /login/passkey":                                     "public",
	"POST /login/passkey/finish":                              "public",
	"POST /logout":                                            "public",
	"POST /member/notices/:notice/read":                       "signed in",
	"POST /member/notices/read":                               "signed in",
	"POST /member/passkey/applications/:application/answer":   "owner",
	"POST /member/passkey/applications/:application/withdraw": "owner",
	"POST /member/passkey/applications/new":                   "owner",
	"POST /member/account/passkeys":                           "signed in",
	"POST /member/account/passkeys/:passkey/remove":           "signed in, stepped up",
	"POST /member/account/passkeys/:passkey/rename":           "signed in",
	"POST /member/account/passkeys/new":                       "signed in, stepped up",
	"POST /member/account/password":                           "signed in",
	"POST /member/account/password/link":                      "signed in",
	"POST /member/account/sessions/:session/end":              "signed in",
	"POST /member/account/sessions/end-others":                "signed in",
	"POST /member/center/assistants":                          "enterprise owner, stepped up",
	"POST /member/center/assistants/:account":                 "enterprise owner",
	"POST /member/center/assistants/:account/invite":          "enterprise owner, stepped up",
	"POST /member/center/assistants/:account/remove":          "enterprise owner, stepped up",
	"POST /member/center/assistants/:account/reset-password":  "enterprise owner, stepped up",
	"POST /member/center/assistants/:account/resume":          "enterprise owner, stepped up",
	"POST /member/center/assistants/:account/save":            "enterprise owner, stepped up",
	"POST /member/center/assistants/:account/suspend":         "enterprise owner, stepped up",
	"POST /member/center/assistants/:account/view-as":         "enterprise owner",
	"POST /member/center/assistants/new":                      "enterprise owner",
	"POST /member/center/requests/:request/grant":             "enterprise owner, stepped up",
	"POST /member/center/requests/:request/refuse":            "enterprise owner",
	"POST /member/permission-requests":                        "signed in",
	"POST /member/sales/credit-cards/:trade_no/:action":       "screen card_trade_act, stepped up",
	"POST /member/sales/credit-cards/card":                    "screen card_trade_list",
	"POST /member/sales/credit-cards/columns":                 "screen card_trade_list",
	"POST /member/sales/credit-cards/views":                   "screen card_trade_list",
	"POST /member/view-as/end":                                "viewer",
	"POST /recovery":                                          "public",
	"POST /support/account/passkeys":                          "staff console_home",
	"POST /support/account/passkeys/:passkey/remove":          "staff console_home, stepped up",
	"POST /support/account/passkeys/:passkey/rename":          "staff console_home",
	"POST /support/account/passkeys/new":                      "staff console_home, stepped up",
	"POST /support/account/password":                          "staff console_home",
	"POST /support/account/password/link":                     "staff console_home",
	"POST /support/account/sessions/:session/end":             "staff console_home",
	"POST /support/account/sessions/end-others":               "staff console_home",
	"POST /sms/receipts":                                      "wire API",
	"POST /support/login":                                     "public",
	"POST /support/login/passkey":                             "public",
	"POST /support/login/passkey/finish":                      "public",
	"POST /support/recovery":                                  "public",

	"GET /member/sales/credit-cards/export":                   "screen card_trade_export",
	"GET /member/sales/credit-cards/exports":                  "screen card_trade_export",
	"GET /member/sales/credit-cards/exports/:export":          "screen card_trade_export",
	"GET /member/sales/credit-cards/exports/:export/file":     "screen card_trade_export",
	"GET /member/sales/credit-cards/exports/:export/manifest": "screen card_trade_export",
	"POST /member/sales/credit-cards/export":                  "screen card_trade_export",

	"GET /member/center/approvals":                                 "enterprise owner",
	"GET /member/center/stores/:merchant_id":                       "owner",
	"GET /member/sales/credit-cards/act":                           "screen card_trade_act",
	"GET /member/sales/credit-cards/approvals":                     "screen card_trade_act",
	"GET /member/sales/credit-cards/approvals/:approval":           "screen card_trade_act",
	"POST /member/center/approvals":                                "enterprise owner, stepped up",
	"POST /member/center/stores/:merchant_id/auto-capture":         "owner, stepped up",
	"POST /member/center/stores/:merchant_id/passkey-lab":          "owner, stepped up",
	"POST /member/sales/credit-cards/act":                          "screen card_trade_act, stepped up",
	"POST /member/sales/credit-cards/approvals/:approval/approve":  "screen card_trade_act, stepped up",
	"POST /member/sales/credit-cards/approvals/:approval/refuse":   "screen card_trade_act",
	"POST /member/sales/credit-cards/approvals/:approval/withdraw": "screen card_trade_act",

	"GET /member/sales/credit-cards/:trade_no/evidence":         "screen card_trade_page",
	"POST /member/sales/credit-cards/:trade_no/evidence/verify": "screen card_trade_page",

	"GET /passkey":                           "public",
	"GET /passkey/apply":                     "public",
	"GET /passkey/progress":                  "public",
	"GET /passkey/progress/:token":           "public",
	"GET /passkey/sent":                      "public",
	"GET /privacy":                           "public",
	"POST /passkey/apply":                    "public",
	"POST /passkey/progress":                 "public",
	"POST /passkey/progress/:token/answer":   "public",
	"POST /passkey/progress/:token/withdraw": "public",
	"GET /passkeys":                          "public",
	"GET /passkeys/:token":                   "public",
	"POST /passkeys":                         "public",
	"POST /passkeys/:token/remove":           "public",

	"GET /passkey/:ref":                "public",
	"POST /checkout/:token/choice":     "public",
	"POST /checkout/:token/otp":        "public",
	"POST /checkout/:token/otp/resend": "public",
	"POST /passkey/:ref":               "public",
	"POST /passkey/:ref/begin":         "public",
	"POST /passkey/:ref/finish":        "public",
	"POST /spc-auth-request/:ref":      "public",
	"POST /spc-auth-response/:ref":     "public",
}

func TestEveryRouteOfTheProgramNamesItsGate(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for _, route := range apptest.New(t).Routes() {
		if !route.Gated || route.Gate == (permit.Gate{}) {
			t.Errorf("%s %s names no gate", route.Method, route.Path)
		}
		if route.Gate.NeedsStepUp() && route.Method != http.MethodPost {
			t.Errorf("%s %s asks for a proof of identity, which only a post can bring", route.Method, route.Path)
		}
		if route.Method != http.MethodHead {
			found[route.Method+" "+route.Path] = route.Gate.String()
		}
	}
	want := maps.Clone(gates)
	maps.Copy(want, consoleGates)
	if !maps.Equal(found, want) {
		t.Errorf("the routes are\n%v\nand should be\n%v",
			slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(want)))
	}
}
