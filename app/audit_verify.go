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
	Against     string    // file with lines that were written to Out earlier; empty for none
	Out         io.Writer // gets a line for each chain that is whole
}

// errNoDemo tells that a directory holds no demo's data.
var errNoDemo = errors.New("no demo's data there: set DATABASE_URL, or name the demo's directory with --data")

// VerifyAudit walks every chain of the audit log. It writes the member's code, the
// number of entries and the last hash of each: kept elsewhere, the hash proves later
// that nothing up to it was written anew. It returns an *audit.BrokenError for the
// first entry that is not as it was written, audit.ErrUnguarded where entries could be
// changed, and errDiffers where the log is not the one of Against.
func VerifyAudit(ctx context.Context, o VerifyAuditOptions) error {
	receipts, err := readReceipts(o.Against)
	if err != nil {
		return err
	}
	if o.DatabaseURL == "" {
		server, err := openDemoDatabase(ctx, o)
		if err != nil {
			return err
		}
		o.DatabaseURL = server.URL("memberzone")
		err = verifyAudit(ctx, o, receipts)
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return errors.Join(err, server.Stop(stopping))
	}
	return verifyAudit(ctx, o, receipts)
}

func readReceipts(path string) ([]audit.Receipt, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the earlier print: %w", err)
	}
	defer func() { _ = file.Close() }()
	receipts, err := audit.ReadReceipts(file)
	if err != nil {
		return nil, fmt.Errorf("read the earlier print %s: %w", path, err)
	}
	return receipts, nil
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

func verifyAudit(ctx context.Context, o VerifyAuditOptions, receipts []audit.Receipt) error {
	if err := postgres.CheckSchema(ctx, o.DatabaseURL); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: o.DatabaseURL})
	if err != nil {
		return err
	}
	defer db.Close()
	heads := map[string]audit.Head{}
	err = db.Audit().Verify(ctx, func(h audit.Head) error {
		heads[h.Name()] = h
		_, err := fmt.Fprintln(o.Out, h.Receipt())
		return err
	})
	if err == nil && len(heads) == 0 {
		_, err = fmt.Fprintln(o.Out, audit.Nothing)
	}
	for _, r := range receipts {
		if err == nil {
			err = holds(ctx, db.Audit(), heads, r)
		}
	}
	return err
}

// errDiffers tells that a log is whole and yet not the one that was printed earlier: it
// was written anew, or cut and continued.
var errDiffers = errors.New("the audit log is not the one of the earlier print")

// holds checks one line of an earlier print against the chains that are whole now.
func holds(ctx context.Context, log audit.Verifier, heads map[string]audit.Head, r audit.Receipt) error {
	head, ok := heads[r.Name]
	if !ok {
		return fmt.Errorf("%s: %w: the chain is missing, it had %d entries", r.Name, errDiffers, r.Entries)
	}
	if head.Sequence < r.Entries {
		return fmt.Errorf("%s: %w: it has %d entries, it had %d", r.Name, errDiffers, head.Sequence, r.Entries)
	}
	hash, err := log.HashAt(ctx, head.Chain, r.Entries)
	if err != nil {
		return err
	}
	if hash != r.Hash {
		return fmt.Errorf("%s: %w: entry %d has another hash", r.Name, errDiffers, r.Entries)
	}
	return nil
}
