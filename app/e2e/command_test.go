package e2e_test

import (
	"bytes"
	"context"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/seeds"
)

// environment of a binary by name; "-" takes a variable away.
type environment map[string]string

// complete is a configuration of serve that is right but for the database.
func complete(t *testing.T, databaseURL string) environment {
	t.Helper()
	keyset, err := app.NewKeyset()
	must(t, err)
	return environment{
		"DATABASE_URL": databaseURL, "MEMBERZONE_KEYSET": keyset.Expose(),
		"MEMBERZONE_ACQUIRER_URL": "http://127.0.0.1:1", "MEMBERZONE_ACQUIRER_ACCOUNT": "memberzone",
		"MEMBERZONE_ACQUIRER_SECRET": bankSecret.Expose(), "MEMBERZONE_SMTP_HOST": "127.0.0.1",
		"MEMBERZONE_SMS_URL": "http://127.0.0.1:1", "MEMBERZONE_SMS_ACCOUNT": "memberzone",
		"MEMBERZONE_SMS_SECRET": bankSecret.Expose(),
		"MEMBERZONE_MAIL_FROM":  "no-reply@memberzone.example", "MEMBERZONE_INSECURE": "true",
		"MEMBERZONE_LISTEN": "127.0.0.1:0", "MEMBERZONE_LISTEN_RP": "127.0.0.1:0",
	}
}

func (e environment) with(name, value string) environment {
	changed := maps.Clone(e)
	changed[name] = value
	return changed
}

// run runs the binary in an empty folder. What is not in the environment is not set.
func run(t *testing.T, env environment, arguments ...string) (status int, stdout, stderr []byte) {
	t.Helper()
	program, err := binary()
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir = t.TempDir()
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) } // a demo stops its database
	command.WaitDelay = stepMax
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); name != "DATABASE_URL" && !strings.HasPrefix(name, "MEMBERZONE_") {
			command.Env = append(command.Env, entry)
		}
	}
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	err = command.Run()
	if ctx.Err() != nil {
		t.Fatalf("%v is still running\n%s%s", arguments, out.Bytes(), complaint.Bytes())
	}
	return exitStatus(t, err), out.Bytes(), complaint.Bytes()
}

// complaintTest is a command that cannot be done, and what its one line says.
type complaintTest struct {
	name      string
	env       environment
	arguments []string
	status    int
	says      []string
}

func mustComplain(t *testing.T, tests []complaintTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, _, stderr := run(t, test.env, test.arguments...)
			if status != test.status {
				t.Errorf("exit status %d, want %d", status, test.status)
			}
			line := oneLine(t, stderr)
			for _, text := range append(test.says, "memberzone: ") {
				if !strings.Contains(line, text) {
					t.Errorf("%q does not say %q", line, text)
				}
			}
			for name, value := range test.env {
				hidden := strings.HasSuffix(name, "_SECRET") && value != "" || name == "MEMBERZONE_KEYSET" && len(value) > 20
				if hidden && strings.Contains(line, value) || strings.Contains(line, "pass-word") {
					t.Errorf("%q shows a secret", line)
				}
			}
		})
	}
}

func TestBadUsageIsOneLineAndStatusTwo(t *testing.T) {
	t.Parallel()
	slow(t)
	mustComplain(t, []complaintTest{
		{"no command", nil, nil, 2, []string{"--help"}},
		{"an unknown command", nil, []string{"frobnicate"}, 2, []string{"frobnicate", "--help"}},
		{"an unknown flag", nil, []string{"serve", "--nonsense"}, 2, []string{"--nonsense", "--help"}},
		{"an unknown flag of the demo", nil, []string{"demo", "--nonsense"}, 2, []string{"--nonsense"}},
		{"no number of transactions", nil, []string{"seed"}, 2, []string{"--transactions"}},
		{"not a number", nil, []string{"seed", "--transactions", "many"}, 2, []string{"--transactions", "many"}},
		{
			"an unknown kind of mail encryption",
			environment{"MEMBERZONE_SMTP_TLS": "perhaps"},
			[]string{"serve"},
			2,
			[]string{"smtp-tls", "starttls"},
		},
	})
}

