package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a postgres that this process started.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the server has ended
	log  *tail
}

// settings returns the server's settings, Options.Settings last so that they win.
func settings(opts Options) map[string]string {
	set := map[string]string{
		"listen_addresses": "",
		// 4 KiB page faults are slow on virtual machines: modest buffers, huge pages where there are any.
		"shared_buffers": "128MB",
		"huge_pages":     "try",
		// Two busy cores: a parallel query takes the core that another request needs.
		"max_parallel_workers_per_gather": "0",
		"timezone":                        "UTC",
		"log_timezone":                    "UTC",
		// DETAIL lines quote the values of a violated key, and statements may hold literals: neither
		// belongs in a log.
		"log_error_verbosity":     "terse",
		"log_min_error_statement": "panic",
		"log_destination":         "stderr",
		"logging_collector":       "off",
	}
	if !opts.Fsync {
		set["fsync"], set["synchronous_commit"], set["full_page_writes"] = "off", "off", "off"
	}
	maps.Copy(set, opts.Settings)
	return set
}

// run starts postgres. The death signal is bound to the thread that started the child, so a
// goroutine keeps its thread for as long as the server lives.
func (p place) run(b binaries, socketDir string, opts Options) (*process, error) {
	args := []string{"-D", p.dir, "-k", socketDir}
	set := settings(opts)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	// Not bound to Start's context: the server outlives the call.
	cmd := p.acc.command(context.Background(), b.postgres(), args...)
	stopWithParent(cmd.SysProcAttr)
	cmd.SysProcAttr.Setpgid = true // Ctrl-C is for us; we stop the server
	proc := &process{cmd: cmd, done: make(chan struct{}), log: &tail{next: opts.Log}}
	cmd.Stdout, cmd.Stderr = proc.log, proc.log
	cmd.WaitDelay = 5 * time.Second // orphaned children may keep the pipe open
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // how it ended is in its log
		close(proc.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%w: run %s: %w", ErrStart, b.postgres(), err)
	}
	return proc, nil
}

// stop asks for a fast shutdown and waits; when ctx ends it makes the server quit.
func (proc *process) stop(ctx context.Context) error {
	_ = proc.cmd.Process.Signal(syscall.SIGINT) // an error means that it has ended already
	select {
	case <-proc.done:
		return nil
	case <-ctx.Done():
		proc.kill()
		return fmt.Errorf("PostgreSQL did not stop in time and was made to quit: %w", ctx.Err())
	}
}

// kill ends the server at once: SIGQUIT takes its children along, SIGKILL is for one that hangs.
func (proc *process) kill() {
	_ = proc.cmd.Process.Signal(syscall.SIGQUIT) // an error means that it has ended already
	select {
	case <-proc.done:
	case <-time.After(5 * time.Second):
		_ = proc.cmd.Process.Kill()
		<-proc.done
	}
}

// orphansHeldMemory reports that the start was refused because children of a killed server were
// still on their way out.
func (proc *process) orphansHeldMemory() bool {
	return strings.Contains(proc.log.String(), "pre-existing shared memory block")
}

// lastWords is the last fatal line of the log, else the last line.
func (proc *process) lastWords() string {
	log := proc.log.String()
	lines := strings.Split(log, "\n")
	for _, line := range slices.Backward(lines) {
		if _, words, found := strings.Cut(line, "FATAL: "); found {
			return strings.TrimSpace(words)
		}
	}
	return lastLine(log)
}

// tailBytesMax is how much of the server's log is kept for error messages.
const tailBytesMax = 8 << 10

// tail passes the log on and keeps its end.
type tail struct {
	mu   sync.Mutex
	kept bytes.Buffer
	next io.Writer
}

// Write never fails: a server must not stop because nobody reads its log.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept.Write(p)
	if extra := t.kept.Len() - tailBytesMax; extra > 0 {
		t.kept.Next(extra)
	}
	if _, err := t.next.Write(p); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.next = io.Discard
	}
	return len(p), nil
}

// String is the kept end of the log.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept.String()
}
