package dbtest_test

import (
	"bufio"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/postgres/migrations"
)

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func count(t *testing.T, address, query string, args ...any) int {
	t.Helper()
	var n int
	if err := connect(t, address).QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNewHasTheCurrentSchemaAndNobodyElsesRows(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("parallel", func(t *testing.T) {
			t.Parallel()
			address := dbtest.New(t)
			if err := migrations.Check(t.Context(), address); err != nil {
				t.Error(err)
			}
			conn := connect(t, address)
			const insert = "INSERT INTO sessions (token, data, expiry) VALUES ('same', '', now())"
			if _, err := conn.Exec(t.Context(), insert); err != nil {
				t.Errorf("another test's row is here: %v", err)
			}
		})
	}
}

func TestEmptyHasNoTables(t *testing.T) {
	t.Parallel()
	const tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
	if n := count(t, dbtest.Empty(t), tables); n != 0 {
		t.Errorf("%d tables", n)
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("user", func(t *testing.T) {
		address, err := url.Parse(dbtest.New(t))
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimPrefix(address.Path, "/")
	})
	if n := count(t, dbtest.Empty(t), "SELECT count(*) FROM pg_database WHERE datname = $1", name); n != 0 {
		t.Errorf("database %s is still there", name)
	}
}

// holdEnv makes TestHold keep a database until it is killed.
const holdEnv = "MEMBERZONE_DBTEST_HOLD"

func TestHold(t *testing.T) {
	if os.Getenv(holdEnv) == "" {
		t.Skip("only run by TestNothingIsLeftAfterKill")
	}
	address := dbtest.Empty(t)
	var data string
	if err := connect(t, address).QueryRow(t.Context(), "SHOW data_directory").Scan(&data); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("holds " + data + " " + address + "\n")
	time.Sleep(time.Minute)
}

func TestNothingIsLeftAfterKill(t *testing.T) {
	t.Parallel()
	if os.Getenv("MEMBERZONE_TEST_DATABASE_URL") != "" {
		t.Skip("the server is not ours")
	}
	dbtest.Empty(t) // skips where there is no PostgreSQL
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestHold$")
	cmd.Env = append(os.Environ(), holdEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	fields := strings.Fields(line)
	if err != nil || len(fields) != 3 || fields[0] != "holds" {
		t.Fatalf("the test binary said %q, %v", line, err)
	}
	address, err := url.Parse(fields[2])
	if err != nil {
		t.Fatal(err)
	}
	left := []string{filepath.Dir(fields[1]), address.Query().Get("host")}
	for _, path := range left {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("not there while the test runs: %v", err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, dataErr := os.Stat(left[0])
		_, socketErr := os.Stat(left[1])
		if os.IsNotExist(dataErr) && os.IsNotExist(socketErr) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v", left)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		dbtest.New(b)
	}
}
