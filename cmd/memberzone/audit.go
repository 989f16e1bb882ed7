package main

import "github.com/memberzone/memberzone/app"

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Walk the audit log and prove that nothing in it was changed."`
}

// Help implements kong.HelpProvider.
func (auditCommand) Help() string {
	return `Prints the member's code, the number of entries and the last hash of each chain: keep the
hashes elsewhere. Ends with 1 and names the first bad entry if the log was altered.
Examples:
  DATABASE_URL=postgres://… memberzone audit verify
  memberzone audit verify --data var/demo`
}

type auditVerify struct {
	DatabaseURL string `env:"DATABASE_URL" hidden:""`
	Data        string `help:"The demo's directory; used without DATABASE_URL." default:"var/demo" env:"MEMBERZONE_DATA"`
	Postgres    string `help:"Folder of PostgreSQL's programs." env:"MEMBERZONE_POSTGRES"`
}

// Run implements the command.
func (c *auditVerify) Run(e env) error {
	return app.VerifyAudit(e.ctx, app.VerifyAuditOptions{
		DatabaseURL: c.DatabaseURL, Data: c.Data, Binaries: c.Postgres, Out: e.stdout,
	})
}
