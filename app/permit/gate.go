package permit

// Screen is a page or action that needs a level of a unit. Which, stands in
// policies/screens.csv.
type Screen string

// The screens.
const (
	CardTradeList Screen = "card_trade_list" // 信用卡交易專用查詢
	CardTradePage Screen = "card_trade_page" // one transaction of it
)

// screens lists every screen that the program has; the policy file must name each.
var screens = []Screen{CardTradeList, CardTradePage}

type gateKind int

const (
	shut gateKind = iota // the zero Gate lets nobody pass
	open
	signed
	signedIn
	forScreen
)

// Gate says who may pass a route. A route cannot be mounted without one, and the
// zero Gate lets nobody pass.
type Gate struct {
	kind   gateKind
	screen Screen
}

// Public lets everybody pass.
func Public() Gate { return Gate{kind: open} }

// WireAPI lets everybody pass to a handler of the wire API, which itself
// authenticates the store by its keys.
func WireAPI() Gate { return Gate{kind: signed} }

// SignedIn lets every signed-in account pass.
func SignedIn() Gate { return Gate{kind: signedIn} }

// Gate lets accounts pass that hold the level that the screen needs.
func (s Screen) Gate() Gate { return Gate{kind: forScreen, screen: s} }

// NeedsActor tells that the gate opens only for a signed-in account.
func (g Gate) NeedsActor() bool { return g.kind == signedIn || g.kind == forScreen || g.kind == shut }

// String names the gate for the list of routes.
func (g Gate) String() string {
	switch g.kind {
	case open:
		return "public"
	case signed:
		return "wire API"
	case signedIn:
		return "signed in"
	case forScreen:
		return "screen " + string(g.screen)
	default:
		return "shut"
	}
}
