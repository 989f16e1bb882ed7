package web

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/memberzone/memberzone/app/clock"
)

// askedStore counts how often it is asked.
type askedStore struct {
	*memstore.MemStore
	asked int
}

func (s *askedStore) Find(token string) ([]byte, bool, error) {
	s.asked++
	return s.MemStore.Find(token)
}

func TestATokenIsReadOnceUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	store := &askedStore{MemStore: memstore.NewWithCleanupInterval(0)}
	sessions := &rememberedSessions{Store: store, clock: clock.System{}}
	if err := sessions.Commit("token", []byte("entry"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if entry, found, err := sessions.Find("token"); string(entry) != "entry" || !found || err != nil {
			t.Fatalf("found %q, %v, %v", entry, found, err)
		}
	}
	if store.asked != 1 {
		t.Errorf("the store was asked %d times", store.asked)
	}
	if err := sessions.Delete("token"); err != nil {
		t.Fatal(err)
	}
	if _, found, err := sessions.Find("token"); found || err != nil {
		t.Errorf("a deleted token: found %v, %v", found, err)
	}
}

func TestASessionIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 11, 24, 16, 0, 0, 123, time.UTC)
	for _, id := range []int64{0, 1, 1 << 62} {
		values := map[string]any{keySession: id}
		b, err := sessionCodec{}.Encode(until, values)
		if err != nil {
			t.Fatal(err)
		}
		deadline, got, err := sessionCodec{}.Decode(b)
		if read, _ := got[keySession].(int64); err != nil || read != id || !deadline.Equal(until) {
			t.Errorf("%d: read %v until %v, %v", id, got, deadline, err)
		}
	}
	if _, got, err := (sessionCodec{}).Decode([]byte("something else")); err != nil || len(got) != 0 {
		t.Errorf("what is no session: %v, %v", got, err)
	}
}
