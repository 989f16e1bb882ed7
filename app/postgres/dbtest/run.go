package dbtest

import (
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// reaper is a small program that outlives this one to remove a run's files: a test binary has no
// last moment of its own, and kill -9 or a time-out must leave nothing either. It must stay reachable:
// collected as garbage, its pipe would close, and the server would be taken for unused.
type reaper struct{ stdin io.Writer }

// reaperScript reads the socket folder, then waits for the end of its input, which the kernel closes
// when the test binary ends. The server is stopping by then (its parent died); it has nothing to save.
const reaperScript = `
read -r socket
cat >/dev/null
pid=$(head -n 1 "$1/` + dataName + `/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	tries=200 # a dead server stays visible until the system's first process has buried it
	while [ $tries -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; tries=$((tries - 1)); done
fi
rm -rf "$1"
[ -n "$socket" ] && rm -rf "$socket"
`

func startReaper(run string) (*reaper, error) {
	// Its output must not be ours: go test waits for everyone who holds that.
	cmd := exec.Command("/bin/sh", "-c", reaperScript, "reaper", run)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the cleaner of the test server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the cleaner of the test server: %w", err)
	}
	return &reaper{stdin: stdin}, nil
}

// tellSocket names the server's socket folder, which the address holds.
func (r *reaper) tellSocket(address string) {
	if parsed, err := url.Parse(address); err == nil {
		fmt.Fprintln(r.stdin, parsed.Query().Get("host"))
	}
}

// copyDirectory copies a stopped server's data directory with its owner, which PostgreSQL insists on.
func copyDirectory(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("copy the test image: %w", err)
	}
	if err := os.Chmod(to, 0o700); err != nil {
		return fmt.Errorf("copy the test image: %w", err)
	}
	info, err := os.Stat(from)
	if err != nil {
		return fmt.Errorf("copy the test image: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Getuid() {
		return nil
	}
	return filepath.WalkDir(to, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("hand over the test server's files: %w", err)
		}
		err = os.Lchown(path, int(owner.Uid), int(owner.Gid)) //nolint:gosec // the test's own files
		if err != nil {
			return fmt.Errorf("hand over the test server's files: %w", err)
		}
		return nil
	})
}