func TestHelpIsAnswered(t *testing.T) {
	t.Parallel()
	slow(t)
	for _, arguments := range [][]string{{"--help"}, {"serve", "--help"}, {"demo", "--help"}, {"migrate", "--help"}} {
		t.Run(strings.Join(arguments, " "), func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := run(t, nil, arguments...)
			if status != 0 || !bytes.Contains(stdout, []byte("memberzone")) || len(stderr) != 0 {
				t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
			}
		})
	}
}

func TestServeSaysInOneLineWhatIsMissing(t *testing.T) {
	t.Parallel()
	slow(t)
	current := dbtest.New(t)
	right := complete(t, current)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	serve := []string{"serve"}
	mustComplain(t, []complaintTest{
		{"no configuration", nil, serve, 1, []string{"DATABASE_URL"}},
		{"no keyset", right.with("MEMBERZONE_KEYSET", ""), serve, 1, []string{"MEMBERZONE_KEYSET", "memberzone keys new"}},
		{
			"a keyset that is none", right.with("MEMBERZONE_KEYSET", "nonsense"), serve, 1,
			[]string{"MEMBERZONE_KEYSET", "memberzone keys new"},
		},
		{"no acquirer", right.with("MEMBERZONE_ACQUIRER_URL", ""), serve, 1, []string{"MEMBERZONE_ACQUIRER_URL"}},
		{
			"no address of the site", right.with("MEMBERZONE_INSECURE", "false"), serve, 1,
			[]string{"MEMBERZONE_PUBLIC_URL", "https://"},
		},
		{
			"an address of the site without encryption",
			right.with("MEMBERZONE_INSECURE", "false").with("MEMBERZONE_PUBLIC_URL", "http://pay.example.com"), serve, 1,
			[]string{"MEMBERZONE_PUBLIC_URL", "https://"},
		},
		{
			"an address of the site that no passkey can have",
			right.with("MEMBERZONE_PUBLIC_URL", "http://192.0.2.1"), serve, 1,
			[]string{"MEMBERZONE_PUBLIC_URL"},
		},
		{"no SMS gateway", right.with("MEMBERZONE_SMS_SECRET", ""), serve, 1, []string{"MEMBERZONE_SMS_SECRET"}},
		{"no mail server", right.with("MEMBERZONE_SMTP_HOST", ""), serve, 1, []string{"MEMBERZONE_SMTP_HOST"}},
		{
			"a DATABASE_URL that is none", right.with("DATABASE_URL", "pass-word@nonsense"), serve, 1,
			[]string{"postgres://"},
		},
		{
			"a database that does not answer",
			right.with("DATABASE_URL", "postgres://someone:pass-word@127.0.0.1:1/memberzone"), serve, 1,
			[]string{"127.0.0.1"},
		},
		{"no schema", complete(t, dbtest.Empty(t)), serve, 1, []string{"memberzone migrate up"}},
		{
			"a port that is taken", right.with("MEMBERZONE_LISTEN", taken.Addr().String()), serve, 1,
			[]string{taken.Addr().String(), "--listen "},
		},
		{
			"the relying party's port is taken", right.with("MEMBERZONE_LISTEN_RP", taken.Addr().String()), serve, 1,
			[]string{taken.Addr().String(), "--listen-rp"},
		},
		{"an address that is none", right.with("MEMBERZONE_LISTEN", "nowhere"), serve, 1, []string{"nowhere", "--listen"}},
		{"migrate without a database", nil, []string{"migrate", "up"}, 1, []string{"DATABASE_URL"}},
		{"seed without a database", nil, []string{"seed", "--transactions", "1"}, 1, []string{"DATABASE_URL"}},
	})
}

func TestServeRefusesDemonstrationCredentials(t *testing.T) {
	t.Parallel()
	slow(t)
	env := complete(t, dbtest.New(t))
	loadDemo(t, env["DATABASE_URL"], env["MEMBERZONE_KEYSET"])
	mustComplain(t, []complaintTest{
		{"keys and passwords", env, []string{"serve"}, 1, []string{"demonstration", "MS100000001"}},
	})
}

