package account_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

func TestHashPasswordSaltsAndHides(t *testing.T) {
	t.Parallel()
	a, err := account.HashPassword(secret.New(right))
	must(t, err)
	b, err := account.HashPassword(secret.New(right))
	must(t, err)
	if a.Expose() == b.Expose() || !strings.HasPrefix(a.Expose(), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hashes %q and %q", a.Expose(), b.Expose())
	}
	if strings.Contains(fmt.Sprint(a), "argon2id") {
		t.Error("a hash prints itself")
	}
}

func TestPasswordFault(t *testing.T) {
	t.Parallel()
	tests := map[string]error{
		"":                             account.ErrPasswordLength,
		"eleven char":                  account.ErrPasswordLength,
		"twelve chars":                 nil,
		"correct horse":                nil,
		"一二三四五六七八九十甲乙":                 nil, // twelve characters, no rule of composition
		"一二三四五六七八九十甲":                  account.ErrPasswordLength,
		strings.Repeat("ab", 64):       nil,
		strings.Repeat("ab", 64) + "c": account.ErrPasswordLength,
		strings.Repeat("a", 20):        account.ErrPasswordCommon,
		strings.Repeat("A", 20) + "a":  account.ErrPasswordCommon,
		"my clerk01 password":          account.ErrPasswordName,
		"my CLERK01 password":          account.ErrPasswordName,
		"my ｃｌｅｒｋ０１ password":          account.ErrPasswordName,
		"a shop of 12345675":           account.ErrPasswordName,
		"1Q2W3E4R5T6Y":                 account.ErrPasswordCommon,
		"password1234":                 account.ErrPasswordCommon,
		"password1234 and more":        nil,
	}
	for password, want := range tests {
		got := account.PasswordFault(secret.New(password), "clerk01", "12345675")
		if (got == nil) != (want == nil) || got != nil && !errors.Is(got, want) {
			t.Errorf("%q: %v, want %v", password, got, want)
		}
		if got != nil && got.Field != "password" {
			t.Errorf("%q: a fault of the field %q", password, got.Field)
		}
	}
	if f := account.PasswordFault(secret.New(next), "agent01", ""); f != nil {
		t.Errorf("staff: %v", f)
	}
}

func TestNoPasswordThatPassesIsShortOrTellsItsAccount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		login := rapid.StringMatching(`[a-zA-Z0-9]{1,20}`).Draw(t, "login")
		ends := []string{"", login, strings.ToUpper(login)}
		password := rapid.String().Draw(t, "password") + rapid.SampledFrom(ends).Draw(t, "end")
		if account.PasswordFault(secret.New(password), login, "12345675") != nil {
			return
		}
		tells := strings.Contains(strings.ToLower(password), strings.ToLower(login))
		if n := len([]rune(password)); n < 12 || n > 128 || tells {
			t.Errorf("%q passes for %s", password, login)
		}
	})
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := open(t)
	a, other := w.signIn("12345675", "clerk01"), w.signIn("12345675", "clerk01")
	change := func(current, password string) error {
		return w.ChangePassword(t.Context(), a, secret.New(current), secret.New(password), from)
	}
	for name, tt := range map[string]struct {
		err   error
		field string
	}{
		"a wrong one":    {change("x", next), "current"},
		"none":           {change("", next), "current"},
		"a weak new one": {change(right, "short"), "password"},
	} {
		var g fault.Group
		if !errors.As(tt.err, &g) || len(g) != 1 || g[0].Field != tt.field {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
	w.actor(other.Session.ID)
	must(t, change(right, next))
	w.actor(a.Session.ID)
	w.ended(other.Session.ID, "a new password on another device")
	if got := w.lastTold(1); got != "password_set clerk01 clerk01" {
		t.Errorf("the log says %q", got)
	}
	if all := w.mails(); len(all) != 1 || !strings.HasPrefix(all[0], "clerk01@example.test\n") {
		t.Errorf("mails %q", all)
	}
	if _, err := w.SignIn(t.Context(), typed("12345675", "clerk01", right), from); !errors.Is(err, account.ErrSignIn) {
		t.Errorf("the old password: %v", err)
	}
}

func TestGuessingTheCurrentPasswordIsLocked(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "clerk01")
	for range 5 {
		_ = w.ChangePassword(t.Context(), a, secret.New("x"), secret.New(next), from)
	}
	err := w.ChangePassword(t.Context(), a, secret.New(right), secret.New(next), from)
	if !errors.Is(err, account.ErrCurrent) {
		t.Errorf("after five failures: %v", err)
	}
	if got := w.lastTold(1); got != "step_up_failed clerk01 鎖定中" {
		t.Errorf("the log says %q", got)
	}
}

func TestAnAccountWithoutAPasswordSetsOneByAFreshProof(t *testing.T) {
	t.Parallel()
	w := open(t)
	started, err := w.SignInPasskey(t.Context(), false, passkey.Answer{Token: tokenOf(invited)}, from)
	must(t, err)
	a := w.actor(started.ID)
	if has, err := w.HasPassword(t.Context(), a); err != nil || has {
		t.Errorf("has a password: %t, %v", has, err)
	}
	w.clock.Advance(account.SteppedUpFor + time.Second)
	none := secret.String{}
	if err := w.ChangePassword(t.Context(), a, none, secret.New(next), from); !errors.Is(err, account.ErrCurrent) {
		t.Errorf("without a fresh proof: %v", err)
	}
	a.Session.SteppedUpAt = w.clock.Now()
	must(t, w.ChangePassword(t.Context(), a, secret.New(""), secret.New(next), from))
	if has, err := w.HasPassword(t.Context(), a); err != nil || !has {
		t.Errorf("has a password: %t, %v", has, err)
	}
}

func TestANewPasskeyIsToldByMail(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "clerk01")
	if _, err := w.AddPasskey(t.Context(), a, passkey.Answer{Token: "?"}, from); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("a wrong answer: %v", err)
	}
	if n := w.number("SELECT count(*) FROM mails"); n != 0 {
		t.Error("a refusal was told")
	}
	_, err := w.AddPasskey(t.Context(), a, passkey.Answer{Token: tokenOf(clerk), Name: "手機"}, from)
	must(t, err)
	if n := w.number("SELECT count(*) FROM mails"); n != 1 {
		t.Errorf("%d mails", n)
	}
	w.actor(a.Session.ID)
}

// hexOf is how PostgreSQL prints bytes.
func hexOf(text string) string { return hex.EncodeToString([]byte(text)) }
