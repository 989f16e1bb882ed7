package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"log/slog"
)

const (
	aesKeySize = 32
	redacted   = "[redacted]"
)

// ErrNoKeys says that a key pair was empty or the zero Keys: nothing is ever sealed under an all-zero key.
var ErrNoKeys = errors.New("wire: no HashKey or HashIV")

// Keys is a store's HashKey and HashIV. It is safe to copy, to share between goroutines and to print: no verb
// of fmt, no slog handler and no encoder shows the keys. The zero value has no keys and every use of it gives
// ErrNoKeys.
type Keys struct {
	// A function, because fmt prints the unexported fields of an outer struct by reflection without asking String,
	// and follows pointers when the verb does not fit; of a function it prints the address only.
	expose func() *keyMaterial
}

type keyMaterial struct {
	hashKey, hashIV string
	block           cipher.Block
	iv              [aes.BlockSize]byte
}

// KeyPair is a HashKey (32 ASCII alphanumerics in production) and a HashIV (16) as the console shows them;
// they are used as raw bytes, neither hex nor base64. It exists to name the two arguments of NewKeys and does
// not redact itself.
type KeyPair struct {
	HashKey, HashIV string
}

// NewKeys prepares a pair. As PHP's openssl_encrypt does, AES uses the HashKey zero-padded or cut to 32 bytes
// and the HashIV to 16, while the hashes use both strings unchanged; test suites of several SDKs have such
// short keys.
func NewKeys(pair KeyPair) Keys {
	if pair.HashKey == "" || pair.HashIV == "" {
		return Keys{}
	}
	var key [aesKeySize]byte
	copy(key[:], pair.HashKey)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return Keys{} // not reachable: 32 bytes is a valid AES key size
	}
	material := &keyMaterial{hashKey: pair.HashKey, hashIV: pair.HashIV, block: block}
	copy(material.iv[:], pair.HashIV)
	return Keys{expose: func() *keyMaterial { return material }}
}

// open gives the prepared pair. Error: ErrNoKeys.
func (k Keys) open() (*keyMaterial, error) {
	if k.expose == nil {
		return nil, ErrNoKeys
	}
	return k.expose(), nil
}

// String hides the keys.
func (Keys) String() string { return redacted }

// GoString hides the keys from %#v.
func (Keys) GoString() string { return redacted }

// LogValue hides the keys from slog.
func (Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the keys from JSON and other text encoders.
func (Keys) MarshalText() ([]byte, error) { return []byte(redacted), nil }
