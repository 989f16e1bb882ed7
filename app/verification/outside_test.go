package verification_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
	"github.com/memberzone/memberzone/app/verification"
)

// outside is the acquirer, the issuer and the card network, in memory. Each request is
// answered once, and the same again gets the same.
type outside struct {
	mu       sync.Mutex
	requests []payment.AuthoriseRequest
	answers  map[string]payment.AuthoriseAnswer
	phones   map[string]string
	tokens   map[string]token.Issued // by card number
	decline  bool

	issuerDown, networkDown, acquirerDown bool
	suspended, deleted                    map[string]bool // references
}

func newOutside() *outside {
	return &outside{
		answers: map[string]payment.AuthoriseAnswer{}, tokens: map[string]token.Issued{},
		phones: map[string]string{
			visa: goodPhone, otherVisa: goodPhone, mastercard: goodPhone, jcb: goodPhone, phoneless: "",
		},
		suspended: map[string]bool{}, deleted: map[string]bool{},
	}
}

func outsideOnly(ctx context.Context) {
	if payment.InTx(ctx) {
		panic("an outside party was called inside a database transaction")
	}
}

// Authorise implements payment.Acquirer.
func (o *outside) Authorise(ctx context.Context, r payment.AuthoriseRequest) (payment.AuthoriseAnswer, error) {
	outsideOnly(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.acquirerDown {
		return payment.AuthoriseAnswer{}, payment.ErrNotSent
	}
	if a, ok := o.answers[r.ID]; ok {
		return a, nil
	}
	a := payment.AuthoriseAnswer{
		Approved: true, RespondCode: "00", Message: "授權成功", ApprovalCode: "123456", Bank: "KGI", Issuer: "CTBC",
	}
	if o.decline {
		a = payment.AuthoriseAnswer{RespondCode: "51", Message: "餘額不足", Bank: "KGI"}
	}
	o.requests, o.answers[r.ID] = append(o.requests, r), a
	return a, nil
}

// Inquire implements payment.Acquirer.
func (o *outside) Inquire(_ context.Context, id string) (payment.AuthoriseAnswer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a, ok := o.answers[id]; ok {
		return a, nil
	}
	return payment.AuthoriseAnswer{}, payment.ErrUnknownRequest
}

// Reverse implements payment.Acquirer.
func (*outside) Reverse(context.Context, string) error { return nil }

// SendBatch implements payment.Acquirer.
func (*outside) SendBatch(context.Context, payment.BatchRequest) error { return payment.ErrNoAnswer }

// BatchAnswer implements payment.Acquirer.
func (*outside) BatchAnswer(context.Context, string) ([]payment.ItemAnswer, bool, error) {
	return nil, false, payment.ErrNoAnswer
}

// CardOnFile implements otp.Issuer.
func (o *outside) CardOnFile(ctx context.Context, pan secret.PAN) (otp.OnFile, error) {
	outsideOnly(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	phone, ok := o.phones[pan.Expose()]
	switch {
	case o.issuerDown:
		return otp.OnFile{}, otp.ErrNoAnswer
	case !ok:
		return otp.OnFile{}, otp.ErrUnknownCard
	}
	return otp.OnFile{Phone: phone}, nil
}

// Provision implements token.Network.
func (o *outside) Provision(ctx context.Context, r token.ProvisionRequest) (token.Issued, error) {
	outsideOnly(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.networkDown {
		return token.Issued{}, token.ErrNoAnswer
	}
	have, ok := o.tokens[r.PAN.Expose()]
	if !ok || o.deleted[have.Reference] {
		number, err := secret.ParsePAN(fmt.Sprintf("48950000%08d", len(o.tokens)+len(o.deleted)))
		if err != nil {
			return token.Issued{}, err
		}
		have = token.Issued{
			Reference: fmt.Sprintf("REF%d", len(o.tokens)+len(o.deleted)+1), Number: number, Expiry: "3112",
			Brand: string(payment.BrandOf(r.PAN)),
		}
		o.tokens[r.PAN.Expose()] = have
	}
	return have, nil
}

// Cryptogram implements token.Network.
func (o *outside) Cryptogram(
	ctx context.Context, reference string, _ token.CryptogramRequest,
) (secret.String, error) {
	outsideOnly(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.networkDown:
		return secret.String{}, token.ErrNoAnswer
	case o.suspended[reference]:
		return secret.String{}, token.ErrInactive
	case o.deleted[reference]:
		return secret.String{}, token.ErrNotFound
	}
	return secret.New("Y3J5cHRvZ3JhbQ=="), nil
}

// News implements token.Network.
func (*outside) News(context.Context, int64, int) ([]token.News, error) { return nil, nil }

// charged lists what was authorised.
func (o *outside) charged() []payment.AuthoriseRequest {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]payment.AuthoriseRequest(nil), o.requests...)
}

// errStopped stands for a process that dies, or a database that goes away.
var errStopped = errors.New("the database went away")

// stops says at which statement of the verification's store the database goes away.
type stops struct {
	mu   sync.Mutex
	left int // statements until then; 0 for never
}

func (s *stops) after(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
}

// at tells that the database is gone from now on.
func (s *stops) at() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.left {
	case 0:
		return nil
	case 1:
		return errStopped
	}
	s.left--
	return nil
}

// faulty is a Store whose database may go away at any statement, and with it all later ones.
type faulty struct {
	verification.Store
	stops *stops
}

// InTx implements verification.Store. The commit is a statement too, and the process may
// die behind it.
func (f faulty) InTx(ctx context.Context, do func(context.Context, verification.Tx) error) error {
	err := f.Store.InTx(ctx, func(ctx context.Context, tx verification.Tx) error {
		if err := do(ctx, faultyTx{tx, f.stops}); err != nil {
			return err
		}
		return f.stops.at()
	})
	if err != nil {
		return err
	}
	return f.stops.at()
}

type faultyTx struct {
	verification.Tx
	stops *stops
}

// Lock implements payment.Tx.
func (f faultyTx) Lock(ctx context.Context, id payment.ID) (payment.Checkout, error) {
	if err := f.stops.at(); err != nil {
		return payment.Checkout{}, err
	}
	return f.Tx.Lock(ctx, id)
}

// AppendEvent implements payment.Tx.
func (f faultyTx) AppendEvent(ctx context.Context, e payment.Event) error {
	if err := f.stops.at(); err != nil {
		return err
	}
	return f.Tx.AppendEvent(ctx, e)
}

// AddAttempt implements payment.Tx.
func (f faultyTx) AddAttempt(ctx context.Context, a payment.Attempt) (payment.AttemptID, error) {
	if err := f.stops.at(); err != nil {
		return 0, err
	}
	return f.Tx.AddAttempt(ctx, a)
}

// Save implements verification.Tx.
func (f faultyTx) Save(ctx context.Context, v verification.Verification, from verification.State) error {
	if err := f.stops.at(); err != nil {
		return err
	}
	return f.Tx.Save(ctx, v, from)
}
