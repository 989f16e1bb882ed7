package fieldcrypt_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/secret"
)

// fixedKeyset is a Tink keyset with one AES-256-GCM key of 32 bytes 0x01.
const fixedKeyset = `{"primaryKeyId":1,"key":[{"keyData":{` +
	`"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey",` +
	`"value":"GiABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==","keyMaterialType":"SYMMETRIC"},` +
	`"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}`

// What is stored must be found for as long as the keyset lives: the value of a fixed
// key never changes. It was computed outside the program: HKDF-SHA-256 (RFC 5869,
// empty salt), then HMAC-SHA-256.
func TestABlindIndexNeverChanges(t *testing.T) {
	t.Parallel()
	c, err := fieldcrypt.New(secret.New(base64.StdEncoding.EncodeToString([]byte(fixedKeyset))))
	if err != nil {
		t.Fatal(err)
	}
	const want = "f732276a509268859b450239f6fac9e274621ca2368668520f36800462d27457"
	if got := hex.EncodeToString(c.Blind([]byte("4111111111111111"))); got != want {
		t.Errorf("Blind = %s, want %s", got, want)
	}
}

func TestEqualTextsHaveEqualBlindIndexesUnderOneKeyset(t *testing.T) {
	t.Parallel()
	c, other := newCipher(t), newCipher(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching("[0-9]{12,19}").Draw(t, "text")
		another := rapid.StringMatching("[0-9]{12,19}").Draw(t, "another")
		index := c.Blind([]byte(text))
		if len(index) != sha256.Size || bytes.Contains(index, []byte(text)) {
			t.Fatalf("index %x", index)
		}
		if bytes.Equal(index, c.Blind([]byte(another))) != (text == another) {
			t.Fatal("two texts share an index, or one text has two")
		}
		if bytes.Equal(index, other.Blind([]byte(text))) {
			t.Fatal("two keysets make one index")
		}
	})
}

func TestWhatWasStoredIsFoundAfterANewKey(t *testing.T) {
	t.Parallel()
	first, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	before := cipherOf(t, first)
	manager := keyset.NewManagerFromHandle(first)
	added, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.SetPrimary(added); err != nil {
		t.Fatal(err)
	}
	second, err := manager.Handle()
	if err != nil {
		t.Fatal(err)
	}
	after, text := cipherOf(t, second), []byte("4111111111111111")
	all := after.Blinds(text)
	if len(all) != 2 || !bytes.Equal(all[0], after.Blind(text)) || !bytes.Equal(all[1], before.Blind(text)) {
		t.Errorf("Blinds = %x; Blind was %x", all, before.Blind(text))
	}
	sealed, err := before.Seal(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := after.Open(sealed, nil); err != nil || !bytes.Equal(opened, text) {
		t.Errorf("what was sealed before opens to %q, %v", opened, err)
	}
}

func cipherOf(t *testing.T, handle *keyset.Handle) *fieldcrypt.Cipher {
	t.Helper()
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		t.Fatal(err)
	}
	c, err := fieldcrypt.New(secret.New(base64.StdEncoding.EncodeToString(text.Bytes())))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
