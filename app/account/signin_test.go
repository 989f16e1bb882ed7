package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// book is accounts in memory.
type book struct {
	known  map[string]account.Credential
	signed []account.ID
	broken error
}

func (b *book) Credential(_ context.Context, memberCode, login string) (account.Credential, error) {
	if b.broken != nil {
		return account.Credential{}, b.broken
	}
	c, ok := b.known[memberCode+"/"+strings.ToLower(login)]
	if !ok {
		return account.Credential{}, account.ErrNotFound
	}
	return c, nil
}

func (b *book) Actor(_ context.Context, id account.ID) (account.Actor, error) {
	for _, c := range b.known {
		if c.Account.ID == id {
			return account.Actor{Account: c.Account, Member: member.Member{ID: 1, Status: c.MemberStatus}}, nil
		}
	}
	return account.Actor{}, account.ErrNotFound
}

func (b *book) MarkSignedIn(_ context.Context, id account.ID, _ time.Time) error {
	b.signed = append(b.signed, id)
	return nil
}

// gate is a lock in memory that can be shut.
type gate struct {
	tried, cleared []string
	shut           bool
}

func (g *gate) Try(_ context.Context, key string) error {
	g.tried = append(g.tried, key)
	if g.shut {
		return fault.New(fault.Throttled, "locked_out", "x")
	}
	return nil
}

func (g *gate) Clear(_ context.Context, key string) error {
	g.cleared = append(g.cleared, key)
	return nil
}

const right = "Correct-Horse-2026"

func service(t *testing.T) (*account.Service, *book, *gate) {
	t.Helper()
	hash, err := account.HashPassword(secret.New(right))
	if err != nil {
		t.Fatal(err)
	}
	entry := func(id account.ID, status account.Status, of member.Status) account.Credential {
		return account.Credential{
			Account: account.Account{ID: id, Login: "a", Status: status}, MemberStatus: of, PasswordHash: hash,
		}
	}
	b := &book{known: map[string]account.Credential{
		"12345675/owner01":  entry(1, account.Active, member.Active),
		"12345675/viewer01": entry(2, account.Suspended, member.Active),
		"22099131/owner01":  entry(3, account.Active, member.Suspended),
	}}
	g := &gate{}
	s, err := account.New(b, g, clock.NewFake(time.Unix(1_795_000_000, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return s, b, g
}

func typed(memberCode, login, password string) account.Credentials {
	return account.Credentials{Member: memberCode, Account: login, Password: secret.New(password)}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    account.Credentials
		want account.ID
	}{
		{"right", typed("12345675", "owner01", right), 1},
		{"full width and spaces", typed(" １２３４５６７５", "ＯＷＮＥＲ０１　", right), 1},
		{"wrong password", typed("12345675", "owner01", right+" "), 0},
		{"empty password", typed("12345675", "owner01", ""), 0},
		{"unknown", typed("12345675", "owner02", right), 0},
		{"suspended account", typed("12345675", "viewer01", right), 0},
		{"suspended member", typed("22099131", "owner01", right), 0},
		{"no name", typed("12345675", "owner01'--", right), 0},
		{"a password of a megabyte", typed("12345675", "owner01", strings.Repeat("x", 1<<20)), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, b, g := service(t)
			got, err := s.SignIn(t.Context(), tt.c)
			if got.ID != tt.want || (tt.want == 0) != errors.Is(err, account.ErrSignIn) {
				t.Fatalf("SignIn = %d, %v", got.ID, err)
			}
			if len(g.tried) != 1 || (len(g.cleared) == 1) != (tt.want != 0) || (len(b.signed) == 1) != (tt.want != 0) {
				t.Errorf("tried %q, cleared %q, signed in %v", g.tried, g.cleared, b.signed)
			}
		})
	}
}

func TestALockAndAWrongPasswordSayTheSame(t *testing.T) {
	t.Parallel()
	s, b, g := service(t)
	_, wrong := s.SignIn(t.Context(), typed("12345675", "owner01", "x"))
	g.shut = true
	_, locked := s.SignIn(t.Context(), typed("12345675", "OWNER01", right))
	if fault.From(wrong).Public != fault.From(locked).Public || fault.KindOf(wrong) != fault.KindOf(locked) {
		t.Errorf("%v and %v differ", wrong, locked)
	}
	if len(b.signed) != 0 || g.tried[0] != g.tried[1] {
		t.Errorf("signed in %v, tried %q", b.signed, g.tried)
	}
}

func TestABrokenStoreIsNoRefusal(t *testing.T) {
	t.Parallel()
	s, b, _ := service(t)
	b.broken = errors.New("no connection")
	_, err := s.SignIn(t.Context(), typed("12345675", "owner01", right))
	if !errors.Is(err, b.broken) || errors.Is(err, account.ErrSignIn) {
		t.Errorf("SignIn = %v", err)
	}
}

func TestActorRefusesTheSuspended(t *testing.T) {
	t.Parallel()
	s, _, _ := service(t)
	gone := account.ErrNotFound
	for id, want := range map[account.ID]error{1: nil, 2: gone, 3: gone, 9: gone} {
		if _, err := s.Actor(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("Actor(%d) = %v, want %v", id, err, want)
		}
	}
}

func TestHashPasswordSaltsAndHides(t *testing.T) {
	t.Parallel()
	a, err := account.HashPassword(secret.New(right))
	if err != nil {
		t.Fatal(err)
	}
	b, err := account.HashPassword(secret.New(right))
	if err != nil {
		t.Fatal(err)
	}
	if a.Expose() == b.Expose() || !strings.HasPrefix(a.Expose(), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hashes %q and %q", a.Expose(), b.Expose())
	}
	if strings.Contains(fmt.Sprint(a), "argon2id") {
		t.Error("a hash prints itself")
	}
}

func TestNeedsGrants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind account.Kind
		of   member.Kind
		want bool
	}{
		{account.Owner, member.Enterprise, false},
		{account.Owner, member.Individual, false},
		{account.Assistant, member.Enterprise, true},
		{account.Assistant, member.Individual, false},
		{"", "", true},
	} {
		a := account.Actor{Account: account.Account{Kind: tt.kind}, Member: member.Member{Kind: tt.of}}
		if got := a.NeedsGrants(); got != tt.want {
			t.Errorf("%s of %s: %v", tt.kind, tt.of, got)
		}
	}
}
