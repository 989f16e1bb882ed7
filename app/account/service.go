package account

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
)

// Lock counts tries and refuses when there were too many.
type Lock interface {
	// Try counts a failure in advance; last tells that this one locks the key, if it fails.
	// It returns a fault of the kind Throttled while the key is locked.
	Try(ctx context.Context, key string) (last bool, err error)
	// Clear forgets the failures of the key.
	Clear(ctx context.Context, key string) error
}

// Options say what a Service is built from.
type Options struct {
	Store        Accounts
	Lock         Lock // of sign-ins, by name and the client's network
	NameLock     Lock // of sign-ins, by name from everywhere
	StepUpLock   Lock // of proofs of identity, by account
	RecoveryLock Lock // of recoveries that are asked for, by name
	Passkeys     passkey.Ceremonies
	Clock        clock.Clock
	PublicURL    string // of the site; mailed links lead there
	// StaffPasswords lets our staff sign in by password too: for a demonstration. They
	// use passkeys otherwise.
	StaffPasswords bool
}

// Service signs accounts in and out, and reads who a request runs as.
type Service struct {
	Options
	verifier *verifier
}

// New returns a Service. It hashes one password, which takes some 20 ms.
func New(o Options) (*Service, error) {
	v, err := newVerifier()
	if err != nil {
		return nil, err
	}
	return &Service{Options: o, verifier: v}, nil
}

// ErrViewing tells an owner who looks at the pages as an assistant that nothing can be
// changed meanwhile.
var ErrViewing = fault.New(fault.Denied, "view_as_read_only", "正在以助理帳號檢視，只能看、不能變更。請先結束檢視。")

// ErrSessionNotFound tells that the account has no such open sign-in.
var ErrSessionNotFound = fault.New(fault.NotFound, "session_not_found", "查無此登入，或已經結束。")

// Person is who sits before the screen: the owner while looking at the pages as an
// assistant.
func (a Actor) Person() Account {
	if a.Viewing() {
		return a.Viewer
	}
	return a.Account
}

// PasskeyHolder returns the holder of the passkeys of the person who is signed in.
func PasskeyHolder(a Actor) passkey.Holder { return holder(a.Person(), a.Member.Code, a.Member.Name) }

// holder names an account as browsers show it: our staff have no member.
func holder(a Account, memberCode, memberName string) passkey.Holder {
	if a.Kind == Staff {
		return passkey.Holder{ID: int64(a.ID), Name: a.Login, DisplayName: a.Login + "（支援主控台）"}
	}
	return passkey.Holder{
		ID: int64(a.ID), Name: memberCode + "/" + a.Login, DisplayName: memberName + " " + a.Login,
	}
}

// entry is a line of the audit log about what a signed-in person does.
func (s *Service) entry(a Actor, from Origin, kind audit.Kind, subject string) audit.Entry {
	who := a.Person()
	e := audit.Entry{
		By: audit.By{
			Chain: int64(a.Member.ID), AccountID: int64(who.ID), Login: who.Login,
			Address: from.Address, RequestID: from.RequestID,
		},
		At: s.Clock.Now(), Kind: kind, Subject: subject,
	}
	if a.Viewing() {
		e.ViewedAs = a.Account.Login
	}
	return e
}

// entryOf is a line of the audit log about an account that is not signed in.
func (s *Service) entryOf(c Credential, from Origin, kind audit.Kind, subject string) audit.Entry {
	return audit.Entry{
		By: audit.By{
			Chain: int64(c.MemberID), AccountID: int64(c.Account.ID), Login: c.Account.Login,
			Address: from.Address, RequestID: from.RequestID,
		},
		At: s.Clock.Now(), Kind: kind, Subject: subject,
	}
}

// record appends one entry in a transaction of its own.
func (s *Service) record(ctx context.Context, e audit.Entry) error {
	return s.Store.InTx(ctx, func(ctx context.Context, t Tx) error { return t.Record(ctx, e) })
}

// try counts a try; locked tells that there were too many, last that this is one too
// many if it fails.
func try(ctx context.Context, l Lock, key string) (locked, last bool, err error) {
	last, err = l.Try(ctx, key)
	if err != nil && fault.KindOf(err) == fault.Throttled {
		return true, false, nil
	}
	return false, last, err
}

// accountKey is what is counted for one account.
func accountKey(id ID) string { return fmt.Sprintf("account %d", id) }

// Fold drops the spaces around a name and turns full-width characters into the
// plain ones that they stand for.
func Fold(name string) string { return strings.TrimSpace(width.Fold.String(name)) }

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

// printable keeps the characters of a text from outside that a page can show, at most
// that many.
func printable(s string, most int) string {
	kept := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if runes := []rune(kept); len(runes) > most {
		return string(runes[:most])
	}
	return kept
}
