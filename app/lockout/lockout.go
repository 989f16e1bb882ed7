package lockout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// Policy says when a lock falls and how long it holds.
type Policy struct {
	Scope  string        // what is counted, in snake case; keys of different scopes never meet
	Limit  int           // the failure that locks
	Window time.Duration // failures are counted from the first one on for this long
	Lock   time.Duration // how long the lock holds
}

var (
	// SignIn guards an account name against one client's network: five failures in a
	// quarter of an hour.
	SignIn = Policy{Scope: "sign_in", Limit: 5, Window: 15 * time.Minute, Lock: 15 * time.Minute}
	// SignInName guards an account name against all networks together. The limit is higher:
	// strangers who reach it keep the name's holder out.
	SignInName = Policy{Scope: "sign_in_name", Limit: 50, Window: 15 * time.Minute, Lock: 15 * time.Minute}
	// StepUp guards an account against whoever sits before its open page.
	StepUp = Policy{Scope: "step_up", Limit: 5, Window: 15 * time.Minute, Lock: 15 * time.Minute}
	// Recovery keeps a stranger from filling somebody's mailbox: three mails in an hour.
	Recovery = Policy{Scope: "recovery", Limit: 3, Window: time.Hour, Lock: time.Hour}
	// Keyring does the same for links to the passkeys of cards.
	Keyring = Policy{Scope: "keyring", Limit: 3, Window: time.Hour, Lock: time.Hour}
)

// ErrLocked tells that too many failures came before. Its public sentence is a
// general one; the audience's own page may say it in other words.
var ErrLocked = fault.New(fault.Throttled, "locked_out", "嘗試次數過多，請稍後再試。")

// Failure is one failure as a Store counts it.
type Failure struct {
	Scope       string
	Key         []byte // SHA-256 of what is counted
	At          time.Time
	WindowStart time.Time // a count that began at or before this is over
	Limit       int
	LockUntil   time.Time // the lock's end if this failure is the one that locks
}

// Store keeps the counts.
type Store interface {
	// CountFailure adds one failure in one statement and sets the lock when it is
	// the limit's: then locks is true. It changes nothing and returns counted as false
	// while a lock holds.
	CountFailure(ctx context.Context, f Failure) (counted, locks bool, err error)
	// LockedUntil returns the end of the lock, the zero time if there never was one.
	LockedUntil(ctx context.Context, scope string, key []byte) (time.Time, error)
	// ClearFailures forgets the count and the lock.
	ClearFailures(ctx context.Context, scope string, key []byte) error
}

// Guard applies a policy. It is safe for concurrent use.
type Guard struct {
	policy Policy
	store  Store
	clock  clock.Clock
}

// New returns a Guard.
func New(policy Policy, store Store, c clock.Clock) *Guard {
	return &Guard{policy: policy, store: store, clock: c}
}

// Try counts a failure in advance and lets the caller try, or returns ErrLocked.
// The caller takes it back with Clear when the try succeeds; last tells that the lock
// holds if it does not. This is the way where many tries may arrive at once, as with
// passwords.
func (g *Guard) Try(ctx context.Context, key string) (last bool, err error) {
	now := g.clock.Now()
	counted, last, err := g.store.CountFailure(ctx, Failure{
		Scope: g.policy.Scope, Key: hash(key), At: now,
		WindowStart: now.Add(-g.policy.Window), Limit: g.policy.Limit, LockUntil: now.Add(g.policy.Lock),
	})
	if err != nil {
		return false, fmt.Errorf("count a try of %s: %w", g.policy.Scope, err)
	}
	if !counted {
		return false, ErrLocked
	}
	return last, nil
}

// Check returns ErrLocked while the key is locked. It counts nothing.
func (g *Guard) Check(ctx context.Context, key string) error {
	until, err := g.store.LockedUntil(ctx, g.policy.Scope, hash(key))
	if err != nil {
		return fmt.Errorf("look for a lock of %s: %w", g.policy.Scope, err)
	}
	if g.clock.Now().Before(until) {
		return ErrLocked
	}
	return nil
}

// Fail counts a failure that has happened.
func (g *Guard) Fail(ctx context.Context, key string) error {
	if _, err := g.Try(ctx, key); err != nil && !errors.Is(err, ErrLocked) {
		return err
	}
	return nil
}

// Clear forgets the failures of the key and its lock.
func (g *Guard) Clear(ctx context.Context, key string) error {
	if err := g.store.ClearFailures(ctx, g.policy.Scope, hash(key)); err != nil {
		return fmt.Errorf("clear the failures of %s: %w", g.policy.Scope, err)
	}
	return nil
}

func hash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}
