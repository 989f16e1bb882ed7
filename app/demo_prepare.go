package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/memberzone/memberzone/app/postgres/embedded"
)

// startDatabase starts the private PostgreSQL. Where there is none to be found,
// it is installed from Debian's packages if this process may do that: the
// demonstration is to need one command on a fresh machine.
func (d *demo) startDatabase(ctx context.Context) (*embedded.Server, error) {
	options := embedded.Options{DataDir: d.databaseDir(), Binaries: d.Binaries, Fsync: true}
	server, err := embedded.Start(ctx, options)
	if !errors.Is(err, embedded.ErrNoBinaries) || d.Binaries != "" || !mayInstall() {
		return server, err
	}
	if installErr := d.installPostgreSQL(ctx); installErr != nil {
		return nil, errors.Join(err, installErr)
	}
	return embedded.Start(ctx, options)
}

func mayInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

func (d *demo) installPostgreSQL(ctx context.Context) error {
	_, _ = fmt.Fprintln(d.Out, "這台機器沒有 PostgreSQL，以 apt-get 安裝中……")
	for _, args := range [][]string{
		{"update", "--quiet=2"},
		{"install", "--yes", "--quiet=2", "--no-install-recommends", "postgresql"},
	} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			d.Log.ErrorContext(ctx, "install PostgreSQL", "error", err, "output", string(out))
			return fmt.Errorf("apt-get %s: %w", args[0], err)
		}
	}
	return nil
}
