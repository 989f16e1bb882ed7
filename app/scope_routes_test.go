package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/policies"
)

// secrets are parameters that are the permission themselves: whoever holds the value
// may open the address, so that there is no scope to test.
var secrets = map[string]string{
	":token": "an unguessable reference that a payment page or a mailed link carries",
	":ref":   "an unguessable reference of the relying party's pages",
}

// identifiers are, for one person, values of a path's parameter: of things that are
// others', and of one that does not exist.
type identifiers struct {
	foreign []string
	unknown string
}

// insider is somebody who is signed in, with what is not theirs.
type insider struct {
	*visitor
	name  string
	actor account.Actor
	of    map[string]identifiers // by parameter
	// sisters are trade numbers of the same member's stores that they do not manage.
	sisters []string
	// hidden are texts that must not stand on any page.
	hidden []string
}

// everything is every unit as an assistant with all permissions holds it.
func everything() (grants []account.Grant) {
	for _, row := range permit.Rows() {
		grants = append(grants, account.Grant{Unit: string(row.Unit), Level: permit.Manage.String()})
	}
	return grants
}

// scope is two members with everything that an address can name.
type scope struct {
	*world
	rules    *permit.Authority
	insiders []*insider
}

const (
	unknownNumber = "910001"
	unknownExport = "NOSUCHEXPORTAAAAAAAAAAAAAA"
)

// ofConsole are values of the support console's parameters. Nothing is another's there: our
// staff work for every member.
var ofConsole = map[string]identifiers{
	":receipt": {nil, "PK261124-ZZZZZZ"}, ":member_code": {nil, "00000000"}, ":credential": {nil, unknownNumber},
	":view": {nil, unknownNumber},
}

func openScope(t *testing.T) *scope {
	t.Helper()
	w := openWorld(t)
	clerk := w.assistant(qingchuan, "allrounder1")
	w.manages(clerk, "MS100000001")
	for _, g := range everything() {
		w.run("INSERT INTO account_grants (account_id, unit, level) VALUES ($1, $2, $3)", clerk, g.Unit, g.Level)
	}
	far := w.assistant(yuanan, "faraway01")
	w.manages(far, "MS300000001")
	fars := w.things(far, yuanan, 900_001)
	colleagues := w.things(clerk, qingchuan, 900_011)
	farsExport, clerksExport := w.export(far, yuanan), w.export(clerk, qingchuan)
	at := w.Clock.Now().Add(-time.Hour)
	theirs, sisters := w.trade("MS300000001", "FOREIGN1", at), w.trade("MS100000002", "SISTER1", at)
	w.trade("MS100000001", "OWN1", at)
	absent := w.Clock.Now().Add(-time.Hour).In(clock.Taipei).Format("060102150405") + "99999"

	owner := &insider{
		visitor: w.signedIn(qingchuan, "owner01"), name: "owner",
		actor: account.Actor{
			Account: account.Account{ID: 1, Kind: account.Owner},
			Member:  member.Member{ID: 1, Kind: member.Enterprise},
		},
		of: map[string]identifiers{
			":trade_no":    {[]string{theirs}, absent},
			":account":     {[]string{"faraway01"}, "nobody001"},
			":request":     {[]string{fars}, unknownNumber},
			":passkey":     {[]string{fars, colleagues}, unknownNumber},
			":session":     {[]string{fars, colleagues}, unknownNumber},
			":export":      {[]string{farsExport, clerksExport}, unknownExport},
			":approval":    {[]string{w.approval(far, theirs)}, unknownNumber},
			":merchant_id": {[]string{"MS300000001"}, "MS999999999"},
			// Of the console, whose people work for every member.
			":receipt": {nil, "PK261124-ZZZZZZ"}, ":member_code": {nil, "00000000"}, ":credential": {nil, unknownNumber},
			":view":        {nil, unknownNumber},
			":notice":      {[]string{w.notice("MS300000001")}, unknownNumber},
			":application": {[]string{w.application("MS300000001")}, "PK261124-ZZZZZZ"},
		},
		hidden: []string{theirs, "FOREIGN1", "faraway01", "MS300000001"},
	}
	maps.Copy(owner.of, ofConsole)
	assistant := &insider{
		visitor: w.signedIn(qingchuan, "allrounder1"), name: "assistant with every permission",
		actor: owner.actor, of: maps.Clone(owner.of), sisters: []string{sisters},
		hidden: append([]string{sisters, "SISTER1", "MS100000002"}, owner.hidden...),
	}
	assistant.actor.Account.Kind, assistant.actor.Grants = account.Assistant, everything()
	owners := w.things(w.number("SELECT id FROM accounts WHERE member_id = $1 AND kind = 'owner'", w.memberID(qingchuan)),
		qingchuan, 900_021)
	ownersExport := w.export(w.number(
		"SELECT id FROM accounts WHERE member_id = $1 AND kind = 'owner'", w.memberID(qingchuan)), qingchuan)
	assistant.of[":trade_no"] = identifiers{[]string{theirs, sisters}, absent}
	assistant.of[":passkey"] = identifiers{[]string{fars, owners}, unknownNumber}
	assistant.of[":session"] = identifiers{[]string{fars, owners}, unknownNumber}
	assistant.of[":approval"] = identifiers{
		append(slices.Clone(owner.of[":approval"].foreign), w.approval(clerk, sisters)), unknownNumber,
	}
	assistant.of[":notice"] = identifiers{[]string{w.notice("MS300000001"), w.notice("MS100000002")}, unknownNumber}
	assistant.of[":export"] = identifiers{[]string{farsExport, ownersExport}, unknownExport}
	staff := w.console(owner, fars)
	// Each of them has proved who they are: a password alone proves nothing beside a passkey.
	w.run("UPDATE account_sessions SET stepped_up_at = $1", w.Clock.Now())
	return &scope{w, w.rules(), []*insider{owner, assistant, staff}}
}

