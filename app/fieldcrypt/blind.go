package fieldcrypt

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// blindPurpose separates the keys of blind indexes from all other uses of a keyset.
// A change would make every stored index useless.
const blindPurpose = "memberzone blind index 1"

// Blind returns what equal texts have in common and nobody can guess without the
// keyset: HMAC-SHA-256 under a key that HKDF derives from the primary key. Fields that
// are found by it are stored nowhere in the clear.
func (c *Cipher) Blind(plain []byte) []byte { return blind(c.blindKeys[0], plain) }

// Blinds returns the blind indexes of a text under every key of the keyset, the
// primary's first: what was stored before a key was added is found as long as the
// older key stays in the keyset.
func (c *Cipher) Blinds(plain []byte) [][]byte {
	all := make([][]byte, len(c.blindKeys))
	for i, key := range c.blindKeys {
		all[i] = blind(key, plain)
	}
	return all
}

func blind(key, plain []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(plain)
	return mac.Sum(nil)
}

// blindKeys derives a key from each enabled key of a keyset, and gives the IDs of both,
// the primary's first.
func blindKeys(handle *keyset.Handle) (ids []uint32, keys [][]byte, err error) {
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, nil, fmt.Errorf("read key: %w", err)
		}
		if entry.KeyStatus() != keyset.Enabled {
			continue
		}
		key, ok := entry.Key().(*aesgcm.Key)
		if !ok {
			return nil, nil, ErrKeyset
		}
		derived, err := hkdf.Key(sha256.New, key.KeyBytes().Data(insecuresecretdataaccess.Token{}), nil,
			blindPurpose, sha256.Size)
		if err != nil {
			return nil, nil, fmt.Errorf("derive key: %w", err)
		}
		at := len(ids)
		if entry.IsPrimary() {
			at = 0
		}
		ids, keys = slices.Insert(ids, at, entry.KeyID()), slices.Insert(keys, at, derived)
	}
	if len(ids) == 0 {
		return nil, nil, ErrKeyset
	}
	return ids, keys, nil
}
