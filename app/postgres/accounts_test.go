package postgres_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

func TestActorIsReadWithItsStoresAndGrants(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	owner, clerk := actorOf(t, db, 1), actorOf(t, db, 3)
	names := func(a account.Actor) (list []string) {
		for _, store := range a.Stores {
			list = append(list, store.MerchantID)
		}
		return list
	}
	if diff := cmp.Diff([]string{"MS1", "MS2", "MS3"}, names(owner)); diff != "" || len(owner.Grants) != 0 {
		t.Errorf("owner: %s, grants %v", diff, owner.Grants)
	}
	if diff := cmp.Diff([]string{"MS1", "MS2"}, names(clerk)); diff != "" {
		t.Errorf("clerk: %s", diff)
	}
	want := []account.Grant{{Unit: "card_trades", Level: "manage"}, {Unit: "pay_links", Level: "view"}}
	if diff := cmp.Diff(want, clerk.Grants); diff != "" {
		t.Error(diff)
	}
	of := clerk.Member
	if of.Code != "12345675" || of.Kind != member.Enterprise || clerk.Stores[1].Kind != member.Gateway {
		t.Errorf("clerk: %+v", clerk)
	}
	if _, err := db.Accounts().Actor(t.Context(), 99, noon); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("an unknown sign-in: %v", err)
	}
}

func TestCredentialIsFoundWhateverTheCaseAndOnlyInItsMember(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	for _, login := range []string{"owner01", "OWNER01"} {
		c, err := db.Accounts().Credential(t.Context(), "22099131", login)
		if err != nil || c.Account.ID != 2 {
			t.Errorf("Credential(%s) = %+v, %v", login, c, err)
		}
	}
	if _, err := db.Accounts().Credential(t.Context(), "22099131", "clerk01"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("another member's account: %v", err)
	}
}

func TestAddAccount(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	n := account.NewAccount{
		MemberID: 1, Kind: account.Assistant, Login: "clerk02", PasswordHash: secret.New("x"), At: noon,
		Stores: []member.StoreID{2}, Grants: []account.Grant{{Unit: "card_trades", Level: "view"}},
	}
	id, err := db.Accounts().Add(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if a := actorOf(t, db, id); len(a.Stores) != 1 || a.Stores[0].ID != 2 || len(a.Grants) != 1 {
		t.Errorf("stored as %+v", a)
	}
	n.Login = "Clerk02"
	if _, err := db.Accounts().Add(t.Context(), n); !errors.Is(err, account.ErrLoginTaken) {
		t.Errorf("the same login again: %v", err)
	}
	n.Login, n.Stores = "clerk03", []member.StoreID{4}
	if _, err := db.Accounts().Add(t.Context(), n); err == nil {
		t.Error("a store of another member was assigned")
	}
	if _, err := db.Accounts().Credential(t.Context(), "12345675", "clerk03"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("half an account was stored: %v", err)
	}
}
