package assistant_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
)

// grants reads a stored matrix as "unit level until granted-at", in the order of units.
func (w *world) grants(id account.ID) string {
	w.t.Helper()
	return w.text(`
		SELECT string_agg(concat_ws(' ', unit, level, until, to_char(granted_at AT TIME ZONE 'UTC', 'DD HH24:MI')), E'\n'
			ORDER BY unit)
		FROM account_grants WHERE account_id = $1`, int64(id))
}

func TestSaveChangesWhatTheFormChangesAndTellsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	w.clock.Advance(time.Hour)
	f := form("ignored9")
	f.Revision, f.Email, f.Stores = made.Revision, "new@example.test", []string{"MS4", "MS2"}
	f.Matrix = assistant.Matrix{
		permit.CardTrades:   {Level: permit.Manage, Until: date(t, "2026-12-31")},
		permit.PayLinks:     {Level: permit.None},
		permit.SalesRecords: {Level: permit.View},
	}
	preview, err := w.service.Preview(w.owner, made, f)
	must(t, err)
	must(t, w.service.Save(t.Context(), w.owner, w.by, "CLERK01", f))
	lines := []string{
		"管理者信箱: clerk01@example.test → new@example.test",
		"管理商店:  → MS4 店 MS4",
		"管理商店: MS1 店 MS1 → ",
		"銷售紀錄查詢/交易重新觸發: 不可瀏覽 → 僅可瀏覽",
		"交易查詢/單筆取消授權/請款/退款: 可瀏覽可修改 → 可瀏覽可修改（至 2026-12-31）",
		"查詢快速收款連結的交易: 僅可瀏覽 → 不可瀏覽",
	}
	if diff := cmp.Diff(lines, words(preview)); diff != "" {
		t.Error(diff)
	}
	recorded := []string{"assistant_changed clerk01\n" + strings.Join(lines, "\n"), "assistant_invited clerk01"}
	if diff := cmp.Diff(recorded, w.log(w.owner.Member.ID)[1:]); diff != "" {
		t.Error(diff)
	}
	saved := w.find("clerk01")
	if saved.Revision != made.Revision+1 || saved.Account.Email != "new@example.test" {
		t.Errorf("saved as %+v", saved)
	}
	// card_trades keeps the time of its level; only its end is new.
	const want = "card_trades manage 2026-12-31 24 04:00\nsales_records view 24 05:00"
	if got := w.grants(made.Account.ID); got != want {
		t.Errorf("stored\n%s", got)
	}
}

func TestSaveOfWhatIsThereAlreadyWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	f := form("clerk01")
	f.Revision = made.Revision
	f.Matrix[permit.EWallet] = assistant.Cell{Level: permit.None}
	must(t, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f))
	if diff := cmp.Diff(made, w.find("clerk01")); diff != "" || len(w.log(w.owner.Member.ID)) != 1 {
		t.Errorf("%s\n%q", diff, w.log(w.owner.Member.ID))
	}
}

func TestSaveRefusesAFormThatHasBeenOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	levels := []permit.Level{permit.None, permit.View, permit.Manage}
	errs := make([]error, len(levels))
	var all sync.WaitGroup
	for i, level := range levels {
		all.Go(func() {
			f := form("clerk01")
			f.Revision, f.Matrix = made.Revision, assistant.Matrix{permit.EWallet: {Level: level}}
			errs[i] = w.service.Save(t.Context(), w.owner, w.by, "clerk01", f)
		})
	}
	all.Wait()
	saved := slices.Index(errs, nil)
	for i, err := range errs {
		if i != saved && !errors.Is(err, assistant.ErrChanged) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if saved < 0 {
		t.Fatal("none was saved")
	}
	if got := w.find("clerk01").Matrix()[permit.EWallet].Level; got != levels[saved] {
		t.Errorf("stored %v, saved %v", got, levels[saved])
	}
	if log := w.log(w.owner.Member.ID); len(log) != 2 {
		t.Errorf("recorded %q", log)
	}
}

