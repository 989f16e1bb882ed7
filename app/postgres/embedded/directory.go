package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Files that PostgreSQL keeps in a data directory.
const (
	versionFile = "PG_VERSION"
	pidFile     = "postmaster.pid"
)

// stateDir is the system's folder for state that must outlive a restart; root's fallback when the
// server's user cannot reach the wanted directory.
const stateDir = "/var/lib/memberzone"

// place is a data directory, and the user that its server runs as.
type place struct {
	dir string
	acc account
}

// locate decides where the data directory is and who owns it; it makes the parent folders.
func locate(ctx context.Context, wanted string, log io.Writer) (place, error) {
	dir, err := filepath.Abs(wanted)
	if err != nil {
		return place{}, fmt.Errorf("resolve the data directory: %w", err)
	}
	acc, err := chooseAccount(dir)
	if err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return place{}, fmt.Errorf("make the folder of the data directory: %w", err)
	}
	enterable, err := acc.canEnter(ctx, filepath.Dir(dir))
	if err != nil {
		return place{}, err
	}
	if enterable {
		return place{dir: dir, acc: acc}, nil
	}
	fallback := fallbackFor(dir)
	if acc, err = chooseAccount(fallback); err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(stateDir, 0o755); err != nil {
		return place{}, fmt.Errorf("make the state folder: %w", err)
	}
	fmt.Fprintf(log, "user %s cannot enter the folders above %s: the database is in %s\n", acc.name, dir, fallback)
	return place{dir: fallback, acc: acc}, nil
}

// fallbackFor gives each wanted directory a place of its own in the state folder.
func fallbackFor(dir string) string {
	return filepath.Join(stateDir, filepath.Base(dir)+"-"+shortHash(dir))
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:12]
}

// majorOf returns the major version that made a data directory; 0 for none yet (missing or empty).
func majorOf(dir string) (int, error) {
	content, err := os.ReadFile(filepath.Join(dir, versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("read the data directory: %w", err)
		}
		if len(entries) > 0 {
			return 0, fmt.Errorf("%w: %s has other files in it; choose another directory", ErrNotADataDirectory, dir)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the data directory's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("%w: %s holds %q", ErrNotADataDirectory, filepath.Join(dir, versionFile), content)
	}
	return major, nil
}

// initialise makes a new data directory under another name and renames it, so that a crash on the
// way leaves no half-made one behind. The caller holds the directory's lock.
func (p place) initialise(ctx context.Context, b binaries, fsync bool) error {
	leftovers, _ := filepath.Glob(p.dir + ".init-*") // the only error is a bad pattern
	for _, leftover := range leftovers {
		if err := os.RemoveAll(leftover); err != nil {
			return fmt.Errorf("remove what an interrupted first start left: %w", err)
		}
	}
	temp, err := os.MkdirTemp(filepath.Dir(p.dir), filepath.Base(p.dir)+".init-")
	if err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	defer os.RemoveAll(temp) // gone already when all went well
	if err := p.acc.own(temp); err != nil {
		return err
	}
	locale := "--locale=C.UTF-8"
	if runtime.GOOS != "linux" {
		locale = "--no-locale" // C.UTF-8 is not everywhere
	}
	args := []string{"-D", temp, "-U", superuser, "--auth=trust", "-E", "UTF8", locale}
	if !fsync {
		args = append(args, "--no-sync")
	}
	if out, err := p.acc.command(ctx, b.initdb(), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: initdb: %s (%w)", ErrStart, lastLine(string(out)), err)
	}
	if err := os.Rename(temp, p.dir); err != nil {
		return fmt.Errorf("move the new data directory into place: %w", err)
	}
	return syncDir(filepath.Dir(p.dir))
}

// syncDir makes a rename inside a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

// lock keeps other processes from starting a server on the same directory at the same time. The
// kernel lets go of it when the process ends, however it ends.
func (p place) lock() (unlock func(), err error) {
	file, err := os.OpenFile(p.dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return func() { file.Close() }, nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
