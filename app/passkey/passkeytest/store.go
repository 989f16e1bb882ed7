package passkeytest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/passkey"
)

// Store keeps passkeys in memory. Its zero value is empty; it is safe for concurrent use.
type Store struct {
	mu         sync.Mutex
	handles    map[int64][]byte
	passkeys   []passkey.Registered // oldest first
	ceremonies map[string]passkey.Pending
	lastID     int64
	entries    []audit.Entry
}

// Entries returns what was recorded.
func (s *Store) Entries() []audit.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}

// KeepHandle implements passkey.Store.
func (s *Store) KeepHandle(_ context.Context, holderID int64, fresh []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handles == nil {
		s.handles = map[int64][]byte{}
	}
	if s.handles[holderID] == nil {
		s.handles[holderID] = bytes.Clone(fresh)
	}
	return nil
}

// ByHolder implements passkey.Store.
func (s *Store) ByHolder(_ context.Context, holderID int64) (passkey.Holding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	holding := passkey.Holding{HolderID: holderID, Handle: s.handles[holderID]}
	for _, r := range slices.Backward(s.passkeys) {
		if r.HolderID == holderID {
			holding.Passkeys = append(holding.Passkeys, r)
		}
	}
	return holding, nil
}

// ByHandle implements passkey.Store.
func (s *Store) ByHandle(ctx context.Context, handle []byte) (passkey.Holding, error) {
	s.mu.Lock()
	handles := maps.Clone(s.handles)
	s.mu.Unlock()
	for holderID, kept := range handles {
		if bytes.Equal(kept, handle) {
			return s.ByHolder(ctx, holderID)
		}
	}
	return passkey.Holding{}, passkey.ErrNotFound
}

// SaveCeremony implements passkey.Store.
func (s *Store) SaveCeremony(_ context.Context, p passkey.Pending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ceremonies == nil {
		s.ceremonies = map[string]passkey.Pending{}
	}
	if _, taken := s.ceremonies[string(p.TokenHash)]; taken {
		return errors.New("passkeytest: the token is taken")
	}
	s.ceremonies[string(p.TokenHash)] = p
	return nil
}

// TakeCeremony implements passkey.Store.
func (s *Store) TakeCeremony(_ context.Context, tokenHash []byte) (passkey.Pending, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, found := s.ceremonies[string(tokenHash)]
	if !found {
		return passkey.Pending{}, passkey.ErrNotFound
	}
	delete(s.ceremonies, string(tokenHash))
	return p, nil
}

// MarkUsed implements passkey.Store.
func (s *Store) MarkUsed(_ context.Context, u passkey.Use) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.passkeys {
		r := &s.passkeys[i]
		counted := r.Credential.SignCount < u.SignCount || r.Credential.SignCount == 0 && u.SignCount == 0
		if r.ID == u.PasskeyID && !r.Cloned && counted {
			r.Credential.SignCount, r.Credential.Flags, r.LastUsedAt = u.SignCount, u.Flags, u.At
			r.Synced = u.Flags&flagBackedUp != 0
			return nil
		}
	}
	return passkey.ErrNotFound
}

// MarkCloned implements passkey.Store.
func (s *Store) MarkCloned(_ context.Context, id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.passkeys {
		if s.passkeys[i].ID == id {
			s.passkeys[i].Cloned = true
			return nil
		}
	}
	return passkey.ErrNotFound
}

// InTx implements passkey.Store. What fails leaves nothing behind.
func (s *Store) InTx(ctx context.Context, do func(context.Context, passkey.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	passkeys, entries := slices.Clone(s.passkeys), slices.Clone(s.entries)
	err := do(ctx, changes{s})
	if err != nil {
		s.passkeys, s.entries = passkeys, entries
	}
	return err
}

// changes is the inside of InTx, which holds the lock.
type changes struct{ s *Store }

// AddPasskey implements passkey.Tx.
func (c changes) AddPasskey(_ context.Context, r passkey.Registered) (int64, error) {
	held := 0
	for _, have := range c.s.passkeys {
		if bytes.Equal(have.Credential.ID, r.Credential.ID) {
			return 0, passkey.ErrRefused
		}
		if have.HolderID == r.HolderID {
			held++
		}
	}
	if held >= passkey.HolderMax {
		return 0, passkey.ErrFull
	}
	c.s.lastID++
	r.ID = c.s.lastID
	c.s.passkeys = append(c.s.passkeys, r)
	return r.ID, nil
}

func (c changes) at(holderID, id int64) int {
	return slices.IndexFunc(c.s.passkeys, func(r passkey.Registered) bool {
		return r.ID == id && r.HolderID == holderID
	})
}

// RenamePasskey implements passkey.Tx.
func (c changes) RenamePasskey(_ context.Context, holderID, id int64, name string) (string, error) {
	i := c.at(holderID, id)
	if i < 0 {
		return "", passkey.ErrNotFound
	}
	before := c.s.passkeys[i].Name
	c.s.passkeys[i].Name = name
	return before, nil
}

// RemovePasskey implements passkey.Tx.
func (c changes) RemovePasskey(_ context.Context, r passkey.Removal) (string, error) {
	i := c.at(r.HolderID, r.ID)
	if i < 0 {
		return "", passkey.ErrNotFound
	}
	others := 0
	for j, have := range c.s.passkeys {
		if j != i && have.HolderID == r.HolderID && !have.Cloned {
			others++
		}
	}
	if !r.MayBeLast && !c.s.passkeys[i].Cloned && others == 0 {
		return "", passkey.ErrLast
	}
	name := c.s.passkeys[i].Name
	c.s.passkeys = slices.Delete(c.s.passkeys, i, i+1)
	return name, nil
}

// Record implements passkey.Tx.
func (c changes) Record(_ context.Context, e audit.Entry) error {
	c.s.entries = append(c.s.entries, e)
	return nil
}
