package permit

import (
	"fmt"
	"slices"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/memberzone/memberzone/app/account"
)

// StaffScreen is a page or action of the support console. Which roles may open it stands
// in policies/staff.csv.
type StaffScreen string

// The screens of the support console.
const (
	ConsoleHome       StaffScreen = "console_home"         // the first page, and one's own account
	ApplicationRead   StaffScreen = "application_read"     // 申請案件: the queue and each case
	ApplicationWork   StaffScreen = "application_work"     // what an agent does with a case
	ApplicationReview StaffScreen = "application_review"   // what needs a reviewer: activation, and sending back
	MemberLookUp      StaffScreen = "member_look_up"       // members and their stores
	StoreSwitch       StaffScreen = "store_switch"         // 停用 of a store's Passkey
	CardPasskeyLookUp StaffScreen = "card_passkey_look_up" // a cardholder's passkeys, by mail address
	CardPasskeyRemove StaffScreen = "card_passkey_remove"
	OnboardingFigures StaffScreen = "onboarding_figures"
	WorkdayRead       StaffScreen = "workday_read"   // which years the calendar knows
	WorkdayImport     StaffScreen = "workday_import" // a year from a CSV
)

// staffScreens lists every screen of the console; the policy must open each to somebody.
var staffScreens = []StaffScreen{
	ConsoleHome, ApplicationRead, ApplicationWork, ApplicationReview, MemberLookUp, StoreSwitch,
	CardPasskeyLookUp, CardPasskeyRemove, OnboardingFigures, WorkdayRead, WorkdayImport,
}

// staffRoles are the roles of our staff, from the least to the most.
var staffRoles = []account.Role{account.Agent, account.Reviewer, account.Admin}

const (
	staffDomain = "staff" // Casbin's domain of the roles' order
	staffUse    = "use"   // Casbin's only action on a screen of the console
)

// duty is a role on a screen.
type duty struct {
	role   account.Role
	screen StaffScreen
}

// readStaff asks Casbin for every role and screen: the policy does not change while the
// program runs, so that its answers are kept. It refuses a line for an unknown role or
// screen, and a screen that nobody may open.
func readStaff(s Source) (map[duty]bool, error) {
	m, err := model.NewModelFromString(s.Model)
	if err != nil {
		return nil, fmt.Errorf("read the permission model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("build the enforcer of our staff: %w", err)
	}
	lines, err := readLines(s.Staff, 4)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		if err := addStaffLine(e, line); err != nil {
			return nil, err
		}
	}
	answers := map[duty]bool{}
	for _, screen := range staffScreens {
		for _, role := range staffRoles {
			allowed, err := e.Enforce(string(role), staffDomain, string(screen), staffUse)
			if err != nil {
				return nil, fmt.Errorf("decide on %s for %s: %w", screen, role, err)
			}
			answers[duty{role, screen}] = allowed
		}
		if lowestRole(answers, screen) == "" {
			return nil, fmt.Errorf("no line for %s", screen)
		}
	}
	return answers, nil
}

func addStaffLine(e *casbin.Enforcer, line []string) error {
	isRole := func(text string) bool { return slices.Contains(staffRoles, account.Role(text)) }
	var err error
	switch {
	case line[0] == "p" && isRole(line[1]) && slices.Contains(staffScreens, StaffScreen(line[2])) && line[3] == staffUse:
		_, err = e.AddPolicy(line[1], line[2], line[3])
	case line[0] == "g" && isRole(line[1]) && isRole(line[2]) && line[3] == staffDomain:
		_, err = e.AddGroupingPolicy(line[1], line[2], line[3])
	default:
		return fmt.Errorf("%q is no role, screen, use", line)
	}
	if err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	return nil
}

// lowestRole returns the least role that may open a screen, "" for none.
func lowestRole(answers map[duty]bool, screen StaffScreen) account.Role {
	for _, role := range staffRoles {
		if answers[duty{role, screen}] {
			return role
		}
	}
	return ""
}

// decideStaff says whether one of our staff may open a screen of the console.
func (a *Authority) decideStaff(actor *account.Actor, screen StaffScreen) Decision {
	if !isStaff(actor) {
		return Decision{}
	}
	return Decision{
		Allowed: a.staff[duty{actor.Account.Role, screen}], StaffScreen: screen, LowestRole: lowestRole(a.staff, screen),
	}
}
