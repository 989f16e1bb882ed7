package postgres

import (
	"context"

	"github.com/memberzone/memberzone/app/postgres/migrations"
)

// Migrate brings a database's schema up to date, under a lock, and returns the names of the
// migrations it applied: see migrations.Apply.
func Migrate(ctx context.Context, databaseURL string) (applied []string, err error) {
	return migrations.Apply(ctx, databaseURL)
}

// MigrationStatus lists this program's migrations, each with whether the database has it.
func MigrationStatus(ctx context.Context, databaseURL string) ([]migrations.State, error) {
	return migrations.Status(ctx, databaseURL)
}

// CheckSchema returns nil when the database's schema is exactly this program's; else
// migrations.ErrBehind or migrations.ErrAhead in one sentence that says what to do.
func CheckSchema(ctx context.Context, databaseURL string) error {
	return migrations.Check(ctx, databaseURL)
}
