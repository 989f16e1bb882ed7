package permit

import "unique"

// Screen is a page or action that needs a level of a unit. Which, stands in
// policies/screens.csv.
type Screen string

// The screens.
const (
	CardTradeList Screen = "card_trade_list" // 信用卡交易專用查詢
	CardTradePage Screen = "card_trade_page" // one transaction of it
	CardTradeAct  Screen = "card_trade_act"  // void, capture and refund of it, and their undoing

	CardTradeExport Screen = "card_trade_export" // the list as a file

	TokenStats Screen = "token_stats" // Passkey 統計: counts of Token綁定 and Token交易, and the funnel
)

// screens lists every screen that the program has; the policy file must name each.
var screens = []Screen{CardTradeList, CardTradePage, CardTradeAct, CardTradeExport, TokenStats}

type gateKind int

const (
	shut gateKind = iota // the zero Gate lets nobody pass
	open
	signed
	signedIn
	forScreen
	forOwner
	forEnterprise
	forStaff
	forViewer
)

// Gate says who may pass a route. A route cannot be mounted without one, and the
// zero Gate lets nobody pass.
type Gate struct {
	kind        gateKind
	screen      unique.Handle[Screen] // of a screen's gate; found faster than a text
	staffScreen StaffScreen
	steppedUp   bool
}

// Public lets everybody pass.
func Public() Gate { return Gate{kind: open} }

// WireAPI lets everybody pass to a handler of the wire API, which itself
// authenticates the store by its keys.
func WireAPI() Gate { return Gate{kind: signed} }

// SignedIn lets every signed-in account of a member pass.
func SignedIn() Gate { return Gate{kind: signedIn} }

// Owner lets the owners of members pass.
func Owner() Gate { return Gate{kind: forOwner} }

// EnterpriseOwner lets the owners of enterprise members (企業會員) pass, the only ones
// who have assistants.
func EnterpriseOwner() Gate { return Gate{kind: forEnterprise} }

// Gate lets our own staff pass whose role may open the screen.
func (s StaffScreen) Gate() Gate { return Gate{kind: forStaff, staffScreen: s} }

// Viewer lets an owner pass who looks at the pages as an assistant would: for the
// way back.
func Viewer() Gate { return Gate{kind: forViewer} }

// Gate lets accounts pass that hold the level that the screen needs.
func (s Screen) Gate() Gate { return Gate{kind: forScreen, screen: unique.Make(s)} }

// SteppedUp returns the gate that also asks for a fresh proof of identity: for
// changes of permissions, keys and money.
func (g Gate) SteppedUp() Gate {
	g.steppedUp = true
	return g
}

// NeedsActor tells that the gate opens only for a signed-in account.
func (g Gate) NeedsActor() bool { return g.kind != open && g.kind != signed }

// NeedsStepUp tells that the gate asks for a fresh proof of identity.
func (g Gate) NeedsStepUp() bool { return g.steppedUp }

// ForStaff tells that the gate is one of the support console's.
func (g Gate) ForStaff() bool { return g.kind == forStaff }

// ForViewer tells that the gate opens only while an owner looks at the pages as an
// assistant would. No other gate lets such a look change anything.
func (g Gate) ForViewer() bool { return g.kind == forViewer }

// String names the gate for the list of routes.
func (g Gate) String() string {
	if g.steppedUp {
		plain := g
		plain.steppedUp = false
		return plain.String() + ", stepped up"
	}
	switch g.kind {
	case open:
		return "public"
	case signed:
		return "wire API"
	case signedIn:
		return "signed in"
	case forScreen:
		return "screen " + string(g.screen.Value())
	case forOwner:
		return "owner"
	case forEnterprise:
		return "enterprise owner"
	case forStaff:
		return "staff " + string(g.staffScreen)
	case forViewer:
		return "viewer"
	default:
		return "shut"
	}
}
