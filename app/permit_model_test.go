package app_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
)

// person is somebody who is signed in, as the model knows them.
type person struct {
	*visitor
	name   string
	member string
	id     int64 // of an assistant
	owner  bool

	stores []string     // an assistant's
	grants []modelGrant // an assistant's
}

type modelGrant struct {
	unit, level string
	until       int // days from today; noEnd for none
}

const noEnd = 1 << 10

// modelTrade is a transaction as the model knows it.
type modelTrade struct {
	no, member, store string
	at                time.Time
	order             int // of storing
}

// holds is the model of the matrix: does a grant in force give the level on the unit?
func (p *person) holds(unit permit.Unit, level string) bool {
	return slices.ContainsFunc(p.grants, func(g modelGrant) bool {
		return g.unit == string(unit) && g.level == level && g.until >= 0
	})
}

// mayList is the model of the two card pages: owners, people of an individual member,
// and who holds 可瀏覽可修改 on the row.
func (p *person) mayList() bool {
	return p.owner || p.member == shopLin || p.holds(permit.CardTrades, "manage")
}

// sees is the model of the stores: an owner sees the member's, an assistant its own.
func (p *person) sees(t modelTrade) bool {
	return t.member == p.member && (p.owner || slices.Contains(p.stores, t.store))
}

// card is what the page of a transaction answers.
func (p *person) card(t modelTrade) int {
	switch {
	case !p.mayList():
		return http.StatusForbidden
	case !p.sees(t):
		return http.StatusNotFound
	}
	return http.StatusOK
}

// owned is what the pages of 助理帳號設定 answer, whatever was granted.
func (p *person) owned() int {
	if p.owner && p.member != shopLin {
		return http.StatusOK
	}
	return http.StatusForbidden
}

// listed is what the list shows: the newest fifty, newest first.
func (p *person) listed(trades []modelTrade) []string {
	seen := slices.DeleteFunc(slices.Clone(trades), func(t modelTrade) bool { return !p.sees(t) })
	slices.SortFunc(seen, func(a, b modelTrade) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.order, a.order))
	})
	numbers := []string{}
	for _, t := range seen[:min(len(seen), 50)] {
		numbers = append(numbers, t.no)
	}
	return numbers
}

// storesOf are the stores of the demonstration's members.
var storesOf = map[string][]string{
	qingchuan: {"MS100000001", "MS100000002", "MS100000003", "MS100000004", "MS100000005"},
	shopLin:   {"MS200000001"},
	yuanan:    {"MS300000001"},
}

// modelWorld is a running program with its model.
type modelWorld struct {
	*world
	people []*person
	trades []modelTrade
}

func openModel(t *testing.T) *modelWorld {
	t.Helper()
	m := &modelWorld{world: openWorld(t)}
	for _, code := range []string{qingchuan, shopLin, yuanan} {
		m.people = append(m.people, &person{
			visitor: m.signedIn(code, "owner01"), name: "owner of " + code, member: code, owner: true,
		})
		for i := range 2 {
			login := fmt.Sprintf("random%02d", i)
			id := m.assistant(code, login)
			m.people = append(m.people, &person{
				visitor: m.signedIn(code, login), name: login + " of " + code, member: code, id: id,
			})
		}
		for _, store := range storesOf[code] {
			m.add(code, store, 0)
		}
	}
	return m
}

// add stores a transaction some minutes ago, in the program and in the model.
func (m *modelWorld) add(member, store string, minutesAgo int) {
	m.t.Helper()
	at := apptest.Start.Add(-time.Duration(minutesAgo) * time.Minute)
	no := m.trade(store, fmt.Sprintf("R%d", len(m.trades)), at)
	m.trades = append(m.trades, modelTrade{no, member, store, at, len(m.trades)})
}

