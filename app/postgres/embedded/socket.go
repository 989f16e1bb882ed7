package embedded

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// port names the socket file; there is no TCP port.
const port = "5432"

// socketPathBytesMax keeps the socket's path inside the limit of a Unix address (108 bytes on
// Linux, 104 on macOS, with a closing zero).
const socketPathBytesMax = 100

// makeSocketDir returns a short folder of mode 0700 that belongs to the account. The name follows
// from the data directory, so that the connection string stays the same from start to start.
func (p place) makeSocketDir(ctx context.Context) (string, error) {
	parent, err := p.socketParent(ctx)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(parent, "memberzone-"+shortHash(p.dir))
	if err := os.Mkdir(dir, 0o700); err != nil && !p.ownsPrivate(dir) {
		// Something else has that name in a folder that everyone may write to: take a free one.
		if dir, err = os.MkdirTemp(parent, "memberzone-"); err != nil {
			return "", fmt.Errorf("make the socket folder: %w", err)
		}
	}
	return dir, p.acc.own(dir)
}

// socketParent is the temporary folder, or /tmp when that one is too long or closed to the account.
func (p place) socketParent(ctx context.Context) (string, error) {
	const name = "/memberzone-0123456789ab/.s.PGSQL." + port
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		if len(parent)+len(name) > socketPathBytesMax {
			continue
		}
		enterable, err := p.acc.canEnter(ctx, parent)
		if err != nil {
			return "", err
		}
		if enterable {
			return parent, nil
		}
	}
	return "", fmt.Errorf("%w: no temporary folder is short enough and open to the server's user", ErrStart)
}

// ownsPrivate reports whether a path is a real folder of the account that nobody else may enter.
func (p place) ownsPrivate(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == p.acc.uid
}

// connectionURL is understood by pgx, lib/pq and psql alike.
func connectionURL(socketDir, socketPort, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(superuser),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {socketDir}, "port": {socketPort}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}