// console returns an administrator of our staff. fars is the number of things of a member.
func (w *world) console(owner *insider, fars string) *insider {
	w.t.Helper()
	agent := w.number("SELECT id FROM accounts WHERE kind = 'staff' AND login = 'agent01'")
	agents := w.things(agent, "", 900_031)
	staff := &insider{
		visitor: w.signedInAt("/support/login", url.Values{"account": {"admin01"}}), name: "admin of our staff",
		actor: account.Actor{Account: account.Account{ID: 1, Kind: account.Staff, Role: account.Admin}},
		of:    maps.Clone(owner.of),
	}
	staff.of[":merchant_id"] = identifiers{nil, "MS999999999"}
	staff.of[":passkey"] = identifiers{[]string{fars, agents}, unknownNumber}
	staff.of[":session"] = identifiers{[]string{fars, agents}, unknownNumber}
	return staff
}

// rules are who may do what.
func (w *world) rules() *permit.Authority {
	w.t.Helper()
	rules, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return rules
}

// passes tells that the route's gate lets somebody pass.
func (w *scope) passes(who *insider, route web.Route) bool {
	w.t.Helper()
	d, err := w.rules.Decide(who.actor, route.Gate)
	if err != nil {
		w.t.Fatal(err)
	}
	return d.Allowed
}

func (w *world) memberID(code string) int64 {
	w.t.Helper()
	return w.number("SELECT id FROM members WHERE code = $1", code)
}

// things gives an account a request for a permission, a passkey and a sign-in, all of
// one number.
func (w *world) things(accountID int64, memberCode string, number int64) string {
	w.t.Helper()
	now := w.Clock.Now()
	if memberCode != "" { // our staff ask for no permissions
		w.run(`INSERT INTO permission_requests (id, member_id, account_id, unit, wanted, asked_at) OVERRIDING SYSTEM VALUE
			VALUES ($1, $2, $3, 'pay_links', 'view', $4)`, number, w.memberID(memberCode), accountID, now)
	}
	handle := make([]byte, 32)
	copy(handle, fmt.Sprint(number))
	w.run("INSERT INTO passkey_holders (account_id, handle) VALUES ($1, $2)", accountID, handle)
	w.run(`INSERT INTO passkeys (id, account_id, place, name, credential_id, public_key, flags, sign_count, aaguid,
			transports, attachment, attestation_type, attestation_format, created_at) OVERRIDING SYSTEM VALUE
		VALUES ($1, $2, 1, 'phone', $3, '', 5, 0, $3, '{}', '', '', '', $4)`, number, accountID, handle, now)
	w.run(`INSERT INTO account_sessions (id, account_id, method, address, agent, started_at, seen_at, stepped_up_at)
		OVERRIDING SYSTEM VALUE VALUES ($1, $2, 'password', '192.0.2.7', 'elsewhere', $3, $3, $3)`,
		number, accountID, now)
	return fmt.Sprint(number)
}

// export gives an account an export that is done, and returns what opens its page.
func (w *world) export(accountID int64, memberCode string) string {
	w.t.Helper()
	token := ident.NewToken()
	w.run(`INSERT INTO exports (member_id, account_id, token_hash, token_sealed, asked_by, direct, format, state, query,
			subject, conditions, columns, date_kind, file_name, rows, total, sha256, created_at, snapshot_at, finished_at)
		VALUES ($1, $2, $3, '', '{}', true, 'csv', 'done', '', '', '[]', '{trade_no}', 'trade', 'x.csv', 0, 0,
			repeat('0', 64), $4, $4, $4)`, w.memberID(memberCode), accountID, token.Hash(), w.Clock.Now())
	return string(token)
}

