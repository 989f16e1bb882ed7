package main

import (
	"fmt"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/secret"
)

type staffCommand struct {
	Invite  staffInvite  `cmd:"" help:"Add one of our own staff and mail a link to set a passkey."`
	Suspend staffSuspend `cmd:"" help:"Keep one of our own staff from signing in; sign-ins and links end at once."`
	Resume  staffResume  `cmd:"" help:"Let one who was suspended sign in again."`
	Remove  staffRemove  `cmd:"" help:"Remove one of our own staff for good; the name can be taken again."`
}

// Help implements kong.HelpProvider.
func (staffCommand) Help() string {
	return `All need DATABASE_URL. To invite needs MEMBERZONE_KEYSET and MEMBERZONE_PUBLIC_URL too; the running
server sends the mail.
Examples:
  memberzone staff invite --account chen01 --email chen@example.com --role admin
  memberzone staff suspend --account chen01`
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

// staffOne names one of our own staff.
type staffOne struct {
	DatabaseURL string `env:"DATABASE_URL" hidden:""`
	Account     string `help:"Name that they sign in with." required:""`
}

func (c staffOne) set(e env, to app.StaffStatus, done string) error {
	err := app.SetStaffStatus(e.ctx, c.DatabaseURL, c.Account, to)
	if err == nil {
		_, _ = fmt.Fprintf(e.stdout, "%s %s\n", done, c.Account)
	}
	return err
}

type staffSuspend struct{ staffOne }

// Run implements the command.
func (c *staffSuspend) Run(e env) error { return c.set(e, app.StaffSuspended, "suspended") }

type staffResume struct{ staffOne }

// Run implements the command.
func (c *staffResume) Run(e env) error { return c.set(e, app.StaffActive, "resumed") }

type staffRemove struct{ staffOne }

// Run implements the command.
func (c *staffRemove) Run(e env) error { return c.set(e, app.StaffRemoved, "removed") }
