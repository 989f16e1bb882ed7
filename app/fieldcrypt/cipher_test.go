package fieldcrypt_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/secret"
)

func newCipher(t *testing.T) *fieldcrypt.Cipher {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	c, err := fieldcrypt.New(keyset)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASealedFieldOpensOnlyUnchangedAndInItsPlace(t *testing.T) {
	t.Parallel()
	c, other := newCipher(t), newCipher(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		place := rapid.SliceOf(rapid.Byte()).Draw(t, "place")
		sealed, err := c.Seal(plain, place)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Open(sealed, place); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %x, %v", got, err)
		}
		if _, err := c.Open(sealed, append(place, 'x')); err == nil {
			t.Fatal("it opened in another place")
		}
		if _, err := other.Open(sealed, place); err == nil {
			t.Fatal("it opened with another keyset")
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := c.Open(sealed, place); err == nil {
			t.Fatal("it opened with a changed bit")
		}
	})
}

func TestNewRefusesWhatIsNoKeyset(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "e30=", "bm90IGEga2V5c2V0"} {
		if _, err := fieldcrypt.New(secret.New(text)); !errors.Is(err, fieldcrypt.ErrKeyset) {
			t.Errorf("New(%q): %v", text, err)
		}
	}
}
