package mailbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/memberzone/memberzone/app/clock"
)

const (
	mailBytesMax  = 1 << 20
	recipientsMax = 50
	keepDefault   = 200
	commandFor    = 30 * time.Second
)

// Options of a Mailbox. Clock and Log are required.
type Options struct {
	Keep  int    // how many mails are kept; 0 means 200
	File  string // JSON lines that keep them across a restart; empty means memory only
	Clock clock.Clock
	Log   *slog.Logger
}

// Mail is a mail that arrived.
type Mail struct {
	MessageID  string    `json:"message_id"`
	From       string    `json:"from"`
	To         []string  `json:"to"` // of the envelope
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
	HTML       string    `json:"html,omitempty"`
	ReceivedAt time.Time `json:"received_at"`
}

// Mailbox receives and keeps mails. Safe for concurrent use.
type Mailbox struct {
	options Options
	smtp    *smtp.Server

	mu        sync.Mutex
	mails     []Mail // oldest first
	dropped   int    // how many were kept before the oldest one
	file      *os.File
	listeners []net.Listener
	closed    bool
}

// New opens the mailbox and reads the mails of its file.
func New(o Options) (*Mailbox, error) {
	if o.Clock == nil || o.Log == nil {
		return nil, errors.New("mailbox: Clock and Log are required")
	}
	if o.Keep <= 0 {
		o.Keep = keepDefault
	}
	m := &Mailbox{options: o}
	if err := m.open(); err != nil {
		return nil, err
	}
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{box: m}, nil
	}))
	m.smtp.Domain = "localhost"
	m.smtp.MaxMessageBytes, m.smtp.MaxRecipients = mailBytesMax, recipientsMax
	m.smtp.ReadTimeout, m.smtp.WriteTimeout = commandFor, commandFor
	m.smtp.EnableSMTPUTF8 = true
	m.smtp.ErrorLog = smtpLog{o.Log}
	return m, nil
}

// Serve takes mails from a listener until Close, which it tells by a nil error.
// The listener is closed then.
func (m *Mailbox) Serve(l net.Listener) error {
	m.mu.Lock()
	closed := m.closed
	m.listeners = append(m.listeners, l)
	m.mu.Unlock()
	if closed { // the library would serve on: its Close only reaches those it has seen
		return l.Close()
	}
	err := m.smtp.Serve(l)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("mailbox: %w", err)
	}
	return nil
}

// Close stops the server, cuts its connections and closes the file.
func (m *Mailbox) Close() error {
	m.mu.Lock()
	m.closed = true
	for _, l := range m.listeners {
		_ = l.Close() // the library closes it again, or has not seen it yet
	}
	m.listeners = nil
	m.mu.Unlock()
	err := m.smtp.Close()
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		err = nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file != nil {
		err = errors.Join(err, m.file.Close())
		m.file = nil
	}
	return err
}

// Mails lists the mails that are kept, newest first.
func (m *Mailbox) Mails() []Mail {
	newest, _ := m.newest()
	return newest
}

// newest lists the mails, newest first, with the number of the first one.
func (m *Mailbox) newest() (mails []Mail, number int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	mails = make([]Mail, 0, len(m.mails))
	for _, mail := range slices.Backward(m.mails) {
		mails = append(mails, mail)
	}
	return mails, m.dropped + len(m.mails) - 1
}

// open reads the file and writes it anew with only the mails that are kept, so
// that it does not grow for ever. A line that cannot be read is dropped: these
// are a demonstration's mails.
func (m *Mailbox) open() error {
	if m.options.File == "" {
		return nil
	}
	path := filepath.Clean(m.options.File)
	if err := m.load(path); err != nil {
		return fmt.Errorf("mailbox: read the mails: %w", err)
	}
	fresh := path + ".new"
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("mailbox: keep the mails: %w", err)
	}
	encoder := json.NewEncoder(file)
	for _, mail := range m.mails {
		err = errors.Join(err, encoder.Encode(mail))
	}
	if err = errors.Join(err, os.Rename(fresh, path)); err != nil {
		return errors.Join(fmt.Errorf("mailbox: keep the mails: %w", err), file.Close())
	}
	m.file = file
	return nil
}

func (m *Mailbox) load(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for reader := bufio.NewReader(file); ; {
		line, err := reader.ReadBytes('\n')
		var mail Mail
		if json.Unmarshal(line, &mail) == nil && !mail.ReceivedAt.IsZero() {
			m.add(mail)
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (m *Mailbox) add(mail Mail) {
	m.mails = append(m.mails, mail)
	if extra := len(m.mails) - m.options.Keep; extra > 0 {
		m.mails = append([]Mail(nil), m.mails[extra:]...)
		m.dropped += extra
	}
}

// numbered returns a mail by its number, which counts all that were kept since the start.
func (m *Mailbox) numbered(number int) (Mail, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := number - m.dropped
	if i < 0 || i >= len(m.mails) {
		return Mail{}, false
	}
	return m.mails[i], true
}

// again tells that a mail is there already: its sender could not know, and sent it twice.
func (m *Mailbox) again(mail Mail) bool {
	return mail.MessageID != "" && slices.ContainsFunc(m.mails, func(known Mail) bool {
		return known.MessageID == mail.MessageID && slices.Equal(known.To, mail.To)
	})
}

// keep stores a mail that has arrived, once.
func (m *Mailbox) keep(mail Mail) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.again(mail) {
		return nil
	}
	if m.file != nil {
		if err := json.NewEncoder(m.file).Encode(mail); err != nil {
			return fmt.Errorf("mailbox: keep a mail: %w", err)
		}
	}
	m.add(mail)
	return nil
}
