package assistant_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

// noon is 2026-11-24 12:00 in Taipei.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// ownerOf is an owner as far as forms need it.
func ownerOf(of member.ID, stores ...account.Store) account.Actor {
	return account.Actor{
		Account: account.Account{ID: account.ID(of), Kind: account.Owner, Login: "owner01", Status: account.Active},
		Member:  member.Member{ID: of, Kind: member.Enterprise, Code: "12345675", Name: "晴川選物", Status: member.Active},
		Stores:  stores,
	}
}

func date(t testing.TB, s string) clock.Date {
	t.Helper()
	d, err := clock.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fields lists where a form is wrong, in the order it is told.
func fields(err error) string {
	var group fault.Group
	if !errors.As(err, &group) {
		return ""
	}
	var names []string
	for _, f := range group {
		names = append(names, f.Field)
	}
	return strings.Join(names, " ")
}

func TestCheckTellsEveryFaultAtItsField(t *testing.T) {
	t.Parallel()
	owner := ownerOf(1, account.Store{ID: 1, MerchantID: "MS1"}, account.Store{ID: 2, MerchantID: "MS2"})
	service := assistant.New(assistant.Options{Clock: clock.NewFake(noon)})
	login := func(s string) func(*assistant.Form) { return func(f *assistant.Form) { f.Login = s } }
	email := func(s string) func(*assistant.Form) { return func(f *assistant.Form) { f.Email = s } }
	stores := func(s ...string) func(*assistant.Form) { return func(f *assistant.Form) { f.Stores = s } }
	cell := func(u permit.Unit, l permit.Level, until string) func(*assistant.Form) {
		return func(f *assistant.Form) {
			c := assistant.Cell{Level: l}
			if until != "" {
				c.Until = date(t, until)
			}
			f.Matrix = assistant.Matrix{u: c}
		}
	}
	tests := map[string]struct {
		change func(*assistant.Form)
		want   string // the fields, empty for a good form
	}{
		"as it should be":          {func(*assistant.Form) {}, ""},
		"login of 20":              {login("a1234567890123456789"), ""},
		"login of 21":              {login("a12345678901234567890"), "login"},
		"login without a digit":    {login("clerk"), "login"},
		"login without a letter":   {login("12345"), "login"},
		"login with a dash":        {login("clerk-01"), "login"},
		"login of Chinese":         {login("店員01a"), "login"},
		"login of other digits":    {login("clerk٣"), "login"},
		"no login":                 {login(""), "login"},
		"login in full width":      {login("　ｃｌｅｒｋ０１ "), ""},
		"no mail":                  {email(""), "email"},
		"mail in full width":       {email(" ａ＠example.test"), ""},
		"mail with a name":         {email("Ann <a@example.test>"), "email"},
		"mail in brackets":         {email("<a@example.test>"), "email"},
		"two mails":                {email("a@example.test, b@example.test"), "email"},
		"mail with a header":       {email("a@example.test\r\nBcc: b@example.test"), "email"},
		"mail of 254":              {email(strings.Repeat("a", 64) + "@" + strings.Repeat("b", 186) + ".tw"), ""},
		"mail of 255":              {email(strings.Repeat("a", 64) + "@" + strings.Repeat("b", 187) + ".tw"), "email"},
		"no store":                 {stores(), "stores"},
		"a store twice":            {stores("MS1", "MS1"), ""},
		"a store of somebody else": {stores("MS1", "MS3"), "stores"},
		"an unknown row":           {cell("made_up", permit.View, ""), "unit.made_up"},
		"a level too high":         {cell(permit.PayLinks, permit.Manage+1, ""), "unit.pay_links"},
		"a level too low":          {cell(permit.PayLinks, permit.None-1, ""), "unit.pay_links"},
		"until today":              {cell(permit.PayLinks, permit.View, "2026-11-24"), ""},
		"until yesterday":          {cell(permit.PayLinks, permit.View, "2026-11-23"), "until.pay_links"},
		"until five years later":   {cell(permit.PayLinks, permit.View, "2031-11-24"), ""},
		"until a day later still":  {cell(permit.PayLinks, permit.View, "2031-11-25"), "until.pay_links"},
		"an end of nothing":        {cell(permit.PayLinks, permit.None, "2026-12-24"), "until.pay_links"},
		"all at once": {func(f *assistant.Form) {
			*f = assistant.Form{Matrix: assistant.Matrix{
				"zz": {}, "aa": {}, permit.MandateList: {Level: 7},
				permit.SalesRecords: {Level: permit.View, Until: date(t, "2026-11-01")},
			}}
		}, "login email stores until.sales_records unit.mandate_list unit.aa unit.zz"},
	}
	for name, tt := range tests {
		form := assistant.Form{Login: "clerk01", Email: "clerk@example.test", Stores: []string{"MS2", "MS1"}}
		tt.change(&form)
		if got := fields(service.Check(owner, form, true)); got != tt.want {
			t.Errorf("%s: wrong at %q, want %q", name, got, tt.want)
		}
	}
}

func TestCheckLeavesTheLoginOfAnExistingAssistantAlone(t *testing.T) {
	t.Parallel()
	service := assistant.New(assistant.Options{Clock: clock.NewFake(noon)})
	form := assistant.Form{Email: "clerk@example.test", Stores: []string{"MS1"}}
	if err := service.Check(ownerOf(1, account.Store{ID: 1, MerchantID: "MS1"}), form, false); err != nil {
		t.Error(err)
	}
}

// The day turns at midnight in Taipei, eight hours before UTC's.
func TestUntilCountsDaysOfTaipei(t *testing.T) {
	t.Parallel()
	service := assistant.New(assistant.Options{Clock: clock.NewFake(noon.Add(12 * time.Hour))}) // 00:00 of the 25th
	form := assistant.Form{Email: "clerk@example.test", Stores: []string{"MS1"}, Matrix: assistant.Matrix{
		permit.PayLinks: {Level: permit.View, Until: date(t, "2026-11-24")},
	}}
	err := service.Check(ownerOf(1, account.Store{ID: 1, MerchantID: "MS1"}), form, false)
	if fields(err) != "until.pay_links" || !errors.Is(err, assistant.ErrUntil) {
		t.Errorf("Check = %v", err)
	}
}

func TestHoldingLeavesOutWhatHasEnded(t *testing.T) {
	t.Parallel()
	matrix := assistant.Assistant{Grants: []account.Grant{
		{Unit: "pay_links", Level: "view", Until: date(t, "2026-11-23")},
		{Unit: "e_wallet", Level: "manage", Until: date(t, "2026-11-24")},
		{Unit: "card_trades", Level: "manage"},
		{Unit: "mandate_edit", Level: "none"},
		{Unit: "mandate_list", Level: "unheard of"},
	}}.Matrix()
	want := assistant.Matrix{
		permit.EWallet:    {Level: permit.Manage, Until: date(t, "2026-11-24")},
		permit.CardTrades: {Level: permit.Manage},
	}
	if diff := cmp.Diff(want, matrix.Holding(date(t, "2026-11-24"))); diff != "" {
		t.Error(diff)
	}
	if len(matrix) != 3 {
		t.Errorf("Holding changed its matrix: %v", matrix)
	}
}

func TestGrantsAreSortedAsTheMatrix(t *testing.T) {
	t.Parallel()
	grants := []account.Grant{{Unit: "gone"}, {Unit: "simulated_trade"}, {Unit: "card_trades"}, {Unit: "sales_records"}}
	assistant.SortGrants(grants)
	want := []account.Grant{{Unit: "sales_records"}, {Unit: "card_trades"}, {Unit: "simulated_trade"}, {Unit: "gone"}}
	if !slices.Equal(grants, want) {
		t.Errorf("sorted as %v", grants)
	}
}
