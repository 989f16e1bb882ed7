package keyring_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/lockout"
)

// asks keeps what was asked for. The rest of the store is tested on the database, with
// payments.
type asks struct {
	keyring.Store
	mails []string
}

func (a *asks) Ask(_ context.Context, mail string, _ time.Time) error {
	a.mails = append(a.mails, mail)
	return nil
}

// limit answers as it is told.
type limit struct{ err error }

func (l limit) Try(context.Context, string) (bool, error) { return false, l.err }

func service(a *asks, l limit) *keyring.Service {
	return keyring.New(keyring.Options{
		Store: a, Limit: l, Clock: clock.NewFake(time.Unix(0, 0)), PublicURL: "https://pay.example",
	})
}

// The mail goes to one spelling of an address, however it is typed.
func TestAnAddressHasOneSpelling(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"ming@example.test":      "ming@example.test",
		" Ming@EXAMPLE.test\n":   "ming@example.test", //nolint:gocritic // the spaces are the case
		"\u212aate@example.test": "kate@example.test", // the Kelvin sign is a k in lower case
	} {
		a := &asks{}
		if err := service(a, limit{}).Ask(t.Context(), typed); err != nil || len(a.mails) != 1 || a.mails[0] != want {
			t.Errorf("%q: %q, %v", typed, a.mails, err)
		}
	}
	for _, typed := range []string{"", "@", "ming", "a@b, c@d", "<a@b>", "a@b\x00"} {
		a := &asks{}
		if err := service(a, limit{}).Ask(t.Context(), typed); !errors.Is(err, keyring.ErrMail) || len(a.mails) != 0 {
			t.Errorf("%q: %q, %v", typed, a.mails, err)
		}
	}
}

func TestWhatIsAskedTooOftenIsDroppedInSilence(t *testing.T) {
	t.Parallel()
	a := &asks{}
	if err := service(a, limit{lockout.ErrLocked}).Ask(t.Context(), "ming@example.test"); err != nil || len(a.mails) != 0 {
		t.Errorf("%v, %q", err, a.mails)
	}
	trouble := errors.New("no database")
	if err := service(a, limit{trouble}).Ask(t.Context(), "ming@example.test"); !errors.Is(err, trouble) {
		t.Errorf("trouble: %v", err)
	}
}

func TestAMaskedAddressTellsItsFirstLetterAndDomain(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"ming@example.test": "m***@example.test", "明@example.test": "明***@example.test", "@example.test": "", "ming": "",
	} {
		if got := keyring.MaskMail(address); got != want {
			t.Errorf("%q: %q", address, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) { keyring.MaskMail(rapid.String().Draw(t, "address")) })
}
