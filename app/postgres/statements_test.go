package postgres

import (
	"context"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// statementCounter is a pgx.QueryTracer.
type statementCounter struct{ n atomic.Int32 }

func (c *statementCounter) TraceQueryStart(
	ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData,
) context.Context {
	c.n.Add(1)
	return ctx
}

func (*statementCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// CountStatements counts the statements of all rooms from now on, on connections that
// take the place of those before.
func CountStatements(db *DB) (*atomic.Int32, error) {
	counter := &statementCounter{}
	config := db.pool.Config().ConnConfig.Copy()
	config.Tracer = counter
	before := db.sql
	db.sql = stdlib.OpenDB(*config)
	db.gorm.ConnPool, db.gorm.Statement.ConnPool = db.sql, db.sql
	return &counter.n, before.Close()
}
