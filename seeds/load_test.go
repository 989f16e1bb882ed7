package seeds_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/seeds"
)

func TestLoadGivesTheStoresOfTheDemonstration(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	tests := []struct {
		merchantID, member, name, hashKey, hashIV string
		threeD, passkey                           bool
		kind                                      member.StoreKind
		mode                                      member.Mode
	}{
		{
			"MS100000001", "12345675", "晴川選物股份有限公司", "DemoKey00000000000000MS100000001", "DemoIV0100000001",
			true, true, member.Platform, member.Live,
		},
		{
			"MS100000002", "12345675", "晴川選物股份有限公司", "DemoKey00000000000000MS100000002", "DemoIV0100000002",
			true, false, member.Platform, member.Live,
		},
		{
			"MS100000003", "12345675", "晴川選物股份有限公司", "DemoKey00000000000000MS100000003", "DemoIV0100000003",
			false, true, member.Gateway, member.Live,
		},
		{
			"MS100000004", "12345675", "晴川選物股份有限公司", "DemoKey00000000000000MS100000004", "DemoIV0100000004",
			false, false, member.Gateway, member.Live,
		},
		{
			"MS100000005", "12345675", "晴川選物股份有限公司", "DemoKey00000000000000MS100000005", "DemoIV0100000005",
			true, true, member.Platform, member.Test,
		},
		{
			"MS200000001", "A100000001", "林小舖", "DemoKey00000000000000MS200000001", "DemoIV0200000001",
			true, false, member.Platform, member.Live,
		},
		{
			"MS300000001", "22099131", "遠岸科技股份有限公司", "DemoKey00000000000000MS300000001", "DemoIV0300000001",
			true, false, member.Platform, member.Live,
		},
	}
	if n := number(t, db, "SELECT count(*) FROM stores"); n != len(tests) {
		t.Errorf("%d stores, want %d", n, len(tests))
	}
	for _, tt := range tests {
		s, err := db.Stores().StoreByMerchantID(t.Context(), tt.merchantID)
		if err != nil {
			t.Fatal(err)
		}
		m, found, err := db.Stores().MemberByCode(t.Context(), tt.member)
		if err != nil || !found || m.ID != s.MemberID || m.Name != tt.name {
			t.Errorf("%s belongs to member %d; %+v, %v", tt.merchantID, s.MemberID, m, err)
		}
		if s.HashKey.Expose() != tt.hashKey || s.HashIV.Expose() != tt.hashIV {
			t.Errorf("%s has other keys: %q, %q", tt.merchantID, s.HashKey.Expose(), s.HashIV.Expose())
		}
		if s.ThreeD != tt.threeD || s.Passkey != tt.passkey || s.Kind != tt.kind || s.Mode != tt.mode {
			t.Errorf("%s is set otherwise: %+v", tt.merchantID, s)
		}
		if !s.Bonus || !s.Amex || slices.Contains(s.Instalments, 8) != (tt.kind == member.Gateway) {
			t.Errorf("%s offers %+v", tt.merchantID, s)
		}
	}
}

// unlocked never locks.
type unlocked struct{}

func (unlocked) Try(context.Context, string) (bool, error) { return false, nil }
func (unlocked) Clear(context.Context, string) error       { return nil }

