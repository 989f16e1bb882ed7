package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/postgres"
)

// An address that was kept under an older key is found with a newer one, and under the
// newer one alone from then on.
func TestAnAddressIsFoundAfterAKeyWasAdded(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	run(t, s.db, `INSERT INTO cards (brand, first6, last4, expiry, created_at)
		VALUES ('visa', '411111', '1111', '3012', $1)`, noon)
	_, err := s.db.Credentials().Add(t.Context(), cardholder.Binder{
		CardID: 1, RPID: "pay.example", Facts: cardholder.Facts{Browser: "chrome", Mail: " Ming@Example.test"},
		Registered: cardholder.Registered{
			CreatedAt: noon, Handle: make([]byte, 32), ClientData: []byte("{}"), Attestation: []byte{1},
			Credential: passkey.Credential{ID: []byte{1}, PublicKey: []byte{2}, AAGUID: make([]byte, 16)},
		},
	})
	noError(t, err)
	const address = "ming@example.test"
	knows := func(c *fieldcrypt.Cipher, mail string) (known bool) {
		t.Helper()
		noError(t, s.open(c).Keyring().InTx(t.Context(), func(ctx context.Context, tx keyring.Tx) error {
			known, err = tx.Knows(ctx, mail)
			return err
		}))
		return known
	}
	if !knows(s.fresh, address) || knows(s.fresh, "ming@example.com") {
		t.Fatal("with both keys the address is not found, or another is")
	}
	run(t, s.db, "DELETE FROM credential_mails WHERE key_id = $1", int64(s.old.KeyIDs()[0]))
	if knows(s.old, address) || !knows(s.fresh, address) {
		t.Error("the index under the newer key is not there")
	}
}

// Of two links of an address the later one opens, until it expires or is swept away.
func TestALinkToPasskeysIsReplaced(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	store := s.db.Keyring()
	link := func() ident.Token {
		t.Helper()
		token := ident.NewToken()
		noError(t, store.InTx(t.Context(), func(ctx context.Context, tx keyring.Tx) error {
			return tx.ReplaceLink(ctx, keyring.Link{
				TokenHash: token.Hash(), Mail: "ming@example.test", At: noon, ExpiresAt: noon.Add(time.Hour),
			})
		}))
		return token
	}
	opens := func(db *postgres.DB, token ident.Token, at time.Time) bool {
		t.Helper()
		_, err := db.Keyring().Ring(t.Context(), token.Hash(), at)
		if err != nil && !errors.Is(err, keyring.ErrLink) {
			t.Fatal(err)
		}
		return err == nil
	}
	first, second := link(), link()
	if opens(s.db, first, noon) || !opens(s.db, second, noon) || opens(s.db, second, noon.Add(time.Hour)) {
		t.Error("the earlier link opens, or the later one does not, or one that has expired")
	}
	n, err := store.Prune(t.Context(), noon.Add(2*time.Hour))
	noError(t, err)
	if n != 1 {
		t.Errorf("%d links are swept away", n)
	}
}
