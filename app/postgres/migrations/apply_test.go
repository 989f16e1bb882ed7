package migrations_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/postgres/migrations"
)

func execute(t *testing.T, address, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func column(t *testing.T, address, query string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// names lists the migration files in order.
func names(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return found // sorted, and the numbers have one width
}

func TestApplyRunsEachMigrationOnceInOrder(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	if err := migrations.Check(t.Context(), address); !errors.Is(err, migrations.ErrBehind) {
		t.Errorf("an empty database: %v, want %v", err, migrations.ErrBehind)
	}
	applied, err := migrations.Apply(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(names(t), applied); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}
	if err := migrations.Check(t.Context(), address); err != nil {
		t.Errorf("a current database: %v", err)
	}
	if again, err := migrations.Apply(t.Context(), address); err != nil || len(again) != 0 {
		t.Errorf("a second time: %v, %v", again, err)
	}
}

func TestSimultaneousAppliesDoNotCollide(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	var wg sync.WaitGroup
	applied := make([][]string, 3)
	for i := range applied {
		wg.Go(func() {
			var err error
			if applied[i], err = migrations.Apply(t.Context(), address); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all := slices.Concat(applied...); len(all) != len(names(t)) {
		t.Errorf("%d migrations were applied, want each of %d once", len(all), len(names(t)))
	}
}

func TestStatusTellsWhatIsApplied(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	for _, want := range []bool{false, true} {
		states, err := migrations.Status(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if len(states) != len(names(t)) {
			t.Fatalf("%d states of %d migrations", len(states), len(names(t)))
		}
		for _, state := range states {
			if state.Applied != want || state.AppliedAt.IsZero() == want {
				t.Errorf("%s applied %v at %v, want %v", state.Name, state.Applied, state.AppliedAt, want)
			}
		}
		if _, err := migrations.Apply(t.Context(), address); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckAndStatusWriteNothing(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	_ = migrations.Check(t.Context(), address) // ErrBehind, as another test has it
	if _, err := migrations.Status(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	if got := column(t, address, "SELECT relname::text FROM pg_stat_user_tables"); len(got) > 0 {
		t.Errorf("made tables %v", got)
	}
}

func TestNewerAndPatchyHistoriesAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, change string
		want         error
		advice       string
	}{
		{
			"newer", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)",
			migrations.ErrAhead, "newer version",
		},
		{
			"one missing in the middle", "DELETE FROM goose_db_version WHERE version_id = 10",
			migrations.ErrBehind, "memberzone migrate up",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address := dbtest.New(t)
			execute(t, address, test.change)
			err := migrations.Check(t.Context(), address)
			if !errors.Is(err, test.want) || !strings.Contains(fmt.Sprint(err), test.advice) {
				t.Errorf("check: %v, want %v with advice %q", err, test.want, test.advice)
			}
		})
	}
}

func TestMissingOlderMigrationIsNotAppliedBehindANewerOne(t *testing.T) {
	t.Parallel()
	address := dbtest.New(t)
	execute(t, address, "DELETE FROM goose_db_version WHERE version_id = 10")
	applied, err := migrations.Apply(t.Context(), address)
	if err == nil || len(applied) > 0 {
		t.Errorf("applied %v, error %v", applied, err)
	}
}

func TestBadAddressesAreToldInOneLineWithoutThePassword(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, address string
		want          error
	}{
		{"empty", "", migrations.ErrURL},
		{"not an address", "postgres://user:hunter2@host:port/db", migrations.ErrURL},
		{"nobody there", "postgres://user:hunter2@/db?host=/nowhere", migrations.ErrUnreachable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := migrations.Check(t.Context(), test.address)
			if !errors.Is(err, test.want) {
				t.Fatalf("check: %v, want %v", err, test.want)
			}
			if text := err.Error(); strings.Contains(text, "\n") || strings.Contains(text, "hunter2") {
				t.Errorf("told %q", text)
			}
		})
	}
}

func TestNamesAreNumberedForwardOnlyAndUnique(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^\d{5}_[a-z0-9_]+\.sql$`)
	seen := map[string]string{}
	for _, name := range names(t) {
		if !form.MatchString(name) {
			t.Errorf("%s is not of the form NNNNN_purpose.sql", name)
			continue
		}
		if other, ok := seen[name[:5]]; ok {
			t.Errorf("%s and %s have one number", name, other)
		}
		seen[name[:5]] = name
		content, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "+goose Down") {
			t.Errorf("%s has a way down: write a new migration instead", name)
		}
	}
}

func TestEveryTableHasAComment(t *testing.T) {
	t.Parallel()
	const bare = `SELECT relname::text FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
		AND relname <> 'goose_db_version' AND obj_description(oid, 'pg_class') IS NULL`
	for _, table := range column(t, dbtest.New(t), bare) {
		t.Errorf("table %s has no COMMENT: say in one what a row is", table)
	}
}

// riverSchema describes everything of the job queue's schema that its code depends on.
const riverSchema = `
SELECT format('column %s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
	CASE WHEN a.attnotnull THEN 'not null' END, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relname LIKE 'river%' AND c.relkind = 'r'
UNION ALL SELECT format('table %s %s', relname, relpersistence) FROM pg_class
WHERE relname LIKE 'river%' AND relkind = 'r'
UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'river%'
UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid::regclass::text LIKE 'river%'
UNION ALL SELECT format('trigger %s', tgname) FROM pg_trigger
WHERE tgrelid::regclass::text LIKE 'river%' AND NOT tgisinternal
UNION ALL SELECT format('function %s %s %s %s', proname, pg_get_function_identity_arguments(oid), provolatile,
	regexp_replace(prosrc, '\s+', ' ', 'g')) FROM pg_proc WHERE proname LIKE 'river%'
UNION ALL SELECT format('label %s %s', e.enumlabel, row_number() OVER (ORDER BY e.enumsortorder))
FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typname = 'river_job_state'
UNION ALL SELECT format('migration %s %s', line, version) FROM river_migration
ORDER BY 1`

func TestJobQueueSchemaIsRiversOwn(t *testing.T) {
	t.Parallel()
	theirs := dbtest.Empty(t)
	migrateWithRiver(t, theirs)
	ours := dbtest.New(t)
	if diff := cmp.Diff(column(t, theirs, riverSchema), column(t, ours, riverSchema)); diff != "" {
		t.Errorf("the job queue's schema differs from river's (-river +ours):\n%s", diff)
	}
	pool, err := pgxpool.New(t.Context(), ours)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := migrator.Validate(t.Context(), nil)
	if err != nil || !result.OK {
		t.Errorf("river does not accept the schema: %+v, %v", result, err)
	}
}

func migrateWithRiver(t *testing.T, address string) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
}