func TestLoadGivesAccountsThatSignIn(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	service, err := account.New(account.Options{
		Store: db.Accounts(), Lock: unlocked{}, NameLock: unlocked{}, Clock: clock.NewFake(now),
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		member, login string
		kind          account.Kind
		stores        string
		grants        []account.Grant
	}{
		{"12345675", "owner01", account.Owner, "MS100000001 MS100000002 MS100000003 MS100000004 MS100000005", nil},
		{"12345675", "clerk01", account.Assistant, "MS100000001", []account.Grant{{Unit: "card_trades", Level: "manage"}}},
		{
			"12345675", "viewer01", account.Assistant, "MS100000001 MS100000002 MS100000003 MS100000004 MS100000005",
			[]account.Grant{{Unit: "card_trades", Level: "view"}},
		},
		{
			"12345675", "denied01", account.Assistant, "MS100000001 MS100000002 MS100000003 MS100000004 MS100000005",
			nil,
		},
		{"A100000001", "owner01", account.Owner, "MS200000001", nil},
		{"22099131", "owner01", account.Owner, "MS300000001", nil},
	}
	if n := number(t, db, "SELECT count(*) FROM accounts WHERE kind <> 'staff'"); n != len(tests) {
		t.Errorf("%d accounts, want %d", n, len(tests))
	}
	for _, tt := range tests {
		started, err := service.SignIn(t.Context(), account.Credentials{
			Member: tt.member, Account: tt.login, Password: secret.New("Demo-Only-2026"),
		}, account.Origin{})
		if err != nil {
			t.Errorf("%s of %s: %v", tt.login, tt.member, err)
			continue
		}
		actor, err := service.Actor(t.Context(), started.ID)
		if err != nil {
			t.Fatal(err)
		}
		var stores []string
		a := actor.Account
		for _, s := range actor.Stores {
			stores = append(stores, s.MerchantID)
		}
		if a.Kind != tt.kind || strings.Join(stores, " ") != tt.stores || !slices.Equal(actor.Grants, tt.grants) {
			t.Errorf("%s of %s is %s with %v and %v", tt.login, tt.member, a.Kind, stores, actor.Grants)
		}
	}
	_, err = service.SignIn(t.Context(), account.Credentials{
		Member: "12345675", Account: "owner01", Password: secret.New("Demo-Only-2025"),
	}, account.Origin{})
	if !errors.Is(err, account.ErrSignIn) {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestLoadGivesStaffThatSignIn(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	service, err := account.New(account.Options{
		Store: db.Accounts(), Lock: unlocked{}, NameLock: unlocked{}, Clock: clock.NewFake(now), StaffPasswords: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for login, role := range map[string]account.Role{
		"agent01": account.Agent, "reviewer01": account.Reviewer, "admin01": account.Admin,
	} {
		started, err := service.SignInStaff(t.Context(), account.Credentials{
			Account: login, Password: secret.New("Demo-Only-2026"),
		}, account.Origin{})
		if err != nil {
			t.Errorf("%s: %v", login, err)
			continue
		}
		actor, err := service.Actor(t.Context(), started.ID)
		if err != nil || actor.Account.Role != role || actor.Member.ID != 0 || len(actor.Stores) != 0 {
			t.Errorf("%s is %+v, %v", login, actor, err)
		}
	}
}

var loadedTables = []string{"members", "stores", "accounts", "account_stores", "account_grants"}

func TestLoadTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	before := map[string]string{}
	for _, table := range loadedTables {
		before[table] = content(t, db, "SELECT * FROM "+table+" ORDER BY 1, 2")
	}
	load(t, db)
	for _, table := range loadedTables {
		if content(t, db, "SELECT * FROM "+table+" ORDER BY 1, 2") != before[table] {
			t.Errorf("the second run changed %s", table)
		}
	}
}

func TestLoadAddsWhatIsMissing(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	_, err := db.Pool().Exec(t.Context(), `
		DELETE FROM accounts WHERE login = 'clerk01';
		DELETE FROM stores WHERE merchant_id = 'MS300000001';
		UPDATE stores SET name = '改過的名稱' WHERE merchant_id = 'MS200000001'`)
	if err != nil {
		t.Fatal(err)
	}
	load(t, db)
	if n := number(t, db, "SELECT count(*) FROM accounts WHERE kind <> 'staff'"); n != 6 {
		t.Errorf("%d accounts", n)
	}
	if n := number(t, db, "SELECT count(*) FROM stores"); n != 7 {
		t.Errorf("%d stores", n)
	}
	if n := number(t, db, "SELECT count(*) FROM stores WHERE name = '改過的名稱'"); n != 1 {
		t.Error("a changed store was changed back")
	}
}

func TestDemoCredentialsAreKnown(t *testing.T) {
	t.Parallel()
	for _, m := range seeds.DemoMembers() {
		for _, s := range m.Stores {
			key, iv := s.Store.HashKey, s.Store.HashIV
			if len(key.Expose()) != 32 || len(iv.Expose()) != 16 || !seeds.IsDemoKey(key) || !seeds.IsDemoKey(iv) {
				t.Errorf("%s: %q, %q", s.Store.MerchantID, key.Expose(), iv.Expose())
			}
		}
	}
	for _, other := range []string{"", "Demo", "demokey00000000000000MS100000001", "AAAvw3YlqoEk6G4HqRKDAYpHKZWxBBB"} {
		if seeds.IsDemoKey(secret.New(other)) {
			t.Errorf("%q counts as a demonstration key", other)
		}
	}
}
