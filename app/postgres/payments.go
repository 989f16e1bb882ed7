package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
)

// Payments keeps transactions. It implements payment.Store.
type Payments struct{ db *DB }

// Payments returns the keeper of transactions.
func (db *DB) Payments() Payments { return Payments{db} }

// InTx implements payment.Store.
func (p Payments) InTx(ctx context.Context, do func(context.Context, payment.Tx) error) error {
	return p.db.inTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, t) })
}

// CheckoutByToken implements payment.Store.
func (p Payments) CheckoutByToken(ctx context.Context, tokenHash []byte) (payment.Checkout, error) {
	return p.db.checkout(p.db.gorm.WithContext(ctx), "c.token_hash = ?", tokenHash)
}

// ByOrderNo implements payment.Store.
func (p Payments) ByOrderNo(
	ctx context.Context, store member.StoreID, orderNo string,
) (payment.Transaction, error) {
	var r transactionRecord
	// SECURITY: an order number is unique within its store only.
	err := p.db.gorm.WithContext(ctx).Raw(
		"SELECT "+transactionColumns+" FROM transactions t WHERE t.store_id = ? AND t.order_no = ?",
		int64(store), orderNo).Take(&r).Error
	if err != nil {
		return payment.Transaction{}, notFound(err)
	}
	return r.transaction(), nil
}

// DueInquiries implements payment.Store.
func (p Payments) DueInquiries(ctx context.Context, now time.Time, limit int) ([]payment.ID, error) {
	var ids []payment.ID
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT transaction_id FROM attempts
		WHERE state IN ('asked', 'unknown') AND next_inquiry_at <= ?
		ORDER BY next_inquiry_at LIMIT ?`, now, limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read due inquiries: %w", err)
	}
	return ids, nil
}

// ExpiredCheckouts implements payment.Store.
func (p Payments) ExpiredCheckouts(ctx context.Context, now time.Time, limit int) ([]payment.ID, error) {
	var ids []payment.ID
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT t.id FROM transactions t
		WHERE t.status = 'pending' AND t.expires_at <= ?
		  AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.transaction_id = t.id AND a.state IN ('asked', 'unknown'))
		ORDER BY t.expires_at LIMIT ?`, now, limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read expired checkouts: %w", err)
	}
	return ids, nil
}

// checkout reads one checkout with its latest attempt.
func (db *DB) checkout(g *gorm.DB, where string, arg any) (payment.Checkout, error) {
	var r struct {
		Transaction transactionRecord `gorm:"embedded"`
		Checkout    checkoutRecord    `gorm:"embedded"`
	}
	err := g.Raw("SELECT "+transactionColumns+", "+checkoutColumns+`
		FROM transactions t JOIN checkouts c ON c.transaction_id = t.id WHERE `+where, arg).Take(&r).Error
	if err != nil {
		return payment.Checkout{}, notFound(err)
	}
	c := payment.Checkout{Transaction: r.Transaction.transaction(), Request: r.Checkout.request(r.Transaction)}
	c.Attempt, err = db.latestAttempt(g, c.Transaction.ID)
	return c, err
}

func notFound(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return payment.ErrNotFound
	}
	return fmt.Errorf("read transaction: %w", err)
}

