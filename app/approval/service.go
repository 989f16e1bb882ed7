package approval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
)

// Path is where 待覆核 is on the site.
const Path = "/member/sales/credit-cards/approvals"

// endedShown is how many requests that ended are listed.
const endedShown = 20

// Payments does what is asked for, as payment.Service does.
type Payments interface {
	Act(ctx context.Context, r payment.ActRequest) (payment.Operation, error)
}

// Permits says who may do what.
type Permits interface {
	Decide(actor account.Actor, g permit.Gate) (permit.Decision, error)
}

// Options are what a Service works with.
type Options struct {
	Store     Store
	Payments  Payments
	Permits   Permits
	Clock     clock.Clock
	PublicURL string // of the site, without a slash at its end
}

// Service is the use cases. It is safe for concurrent use.
type Service struct{ Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o} }

// Outcome is what became of an action that was asked for on a page.
type Outcome struct {
	Operation payment.Operation // zero where it waits for an approval
	Request   *Request          // nil where none was needed
}

// NeedsChecker tells actions that move money; undoing one needs nobody else.
func NeedsChecker(a payment.Action) bool {
	return a == payment.ActVoid || a == payment.ActCapture || a == payment.ActRefund
}

// Act does what somebody asks for, or makes a request of it where the member's amount
// is reached. The same form again, known by its key, returns what it has led to. The
// transaction has been found to be in the actor's scope. It returns what payment.Act
// returns, ErrWaiting and ErrNoChecker.
func (s *Service) Act(ctx context.Context, actor account.Actor, r payment.ActRequest) (Outcome, error) {
	if !NeedsChecker(r.Action) {
		o, err := s.Payments.Act(ctx, r)
		return Outcome{Operation: o}, err
	}
	if known, err := s.known(ctx, actor, r); known != nil || err != nil {
		return Outcome{Request: known}, err
	}
	var made *Request
	r.Hold = func(ctx context.Context, t payment.Transaction, v payment.Verdict) (held bool, err error) {
		made, err = s.hold(ctx, actor, r, subject{t, v})
		return made != nil, err
	}
	o, err := s.Payments.Act(ctx, r)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Operation: o, Request: made}, nil
}

// known is the request that the form has led to, nil if there is none.
func (s *Service) known(ctx context.Context, actor account.Actor, r payment.ActRequest) (*Request, error) {
	known, err := s.Store.ApprovalByKey(ctx, actor.Member.ID, r.Key)
	if err != nil {
		return nil, fmt.Errorf("find the request of a form: %w", err)
	}
	if known != nil &&
		(known.TransactionID != r.TransactionID || known.Action != r.Action || known.Amount != r.Amount) {
		return nil, payment.ErrKeyTaken
	}
	return known, nil
}

// subject is what a request is about.
type subject struct {
	transaction payment.Transaction
	verdict     payment.Verdict
}

// hold makes a request of what was asked for if the member's amount is reached. It runs
// behind the lock of the transaction.
func (s *Service) hold(
	ctx context.Context, actor account.Actor, r payment.ActRequest, about subject,
) (*Request, error) {
	if known, err := s.known(ctx, actor, r); known != nil || err != nil {
		return known, err // the same form was faster
	}
	from, err := s.Store.Threshold(ctx, actor.Member.ID)
	if err != nil || from == 0 || r.Amount < from {
		return nil, err
	}
	t := about.transaction
	checkers, err := s.checkers(ctx, actor.Member.ID, t.StoreID, actor.Account.ID)
	if err != nil {
		return nil, err
	}
	if len(checkers) == 0 {
		return nil, ErrNoChecker
	}
	made := Request{
		MemberID: actor.Member.ID, StoreID: t.StoreID, TransactionID: t.ID, TradeNo: t.TradeNo, OrderNo: t.OrderNo,
		Action: r.Action, Amount: r.Amount, Key: r.Key, MakerID: actor.Account.ID, Maker: actor.Account.Login,
		MadeAt: s.Clock.Now(), Until: about.verdict.Until, State: Waiting,
	}
	err = s.Store.Join(ctx, func(ctx context.Context, tx Tx) error {
		if made.ID, err = tx.AddApproval(ctx, made); err != nil {
			return err
		}
		for _, checker := range checkers {
			if checker.Account.Email == "" {
				continue
			}
			if err := tx.Mail(ctx, s.letter(made, actor.Member, checker.Account.Email)); err != nil {
				return err
			}
		}
		return tx.Record(ctx, made.entry(audit.ApprovalAsked, r.By, made.MadeAt))
	})
	if err != nil {
		return nil, err
	}
	return &made, nil
}

