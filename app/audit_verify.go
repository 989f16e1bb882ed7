package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/embedded"
)

// VerifyAuditOptions say which audit log `memberzone audit verify` walks.
type VerifyAuditOptions struct {
	DatabaseURL string
	Data        string    // the demo's directory, where there is no DatabaseURL
	Binaries    string    // folder of PostgreSQL's programs, for a demo that has stopped
	Out         io.Writer // gets a line for each chain that is whole
}

// errNoDemo tells that a directory holds no demo's data.
var errNoDemo = errors.New("no demo's data there: set DATABASE_URL, or name the demo's directory with --data")

// VerifyAudit walks every chain of the audit log. It writes the member's code, the
// number of entries and the last hash of each: kept elsewhere, the hash proves later
// that nothing up to it was written anew. It returns an *audit.BrokenError for the
// first entry that is not as it was written.
func VerifyAudit(ctx context.Context, o VerifyAuditOptions) error {
	if o.DatabaseURL == "" {
		server, err := openDemoDatabase(ctx, o)
		if err != nil {
			return err
		}
		o.DatabaseURL = server.URL("memberzone")
		err = verifyAudit(ctx, o)
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return errors.Join(err, server.Stop(stopping))
	}
	return verifyAudit(ctx, o)
}

// openDemoDatabase attaches to the database of a demo that runs, and starts that of one
// that has stopped.
func openDemoDatabase(ctx context.Context, o VerifyAuditOptions) (*embedded.Server, error) {
	data, err := filepath.Abs(o.Data)
	if err != nil {
		return nil, fmt.Errorf("find the demo's directory: %w", err)
	}
	d := demo{DemoOptions: DemoOptions{Data: data, Binaries: o.Binaries}}
	if _, err := os.Stat(filepath.Join(data, keysetFile)); err != nil {
		return nil, fmt.Errorf("%s: %w", data, errNoDemo)
	}
	return embedded.Start(ctx, embedded.Options{DataDir: d.databaseDir(), Binaries: d.Binaries, Fsync: true})
}

func verifyAudit(ctx context.Context, o VerifyAuditOptions) error {
	if err := postgres.CheckSchema(ctx, o.DatabaseURL); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: o.DatabaseURL})
	if err != nil {
		return err
	}
	defer db.Close()
	chains := 0
	err = db.Audit().Verify(ctx, func(h audit.Head) error {
		chains++
		_, err := fmt.Fprintf(o.Out, "%s\t%d\t%s\n", chainName(h), h.Sequence, h.Hash)
		return err
	})
	if err == nil && chains == 0 {
		_, err = fmt.Fprintln(o.Out, "the audit log is empty")
	}
	return err
}

// chainName is the member's code; a member that is gone leaves the number of its chain.
func chainName(h audit.Head) string {
	switch {
	case h.Chain == audit.Platform:
		return "平台"
	case h.Member == "":
		return fmt.Sprintf("chain %d", h.Chain)
	default:
		return h.Member
	}
}
