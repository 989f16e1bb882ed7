package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

// Bulk takes rows in bulk, as package seeds makes them.
type Bulk struct {
	Stores
	bare bool
}

// Bulk returns the taker of rows in bulk.
func (db *DB) Bulk() Bulk { return Bulk{Stores: db.Stores()} }

// Bare leaves attempts and events out, which no list, count or sum reads: for
// measurements of those at a size where the histories would fill a disk.
func (b Bulk) Bare() Bulk {
	b.bare = true
	return b
}

// MemberByCode finds a member by its 統一編號 or 會員代號; found is false if there
// is none.
func (s Stores) MemberByCode(ctx context.Context, code string) (m member.Member, found bool, err error) {
	var r struct {
		ID                       int64
		Kind, Code, Name, Status string
	}
	err = s.db.gorm.WithContext(ctx).
		Raw("SELECT id, kind, code, name, status FROM members WHERE code = ?", code).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return member.Member{}, false, nil
	}
	if err != nil {
		return member.Member{}, false, fmt.Errorf("read member: %w", err)
	}
	return member.Member{
		ID: member.ID(r.ID), Kind: member.Kind(r.Kind), Code: r.Code, Name: r.Name, Status: member.Status(r.Status),
	}, true, nil
}

// Taken returns those of the trade numbers that are in use. They must come in
// ascending order: where nothing lies between the first and the last, one look
// at the index answers for all.
func (b Bulk) Taken(ctx context.Context, nos []ident.TradeNo) ([]ident.TradeNo, error) {
	if len(nos) == 0 {
		return nil, nil
	}
	var some bool
	err := b.db.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM transactions WHERE trade_no BETWEEN $1 AND $2)",
		string(nos[0]), string(nos[len(nos)-1])).Scan(&some)
	if err != nil {
		return nil, fmt.Errorf("look for trade numbers: %w", err)
	}
	if !some {
		return nil, nil
	}
	texts := make([]string, len(nos))
	for i, no := range nos {
		texts[i] = string(no)
	}
	rows, err := b.db.pool.Query(ctx, "SELECT trade_no FROM transactions WHERE trade_no = ANY ($1)", texts)
	if err != nil {
		return nil, fmt.Errorf("look for trade numbers: %w", err)
	}
	taken, err := pgx.CollectRows(rows, pgx.RowTo[ident.TradeNo])
	if err != nil {
		return nil, fmt.Errorf("look for trade numbers: %w", err)
	}
	return taken, nil
}

// next hands out a transaction with its attempts and events, until io.EOF. The IDs are
// given here.
type next = func() (*payment.History, error)