func (s *Service) letter(r Request, m member.Member, to string) notify.Mail {
	return notify.ApprovalMail(notify.Approval{
		To: to, Member: m.Name, Login: r.Maker, Action: Label(r.Action), TradeNo: string(r.TradeNo), OrderNo: r.OrderNo,
		Amount: r.Amount, Until: r.Until, URL: s.PublicURL + Path, At: r.MadeAt,
	})
}

// checkers are the accounts of a member that may act on a store's transactions, all but
// one.
func (s *Service) checkers(
	ctx context.Context, of member.ID, store member.StoreID, but account.ID,
) ([]account.Actor, error) {
	able, err := s.able(ctx, of)
	return slices.DeleteFunc(able, func(a account.Actor) bool {
		return a.Account.ID == but || !slices.ContainsFunc(a.Stores, func(own account.Store) bool { return own.ID == store })
	}), err
}

// able are the accounts of a member that may act on transactions of some store.
func (s *Service) able(ctx context.Context, of member.ID) ([]account.Actor, error) {
	people, err := s.Store.People(ctx, of, s.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("list who can check: %w", err)
	}
	var able []account.Actor
	for _, one := range people {
		d, err := s.Permits.Decide(one, permit.CardTradeAct.Gate())
		if err != nil {
			return nil, fmt.Errorf("decide who can check: %w", err)
		}
		if d.Allowed && len(one.Stores) > 0 {
			able = append(able, one)
		}
	}
	return able, nil
}

// Find returns a request in the actor's scope. It returns ErrNotFound.
func (s *Service) Find(ctx context.Context, actor account.Actor, id ID) (Request, error) {
	r, err := s.Store.Approval(ctx, report.ScopeOf(actor), id)
	if err != nil {
		return Request{}, fmt.Errorf("find approval %d: %w", id, err)
	}
	return r.at(s.Clock), nil
}

// at is the request as it stands now: a deadline that has passed ends it, whether or not
// the sweep has been there.
func (r Request) at(c clock.Clock) Request {
	if r.State == Waiting && !c.Now().Before(r.Until) {
		r.State, r.DecidedAt = Expired, r.Until
	}
	return r
}

// List returns what waits in the actor's scope, the oldest first, and then what ended
// last.
func (s *Service) List(ctx context.Context, actor account.Actor) ([]Request, error) {
	list, err := s.Store.Approvals(ctx, report.ScopeOf(actor), endedShown)
	if err != nil {
		return nil, fmt.Errorf("list approvals: %w", err)
	}
	for i := range list {
		list[i] = list[i].at(s.Clock)
	}
	return list, nil
}

// Of returns the request of a transaction that waits, nil for none.
func (s *Service) Of(ctx context.Context, actor account.Actor, id payment.ID) (*Request, error) {
	r, err := s.Store.ApprovalOf(ctx, report.ScopeOf(actor), id)
	if err != nil {
		return nil, fmt.Errorf("find the approval of transaction %d: %w", id, err)
	}
	if r == nil || r.at(s.Clock).State != Waiting {
		return nil, nil
	}
	return r, nil
}

