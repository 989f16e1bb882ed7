package onboarding_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
)

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// table says for each state of an application which moves it has, with the least role and
// * where the applicant may: written down apart from the program's own.
var table = map[onboarding.State]string{
	onboarding.Submitted: "start_contact agent, return agent, withdraw agent*, merge agent",
	onboarding.Contacting: "confirm agent, ask_info agent, return agent, withdraw agent*, merge agent, " +
		"deactivate reviewer",
	onboarding.NeedsInfo: "answer agent*, return agent, withdraw agent*, merge agent, deactivate reviewer",
	onboarding.Confirmed: "propose agent, ask_info agent, return agent, withdraw agent*, merge agent, " +
		"deactivate reviewer",
	onboarding.Activating: "propose agent, activate reviewer, ask_info agent, send_back reviewer, return reviewer, " +
		"deactivate reviewer",
	onboarding.Activated:   "propose agent, deactivate reviewer",
	onboarding.Deactivated: "propose agent",
	onboarding.Returned:    "reopen reviewer, deactivate reviewer",
	onboarding.Withdrawn:   "deactivate reviewer", onboarding.Answered: "", onboarding.Merged: "deactivate reviewer",
}

func TestEveryStateHasItsMovesAndNoOthers(t *testing.T) {
	t.Parallel()
	for _, state := range onboarding.States {
		want := map[string]bool{}
		for line := range strings.SplitSeq(table[state], ", ") {
			want[line] = line != ""
		}
		delete(want, "")
		a := onboarding.Application{Kind: onboarding.Apply, State: state}
		got := map[string]bool{}
		for _, m := range onboarding.Allowed(a) {
			line := string(m) + " " + string(m.Role(state))
			if onboarding.ApplicantMay(a, m) {
				line += "*"
			}
			got[line] = true
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s has %v, want %v", state, got, want)
		}
		for _, role := range []account.Role{account.Agent, account.Reviewer, account.Admin} {
			for _, m := range onboarding.Allowed(a) {
				need := m.Role(state)
				may := role == account.Admin || role == need || role == account.Reviewer
				if may != onboarding.MayTake(role, m, state) {
					t.Errorf("%s may take %s from %s: %v", role, m, state, !may)
				}
			}
		}
		if state.Label() == "" {
			t.Errorf("%s has no label", state)
		}
	}
}

func TestAFormIsToldWhatIsWrongBesideEachField(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	_, err := w.service.Submit(t.Context(), onboarding.Form{Phone: "12", Email: "a@b@c"}, onboarding.Applicant{})
	var group fault.Group
	if !errors.As(err, &group) {
		t.Fatal(err)
	}
	var fields []string
	for _, f := range group {
		fields = append(fields, f.Field)
	}
	if got := strings.Join(fields, " "); got != "kind subject name phone email slots consent" {
		t.Errorf("faults at %s", got)
	}
	if n := w.count("SELECT count(*) FROM applications"); n != 0 {
		t.Errorf("%d applications", n)
	}
}

func TestAnApplicantFollowsByReceiptAndMail(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	a := w.submitted()
	if n := w.count("SELECT count(*) FROM mails WHERE recipient = 'chen@example.test'"); n != 1 {
		t.Fatalf("%d mails", n)
	}
	for _, wrong := range []string{"other@example.test", "chen@example.tests"} {
		must(t, w.service.AskLink(t.Context(), a.Receipt, wrong))
	}
	must(t, w.service.AskLink(t.Context(), "PK261124-000000", "chen@example.test"))
	if n := w.count("SELECT count(*) FROM mails"); n != 1 {
		t.Errorf("%d mails after wrong asks", n)
	}
	must(t, w.service.AskLink(t.Context(), a.Receipt, " CHEN@example.test "))
	if n := w.count("SELECT count(*) FROM mails"); n != 2 {
		t.Errorf("%d mails after the right one", n)
	}
	_, err := w.service.ByLink(t.Context(), "nonsense")
	wantErr(t, err, onboarding.ErrLink)
	w.run("UPDATE application_links SET expires_at = $1", w.clock.Now())
	if n := w.count("SELECT count(*) FROM application_links WHERE expires_at > $1", w.clock.Now()); n != 0 {
		t.Errorf("%d links", n)
	}
}

