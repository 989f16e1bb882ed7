package payment

import "context"

type txMark struct{}

// MarkTx returns a context that tells that a database transaction is open.
func MarkTx(ctx context.Context) context.Context {
	return context.WithValue(ctx, txMark{}, true)
}

// InTx tells that a database transaction is open. No outside party is called
// then: its answer may take long, and a rollback could not take it back.
func InTx(ctx context.Context) bool { return ctx.Value(txMark{}) != nil }