// Standing tells what the actor's pages show of 覆核.
func (s *Service) Standing(ctx context.Context, actor account.Actor) (Standing, error) {
	found, err := s.Store.Standing(ctx, report.ScopeOf(actor), actor.Account.ID, s.Clock.Now())
	if err != nil {
		return Standing{}, fmt.Errorf("count approvals: %w", err)
	}
	return found, nil
}

// Approve does what another asked for, if it is still possible. It returns what it was
// and what became of it; ErrNotFound, ErrOwn, ErrDecided, and the refusals of
// payment.Judge, after which the request waits on.
func (s *Service) Approve(
	ctx context.Context, actor account.Actor, by audit.By, id ID,
) (Request, payment.Operation, error) {
	r, err := s.toCheck(ctx, actor, id)
	if err != nil {
		return r, payment.Operation{}, err
	}
	decided := false
	o, err := s.Payments.Act(ctx, payment.ActRequest{
		TransactionID: r.TransactionID, Action: r.Action, Amount: r.Amount, Key: r.Key, Actor: r.Maker, By: by,
		Hold: func(ctx context.Context, _ payment.Transaction, _ payment.Verdict) (bool, error) {
			decided = true
			return false, s.end(ctx, r, by, Decision{To: Approved, Checker: actor.Account.ID})
		},
	})
	if err != nil {
		return r, o, fmt.Errorf("approve %d: %w", id, err)
	}
	if !decided { // another checker was faster: the operation was known by its key
		return r, o, ErrDecided
	}
	return r, o, nil
}

// Refuse ends a request of another with a reason. It returns ErrNotFound, ErrOwn,
// ErrDecided and ErrReason.
func (s *Service) Refuse(ctx context.Context, actor account.Actor, by audit.By, id ID, reason string) error {
	r, err := s.toCheck(ctx, actor, id)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > ReasonMax {
		return ErrReason
	}
	return s.end(ctx, r, by, Decision{To: Refused, Checker: actor.Account.ID, Reason: reason})
}

// Withdraw ends the actor's own request. It returns ErrNotFound, ErrNotMaker and
// ErrDecided.
func (s *Service) Withdraw(ctx context.Context, actor account.Actor, by audit.By, id ID) error {
	r, err := s.Find(ctx, actor, id)
	switch {
	case err != nil:
		return err
	case r.MakerID != actor.Account.ID:
		return ErrNotMaker
	case r.State != Waiting:
		return ErrDecided
	}
	return s.end(ctx, r, by, Decision{To: Withdrawn})
}

// toCheck finds a request that waits for the actor.
func (s *Service) toCheck(ctx context.Context, actor account.Actor, id ID) (Request, error) {
	r, err := s.Find(ctx, actor, id)
	switch {
	case err != nil:
		return r, err
	case r.MakerID == actor.Account.ID:
		return r, ErrOwn
	case r.State != Waiting:
		return r, ErrDecided
	}
	return r, nil
}

// end ends a request with its entry in the audit log, in the database transaction that
// is open if there is one. The lock of the chain comes before the rest of an approved
// action then, which touches nothing that another holds: the transaction's row is locked.
func (s *Service) end(ctx context.Context, r Request, by audit.By, d Decision) error {
	d.Request, d.At = r.ID, s.Clock.Now()
	err := s.Store.Join(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.DecideApproval(ctx, d); err != nil {
			return err
		}
		entry := r.entry(endings[d.To], by, d.At)
		if d.Reason != "" {
			entry.Changes = append(entry.Changes, audit.Change{Field: "原因", After: d.Reason})
		}
		return tx.Record(ctx, entry)
	})
	if err != nil {
		return fmt.Errorf("end approval %d: %w", r.ID, err)
	}
	return nil
}

// endings are the entries of the audit log for the ends that people bring about.
var endings = map[State]audit.Kind{
	Approved: audit.ApprovalGiven, Refused: audit.ApprovalRefused, Withdrawn: audit.ApprovalWithdrawn,
}
