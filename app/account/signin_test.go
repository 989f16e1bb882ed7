package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	tests := []struct {
		name  string
		c     account.Credentials
		want  account.ID
		told  string // the last entry of the chain
		chain int
	}{
		{"right", typed("12345675", "owner01", right), owner, "signed_in owner01 密碼", 1},
		{"full width and spaces", typed(" １２３４５６７５", "ＯＷＮＥＲ０１　", right), owner, "signed_in owner01 密碼", 1},
		{"an individual of the same name", typed("a100000001", "owner01", right), single, "signed_in owner01 密碼", 2},
		{"wrong password", typed("12345675", "clerk01", right+" "), 0, "sign_in_failed clerk01 密碼錯誤", 1},
		{"empty password", typed("12345675", "clerk01", ""), 0, "sign_in_failed clerk01 密碼錯誤", 1},
		{"unknown account", typed("12345675", "owner02", right), 0, "sign_in_failed ow… 查無帳號", 1},
		{"unknown member", typed("99999999", "owner01", right), 0, "sign_in_failed ow… 查無帳號", 0},
		{"suspended account", typed("12345675", "gone01", right), 0, "sign_in_failed gone01 帳號已停用", 1},
		{"suspended member", typed("22099131", "owner01", right), 0, "sign_in_failed owner01 會員已停用", 3},
		{"invited, no password yet", typed("12345675", "new01", ""), 0, "sign_in_failed new01 尚未設定密碼", 1},
		{"no name", typed("12345675", "owner01'--", right), 0, "sign_in_failed ow… 查無帳號", 1},
		{"a password as the name", typed("12345675", right, ""), 0, "sign_in_failed Co… 查無帳號", 1},
		{"a card as the name", typed("12345675", "4111111111111111", ""), 0, "sign_in_failed 41… 查無帳號", 1},
		{"nothing as the name", typed("12345675", " ", right), 0, "sign_in_failed  查無帳號", 1},
		{"what no page shows", typed("12345675", "a\x00\xff\u200bb", right), 0, "sign_in_failed ab… 查無帳號", 1},
		{"no member's name", typed("'", "owner01", right), 0, "sign_in_failed ow… 查無帳號", 0},
		{
			"a password of a megabyte", typed("12345675", "clerk01", strings.Repeat("x", 1<<20)), 0,
			"sign_in_failed clerk01 密碼錯誤", 1,
		},
		{"staff at the members' door", typed("", "agent01", right), 0, "sign_in_failed ag… 查無帳號", 0},
	}
	for _, tt := range tests {
		started, err := w.SignIn(t.Context(), tt.c, from)
		if (tt.want == 0) != errors.Is(err, account.ErrSignIn) || (tt.want != 0) != (err == nil) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err == nil && w.actor(started.ID).Account.ID != tt.want {
			t.Errorf("%s: signed in as %+v", tt.name, w.actor(started.ID).Account)
		}
		if got := w.lastTold(tt.chain); got != tt.told {
			t.Errorf("%s: the log says %q, want %q", tt.name, got, tt.told)
		}
	}
}

func TestASignInIsKeptWithWhereItCameFrom(t *testing.T) {
	t.Parallel()
	w := open(t)
	long := account.Origin{Address: "192.0.2.7", Agent: "Fire\x00fox\x07" + strings.Repeat("狐", 300)}
	started, err := w.SignIn(t.Context(), typed("12345675", "owner01", right), long)
	must(t, err)
	got := w.actor(started.ID).Session
	if got != started || len([]rune(got.Agent)) != 200 || !strings.HasPrefix(got.Agent, "Firefox狐") {
		t.Errorf("kept as %+v, started as %+v", got, started)
	}
	if !got.StartedAt.Equal(noon) || !got.SteppedUp(noon) || got.Method != account.ByPassword ||
		got.Address != "192.0.2.7" {
		t.Errorf("kept as %+v", got)
	}
	if n := w.number("SELECT count(*) FROM accounts WHERE id = 1 AND last_sign_in_at = $1", noon); n != 1 {
		t.Error("the account does not know of its last sign-in")
	}
}

func TestALockAndAWrongPasswordSayTheSame(t *testing.T) {
	t.Parallel()
	w := open(t)
	var wrong error
	for range 5 {
		_, wrong = w.SignIn(t.Context(), typed("12345675", "owner01", "x"), from)
	}
	_, locked := w.SignIn(t.Context(), typed("12345675", "OWNER01", right), from)
	if fault.From(wrong).Public != fault.From(locked).Public || fault.KindOf(wrong) != fault.KindOf(locked) {
		t.Errorf("%v and %v differ", wrong, locked)
	}
	if got := w.lastTold(1); got != "sign_in_failed owner01 鎖定中" {
		t.Errorf("the owner is told %q", got)
	}
	w.clock.Advance(15 * time.Minute)
	w.signIn("12345675", "owner01")
}

// counted counts the calls of the store and of the transactions.
type counted struct {
	account.Accounts
	calls []string
}

func (c *counted) Credential(ctx context.Context, memberCode, login string) (account.Credential, error) {
	c.calls = append(c.calls, "credential")
	return c.Accounts.Credential(ctx, memberCode, login)
}

func (c *counted) InTx(ctx context.Context, do func(context.Context, account.Tx) error) error {
	c.calls = append(c.calls, "transaction")
	return c.Accounts.InTx(ctx, do)
}

