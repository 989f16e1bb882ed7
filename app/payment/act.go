package payment

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/money"
)

// Refusals of the idempotency key.
var (
	// ErrKey tells that a request has no key or none of its form.
	ErrKey = fault.New(fault.Invalid, "request_key", "表單已失效，請重新整理頁面後再試。")
	// ErrKeyTaken tells that the key belongs to another request.
	ErrKeyTaken = fault.New(fault.Conflict, "request_key_taken", "這張表單已用於另一個申請，請重新整理頁面後再試。")
)

var keyPattern = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)

// NewKey makes the key of a form: whoever sends the form twice asks once.
func NewKey() string { return rand.Text() }

// KeyOf is the key of one transaction on a form that asks for many: the same form asks
// once for each.
func KeyOf(form string, no ident.TradeNo) string {
	sum := sha256.Sum256([]byte(form + "/" + string(no)))
	return base32.StdEncoding.EncodeToString(sum[:])[:26] // 130 bits, as NewKey has
}

// IsKey tells that a form's key has the form of one.
func IsKey(key string) bool { return keyPattern.MatchString(key) }

// ActRequest asks for an action. Whoever asks has been found to be allowed to see
// and to change the transaction.
type ActRequest struct {
	TransactionID ID
	Action        Action
	Amount        money.TWD // for what is undone, the amount of the operation
	Key           string    // [A-Z0-9]{1,32}, as NewKey makes it
	Actor         string    // for the history: "merchant" for the wire API, or an account's login
	By            audit.By  // for the audit log; its chain is the transaction's member
	Fields        []Field   // of the message that asks, as it was sent; nil where a page does
	// Hold is called in the database transaction of a request that is possible, behind the
	// lock of its row; what it does commits with it. It may hold the request: nothing is
	// done then, and Act returns the zero Operation. nil holds none.
	Hold func(ctx context.Context, t Transaction, v Verdict) (held bool, err error)
}

// acts says what each action does to which kind of operation.
var acts = map[Action]struct {
	kind  OperationKind
	undo  bool
	audit audit.Kind
}{
	ActVoid:        {Void, false, audit.VoidRequested},
	ActCapture:     {Capture, false, audit.CaptureRequested},
	ActRefund:      {Refund, false, audit.RefundRequested},
	ActUndoCapture: {Capture, true, audit.CaptureUndone},
	ActUndoRefund:  {Refund, true, audit.RefundUndone},
}

// Act does what a merchant asks for, if Judge allows it.
//
// Captures, refunds and undos are over at once. A void is asked of the acquirer:
// its state tells whether it is Done or, for want of an answer, still Requested and
// asked again by VoidsDue. The same request again, known by its key, changes nothing
// and returns the operation as it stands now. It returns ErrNotFound, the refusals
// of Judge and of Verdict.Check, ErrKey and ErrKeyTaken.
func (s *Service) Act(ctx context.Context, r ActRequest) (Operation, error) {
	if !IsKey(r.Key) {
		return Operation{}, ErrKey
	}
	var did acted
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		did, err = s.act(ctx, tx, r)
		return err
	})
	if err != nil {
		return Operation{}, fmt.Errorf("%s of transaction %d: %w", r.Action, r.TransactionID, err)
	}
	if did.repeated || did.operation.Kind != Void || did.operation.State != Requested {
		return did.operation, nil
	}
	// From here on the outcome must be recorded even if the merchant leaves.
	return s.reverse(context.WithoutCancel(ctx), did.operation, did.authorisation)
}

// acted is what became of a request.
type acted struct {
	operation     Operation
	authorisation string // the acquirer's key of it
	repeated      bool   // the request was known: nothing was changed
}

