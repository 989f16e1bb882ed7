package seeds

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// Stores keeps members and their stores.
type Stores interface {
	// MemberByCode finds a member by its 統一編號 or 會員代號; found is false if
	// there is none.
	MemberByCode(ctx context.Context, code string) (m member.Member, found bool, err error)
	// AddMember stores a member and returns its ID.
	AddMember(ctx context.Context, m member.Member, at time.Time) (member.ID, error)
	// StoreByMerchantID returns member.ErrStoreNotFound if there is none.
	StoreByMerchantID(ctx context.Context, merchantID string) (member.Store, error)
	// AddStore stores a store, its keys sealed, and returns its ID.
	AddStore(ctx context.Context, s member.Store) (member.StoreID, error)
}

// Accounts keeps the accounts of members and of our staff.
type Accounts interface {
	// Credential returns account.ErrNotFound if there is no such account.
	Credential(ctx context.Context, memberCode, login string) (account.Credential, error)
	// StaffCredential returns account.ErrNotFound if there is no such account.
	StaffCredential(ctx context.Context, login string) (account.Credential, error)
	// Add stores an account with its stores and grants, and returns its ID.
	Add(ctx context.Context, n account.NewAccount) (account.ID, error)
}

// LoadOptions say where the demonstration's data goes.
type LoadOptions struct {
	Stores   Stores
	Accounts Accounts
	Now      time.Time
}

// Load adds the demonstration's members, stores, accounts and staff that are not
// there yet. What is there stays as it is.
func Load(ctx context.Context, o LoadOptions) error {
	for _, m := range DemoMembers() {
		if err := o.loadMember(ctx, m); err != nil {
			return fmt.Errorf("load the demonstration: %w", err)
		}
	}
	for _, one := range DemoStaffMembers() {
		if err := o.loadStaff(ctx, one); err != nil {
			return fmt.Errorf("load the demonstration: staff %s: %w", one.Login, err)
		}
	}
	return nil
}

func (o LoadOptions) loadStaff(ctx context.Context, one DemoStaff) error {
	_, err := o.Accounts.StaffCredential(ctx, one.Login)
	if !errors.Is(err, account.ErrNotFound) {
		return err
	}
	hash, err := account.HashPassword(secret.New(DemoPassword))
	if err != nil {
		return err
	}
	_, err = o.Accounts.Add(ctx, account.NewAccount{
		Kind: account.Staff, Role: one.Role, Login: one.Login, Email: one.Login + "@staff.example.test",
		PasswordHash: hash, At: o.Now,
	})
	return err
}

func (o LoadOptions) loadMember(ctx context.Context, m DemoMember) error {
	id, err := ensureMember(ctx, o.Stores, m.Member, o.Now)
	if err != nil {
		return err
	}
	stores := map[string]member.StoreID{}
	for _, s := range m.Stores {
		s.Store.MemberID, s.Store.CreatedAt = id, o.Now
		stored, err := ensureStore(ctx, o.Stores, s.Store)
		if err != nil {
			return err
		}
		stores[s.Store.MerchantID] = stored.ID
	}
	for _, a := range m.Accounts {
		if err := o.loadAccount(ctx, m.Member.Code, id, a, stores); err != nil {
			return err
		}
	}
	return nil
}

func (o LoadOptions) loadAccount(
	ctx context.Context, code string, id member.ID, a DemoAccount, stores map[string]member.StoreID,
) error {
	_, err := o.Accounts.Credential(ctx, code, a.Login)
	if err == nil {
		return nil
	}
	if !errors.Is(err, account.ErrNotFound) {
		return fmt.Errorf("look for account %s of %s: %w", a.Login, code, err)
	}
	hash, err := account.HashPassword(secret.New(DemoPassword))
	if err != nil {
		return fmt.Errorf("account %s of %s: %w", a.Login, code, err)
	}
	n := account.NewAccount{
		MemberID: id, Kind: a.Kind, Login: a.Login, Email: a.Login + "." + strings.ToLower(code) + "@example.test",
		PasswordHash: hash, Grants: a.Grants, At: o.Now,
	}
	for _, merchantID := range a.Stores {
		n.Stores = append(n.Stores, stores[merchantID])
	}
	if _, err := o.Accounts.Add(ctx, n); err != nil {
		return fmt.Errorf("account %s of %s: %w", a.Login, code, err)
	}
	return nil
}

// ensureMember returns the ID of the member with m's code, adding m if there is none.
func ensureMember(ctx context.Context, stores Stores, m member.Member, now time.Time) (member.ID, error) {
	known, found, err := stores.MemberByCode(ctx, m.Code)
	if err != nil {
		return 0, fmt.Errorf("look for member %s: %w", m.Code, err)
	}
	if found {
		return known.ID, nil
	}
	return stores.AddMember(ctx, m, now)
}

// ensureStore returns the store with s's MerchantID, adding s if there is none.
// It refuses one that belongs to another member.
func ensureStore(ctx context.Context, stores Stores, s member.Store) (member.Store, error) {
	known, err := stores.StoreByMerchantID(ctx, s.MerchantID)
	if errors.Is(err, member.ErrStoreNotFound) {
		s.ID, err = stores.AddStore(ctx, s)
		return s, err
	}
	if err != nil {
		return s, fmt.Errorf("look for store %s: %w", s.MerchantID, err)
	}
	if known.MemberID != s.MemberID {
		return s, fmt.Errorf("store %s belongs to another member", s.MerchantID)
	}
	return known, nil
}
