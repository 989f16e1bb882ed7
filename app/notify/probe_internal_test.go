package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/memberzone/memberzone/app/clock"
)

// names is a DNS server of a test: each question for an address of a name takes the next of its
// answers, and the last one for good.
type names struct {
	mu      sync.Mutex
	answers map[string][][]netip.Addr // by name with its dot
}

// next returns the answer of one question. A and AAAA are asked at once: both see the answer of
// their round.
func (n *names) next(name string, kind dnsmessage.Type) []netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	rounds := n.answers[name]
	if len(rounds) == 0 {
		return nil
	}
	if kind == dnsmessage.TypeA && len(rounds) > 1 {
		n.answers[name] = rounds[1:]
	}
	return rounds[0]
}

func (n *names) answer(query []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	q := m.Questions[0]
	for _, a := range n.next(q.Name.String(), q.Type) {
		head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()},
			})
		}
	}
	return m.Pack()
}

// resolver starts a DNS server with the answers and returns a resolver that asks it alone.
func resolver(t *testing.T, answers map[string][][]netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	n := &names{answers: answers}
	go func() {
		for buffer := make([]byte, 1500); ; {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, err := n.answer(buffer[:size]); err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// errPublic ends a connection that the guard has let pass: nothing leaves the machine.
var errPublic = errors.New("public")

// passed is a dialer's guard that notes the addresses which the real one lets pass.
type passed struct {
	mu   sync.Mutex
	list []string
}

func (p *passed) guard(ctx context.Context, network, address string, c syscall.RawConn) error {
	if err := refusePrivate(ctx, network, address, c); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, address)
	return errPublic
}

func (p *passed) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := strings.Join(p.list, " ")
	p.list = nil
	return list
}

func addrs(texts ...string) (list []netip.Addr) {
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

// A name is whatever it resolves to when it is dialled. The server that must not be reached
// is really there, on the port that is asked for.
func TestANameIsHeldAgainstTheAddressThatIsDialled(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]

	const refused = "通知網址指向不允許的位址"
	answers := map[string][][]netip.Addr{}
	for name, to := range map[string][]netip.Addr{
		"loopback": addrs("127.0.0.1"), "loopback6": addrs("::1"), "private": addrs("10.1.2.3"),
		"linklocal": addrs("169.254.1.1"), "metadata": addrs("169.254.169.254"), "ec2": addrs("fd00:ec2::254"),
		"alibaba": addrs("100.100.100.200"), "mapped": addrs("::ffff:127.0.0.1"), "nat64": addrs("64:ff9b::7f00:1"),
		"sixtofour": addrs("2002:7f00:1::1"), "several": addrs("127.0.0.1", "::1", "10.0.0.1", "192.168.1.1"),
	} {
		answers[name+".example."] = [][]netip.Addr{to}
	}
	seen := &passed{}
	p := newProber(ClientOptions{Clock: clock.System{}, AnyPort: true}, net.Dialer{
		Resolver: resolver(t, answers), ControlContext: seen.guard,
	})
	for name := range answers {
		got := p.Probe(t.Context(), "http://"+strings.TrimSuffix(name, ".")+port+"/notify")
		if got.Error != refused || got.HTTPStatus != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if through := seen.take(); through != "" || calls.Load() != 0 {
		t.Errorf("%s were let pass, and %d probes arrived", through, calls.Load())
	}

	// The same with the guard as it is, and nothing of the test in between.
	bare := newProber(ClientOptions{Clock: clock.System{}, AnyPort: true}, net.Dialer{Resolver: resolver(t, answers)})
	if got := bare.Probe(t.Context(), "http://loopback.example"+port+"/"); got.Error != refused || calls.Load() != 0 {
		t.Errorf("with the guard alone: %+v, %d arrived", got, calls.Load())
	}
	// And with the explicit setting, which the demonstration's shop needs.
	open := newProber(ClientOptions{Clock: clock.System{}, AnyPort: true, AllowPrivate: true},
		net.Dialer{Resolver: resolver(t, answers)})
	if got := open.Probe(t.Context(), "http://loopback.example"+port+"/"); !got.OK() || calls.Load() != 1 {
		t.Errorf("with the setting: %+v, %d arrived", got, calls.Load())
	}
}

func TestANameThatResolvesAnewIsHeldAgainstItsNewAddress(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	seen := &passed{}
	p := newProber(ClientOptions{Clock: clock.System{}, AnyPort: true}, net.Dialer{
		ControlContext: seen.guard,
		Resolver: resolver(t, map[string][][]netip.Addr{
			"rebinding.example.": {addrs("8.8.8.8"), addrs("127.0.0.1")},
			"both.example.":      {addrs("127.0.0.1", "8.8.4.4")},
		}),
	})
	if got := p.Probe(t.Context(), "http://rebinding.example"+port+"/"); got.HTTPStatus != 0 ||
		seen.take() != "8.8.8.8"+port {
		t.Errorf("the public address was not dialled: %+v", got)
	}
	got := p.Probe(t.Context(), "http://rebinding.example"+port+"/")
	if got.Error != "通知網址指向不允許的位址" || seen.take() != "" {
		t.Errorf("resolved anew: %+v", got)
	}
	// Of a public address and one of our own, the public one alone may be dialled.
	p.Probe(t.Context(), "http://both.example"+port+"/")
	if through := seen.take(); through != "8.8.4.4"+port {
		t.Errorf("of both, dialled %q", through)
	}
	if calls.Load() != 0 {
		t.Errorf("%d probes arrived on this machine", calls.Load())
	}
}
