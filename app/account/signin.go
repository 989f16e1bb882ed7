package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// ErrSignIn is the one answer to every sign-in that fails: a wrong or unknown
// name, a wrong password, a suspended member or account, a lock.
var ErrSignIn = fault.New(fault.Refused, "sign_in_refused",
	"會員、帳號或密碼不正確，或帳號暫時無法登入。請確認後再試；連續輸入錯誤達 5 次時，請於 15 分鐘後再試。")

// Lock counts tries to sign in and refuses when there were too many.
type Lock interface {
	// Try counts a failure in advance. It returns a fault of the kind Throttled
	// while the key is locked.
	Try(ctx context.Context, key string) error
	// Clear forgets the failures of the key.
	Clear(ctx context.Context, key string) error
}

// Service signs accounts in and reads actors.
type Service struct {
	accounts Accounts
	lock     Lock
	clock    clock.Clock
	verifier *verifier
}

// New returns a Service. It hashes one password, which takes some 20 ms.
func New(accounts Accounts, lock Lock, c clock.Clock) (*Service, error) {
	v, err := newVerifier()
	if err != nil {
		return nil, err
	}
	return &Service{accounts: accounts, lock: lock, clock: c, verifier: v}, nil
}

// Credentials are what a person types to sign in.
type Credentials struct {
	Member   string // 統一編號, or 會員代號 for an individual
	Account  string
	Password secret.String
}

// folded returns the credentials with the names as they are stored: spaces
// around them dropped and full-width characters folded.
func (c Credentials) folded() Credentials {
	c.Member = strings.ToUpper(Fold(c.Member))
	c.Account = Fold(c.Account)
	return c
}

// Fold drops the spaces around a name and turns full-width characters into the
// plain ones that they stand for.
func Fold(name string) string { return strings.TrimSpace(width.Fold.String(name)) }

// SignIn checks the credentials and returns the account. It returns ErrSignIn for
// every refusal.
func (s *Service) SignIn(ctx context.Context, typed Credentials) (Account, error) {
	c := typed.folded()
	// The key is counted whether the account exists or not.
	key := c.Member + "\n" + strings.ToLower(c.Account)
	if err := s.lock.Try(ctx, key); err != nil {
		if fault.KindOf(err) == fault.Throttled {
			return Account{}, ErrSignIn.Because(err)
		}
		return Account{}, fmt.Errorf("sign in: %w", err)
	}
	found, err := s.find(ctx, c)
	if err != nil {
		return Account{}, fmt.Errorf("sign in: %w", err)
	}
	match, err := s.verifier.verify(ctx, c.Password, found.PasswordHash)
	if err != nil {
		return Account{}, fmt.Errorf("sign in: %w", err)
	}
	if !match || found.Account.Status != Active || found.MemberStatus != member.Active {
		return Account{}, ErrSignIn
	}
	if err := s.lock.Clear(ctx, key); err != nil {
		return Account{}, fmt.Errorf("sign in: %w", err)
	}
	if err := s.accounts.MarkSignedIn(ctx, found.Account.ID, s.clock.Now()); err != nil {
		return Account{}, fmt.Errorf("sign in: %w", err)
	}
	return found.Account, nil
}

// find returns the credential, an empty one for what cannot or does not exist.
func (s *Service) find(ctx context.Context, c Credentials) (Credential, error) {
	if !isName(c.Member) || !isName(c.Account) {
		return Credential{}, nil
	}
	found, err := s.accounts.Credential(ctx, c.Member, c.Account)
	if errors.Is(err, ErrNotFound) {
		return Credential{}, nil
	}
	return found, err
}

// nameMax is the longest member code and login, in characters.
const nameMax = 20

// isName tells that a text could be a member code or a login: letters and digits.
func isName(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != "" && len(s) <= nameMax
}

// Actor returns who a request of the account runs as, as things stand now. It
// returns ErrNotFound when the account is gone, or it or its member is suspended.
func (s *Service) Actor(ctx context.Context, id ID) (Actor, error) {
	a, err := s.accounts.Actor(ctx, id)
	if err != nil {
		return Actor{}, fmt.Errorf("read the actor: %w", err)
	}
	if a.Account.Status != Active || a.Member.Status != member.Active {
		return Actor{}, ErrNotFound
	}
	return a, nil
}