// Whoever saves while another change is under way waits for it, and then sees it.
func TestSaveWaitsForAnotherChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	other, err := w.db.SQL().BeginTx(t.Context(), nil)
	must(t, err)
	defer func() { _ = other.Rollback() }()
	_, err = other.ExecContext(t.Context(),
		"UPDATE account_grants SET level = 'manage' WHERE account_id = $1 AND unit = 'pay_links'", int64(made.Account.ID))
	must(t, err)
	f := form("clerk01")
	f.Revision, f.Email = made.Revision, "new@example.test"
	saved := make(chan error, 1)
	go func() { saved <- w.service.Save(t.Context(), w.owner, w.by, "clerk01", f) }()
	const waiting = `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock'`
	for tries := 0; w.text(waiting) == "0"; tries++ {
		if tries == 500 {
			t.Fatal("Save does not wait")
		}
		time.Sleep(10 * time.Millisecond)
	}
	must(t, other.Commit())
	if err := <-saved; !errors.Is(err, assistant.ErrChanged) {
		t.Errorf("Save = %v", err)
	}
}

// A grant from the inbox moves the revision as well: an open form must not undo it.
func TestSaveRefusesAFormThatAGrantHasOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	must(t, w.service.Ask(t.Context(), w.actor("clerk01"), w.by, permit.EWallet, permit.View))
	must(t, w.service.Grant(t.Context(), w.owner, w.by, w.open(0).ID))
	f := form("clerk01")
	f.Revision = made.Revision
	if err := w.service.Save(t.Context(), w.owner, w.by, "clerk01", f); !errors.Is(err, assistant.ErrChanged) {
		t.Errorf("Save = %v", err)
	}
}

func TestSaveAndPreviewTellFaultsOfTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	f := assistant.Form{Email: "nobody", Stores: []string{"MS9"}, Revision: made.Revision}
	_, preview := w.service.Preview(w.owner, made, f)
	for _, err := range []error{preview, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f)} {
		if got := fields(err); got != "email stores" {
			t.Errorf("%v: wrong at %q", err, got)
		}
	}
}

// A grant that has ended is 不可瀏覽: a save of something else takes it away and tells
// nothing about it.
func TestSaveTakesAwayWhatHasEndedWithoutAWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	w.run("UPDATE account_grants SET until = '2026-11-23' WHERE account_id = $1 AND unit = 'pay_links'",
		int64(made.Account.ID))
	stored := w.find("clerk01")
	f := form("clerk01")
	f.Revision = stored.Revision
	delete(f.Matrix, permit.PayLinks)
	preview := func() []string {
		t.Helper()
		changes, err := w.service.Preview(w.owner, stored, f)
		must(t, err)
		return words(changes)
	}
	if got := preview(); len(got) != 0 {
		t.Errorf("of a form that changes nothing, Preview = %q", got)
	}
	must(t, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f))
	if diff := cmp.Diff(stored, w.find("clerk01")); diff != "" {
		t.Error(diff)
	}
	f.Stores = []string{"MS1"}
	const line = "管理商店: MS2 店 MS2 → "
	if diff := cmp.Diff([]string{line}, preview()); diff != "" {
		t.Error(diff)
	}
	must(t, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f))
	if got := w.lastLog(); got != "assistant_changed clerk01\n"+line {
		t.Errorf("recorded %s", got)
	}
	if got := w.grants(made.Account.ID); got != "card_trades manage 24 04:00" {
		t.Errorf("stored %q", got)
	}
}

// The access review counts from when a level is held without a break.
func TestAnEndedGrantThatIsGivenAgainCountsAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	w.run("UPDATE account_grants SET until = CASE unit WHEN 'pay_links' THEN date '2026-11-24' ELSE '2026-11-25' END")
	w.clock.Advance(25 * time.Hour)
	f := form("clerk01")
	f.Revision = w.find("clerk01").Revision
	must(t, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f))
	if got := w.lastLog(); got != "assistant_changed clerk01\n"+
		"交易查詢/單筆取消授權/請款/退款: 可瀏覽可修改（至 2026-11-25） → 可瀏覽可修改\n查詢快速收款連結的交易: 不可瀏覽 → 僅可瀏覽" {
		t.Errorf("recorded %s", got)
	}
	// What held until today keeps its time; what ended yesterday does not.
	if got := w.grants(made.Account.ID); got != "card_trades manage 24 04:00\npay_links view 25 05:00" {
		t.Errorf("stored\n%s", got)
	}
}

// formsOf draws forms within the rules.
func formsOf(t *rapid.T, today clock.Date) assistant.Form {
	f := assistant.Form{
		Email: rapid.SampledFrom([]string{"a@example.test", "b@example.test", "c@example.test"}).Draw(t, "mail"),
		Stores: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"MS1", "MS2", "MS3", "MS4"}), 1, 4, rapid.ID).
			Draw(t, "stores"),
		Matrix: assistant.Matrix{},
	}
	for _, row := range permit.Rows() {
		level := permit.Level(rapid.IntRange(0, 2).Draw(t, string(row.Unit)))
		c := assistant.Cell{Level: level}
		if level != permit.None && rapid.Bool().Draw(t, "ends") {
			c.Until = today.AddDays(rapid.IntRange(0, 1800).Draw(t, "days"))
		}
		if level != permit.None || rapid.Bool().Draw(t, "says none") {
			f.Matrix[row.Unit] = c
		}
	}
	return f
}