func TestTwoPersonsActivateAStore(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	a := w.confirmed()
	if got := a.Due.Until.String(); got != "2026-12-01" || a.Due.From.String() != "2026-11-27" {
		t.Errorf("due from %s until %s", a.Due.From, got)
	}
	first := a.Stores[0].ID
	a = w.moved("reviewer01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: first})
	if w.count("SELECT count(*) FROM stores WHERE passkey") != 0 {
		t.Fatal("one person has activated a store")
	}
	_, err := w.move("reviewer01", a, onboarding.MoveForm{Move: onboarding.Activate, Store: first})
	wantErr(t, err, onboarding.ErrSamePerson)
	_, err = w.move("agent01", a, onboarding.MoveForm{Move: onboarding.Activate, Store: first})
	wantErr(t, err, onboarding.ErrRole)
	a = w.moved("reviewer02", a, onboarding.MoveForm{Move: onboarding.Activate, Store: first})
	if a.State != onboarding.Confirmed || w.count("SELECT count(*) FROM stores WHERE passkey") != 1 {
		t.Errorf("one of two stores active: %s", a.State)
	}
	second := a.Stores[1].ID
	a = w.moved("agent01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: second})
	a = w.moved("reviewer02", a, onboarding.MoveForm{Move: onboarding.Activate, Store: second})
	if a.State != onboarding.Activated {
		t.Errorf("both active: %s", a.State)
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM store_events WHERE passkey_on AND login = 'reviewer02'`: 2,
		`SELECT count(*) FROM audit_entries WHERE kind = 'store_passkey_on' AND chain = 1
			AND login = '支援人員 reviewer02'`: 2,
		`SELECT count(*) FROM audit_entries WHERE kind = 'store_passkey_on' AND chain = 0`: 2,
		`SELECT count(*) FROM notices WHERE member_id = 1 AND title = 'Passkey服務已開通'`:      2,
		`SELECT count(*) FROM mails WHERE subject LIKE '%Passkey服務已開通'`:                    4,
	} {
		if n := w.count(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	a = w.moved("reviewer01", a, onboarding.MoveForm{Move: onboarding.Deactivate, Store: first, Reason: onboarding.Risk})
	must(t, w.service.SwitchOff(t.Context(), w.staff["admin01"], onboarding.SwitchOffForm{
		MerchantID: "MS100000002", Reason: onboarding.MemberAsked,
	}))
	c, err := w.service.Case(t.Context(), a.Receipt)
	must(t, err)
	if c.State != onboarding.Deactivated || w.count("SELECT count(*) FROM stores WHERE passkey") != 0 {
		t.Errorf("all off: %s", c.State)
	}
	w.clock.Advance(7 * 24 * time.Hour)
	again := w.moved("agent01", c.Application, onboarding.MoveForm{Move: onboarding.Propose, Store: first})
	if again.State != onboarding.Activating || again.Due.Until.String() != "2026-12-08" {
		t.Errorf("重新開通: %s until %s", again.State, again.Due.Until)
	}
}

func TestOnePersonIsEnoughWhereTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	w := openDesk(t, true)
	a := w.confirmed()
	a = w.moved("agent01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: a.Stores[0].ID})
	if a.Stores[0].Standing != onboarding.StoreActive || w.count("SELECT count(*) FROM stores WHERE passkey") != 1 {
		t.Errorf("%s", a.Stores[0].Standing)
	}
}

func TestAStoreThatIsNotReadyIsNotProposed(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	a := w.confirmed()
	w.checker.verdict = onboarding.Fail
	_, err := w.move("agent01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: a.Stores[0].ID})
	wantErr(t, err, onboarding.ErrNotReady)
}

func TestAnApplicantAnswersWhatWasAsked(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	a := w.confirmed()
	_, err := w.move("agent01", a, onboarding.MoveForm{Move: onboarding.AskInfo, Text: "缺文件"})
	wantErr(t, err, onboarding.ErrReason)
	a = w.moved("agent01", a, onboarding.MoveForm{Move: onboarding.AskInfo, Reason: onboarding.Documents, Text: "請附證明"})
	if !a.Due.Until.IsZero() {
		t.Error("the clock runs while the applicant is asked")
	}
	pdf := append([]byte("%PDF-1.4\n"), []byte("x\n%%EOF\n")...)
	for name, content := range map[string][]byte{
		"page.html": []byte("<html><script>1</script>"), "fake.pdf": []byte("%PDF-1.4 cut off"),
		"bad.png": []byte("\x89PNG\r\n\x1a\nnothing"),
	} {
		_, err = w.service.Answer(t.Context(), onboarding.Applicant{}, onboarding.AnswerForm{
			Receipt: a.Receipt, Version: a.Version, Files: []onboarding.Upload{{Name: name, Content: content}},
		})
		wantErr(t, err, onboarding.ErrFileType)
	}
	a, err = w.service.Answer(t.Context(), onboarding.Applicant{}, onboarding.AnswerForm{
		Receipt: a.Receipt, Version: a.Version, Files: []onboarding.Upload{{Name: "../../x\".pdf", Content: pdf}},
	})
	must(t, err)
	c, err := w.service.Case(t.Context(), a.Receipt)
	must(t, err)
	if c.State != onboarding.Contacting || len(c.Attachments) != 1 || strings.ContainsAny(c.Attachments[0].Name, `/"`) {
		t.Errorf("%s with %+v", c.State, c.Attachments)
	}
	f, err := w.service.File(t.Context(), a.Receipt, c.Attachments[0].ID)
	must(t, err)
	if string(f.Content) != string(pdf) || f.Type != "application/pdf" {
		t.Errorf("the file is %s", f.Type)
	}
	other := w.submitted()
	_, err = w.service.File(t.Context(), other.Receipt, c.Attachments[0].ID)
	wantErr(t, err, onboarding.ErrNotFound)
}

func TestOfTwoAtOnceOneMovesAndOneIsTold(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	a := w.submitted()
	errs := make([]error, 6)
	var both sync.WaitGroup
	for i := range errs {
		both.Go(func() {
			who := []string{"agent01", "reviewer01"}[i%2]
			f := onboarding.MoveForm{Move: onboarding.StartContact}
			if i%2 == 1 {
				f = onboarding.MoveForm{Move: onboarding.Return, Reason: onboarding.NoAnswer}
			}
			_, errs[i] = w.move(who, a, f)
		})
	}
	both.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			wantErr(t, err, onboarding.ErrStale)
		}
	}
	if done != 1 || w.count("SELECT count(*) FROM application_steps") != 2 {
		t.Errorf("%d of %d moved", done, len(errs))
	}
}

