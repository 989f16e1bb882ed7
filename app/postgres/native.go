package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// native lends one of the requests' connections as pgx knows it.
func (db *DB) native(ctx context.Context, do func(conn *pgx.Conn) error) error {
	if ctx.Value(openTx{}) != nil {
		return errSecondConnection
	}
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return errors.New("postgres: a connection that is not pgx's")
		}
		return do(c.Conn())
	})
}
