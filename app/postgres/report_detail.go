package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// Find implements report.Transactions.
func (r Reports) Find(ctx context.Context, s report.Scope, no ident.TradeNo) (report.Detail, error) {
	q := scoped(s)
	q.and("t.trade_no = ?", string(no))
	var record transactionRecord
	sql := "SELECT " + transactionColumns + " FROM transactions t WHERE " + q.where()
	err := r.raw(ctx, sql, q.args).Take(&record).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return report.Detail{}, report.ErrNotFound
	}
	if err != nil {
		return report.Detail{}, fmt.Errorf("read transaction %s: %w", no, err)
	}
	d := report.Detail{Transaction: record.transaction()}
	id := d.Transaction.ID
	d.Store, _ = s.Store(d.Transaction.StoreID)
	if err := r.beyond(ctx, &d); err != nil {
		return report.Detail{}, fmt.Errorf("transaction %s: %w", no, err)
	}
	if d.Request, err = r.request(ctx, record); err != nil {
		return report.Detail{}, fmt.Errorf("transaction %s: %w", no, err)
	}
	if d.Attempt, err = r.db.latestAttempt(r.db.gorm.WithContext(ctx), id); err != nil {
		return report.Detail{}, fmt.Errorf("transaction %s: %w", no, err)
	}
	if d.Events, err = r.events(ctx, id); err != nil {
		return report.Detail{}, fmt.Errorf("transaction %s: %w", no, err)
	}
	if d.Notifications, err = r.notifications(ctx, id); err != nil {
		return report.Detail{}, fmt.Errorf("transaction %s: %w", no, err)
	}
	if d.Messages, err = r.messages(ctx, id); err != nil {
		return report.Detail{}, fmt.Errorf("transaction %s: %w", no, err)
	}
	return d, nil
}

// beyond reads the mandate, the token and the day of the payout of a transaction that is known to be in scope.
func (r Reports) beyond(ctx context.Context, d *report.Detail) error {
	var record struct {
		MandateNo string
		Due       *time.Time
		Lab       string
	}
	err := r.raw(ctx, `
		SELECT t.mandate_no, p.due,
			coalesce((SELECT max(v.lab) FROM verifications v WHERE v.transaction_id = t.id), '') AS lab
		FROM transactions t LEFT JOIN payouts p ON p.transaction_id = t.id
		WHERE t.id = ?`, []any{int64(d.Transaction.ID)}).Take(&record).Error
	if err != nil {
		return fmt.Errorf("read mandate and payout: %w", err)
	}
	d.MandateNo, d.PayoutDue = record.MandateNo, dayOf(record.Due)
	d.Lab = payment.LabScenario(record.Lab)
	d.TokenLast4, err = r.tokenLast4(ctx, d.Transaction)
	return err
}

// messages reads what was said about a transaction that is known to be in scope.
func (r Reports) messages(ctx context.Context, id payment.ID) ([]payment.Message, error) {
	var records []struct {
		Direction string
		Kind      string
		At        time.Time
		Fields    string
	}
	err := r.raw(ctx, `SELECT direction, kind, at, fields FROM payment_messages
		WHERE transaction_id = ? ORDER BY at, id`, []any{int64(id)}).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	list := make([]payment.Message, len(records))
	for i, m := range records {
		list[i] = payment.Message{
			TransactionID: id, Direction: payment.Direction(m.Direction), Kind: payment.MessageKind(m.Kind), At: m.At.UTC(),
		}
		if err := json.Unmarshal([]byte(m.Fields), &list[i].Fields); err != nil {
			return nil, fmt.Errorf("read the fields of a message: %w", err)
		}
	}
	return list, nil
}

// request reads what the merchant asked for; the zero Request for a transaction
// that did not come through the hosted page.
func (r Reports) request(ctx context.Context, t transactionRecord) (payment.Request, error) {
	var record checkoutRecord
	err := r.raw(ctx, "SELECT "+checkoutColumns+" FROM checkouts c WHERE c.transaction_id = ?", []any{t.ID}).
		Take(&record).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return payment.Request{}, nil
	}
	if err != nil {
		return payment.Request{}, fmt.Errorf("read checkout: %w", err)
	}
	return record.request(t), nil
}

