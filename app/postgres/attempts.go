package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/token"
)

type attemptRecord struct {
	ID            int64
	TransactionID int64
	RequestID     string
	State         string
	Route         string
	RouteReason   string
	Simulated     bool
	PayType       string
	Instalments   int
	Brand         string
	CardFirst6    string
	CardLast4     string
	CardExpiry    string
	PayerSealed   []byte
	PayerIP       string
	AskedAt       time.Time
	AnsweredAt    *time.Time
	Inquiries     int
	NextInquiryAt *time.Time
	Eci           string
	TokenCardID   *int64
}

// payerContext binds sealed personal data to its attempt.
func payerContext(requestID string) []byte { return []byte("attempts/" + requestID + "/payer") }

// latestAttempt returns a transaction's newest attempt, nil before the first.
func (db *DB) latestAttempt(g *gorm.DB, id payment.ID) (*payment.Attempt, error) {
	var r attemptRecord
	err := g.Raw(`
		SELECT id, transaction_id, request_id, state, route, route_reason, simulated, pay_type, instalments, brand,
			card_first6, card_last4, card_expiry, payer_sealed, payer_ip, asked_at, answered_at, inquiries, next_inquiry_at,
			eci, token_card_id
		FROM attempts WHERE transaction_id = ? ORDER BY id DESC LIMIT 1`, int64(id)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read attempt: %w", err)
	}
	a := payment.Attempt{
		ID: payment.AttemptID(r.ID), TransactionID: payment.ID(r.TransactionID), RequestID: r.RequestID,
		State: payment.AttemptState(r.State), Simulated: r.Simulated,
		Route: payment.Route{
			Verification: payment.Verification(r.Route), Reason: payment.RouteReason(r.RouteReason),
		},
		PayType: payment.PayType(r.PayType), Instalments: r.Instalments,
		Card: payment.Card{
			Brand: payment.Brand(r.Brand), First6: r.CardFirst6, Last4: r.CardLast4, Expiry: r.CardExpiry,
		},
		PayerIP: r.PayerIP, AskedAt: r.AskedAt.UTC(), AnsweredAt: timeOf(r.AnsweredAt),
		Inquiries: r.Inquiries, NextInquiryAt: timeOf(r.NextInquiryAt), ECI: r.Eci,
	}
	if r.TokenCardID != nil {
		a.TokenCard = token.CardID(*r.TokenCardID)
	}
	plain, err := db.cipher.Open(r.PayerSealed, payerContext(r.RequestID))
	if err != nil {
		return nil, fmt.Errorf("unseal the payer of attempt %d: %w", r.ID, err)
	}
	if err := json.Unmarshal(plain, &a.Payer); err != nil {
		return nil, fmt.Errorf("read the payer of attempt %d: %w", r.ID, err)
	}
	return &a, nil
}

// AddAttempt implements payment.Tx.
func (t *tx) AddAttempt(ctx context.Context, a payment.Attempt) (payment.AttemptID, error) {
	plain, err := json.Marshal(a.Payer)
	if err != nil {
		return 0, fmt.Errorf("write the payer: %w", err)
	}
	sealed, err := t.db.cipher.Seal(plain, payerContext(a.RequestID))
	if err != nil {
		return 0, fmt.Errorf("seal the payer: %w", err)
	}
	var id int64
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO attempts (transaction_id, request_id, state, route, route_reason, simulated, pay_type, instalments,
			brand, card_first6, card_last4, card_expiry, payer_sealed, payer_ip, asked_at, next_inquiry_at,
			eci, token_card_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		int64(a.TransactionID), a.RequestID, string(a.State), string(a.Route.Verification), string(a.Route.Reason),
		a.Simulated, string(a.PayType), a.Instalments, string(a.Card.Brand), a.Card.First6, a.Card.Last4,
		a.Card.Expiry, sealed, a.PayerIP, a.AskedAt, nullTime(a.NextInquiryAt),
		a.ECI, nullNumber(int64(a.TokenCard))).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("insert attempt: %w", err)
	}
	return payment.AttemptID(id), nil
}

// SaveAttempt implements payment.Tx.
func (t *tx) SaveAttempt(ctx context.Context, a payment.Attempt, from payment.AttemptState) error {
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE attempts SET state = ?, answered_at = ?, inquiries = ?, next_inquiry_at = ? WHERE id = ? AND state = ?`,
		string(a.State), nullTime(a.AnsweredAt), a.Inquiries, nullTime(a.NextInquiryAt), int64(a.ID), string(from))
	return onlyOne(done, "update attempt")
}
