package embedded

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childEnv makes the test binary start a server on the named directory, print its address, and sit
// there until it is killed: the "program" of the crash tests.
const childEnv = "MEMBERZONE_EMBEDDED_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(runChild(dir))
	}
	os.Exit(m.Run())
}

func runChild(dir string) int {
	server, err := Start(context.Background(), Options{DataDir: dir, Fsync: true, Log: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(server.URL("postgres"))
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends or kills us
	return 0
}

// startChild runs the test binary as a program that owns a server, and returns it with the address.
func startChild(t *testing.T, dir string) (program *exec.Cmd, line string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program = exec.Command(self)
	program.Env = append(os.Environ(), childEnv+"="+dir)
	program.Stderr = t.Output()
	if _, err := program.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
		waitUntil(t, "the child's server ends", func() bool { return !serverAlive(dir) })
		if address, err := url.Parse(line); err == nil {
			_ = os.Remove(address.Query().Get("host")) // nobody stopped the server to do it
		}
	})
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	line = strings.TrimSpace(line)
	return program, line
}

// openDir is a folder that the server's user can enter (t.TempDir's parent is closed to it).
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start starts a server that is stopped at the end of the test at the latest.
func start(t *testing.T, dir string) *Server {
	t.Helper()
	server, err := Start(t.Context(), Options{DataDir: dir, Fsync: true, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// insert adds a row and returns when the server has acknowledged it.
func insert(t *testing.T, url, note string) {
	t.Helper()
	execute(t, url, "CREATE TABLE IF NOT EXISTS notes (note text PRIMARY KEY)")
	execute(t, url, "INSERT INTO notes VALUES ('"+note+"')")
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func query(t *testing.T, url, statement string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var value string
	if err := conn.QueryRow(t.Context(), statement).Scan(&value); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

func notes(t *testing.T, url string) string {
	t.Helper()
	return query(t, url, "SELECT string_agg(note, ' ' ORDER BY note) FROM notes")
}

func serverAlive(dir string) bool {
	pm, ok := readPostmaster(dir)
	return ok && pm.alive(dir)
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

// oneLine fails the test unless an error is one line, as a command prints it.
func oneLine(t *testing.T, err error) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("want an error of one line, got %q", err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func writeFile(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
