package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

// ErrSignIn is the one answer to every sign-in that fails: a wrong or unknown
// name, a wrong password, a suspended member or account, a lock.
var ErrSignIn = fault.New(fault.Refused, "sign_in_refused",
	"會員、帳號或密碼不正確，或帳號暫時無法登入。請確認後再試；連續輸入錯誤達 5 次時，請於 15 分鐘後再試。")

// Credentials are what a person types to sign in.
type Credentials struct {
	Member   string // 統一編號, or 會員代號 for an individual; empty for staff
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

// nameKey is what sign-ins and recoveries are counted by: the names, whether the
// account exists or not.
func nameKey(memberCode, login string) string { return memberCode + "\n" + strings.ToLower(login) }

// staffKey is the same for our staff. No member code is written in small letters.
func staffKey(login string) string { return nameKey("staff", login) }

// Why a sign-in was refused, for the member's audit log and nobody else.
const (
	whyLocked    = "鎖定中"
	whyUnknown   = "查無帳號"
	whySuspended = "帳號已停用"
	whyMember    = "會員已停用"
	whyNone      = "尚未設定密碼"
	whyPassword  = "密碼錯誤"
	whyPasskey   = "Passkey 驗證失敗"
	whyOtherSide = "不屬於這個登入頁"
)

func (c Credential) whyRefused() string {
	switch {
	case c.Account.ID == 0:
		return whyUnknown
	case c.Account.Status != Active:
		return whySuspended
	case !c.mayEnter():
		return whyMember
	case c.PasswordHash.IsEmpty():
		return whyNone
	default:
		return whyPassword
	}
}

// SignIn signs a member's owner or assistant in. It returns ErrSignIn for every
// refusal.
func (s *Service) SignIn(ctx context.Context, typed Credentials, from Origin) (Session, error) {
	c := typed.folded()
	// SECURITY: a name that cannot exist is looked for like any other.
	memberCode, login := c.Member, c.Account
	if !isName(memberCode) {
		memberCode = ""
	}
	if !isName(login) {
		login = ""
	}
	started, err := s.byPassword(ctx, c, nameKey(c.Member, c.Account), from, func() (Credential, error) {
		return s.Store.Credential(ctx, memberCode, login)
	})
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	return started, nil
}

// SignInStaff signs one of our staff in by password, where Options.StaffPasswords
// allows it. It returns ErrSignIn for every refusal.
func (s *Service) SignInStaff(ctx context.Context, typed Credentials, from Origin) (Session, error) {
	c := typed.folded()
	login := c.Account
	if !isName(login) {
		login = ""
	}
	started, err := s.byPassword(ctx, c, staffKey(c.Account), from, func() (Credential, error) {
		found, err := s.Store.StaffCredential(ctx, login)
		if !s.StaffPasswords {
			found.PasswordHash = secret.String{}
		}
		return found, err
	})
	if err != nil {
		return Session{}, fmt.Errorf("sign in staff: %w", err)
	}
	return started, nil
}

// byPassword does the same work whether the account exists or not.
func (s *Service) byPassword(
	ctx context.Context, typed Credentials, key string, from Origin, find func() (Credential, error),
) (Session, error) {
	locked, err := try(ctx, s.Lock, key)
	if err != nil {
		return Session{}, err
	}
	found, err := find()
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, err
	}
	if found.Account.ID == 0 {
		found.Account.Login = printable(typed.Account, nameMax)
	}
	if locked {
		return Session{}, s.refuseSignIn(ctx, found, from, whyLocked)
	}
	match, err := s.verifier.verify(ctx, typed.Password, found.PasswordHash)
	if err != nil {
		return Session{}, err
	}
	if !match || !found.mayEnter() {
		return Session{}, s.refuseSignIn(ctx, found, from, found.whyRefused())
	}
	if err := s.Lock.Clear(ctx, key); err != nil {
		return Session{}, err
	}
	return s.start(ctx, found, ByPassword, from)
}

// refuseSignIn records why and returns ErrSignIn, which does not say it.
func (s *Service) refuseSignIn(ctx context.Context, c Credential, from Origin, why string) error {
	if err := s.record(ctx, s.entryOf(c, from, audit.SignInFailed, why)); err != nil {
		return err
	}
	return ErrSignIn
}

// agentMax is how much of a User-Agent is kept, in characters.
const agentMax = 200

// start stores the sign-in.
func (s *Service) start(ctx context.Context, c Credential, by Method, from Origin) (Session, error) {
	n := NewSession{
		AccountID: c.Account.ID, Method: by, At: s.Clock.Now(),
		Address: printable(from.Address, agentMax), Agent: printable(from.Agent, agentMax),
	}
	if by == ByPassword {
		n.Proved = c.PasswordHash
	}
	started := Session{
		Method: by, Address: n.Address, Agent: n.Agent, StartedAt: n.At, SeenAt: n.At, SteppedUpAt: n.At,
	}
	err := s.Store.InTx(ctx, func(ctx context.Context, t Tx) (err error) {
		if started.ID, err = t.StartSession(ctx, n); err != nil {
			return err
		}
		return t.Record(ctx, s.entryOf(c, from, audit.SignedIn, methodLabels[by]))
	})
	if errors.Is(err, ErrNotFound) { // suspended, or with another password, since it was read
		return Session{}, s.refuseSignIn(ctx, c, from, whySuspended)
	}
	return started, err
}

var methodLabels = map[Method]string{ByPassword: "密碼", ByPasskey: "Passkey"}

// SignInPasskey signs in who holds the passkey that answered: one of our staff, or a
// member's owner or assistant. It returns ErrSignIn for every refusal.
func (s *Service) SignInPasskey(ctx context.Context, staff bool, a passkey.Answer, from Origin) (Session, error) {
	started, err := s.byPasskey(ctx, staff, a, from)
	if err != nil {
		return Session{}, fmt.Errorf("sign in by passkey: %w", err)
	}
	return started, nil
}

func (s *Service) byPasskey(ctx context.Context, staff bool, a passkey.Answer, from Origin) (Session, error) {
	id, err := s.Passkeys.FinishSignIn(ctx, a)
	if errors.Is(err, passkey.ErrRefused) {
		return Session{}, s.refuseSignIn(ctx, Credential{}, from, whyPasskey)
	}
	if err != nil {
		return Session{}, err
	}
	found, err := s.Store.CredentialOf(ctx, ID(id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, err
	}
	switch {
	case !found.mayEnter():
		return Session{}, s.refuseSignIn(ctx, found, from, found.whyRefused())
	case staff != (found.Account.Kind == Staff):
		return Session{}, s.refuseSignIn(ctx, found, from, whyOtherSide)
	}
	return s.start(ctx, found, ByPasskey, from)
}