// What exists is not told by the work that a refusal takes: the same statements, the
// same hash, one entry.
func TestARefusalTakesTheSameWorkWhateverExists(t *testing.T) {
	t.Parallel()
	var c *counted
	w := open(t, func(o *account.Options) {
		c = &counted{Accounts: o.Store}
		o.Store = c
	})
	var first []string
	for _, who := range []account.Credentials{
		typed("12345675", "owner01", "x"), typed("12345675", "owner02", "x"), typed("99999999", "owner01", "x"),
		typed("12345675", "gone01", right), typed("22099131", "owner01", right), typed("12345675", "new01", "x"),
		typed("'", "'", "x"),
	} {
		c.calls = nil
		before := w.number("SELECT count(*) FROM audit_entries")
		if _, err := w.SignIn(t.Context(), who, from); !errors.Is(err, account.ErrSignIn) {
			t.Errorf("%s/%s: %v", who.Member, who.Account, err)
		}
		if first == nil {
			first = c.calls
		}
		if !slices.Equal(c.calls, first) || w.number("SELECT count(*) FROM audit_entries") != before+1 {
			t.Errorf("%s/%s: %v, want %v and one entry", who.Member, who.Account, c.calls, first)
		}
	}
}

func TestABrokenStoreIsNoRefusal(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.db.Close()
	_, err := w.SignIn(t.Context(), typed("12345675", "owner01", right), from)
	if err == nil || errors.Is(err, account.ErrSignIn) || fault.KindOf(err) != fault.Internal {
		t.Errorf("SignIn = %v", err)
	}
}

func TestStaffSignInByPasswordOnlyWhereTheyMay(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := account.Credentials{Account: "AGENT01", Password: secret.New(right)}
	if _, err := w.SignInStaff(t.Context(), c, from); !errors.Is(err, account.ErrSignIn) {
		t.Errorf("in production: %v", err)
	}
	w = open(t, func(o *account.Options) { o.StaffPasswords = true })
	started, err := w.SignInStaff(t.Context(), c, from)
	must(t, err)
	a := w.actor(started.ID)
	if a.Account.Kind != account.Staff || a.Account.Role != account.Reviewer || a.Member != (member.Member{}) ||
		len(a.Stores) != 0 || len(a.Grants) != 0 || a.SeesAllStores() || !a.NeedsGrants() {
		t.Errorf("staff run as %+v", a)
	}
	for _, other := range []account.Credentials{
		{Account: "owner01", Password: secret.New(right)}, {Account: "agent01", Password: secret.New("x")}, {},
	} {
		if _, err := w.SignInStaff(t.Context(), other, from); !errors.Is(err, account.ErrSignIn) {
			t.Errorf("%s: %v", other.Account, err)
		}
	}
}

func TestSignInByPasskey(t *testing.T) {
	t.Parallel()
	w := open(t)
	tests := []struct {
		name  string
		staff bool
		token string
		want  account.ID
		told  string
		chain int
	}{
		{"an owner", false, tokenOf(owner), owner, "signed_in owner01 Passkey", 1},
		{"without a password", false, tokenOf(invited), invited, "signed_in new01 Passkey", 1},
		{"staff", true, tokenOf(staff), staff, "signed_in agent01 Passkey", 0},
		{"a suspended account", false, tokenOf(suspended), 0, "sign_in_failed gone01 帳號已停用", 1},
		{"of a suspended member", false, tokenOf(stopped), 0, "sign_in_failed owner01 會員已停用", 3},
		{"a member's at the staff's door", true, tokenOf(owner), 0, "sign_in_failed owner01 不屬於這個登入頁", 1},
		{"staff at the members' door", false, tokenOf(staff), 0, "sign_in_failed agent01 不屬於這個登入頁", 0},
		{"nobody's", false, "?", 0, "sign_in_failed  Passkey 驗證失敗", 0},
	}
	for _, tt := range tests {
		started, err := w.SignInPasskey(t.Context(), tt.staff, passkey.Answer{Token: tt.token}, from)
		if (tt.want == 0) != errors.Is(err, account.ErrSignIn) || (tt.want != 0) != (err == nil) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err == nil && w.actor(started.ID).Account.ID != tt.want {
			t.Errorf("%s: signed in as %+v", tt.name, w.actor(started.ID).Account)
		}
		if got := w.lastTold(tt.chain); got != tt.told {
			t.Errorf("%s: the log says %q, want %q", tt.name, got, tt.told)
		}
	}
}

// A sign-in that was proved before a suspension, and stored after it, does not hold.
func TestNoSignInOutlivesTheSuspensionThatItRacesWith(t *testing.T) {
	t.Parallel()
	for _, change := range []string{"status = 'suspended'", "password_hash = 'another'"} {
		var w *world
		w = open(t, func(o *account.Options) {
			o.Store = &late{Accounts: o.Store, change: func() { w.run("UPDATE accounts SET " + change + " WHERE id = 2") }}
		})
		if _, err := w.SignIn(t.Context(), typed("12345675", "clerk01", right), from); !errors.Is(err, account.ErrSignIn) {
			t.Errorf("%s: %v", change, err)
		}
		if n := w.number("SELECT count(*) FROM account_sessions"); n != 0 {
			t.Errorf("%s: a sign-in was stored", change)
		}
	}
}

// late changes the account after its credential was read.
type late struct {
	account.Accounts
	change func()
}

func (l *late) Credential(ctx context.Context, memberCode, login string) (account.Credential, error) {
	found, err := l.Accounts.Credential(ctx, memberCode, login)
	l.change()
	return found, err
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
		{account.Staff, "", true},
		{"", "", true},
	} {
		a := account.Actor{Account: account.Account{Kind: tt.kind}, Member: member.Member{Kind: tt.of}}
		if got := a.NeedsGrants(); got != tt.want {
			t.Errorf("%s of %s: %v", tt.kind, tt.of, got)
		}
	}
}
