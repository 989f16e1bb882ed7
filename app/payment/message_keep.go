package payment

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// keep stores a message, masked, with the change that it belongs to. A message without
// fields is none; one without a time is of now.
func (s *Service) keep(ctx context.Context, tx Tx, m Message) error {
	if len(m.Fields) == 0 {
		return nil
	}
	if m.At.IsZero() {
		m.At = s.clock.Now()
	}
	m.Fields = Masked(m.Fields)
	return tx.KeepMessage(ctx, m)
}

// KeepAnswer stores what a merchant was answered to an ActRequest with Fields.
func (s *Service) KeepAnswer(ctx context.Context, id ID, a Action, fields []Field) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		return s.keep(ctx, tx, Message{TransactionID: id, Direction: Told, Kind: a.message(), Fields: fields})
	})
	if err != nil {
		return fmt.Errorf("keep the answer about transaction %d: %w", id, err)
	}
	return nil
}

// message is the kind of message that asks for an action.
func (a Action) message() MessageKind {
	if a == ActVoid {
		return MessageCancel
	}
	return MessageClose
}

// Fields is the request as it may be kept: the code of the card and the token's
// cryptogram are left out.
func (r AuthoriseRequest) Fields() []Field {
	return []Field{
		{"request_id", r.ID},
		{"merchant_id", r.MerchantID},
		{"trade_no", r.TradeNo},
		{"amount", strconv.FormatInt(int64(r.Amount), 10)},
		{"currency", "TWD"},
		{"pan", r.PAN.Masked()},
		{"expiry", r.Expiry},
		{"instalments", strconv.Itoa(r.Instalments)},
		{"bonus", strconv.FormatBool(r.Bonus)},
		{"eci", r.ECI},
		{"network_token", strconv.FormatBool(r.NetworkToken)},
	}
}

// Fields is the answer to the request with an ID.
func (a AuthoriseAnswer) Fields(requestID string) []Field {
	return []Field{
		{"request_id", requestID},
		{"approved", strconv.FormatBool(a.Approved)},
		{"respond_code", a.RespondCode},
		{"message", a.Message},
		{"approval_code", a.ApprovalCode},
		{"bank", a.Bank},
		{"issuer", a.Issuer},
		{"foreign", strconv.FormatBool(a.Foreign)},
		{"bonus_paid", strconv.FormatInt(int64(a.BonusPaid), 10)},
	}
}

func (l BatchLine) fields() []Field {
	return []Field{
		{"item_id", l.ID},
		{"operation", string(l.Kind)},
		{"request_id", l.RequestID},
		{"merchant_id", l.MerchantID},
		{"trade_no", l.TradeNo},
		{"approval_code", l.AuthCode},
		{"authorised", strconv.FormatInt(int64(l.Authorised), 10)},
		{"authorised_at", l.AuthorisedAt.UTC().Format(time.RFC3339Nano)},
		{"amount", strconv.FormatInt(int64(l.Amount), 10)},
		{"currency", "TWD"},
	}
}

func (a ItemAnswer) fields() []Field {
	return []Field{
		{"item_id", a.ID}, {"done", strconv.FormatBool(a.Done)}, {"respond_code", a.RespondCode},
	}
}

// reversal is what is asked of the acquirer and, once it has answered, what it said.
func reversal(d Direction, id ID, requestID string) Message {
	m := Message{TransactionID: id, Direction: d, Kind: MessageReversal, Fields: []Field{{"request_id", requestID}}}
	if d == Received {
		m.Fields = append(m.Fields, Field{"reversed", "true"})
	}
	return m
}