func TestDuplicatesAreFoundAndMerged(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	first, second := w.confirmed(), w.submitted()
	must(t, w.service.AddNote(t.Context(), w.staff["agent01"], second.Receipt, "同一人"))
	alike, err := w.service.Alike(t.Context(), second)
	must(t, err)
	if len(alike) != 1 || alike[0].Receipt != first.Receipt {
		t.Fatalf("alike: %v", alike)
	}
	_, err = w.move("agent01", second, onboarding.MoveForm{Move: onboarding.Merge, Into: second.Receipt})
	wantErr(t, err, onboarding.ErrMerge)
	w.moved("agent01", second, onboarding.MoveForm{Move: onboarding.Merge, Into: first.Receipt})
	c, err := w.service.Case(t.Context(), first.Receipt)
	must(t, err)
	if len(c.Notes) != 1 || len(c.MergedFrom) != 1 {
		t.Errorf("notes %v, merged from %v", c.Notes, c.MergedFrom)
	}
}

func TestAMemberSeesItsOwnApplicationsOnly(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	f := goodForm()
	f.Stores = []string{"MS100000001", "MS300000001"}
	_, err := w.service.Submit(t.Context(), f, onboarding.Applicant{Member: 1})
	if fault.From(err).Field != "stores" {
		t.Errorf("another's store: %v", err)
	}
	f.Stores = []string{"MS100000001"}
	a, err := w.service.Submit(t.Context(), f, onboarding.Applicant{Member: 1})
	must(t, err)
	_, err = w.service.Submit(t.Context(), f, onboarding.Applicant{Member: 1})
	if fault.From(err).Field != "stores" {
		t.Errorf("the same store twice: %v", err)
	}
	for of, want := range map[member.ID]error{1: nil, 2: onboarding.ErrNotFound, 0: onboarding.ErrNotFound} {
		_, err = w.service.MemberCase(t.Context(), account.Actor{Member: member.Member{ID: of}}, a.Receipt)
		if !errors.Is(err, want) {
			t.Errorf("member %d: %v", of, err)
		}
	}
}

func TestAStoreIsAppliedForOnce(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	f := goodForm()
	f.Stores = []string{"MS100000001", "MS100000002"}
	errs := make([]error, 6)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = w.service.Submit(t.Context(), f, onboarding.Applicant{Member: 1}) })
	}
	all.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if fault.From(err).Field != "stores" {
			t.Error(err)
		}
	}
	if n := w.count("SELECT count(*) FROM applications"); done != 1 || n != 1 {
		t.Errorf("%d of %d at once were taken, %d are stored", done, len(errs), n)
	}
}

