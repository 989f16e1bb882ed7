package main

import (
	"fmt"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/secret"
)

type staffCommand struct {
	Invite staffInvite `cmd:"" help:"Add one of our own staff and mail a link to set a passkey."`
}

// Help implements kong.HelpProvider.
func (staffCommand) Help() string {
	return `Needs DATABASE_URL, MEMBERZONE_KEYSET and MEMBERZONE_PUBLIC_URL; the running server sends the mail.
Example:
  memberzone staff invite --account chen01 --email chen@example.com --role admin`
}

type staffInvite struct {
	DatabaseURL string `env:"DATABASE_URL" hidden:""`
	Keyset      string `env:"MEMBERZONE_KEYSET" hidden:""`
	PublicURL   string `env:"MEMBERZONE_PUBLIC_URL" hidden:""`
	Account     string `help:"Name to sign in with: letters and digits, at most 20." required:""`
	Email       string `help:"Where the link goes." required:""`
	Role        string `help:"agent, reviewer or admin; each includes the ones before it." enum:"${roles}" required:""`
}

// Run implements the command.
func (c *staffInvite) Run(e env) error {
	err := app.InviteStaff(e.ctx, app.StaffInvitation{
		DatabaseURL: c.DatabaseURL, Keyset: secret.New(c.Keyset), PublicURL: c.PublicURL,
		Account: c.Account, Email: c.Email, Role: c.Role,
	})
	if err == nil {
		_, _ = fmt.Fprintf(e.stdout, "invited %s; the link goes to %s\n", c.Account, c.Email)
	}
	return err
}
