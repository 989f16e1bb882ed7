package assistant_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
)

func TestCreateStoresInvitesAndRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := form("　ｃｌｅｒｋ０１")
	f.Email = " clerk@example.test "
	f.Matrix[permit.PayLinks] = assistant.Cell{Level: permit.View, Until: date(t, "2026-12-31")}
	f.Matrix[permit.EWallet] = assistant.Cell{}
	made, err := w.service.Create(t.Context(), w.owner, w.by, f)
	must(t, err)
	want := assistant.Assistant{
		Account: account.Account{
			ID: made.Account.ID, Kind: account.Assistant, Login: "clerk01", Email: "clerk@example.test",
			Status: account.Active,
		},
		State: assistant.Invited, Stores: w.owner.Stores[:2], Revision: made.Revision, CreatedAt: noon,
		Grants: []account.Grant{
			{Unit: "card_trades", Level: "manage"},
			{Unit: "pay_links", Level: "view", Until: date(t, "2026-12-31")},
		},
		InvitedUntil: noon.Add(72 * time.Hour),
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	if got := w.text("SELECT password_hash FROM accounts WHERE id = $1", int64(made.Account.ID)); got != "" {
		t.Errorf("it has the password %q", got)
	}
	letter := w.lastMail()
	if letter.To != "clerk@example.test" || !strings.Contains(letter.Text, "統一編號：12345675") {
		t.Errorf("mailed %+v", letter)
	}
	if got := w.linkIn(letter); got != "clerk01 invitation 3 days open" {
		t.Errorf("the mail leads to %q", got)
	}
	const log = `assistant_created clerk01
管理者信箱:  → clerk@example.test
管理商店:  → MS1 店 MS1
管理商店:  → MS2 店 MS2
交易查詢/單筆取消授權/請款/退款: 不可瀏覽 → 可瀏覽可修改
查詢快速收款連結的交易: 不可瀏覽 → 僅可瀏覽（至 2026-12-31）`
	if diff := cmp.Diff(log, w.lastLog()); diff != "" {
		t.Error(diff)
	}
}

func TestCreateRefusesALoginThatIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("clerk01")
	for _, login := range []string{"clerk01", "CLERK01", "Owner01"} {
		_, err := w.service.Create(t.Context(), w.owner, w.by, form(login))
		if !errors.Is(err, account.ErrLoginTaken) || fault.From(err).Field != "login" {
			t.Errorf("%s: %v", login, err)
		}
	}
	if mails, log := len(w.mails()), len(w.log(w.owner.Member.ID)); mails != 1 || log != 1 {
		t.Errorf("%d mails and %d entries after one creation", mails, log)
	}
	f := form("clerk01")
	f.Stores = []string{"MS9"}
	if _, err := w.service.Create(t.Context(), w.other, w.by, f); err != nil {
		t.Errorf("the login of another member's assistant: %v", err)
	}
	if log := w.log(w.other.Member.ID); len(log) != 1 {
		t.Errorf("the other member's chain has %q", log)
	}
}

func TestSixtyIsTheLimitHoweverManyAreCreatedAtOnce(t *testing.T) {
	t.Parallel()
	for _, tries := range []int{61, 80} {
		w := newWorld(t)
		errs := make([]error, tries)
		var all sync.WaitGroup
		for i := range tries {
			all.Go(func() {
				_, errs[i] = w.service.Create(t.Context(), w.owner, w.by, form(w.numbered(i)))
			})
		}
		all.Wait()
		made, full := 0, 0
		for _, err := range errs {
			switch {
			case err == nil:
				made++
			case errors.Is(err, assistant.ErrFull):
				full++
			default:
				t.Error(err)
			}
		}
		if made != assistant.Limit || full != tries-assistant.Limit {
			t.Errorf("of %d, %d were made and %d refused", tries, made, full)
		}
		const seats = `SELECT concat_ws(' ', min(seat), max(seat), count(DISTINCT seat), count(*))
			FROM accounts WHERE kind = 'assistant'`
		if got := w.text(seats); got != "1 60 60 60" {
			t.Errorf("lowest, highest, distinct and all seats: %s", got)
		}
		if mails, log := len(w.mails()), len(w.log(w.owner.Member.ID)); mails != 60 || log != 60 {
			t.Errorf("%d mails, %d entries", mails, log)
		}
		w.checkSeatComesBack()
	}
}

func (w *world) numbered(i int) string {
	return "clerk" + string(rune('0'+i/10)) + string(rune('0'+i%10))
}

// checkSeatComesBack removes one of sixty assistants, and makes another.
func (w *world) checkSeatComesBack() {
	w.t.Helper()
	list, err := w.service.List(w.t.Context(), w.owner, assistant.Filter{})
	must(w.t, err)
	if list.Used != assistant.Limit || len(list.Assistants) != assistant.Limit {
		w.t.Fatalf("%d used, %d listed", list.Used, len(list.Assistants))
	}
	gone := list.Assistants[17]
	if _, err := w.service.Create(w.t.Context(), w.owner, w.by, form("late01")); !errors.Is(err, assistant.ErrFull) {
		w.t.Errorf("the sixty-first: %v", err)
	}
	seat := w.text("SELECT seat FROM accounts WHERE id = $1", int64(gone.Account.ID))
	must(w.t, w.service.Remove(w.t.Context(), w.owner, w.by, gone.Account.Login))
	again := w.create(gone.Account.Login)
	if got := w.text("SELECT seat FROM accounts WHERE id = $1", int64(again.Account.ID)); got != seat {
		w.t.Errorf("seat %s came back as %s", seat, got)
	}
	// The other member has its own sixty.
	f := form("clerk01")
	f.Stores = []string{"MS9"}
	if _, err := w.service.Create(w.t.Context(), w.other, w.by, f); err != nil {
		w.t.Error(err)
	}
}
