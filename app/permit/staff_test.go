package permit_test

import (
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/permit"
)

func staff(role account.Role) account.Actor {
	return account.Actor{Account: account.Account{ID: 9, Kind: account.Staff, Role: role}}
}

// The whole of policies/staff.csv: the least role of each screen of the console.
func TestWhichRoleOpensWhichScreenOfTheConsole(t *testing.T) {
	t.Parallel()
	a := authority(t)
	for screen, least := range map[permit.StaffScreen]account.Role{
		permit.ConsoleHome: account.Agent, permit.ApplicationRead: account.Agent, permit.ApplicationWork: account.Agent,
		permit.ApplicationReview: account.Reviewer, permit.MemberLookUp: account.Agent,
		permit.StoreSwitch: account.Reviewer, permit.CardPasskeyLookUp: account.Agent,
		permit.CardPasskeyRemove: account.Agent, permit.OnboardingFigures: account.Agent,
		permit.WorkdayRead: account.Agent, permit.WorkdayImport: account.Admin,
	} {
		allowed := false
		for _, role := range []account.Role{account.Agent, account.Reviewer, account.Admin} {
			allowed = allowed || role == least
			d, err := a.Decide(staff(role), screen.Gate())
			want := permit.Decision{Allowed: allowed, StaffScreen: screen, LowestRole: least}
			if err != nil || d != want {
				t.Errorf("%s for %s = %+v, %v; want %+v", screen, role, d, err, want)
			}
		}
		for _, role := range []account.Role{"", "root", "staff"} {
			if d, err := a.Decide(staff(role), screen.Gate()); err != nil || d.Allowed {
				t.Errorf("%s for the role %q = %+v, %v", screen, role, d, err)
			}
		}
	}
}

func TestAnOperatorGivesAScreenToAnotherRoleByOneLine(t *testing.T) {
	t.Parallel()
	s := source()
	s.Staff = strings.Replace(s.Staff, "p, agent, card_passkey_remove, use", "p, reviewer, card_passkey_remove, use", 1)
	s.Staff = strings.Replace(s.Staff, "g, admin, reviewer, staff", "g, admin, agent, staff", 1)
	a, err := permit.New(s)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[account.Role]bool{account.Agent: false, account.Reviewer: true, account.Admin: false} {
		if d, err := a.Decide(staff(role), permit.CardPasskeyRemove.Gate()); err != nil || d.Allowed != want {
			t.Errorf("%s = %+v, %v; want %v", role, d, err, want)
		}
	}
}
