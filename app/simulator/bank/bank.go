package bank

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
)

// DefaultAccount is the merchant account that a bank without another one serves.
const DefaultAccount = "memberzone"

const (
	secretBytesMin = 16
	// lostHold is how long a lost answer keeps its connection open: longer than
	// any client waits, short enough not to keep it for ever.
	lostHold = 2 * time.Minute
)

// Options of a Bank. Secret, Clock and Log are required.
type Options struct {
	Account string        // the acquirer's merchant account; empty means DefaultAccount
	Secret  secret.String // signs the account's requests; 16 bytes or more
	Journal string        // file that keeps the bank's truth; empty means memory only
	// AcceptUnknown takes captures and refunds of authorisations that the bank has
	// never seen, if they are older than its journal: for history that was made up.
	AcceptUnknown bool
	Clock         clock.Clock
	Log           *slog.Logger
}

// Bank is the simulated acquirer and its issuers. Safe for concurrent use.
type Bank struct {
	account string
	keys    keys
	clock   clock.Clock
	log     *slog.Logger
	ledger  *ledger
	script  script
	files   files
	adopts  bool // Options.AcceptUnknown

	closing  chan struct{}
	closeOne sync.Once
}

// New opens the bank and reads its journal. It fails for a short secret and for
// a journal that cannot be read or written.
func New(o Options) (*Bank, error) {
	switch {
	case len(o.Secret.Expose()) < secretBytesMin:
		return nil, fmt.Errorf("bank: the secret is shorter than %d bytes", secretBytesMin)
	case o.Clock == nil || o.Log == nil:
		return nil, errors.New("bank: Clock and Log are required")
	case o.Account == "":
		o.Account = DefaultAccount
	}
	k := newKeys(o.Secret)
	l, err := openLedger(o.Journal, k, o.Clock)
	if err != nil {
		return nil, err
	}
	return &Bank{
		account: o.Account, keys: k, clock: o.Clock, log: o.Log, ledger: l, adopts: o.AcceptUnknown,
		closing: make(chan struct{}),
	}, nil
}

// Close lets go of held connections and closes the journal. Requests that are
// still delayed are dropped without being processed. Call it before the server's
// Shutdown, which waits for the held ones.
func (b *Bank) Close() error {
	b.closeOne.Do(func() { close(b.closing) })
	return b.ledger.close()
}

// Handler serves the protocol under /v1 and the management API under /manage.
func (b *Bank) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/authorisations", b.signed(bodyBytesMax, b.serveAuthorise))
	mux.Handle("GET /v1/authorisations/{id}", b.signed(bodyBytesMax, b.serveInquire))
	mux.Handle("POST /v1/authorisations/{id}/reversal", b.signed(bodyBytesMax, b.serveReverse))
	mux.Handle("POST /v1/cards/lookup", b.signed(bodyBytesMax, b.serveLookup))
	mux.Handle("POST /v1/batches", b.signed(batchBytesMax, b.serveBatch))
	mux.Handle("GET /v1/batches/{id}", b.signed(bodyBytesMax, b.serveBatchAnswers))
	mux.Handle("POST /v1/network-tokens", b.signed(bodyBytesMax, b.serveProvision))
	mux.Handle("POST /v1/network-tokens/{reference}/cryptograms", b.signed(bodyBytesMax, b.serveCryptogram))
	mux.Handle("GET /v1/network-tokens/events", b.signed(bodyBytesMax, b.serveTokenEvents))

	manage := http.NewServeMux()
	manage.HandleFunc("GET /manage/behaviour", b.serveBehaviour)
	manage.HandleFunc("PUT /manage/behaviour", b.serveSetBehaviour)
	manage.HandleFunc("GET /manage/charges", b.serveCharges)
	manage.HandleFunc("GET /manage/batches", b.serveBatches)
	manage.HandleFunc("PUT /manage/cards", b.serveSetCard)
	manage.HandleFunc("GET /manage/network-tokens", b.serveTokens)
	manage.HandleFunc("POST /manage/network-tokens/{reference}", b.serveChangeToken)
	manage.HandleFunc("POST /manage/reset", b.serveReset)
	// The management API has no password: no page of another origin may call it.
	mux.Handle("/manage/", http.NewCrossOriginProtection().Handler(manage))
	return mux
}