// A form that is sent again, at the same time or later, is the same application; another one
// that was typed into the same form is another one.
func TestAFormIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	f := goodForm()
	f.Once = "a form that was handed out"
	receipts := make([]onboarding.Receipt, 6)
	var all sync.WaitGroup
	for i := range receipts {
		all.Go(func() {
			a, err := w.service.Submit(t.Context(), f, onboarding.Applicant{})
			if err != nil {
				t.Error(err)
			}
			receipts[i] = a.Receipt
		})
	}
	all.Wait()
	for _, r := range receipts {
		if r == "" || r != receipts[0] {
			t.Fatalf("receipts %v", receipts)
		}
	}
	f.Name = "另一家"
	other, err := w.service.Submit(t.Context(), f, onboarding.Applicant{})
	must(t, err)
	if n := w.count("SELECT count(*) FROM applications"); n != 2 || other.Receipt == receipts[0] {
		t.Errorf("%d applications, receipts %s and %s", n, receipts[0], other.Receipt)
	}
	if n := w.count("SELECT count(*) FROM mails"); n != 2 {
		t.Errorf("%d mails", n)
	}
}

func TestWhatIsDueComesFirst(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	late := w.submitted()
	due := w.confirmed()
	page, err := w.service.Queue(t.Context(), onboarding.QueueFilter{Open: true})
	must(t, err)
	if page.Total != 2 || page.Applications[0].Receipt != due.Receipt || page.Applications[1].Receipt != late.Receipt {
		t.Errorf("%+v", page)
	}
	for days, want := range map[int]onboarding.Urgency{
		0: onboarding.OnTime, 7: onboarding.LastDay, 8: onboarding.Overdue,
	} {
		if got := due.Urgency(w.clock.Now().AddDate(0, 0, days)); got != want {
			t.Errorf("after %d days: %s, want %s", days, got, want)
		}
	}
	for _, query := range []string{
		string(due.Receipt), "0223456789", "chen@example.test", "12345675", "ms100000001", "晴川",
	} {
		page, err := w.service.Queue(t.Context(), onboarding.QueueFilter{Query: query})
		must(t, err)
		if page.Total == 0 {
			t.Errorf("%s finds nothing", query)
		}
	}
	w.clock.Advance(8 * 24 * time.Hour)
	figures, err := w.service.Figures(t.Context())
	must(t, err)
	if figures.Open != 2 || figures.Overdue != 1 || len(figures.Activated) != 12 {
		t.Errorf("%+v", figures)
	}
	calls, err := w.service.CallList(t.Context())
	must(t, err)
	if len(calls) != 1 || calls[0].Slot != onboarding.Slot13 {
		t.Errorf("calls %+v", calls)
	}
}

// Whatever our staff try, a store has Passkey exactly while it stands active in an
// application, and each change that was made has its version, its step and its entry.
func TestNoSequenceOfMovesBreaksACase(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	logins := []string{"agent01", "reviewer01", "reviewer02", "admin01"}
	a := w.confirmed()
	rapid.Check(t, func(t *rapid.T) {
		for range 12 {
			f := onboarding.MoveForm{
				Receipt: a.Receipt, Version: a.Version, Move: rapid.SampledFrom(onboarding.Moves).Draw(t, "move"),
				Store: rapid.SampledFrom(a.Stores).Draw(t, "store").ID, Text: "說明",
			}
			if f.Move == onboarding.WithdrawIt || f.Move == onboarding.Return { // ends the case
				continue
			}
			if reasons := f.Move.Reasons(); len(reasons) > 0 {
				f.Reason = reasons[0]
			}
			who := w.staff[rapid.SampledFrom(logins).Draw(t, "who")]
			steps := w.count("SELECT count(*) FROM application_steps")
			next, err := w.service.Move(w.t.Context(), who, f)
			more := w.count("SELECT count(*) FROM application_steps") - steps
			if err == nil {
				if next.Version != a.Version+1 || more != 1 {
					t.Fatalf("%s: version %d after %d, %d steps", f.Move, next.Version, a.Version, more)
				}
				a = next
			} else if more != 0 || fault.From(err).Kind == fault.Internal {
				t.Fatalf("%s from %s was refused with %v and %d steps", f.Move, a.State, err, more)
			}
			wrong := w.count(`SELECT count(*) FROM stores s WHERE s.passkey <> EXISTS (
				SELECT FROM application_stores x WHERE x.store_id = s.id AND x.standing = 'active')`)
			proposed := w.count("SELECT count(*) FROM application_stores WHERE standing = 'proposed'")
			if wrong != 0 || (proposed > 0) != (a.State == onboarding.Activating) {
				t.Fatalf("after %s: %s, %d proposed, %d stores stand wrong", f.Move, a.State, proposed, wrong)
			}
		}
	})
}
