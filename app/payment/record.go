package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/notify"
)

// step is one event that is to be recorded, with what it brings.
type step struct {
	kind    EventKind
	actor   string
	detail  string
	failure FailureReason   // for events that fail the transaction
	answer  AuthoriseAnswer // for AuthApproved and AuthDeclined
	said    []Message
}

// answered records the bank's answer to an authorisation or to an inquiry; to nothing in
// test mode, where no bank takes part.
func (s *Service) answered(ctx context.Context, a Attempt, answer AuthoriseAnswer, to MessageKind) error {
	next := step{kind: AuthApproved, actor: "system", detail: answer.RespondCode, answer: answer}
	if to == MessageAuth {
		next.actor = "acquirer"
	}
	if to != "" {
		next.said = []Message{{a.TransactionID, Received, to, s.clock.Now(), answer.Fields(a.RequestID)}}
	}
	if !answer.Approved {
		next.kind, next.failure = AuthDeclined, FailedDeclined
	}
	return s.record(ctx, a, next)
}

// record applies a step to an attempt and its transaction, in one database
// transaction with the event and the outgoing messages. When another process
// has recorded the outcome before, it does nothing.
func (s *Service) record(ctx context.Context, a Attempt, next step) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Lock(ctx, a.TransactionID)
		if err != nil {
			return err
		}
		if c.Attempt == nil || c.Attempt.ID != a.ID || !c.Attempt.State.UnderWay() {
			return nil
		}
		from := c.Attempt.State
		if c.Attempt.State, err = from.After(next.kind); err != nil {
			return err
		}
		s.stamp(c.Attempt)
		if err := tx.SaveAttempt(ctx, *c.Attempt, from); err != nil {
			return err
		}
		return s.move(ctx, tx, c, next)
	})
	if err != nil {
		return fmt.Errorf("record %s of attempt %d: %w", next.kind, a.ID, err)
	}
	return nil
}

// charged records the Token交易 of a payment that was just authorised with a token.
func (s *Service) charged(ctx context.Context, tx Tx, c Checkout) error {
	if c.Transaction.Status != Authorised || c.Attempt.TokenCard == 0 {
		return nil
	}
	if _, err := s.tokens.Charged(ctx, c.Attempt.TokenCard, int64(c.Transaction.ID)); err != nil {
		return fmt.Errorf("record the token charge: %w", err)
	}
	return s.Note(ctx, tx, c, Event{AttemptID: c.Attempt.ID, Kind: EventTokenCharged, Actor: "system"})
}

// stamp notes when the outcome came, or when to ask for it again.
func (s *Service) stamp(a *Attempt) {
	now := s.clock.Now()
	if !a.State.UnderWay() {
		a.AnsweredAt, a.NextInquiryAt = now, time.Time{}
		return
	}
	pause := time.Minute
	if a.Inquiries < 5 {
		pause = min(pause, s.timing.Inquire<<a.Inquiries)
	}
	a.Inquiries++
	a.NextInquiryAt = now.Add(pause)
}

// move takes a locked transaction along the transition table, with its event
// and, when it is finished, its messages.
func (s *Service) move(ctx context.Context, tx Tx, c Checkout, next step) error {
	from := c.Transaction.Status
	to, err := c.Transaction.After(next.kind)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	event := Event{
		TransactionID: c.Transaction.ID, Kind: next.kind, From: from, To: to,
		Amount: c.Transaction.Amount, Actor: next.actor, Detail: next.detail, At: now,
	}
	if c.Attempt != nil {
		event.AttemptID = c.Attempt.ID
	}
	if err := tx.AppendEvent(ctx, event); err != nil {
		return err
	}
	for _, m := range next.said {
		if err := s.keep(ctx, tx, m); err != nil {
			return err
		}
	}
	if to == from {
		return nil
	}
	c.Transaction.Status = to
	c.Transaction.apply(next, c.Attempt, now)
	if err := tx.SaveTransaction(ctx, c.Transaction, from); err != nil {
		return err
	}
	store, err := s.stores.StoreByID(ctx, c.Transaction.StoreID)
	if err != nil {
		return fmt.Errorf("find the store: %w", err)
	}
	if err := s.charged(ctx, tx, c); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, c, store); err != nil {
		return err
	}
	if to != Authorised || !store.AutoCapture {
		return nil
	}
	return s.captureAtOnce(ctx, tx, c.Transaction.ID)
}

// captureAtOnce asks for the whole capture of what was just authorised: 自動請款. What
// Judge does not allow to be captured stays authorised.
func (s *Service) captureAtOnce(ctx context.Context, tx Tx, id ID) error {
	l, err := tx.LockLedger(ctx, id)
	if err != nil {
		return err
	}
	verdict := Judge(ActCapture, l.Transaction, l.Operations, s.clock.Now())
	if !verdict.Allowed() {
		return nil
	}
	_, err = s.perform(ctx, tx, &l, ActRequest{
		TransactionID: id, Action: ActCapture, Amount: verdict.Max, Key: NewKey(), Actor: "system",
	})
	return err
}

