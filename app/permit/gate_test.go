package permit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

// people are everybody whom a gate may meet.
func people() map[string]account.Actor {
	staff := func(role account.Role) account.Actor {
		return account.Actor{Account: account.Account{ID: 9, Kind: account.Staff, Role: role}}
	}
	manage := grant(permit.CardTrades, permit.Manage)
	owner, individual, viewing := assistant(1), assistant(2), assistant(3)
	owner.Account.Kind = account.Owner
	individual.Account.Kind, individual.Member.Kind = account.Owner, member.Individual
	viewing.Viewer = owner.Account
	individualsAssistant := assistant(4)
	individualsAssistant.Member.Kind = member.Individual
	staffWithMember := staff(account.Admin) // no row of the database can be so
	staffWithMember.Member, staffWithMember.Grants = owner.Member, []account.Grant{manage}
	staffOfIndividual := staffWithMember
	staffOfIndividual.Member.Kind = member.Individual
	ownerOfNone := owner
	ownerOfNone.Member = member.Member{}
	roleOfOwner := owner
	roleOfOwner.Account.Role = account.Admin
	return map[string]account.Actor{
		"nobody": {}, "owner": owner, "individual": individual, "viewing": viewing,
		"assistant": assistant(5), "manager": assistant(6, manage), "individual's assistant": individualsAssistant,
		"agent": staff(account.Agent), "reviewer": staff(account.Reviewer), "admin": staff(account.Admin),
		"staff without role": staff(""), "staff with member": staffWithMember, "staff of individual": staffOfIndividual,
		"owner of none": ownerOfNone, "owner with role": roleOfOwner,
	}
}

func TestWhoPassesWhichGate(t *testing.T) {
	t.Parallel()
	everybody := people()
	tests := []struct {
		gate permit.Gate
		pass string // names of people, with commas; "all" for everybody
	}{
		{permit.Gate{}, ""},
		{permit.Public(), "all"},
		{permit.WireAPI(), "all"},
		{
			permit.SignedIn(),
			"owner,individual,viewing,assistant,manager,individual's assistant,owner with role",
		},
		{permit.Owner(), "owner,individual,owner with role"},
		{permit.EnterpriseOwner(), "owner,owner with role"},
		{permit.Viewer(), "viewing"},
		{permit.ConsoleHome.Gate(), "agent,reviewer,admin,staff with member,staff of individual"},
		{permit.ApplicationReview.Gate(), "reviewer,admin,staff with member,staff of individual"},
		{permit.WorkdayImport.Gate(), "admin,staff with member,staff of individual"},
		{permit.StaffScreen("").Gate(), ""},
		{permit.StaffScreen("made_up").Gate(), ""},
		{permit.CardTradeList.Gate(), "owner,individual,manager,individual's assistant,owner with role"},
		{permit.Screen("made_up").Gate(), ""},
		{permit.Screen("").Gate(), ""},
	}
	a := authority(t)
	for _, tt := range tests {
		pass := strings.Split(tt.pass, ",")
		for name, actor := range everybody {
			want := tt.pass == "all" || slices.Contains(pass, name)
			// Fresh proof is asked after the permission: it changes nothing about it.
			for _, gate := range []permit.Gate{tt.gate, tt.gate.SteppedUp()} {
				if d, err := a.Decide(actor, gate); err != nil || d.Allowed != want {
					t.Errorf("%s for %s = %v, %v; want %v", gate, name, d.Allowed, err, want)
				}
			}
		}
	}
}

func TestARefusalSaysWhatWouldHelp(t *testing.T) {
	t.Parallel()
	a, everybody := authority(t), people()
	tests := []struct {
		who  string
		gate permit.Gate
		want permit.Decision
	}{
		{"assistant", permit.Owner(), permit.Decision{OwnerOnly: true}},
		{"assistant", permit.EnterpriseOwner(), permit.Decision{OwnerOnly: true}},
		{"individual", permit.EnterpriseOwner(), permit.Decision{OwnerOnly: true, EnterpriseOnly: true}},
		{"agent", permit.CardTradeList.Gate(), permit.Decision{}},
		{"owner", permit.ConsoleHome.Gate(), permit.Decision{}},
		{"agent", permit.WorkdayImport.Gate(), permit.Decision{
			StaffScreen: permit.WorkdayImport, LowestRole: account.Admin,
		}},
		{"assistant", permit.CardTradeList.Gate(), permit.Decision{
			Screen: permit.CardTradeList, Row: cardTrades(t), Needed: permit.Manage,
		}},
	}
	for _, tt := range tests {
		if got, err := a.Decide(everybody[tt.who], tt.gate); err != nil || got != tt.want {
			t.Errorf("%s for %s = %+v, %v; want %+v", tt.gate, tt.who, got, err, tt.want)
		}
	}
}

func cardTrades(t *testing.T) permit.Row {
	t.Helper()
	row, ok := permit.RowOf(permit.CardTrades)
	if !ok {
		t.Fatal("no row for the card trades")
	}
	return row
}

func TestAGateSaysWhatItIs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		gate                            permit.Gate
		name                            string
		needsActor, forStaff, forViewer bool
	}{
		{permit.Gate{}, "shut", true, false, false},
		{permit.Public(), "public", false, false, false},
		{permit.WireAPI(), "wire API", false, false, false},
		{permit.SignedIn(), "signed in", true, false, false},
		{permit.Owner(), "owner", true, false, false},
		{permit.EnterpriseOwner(), "enterprise owner", true, false, false},
		{permit.ApplicationReview.Gate(), "staff application_review", true, true, false},
		{permit.Viewer(), "viewer", true, false, true},
		{permit.CardTradePage.Gate(), "screen card_trade_page", true, false, false},
	}
	for _, tt := range tests {
		g := tt.gate
		if g.String() != tt.name || g.NeedsActor() != tt.needsActor || g.ForStaff() != tt.forStaff ||
			g.ForViewer() != tt.forViewer || g.NeedsStepUp() {
			t.Errorf("%s: %v, %v, %v, %v", g, g.NeedsActor(), g.ForStaff(), g.ForViewer(), g.NeedsStepUp())
		}
		if s := g.SteppedUp(); s.String() != tt.name+", stepped up" || !s.NeedsStepUp() || s.NeedsActor() != tt.needsActor {
			t.Errorf("%s: %v, %v", s, s.NeedsActor(), s.NeedsStepUp())
		}
	}
	list, page := permit.CardTradeList.Gate(), permit.CardTradePage.Gate()
	if list != permit.CardTradeList.Gate() || list == page {
		t.Error("gates are equal when their screens are")
	}
}