// change gives an assistant other stores and another matrix, in the program and in
// the model.
func (m *modelWorld) change(t *rapid.T, p *person) {
	p.stores = rapid.SliceOfDistinct(rapid.SampledFrom(storesOf[p.member]), rapid.ID[string]).Draw(t, "stores")
	m.manages(p.id, p.stores...)
	p.grants = nil
	m.run("DELETE FROM account_grants WHERE account_id = $1", p.id)
	today := clock.DateOf(apptest.Start)
	for _, row := range permit.Rows() {
		g := modelGrant{string(row.Unit), "", rapid.SampledFrom([]int{noEnd, noEnd, -1, 0, 1}).Draw(t, "until")}
		// The card rows are granted more often than not, so that the pages are seen.
		levels := []string{"", "none", "view", "manage"}
		if row.Unit == permit.CardTrades {
			levels = append(levels, "manage", "manage", "manage")
		}
		if g.level = rapid.SampledFrom(levels).Draw(t, g.unit); g.level == "" {
			continue
		}
		p.grants = append(p.grants, g)
		var until *string
		if g.until != noEnd {
			day := today.AddDays(g.until).String()
			until = &day
		}
		m.run("INSERT INTO account_grants (account_id, unit, level, until) VALUES ($1, $2, $3, $4)",
			p.id, g.unit, g.level, until)
	}
}

// request asks one page as one person and holds the answer against the model.
func (m *modelWorld) request(t *rapid.T) {
	p := rapid.SampledFrom(m.people).Draw(t, "person")
	trade := rapid.SampledFrom(m.trades).Draw(t, "trade")
	pages := []string{"card", "card", "list", "list", "assistants", "review", "suspend"}
	switch page := rapid.SampledFrom(pages).Draw(t, "page"); page {
	case "card":
		got := p.get("/member/sales/credit-cards/" + trade.no)
		p.expect(t, page, got, p.card(trade))
		if got.status != http.StatusOK && strings.Contains(got.body, "茶葉") {
			t.Fatalf("%s is refused %s and sees it", p.name, trade.no)
		}
	case "list":
		got, want := p.get("/member/sales/credit-cards"), http.StatusForbidden
		if p.mayList() {
			want = http.StatusOK
		}
		p.expect(t, page, got, want)
		rows := got.attributes("data-trade-no")
		if want == http.StatusOK && !slices.Equal(rows, p.listed(m.trades)) || want != http.StatusOK && len(rows) > 0 {
			t.Fatalf("%s is shown\n%v\nand should be\n%v", p.name, rows, p.listed(m.trades))
		}
	case "assistants":
		p.expect(t, page, p.get("/member/center/assistants"), p.owned())
	case "review":
		p.expect(t, page, p.get("/member/center/access-review"), p.owned())
	case "suspend": // of nobody, so that everybody stays
		got, want := p.do(http.MethodPost, "/member/center/assistants/nobody01/suspend", url.Values{}), p.owned()
		if want == http.StatusOK {
			want = http.StatusNotFound
		}
		p.expect(t, page, got, want)
	}
}

func (p *person) expect(t *rapid.T, page string, got reply, want int) {
	if got.status != want {
		t.Fatalf("%s: %s answers %d, want %d; stores %v, grants %v\n%s",
			page, p.name, got.status, want, p.stores, p.grants, got.body)
	}
	if dialog := strings.Contains(got.body, `id="permission-denied"`); dialog != (want == http.StatusForbidden) {
		t.Fatalf("%s: %s gets %d; 權限不足 is shown: %v", page, p.name, got.status, dialog)
	}
}

// Random matrices, stores and requests against the running program: its answers are
// those of the model above, with the very next request after each change.
func TestTheProgramAnswersAsTheMatricesSay(t *testing.T) {
	t.Parallel()
	m := openModel(t)
	rapid.Check(t, func(t *rapid.T) {
		for range 4 {
			switch rapid.SampledFrom([]string{"change", "change", "trade", "nothing"}).Draw(t, "before") {
			case "change":
				p := rapid.SampledFrom(m.people).Draw(t, "changed")
				if !p.owner {
					m.change(t, p)
				}
			case "trade":
				code := rapid.SampledFrom([]string{qingchuan, yuanan}).Draw(t, "member")
				m.add(code, rapid.SampledFrom(storesOf[code]).Draw(t, "store"), rapid.IntRange(0, 300).Draw(t, "minutes"))
			}
			m.request(t)
		}
	})
}