// apply takes over what a step brings.
func (t *Transaction) apply(next step, a *Attempt, now time.Time) {
	if a != nil {
		t.Card, t.PayerIP, t.PayType = a.Card, a.PayerIP, a.PayType
		t.Verification, t.ThreeD = a.Route.Verification, a.Route.Verification != Unverified
		t.PaymentMethod = paymentMethod(*a, next.answer)
	}
	answer := next.answer
	t.RespondCode, t.RespondMessage = answer.RespondCode, answer.Message
	t.AcquirerBank, t.IssuerBank = answer.Bank, answer.Issuer
	if t.Status == Failed {
		t.FailedAt, t.Failure = now, next.failure
		return
	}
	t.AuthorisedAt, t.AuthCode, t.BonusPaid = now, answer.ApprovalCode, answer.BonusPaid
	t.ECI, t.TokenCharge = a.ECI, a.TokenCard != 0
	if a.Instalments > 0 {
		t.Instalments = a.Instalments
		t.InstalmentFirst, t.InstalmentEach = splitInstalments(t.Amount, a.Instalments)
	}
	if answer.Foreign && t.PayType == PayInFull {
		t.PayType = PayForeign
	}
}

// paymentMethod is PaymentMethod of the wire (manual NDNF-1.1.9, result fields).
func paymentMethod(a Attempt, answer AuthoriseAnswer) string {
	switch {
	case a.PayType == PayUnionPay:
		return "UNIONPAY"
	case answer.Foreign:
		return "FOREIGN"
	default:
		return "CREDIT"
	}
}

// splitInstalments divides an amount into equal months; the first carries what
// does not divide (InstFirst and InstEach of the wire).
func splitInstalments(amount money.TWD, months int) (first, each money.TWD) {
	each = amount / money.TWD(months)
	return amount - each*money.TWD(months-1), each
}

// tell puts the messages of a finished payment into the same database
// transaction: the notification to the merchant, the notice to the payer.
func (s *Service) tell(ctx context.Context, tx Tx, c Checkout, store member.Store) error {
	now := s.clock.Now()
	told := Message{c.Transaction.ID, Told, MessageOrder, now, FieldsOf(Result(c, store).Pairs())}
	if err := s.keep(ctx, tx, told); err != nil {
		return err
	}
	if c.Request.NotifyURL != "" {
		body, err := ResultForm(c, store)
		if err != nil {
			return err
		}
		n := notify.Notification{
			TransactionID: int64(c.Transaction.ID), URL: c.Request.NotifyURL, Body: body, CreatedAt: now,
		}
		if err := tx.Notify(ctx, n); err != nil {
			return err
		}
	}
	if c.Transaction.Status != Authorised || c.Attempt.Payer.Email == "" {
		return nil
	}
	return tx.Mail(ctx, notify.PaidMail(notify.Paid{
		To: c.Attempt.Payer.Email, Store: store.Name, OrderNo: c.Transaction.OrderNo,
		TradeNo: string(c.Transaction.TradeNo), Item: c.Transaction.ItemDesc,
		Amount: c.Transaction.Amount, Card: c.Transaction.Card.Last4, At: now,
	}))
}

// ResolveDue asks the acquirer what became of attempts without an answer, up to
// limit, and returns how many it looked at. It may run in several processes at
// once: the first to record an outcome wins, and the others do nothing.
func (s *Service) ResolveDue(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.DueInquiries(ctx, s.clock.Now(), limit)
	if err != nil {
		return 0, fmt.Errorf("list attempts without an answer: %w", err)
	}
	// Side by side, since an acquirer that is down takes the whole time limit for
	// each, but not all at once, since it may be down for too much traffic.
	errs := make([]error, len(ids))
	var group errgroup.Group
	group.SetLimit(inquiriesAtOnce)
	for i, id := range ids {
		group.Go(func() error {
			errs[i] = s.resolve(ctx, id)
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	return len(ids), errors.Join(errs...)
}

// inquiriesAtOnce is how many questions one process asks the acquirer at a time.
const inquiriesAtOnce = 8

// resolve asks the acquirer about one transaction's attempt. An acquirer that
// has not seen the request is told never to charge it, once it is too late for
// the request to be still on its way.
func (s *Service) resolve(ctx context.Context, id ID) error {
	var a Attempt
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Lock(ctx, id)
		if err == nil && c.Attempt != nil {
			a = *c.Attempt
		}
		return err
	})
	if err != nil || !a.State.UnderWay() {
		return err
	}
	reversed := step{kind: AuthReversed, actor: "system", failure: FailedReversed}
	if a.Simulated {
		// A test payment that a crash cut short: no acquirer knows of it, and none
		// is to hear of it.
		return s.record(ctx, a, reversed)
	}
	asking, cancel := context.WithTimeout(ctx, s.timing.Authorise)
	defer cancel()
	answer, err := s.acquirer.Inquire(asking, a.RequestID)
	if err == nil {
		return s.answered(ctx, a, answer, MessageInquiry)
	}
	late := s.clock.Now().Sub(a.AskedAt) >= s.timing.Reverse
	if errors.Is(err, ErrUnknownRequest) && late {
		if err = s.acquirer.Reverse(asking, a.RequestID); err == nil {
			reversed.said = []Message{reversal(Told, id, a.RequestID), reversal(Received, id, a.RequestID)}
			return s.record(ctx, a, reversed)
		}
	}
	s.log.WarnContext(ctx, "attempt still without an answer", "attempt", a.ID, "inquiries", a.Inquiries, "error", err)
	return s.record(ctx, a, step{kind: AuthNoAnswer, actor: "system"})
}
