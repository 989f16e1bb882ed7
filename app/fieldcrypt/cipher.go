package fieldcrypt

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

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
	keyIDs    []uint32 // the primary's first
	blindKeys [][]byte // in the order of keyIDs
}

// NewKeyset makes a fresh keyset: a Tink keyset in JSON, in base64, as the
// environment variable MEMBERZONE_KEYSET holds it.
func NewKeyset() (secret.String, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return secret.String{}, fmt.Errorf("make keyset: %w", err)
	}
	return write(handle)
}

func read(text secret.String) (*keyset.Handle, error) {
	raw, err := base64.StdEncoding.DecodeString(text.Expose())
	if err != nil {
		return nil, ErrKeyset
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, ErrKeyset
	}
	return handle, nil
}

func write(handle *keyset.Handle) (secret.String, error) {
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return secret.String{}, fmt.Errorf("write keyset: %w", err)
	}
	return secret.New(base64.StdEncoding.EncodeToString(text.Bytes())), nil
}

// New returns the cipher of a keyset made by NewKeyset. It returns ErrKeyset.
func New(text secret.String) (*Cipher, error) {
	handle, err := read(text)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, ErrKeyset
	}
	ids, keys, err := blindKeys(handle)
	if err != nil {
		return nil, ErrKeyset
	}
	return &Cipher{primitive, ids, keys}, nil
}

// KeyIDs lists the keys of the keyset, the primary's first: the order of Blinds.
func (c *Cipher) KeyIDs() []uint32 { return slices.Clone(c.keyIDs) }

// Prefix is what every field begins with that Seal seals now, and none that another key
// sealed: Tink's output prefix, a version byte and the key's ID.
func (c *Cipher) Prefix() []byte {
	return binary.BigEndian.AppendUint32([]byte{tinkVersion}, c.keyIDs[0])
}

// tinkVersion begins the output prefix of the type TINK (Tink's wire format).
const tinkVersion = 1

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
