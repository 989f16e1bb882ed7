package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	gormpg "gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres/migrations"
)

// Cipher seals single fields. The context binds a ciphertext to its place, so
// that it cannot be moved to another row. A blind index lets a field be found by its
// whole value that is not stored: Blind is stored, any of Blinds finds it.
type Cipher interface {
	Seal(plain, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
	Blind(plain []byte) []byte
	Blinds(plain []byte) [][]byte
	// KeyIDs lists the keys in the order of Blinds: what seals now comes first.
	KeyIDs() []uint32
	// Prefix is what a sealed field begins with if the present key sealed it.
	Prefix() []byte
}

// How many connections one process holds at most.
const (
	requestConnections = 20
	queueConnections   = 8 // the job runner, its listener, and bulk loading
)

// Options say how to open a database.
type Options struct {
	URL            string
	MaxConnections int // of requests; 0 for the default of 20. The queue has some of its own.
	Cipher         Cipher
	Log            *slog.Logger
}

// DB is the database. It is safe for concurrent use.
type DB struct {
	pool   *pgxpool.Pool
	sql    *sql.DB
	gorm   *gorm.DB
	cipher Cipher
	queue  Queue
	// What was read before, as long as it holds.
	actors       *lru.Cache[account.SessionID, knownActor]
	arrangements *lru.Cache[account.ID, arrangement]
}

// Queue puts a durable job into the database transaction in which the change
// happens that it belongs to.
type Queue interface {
	Deliver(ctx context.Context, tx *sql.Tx, notificationID int64) error
	Mail(ctx context.Context, tx *sql.Tx, mailID int64) error
	// Export queues the job that writes an export.
	Export(ctx context.Context, tx *sql.Tx, exportID int64) error
	// Recover queues the mail that helps somebody sign in again.
	Recover(ctx context.Context, tx *sql.Tx, r account.RecoveryRequest) error
	// Text queues a text message that carries a one-time code.
	Text(ctx context.Context, tx *sql.Tx, messageID int64) error
}

// Open connects to the database and checks that it answers. It does not
// migrate: see Migrate and CheckSchema.
func Open(ctx context.Context, opts Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(opts.URL)
	if err != nil {
		return nil, migrations.ErrURL
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = "memberzone"
	// Flash, not turning disks: at the default of 4 the planner reads a whole table of
	// 400,000 rows in 500 ms rather than the wide index in 60 ms.
	config.ConnConfig.RuntimeParams["random_page_cost"] = "1.1"
	// Compiling a search takes longer than running it.
	config.ConnConfig.RuntimeParams["jit"] = "off"
	config.MaxConns = queueConnections
	if opts.MaxConnections == 0 {
		opts.MaxConnections = requestConnections
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach database %s on %s: %w", config.ConnConfig.Database, config.ConnConfig.Host, err)
	}
	// Requests have connections of their own: one pool inside the other would
	// let requests and the queue wait for each other.
	db := stdlib.OpenDB(*config.ConnConfig)
	db.SetMaxOpenConns(opts.MaxConnections)
	db.SetMaxIdleConns(opts.MaxConnections)
	g, err := gorm.Open(gormpg.New(gormpg.Config{Conn: db}), &gorm.Config{
		TranslateError:         false, // it would hide which constraint was violated
		SkipDefaultTransaction: true,
		PrepareStmt:            false, // pgx caches statements already
		Logger:                 sqlLog(opts.Log),
	})
	if err != nil {
		_ = db.Close()
		pool.Close()
		return nil, fmt.Errorf("open gorm: %w", err)
	}
	if err := keepToOneConnection(g); err != nil {
		_ = db.Close()
		pool.Close()
		return nil, fmt.Errorf("open gorm: %w", err)
	}
	opened := &DB{pool: pool, sql: db, gorm: g, cipher: opts.Cipher}
	if err := opened.remember(); err != nil {
		opened.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return opened, nil
}

// rememberedMax is how many accounts and sign-ins are remembered.
const rememberedMax = 10_000

func (db *DB) remember() (err error) {
	if db.actors, err = lru.New[account.SessionID, knownActor](rememberedMax); err != nil {
		return err
	}
	db.arrangements, err = lru.New[account.ID, arrangement](rememberedMax)
	return err
}

// errSecondConnection tells that a statement was sent past the transaction that its
// context belongs to.
var errSecondConnection = errors.New("postgres: a statement outside the transaction that is open")

// keepToOneConnection refuses statements that would take a second connection for one
// request: when all requests hold one and want another, all wait for ever.
func keepToOneConnection(g *gorm.DB) error {
	check := func(g *gorm.DB) {
		if _, inside := g.Statement.ConnPool.(*sql.Tx); !inside && g.Statement.Context.Value(openTx{}) != nil {
			_ = g.AddError(errSecondConnection)
		}
	}
	const name = "one_connection"
	c := g.Callback()
	return errors.Join(c.Query().Before("*").Register(name, check), c.Row().Before("*").Register(name, check),
		c.Raw().Before("*").Register(name, check))
}

// UseQueue sets where transactions put their jobs. It is called once, before
// the database is used: the queue itself needs the database to be built.
func (db *DB) UseQueue(q Queue) { db.queue = q }

// Pool returns the queue's connections.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// SQL returns the requests' connections, for the session store.
func (db *DB) SQL() *sql.DB { return db.sql }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// Close closes all connections.
func (db *DB) Close() {
	_ = db.sql.Close()
	db.pool.Close()
}

// tx is one database transaction. It implements what each domain package asks
// of a transaction.
type tx struct {
	db   *DB
	gorm *gorm.DB
}

// maxTries is how often a transaction is tried when PostgreSQL ends it for a
// deadlock or a serialization conflict.
const maxTries = 3

// inTx runs do in one database transaction and commits it if do returns nil.
// do must have no effect elsewhere: after a deadlock it runs again.
func (db *DB) inTx(ctx context.Context, do func(ctx context.Context, t *tx) error) error {
	if payment.InTx(ctx) {
		return errors.New("postgres: a transaction inside a transaction")
	}
	marked := payment.MarkTx(ctx)
	for try := 1; ; try++ {
		err := db.gorm.WithContext(marked).Transaction(func(g *gorm.DB) error {
			t := &tx{db: db, gorm: g}
			return do(context.WithValue(marked, openTx{}, t), t)
		})
		if try == maxTries || !retryable(err) {
			return err
		}
		pause := time.Duration(try*20+rand.IntN(30)) * time.Millisecond
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// openTx is the key of the transaction that a context belongs to.
type openTx struct{}

// joinTx runs do in the transaction that the context belongs to, which commits it; in one
// of its own if there is none. It is for a room whose change is part of another room's:
// a passkey that is set by a one-time link.
func (db *DB) joinTx(ctx context.Context, do func(ctx context.Context, t *tx) error) error {
	if t, ok := ctx.Value(openTx{}).(*tx); ok && t.db == db {
		return do(ctx, t)
	}
	return db.inTx(ctx, do)
}

// reader reads inside the transaction that the context belongs to, on its connection, or
// on one of its own if there is none.
func (db *DB) reader(ctx context.Context) *gorm.DB {
	if t, ok := ctx.Value(openTx{}).(*tx); ok && t.db == db {
		return t.gorm.WithContext(ctx)
	}
	return db.gorm.WithContext(ctx)
}

// retryable tells that PostgreSQL ended the transaction so that another could go on.
func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// violates tells that err is a violation of the named constraint or unique index.
func violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == constraint
}

// sqlTx returns the transaction as database/sql knows it, for the job queue.
func (t *tx) sqlTx() (*sql.Tx, error) {
	s, ok := t.gorm.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return nil, errors.New("postgres: not inside a transaction")
	}
	return s, nil
}
