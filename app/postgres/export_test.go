package postgres

import (
	"context"

	"github.com/memberzone/memberzone/app/audit"
)

// InTx runs do in one transaction, as the stores of the domain packages do.
func InTx(ctx context.Context, db *DB, do func(context.Context, audit.Recorder) error) error {
	return db.inTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, t) })
}
