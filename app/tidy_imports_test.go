package app_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is what the packages under a folder may import besides the standard library and their own
// subtree. The longest folder that matches counts. "=app" is the package app alone, without what is
// below it.
type room struct {
	may []string
	why string // the rule, as a failure prints it
}

var (
	ring0 = []string{
		"app/money", "app/clock", "app/fault", "app/secret", "app/ident", "app/wire", "app/param", "app/workday",
	}
	ring1 = []string{
		"app/account", "app/approval", "app/assistant", "app/audit", "app/evidence", "app/export", "app/keyring",
		"app/lockout", "app/lookup", "app/member", "app/notice",
		"app/notify", "app/onboarding", "app/otp", "app/passkey", "app/paylink", "app/payment", "app/permit",
		"app/recurring", "app/report", "app/token", "app/verification",
	}
	text = []string{"golang.org/x/text"} // Unicode tables that the standard library leaves out
)

const (
	valueRule    = "ring 0 holds values: it imports the standard library and other values only"
	businessRule = "ring 1 holds the business: it imports values and the business rooms of its row, no technology"
	adapterRule  = "ring 2 is one technology each, pointing at the business: its own library and rings 0 and 1"
	deliveryRule = "ring 3 serves pages: it imports the business, views and gin, never gorm, pgx, river or an adapter"
	viewRule     = "views get plain values: they import views/ui, views/layout, static and templ, never app"
	dataRule     = "static, policies and seeds are data with one small Go file"
	commandRule  = "a command turns flags into app.Config and calls app: it imports app, values, data and kong"
)

