package seeds_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/seeds"
)

// BenchmarkGenerate seeds 100,000 transactions and sends the very same rows once
// more with plain COPY FROM into the same tables and indexes, as one transaction
// on one connection, the text ready in memory. The goal is a ratio of 0.8.
//
//	go test -run '^$' -bench Generate -benchtime 1x -count 3 ./seeds
func BenchmarkGenerate(b *testing.B) {
	const rows = 100_000
	for b.Loop() {
		db := loaded(b)
		start := time.Now()
		generate(b, db, seeds.GenerateOptions{Transactions: rows, Seed: 1})
		seeded := time.Since(start)

		plain := plainCopy(b, db, loaded(b))
		b.ReportMetric(rows/seeded.Seconds(), "rows/s")
		b.ReportMetric(rows/plain.Seconds(), "plain-rows/s")
		b.ReportMetric(plain.Seconds()/seeded.Seconds(), "ratio")
	}
}

// plainCopy copies the generated tables from one database to another and returns
// how long the second took, with its VACUUM as Generate does.
func plainCopy(b *testing.B, from, to *postgres.DB) time.Duration {
	b.Helper()
	tables := []string{"transactions", "attempts", "payment_events"}
	columns, texts := map[string]string{}, map[string][]byte{}
	for _, table := range tables {
		var list string
		err := from.Pool().QueryRow(b.Context(), `SELECT string_agg(column_name, ', ' ORDER BY ordinal_position)
			FROM information_schema.columns WHERE table_name = $1 AND is_generated = 'NEVER'`, table).Scan(&list)
		if err != nil {
			b.Fatal(err)
		}
		var text bytes.Buffer
		copyOne(b, from, "COPY (SELECT "+list+" FROM "+table+" ORDER BY id) TO STDOUT", nil, &text)
		columns[table], texts[table] = list, text.Bytes()
	}
	start := time.Now()
	for _, table := range tables {
		copyOne(b, to, "COPY "+table+" ("+columns[table]+") FROM STDIN", bytes.NewReader(texts[table]), nil)
	}
	if _, err := to.Pool().Exec(b.Context(), "VACUUM (ANALYZE) transactions, attempts, payment_events"); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// copyOne runs a COPY from in, or to out where in is nil.
func copyOne(b *testing.B, db *postgres.DB, statement string, in io.Reader, out io.Writer) {
	b.Helper()
	conn, err := db.Pool().Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	pg := conn.Conn().PgConn()
	if in != nil {
		_, err = pg.CopyFrom(b.Context(), in, statement)
	} else {
		_, err = pg.CopyTo(b.Context(), out, statement)
	}
	if err != nil {
		b.Fatal(err)
	}
}
