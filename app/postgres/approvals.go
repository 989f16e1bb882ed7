package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// Approvals keeps requests for 覆核 and from which amount on they are needed. It
// implements approval.Store.
type Approvals struct{ db *DB }

// Approvals returns the keeper of approvals.
func (db *DB) Approvals() Approvals { return Approvals{db} }

// Join implements approval.Store.
func (a Approvals) Join(ctx context.Context, do func(context.Context, approval.Tx) error) error {
	return a.db.joinTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, t) })
}

type approvalRecord struct {
	ID            int64
	MemberID      int64
	StoreID       int64
	TransactionID int64
	TradeNo       string
	OrderNo       string
	Action        string
	Amount        int64
	RequestID     string
	MakerID       int64
	Maker         string
	MadeAt        time.Time
	Until         time.Time
	State         string
	Checker       string
	DecidedAt     *time.Time
	Reason        string
}

// approvalQuery reads requests t. Its conditions start with those of scoped, or with the
// member.
const approvalQuery = `
	SELECT t.id, t.member_id, t.store_id, t.transaction_id, p.trade_no, p.order_no, t.action, t.amount, t.request_id,
		t.maker_id, m.login AS maker, t.made_at, t.until, t.state, coalesce(c.login, '') AS checker, t.decided_at, t.reason
	FROM payment_approvals t JOIN transactions p ON p.id = t.transaction_id JOIN accounts m ON m.id = t.maker_id
		LEFT JOIN accounts c ON c.id = t.checker_id WHERE `

func (r approvalRecord) request() approval.Request {
	return approval.Request{
		ID: approval.ID(r.ID), MemberID: member.ID(r.MemberID), StoreID: member.StoreID(r.StoreID),
		TransactionID: payment.ID(r.TransactionID), TradeNo: ident.TradeNo(r.TradeNo), OrderNo: r.OrderNo,
		Action: payment.Action(r.Action), Amount: money.TWD(r.Amount), Key: r.RequestID,
		MakerID: account.ID(r.MakerID), Maker: r.Maker, MadeAt: r.MadeAt.UTC(), Until: r.Until.UTC(),
		State: approval.State(r.State), Checker: r.Checker, DecidedAt: timeOf(r.DecidedAt), Reason: r.Reason,
	}
}

// Threshold implements approval.Store.
func (a Approvals) Threshold(ctx context.Context, of member.ID) (money.TWD, error) {
	var from int64
	err := a.db.reader(ctx).Raw("SELECT coalesce(approval_from, 0) FROM members WHERE id = ?", int64(of)).Scan(&from).Error
	if err != nil {
		return 0, fmt.Errorf("read the amount: %w", err)
	}
	return money.TWD(from), nil
}

// Standing implements approval.Store.
func (a Approvals) Standing(
	ctx context.Context, s report.Scope, who account.ID, now time.Time,
) (approval.Standing, error) {
	q := scoped(s)
	q.and("t.state = 'waiting' AND t.until > ? AND t.maker_id <> ?", now, int64(who))
	var found struct {
		Threshold int64
		ToCheck   int
	}
	err := a.db.reader(ctx).Raw(`
		SELECT coalesce((SELECT approval_from FROM members WHERE id = ?), 0) AS threshold,
			(SELECT count(*) FROM payment_approvals t WHERE `+q.where()+`) AS to_check`,
		append([]any{int64(s.Member())}, q.args...)...).Scan(&found).Error
	if err != nil {
		return approval.Standing{}, fmt.Errorf("count what waits: %w", err)
	}
	return approval.Standing{Threshold: money.TWD(found.Threshold), ToCheck: found.ToCheck}, nil
}

// People implements approval.Store.
func (a Approvals) People(ctx context.Context, of member.ID, now time.Time) ([]account.Actor, error) {
	var records []struct {
		Account    accountRecord `gorm:"embedded"`
		MemberKind string
		Stores     []byte
		Grants     []byte
	}
	// SECURITY: the accounts, stores and grants of one member.
	err := a.db.reader(ctx).Raw(`
		SELECT a.id, a.kind, '' AS role, a.login, a.email, a.status, m.kind AS member_kind,
			coalesce((`+actorStores+`), '[]') AS stores, coalesce((`+actorGrants+`), '[]') AS grants
		FROM accounts a JOIN members m ON m.id = a.member_id
		WHERE a.member_id = @member AND a.status = 'active' AND a.kind IN ('owner', 'assistant')
		ORDER BY a.kind, lower(a.login)`,
		map[string]any{"member": int64(of), "today": clock.DateOf(now).String()}).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read a member's people: %w", err)
	}
	people := make([]account.Actor, len(records))
	for i, r := range records {
		people[i] = account.Actor{
			Account: r.Account.account(), Member: member.Member{ID: of, Kind: member.Kind(r.MemberKind)},
		}
		if err := json.Unmarshal(r.Stores, &people[i].Stores); err != nil {
			return nil, fmt.Errorf("read the stores of %s: %w", r.Account.Login, err)
		}
		if people[i].Grants, err = grantsOf(r.Grants); err != nil {
			return nil, fmt.Errorf("read the grants of %s: %w", r.Account.Login, err)
		}
	}
	return people, nil
}

