package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/embedded"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/sms"
)

// lab is the running program over a private database of one size.
type lab struct {
	o       QueryOptions
	rows    int
	dir     string
	url     string // of the database
	keyset  secret.String
	db      *postgres.DB // beside the program's own: for statements and checks
	address string       // host:port of the program
	limit   pgbench
	newest  time.Time // of the giant member's transactions
	giant   visitor
	crowd   []visitor // the giant and others
	closers []func() error
}

// The files of a database that is kept.
const (
	keysetFile   = "keyset"
	passwordFile = "password"
	seededFile   = "seeded"
	databaseName = "memberzone"
)

// What is generated: 1,000 members with some 2,000 stores, the first member with three
// tenths of the rows, over 13 months.
const (
	labMembers = 1000
	labMonths  = 13
)

// labSettings are those of a server with some memory: see the README on production.
var labSettings = map[string]string{
	"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "maintenance_work_mem": "256MB",
}

// openLab brings everything up. The caller closes the lab, also after an error.
func openLab(ctx context.Context, o QueryOptions, rows int) (*lab, error) {
	l := &lab{o: o, rows: rows, dir: filepath.Join(o.Data, strconv.Itoa(rows))}
	program, err := findPgbench(o.Binaries)
	if err != nil {
		return l, err
	}
	if err := l.openDatabase(ctx); err != nil {
		return l, err
	}
	l.limit = pgbench{program, l.url}
	if err := l.seed(ctx); err != nil {
		return l, err
	}
	if err := l.openProgram(ctx); err != nil {
		return l, err
	}
	return l, l.signIn(ctx)
}

func (l *lab) onClose(do func() error) { l.closers = append(l.closers, do) }

func (l *lab) close() error {
	var errs []error
	for i := len(l.closers) - 1; i >= 0; i-- {
		errs = append(errs, l.closers[i]())
	}
	return errors.Join(errs...)
}

func (l *lab) openDatabase(ctx context.Context) error {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return fmt.Errorf("make the measurement's directory: choose another with --data: %w", err)
	}
	server, err := embedded.Start(ctx, embedded.Options{
		DataDir: filepath.Join(l.dir, "postgres"), Binaries: l.o.Binaries, Fsync: true, Settings: labSettings,
	})
	if err != nil {
		return err
	}
	const stopWithin = time.Minute
	l.onClose(func() error {
		stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		return server.Stop(stopping)
	})
	if err := server.EnsureDatabase(ctx, databaseName); err != nil {
		return err
	}
	l.url = server.URL(databaseName)
	if l.keyset, err = l.keep(keysetFile, app.NewKeyset); err != nil {
		return err
	}
	_, err = app.Migrate(ctx, l.url)
	return err
}

// keep returns the secret in a file of the lab, made on the first run.
func (l *lab) keep(name string, fresh func() (secret.String, error)) (secret.String, error) {
	path := filepath.Join(l.dir, name)
	text, err := os.ReadFile(path)
	if err == nil {
		return secret.New(strings.TrimSpace(string(text))), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return secret.String{}, err
	}
	made, err := fresh()
	if err != nil {
		return secret.String{}, err
	}
	return made, os.WriteFile(path, []byte(made.Expose()+"\n"), 0o600)
}

var errHalfSeeded = errors.New("the database was not seeded to the end: remove its directory and start again")

// seed generates the rows, once.
func (l *lab) seed(ctx context.Context) error {
	cipher, err := fieldcrypt.New(l.keyset)
	if err != nil {
		return err
	}
	if l.db, err = postgres.Open(ctx, postgres.Options{URL: l.url, Cipher: cipher, MaxConnections: 2}); err != nil {
		return err
	}
	l.onClose(func() error { l.db.Close(); return nil })
	marker := filepath.Join(l.dir, seededFile)
	if isFile(marker) {
		return nil
	}
	empty, err := l.db.Payments().None(ctx)
	if err != nil {
		return err
	}
	if !empty {
		return fmt.Errorf("%w: %s", errHalfSeeded, l.dir)
	}
	err = app.Seed(ctx, app.SeedOptions{
		DatabaseURL: l.url, Keyset: l.keyset, Transactions: l.rows, Members: labMembers, Months: labMonths,
		Seed: l.o.Seed, Bare: true, Out: l.o.Progress,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(marker, []byte(strconv.Itoa(l.rows)+"\n"), 0o600)
}

// openProgram starts the program as `serve` does, without its jobs: the daily close would
// change the rows.
func (l *lab) openProgram(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	l.address = listener.Addr().String()
	a, err := app.New(ctx, app.Config{
		DatabaseURL: l.url, Keyset: l.keyset, Clock: clock.System{},
		PublicURL: app.LocalURL(l.address), RelyingPartyURL: app.LocalURL(l.address),
		TrustedProxies: []string{"127.0.0.1/32"}, // the measurement's own
		Log:            slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Acquirer:       acquirer.Options{URL: "http://127.0.0.1:1", Account: "nobody", Secret: secret.New(rand.Text())},
		SMS: sms.Options{
			URL: "http://127.0.0.1:1", Account: "nobody", Secret: secret.New(rand.Text()), AllowHTTP: true,
		},
		Mail: mailer.Options{Host: "127.0.0.1", Port: 1, TLS: mailer.Plain, From: "nobody@memberzone.example"},
	})
	if err != nil {
		_ = listener.Close()
		return err
	}
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	l.onClose(func() error {
		return errors.Join(server.Close(), a.Close(context.WithoutCancel(ctx)))
	})
	return nil
}
