package fieldcrypt_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/secret"
)

func opened(t *testing.T, keyset secret.String) *fieldcrypt.Cipher {
	t.Helper()
	c, err := fieldcrypt.New(keyset)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAStandbyKeyOpensButDoesNotSealUntilItIsPromoted(t *testing.T) {
	t.Parallel()
	first, err := fieldcrypt.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := fieldcrypt.AddKey(first, true)
	if err != nil {
		t.Fatal(err)
	}
	promoted, err := fieldcrypt.Promote(waiting)
	if err != nil {
		t.Fatal(err)
	}
	before, between, after := opened(t, first), opened(t, waiting), opened(t, promoted)
	if !bytes.Equal(before.Prefix(), between.Prefix()) || bytes.Equal(between.Prefix(), after.Prefix()) {
		t.Fatalf("prefixes %x, %x, %x", before.Prefix(), between.Prefix(), after.Prefix())
	}
	for _, c := range []*fieldcrypt.Cipher{before, between, after} {
		sealed, err := c.Seal([]byte("x"), nil)
		if err != nil || !bytes.HasPrefix(sealed, c.Prefix()) {
			t.Fatalf("%x does not begin with %x: %v", sealed, c.Prefix(), err)
		}
		// A process that does not know the key yet reads what one with the standby key writes.
		for _, reader := range []*fieldcrypt.Cipher{between, after} {
			if _, err := reader.Open(sealed, nil); err != nil {
				t.Error(err)
			}
		}
	}
	ids, blinds := after.KeyIDs(), after.Blinds([]byte("y"))
	if len(ids) != 2 || ids[1] != before.KeyIDs()[0] || !bytes.Equal(blinds[1], before.Blind([]byte("y"))) {
		t.Errorf("keys %v, %x", ids, blinds)
	}
}

func TestAddKeyMakesThePrimary(t *testing.T) {
	t.Parallel()
	first, err := fieldcrypt.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	second, err := fieldcrypt.AddKey(first, false)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(opened(t, first).Prefix(), opened(t, second).Prefix()) {
		t.Error("the old key still seals")
	}
	if _, err := fieldcrypt.AddKey(secret.New("e30="), false); !errors.Is(err, fieldcrypt.ErrKeyset) {
		t.Errorf("error %v", err)
	}
}