// rooms is the map of the house: docs of a room are in its doc.go, the reasons in
// app/decisions/0001-rings.md.
var rooms = map[string]room{
	"app/money":  {nil, valueRule},
	"app/clock":  {ring0, valueRule},
	"app/fault":  {ring0, valueRule},
	"app/secret": {ring0, valueRule},
	"app/ident":  {ring0, valueRule},
	"app/wire":   {both(ring0, text), valueRule},
	"app/param":  {ring0, valueRule},

	"app/workday": {ring0, valueRule},

	"app/account": {both(ring0, text, one("app/member", "app/audit", "app/notify", "app/passkey",
		"github.com/alexedwards/argon2id")), businessRule},
	"app/assistant": {both(ring0, text, one("app/account", "app/audit", "app/member", "app/notify",
		"app/permit")), businessRule},
	"app/approval": {both(ring0, one("app/account", "app/audit", "app/member", "app/notify", "app/payment", "app/permit",
		"app/report")), businessRule},
	"app/audit": {ring0, businessRule},
	"app/export": {both(ring0, one("app/account", "app/audit", "app/member", "app/payment", "app/report",
		"github.com/xuri/excelize/v2")), businessRule},
	"app/evidence": {both(ring0, one("app/passkey/cardholder", "app/payment")), businessRule},
	"app/keyring":  {both(ring0, one("app/audit", "app/lockout", "app/notify", "app/passkey/cardholder")), businessRule},
	"app/lockout":  {ring0, businessRule},
	"app/lookup":   {both(ring0, text, one("app/audit", "app/member")), businessRule},
	"app/member":   {both(ring0, text), businessRule},
	"app/notice":   {both(ring0, one("app/account", "app/member", "app/report")), businessRule},
	"app/notify":   {ring0, businessRule},
	"app/onboarding": {
		both(ring0, one("app/account", "app/audit", "app/member", "app/notice", "app/notify",
			"github.com/nyaruka/phonenumbers")), businessRule,
	},
	"app/otp":     {both(ring0, one("app/lockout")), businessRule},
	"app/passkey": {both(ring0, one("app/audit", "github.com/go-webauthn/webauthn")), businessRule},
	"app/passkey/cardholder": {both(ring0, one("app/passkey", "github.com/go-webauthn/webauthn",
		"github.com/go-json-experiment/json")), businessRule},
	"app/payment": {both(ring0, text, one("app/member", "app/token", "app/passkey", "app/otp", "app/notify", "app/audit",
		"github.com/nyaruka/phonenumbers", "golang.org/x/sync")), businessRule},
	"app/paylink": {both(ring0, one("app/payment", "app/member")), businessRule},
	"app/permit": {both(ring0, one("app/account", "app/member", "policies",
		"github.com/casbin/casbin/v2")), businessRule},
	"app/recurring": {both(ring0, one("app/payment", "app/token")), businessRule},
	"app/report":    {both(ring0, ring1, text), businessRule},
	"app/token":     {both(ring0, one("app/audit")), businessRule},
	"app/verification": {both(ring0, one("app/member", "app/otp", "app/passkey/cardholder", "app/payment",
		"app/token")), businessRule},

	"app/acquirer":   {both(ring0, ring1), adapterRule},
	"app/fieldcrypt": {both(ring0, one("github.com/tink-crypto/tink-go/v2")), adapterRule},
	"app/jobs": {both(ring0, ring1, one("github.com/riverqueue/river",
		"github.com/jackc/pgx/v5")), adapterRule}, // river's own types
	"app/mailer": {both(ring0, ring1, one("github.com/wneessen/go-mail")), adapterRule},
	"app/sms":    {both(ring0, ring1), adapterRule},
	"app/postgres": {both(ring0, ring1, one("gorm.io/gorm", "gorm.io/driver/postgres",
		"github.com/hashicorp/golang-lru", "github.com/jackc/pgx/v5")), adapterRule},
	"app/postgres/migrations": {one("github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"), adapterRule},
	"app/postgres/embedded":   {one("github.com/jackc/pgx/v5"), adapterRule},
	"app/postgres/dbtest": {
		one("app/postgres/embedded", "app/postgres/migrations", "github.com/jackc/pgx/v5"),
		adapterRule,
	},

	"app/web": {both(ring0, ring1, text, one("app/web", "views", "static", "policies", "github.com/gin-gonic/gin",
		"github.com/a-h/templ", "github.com/alexedwards/scs/v2", "github.com/prometheus/client_golang",
		"github.com/klauspost/compress", "golang.org/x/time/rate", "golang.org/x/sync")), deliveryRule},

	"app/simulator": {
		both(ring0, one("views/shop", "views/demo", "views/ui", "static", "github.com/a-h/templ",
			"github.com/emersion/go-smtp", "github.com/emersion/go-sasl")),
		"a simulator is an outside party: it knows the wire and its own pages, nothing of the business",
	},

	"app":         {one("app", "static", "policies", "seeds", "views", "*"), "package app builds everything and sees all"},
	"app/apptest": {one("app", "*"), "the test harness sees all"},
	"app/passkey/passkeytest": {
		both(ring0, one("app/passkey", "app/audit")),
		"test support of one room: it sees its room and values",
	},
	"app/bench": {
		both(ring0, ring1, one("app", "policies", "seeds")),
		"a measurement calls the business as a request does, and runs the whole program",
	},
	"app/e2e": {one("app", "*"), "the end-to-end tests see all"},
	"app/sim": {one("app", "*"), "the simulation sees all"},

	"views":        {one("views/ui", "views/layout", "views/applicant", "static", "github.com/a-h/templ"), viewRule},
	"views/ui":     {one("github.com/a-h/templ"), viewRule},
	"views/layout": {one("views/ui", "static", "github.com/a-h/templ"), viewRule},
	"views/story":  {one("views", "static", "github.com/a-h/templ"), viewRule},
	"static":       {nil, dataRule},
	"policies":     {nil, dataRule},
	"seeds":        {both(ring0, ring1), dataRule},

	"cmd/memberzone": {both(ring0, one("=app", "app/bench", "app/postgres/embedded", "static", "policies", "seeds",
		"github.com/alecthomas/kong")), commandRule},
	"cmd/storybook": {one("static", "views", "github.com/a-h/templ", "github.com/alecthomas/kong"), commandRule},
	"cmd/check":     {one("github.com/alecthomas/kong"), commandRule},
}

func one(packages ...string) []string       { return packages }
func both(lists ...[]string) (all []string) { return slices.Concat(lists...) }

// roomOf returns the row of a package; package app itself is not a room for what is below it.
func roomOf(dir string) (room, bool) {
	for folder := dir; folder != ""; {
		if found, ok := rooms[folder]; ok && (folder != "app" || dir == "app") {
			return found, true
		}
		cut := strings.LastIndexByte(folder, '/')
		if cut < 0 {
			break
		}
		folder = folder[:cut]
	}
	return room{}, false
}

