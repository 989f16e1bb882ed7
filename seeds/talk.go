package seeds

import (
	"context"
	"fmt"
	"strconv"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/wire"
)

// Talk returns the target with the messages that each generated transaction of a
// demonstration store would have led to: the merchant's order and its result, and what
// the acquirer was asked and said. Where Passkey applied it has the verification, too.
func Talk(target Target) Target { return talk{target} }

type talk struct{ Target }

// CopyTransactions implements Target.
func (t talk) CopyTransactions(ctx context.Context, next Next, stored func(transactions int)) error {
	stores := map[member.StoreID]member.Store{}
	for _, m := range DemoMembers() {
		for _, s := range m.Stores {
			store, err := t.StoreByMerchantID(ctx, s.Store.MerchantID)
			if err != nil {
				return fmt.Errorf("find store %s: %w", s.Store.MerchantID, err)
			}
			stores[store.ID] = store
		}
	}
	spoken := func() (*payment.History, error) {
		h, err := next()
		if err == nil {
			h.Messages, h.Journeys = messages(h, stores[h.StoreID]), journeys(h)
		}
		return h, err
	}
	return t.Target.CopyTransactions(ctx, spoken, stored)
}

// messages are what was said about a transaction, the oldest first.
func messages(h *payment.History, store member.Store) []payment.Message {
	list := []payment.Message{{
		Direction: payment.Received, Kind: payment.MessageOrder, At: h.CreatedAt, Fields: orderFields(h, store),
	}}
	for _, a := range h.Attempts {
		if a.Simulated {
			continue
		}
		list = append(list, payment.Message{
			Direction: payment.Told, Kind: payment.MessageAuth, At: a.AskedAt, Fields: askFields(h, store, a),
		})
		if a.State == payment.AttemptApproved || a.State == payment.AttemptDeclined {
			list = append(list, payment.Message{
				Direction: payment.Received, Kind: answerKind(a), At: a.AnsweredAt, Fields: answerFields(h, a),
			})
		}
	}
	told := h.FailedAt
	if h.Status != payment.Failed {
		told = h.AuthorisedAt
	}
	if !told.IsZero() {
		checkout := payment.Checkout{Transaction: h.Transaction, Request: payment.Request{
			Version: string(wire.V23), RespondType: string(wire.JSON),
		}}
		list = append(list, payment.Message{
			Direction: payment.Told, Kind: payment.MessageOrder, At: told,
			Fields: payment.FieldsOf(payment.Result(checkout, store).Pairs()),
		})
	}
	for i := range list {
		list[i].Fields = payment.Masked(list[i].Fields)
	}
	return list
}

func orderFields(h *payment.History, store member.Store) []payment.Field {
	form := wire.Form{
		"MerchantID": store.MerchantID, "RespondType": string(wire.JSON), "Version": string(wire.V23),
		"TimeStamp": strconv.FormatInt(h.CreatedAt.Unix(), 10), "MerchantOrderNo": h.OrderNo,
		"Amt": strconv.FormatInt(int64(h.Amount), 10), "ItemDesc": h.ItemDesc, "CREDIT": "1",
	}
	if h.Instalments > 0 {
		form["InstFlag"] = strconv.Itoa(h.Instalments)
	}
	if len(h.Attempts) > 0 && h.Attempts[0].Route.Reason == reasonP3D {
		form["P3D"] = "1"
	}
	return payment.FieldsOf(form.Pairs())
}

func askFields(h *payment.History, store member.Store, a payment.Attempt) []payment.Field {
	return payment.AuthoriseRequest{
		ID: a.RequestID, MerchantID: store.MerchantID, TradeNo: string(h.TradeNo), Amount: h.Amount,
		PAN: h.CardNo, Expiry: a.Card.Expiry, Instalments: a.Instalments, Bonus: a.PayType == payment.PayBonus,
		ECI: h.ECI,
	}.Fields()
}

// answerKind tells an answer that came from one that had to be asked for.
func answerKind(a payment.Attempt) payment.MessageKind {
	if a.Inquiries > 0 {
		return payment.MessageInquiry
	}
	return payment.MessageAuth
}

func answerFields(h *payment.History, a payment.Attempt) []payment.Field {
	return payment.AuthoriseAnswer{
		Approved: a.State == payment.AttemptApproved, RespondCode: h.RespondCode, Message: h.RespondMessage,
		ApprovalCode: h.AuthCode, Bank: h.AcquirerBank, Issuer: h.IssuerBank,
		Foreign: h.PayType == payment.PayForeign, BonusPaid: h.BonusPaid,
	}.Fields(a.RequestID)
}