// CopyTransactions stores what next hands out with COPY, chunk by chunk, each in
// one database transaction, and calls stored with the number of transactions
// after each commit. While PostgreSQL takes one chunk, the next one is written,
// so next is called from another goroutine; none of its calls outlives this one.
func (b Bulk) CopyTransactions(ctx context.Context, next next, stored func(transactions int)) error {
	paying, err := b.payingStores(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	empty, full := make(chan *bulkChunk, 2), make(chan *bulkChunk)
	empty <- &bulkChunk{paying: paying}
	empty <- &bulkChunk{paying: paying}
	var writeErr error
	go func() {
		defer close(full)
		writeErr = b.writeChunks(ctx, next, empty, full)
	}()
	copyErr := b.copyChunks(ctx, full, empty, stored)
	cancel()
	for range full { // until the writer has ended
	}
	if copyErr != nil {
		return copyErr
	}
	return writeErr
}

// copyChunks sends chunks to PostgreSQL until there are no more.
func (b Bulk) copyChunks(ctx context.Context, full <-chan *bulkChunk, empty chan<- *bulkChunk, stored func(int)) error {
	rows := 0
	for c := range full {
		if err := b.copyChunk(ctx, c); err != nil {
			return fmt.Errorf("copy %d transactions: %w", c.rows, err)
		}
		stored(c.rows)
		rows += c.rows
		empty <- c
	}
	if rows == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	if err := b.batchSent(ctx); err != nil {
		return err
	}
	if err := b.fold(ctx); err != nil {
		return err
	}
	// Fresh rows have no statistics and are not all-visible yet: without them the
	// first searches would be planned and read as no later one is.
	_, err := b.db.pool.Exec(ctx, "VACUUM (ANALYZE) transactions, attempts, payment_events, payment_operations, "+
		"transaction_days, transaction_day_changes, token_events, verifications")
	if err != nil {
		return fmt.Errorf("vacuum after the copy: %w", err)
	}
	return nil
}

// fold brings the sums of days up to date.
func (b Bulk) fold(ctx context.Context) error {
	const changesAtOnce = 100_000
	for {
		folded, err := b.db.Reports().FoldTotals(ctx, changesAtOnce)
		if err != nil || folded < changesAtOnce {
			return err
		}
	}
}

func (b Bulk) copyChunk(ctx context.Context, c *bulkChunk) error {
	return pgx.BeginFunc(ctx, b.db.pool, func(tx pgx.Tx) error {
		for _, part := range []struct {
			into  string
			lines copyText
		}{
			{copyTransactions, c.transactions},
			{copyAttempts, c.attempts},
			{copyEvents, c.events},
			{copyMessages, c.messages},
			{copyOperations, c.operations},
			{copyPayouts, c.payouts},
			{copyTokenEvents, c.tokenEvents},
			{copyVerifications, c.journeys},
		} {
			if _, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(part.lines), part.into); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeChunks turns what next hands out into chunks until it ends.
func (b Bulk) writeChunks(ctx context.Context, next next, empty <-chan *bulkChunk, full chan<- *bulkChunk) error {
	for ended := false; !ended; {
		var c *bulkChunk
		select {
		case c = <-empty:
		case <-ctx.Done():
			return ctx.Err()
		}
		var err error
		if ended, err = b.fill(ctx, c, next); err != nil {
			return err
		}
		if c.rows == 0 {
			return nil
		}
		select {
		case full <- c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// bulkRows is how many transactions one chunk has: some 15 MB of text.
const bulkRows = 10_000

// bulkChunk is the text of some transactions with what belongs to them.
type bulkChunk struct {
	rows                           int
	transactions, attempts, events copyText
	messages                       copyText
	tokenEvents, journeys          copyText
	operations, payouts            copyText // of what is open
	paying                         map[int64]bool
	transactionIDs, attemptIDs     []int64 // reserved and not used yet
}

// fill writes a chunk. It reports that next has ended.
func (b Bulk) fill(ctx context.Context, c *bulkChunk, next next) (ended bool, err error) {
	c.rows = 0
	c.transactions, c.attempts, c.events = c.transactions[:0], c.attempts[:0], c.events[:0]
	c.messages, c.operations, c.payouts = c.messages[:0], c.operations[:0], c.payouts[:0]
	c.tokenEvents, c.journeys = c.tokenEvents[:0], c.journeys[:0]
	for c.rows < bulkRows {
		h, err := next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		c.rows++
		id, err := b.takeID(ctx, &c.transactionIDs, "transactions")
		if err != nil {
			return false, err
		}
		c.transactions.transaction(id, h, b.cardIndex(h.CardNo))
		c.money(id, &h.Transaction, h.Events)
		c.tokenEvents.tokens(id, &h.Transaction)
		if b.bare {
			continue
		}
		if err := b.story(ctx, c, id, h); err != nil {
			return false, err
		}
	}
	return false, nil
}

// story writes the attempts, events, verifications and messages of a transaction.
func (b Bulk) story(ctx context.Context, c *bulkChunk, id int64, h *payment.History) (err error) {
	attemptIDs := make([]int64, len(h.Attempts))
	for i := range h.Attempts {
		if attemptIDs[i], err = b.takeID(ctx, &c.attemptIDs, "attempts"); err != nil {
			return err
		}
		sealed, err := b.seal(h.Attempts[i])
		if err != nil {
			return err
		}
		c.attempts.attempt(attemptIDs[i], id, h.Attempts[i], sealed)
	}
	for _, e := range h.Events {
		var attempt int64
		if e.AttemptID > 0 && int(e.AttemptID) <= len(attemptIDs) {
			attempt = attemptIDs[e.AttemptID-1]
		}
		c.events.event(id, attempt, e)
	}
	for n, j := range h.Journeys {
		if j.Attempt > 0 && j.Attempt <= len(attemptIDs) {
			key := fmt.Sprintf("history/%s/%d", h.TradeNo, n)
			c.journeys.journey(id, attemptIDs[j.Attempt-1], key, h.Attempts[j.Attempt-1], j)
		}
	}
	for _, m := range h.Messages {
		fields, err := json.Marshal(m.Fields)
		if err != nil {
			return fmt.Errorf("write the message: %w", err)
		}
		c.messages.message(id, m, fields)
	}
	return nil
}

// cardIndex is the blind index of a card number, as a live payment's; none for no card.
func (b Bulk) cardIndex(number secret.PAN) []byte {
	if number.IsEmpty() {
		return nil
	}
	return b.db.cipher.Blind(cardText(number))
}

// takeID returns a fresh ID, reserved from the table's own sequence: other
// writers never get it. What a run does not use is lost, which harms nothing.
func (b Bulk) takeID(ctx context.Context, reserved *[]int64, table string) (int64, error) {
	if len(*reserved) == 0 {
		rows, err := b.db.pool.Query(ctx,
			"SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)", table, idsAtOnce)
		if err != nil {
			return 0, fmt.Errorf("reserve IDs: %w", err)
		}
		if *reserved, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return 0, fmt.Errorf("reserve IDs: %w", err)
		}
	}
	id := (*reserved)[0]
	*reserved = (*reserved)[1:]
	return id, nil
}

const idsAtOnce = 1000

// seal encrypts an attempt's payer as a single attempt's is.
func (b Bulk) seal(a payment.Attempt) ([]byte, error) {
	plain, err := json.Marshal(a.Payer)
	if err != nil {
		return nil, fmt.Errorf("write the payer: %w", err)
	}
	sealed, err := b.db.cipher.Seal(plain, payerContext(a.RequestID))
	if err != nil {
		return nil, fmt.Errorf("seal the payer: %w", err)
	}
	return sealed, nil
}
