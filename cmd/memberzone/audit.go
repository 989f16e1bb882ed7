package main

import "github.com/memberzone/memberzone/app"

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Walk the audit log and prove that nothing in it was changed."`
}

// Help implements kong.HelpProvider.
func (auditCommand) Help() string {
	return `Prints the member's code, the number of entries and the last hash of each chain: keep that
elsewhere, and hand it over with --against the next time. Ends with 1 and names the first bad
entry if the log was altered, the chain if it is not the one that was printed, and the trigger
that should keep entries from being changed if that is gone.
Examples:
  DATABASE_URL=postgres://… memberzone audit verify
  memberzone audit verify --data var/demo
  memberzone audit verify --against audit-2026-11.txt > audit-2026-12.txt`
}

type auditVerify struct {
	Against     string `help:"File with what the command printed earlier, which must still be true." placeholder:"FILE"`
	DatabaseURL string `env:"DATABASE_URL" hidden:""`
	Data        string `help:"The demo's directory; used without DATABASE_URL." default:"var/demo" env:"MEMBERZONE_DATA"`
	Postgres    string `help:"Folder of PostgreSQL's programs." env:"MEMBERZONE_POSTGRES"`
}

// Run implements the command.
func (c *auditVerify) Run(e env) error {
	return app.VerifyAudit(e.ctx, app.VerifyAuditOptions{
		DatabaseURL: c.DatabaseURL, Data: c.Data, Binaries: c.Postgres, Against: c.Against, Out: e.stdout,
	})
}
