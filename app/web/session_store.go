package web

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/memberzone/memberzone/app/clock"
)

// rememberedFor is how long a token's entry is believed without asking the store again.
// SECURITY: the entry says only which sign-in a token belongs to, which never changes.
// Whether that sign-in still holds, and what it may do, each request reads afresh.
const rememberedFor = time.Minute

// rememberedMax bounds the memory; past it, everything is read again.
const rememberedMax = 10_000

// rememberedSessions spares each request the way to the session store.
type rememberedSessions struct {
	scs.Store
	clock clock.Clock

	mu      sync.Mutex
	known   map[string]remembered // by hashed token
	changes uint64
}

type remembered struct {
	entry []byte
	at    time.Time
}

// Find implements scs.Store.
func (s *rememberedSessions) Find(token string) (entry []byte, found bool, err error) {
	now := s.clock.Now()
	s.mu.Lock()
	known, ok := s.known[token]
	changes := s.changes
	s.mu.Unlock()
	if age := now.Sub(known.at); ok && age >= 0 && age < rememberedFor {
		return known.entry, true, nil
	}
	entry, found, err = s.Store.Find(token)
	if err != nil || !found {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if changes == s.changes { // else it may have been deleted since
		if s.known == nil || len(s.known) >= rememberedMax {
			s.known = map[string]remembered{}
		}
		s.known[token] = remembered{entry, now}
	}
	return entry, true, nil
}

// Commit implements scs.Store.
func (s *rememberedSessions) Commit(token string, entry []byte, expiry time.Time) error {
	defer s.forget(token)
	return s.Store.Commit(token, entry, expiry)
}

// Delete implements scs.Store.
func (s *rememberedSessions) Delete(token string) error {
	defer s.forget(token)
	return s.Store.Delete(token)
}

func (s *rememberedSessions) forget(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	delete(s.known, token)
}

// sessionCodec writes a session's only value as 16 bytes: reading gob describes its types
// anew each time, which takes longer than the rest of the session.
type sessionCodec struct{}

const sessionBytes = 16

// Encode implements scs.Codec.
func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	id, _ := values[keySession].(int64) // 0: nobody is signed in
	b := binary.BigEndian.AppendUint64(make([]byte, 0, sessionBytes), uint64(deadline.UnixNano()))
	return binary.BigEndian.AppendUint64(b, uint64(id)), nil
}

// Decode implements scs.Codec. What it cannot read signs nobody in.
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	values := map[string]any{}
	if len(b) != sessionBytes {
		return time.Time{}, values, nil
	}
	if id := int64(binary.BigEndian.Uint64(b[8:])); id != 0 {
		values[keySession] = id
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC(), values, nil
}
