package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// What is wrong with an address or a schema; the errors of this file wrap one of these and are one
// line that says what to do.
var (
	// ErrURL: the database's address cannot be read.
	ErrURL = errors.New("bad database URL: it must look like postgres://user:password@host:5432/database")
	// ErrUnreachable: no connection to the database.
	ErrUnreachable = errors.New("cannot connect to the database")
	// ErrBehind: migrations of this program have not been applied.
	ErrBehind = errors.New("the database schema is not current")
	// ErrAhead: the database has migrations that this program does not know.
	ErrAhead = errors.New("the database schema is newer than this program")
)

// Processes that migrate at once wait for each other this long.
const (
	lockRetrySeconds  = 1
	lockRetryAttempts = 300
)

// State is one migration and whether a database has it.
type State struct {
	Name      string // of the file
	Version   int64
	Applied   bool
	AppliedAt time.Time // zero unless applied
}

// Apply applies, in order and under a lock of the database, the migrations that are missing, and
// returns their file names. A missing migration older than the newest applied one is an error.
func Apply(ctx context.Context, databaseURL string) (applied []string, err error) {
	db, err := openSQL(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	provider, err := newProvider(db)
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, result := range results {
		applied = append(applied, path.Base(result.Source.Path))
	}
	if err != nil {
		return applied, fmt.Errorf("migrate the database: %w", err)
	}
	return applied, nil
}

// Status lists this program's migrations in order, each with whether the database has it.
// It changes nothing.
func Status(ctx context.Context, databaseURL string) ([]State, error) {
	db, err := openSQL(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return nil, err
	}
	provider, err := newProvider(db)
	if err != nil {
		return nil, err
	}
	var states []State
	for _, source := range provider.ListSources() {
		at, ok := applied[source.Version]
		states = append(states, State{
			Name: path.Base(source.Path), Version: source.Version, Applied: ok, AppliedAt: at,
		})
	}
	return states, nil
}

// Check returns nil when the database has exactly this program's migrations; otherwise
// ErrBehind or ErrAhead in a sentence that says what to do. It changes nothing.
func Check(ctx context.Context, databaseURL string) error {
	db, err := openSQL(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return err
	}
	provider, err := newProvider(db)
	if err != nil {
		return err
	}
	var missing []string
	for _, source := range provider.ListSources() {
		if _, ok := applied[source.Version]; !ok {
			missing = append(missing, path.Base(source.Path))
		}
		delete(applied, source.Version)
	}
	if len(applied) > 0 {
		return fmt.Errorf("%w: it has %d migration(s) that this program lacks; run the program's newer version",
			ErrAhead, len(applied))
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %d migration(s) from %s on are missing; run `memberzone migrate up`",
			ErrBehind, len(missing), missing[0])
	}
	return nil
}

// newProvider prepares goose; the session lock makes a second migrating process wait.
func newProvider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockRetrySeconds, lockRetryAttempts))
	if err != nil {
		return nil, fmt.Errorf("prepare the migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// appliedVersions reads goose's history; a database without one has none. Asking goose itself would
// create the history table, and a check must not write.
func appliedVersions(ctx context.Context, db *sql.DB) (map[int64]time.Time, error) {
	var exists bool
	const table = "SELECT to_regclass('" + goose.DefaultTablename + "') IS NOT NULL"
	if err := db.QueryRowContext(ctx, table).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for the migration history: %w", err)
	}
	applied := map[int64]time.Time{}
	if !exists {
		return applied, nil
	}
	const history = "SELECT version_id, tstamp FROM " + goose.DefaultTablename + " WHERE is_applied AND version_id > 0"
	rows, err := db.QueryContext(ctx, history)
	if err != nil {
		return nil, fmt.Errorf("read the migration history: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		var at time.Time
		if err := rows.Scan(&version, &at); err != nil {
			return nil, fmt.Errorf("read the migration history: %w", err)
		}
		applied[version] = at
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the migration history: %w", err)
	}
	return applied, nil
}

// openSQL connects through database/sql, which goose needs. The address may hold a password, so no
// error repeats it.
func openSQL(ctx context.Context, databaseURL string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil || databaseURL == "" {
		return nil, ErrURL
	}
	db := stdlib.OpenDB(*config)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		// pgx lists each address it tried on a line of its own.
		return nil, fmt.Errorf("%w: %s", ErrUnreachable, strings.Join(strings.Fields(err.Error()), " "))
	}
	return db, nil
}
