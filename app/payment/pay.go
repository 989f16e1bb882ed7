package payment

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// ErrEnded tells that the checkout can no longer be paid.
var ErrEnded = fault.New(fault.Refused, "checkout_ended", "頁面已逾時失效，請回到商店重新下單。")

// ErrAcquirerUnreachable tells that the bank could not be reached: nothing was
// charged, and the cardholder may try again.
var ErrAcquirerUnreachable = fault.New(fault.Unavailable, "acquirer_unreachable",
	"目前無法連線至銀行，這次沒有扣款。請稍候再試，或改用其他卡片。")

// Pay authorises a checkout with a card.
//
// It returns nil when an attempt was started, now or before: what came of it
// stands in the checkout, also when the bank refused or did not answer. A
// second call while the first is under way, or after it, never pays twice.
// It returns a fault.Group for input that breaks a rule, ErrEnded,
// ErrAcquirerUnreachable, and ErrNotFound.
func (s *Service) Pay(ctx context.Context, token ident.Token, in CardInput) error {
	c, store, err := s.Checkout(ctx, token)
	if err != nil {
		return err
	}
	if c.Transaction.Status != Pending || c.Attempt != nil && c.Attempt.State.UnderWay() {
		return nil
	}
	card, err := in.check(c.Request, store, s.clock.Now())
	if err != nil {
		return fmt.Errorf("pay %s: %w", c.Transaction.TradeNo, err)
	}
	asked, err := s.start(ctx, c.Transaction.ID, store, card)
	if err != nil || asked == nil {
		return err
	}
	// From here on the outcome must be recorded even if the cardholder leaves.
	return s.authorise(context.WithoutCancel(ctx), *asked, store, card)
}

// CheckInput holds a card form against the rules without paying. It returns a
// fault.Group, and ErrNotFound.
func (s *Service) CheckInput(ctx context.Context, token ident.Token, in CardInput) error {
	c, store, err := s.Checkout(ctx, token)
	if err != nil {
		return err
	}
	_, err = in.check(c.Request, store, s.clock.Now())
	return err
}

// asked is an attempt that was just started, with its transaction.
type asked struct {
	attempt     Attempt
	transaction Transaction
}

// start records that the acquirer is about to be asked. It returns nil when
// somebody else was faster.
func (s *Service) start(ctx context.Context, id ID, store member.Store, card checkedCard) (*asked, error) {
	var result *asked
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		result = nil
		c, err := tx.Lock(ctx, id)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		switch {
		case c.Transaction.Status != Pending, c.Attempt != nil && c.Attempt.State.UnderWay():
			return nil
		case c.Request.Expired(now):
			return ErrEnded
		}
		to, err := c.Transaction.After(AuthAsked)
		if err != nil {
			return err
		}
		attempt := Attempt{
			TransactionID: id, RequestID: rand.Text(), State: Asked, Route: ChooseRoute(store),
			Simulated: store.Mode == member.Test, PayType: card.payType, Instalments: card.instalments,
			Card: card.kept, Payer: card.payer, PayerIP: card.ip, AskedAt: now,
			// Should this process die before it knows the answer, the first
			// inquiry comes when the answer can no longer arrive.
			NextInquiryAt: now.Add(s.timing.Authorise + s.timing.Inquire),
		}
		if attempt.ID, err = tx.AddAttempt(ctx, attempt); err != nil {
			return err
		}
		if err := tx.IndexCard(ctx, attempt.ID, card.pan); err != nil {
			return err
		}
		result = &asked{attempt, c.Transaction}
		return tx.AppendEvent(ctx, Event{
			TransactionID: id, AttemptID: attempt.ID, Kind: AuthAsked, From: c.Transaction.Status, To: to,
			Amount: c.Transaction.Amount, Actor: "cardholder", Detail: string(attempt.Route.Reason), At: now,
		})
	})
	if err != nil {
		return nil, fmt.Errorf("start attempt: %w", err)
	}
	return result, nil
}

// authorise asks the acquirer and records what it said.
func (s *Service) authorise(ctx context.Context, a asked, store member.Store, card checkedCard) error {
	if a.attempt.Simulated {
		answer := testModeAnswer(card.pan, a.transaction.Amount, a.attempt.PayType)
		return s.answered(ctx, a.attempt, answer, "system")
	}
	asking, cancel := context.WithTimeout(ctx, s.timing.Authorise)
	defer cancel()
	answer, err := s.acquirer.Authorise(asking, AuthoriseRequest{
		ID: a.attempt.RequestID, MerchantID: store.MerchantID, TradeNo: string(a.transaction.TradeNo),
		Amount: a.transaction.Amount, PAN: card.pan, Expiry: card.kept.Expiry, CVC: card.cvc,
		Instalments: a.attempt.Instalments, Bonus: a.attempt.PayType == PayBonus,
	})
	switch {
	case err == nil:
		return s.answered(ctx, a.attempt, answer, "acquirer")
	case errors.Is(err, ErrNotSent):
		s.log.WarnContext(ctx, "acquirer not reached", "trade_no", a.transaction.TradeNo, "error", err)
		if err := s.record(ctx, a.attempt, step{kind: AuthNotSent, actor: "system"}); err != nil {
			return err
		}
		return ErrAcquirerUnreachable
	default:
		s.log.WarnContext(ctx, "acquirer did not answer", "trade_no", a.transaction.TradeNo, "error", err)
		return s.record(ctx, a.attempt, step{kind: AuthNoAnswer, actor: "system"})
	}
}

// testModeAnswer is what a test-mode store gets: published test cards pass with
// a test approval, all others are refused; nothing reaches an acquirer (the
// provider's manual, test environment).
func testModeAnswer(pan secret.PAN, amount money.TWD, payType PayType) AuthoriseAnswer {
	if !IsPublishedTestCard(pan) {
		return AuthoriseAnswer{Message: "拒絕卡號"}
	}
	answer := AuthoriseAnswer{
		Approved: true, RespondCode: "00", Message: "授權成功", Bank: "KGI",
		ApprovalCode: fmt.Sprintf("%06d", amount%1_000_000),
	}
	if payType == PayBonus {
		answer.BonusPaid = amount
	}
	return answer
}
