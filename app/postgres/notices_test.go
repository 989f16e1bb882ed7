package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/postgres"
)

// board is the notices of two members: 1 with the stores 1 to 3, of which clerk01
// (account 3) manages 1 and 2, and 2 with the store 4.
type board struct {
	*notice.Service
	t     *testing.T
	db    *postgres.DB
	clock *clock.Fake
}

func openBoard(t *testing.T) *board {
	t.Helper()
	b := &board{t: t, db: openReports(t), clock: clock.NewFake(noon)}
	b.Service = notice.New(b.db.Notices(), b.clock)
	tell(t, b.db, func(ctx context.Context, tx told) error {
		for _, n := range []notice.Notice{
			{MemberID: 1, Title: "whole", At: noon.Add(-time.Hour)},
			{MemberID: 1, StoreID: 1, Title: "store 1", Text: "一\n二", Href: "/member/stores/MS1", At: noon},
			{MemberID: 1, StoreID: 3, Title: "store 3", At: noon},
			{MemberID: 2, StoreID: 4, Title: "other", At: noon},
			{MemberID: 2, Title: "other whole", At: noon},
		} {
			if err := tx.AddNotice(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	return b
}

// shown are the titles that an account sees, the newest first; those it has read in brackets.
func (b *board) shown(id account.ID) string {
	b.t.Helper()
	list, err := b.List(b.t.Context(), actorOf(b.t, b.db, id))
	noError(b.t, err)
	var titles []string
	unread := 0
	for _, n := range list {
		if n.ReadAt.IsZero() {
			unread++
			titles = append(titles, n.Title)
		} else {
			titles = append(titles, "["+n.Title+"]")
		}
	}
	if n, err := b.Unread(b.t.Context(), actorOf(b.t, b.db, id)); err != nil || n != unread {
		b.t.Errorf("account %d has %d unread of %d, %v", id, n, unread, err)
	}
	return strings.Join(titles, ", ")
}

func (b *board) want(owner, other, clerk string) {
	b.t.Helper()
	for id, want := range map[account.ID]string{1: owner, 2: other, 3: clerk} {
		if got := b.shown(id); got != want {
			b.t.Errorf("account %d sees %q, want %q", id, got, want)
		}
	}
}

func TestNoticesAreSeenInTheScopeAndReadByEachAccount(t *testing.T) {
	t.Parallel()
	b := openBoard(t)
	owner, clerk := actorOf(t, b.db, 1), actorOf(t, b.db, 3)
	b.want("store 3, store 1, whole", "other whole, other", "store 1")
	href, err := b.MarkRead(t.Context(), clerk, 2)
	if err != nil || href != "/member/stores/MS1" {
		t.Errorf("it leads to %q, %v", href, err)
	}
	b.want("store 3, store 1, whole", "other whole, other", "[store 1]")
	for name, id := range map[string]notice.ID{"the whole": 1, "another store": 3, "another member": 4, "nothing": 99} {
		if _, err := b.MarkRead(t.Context(), clerk, id); !errors.Is(err, notice.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	noError(t, b.MarkAllRead(t.Context(), owner, 2)) // the third came after the page
	b.want("store 3, [store 1], [whole]", "other whole, other", "[store 1]")
	noError(t, b.MarkAllRead(t.Context(), clerk, 99))
	noError(t, b.MarkAllRead(t.Context(), owner, 99))
	b.want("[store 3], [store 1], [whole]", "other whole, other", "[store 1]")
}

func TestANoticeKeepsTheTimeAtWhichItWasRead(t *testing.T) {
	t.Parallel()
	b := openBoard(t)
	clerk := actorOf(t, b.db, 3)
	for range 2 {
		_, err := b.MarkRead(t.Context(), clerk, 2)
		noError(t, err)
		b.clock.Advance(time.Hour)
	}
	list, err := b.List(t.Context(), clerk)
	noError(t, err)
	want := notice.Notice{
		ID: 2, MemberID: 1, StoreID: 1, Title: "store 1", Text: "一\n二", Href: "/member/stores/MS1", At: noon, ReadAt: noon,
	}
	if len(list) != 1 || list[0] != want {
		t.Errorf("got %+v, want %+v", list, want)
	}
}

func TestANoticeLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	b := openBoard(t)
	for _, href := range []string{
		"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "member",
	} {
		err := b.add(notice.Notice{MemberID: 1, Title: "x", Href: href, At: noon})
		if err == nil {
			t.Errorf("%q was taken", href)
		}
	}
	if err := b.add(notice.Notice{MemberID: 1, StoreID: 4, Title: "x", At: noon}); err == nil {
		t.Error("a notice of another member's store was taken")
	}
}

func (b *board) add(n notice.Notice) error {
	return postgres.InTx(b.t.Context(), b.db, func(ctx context.Context, r audit.Recorder) error {
		return r.(notice.Tx).AddNotice(ctx, n)
	})
}

func TestOldNoticesGoWithTheirReadings(t *testing.T) {
	t.Parallel()
	b := openBoard(t)
	noError(t, b.MarkAllRead(t.Context(), actorOf(t, b.db, 1), 99))
	n, err := b.db.Notices().Prune(t.Context(), noon)
	if err != nil || n != 1 {
		t.Errorf("%d pruned, %v", n, err)
	}
	b.want("[store 3], [store 1]", "other whole, other", "store 1")
}