func (s *Service) act(ctx context.Context, tx Tx, r ActRequest) (acted, error) {
	l, err := tx.LockLedger(ctx, r.TransactionID)
	if err != nil {
		return acted{}, err
	}
	if known, err := r.known(l.Operations); known != nil || err != nil {
		if err != nil {
			return acted{}, err
		}
		return acted{operation: *known, repeated: true}, nil
	}
	now := s.clock.Now()
	verdict := Judge(r.Action, l.Transaction, l.Operations, now)
	if err := verdict.Check(r.Amount, l.Transaction); err != nil {
		return acted{}, err
	}
	if l.RequestID == "" {
		return acted{}, fmt.Errorf("transaction %d has no approved attempt", l.Transaction.ID)
	}
	if r.Hold != nil {
		if held, err := r.Hold(ctx, l.Transaction, verdict); held || err != nil {
			return acted{}, err
		}
	}
	asked := Message{l.Transaction.ID, Received, r.Action.message(), now, r.Fields}
	if err := s.keep(ctx, tx, asked); err != nil {
		return acted{}, err
	}
	o, err := s.perform(ctx, tx, &l, r)
	if err != nil {
		return acted{}, err
	}
	by := r.By
	by.Chain = int64(l.Transaction.MemberID)
	return acted{operation: o, authorisation: l.RequestID}, tx.Record(ctx, audit.Entry{
		By: by, At: now, Kind: acts[r.Action].audit, Subject: string(l.Transaction.TradeNo),
		Changes: []audit.Change{{Field: "金額", After: o.Amount.Display()}},
	})
}

// known finds the operation that a request with this key has led to, nil if there
// was none. It returns ErrKeyTaken where that request asked for something else.
func (r ActRequest) known(operations []Operation) (*Operation, error) {
	what := acts[r.Action]
	for i, o := range operations {
		if o.RequestID != r.Key && o.UndoID != r.Key {
			continue
		}
		if o.Kind != what.kind || o.Amount != r.Amount || what.undo != (o.UndoID == r.Key) {
			return nil, ErrKeyTaken
		}
		return &operations[i], nil
	}
	return nil, nil
}

// perform does what was found to be possible.
func (s *Service) perform(ctx context.Context, tx Tx, l *Ledger, r ActRequest) (Operation, error) {
	what := acts[r.Action]
	if what.undo {
		o := open(l.Operations, what.kind)
		o.UndoID = r.Key
		err := s.advance(ctx, tx, l, movement{operation: o, to: Undone, actor: r.Actor})
		return *o, err
	}
	now := s.clock.Now()
	o := Operation{
		TransactionID: l.Transaction.ID, Kind: what.kind, State: Requested, Amount: r.Amount,
		RequestID: r.Key, Actor: r.Actor, RequestedAt: now,
	}
	if o.Kind == Void {
		// Should this process die before it knows the answer, the next question
		// comes when the answer can no longer arrive.
		o.NextTryAt = now.Add(s.timing.Authorise + s.timing.Inquire)
	} else {
		o.CloseDay = CloseDayOf(now)
	}
	var err error
	if o.ID, err = tx.AddOperation(ctx, o); err != nil {
		return Operation{}, err
	}
	requested := entry{kind: o.Kind.event(Requested), amount: o.Amount, actor: o.Actor}
	if err := s.book(ctx, tx, l, requested); err != nil {
		return Operation{}, err
	}
	switch {
	case o.Kind != Void:
	case l.Simulated:
		err = s.advance(ctx, tx, l, movement{operation: &o, to: Done, actor: "system"})
	default:
		err = s.keep(ctx, tx, reversal(Told, l.Transaction.ID, l.RequestID))
	}
	return o, err
}

// Operations lists a transaction's operations, the oldest first.
func (s *Service) Operations(ctx context.Context, id ID) ([]Operation, error) {
	list, err := s.store.Operations(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("list operations of transaction %d: %w", id, err)
	}
	return list, nil
}

// pause is how long to wait after so many tries without success: it doubles from
// the first up to the longest.
func pause(first, longest time.Duration, tries int) time.Duration {
	if tries > 20 {
		return longest
	}
	return min(longest, first<<tries)
}