func TestServeRefusesTheDemonstrationsStaff(t *testing.T) {
	t.Parallel()
	slow(t)
	env := complete(t, dbtest.New(t))
	hash, err := account.HashPassword(secret.New(seeds.DemoPassword))
	must(t, err)
	db := openDatabase(t, env)
	_, err = db.Accounts().Add(t.Context(), account.NewAccount{
		Kind: account.Staff, Role: account.Admin, Login: "Admin01", PasswordHash: hash, At: time.Now(),
	})
	must(t, err)
	mustComplain(t, []complaintTest{
		{"a password of staff", env, []string{"serve"}, 1, []string{"demonstration", "admin01"}},
	})
}

func TestStaffAreInvitedByACommand(t *testing.T) {
	t.Parallel()
	slow(t)
	env := complete(t, dbtest.New(t)).with("MEMBERZONE_PUBLIC_URL", "https://pay.example.com")
	invite := func(role string) []string {
		return []string{"staff", "invite", "--account", "chen01", "--email", "chen@example.com", "--role", role}
	}
	mustComplain(t, []complaintTest{
		{"no database", nil, invite("admin"), 1, []string{"DATABASE_URL"}},
		{
			"no address of the site", env.with("MEMBERZONE_PUBLIC_URL", ""), invite("admin"), 1,
			[]string{"MEMBERZONE_PUBLIC_URL"},
		},
		{"no keyset", env.with("MEMBERZONE_KEYSET", ""), invite("admin"), 1, []string{"MEMBERZONE_KEYSET"}},
		{"an unknown role", env, invite("root"), 2, []string{"--role", "agent"}},
		{
			"nobody", env,
			[]string{"staff", "invite", "--role", "agent", "--email", "a@example.com"},
			2,
			[]string{"--account"},
		},
	})
	status, stdout, stderr := run(t, env, invite("admin")...)
	if status != 0 || !bytes.Contains(stdout, []byte("chen@example.com")) {
		t.Fatalf("status %d, %q, %q", status, stdout, stderr)
	}
	db := openDatabase(t, env)
	invited, err := db.Accounts().StaffCredential(t.Context(), "chen01")
	must(t, err)
	if invited.Account.Role != account.Admin || !invited.PasswordHash.IsEmpty() {
		t.Errorf("invited as %+v", invited.Account)
	}
	var waiting int
	must(t, db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'send_mail'").Scan(&waiting))
	if waiting != 1 {
		t.Errorf("%d mails wait", waiting)
	}
}

// TestTheAuditLogIsVerifiedByACommand: sign-ins at the real binary stand in the log, and
// whoever alters one is found out.
func TestTheAuditLogIsVerifiedByACommand(t *testing.T) {
	t.Parallel()
	slow(t)
	const code = "24536806"
	o := newOperated(t)
	o.start()
	addPeople(t, o, code, "clerk01")
	for _, login := range []string{"owner01", "clerk01", "owner01"} {
		newVisitor(t, o.url("")).signIn(code, login)
	}
	verify := func() (status int, stdout string, stderr []byte) {
		status, out, stderr := run(t, environment{"DATABASE_URL": o.databaseURL}, "audit", "verify")
		return status, string(out), stderr
	}
	hash := o.word(t, `SELECT encode(c.hash, 'hex') FROM audit_chains c JOIN members m ON m.id = c.chain
		WHERE m.code = $1`, code)
	status, stdout, stderr := verify()
	if want := code + "\t3\t" + hash + "\n"; status != 0 || !strings.Contains(stdout, want) || len(stderr) != 0 {
		t.Errorf("the log is whole: status %d, %q, %q; want status 0 and %q", status, stdout, stderr, want)
	}
	o.stop()

	const entry = `FROM audit_entries WHERE kind = 'signed_in' AND login = 'clerk01'`
	chain, sequence := o.word(t, "SELECT chain::text "+entry), o.word(t, "SELECT sequence::text "+entry)
	const alter = `UPDATE audit_entries SET login = 'owner01' WHERE login = 'clerk01'`
	if _, err := o.db.Pool().Exec(t.Context(), alter); err == nil {
		t.Error("an entry was altered without any ado")
	}
	for _, statement := range []string{
		"ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only", alter,
		"ALTER TABLE audit_entries ENABLE TRIGGER audit_entries_append_only",
	} {
		_, err := o.db.Pool().Exec(t.Context(), statement)
		must(t, err)
	}
	status, _, stderr = verify()
	if line, want := oneLine(t, stderr), "chain "+chain+", entry "+sequence+":"; status != 1 ||
		!strings.Contains(line, want) {
		t.Errorf("the log was altered: status %d, %q; want status 1 and %q", status, line, want)
	}
}

// openDatabase opens the database of an environment.
func openDatabase(t *testing.T, env environment) *postgres.DB {
	t.Helper()
	cipher, err := fieldcrypt.New(secret.New(env["MEMBERZONE_KEYSET"]))
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: env["DATABASE_URL"], Cipher: cipher})
	must(t, err)
	t.Cleanup(db.Close)
	return db
}