// approval has an account ask for the refund of a transaction, and returns its number.
func (w *world) approval(maker int64, tradeNo string) string {
	w.t.Helper()
	now := w.Clock.Now()
	w.run(`INSERT INTO payment_approvals (id, member_id, store_id, transaction_id, action, amount, request_id, maker_id,
			made_at, until) OVERRIDING SYSTEM VALUE
		SELECT 900040 + id, member_id, store_id, id, 'refund', amount, 'APPROVAL' || id, $1, $2, $3 FROM transactions
		WHERE trade_no = $4`, maker, now, now.Add(time.Hour), tradeNo)
	return fmt.Sprint(w.number("SELECT max(id) FROM payment_approvals"))
}

// application returns the receipt of an application of a store's member.
func (w *world) application(merchantID string) string {
	w.t.Helper()
	const receipt = "PK261124-F0RE1G"
	w.run(`INSERT INTO applications (version, receipt, kind, subject, state, name, contact_sealed, phone_index, mail_index,
			slots, member_id, submitted_at, state_since)
		SELECT 1, $1, 'apply', 'passkey', 'submitted', '外人', '', '', '', '{}', member_id, $2, $2 FROM stores
		WHERE merchant_id = $3`, receipt, w.Clock.Now(), merchantID)
	return receipt
}

// notice tells a store's people something, and returns its number.
func (w *world) notice(merchantID string) string {
	w.t.Helper()
	w.run(`INSERT INTO notices (id, member_id, store_id, title, text, href, at) OVERRIDING SYSTEM VALUE
		SELECT 900060 + (SELECT count(*) FROM notices), member_id, id, merchant_id, '', '/member', $1
		FROM stores WHERE merchant_id = $2`,
		w.Clock.Now(), merchantID)
	return fmt.Sprint(w.number("SELECT max(id) FROM notices"))
}

// form is what a post sends so that it gets as far as looking for the thing.
var form = url.Values{
	"name": {"phone"}, "do": {"preview"}, "revision": {"1"}, "email": {"a@example.test"},
	"amount": {"1"}, "key": {"KEY"},
}

// ask asks one route with one value of its parameter. The answer is without what may
// differ: the request's number and the value itself.
func (i *insider) ask(route web.Route, parameter, value string) reply {
	address := strings.NewReplacer(parameter, value, ":action", "refund").Replace(route.Path)
	var body url.Values
	if route.Method == http.MethodPost {
		body = form
	}
	got := i.do(route.Method, address, body)
	got.body = strings.NewReplacer(got.requestID, "REQUEST", value, "VALUE").Replace(got.body)
	return got
}

// parameterOf returns the parameter of a path, "" for none.
func parameterOf(path string) string {
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, ":") || strings.HasPrefix(part, "*") {
			return part
		}
	}
	return ""
}

// Whoever names a thing of another member, of another account, or of a store that they
// do not manage, gets to the byte the answer about a thing that does not exist.
func TestOthersThingsAnswerAsUnknownOnes(t *testing.T) {
	t.Parallel()
	w := openScope(t)
	tested := map[string]bool{}
	for _, route := range w.Routes() {
		parameter := parameterOf(route.Path)
		if parameter == "" || secrets[parameter] != "" {
			continue
		}
		for _, who := range w.insiders {
			values, known := who.of[parameter]
			if !known {
				t.Fatalf("%s %s: this test does not know %s: add to openScope what is others' and what does not exist",
					route.Method, route.Path, parameter)
			}
			want := http.StatusForbidden
			if w.passes(who, route) {
				want = http.StatusNotFound
				tested[route.Method+" "+parameter] = true
				tested[who.name] = true
			}
			unknown := who.ask(route, parameter, values.unknown)
			if unknown.status != want {
				t.Errorf("%s %s: %s gets %d for an unknown one, want %d\n%s",
					route.Method, route.Path, who.name, unknown.status, want, unknown.body)
			}
			for _, value := range values.foreign {
				if got := who.ask(route, parameter, value); got.status != want || got.body != unknown.body {
					t.Errorf("%s %s: %s gets %d for %s, and %d for an unknown one:\n%s\n%s",
						route.Method, route.Path, who.name, got.status, value, unknown.status, got.body, unknown.body)
				}
			}
		}
	}
	for _, kind := range []string{
		"GET :export", "GET :trade_no", "POST :trade_no", "GET :account", "POST :account",
		"POST :request", "POST :passkey", "POST :session", "GET :approval", "POST :approval",
		"GET :merchant_id", "POST :merchant_id", "POST :notice", "GET :application", "POST :application", "owner",
		"assistant with every permission", "admin of our staff",
	} {
		if !tested[kind] {
			t.Errorf("no route was tested behind its gate for %s, only for %v", kind, slices.Sorted(maps.Keys(tested)))
		}
	}
	if n := w.number(`SELECT count(*) FROM passkeys WHERE id BETWEEN 900001 AND 900031`) +
		w.number(`SELECT count(*) FROM account_sessions WHERE id BETWEEN 900001 AND 900031 AND ended_at IS NULL`) +
		w.number(`SELECT count(*) FROM permission_requests WHERE id = 900001 AND state = 'open'`) +
		w.number(`SELECT count(*) FROM payment_approvals WHERE state = 'waiting'`) +
		w.number(`SELECT count(*) FROM accounts WHERE login = 'faraway01' AND status = 'active'`); n != 4+4+1+2+1 {
		t.Errorf("%d of others' things are as they were, want 12", n)
	}
}