// events reads the history of a transaction that is known to be in scope.
func (r Reports) events(ctx context.Context, id payment.ID) ([]payment.Event, error) {
	var records []struct {
		AttemptID  *int64
		Kind       string
		FromStatus *string
		ToStatus   string
		Amount     int64
		Actor      string
		Detail     string
		At         time.Time
	}
	err := r.raw(ctx, `SELECT attempt_id, kind, from_status, to_status, amount, actor, detail, at
		FROM payment_events WHERE transaction_id = ? ORDER BY id`, []any{int64(id)}).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	events := make([]payment.Event, len(records))
	for i, e := range records {
		events[i] = payment.Event{
			TransactionID: id, Kind: payment.EventKind(e.Kind), From: payment.Status(textOf(e.FromStatus)),
			To: payment.Status(e.ToStatus), Amount: money.TWD(e.Amount), Actor: e.Actor, Detail: e.Detail, At: e.At.UTC(),
		}
		if e.AttemptID != nil {
			events[i].AttemptID = payment.AttemptID(*e.AttemptID)
		}
	}
	return events, nil
}

// notifications reads the messages of a transaction that is known to be in scope.
func (r Reports) notifications(ctx context.Context, id payment.ID) ([]report.Notification, error) {
	var records []struct {
		ID         int64
		URL        string
		State      string
		CreatedAt  time.Time
		At         *time.Time
		HTTPStatus int
		DurationMs int64
		Error      string
		Answer     string
	}
	err := r.raw(ctx, `SELECT n.id, n.url, n.state, n.created_at, a.at, coalesce(a.http_status, 0) AS http_status,
			coalesce(a.duration_ms, 0) AS duration_ms, coalesce(a.error, '') AS error,
			coalesce(a.answer, '') AS answer
		FROM notifications n LEFT JOIN notification_attempts a ON a.notification_id = n.id
		WHERE n.transaction_id = ? ORDER BY n.id, a.id`, []any{int64(id)}).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	var list []report.Notification
	var last int64
	for _, n := range records {
		if n.ID != last {
			last = n.ID
			list = append(list, report.Notification{
				URL: n.URL, State: notify.State(n.State), CreatedAt: n.CreatedAt.UTC(),
			})
		}
		if n.At == nil {
			continue
		}
		current := &list[len(list)-1]
		current.Tries = append(current.Tries, report.Try{
			At: n.At.UTC(), HTTPStatus: n.HTTPStatus, Error: n.Error, Answer: n.Answer,
			Duration: time.Duration(n.DurationMs) * time.Millisecond,
		})
	}
	return list, nil
}

// Day implements report.Transactions.
func (r Reports) Day(ctx context.Context, s report.Scope, day clock.Date) (report.Day, error) {
	q := scoped(s)
	q.and("t.created_at >= ?", day.Start())
	q.and("t.created_at < ?", day.End())
	var sums []struct {
		Status string
		Rows   int
		Amount int64
	}
	sql := "SELECT t.status, count(*) AS rows, CAST(sum(t.amount) AS bigint) AS amount FROM transactions t WHERE " +
		q.where() + " GROUP BY t.status"
	if err := r.raw(ctx, sql, q.args).Scan(&sums).Error; err != nil {
		return report.Day{}, fmt.Errorf("sum the day %s: %w", day, err)
	}
	d := report.Day{Status: map[payment.Status]report.Sum{}}
	for _, sum := range sums {
		d.Status[payment.Status(sum.Status)] = report.Sum{Rows: sum.Rows, Amount: money.TWD(sum.Amount)}
		d.Rows += sum.Rows
		d.Amount += money.TWD(sum.Amount)
	}
	return d, nil
}

// Open implements report.Transactions. It starts from the few notifications that
// were given up and the few attempts that are open, not from the transactions.
func (r Reports) Open(
	ctx context.Context, s report.Scope, since time.Time, limit int,
) ([]report.Concern, error) {
	q := scoped(s)
	q.and("t.created_at >= ?", since)
	var records []struct {
		Kind    string
		TradeNo string
		OrderNo string
		At      time.Time
	}
	sql := `SELECT o.kind, t.trade_no, t.order_no, o.at FROM (
			SELECT transaction_id, 'not_notified' AS kind, finished_at AS at FROM notifications
				WHERE state = 'failed' AND finished_at >= ?
			UNION ALL
			SELECT transaction_id, 'outcome_unknown', asked_at FROM attempts WHERE state = 'unknown'
		) AS o JOIN transactions t ON t.id = o.transaction_id WHERE ` + q.where() + " ORDER BY o.at DESC LIMIT ?"
	args := append([]any{since}, q.args...)
	if err := r.raw(ctx, sql, args, limit).Scan(&records).Error; err != nil {
		return nil, fmt.Errorf("list what needs a look: %w", err)
	}
	concerns := make([]report.Concern, len(records))
	for i, c := range records {
		concerns[i] = report.Concern{
			Kind: report.ConcernKind(c.Kind), TradeNo: ident.TradeNo(c.TradeNo), OrderNo: c.OrderNo, At: c.At.UTC(),
		}
	}
	return concerns, nil
}

// The back office works through the report's interface.
var _ report.Desk = Reports{}