// allows reports whether a package of the room in dir may import a path.
func (r room) allows(dir, path string) bool {
	local, isLocal := strings.CutPrefix(path, modulePath)
	if !isLocal && !strings.Contains(strings.Split(path, "/")[0], ".") {
		return true // the standard library
	}
	if isLocal && inside(local, dir) {
		return true
	}
	return slices.ContainsFunc(r.may, func(entry string) bool {
		if exact, ok := strings.CutPrefix(entry, "="); ok {
			return local == exact && isLocal
		}
		if isLocal {
			return inside(local, entry)
		}
		return entry == "*" || inside(path, entry)
	})
}

func TestImportsFollowTheMap(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, product) {
		r, ok := roomOf(file.dir())
		if !ok {
			t.Errorf("%s: every package has a row in the map of rooms (app/tidy_imports_test.go): add one", file.path)
			continue
		}
		for _, spec := range file.ast.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !r.allows(file.dir(), path) {
				t.Errorf("%s imports %s: %s", file.at(spec), strings.TrimPrefix(path, modulePath), r.why)
			}
		}
	}
}

// TestCages repeats the four most important rows in the other direction, tests included, so that no
// new row can open a cage by accident.
func TestCages(t *testing.T) {
	t.Parallel()
	cages := map[string][]string{
		"gorm.io":                         {"app/postgres"},
		"github.com/gin-gonic/gin":        {"app/web"},
		"github.com/casbin/casbin":        {"app/permit"},
		"github.com/go-webauthn/webauthn": {"app/passkey"},
		"github.com/riverqueue/river":     {"app/jobs", "app/postgres/migrations"}, // its schema is compared there
	}
	for _, file := range source(t) {
		for _, spec := range file.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
			for library, folders := range cages {
				if inside(path, library) && !file.under(folders...) {
					t.Errorf("%s imports %s: only %s may, so that it can be replaced in one place",
						file.at(spec), path, strings.Join(folders, " and "))
				}
			}
		}
	}
}

// TestNothingServesWhatOnlyMeasuresOrTests: stand-ins that the program's own rooms must not reach,
// each with who may import it in product code.
func TestNothingServesWhatOnlyMeasuresOrTests(t *testing.T) {
	t.Parallel()
	standIns := map[string][]string{
		"app/postgres/naive":      {"app/bench"},
		"app/passkey/passkeytest": {"app/bench"},
		"app/postgres/dbtest":     {"app/apptest"},
		"app/apptest":             nil,
		"app/bench":               {"cmd/memberzone"},
	}
	for _, file := range source(t, product) {
		for _, spec := range file.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
			for room, folders := range standIns {
				if inside(path, modulePath+room) && !file.under(append(folders, room)...) {
					t.Errorf("%s imports %s: it is for measurements and tests alone", file.at(spec), room)
				}
			}
		}
	}
}

func TestMapOfRoomsDecidesAsItSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		dir, path string
		want      bool
	}{
		{"app/payment", "context", true},
		{"app/payment", modulePath + "app/money", true},
		{"app/payment", modulePath + "app/payment/rules", true},
		{"app/payment", modulePath + "app/postgres", false},
		{"app/payment", "gorm.io/gorm", false},
		{"app/web/member", modulePath + "app/postgres", false},
		{"app/web/member", modulePath + "views/member", true},
		{"app/postgres", "gorm.io/gorm/clause", true},
		{"app/simulator/shop", modulePath + "app/payment", false},
		{"views/member", modulePath + "app/money", false},
		{"cmd/memberzone", modulePath + "app", true},
		{"cmd/memberzone", modulePath + "app/payment", false},
		{"app", "gorm.io/gorm", true},
	}
	for _, test := range tests {
		r, ok := roomOf(test.dir)
		if !ok {
			t.Errorf("%s has no room", test.dir)
		}
		if got := r.allows(test.dir, test.path); got != test.want {
			t.Errorf("%s may import %s: %v, want %v", test.dir, test.path, got, test.want)
		}
	}
	if _, ok := roomOf("app/unheard-of"); ok {
		t.Error("a package that is in no row has a room")
	}
}
