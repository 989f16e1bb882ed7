package app

import (
	"context"
	"fmt"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/jobs"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
)

var errNoDatabase = fmt.Errorf("%w: set DATABASE_URL", errMissing)

// StaffInvitation is what `memberzone staff invite` is told.
type StaffInvitation struct {
	DatabaseURL string
	Keyset      secret.String
	PublicURL   string
	Account     string // the login
	Email       string
	Role        string // agent, reviewer or admin
}

// InviteStaff adds one of our own staff, who has no password, and mails a link to set a
// passkey; the running server sends it. This is the way to the first of them.
func InviteStaff(ctx context.Context, i StaffInvitation) error {
	switch {
	case i.DatabaseURL == "":
		return errNoDatabase
	case i.PublicURL == "":
		return fmt.Errorf("%w: set MEMBERZONE_PUBLIC_URL to the address of the site", errMissing)
	}
	cipher, err := fieldcrypt.New(i.Keyset)
	if err != nil {
		return fmt.Errorf("MEMBERZONE_KEYSET: %w", err)
	}
	return withStaff(ctx, postgres.Options{URL: i.DatabaseURL, Cipher: cipher}, i.PublicURL,
		func(accounts *account.Service) error {
			return accounts.InviteStaff(ctx, account.NewStaff{
				Login: i.Account, Email: i.Email, Role: account.Role(i.Role),
			})
		})
}

// StaffStatus says whether one of our own staff may sign in.
type StaffStatus = account.Status

// The statuses that SetStaffStatus sets.
const (
	StaffSuspended = account.Suspended
	StaffActive    = account.Active
	StaffRemoved   = account.Removed
)

// SetStaffStatus suspends, lets in again or removes one of our own staff, whose sign-ins
// and links end at once.
func SetStaffStatus(ctx context.Context, databaseURL, login string, to StaffStatus) error {
	return withStaff(ctx, postgres.Options{URL: databaseURL}, "", func(accounts *account.Service) error {
		return accounts.SetStaffStatus(ctx, login, to)
	})
}

// withStaff lets do work on the accounts of a database whose schema is the program's.
func withStaff(
	ctx context.Context, o postgres.Options, publicURL string, do func(*account.Service) error,
) error {
	if o.URL == "" {
		return errNoDatabase
	}
	if err := postgres.CheckSchema(ctx, o.URL); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, o)
	if err != nil {
		return err
	}
	defer db.Close()
	queue, err := jobs.NewQueue(db.SQL())
	if err != nil {
		return err
	}
	db.UseQueue(queue)
	accounts, err := account.New(account.Options{
		Store: db.Accounts(), Clock: clock.System{}, PublicURL: publicURL,
	})
	if err != nil {
		return err
	}
	return do(accounts)
}
