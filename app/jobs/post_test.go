package jobs_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// post is a mail server with a line to it that can be troubled: a real SMTP server that
// keeps what it takes, and drops a mail whose Message-ID it has seen, as mailboxes do.
type post struct {
	address *net.TCPAddr // of the line

	mu       sync.Mutex
	kept     []string // Message-IDs, in the order in which they came
	arrived  int      // how often the server took a mail, with those it dropped
	refusals []*smtp.SMTPError
	troubles []trouble
	held     chan string // told the point at which a trouble has begun
}

// trouble is what befalls one connection: at a command, "greeting", or "end" for the end
// of a mail's text. A silent line holds until the sender goes away, another one breaks.
type trouble struct {
	at     string
	taken  bool // the server gets the command, and its answer is lost
	silent bool
}

func openPost(t *testing.T, refusals []*smtp.SMTPError, troubles ...trouble) *post {
	t.Helper()
	p := &post{refusals: refusals, troubles: troubles, held: make(chan string, 16)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return postSession{p}, nil }))
	server.Domain = "localhost"
	behind := p.listen(t)
	go func() { _ = server.Serve(behind) }()
	t.Cleanup(func() { _ = server.Close() })
	line := p.listen(t)
	t.Cleanup(func() { _ = line.Close() })
	p.address = line.Addr().(*net.TCPAddr)
	go func() {
		for {
			sender, err := line.Accept()
			if err != nil {
				return
			}
			go p.carry(sender, behind.Addr().String())
		}
	}()
	return p
}

func (p *post) listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	return l
}

type postSession struct{ *post }

func (postSession) Reset()        {}
func (postSession) Logout() error { return nil }

// Mail refuses what is to be refused, one mail each.
func (s postSession) Mail(string, *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refusals) == 0 {
		return nil
	}
	refusal := s.refusals[0]
	s.refusals = s.refusals[1:]
	return refusal
}

func (postSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s postSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived++
	if id := m.Header.Get("Message-Id"); !slices.Contains(s.kept, id) {
		s.kept = append(s.kept, id)
	}
	return nil
}

// stands returns how many mails were kept and how often one was taken.
func (p *post) stands() (kept, arrived int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.kept), p.arrived
}

// next is the trouble of a new connection, the zero one for none.
func (p *post) next() trouble {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.troubles) == 0 {
		return trouble{}
	}
	first := p.troubles[0]
	p.troubles = p.troubles[1:]
	return first
}

var errLineBroken = errors.New("the line is broken")

// carry carries one connection, command by answer, until its trouble.
func (p *post) carry(sender net.Conn, behind string) {
	defer func() { _ = sender.Close() }()
	befalls := p.next()
	if befalls.at == "greeting" {
		p.hold(sender, befalls)
		return
	}
	server, err := net.Dial("tcp", behind)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	l := line{post: p, sender: sender, server: server, befalls: befalls}
	l.says, l.answers = bufio.NewReader(sender), bufio.NewReader(server)
	err = l.answer()
	for err == nil {
		err = l.command()
	}
}

// hold tells that the trouble has begun, and waits for the end of the sender's patience.
func (p *post) hold(sender net.Conn, befalls trouble) {
	p.held <- befalls.at
	if befalls.silent {
		_, _ = io.Copy(io.Discard, sender)
	}
}

type line struct {
	*post
	sender, server net.Conn
	says, answers  *bufio.Reader
	befalls        trouble
}

// command carries a command, or the text of a mail with its end, and the answer.
func (l line) command() error {
	said, err := l.says.ReadString('\n')
	if err != nil {
		return err
	}
	if err := l.pass(strings.ToUpper(strings.TrimSpace(said)), said); err != nil {
		return err
	}
	if !strings.HasPrefix(strings.ToUpper(said), "DATA") {
		return nil
	}
	for said != ".\r\n" {
		if said, err = l.says.ReadString('\n'); err != nil {
			return err
		}
		if said != ".\r\n" {
			if _, err := io.WriteString(l.server, said); err != nil {
				return err
			}
		}
	}
	return l.pass("end", said)
}

// pass carries one command and its answer, unless the trouble is at this point.
func (l line) pass(point, said string) error {
	here := l.befalls.at != "" && strings.HasPrefix(point, l.befalls.at)
	if here && !l.befalls.taken {
		l.hold(l.sender, l.befalls)
		return errLineBroken
	}
	if _, err := io.WriteString(l.server, said); err != nil {
		return err
	}
	if here {
		if _, err := l.heard(); err != nil {
			return err
		}
		l.hold(l.sender, l.befalls)
		return errLineBroken
	}
	return l.answer()
}

// heard reads an answer of the server, of one line or more.
func (l line) heard() (string, error) {
	var all strings.Builder
	for {
		said, err := l.answers.ReadString('\n')
		if err != nil {
			return "", err
		}
		all.WriteString(said)
		if len(said) < 4 || said[3] != '-' {
			return all.String(), nil
		}
	}
}

func (l line) answer() error {
	said, err := l.heard()
	if err != nil {
		return err
	}
	_, err = io.WriteString(l.sender, said)
	return err
}
