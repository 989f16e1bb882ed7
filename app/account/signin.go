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
	locked, last, err := s.trySignIn(ctx, key, from)
	if err != nil {
		return Session{}, err
	}
	if locked { // whatever the name: the log has the try on which the lock fell
		return Session{}, ErrSignIn
	}
	found, err := find()
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, err
	}
	if found.Account.ID == 0 {
		found.Account.Login = beginning(typed.Account)
	}
	match, err := s.verifier.verify(ctx, typed.Password, found.PasswordHash)
	if err != nil {
		return Session{}, err
	}
	if !match || !found.mayEnter() {
		why := found.whyRefused()
		if last {
			why = whyLocked
		}
		return Session{}, s.refuseSignIn(ctx, found, from, why)
	}
	if err := s.clearSignIns(ctx, key, from); err != nil {
		return Session{}, err
	}
	return s.start(ctx, found, ByPassword, from)
}

// networkKey is a name as one client's network tries it.
func networkKey(key string, from Origin) string { return key + "\n" + from.Network().String() }

// trySignIn counts a try twice. Few tries from one network lock the name there and nowhere
// else: a stranger cannot keep its holder out. Many from everywhere lock it everywhere.
func (s *Service) trySignIn(ctx context.Context, key string, from Origin) (locked, last bool, err error) {
	locked, last, err = try(ctx, s.Lock, networkKey(key, from))
	if err != nil || locked {
		return locked, false, err
	}
	locked, lastOfAll, err := try(ctx, s.NameLock, key)
	return locked, last || lastOfAll, err
}

// clearSignIns forgets the failures of a name whose holder has come in.
func (s *Service) clearSignIns(ctx context.Context, key string, from Origin) error {
	if err := s.Lock.Clear(ctx, networkKey(key, from)); err != nil {
		return err
	}
	return s.NameLock.Clear(ctx, key)
}

// beginning is how the log knows a login that nobody has: people type passwords into the
// wrong field.
func beginning(login string) string {
	const kept = 2
	if login = printable(login, kept); login == "" {
		return ""
	}
	return login + "…"
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
	var started Session
	err := s.Store.InTx(ctx, func(ctx context.Context, t Tx) (err error) {
		if started, err = t.StartSession(ctx, n); err != nil {
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