// No page without a parameter, list and export among them, shows what is others'; and
// a search for it finds what a search for nothing finds.
func TestPagesShowNothingOfOthers(t *testing.T) {
	t.Parallel()
	w := openScope(t)
	for _, who := range w.insiders {
		if who.actor.Account.Kind == account.Staff {
			continue // they work for every member
		}
		pages := 0
		for _, route := range w.Routes() {
			if route.Method != http.MethodGet || parameterOf(route.Path) != "" {
				continue
			}
			for _, query := range []string{"", "?format=csv"} {
				got := who.get(route.Path + query)
				if got.status == http.StatusOK {
					pages++
				}
				for _, text := range who.hidden {
					if strings.Contains(got.body, text) {
						t.Errorf("GET %s%s shows %s to the %s", route.Path, query, text, who.name)
					}
				}
			}
		}
		if pages < 5 {
			t.Errorf("the %s opened %d pages: this test does not see the program", who.name, pages)
		}
		if own := who.get("/member/sales/credit-cards"); !strings.Contains(own.body, `data-order-no="OWN1"`) {
			t.Errorf("the %s does not see their own:\n%s", who.name, own.body)
		}
		values := who.of[":trade_no"]
		find := func(no string) string {
			got := who.get("/member/sales/credit-cards?q=" + no)
			return strings.NewReplacer(got.requestID, "REQUEST", no, "VALUE").Replace(got.body)
		}
		for _, no := range values.foreign {
			got := find(no)
			if slices.Contains(who.sisters, no) { // told as outside the stores, and nothing else of it
				if !strings.Contains(got, "不在您的管理商店 1 個") || strings.Contains(got, who.hidden[1]) {
					t.Errorf("the %s's search for %s:\n%s", who.name, no, got)
				}
				continue
			}
			if got != find(values.unknown) {
				t.Errorf("the %s's search for %s differs from one for an unknown number", who.name, no)
			}
		}
	}
}

// The time an answer takes tells nothing either.
func TestOthersThingsTakeAsLongAsUnknownOnes(t *testing.T) {
	w := openScope(t) // not parallel: it measures
	for _, route := range w.Routes() {
		parameter := parameterOf(route.Path)
		if parameter == "" || secrets[parameter] != "" || route.Method == http.MethodHead {
			continue
		}
		for _, who := range w.insiders {
			if !w.passes(who, route) {
				continue
			}
			values := who.of[parameter]
			for _, value := range values.foreign {
				if ratios := who.slower(route, parameter, value, values.unknown); len(ratios) == measurements {
					t.Errorf("%s %s: the %s waits %.2f times as long for %s as for an unknown one",
						route.Method, route.Path, who.name, ratios, value)
				}
			}
		}
	}
}

// measurements is how often a difference must show to count: a busy machine makes one
// now and then.
const measurements = 3

// slower is how many times as long one value takes as the other, by the medians of 25
// requests each, in turns. It measures until both take about as long.
func (i *insider) slower(route web.Route, parameter, value, other string) (ratios []float64) {
	const requests = 25
	for len(ratios) < measurements {
		var took [2][]time.Duration
		for range requests {
			for n, v := range []string{value, other} {
				start := time.Now()
				i.ask(route, parameter, v)
				took[n] = append(took[n], time.Since(start))
			}
		}
		for n := range took {
			slices.Sort(took[n])
		}
		ratio := float64(took[0][requests/2]) / float64(took[1][requests/2])
		if ratio >= 0.5 && ratio <= 2 {
			return ratios
		}
		ratios = append(ratios, ratio)
	}
	return ratios
}
