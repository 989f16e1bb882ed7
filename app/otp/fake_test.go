package otp_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/otp"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// memory is a Store whose transactions run one after the other. What fails leaves
// nothing behind.
type memory struct {
	mu    sync.Mutex
	codes map[string]otp.Code
	texts []otp.Text
	tries []otp.Try
	seen  map[string]int // of the limits
}

type inTx struct{}

func (m *memory) InTx(ctx context.Context, do func(context.Context, otp.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	codes, texts, seen := map[string]otp.Code{}, slices.Clone(m.texts), map[string]int{}
	for k, v := range m.codes {
		codes[k] = v
	}
	for k, v := range m.seen {
		seen[k] = v
	}
	err := do(context.WithValue(ctx, inTx{}, true), m)
	if err != nil {
		m.codes, m.texts, m.seen = codes, texts, seen
	}
	return err
}

func (m *memory) OpenCode(_ context.Context, subject string) (otp.Code, error) {
	c := m.codes[subject]
	c.Subject = subject
	return c, nil
}

func (m *memory) HoldCode(_ context.Context, subject string) (otp.Code, error) {
	c, ok := m.codes[subject]
	if !ok {
		return otp.Code{}, otp.ErrNone
	}
	return c, nil
}

func (m *memory) KeepCode(_ context.Context, c otp.Code) error {
	m.codes[c.Subject] = c
	return nil
}

func (m *memory) QueueText(_ context.Context, t otp.Text) error {
	t.ID = int64(len(m.texts) + 1)
	m.texts = append(m.texts, t)
	return nil
}

func (m *memory) WithdrawTexts(_ context.Context, subject string, _ time.Time) error {
	for i, t := range m.texts {
		if t.Subject == subject && t.State == otp.Pending {
			m.texts[i].State = otp.Withdrawn
		}
	}
	return nil
}

func (m *memory) Code(ctx context.Context, subject string) (otp.Code, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.HoldCode(ctx, subject)
}

func (m *memory) Text(_ context.Context, id int64) (otp.Text, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id < 1 || int(id) > len(m.texts) {
		return otp.Text{}, otp.ErrUnknownText
	}
	return m.texts[id-1], nil
}

func (m *memory) EndTry(_ context.Context, id int64, t otp.Try) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.texts[id-1].State = t.State
	m.tries = append(m.tries, t)
	return nil
}

func (m *memory) Receive(context.Context, otp.Receipt) error { return otp.ErrUnknownText }

// CountFailure implements lockout.Store as far as the limits need it.
func (m *memory) CountFailure(ctx context.Context, f lockout.Failure) (counted, locks bool, err error) {
	if ctx.Value(inTx{}) == nil {
		panic("a limit was counted outside the transaction")
	}
	key := f.Scope + string(f.Key)
	if m.seen[key] >= f.Limit {
		return false, false, nil
	}
	m.seen[key]++
	return true, m.seen[key] == f.Limit, nil
}

func (m *memory) LockedUntil(context.Context, string, []byte) (time.Time, error) {
	return time.Time{}, nil
}
func (m *memory) ClearFailures(context.Context, string, []byte) error { return nil }

// keyed hashes under a key that may be changed; older ones still find.
type keyed struct{ keys []string }

func (k *keyed) Blind(plain []byte) []byte { return k.Blinds(plain)[0] }

func (k *keyed) Blinds(plain []byte) (all [][]byte) {
	for _, key := range k.keys {
		h := hmac.New(sha256.New, []byte(key))
		h.Write(plain)
		all = append(all, h.Sum(nil))
	}
	return all
}

// sender takes messages, or fails as it is told.
type sender struct {
	sent []otp.Message
	err  error
}

func (s *sender) Send(_ context.Context, m otp.Message) error {
	s.sent = append(s.sent, m)
	return s.err
}

// desk is a service with everything around it.
type desk struct {
	*otp.Service
	store  *memory
	keys   *keyed
	sender *sender
	clock  *clock.Fake
}

func open(limits otp.Limits) *desk {
	d := &desk{
		store: &memory{codes: map[string]otp.Code{}, seen: map[string]int{}},
		keys:  &keyed{[]string{"first"}}, sender: &sender{}, clock: clock.NewFake(noon),
	}
	d.Service = otp.New(otp.Options{
		Store: d.store, Lockouts: d.store, Keyed: d.keys, Sender: d.sender, Clock: d.clock,
		Host: "pay.example.com", Limits: limits,
	})
	return d
}

func request(subject string) otp.Request {
	return otp.Request{
		Subject: subject, Phone: "+886912345678", Card: bytes.Repeat([]byte{7}, 32), Store: 1,
		Merchant: "晴川選物", Amount: 1250, Last4: "1111", Language: "zh-tw",
	}
}

var sixDigits = regexp.MustCompile(`#([0-9]{6})$`)

// code is the code of the newest message.
func (d *desk) code(t interface{ Fatalf(string, ...any) }) string {
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	found := sixDigits.FindStringSubmatch(d.store.texts[len(d.store.texts)-1].Message.Words.Expose())
	if found == nil {
		t.Fatalf("no code at the end of the message")
	}
	return found[1]
}

// wrongOf is a code that is not this one.
func wrongOf(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
