package postgres_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/postgres"
)

// mailQueue takes the jobs of mails; none is worked.
type mailQueue struct{ postgres.Queue }

func (mailQueue) Mail(context.Context, *sql.Tx, int64) error { return nil }

// told is what stores mails and notices with a change.
type told interface {
	notice.Tx
	Mail(ctx context.Context, m notify.Mail) error
}

func tell(t *testing.T, db *postgres.DB, do func(ctx context.Context, tx told) error) {
	t.Helper()
	noError(t, postgres.InTx(t.Context(), db, func(ctx context.Context, r audit.Recorder) error {
		return do(ctx, r.(told))
	}))
}

func letter(to string) notify.Mail {
	return notify.Mail{To: to, Subject: "信", Text: "連結 TOKEN", HTML: "<p>連結 TOKEN</p>", At: noon}
}

func owe(t *testing.T, db *postgres.DB, mails ...notify.Mail) {
	t.Helper()
	tell(t, db, func(ctx context.Context, tx told) error {
		for _, m := range mails {
			if err := tx.Mail(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestBothPartsOfAMailAreSealedAndOutliveANewKey(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	s.db.UseQueue(mailQueue{})
	plain := letter("b@mail.example")
	plain.HTML = ""
	owe(t, s.db, letter("a@mail.example"), plain)
	var open int
	noError(t, s.db.SQL().QueryRowContext(t.Context(), `SELECT count(*) FROM mails WHERE mails::text LIKE '%TOKEN%'
		OR position('TOKEN'::bytea IN coalesce(body_sealed, '') || coalesce(html_sealed, '')) > 0`).Scan(&open))
	if open != 0 {
		t.Errorf("%d rows tell what they should keep", open)
	}
	db := s.open(s.fresh)
	all, err := db.Reseal(t.Context(), postgres.ResealOptions{})
	noError(t, err)
	if done, remaining := left(t, all); done != 3 || remaining != 0 {
		t.Errorf("%d sealed anew, %d left", done, remaining)
	}
	for id, want := range map[int64]notify.Mail{1: letter("a@mail.example"), 2: plain} {
		got, ended, err := db.Notifications().Mail(t.Context(), id)
		noError(t, err)
		want.ID = id
		if diff := cmp.Diff(want, got); diff != "" || ended {
			t.Errorf("mail %d, ended %v: %s", id, ended, diff)
		}
	}
}

func TestAMailEndsOnceAndLosesItsText(t *testing.T) {
	t.Parallel()
	now := noon.Add(time.Minute)
	for name, c := range map[string]struct {
		before int // tries in vain
		try    notify.MailTry
		ends   bool
	}{
		"the first try in vain": {0, notify.MailTry{At: now, Failure: "SMTP 450"}, false},
		"the last but one":      {notify.MailTries - 2, notify.MailTry{At: now, Failure: "SMTP 450"}, false},
		"the last":              {notify.MailTries - 1, notify.MailTry{At: now, Failure: "SMTP 450"}, true},
		"refused for good":      {0, notify.MailTry{At: now, Failure: "SMTP 550", Final: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openReports(t)
			db.UseQueue(mailQueue{})
			owe(t, db, letter("a@mail.example"))
			run(t, db, "UPDATE mails SET tries = $1", c.before)
			mails := db.Notifications()
			ends, err := mails.MailTried(t.Context(), 1, c.try)
			noError(t, err)
			m, ended, err := mails.Mail(t.Context(), 1)
			noError(t, err)
			if ends != c.ends || ended != c.ends || (m.Text == "") != c.ends || (m.HTML == "") != c.ends {
				t.Errorf("given up %v, ended %v, text %q, HTML %q", ends, ended, m.Text, m.HTML)
			}
			var failure string
			var tries int
			noError(t, db.SQL().QueryRowContext(t.Context(), "SELECT failure, tries FROM mails").Scan(&failure, &tries))
			if failure != c.try.Failure || tries != c.before+1 {
				t.Errorf("%d tries, the last %q", tries, failure)
			}
			if !c.ends {
				noError(t, mails.MarkSent(t.Context(), 1, now))
			}
			if _, err := mails.MailTried(t.Context(), 1, c.try); err == nil {
				t.Error("a mail that has ended was tried")
			}
			if err := mails.MarkSent(t.Context(), 1, now); err == nil {
				t.Error("a mail that has ended was sent")
			}
		})
	}
}
