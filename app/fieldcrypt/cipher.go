package fieldcrypt

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/memberzone/memberzone/app/secret"
)

// ErrKeyset tells that the text is no usable keyset. It never quotes the text.
var ErrKeyset = errors.New("fieldcrypt: not a keyset: create one with `memberzone keys new`")

// Cipher seals and opens fields with AES-256-GCM, and makes their blind indexes. It is
// safe for concurrent use.
type Cipher struct {
	primitive tink.AEAD
	blindKeys [][]byte // the primary's first
}

// NewKeyset makes a fresh keyset: a Tink keyset in JSON, in base64, as the
// environment variable MEMBERZONE_KEYSET holds it.
func NewKeyset() (secret.String, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return secret.String{}, fmt.Errorf("make keyset: %w", err)
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return secret.String{}, fmt.Errorf("write keyset: %w", err)
	}
	return secret.New(base64.StdEncoding.EncodeToString(text.Bytes())), nil
}

// New returns the cipher of a keyset made by NewKeyset. It returns ErrKeyset.
func New(text secret.String) (*Cipher, error) {
	raw, err := base64.StdEncoding.DecodeString(text.Expose())
	if err != nil {
		return nil, ErrKeyset
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, ErrKeyset
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, ErrKeyset
	}
	keys, err := blindKeys(handle)
	if err != nil {
		return nil, ErrKeyset
	}
	return &Cipher{primitive, keys}, nil
}

// Seal encrypts a field for one place.
func (c *Cipher) Seal(plain, context []byte) ([]byte, error) {
	sealed, err := c.primitive.Encrypt(plain, context)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts a field. It fails for another keyset, another place, and a
// changed byte.
func (c *Cipher) Open(sealed, context []byte) ([]byte, error) {
	plain, err := c.primitive.Decrypt(sealed, context)
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	return plain, nil
}
