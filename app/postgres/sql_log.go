package postgres

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// statementLog logs slow and failed statements without their values, which may
// be personal data. What the callers handle is no failure: a rule of uniqueness
// that held, a transaction that is run again, somebody who no longer waits.
type statementLog struct{ logger.Interface }

var _ gorm.ParamsFilter = statementLog{}

// gorm's Scan notes its statements with a logger of its own, values and all,
// and has only this hook.
func init() {
	logger.RecorderParamsFilter = func(_ context.Context, sql string, _ ...any) (string, []any) { return sql, nil }
}

// sqlLog returns the logger of statements; it is silent without a log.
func sqlLog(log *slog.Logger) logger.Interface {
	if log == nil {
		return logger.Discard
	}
	return statementLog{logger.NewSlogLogger(log, logger.Config{
		SlowThreshold: time.Second, LogLevel: logger.Warn, IgnoreRecordNotFoundError: true, ParameterizedQueries: true,
	})}
}

// ParamsFilter implements gorm.ParamsFilter: no value is logged.
func (statementLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// LogMode implements logger.Interface.
func (l statementLog) LogMode(level logger.LogLevel) logger.Interface {
	return statementLog{l.Interface.LogMode(level)}
}

// Trace implements logger.Interface.
func (l statementLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), err error) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == uniqueViolation || retryable(err) || errors.Is(err, context.Canceled) {
		err = nil // it may still have been slow
	}
	l.Interface.Trace(ctx, begin, statement, err)
}

// uniqueViolation is PostgreSQL's code of it.
const uniqueViolation = "23505"
