package postgres_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/postgres"
)

// The room's own tests run its ceremonies on this store; here is what only a
// database can do wrong.

const bankRP = "bank.example"

func newBinder(card int64) cardholder.Binder {
	handle := make([]byte, 32)
	_, _ = rand.Read(handle)
	return cardholder.Binder{
		CardID: card, RPID: bankRP,
		Registered: cardholder.Registered{
			CreatedAt: noon, Handle: handle,
			Credential: passkey.Credential{
				ID: []byte(rand.Text()), PublicKey: []byte{1, 0, 255}, Flags: 0x1d, SignCount: 3_000_000_000,
				AAGUID: make([]byte, 16), Transports: []string{"hybrid", "internal"}, Attachment: "platform",
				AttestationType: "none", AttestationFormat: "none",
			},
			Discoverable: true, BrowserKey: []byte{9, 0, 8}, ClientData: []byte("{}"), Attestation: []byte{0, 1},
		},
		Facts: cardholder.Facts{Browser: "Chrome 156 (Windows)"},
	}
}

func TestACardsCredentialIsReadBackAsItWasAdded(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	store, b := db.Credentials(), newBinder(7)
	if handle, err := store.Handle(t.Context(), 7); err != nil || handle != nil {
		t.Errorf("a card without passkeys: %x, %v", handle, err)
	}
	id, err := store.Add(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	other := newBinder(7) // must not replace the card's handle
	if _, err := store.Add(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if handle, err := store.Handle(t.Context(), 7); err != nil || !bytes.Equal(handle, b.Registered.Handle) {
		t.Errorf("the card's handle: %x, %v", handle, err)
	}
	got, err := store.ByID(t.Context(), bankRP, b.Registered.Credential.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := cardholder.Bound{
		Credential: cardholder.Credential{
			ID: id, CardID: 7, Browser: "Chrome 156 (Windows)", CreatedAt: noon, Synced: true,
		},
		RPID: bankRP, Handle: b.Registered.Handle, Record: b.Registered.Credential,
		BrowserKeys: []cardholder.BrowserKey{{PublicKey: []byte{9, 0, 8}, Trusted: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err = store.ByID(t.Context(), "shop.example", b.Registered.Credential.ID)
	if !errors.Is(err, cardholder.ErrNotFound) {
		t.Errorf("another relying party's: %v", err)
	}
	b.RPID = "shop.example" // may have the same credential ID
	if _, err := store.Add(t.Context(), b); err != nil {
		t.Error(err)
	}
	if has, err := store.HasUsable(t.Context(), "none.example", 7); err != nil || has {
		t.Errorf("a relying party without credentials: %v, %v", has, err)
	}
}

func TestCredentialsAddedAtOnceStopAtTwenty(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	var added, full atomic.Int32
	var all sync.WaitGroup
	for range cardholder.CardMax + 8 {
		all.Go(func() {
			switch _, err := db.Credentials().Add(context.WithoutCancel(t.Context()), newBinder(7)); {
			case err == nil:
				added.Add(1)
			case errors.Is(err, cardholder.ErrFull):
				full.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if added.Load() != cardholder.CardMax || full.Load() != 8 {
		t.Errorf("%d were added and %d refused", added.Load(), full.Load())
	}
}

func TestABindingIsPartOfTheCallersTransaction(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	store, kept := db.Credentials(), newBinder(7)
	id, err := store.Add(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	seen := cardholder.Sighting{ID: id, PublicKey: []byte{5}, Subject: 101, At: noon}
	if err := store.See(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	err = db.Passkeys().InTx(t.Context(), func(ctx context.Context, _ passkey.Tx) error {
		_, added := store.Add(ctx, newBinder(8))
		revoked := store.Revoke(ctx, 7, id, cardholder.Revocation{At: noon, By: cardholder.BySupport, Reason: "遺失"})
		return errors.Join(added, revoked, store.Trust(ctx, 101, noon), stop)
	})
	if !errors.Is(err, stop) || err.Error() != "stop" {
		t.Fatalf("inside the transaction: %v", err)
	}
	theirs, err := store.ByCard(t.Context(), bankRP, 8)
	mine, mineErr := store.ByID(t.Context(), bankRP, kept.Registered.Credential.ID)
	trusted := slices.ContainsFunc(mine.BrowserKeys, func(k cardholder.BrowserKey) bool {
		return k.Trusted && k.PublicKey[0] == 5
	})
	if err := errors.Join(err, mineErr); err != nil || len(theirs) != 0 || !mine.Usable() || trusted {
		t.Errorf("something stayed: %+v, %+v, %v", theirs, mine, err)
	}
}

// An answer is spent, and a copy is told of, whatever becomes of the caller's work: those
// calls refuse to be part of it.
func TestAnswersAreNotSpentInsideATransaction(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	err := db.Passkeys().InTx(t.Context(), func(ctx context.Context, _ passkey.Tx) error {
		_, taken := db.Credentials().TakeCeremony(ctx, make([]byte, 32))
		if taken == nil || errors.Is(taken, cardholder.ErrNotFound) {
			t.Errorf("TakeCeremony: %v", taken)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestACardsCounterIsNotWrittenTwice(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	id, err := db.Credentials().Add(t.Context(), newBinder(7))
	if err != nil {
		t.Fatal(err)
	}
	use := cardholder.Use{ID: id, SignCount: 3_000_000_001, Flags: 0x1d, At: noon, BrowserKey: []byte{7}}
	var passed atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			switch err := db.Credentials().MarkUsed(context.WithoutCancel(t.Context()), use); {
			case err == nil:
				passed.Add(1)
			case !errors.Is(err, cardholder.ErrNotFound):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if passed.Load() != 1 {
		t.Errorf("%d of 6 answers with one counter were taken", passed.Load())
	}
	if err := db.Credentials().MarkDistrusted(t.Context(), id, cardholder.BackupChanged); err != nil {
		t.Fatal(err)
	}
	if err := db.Credentials().MarkDistrusted(t.Context(), id, cardholder.Cloned); err != nil {
		t.Fatal(err)
	}
	list, err := db.Credentials().ByCard(t.Context(), bankRP, 7)
	if err != nil || list[0].Distrust != cardholder.BackupChanged || len(list[0].BrowserKeys) != 2 {
		t.Errorf("the first reason stays: %+v, %v", list, err)
	}
	use.SignCount++
	if err := db.Credentials().MarkUsed(t.Context(), use); !errors.Is(err, cardholder.ErrNotFound) {
		t.Errorf("one that is not trusted is used: %v", err)
	}
	err = db.Credentials().MarkDistrusted(t.Context(), 99, cardholder.Cloned)
	if !errors.Is(err, cardholder.ErrNotFound) {
		t.Errorf("nobody's: %v", err)
	}
}

func TestCardholderCeremoniesArePrunedOnlyWhenTheyAreOver(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	store := db.Credentials()
	var over, live cardholder.Pending
	for _, p := range []struct {
		into    *cardholder.Pending
		ritual  cardholder.Ritual
		card    int64
		expires time.Time
	}{{&over, cardholder.Binding, 0, noon.Add(-time.Second)}, {&live, cardholder.Paying, 7, noon.Add(time.Minute)}} {
		hash := make([]byte, 32)
		_, _ = rand.Read(hash)
		*p.into = cardholder.Pending{
			TokenHash: hash, Ritual: p.ritual, Subject: 101, CardID: p.card, Session: []byte{'{', 0, 0xff},
			ExpiresAt: p.expires,
		}
		if err := store.SaveCeremony(t.Context(), *p.into); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := store.Prune(t.Context(), noon); err != nil || n != 1 {
		t.Errorf("Prune = %d, %v", n, err)
	}
	if _, err := store.TakeCeremony(t.Context(), over.TokenHash); !errors.Is(err, cardholder.ErrNotFound) {
		t.Errorf("the one that is over: %v", err)
	}
	got, err := store.TakeCeremony(t.Context(), live.TokenHash)
	if diff := cmp.Diff(live, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

var _ cardholder.Store = postgres.Credentials{}