func (a Approvals) read(ctx context.Context, where string, args ...any) ([]approval.Request, error) {
	var records []approvalRecord
	if err := a.db.reader(ctx).Raw(approvalQuery+where, args...).Scan(&records).Error; err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	list := make([]approval.Request, len(records))
	for i, r := range records {
		list[i] = r.request()
	}
	return list, nil
}

// Approval implements approval.Store.
func (a Approvals) Approval(ctx context.Context, s report.Scope, id approval.ID) (approval.Request, error) {
	q := scoped(s)
	q.and("t.id = ?", int64(id))
	found, err := a.read(ctx, q.where(), q.args...)
	if err != nil {
		return approval.Request{}, err
	}
	if len(found) == 0 {
		return approval.Request{}, approval.ErrNotFound
	}
	return found[0], nil
}

// ApprovalByKey implements approval.Store.
func (a Approvals) ApprovalByKey(ctx context.Context, of member.ID, key string) (*approval.Request, error) {
	// SECURITY: the member comes first, whatever the key.
	return firstOf(a.read(ctx, "t.member_id = ? AND t.request_id = ?", int64(of), key))
}

// ApprovalOf implements approval.Store.
func (a Approvals) ApprovalOf(ctx context.Context, s report.Scope, id payment.ID) (*approval.Request, error) {
	q := scoped(s)
	q.and("t.transaction_id = ? AND t.state = 'waiting'", int64(id))
	return firstOf(a.read(ctx, q.where(), q.args...))
}

func firstOf(list []approval.Request, err error) (*approval.Request, error) {
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Approvals implements approval.Store.
func (a Approvals) Approvals(ctx context.Context, s report.Scope, ended int) ([]approval.Request, error) {
	q := scoped(s)
	waiting, err := a.read(ctx, q.where()+" AND t.state = 'waiting' ORDER BY t.made_at, t.id", q.args...)
	if err != nil {
		return nil, err
	}
	over, err := a.read(ctx, q.where()+" AND t.state <> 'waiting' ORDER BY t.decided_at DESC, t.id DESC LIMIT ?",
		append(q.args, ended)...)
	return append(waiting, over...), err
}

// ExpireApprovals implements approval.Store.
func (a Approvals) ExpireApprovals(ctx context.Context, now time.Time, limit int) (int, error) {
	done := a.db.gorm.WithContext(ctx).Exec(`
		UPDATE payment_approvals SET state = 'expired', decided_at = until
		WHERE state = 'waiting' AND id IN (SELECT id FROM payment_approvals WHERE state = 'waiting' AND until <= ?
			ORDER BY until LIMIT ? FOR UPDATE SKIP LOCKED)`, now, limit)
	if done.Error != nil {
		return 0, fmt.Errorf("end approvals that are too old: %w", done.Error)
	}
	return int(done.RowsAffected), nil
}

// AddApproval implements approval.Tx. One whose deadline has passed makes room first,
// whether or not the sweep has been there.
func (t *tx) AddApproval(ctx context.Context, r approval.Request) (approval.ID, error) {
	g := t.gorm.WithContext(ctx)
	err := g.Exec(`UPDATE payment_approvals SET state = 'expired', decided_at = until
		WHERE transaction_id = ? AND state = 'waiting' AND until <= ?`, int64(r.TransactionID), r.MadeAt).Error
	if err != nil {
		return 0, fmt.Errorf("end an approval that is too old: %w", err)
	}
	var id int64
	err = g.Raw(`
		INSERT INTO payment_approvals (member_id, store_id, transaction_id, action, amount, request_id, maker_id,
			made_at, until)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		int64(r.MemberID), int64(r.StoreID), int64(r.TransactionID), string(r.Action), int64(r.Amount), r.Key,
		int64(r.MakerID), r.MadeAt, r.Until).Scan(&id).Error
	switch {
	case violates(err, "payment_approvals_one_waiting"):
		return 0, approval.ErrWaiting
	case violates(err, "payment_approvals_request_id_key"):
		return 0, payment.ErrKeyTaken
	case err != nil:
		return 0, fmt.Errorf("insert approval: %w", err)
	}
	return approval.ID(id), nil
}

// DecideApproval implements approval.Tx.
func (t *tx) DecideApproval(ctx context.Context, d approval.Decision) error {
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE payment_approvals SET state = ?, checker_id = ?, decided_at = ?, reason = ?
		WHERE id = ? AND state = 'waiting' AND until > ?`,
		string(d.To), nullNumber(int64(d.Checker)), d.At, d.Reason, int64(d.Request), d.At)
	if done.Error != nil {
		return fmt.Errorf("end approval: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return approval.ErrDecided
	}
	return nil
}

// SetThreshold implements approval.Tx.
func (t *tx) SetThreshold(ctx context.Context, of member.ID, from money.TWD) (money.TWD, error) {
	g := t.gorm.WithContext(ctx)
	var before int64
	err := g.Raw("SELECT coalesce(approval_from, 0) FROM members WHERE id = ? FOR NO KEY UPDATE", int64(of)).
		Take(&before).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return 0, fmt.Errorf("member %d is gone", of)
	}
	if err != nil {
		return 0, fmt.Errorf("lock member: %w", err)
	}
	done := g.Exec("UPDATE members SET approval_from = ? WHERE id = ?", nullNumber(int64(from)), int64(of))
	return money.TWD(before), onlyOne(done, "set the amount of approvals")
}
