package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// postmaster is what a data directory's postmaster.pid says: the lines in PostgreSQL's fixed order
// (pid, directory, start time, port, socket folder, address, shared memory, status).
type postmaster struct {
	pid       int
	port      string
	socketDir string
	ready     bool
}

// readPostmaster returns the server of a data directory; false where there is no complete file.
// The file of a crashed server is still there: alive tells.
func readPostmaster(dir string) (postmaster, bool) {
	content, err := os.ReadFile(filepath.Join(dir, pidFile))
	if err != nil {
		return postmaster{}, false
	}
	lines := strings.Split(string(content), "\n")
	const linesOfAStartedServer = 5
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return postmaster{}, false
	}
	pm := postmaster{pid: pid}
	if len(lines) >= linesOfAStartedServer {
		pm.port, pm.socketDir = strings.TrimSpace(lines[3]), strings.TrimSpace(lines[4])
	}
	const statusLine = 7
	if len(lines) > statusLine {
		pm.ready = strings.TrimSpace(lines[statusLine]) == "ready"
	}
	return pm, true
}

// alive reports whether the pid is a server of this data directory. A number may have passed to
// another program since the crash, so where the kernel tells, the program's folder is compared: a
// postmaster works in its data directory.
func (pm postmaster) alive(dir string) bool {
	if err := syscall.Kill(pm.pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pm.pid))
	if err != nil {
		// Not Linux, or not ours to look at: believe the file.
		_, procErr := os.Stat(fmt.Sprintf("/proc/%d", pm.pid))
		return procErr == nil || !procfs()
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		resolved = dir
	}
	return cwd == resolved
}

func procfs() bool {
	_, err := os.Stat("/proc/self/cwd")
	return err == nil
}

// disown rewrites the pid of a stale postmaster.pid to this process's when the old number now
// belongs to some other program, which would make PostgreSQL refuse to start. PostgreSQL takes its
// parent's number for stale and then still checks, by the file's other lines, that no orphan of the
// crashed server has the shared memory. Deleting the file would skip that check.
func (pm postmaster) disown(dir string) error {
	if err := syscall.Kill(pm.pid, 0); errors.Is(err, syscall.ESRCH) {
		return nil
	}
	path := filepath.Join(dir, pidFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the stale %s: %w", pidFile, err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return fmt.Errorf("open the stale %s: %w", pidFile, err)
	}
	if _, err := fmt.Fprintf(file, "%d\n%s", os.Getpid(), rest); err != nil {
		file.Close()
		return fmt.Errorf("rewrite the stale %s: %w", pidFile, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("rewrite the stale %s: %w", pidFile, err)
	}
	return nil
}