// facts is the reference model: what a form sets, each thing by the name under which
// a change of it is told.
func facts(f assistant.Form) map[string]string {
	set := map[string]string{"管理者信箱": f.Email}
	for _, id := range f.Stores {
		set["管理商店 "+id+" 店 "+id] = "v"
	}
	for _, row := range permit.Rows() {
		c := f.Matrix[row.Unit]
		set[row.Label] = c.Level.Label()
		if !c.Until.IsZero() {
			set[row.Label] += "（至 " + c.Until.String() + "）"
		}
	}
	return set
}

// told is the difference of two forms by the model, sorted.
func told(before, after map[string]string) []string {
	lines := []string{}
	for name := range union(before, after) {
		if store, ok := strings.CutPrefix(name, "管理商店 "); ok && before[name] != after[name] {
			line := "管理商店: " + store + " → "
			if before[name] == "" {
				line = "管理商店:  → " + store
			}
			lines = append(lines, line)
		} else if before[name] != after[name] {
			lines = append(lines, name+": "+before[name]+" → "+after[name])
		}
	}
	slices.Sort(lines)
	return lines
}

func union(a, b map[string]string) map[string]bool {
	keys := map[string]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	return keys
}

// asForm is the form that sets what an assistant has.
func asForm(a assistant.Assistant) assistant.Form {
	f := assistant.Form{Email: a.Account.Email, Matrix: a.Matrix()}
	for _, store := range a.Stores {
		f.Stores = append(f.Stores, store.MerchantID)
	}
	return f
}

// What was mailed to a wrong address must not stay good once the address is right.
func TestANewMailAddressTakesTheLinksAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for login, state := range map[string]assistant.State{"clerk01": assistant.Invited, "clerk02": assistant.Active} {
		made := w.createIn(login, state)
		old, mails := w.lastMail(), len(w.mails())
		f := form(login)
		f.Email, f.Revision = "right@example.test", made.Revision
		must(t, w.service.Save(t.Context(), w.owner, w.by, login, f))
		if got := w.linkIn(old); got != login+" invitation 3 days used" {
			t.Errorf("the old link is %q", got)
		}
		sent := w.mails()[mails:]
		if state == assistant.Active && len(sent) != 0 || state == assistant.Invited && len(sent) != 1 {
			t.Fatalf("%s: mailed %v", state, sent)
		}
		if got, again := w.lastLog(), "assistant_invited "+login; (got == again) != (state == assistant.Invited) {
			t.Errorf("%s: recorded %s", state, got)
		}
		if len(sent) == 1 && (sent[0].To != "right@example.test" || w.linkIn(sent[0]) != login+" invitation 3 days open") {
			t.Errorf("mailed %+v", sent[0])
		}
	}
}

func TestWhateverIsSavedIsStoredAndTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	today := clock.DateOf(noon)
	rapid.Check(t, func(rt *rapid.T) {
		f := formsOf(rt, today)
		old := w.find("clerk01")
		f.Revision = old.Revision
		entries := len(w.log(w.owner.Member.ID))
		must(t, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f))

		now := w.find("clerk01")
		if diff := cmp.Diff(facts(f), facts(asForm(now))); diff != "" {
			rt.Fatal(diff)
		}
		if left, err := w.service.Preview(w.owner, now, f); err != nil || len(left) != 0 {
			rt.Fatalf("after saving, Preview = %v, %v", left, err)
		}
		want := told(facts(asForm(old)), facts(f))
		log := w.log(w.owner.Member.ID)[entries:]
		if len(want) == 0 && (len(log) != 0 || now.Revision != old.Revision) {
			rt.Fatalf("nothing changed, and recorded %q, revision %d to %d", log, old.Revision, now.Revision)
		}
		if len(want) > 0 {
			if len(log) != 1 || now.Revision != old.Revision+1 {
				rt.Fatalf("recorded %q, revision %d to %d", log, old.Revision, now.Revision)
			}
			lines := strings.Split(log[0], "\n")[1:]
			slices.Sort(lines)
			if diff := cmp.Diff(want, lines); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}
