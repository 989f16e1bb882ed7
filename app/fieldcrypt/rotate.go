package fieldcrypt

import (
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/memberzone/memberzone/app/secret"
)

// AddKey returns a keyset with one key more. A standby key opens and finds, but seals
// nothing until Promote: every process must know a key before one of them seals with it.
// Without standby the new key is the primary at once. It returns ErrKeyset.
func AddKey(text secret.String, standby bool) (secret.String, error) {
	return change(text, func(m *keyset.Manager, _ *keyset.Handle) error {
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil || standby {
			return err
		}
		return m.SetPrimary(id)
	})
}

// Promote returns a keyset whose newest key seals from now on. It returns ErrKeyset.
func Promote(text secret.String) (secret.String, error) {
	return change(text, func(m *keyset.Manager, h *keyset.Handle) error {
		newest, err := h.Entry(h.Len() - 1)
		if err != nil {
			return err
		}
		return m.SetPrimary(newest.KeyID())
	})
}

func change(text secret.String, do func(*keyset.Manager, *keyset.Handle) error) (secret.String, error) {
	handle, err := read(text)
	if err != nil {
		return secret.String{}, err
	}
	m := keyset.NewManagerFromHandle(handle)
	if err := do(m, handle); err != nil {
		return secret.String{}, fmt.Errorf("change keyset: %w", err)
	}
	changed, err := m.Handle()
	if err != nil {
		return secret.String{}, fmt.Errorf("change keyset: %w", err)
	}
	return write(changed)
}
