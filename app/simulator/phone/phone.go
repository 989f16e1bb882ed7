package phone

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
)

// DefaultAccount is the account that a gateway without another one serves.
const DefaultAccount = "memberzone"

const (
	secretBytesMin = 16
	keepDefault    = 200
	// lostHold is how long a lost answer keeps its connection open.
	lostHold = 2 * time.Minute
)

// Options of a Gateway. Secret, Clock and Log are required.
type Options struct {
	Account    string        // empty means DefaultAccount
	Secret     secret.String // signs requests and receipts; 16 bytes or more
	ReceiptURL string        // where receipts are posted; empty: none are
	Keep       int           // how many messages are kept; 0 means 200
	File       string        // JSON lines that keep them across a restart; empty means memory only
	Clock      clock.Clock
	Log        *slog.Logger
}

// Message is a message that a phone got.
type Message struct {
	Reference string    `json:"reference"`
	To        string    `json:"to"`
	Text      string    `json:"text"`
	At        time.Time `json:"at"`
}

// Gateway takes messages and delivers them to phones. Safe for concurrent use.
type Gateway struct {
	o      Options
	script script
	client *http.Client

	mu       sync.Mutex
	taken    map[string]taken // by reference
	order    []string         // references as they came
	messages []Message        // on the phones, oldest first
	receipts string           // Options.ReceiptURL, or what replaced it
	file     *os.File

	closing  chan struct{}
	closeOne sync.Once
	sending  sync.WaitGroup
}

// taken is what the gateway remembers of a reference.
type taken struct {
	content    [32]byte
	deliveries int
}

// New opens the gateway and reads the messages of its file.
func New(o Options) (*Gateway, error) {
	switch {
	case len(o.Secret.Expose()) < secretBytesMin:
		return nil, fmt.Errorf("phone: the secret is shorter than %d bytes", secretBytesMin)
	case o.Clock == nil || o.Log == nil:
		return nil, errors.New("phone: Clock and Log are required")
	case o.Account == "":
		o.Account = DefaultAccount
	}
	if o.Keep <= 0 {
		o.Keep = keepDefault
	}
	g := &Gateway{
		o: o, receipts: o.ReceiptURL, taken: map[string]taken{}, closing: make(chan struct{}),
		client: &http.Client{
			Timeout:       receiptTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if err := g.open(); err != nil {
		return nil, err
	}
	return g, nil
}

// Close lets go of held connections, drops what is still to be sent, and closes the
// file. Call it before the server's Shutdown, which waits for the held ones.
func (g *Gateway) Close() error {
	g.closeOne.Do(func() { close(g.closing) })
	g.sending.Wait()
	g.client.CloseIdleConnections()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.file == nil {
		return nil
	}
	err := g.file.Close()
	g.file = nil
	return err
}

// Handler serves the protocol under /v1 and the management API under /manage.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/messages", g.signed(g.serveMessage))
	manage := http.NewServeMux()
	manage.HandleFunc("GET /manage/behaviour", g.serveBehaviour)
	manage.HandleFunc("PUT /manage/behaviour", g.serveSetBehaviour)
	manage.HandleFunc("GET /manage/messages", g.serveMessages)
	manage.HandleFunc("POST /manage/reset", g.serveReset)
	// The management API has no password: no page of another origin may call it.
	mux.Handle("/manage/", http.NewCrossOriginProtection().Handler(manage))
	return mux
}

// Messages lists what the phones got, newest first.
func (g *Gateway) Messages() []Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	newest := make([]Message, 0, len(g.messages))
	for i := len(g.messages) - 1; i >= 0; i-- {
		newest = append(newest, g.messages[i])
	}
	return newest
}

// Deliveries is how often a reference arrived, for tests.
func (g *Gateway) Deliveries(reference string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.taken[reference].deliveries
}

// SendReceiptsTo replaces Options.ReceiptURL, for an account whose address is known later.
func (g *Gateway) SendReceiptsTo(url string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.receipts = url
}

func (g *Gateway) receiptURL() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.receipts
}

// SetBehaviour replaces the whole behaviour.
func (g *Gateway) SetBehaviour(b Behaviour) error {
	if err := b.validate(); err != nil {
		return err
	}
	g.script.set(b)
	return nil
}
