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
		return fmt.Errorf("%w: set DATABASE_URL", errMissing)
	case i.PublicURL == "":
		return fmt.Errorf("%w: set MEMBERZONE_PUBLIC_URL to the address of the site", errMissing)
	}
	cipher, err := fieldcrypt.New(i.Keyset)
	if err != nil {
		return fmt.Errorf("MEMBERZONE_KEYSET: %w", err)
	}
	if err := postgres.CheckSchema(ctx, i.DatabaseURL); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: i.DatabaseURL, Cipher: cipher})
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
		Store: db.Accounts(), Clock: clock.System{}, PublicURL: i.PublicURL,
	})
	if err != nil {
		return err
	}
	return accounts.InviteStaff(ctx, account.NewStaff{Login: i.Account, Email: i.Email, Role: account.Role(i.Role)})
}