// Open implements payment.Tx.
func (t *tx) Open(ctx context.Context, c payment.Checkout, tokenHash []byte) (payment.Transaction, error) {
	order := c.Transaction
	var made struct {
		ID      int64
		TradeNo string
	}
	// The number's last five digits come from a sequence that cycles: unique as
	// long as one second sees fewer than 100,000 orders, and checked by an index.
	prefix := string(ident.NewTradeNo(order.CreatedAt, 0)[:12])
	err := t.gorm.WithContext(ctx).Raw(`
		INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at, expires_at)
		VALUES (?, ?, ? || lpad(nextval('trade_no_sequence')::text, 5, '0'), ?, ?, ?, ?, ?)
		RETURNING id, trade_no`,
		int64(order.MemberID), int64(order.StoreID), prefix, order.OrderNo, order.ItemDesc,
		int64(order.Amount), order.CreatedAt, nullTime(c.Request.ExpiresAt)).Scan(&made).Error
	if violates(err, "transactions_store_id_order_no_key") {
		return payment.Transaction{}, payment.ErrOrderNoTaken
	}
	if err != nil {
		return payment.Transaction{}, fmt.Errorf("insert transaction: %w", err)
	}
	order.ID, order.TradeNo = payment.ID(made.ID), ident.TradeNo(made.TradeNo)
	r := c.Request
	err = t.gorm.WithContext(ctx).Exec(`
		INSERT INTO checkouts (transaction_id, token_hash, version, respond_type, language, comment, email, email_fixed,
			return_url, notify_url, client_back_url, in_full, instalments, bonus, major, amex, p3d, by_server)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		made.ID, tokenHash, r.Version, r.RespondType, r.Language, r.Comment, r.Email, r.EmailFixed,
		r.ReturnURL, r.NotifyURL, r.ClientBackURL, r.InFull, intArray(r.Instalments), r.Bonus, r.Major,
		r.Amex, r.P3D, r.Server).Error
	if err != nil {
		return payment.Transaction{}, fmt.Errorf("insert checkout: %w", err)
	}
	return order, nil
}

// Lock implements payment.Tx.
func (t *tx) Lock(ctx context.Context, id payment.ID) (payment.Checkout, error) {
	return t.db.checkout(t.gorm.WithContext(ctx), "t.id = ? FOR UPDATE OF t", int64(id))
}

// SaveTransaction implements payment.Tx.
func (t *tx) SaveTransaction(ctx context.Context, n payment.Transaction, from payment.Status) error {
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE transactions SET status = ?, pay_type = ?, verification = ?, three_d = ?, token_bind = ?,
			token_charge = ?, eci = ?, authorised_at = ?, failed_at = ?, failure_reason = ?,
			instalments = ?, instalment_first = ?, instalment_each = ?, bonus_paid = ?,
			brand = ?, card_first6 = ?, card_last4 = ?, card_expiry = ?, respond_code = ?, respond_message = ?,
			auth_code = ?, acquirer_bank = ?, issuer_bank = ?, payment_method = ?, payer_ip = ?,
			card_index = (SELECT a.card_index FROM attempts a
				WHERE a.transaction_id = transactions.id ORDER BY a.id DESC LIMIT 1)
		WHERE id = ? AND status = ?`,
		string(n.Status), string(n.PayType), string(n.Verification), n.ThreeD, n.TokenBind,
		n.TokenCharge, n.ECI, nullTime(n.AuthorisedAt), nullTime(n.FailedAt), nullText(string(n.Failure)),
		n.Instalments, int64(n.InstalmentFirst), int64(n.InstalmentEach), int64(n.BonusPaid),
		nullText(string(n.Card.Brand)), n.Card.First6, n.Card.Last4, n.Card.Expiry, n.RespondCode, n.RespondMessage,
		n.AuthCode, n.AcquirerBank, n.IssuerBank, n.PaymentMethod, n.PayerIP,
		int64(n.ID), string(from))
	return onlyOne(done, "update transaction")
}

// AppendEvent implements payment.Tx.
func (t *tx) AppendEvent(ctx context.Context, e payment.Event) error {
	err := t.gorm.WithContext(ctx).Exec(`
		INSERT INTO payment_events (transaction_id, attempt_id, kind, from_status, to_status, amount, actor, detail, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(e.TransactionID), nullNumber(int64(e.AttemptID)), string(e.Kind), nullText(string(e.From)), string(e.To),
		int64(e.Amount), e.Actor, e.Detail, e.At).Error
	if err != nil {
		return fmt.Errorf("insert event: %w", err)
	}
	return nil
}

// KeepMessage implements payment.Tx.
func (t *tx) KeepMessage(ctx context.Context, m payment.Message) error {
	fields, err := json.Marshal(m.Fields)
	if err != nil {
		return fmt.Errorf("write the message: %w", err)
	}
	err = t.gorm.WithContext(ctx).Exec(`
		INSERT INTO payment_messages (transaction_id, direction, kind, at, fields) VALUES (?, ?, ?, ?, ?)`,
		int64(m.TransactionID), string(m.Direction), string(m.Kind), m.At, string(fields)).Error
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	return nil
}

// onlyOne checks that a guarded update met its row: what was locked must still
// be as it was read.
func onlyOne(done *gorm.DB, what string) error {
	if done.Error != nil {
		return fmt.Errorf("%s: %w", what, done.Error)
	}
	if done.RowsAffected != 1 {
		return fmt.Errorf("%s: %d rows instead of one", what, done.RowsAffected)
	}
	return nil
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func nullNumber(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// None tells that there is no transaction at all.
func (p Payments) None(ctx context.Context) (bool, error) {
	var found bool
	err := p.db.gorm.WithContext(ctx).Raw("SELECT EXISTS (SELECT 1 FROM transactions)").Scan(&found).Error
	if err != nil {
		return false, fmt.Errorf("look for transactions: %w", err)
	}
	return !found, nil
}