// loadDemo puts the demonstration's members into an operator's database.
func loadDemo(t *testing.T, databaseURL, keyset string) {
	t.Helper()
	cipher, err := fieldcrypt.New(secret.New(keyset))
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: databaseURL, Cipher: cipher})
	must(t, err)
	defer db.Close()
	must(t, seeds.Load(t.Context(), seeds.LoadOptions{Stores: db.Stores(), Accounts: db.Accounts(), Now: time.Now()}))
}

// demoFolder is a demo's directory that a user of PostgreSQL's can enter: else
// the database would be somewhere else. The files lie where the database would be.
func demoFolder(t *testing.T, files ...string) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "memberzone-e2e-demo-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	must(t, os.Chmod(folder, 0o755))
	database := filepath.Join(folder, "postgres")
	for _, name := range files {
		must(t, os.MkdirAll(database, 0o755))
		must(t, os.WriteFile(filepath.Join(database, name), []byte("9\n"), 0o644))
	}
	return folder
}

func TestTheDemoSaysInOneLineWhatIsWrong(t *testing.T) {
	t.Parallel()
	slow(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	other, foreign := demoFolder(t, "PG_VERSION"), demoFolder(t, "thesis.txt")
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	anywhere := environment{
		"MEMBERZONE_LISTEN": "127.0.0.1:0", "MEMBERZONE_LISTEN_RP": "127.0.0.1:0", "MEMBERZONE_LISTEN_SHOP": "127.0.0.1:0",
		"MEMBERZONE_LISTEN_BANK": "127.0.0.1:0",
	}
	tests := []complaintTest{
		{
			"no PostgreSQL", anywhere,
			[]string{"demo", "--data", demoFolder(t), "--postgres", t.TempDir()},
			1,
			[]string{"PostgreSQL"},
		},
		{"data of another version", anywhere, []string{"demo", "--data", other}, 1, []string{"version"}},
		{"a folder of somebody's files", anywhere, []string{"demo", "--data", foreign}, 1, []string{"other files"}},
		{"data in a file", anywhere, []string{"demo", "--data", file}, 1, []string{"--data"}},
		{"negative", anywhere, []string{"demo", "--transactions=-1"}, 2, []string{"negative"}},
	}
	for flag, variable := range map[string]string{
		"--listen": "MEMBERZONE_LISTEN", "--listen-rp": "MEMBERZONE_LISTEN_RP", "--listen-shop": "MEMBERZONE_LISTEN_SHOP",
		"--listen-bank": "MEMBERZONE_LISTEN_BANK",
	} {
		tests = append(tests, complaintTest{
			flag + " is taken", anywhere.with(variable, taken.Addr().String()),
			[]string{"demo"},
			1,
			[]string{taken.Addr().String(), flag + " "},
		})
	}
	mustComplain(t, tests)
}
