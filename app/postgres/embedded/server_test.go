package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestFirstStartMakesTheDirectoryAndTheSecondKeepsItsRows(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "var", "demo", "postgres")
	first := start(t, dir)
	insert(t, first.URL("postgres"), "kept")
	if first.Attached() || first.DataDir() != dir {
		t.Errorf("attached %v, data in %s, want a server of our own in %s", first.Attached(), first.DataDir(), dir)
	}
	stop(t, first)
	select {
	case <-first.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if serverAlive(dir) || exists(first.socketDir) {
		t.Error("Stop left the server or its socket folder behind")
	}
	second := start(t, dir)
	if got := notes(t, second.URL("postgres")); got != "kept" {
		t.Errorf("after a restart the rows are %q", got)
	}
	if first.URL("x") != second.URL("x") {
		t.Errorf("the address changed from %s to %s", first.URL("x"), second.URL("x"))
	}
}

func TestServerIsReachedThroughAPrivateSocketOnly(t *testing.T) {
	t.Parallel()
	server := start(t, filepath.Join(openDir(t), "db"))
	if got := query(t, server.URL("postgres"), "SELECT current_setting('listen_addresses')"); got != "" {
		t.Errorf("listens on %q", got)
	}
	address, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(address.Query().Get("host"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket folder has mode %o", info.Mode().Perm())
	}
	if psql, err := exec.LookPath("psql"); err == nil {
		out, err := exec.CommandContext(t.Context(), psql, "-XAtc", "SELECT 'hello'", server.URL("postgres")).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "hello" {
			t.Errorf("psql answered %q, %v", out, err)
		}
	}
}

func TestSettingsOfTheCallerWin(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	server, err := Start(t.Context(), Options{DataDir: dir, Settings: map[string]string{"shared_buffers": "24MB"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	for name, want := range map[string]string{"shared_buffers": "24MB", "fsync": "off", "TimeZone": "UTC"} {
		if got := query(t, server.URL("postgres"), "SELECT current_setting('"+name+"')"); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestEnsureDatabaseCreatesItOnce(t *testing.T) {
	t.Parallel()
	server := start(t, filepath.Join(openDir(t), "db"))
	for range 2 {
		if err := server.EnsureDatabase(t.Context(), "member zone"); err != nil {
			t.Fatal(err)
		}
	}
	if got := query(t, server.URL("member zone"), "SELECT current_database()"); got != "member zone" {
		t.Errorf("connected to %q", got)
	}
}

func TestKilledServerRecoversOnTheNextStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	server := start(t, dir)
	insert(t, server.URL("postgres"), "acknowledged")
	if err := server.process.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-server.Done()
	if !exists(filepath.Join(dir, pidFile)) {
		t.Fatal("kill -9 left no stale pid file: the test proves nothing")
	}
	if got := notes(t, start(t, dir).URL("postgres")); got != "acknowledged" {
		t.Errorf("after kill -9 the rows are %q", got)
	}
}

func TestStalePidFileWithTheNumberOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	server := start(t, dir)
	insert(t, server.URL("postgres"), "acknowledged")
	if err := server.process.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-server.Done()
	other := exec.CommandContext(t.Context(), "sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Wait() })
	path := filepath.Join(dir, pidFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(path, fmt.Appendf(nil, "%d\n%s", other.Process.Pid, rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := notes(t, start(t, dir).URL("postgres")); got != "acknowledged" {
		t.Errorf("the rows are %q", got)
	}
}

func TestServerStopsCleanlyWhenItsProgramIsKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	program, address := startChild(t, dir)
	insert(t, address, "acknowledged")
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// A clean stop removes the pid file; a crash would leave it.
	waitUntil(t, "the server has stopped", func() bool { return !exists(filepath.Join(dir, pidFile)) })
	if got := notes(t, start(t, dir).URL("postgres")); got != "acknowledged" {
		t.Errorf("the rows are %q", got)
	}
}

func TestStartRightAfterItsProgramIsKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	program, address := startChild(t, dir)
	insert(t, address, "acknowledged")
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// No wait: the old server may be up, on its way down, or gone. Whichever it is, the rows are there
	// once a server of our own runs.
	server := start(t, dir)
	if server.Attached() {
		waitUntil(t, "the old server has ended", func() bool { return !serverAlive(dir) })
		server = start(t, dir)
	}
	if got := notes(t, server.URL("postgres")); got != "acknowledged" {
		t.Errorf("the rows are %q", got)
	}
}

func TestSecondProgramAttachesAndLeavesTheServerRunning(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	_, address := startChild(t, dir)
	insert(t, address, "shared")
	server := start(t, dir)
	if !server.Attached() || server.URL("postgres") != address {
		t.Errorf("attached %v at %s, want the child's server at %s", server.Attached(), server.URL("postgres"), address)
	}
	stop(t, server)
	if got := notes(t, address); got != "shared" {
		t.Errorf("the rows are %q", got)
	}
}

func TestSimultaneousFirstStartsShareOneServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	var wg sync.WaitGroup
	servers := make([]*Server, 3)
	for i := range servers {
		wg.Go(func() {
			server, err := Start(t.Context(), Options{DataDir: dir, Fsync: true})
			if err != nil {
				t.Error(err)
				return
			}
			servers[i] = server
		})
	}
	wg.Wait()
	owners := 0
	for _, server := range servers {
		if server != nil && !server.Attached() {
			owners++
			t.Cleanup(func() { _ = server.Stop(context.Background()) })
		}
	}
	if owners != 1 {
		t.Errorf("%d of %d calls started a server, want 1", owners, len(servers))
	}
}

func TestStopThatRunsOutOfTimeLosesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	server := start(t, dir)
	insert(t, server.URL("postgres"), "acknowledged")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Stop: %v", err)
	}
	if serverAlive(dir) {
		t.Error("the server still runs")
	}
	if got := notes(t, start(t, dir).URL("postgres")); got != "acknowledged" {
		t.Errorf("the rows are %q", got)
	}
}

func TestInterruptedFirstStartIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	writeFile(t, dir+".init-123", versionFile, "15\n")
	insert(t, start(t, dir).URL("postgres"), "new")
	if exists(dir + ".init-123") {
		t.Error("the half-made directory is still there")
	}
}

func TestRefusalsLeaveTheDirectoryAlone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, content string
		want                error
	}{
		{"another major version", versionFile, "13\n", ErrVersion},
		{"a newer major version", versionFile, "98\n", ErrVersion},
		{"a version that is no number", versionFile, "fifteen", ErrNotADataDirectory},
		{"a folder with other files", "letters.txt", "dear", ErrNotADataDirectory},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(openDir(t), "db")
			writeFile(t, dir, test.file, test.content)
			_, err := Start(t.Context(), Options{DataDir: dir})
			if !errors.Is(err, test.want) {
				t.Errorf("Start: %v, want %v", err, test.want)
			}
			oneLine(t, err)
			content, err := os.ReadFile(filepath.Join(dir, test.file))
			if err != nil || string(content) != test.content {
				t.Errorf("the file now holds %q, %v", content, err)
			}
		})
	}
}

func TestDirectoryOfAnotherProgramIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	at, err := locate(t.Context(), dir, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	found, err := findBinaries(t.Context(), "", at.acc, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := at.acc.own(dir); err != nil {
		t.Fatal(err)
	}
	if out, err := at.acc.command(t.Context(), found.initdb(), "-D", dir, "-U", "other").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %s", out)
	}
	_, err = Start(t.Context(), Options{DataDir: dir})
	if !errors.Is(err, ErrNotADataDirectory) {
		t.Errorf("Start: %v, want %v", err, ErrNotADataDirectory)
	}
	if serverAlive(dir) {
		t.Error("the server that could not be used is still there")
	}
}

func TestConfiguredFolderWithoutBinaries(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{DataDir: filepath.Join(openDir(t), "db"), Binaries: openDir(t)})
	if !errors.Is(err, ErrNoBinaries) {
		t.Errorf("Start: %v, want %v", err, ErrNoBinaries)
	}
	oneLine(t, err)
}

func TestBadSettingIsToldInTheServersWords(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{
		DataDir:  filepath.Join(openDir(t), "db"),
		Settings: map[string]string{"max_connections": "many"},
	})
	if !errors.Is(err, ErrStart) || !strings.Contains(err.Error(), "max_connections") {
		t.Errorf("Start: %v, want %v that names the setting", err, ErrStart)
	}
	oneLine(t, err)
}

func TestResetRemovesOnlyAStoppedDataDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "db")
	if err := Reset(t.Context(), dir); err != nil {
		t.Errorf("nothing there yet: %v", err)
	}
	server := start(t, dir)
	if err := Reset(t.Context(), dir); !errors.Is(err, ErrRunning) {
		t.Errorf("running: %v, want %v", err, ErrRunning)
	}
	stop(t, server)
	if err := Reset(t.Context(), dir); err != nil || exists(dir) {
		t.Errorf("stopped: %v, still there: %v", err, exists(dir))
	}
	writeFile(t, dir, "letters.txt", "dear")
	if err := Reset(t.Context(), dir); !errors.Is(err, ErrNotADataDirectory) || !exists(dir) {
		t.Errorf("a folder of something else: %v, still there: %v", err, exists(dir))
	}
}

func TestRootFallsBackToTheStateFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as another user")
	}
	closed := filepath.Join(openDir(t), "home")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	wanted := filepath.Join(closed, "var", "db")
	t.Cleanup(func() {
		_ = os.RemoveAll(fallbackFor(wanted))
		_ = os.Remove(fallbackFor(wanted) + ".lock")
	})
	log := &tail{next: io.Discard} // safe to read while the server writes
	server, err := Start(t.Context(), Options{DataDir: wanted, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	located, err := Locate(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if server.DataDir() != located || !strings.HasPrefix(located, stateDir) {
		t.Errorf("data in %s, Locate says %s", server.DataDir(), located)
	}
	if !strings.Contains(log.String(), located) {
		t.Errorf("the log does not say where: %q", log.String())
	}
	insert(t, server.URL("postgres"), "here")
}

// TestAllOfThisAsAnOrdinaryUser runs this package's other tests again without root.
func TestAllOfThisAsAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("this run is an ordinary user's already")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("no user nobody here")
	}
	uid, _ := strconv.Atoi(nobody.Uid) // a passwd entry's number
	gid, _ := strconv.Atoi(nobody.Gid)
	home := openDir(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(home, "embedded.test")
	if err := os.WriteFile(copied, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, uid, gid); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), copied, "-test.parallel=2", "-test.v",
		"-test.skip=OrdinaryUser|RootFallsBack")
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as nobody: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP") || !strings.Contains(string(out), "--- PASS: TestFirstStart") {
		t.Errorf("as nobody the tests were not all run:\n%s", out)
	}
}
