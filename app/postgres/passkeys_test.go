package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/postgres"
)

// The room's own tests run its ceremonies on this store; here is what only a
// database can do wrong.

func newPasskey(holder int64, name string) passkey.Registered {
	return passkey.Registered{
		Passkey: passkey.Passkey{HolderID: holder, Name: name, CreatedAt: noon, Synced: true},
		Credential: passkey.Credential{
			ID: []byte(rand.Text()), PublicKey: []byte{1, 0, 255}, Flags: 0x1d, SignCount: 4_294_967_295,
			AAGUID: make([]byte, 16), Transports: []string{"hybrid", "internal"}, Attachment: "platform",
			AttestationType: "none", AttestationFormat: "none",
		},
	}
}

func keepHandle(t *testing.T, db *postgres.DB, holder int64) {
	t.Helper()
	handle := make([]byte, 32)
	_, _ = rand.Read(handle)
	if err := db.Passkeys().KeepHandle(t.Context(), holder, handle); err != nil {
		t.Fatal(err)
	}
}

func addPasskey(ctx context.Context, db *postgres.DB, r passkey.Registered) (id int64, err error) {
	err = db.Passkeys().InTx(ctx, func(ctx context.Context, t passkey.Tx) error {
		id, err = t.AddPasskey(ctx, r)
		return err
	})
	return id, err
}

func TestAPasskeyIsReadBackAsItWasAdded(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	keepHandle(t, db, 1)
	holding, err := db.Passkeys().ByHolder(t.Context(), 1)
	if err != nil || len(holding.Handle) != 32 || len(holding.Passkeys) != 0 {
		t.Fatalf("a holder without passkeys: %+v, %v", holding, err)
	}
	keepHandle(t, db, 1) // must not replace the first
	want := newPasskey(1, "筆電")
	if want.ID, err = addPasskey(t.Context(), db, want); err != nil {
		t.Fatal(err)
	}
	got, err := db.Passkeys().ByHandle(t.Context(), holding.Handle)
	if err != nil || got.HolderID != 1 {
		t.Fatalf("ByHandle = %+v, %v", got, err)
	}
	if diff := cmp.Diff([]passkey.Registered{want}, got.Passkeys); diff != "" {
		t.Error(diff)
	}
	if nobody, err := db.Passkeys().ByHolder(t.Context(), 2); err != nil || nobody.Handle != nil || nobody.HolderID != 2 {
		t.Errorf("somebody who never had a handle: %+v, %v", nobody, err)
	}
}

func TestPasskeysAddedAtOnceStopAtTwenty(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	keepHandle(t, db, 1)
	keepHandle(t, db, 2)
	var added, full atomic.Int32
	var all sync.WaitGroup
	for range passkey.HolderMax + 10 {
		all.Go(func() {
			switch _, err := addPasskey(context.WithoutCancel(t.Context()), db, newPasskey(1, "鑰匙")); {
			case err == nil:
				added.Add(1)
			case errors.Is(err, passkey.ErrFull):
				full.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if added.Load() != passkey.HolderMax || full.Load() != 10 {
		t.Errorf("%d were added and %d refused", added.Load(), full.Load())
	}
	if _, err := addPasskey(t.Context(), db, newPasskey(2, "鑰匙")); err != nil {
		t.Errorf("another holder's: %v", err)
	}
}

func TestAPasskeyIsNotAddedWithoutItsEntry(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	keepHandle(t, db, 1)
	err := db.Passkeys().InTx(t.Context(), func(ctx context.Context, tx passkey.Tx) error {
		if _, err := tx.AddPasskey(ctx, newPasskey(1, "鑰匙")); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{}) // no kind
	})
	holding, readErr := db.Passkeys().ByHolder(t.Context(), 1)
	if err == nil || readErr != nil || len(holding.Passkeys) != 0 {
		t.Errorf("InTx: %v; passkeys %v, %v", err, holding.Passkeys, readErr)
	}
}

func TestACounterThatAnotherAnswerWroteIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	keepHandle(t, db, 1)
	r := newPasskey(1, "鑰匙")
	r.Credential.SignCount = 3_000_000_000
	id, err := addPasskey(t.Context(), db, r)
	if err != nil {
		t.Fatal(err)
	}
	var passed atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			use := passkey.Use{PasskeyID: id, SignCount: 3_000_000_001, Flags: 0x1d, At: noon}
			switch err := db.Passkeys().MarkUsed(context.WithoutCancel(t.Context()), use); {
			case err == nil:
				passed.Add(1)
			case !errors.Is(err, passkey.ErrNotFound):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if passed.Load() != 1 {
		t.Errorf("%d of 6 answers with one counter were taken", passed.Load())
	}
}

func TestCeremoniesArePrunedOnlyWhenTheyAreOver(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	for i, c := range []passkey.Pending{
		{Ritual: passkey.SignIn, ExpiresAt: noon.Add(-time.Second)},
		{Ritual: passkey.SignIn, ExpiresAt: noon},
		{Ritual: passkey.Proof, HolderID: 1, ExpiresAt: noon.Add(time.Minute)},
	} {
		c.TokenHash, c.Session = make([]byte, 32), []byte(`{"b":1, "a":2}`)
		c.TokenHash[0] = byte(i)
		if err := db.Passkeys().SaveCeremony(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	dropped, err := db.Passkeys().Prune(t.Context(), noon)
	if err != nil || dropped != 1 {
		t.Errorf("Prune = %d, %v", dropped, err)
	}
	hash := make([]byte, 32)
	hash[0] = 2
	got, err := db.Passkeys().TakeCeremony(t.Context(), hash)
	if err != nil || got.HolderID != 1 || got.Ritual != passkey.Proof || string(got.Session) != `{"b":1, "a":2}` {
		t.Errorf("TakeCeremony = %+v, %v: the session must be as it was written", got, err)
	}
	if _, err := db.Passkeys().TakeCeremony(t.Context(), hash); !errors.Is(err, passkey.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
}
