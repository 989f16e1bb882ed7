package postgres_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/lockout"
)

func TestLockoutFallsHoldsAndEnds(t *testing.T) {
	t.Parallel()
	db, now := openReports(t), clock.NewFake(noon)
	policy := lockout.Policy{Scope: "test", Limit: 3, Window: 10 * time.Minute, Lock: time.Hour}
	guard := lockout.New(policy, db.Lockouts(), now)
	ctx := t.Context()
	locked := func(key string) bool {
		t.Helper()
		err := guard.Check(ctx, key)
		if err != nil && !errors.Is(err, lockout.ErrLocked) {
			t.Fatal(err)
		}
		return err != nil
	}
	fail := func() {
		t.Helper()
		if err := guard.Fail(ctx, "a"); err != nil {
			t.Fatal(err)
		}
	}

	fail()
	fail()
	if locked("a") {
		t.Fatal("locked after two failures")
	}
	now.Advance(10 * time.Minute) // the window is over: counting starts again
	fail()
	fail()
	if locked("a") {
		t.Fatal("failures of two windows were added up")
	}
	fail()
	if !locked("a") || locked("b") {
		t.Fatal("the third failure must lock this key and no other")
	}
	now.Advance(59 * time.Minute)
	fail() // must not lengthen the lock
	now.Advance(time.Minute)
	if locked("a") {
		t.Fatal("the lock did not end")
	}
	fail()
	fail()
	if locked("a") {
		t.Fatal("a lock that is over counted towards the next")
	}
	if err := guard.Clear(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	fail()
	fail()
	if locked("a") {
		t.Fatal("cleared failures counted")
	}
}

func TestLockoutLetsNoMoreThanTheLimitTryAtOnce(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	guard := lockout.New(lockout.SignIn, db.Lockouts(), clock.NewFake(noon))
	// More tries than the pool has connections: none may wait for ever.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var passed, lasts atomic.Int32
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			last, err := guard.Try(ctx, "name")
			if last {
				lasts.Add(1)
			}
			switch {
			case err == nil:
				passed.Add(1)
			case !errors.Is(err, lockout.ErrLocked):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := int(passed.Load()); got != lockout.SignIn.Limit {
		t.Errorf("%d of 40 tries passed, want %d", got, lockout.SignIn.Limit)
	}
	if lasts.Load() != 1 {
		t.Errorf("%d tries were told to be the last", lasts.Load())
	}
}

func TestPruneDropsOnlyWhatIsOver(t *testing.T) {
	t.Parallel()
	db, now := openReports(t), clock.NewFake(noon)
	policy := lockout.Policy{Scope: "test", Limit: 1, Window: time.Hour, Lock: 4 * time.Hour}
	guard := lockout.New(policy, db.Lockouts(), now)
	for _, step := range []struct {
		key   string
		after time.Duration
	}{{"old", 0}, {"holds", 3 * time.Hour}, {"fresh", 2 * time.Hour}} {
		now.Advance(step.after)
		if err := guard.Fail(t.Context(), step.key); err != nil {
			t.Fatal(err)
		}
	}
	dropped, err := db.Lockouts().Prune(t.Context(), now.Now().Add(-time.Minute))
	if err != nil || dropped != 1 {
		t.Errorf("Prune = %d, %v", dropped, err)
	}
	if err := guard.Check(t.Context(), "holds"); !errors.Is(err, lockout.ErrLocked) {
		t.Errorf("a lock that holds was dropped: %v", err)
	}
}
