package onboarding_test

import (
	"errors"
	"fmt"
	"slices"
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

// switchOff switches a store's Passkey off from the store's page.
func (w *desk) switchOff(merchantID string) error {
	return w.service.SwitchOff(w.t.Context(), w.staff["reviewer01"], onboarding.SwitchOffForm{
		MerchantID: merchantID, Reason: onboarding.Risk,
	})
}

// activated has one of an application's stores activated by two people.
func (w *desk) activated(a onboarding.Application, store int) onboarding.Application {
	w.t.Helper()
	id := a.Stores[store].ID
	a = w.moved("agent01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: id})
	return w.moved("reviewer02", a, onboarding.MoveForm{Move: onboarding.Activate, Store: id})
}

// filled is a move with all that it needs besides its state, its store and its mover.
func filled(m onboarding.Move, into onboarding.Receipt) onboarding.MoveForm {
	f := onboarding.MoveForm{Move: m, Text: "說明", Into: into}
	if reasons := m.Reasons(); len(reasons) > 0 {
		f.Reason = reasons[0]
	}
	return f
}

// expected is the least role for a move of a state, from the test's own table; "" for none.
func expected(state onboarding.State, kind onboarding.Kind, m onboarding.Move) account.Role {
	lines := table[state]
	if kind == onboarding.Consult {
		lines = map[onboarding.State]string{
			onboarding.Submitted:  "start_contact agent, withdraw agent, merge agent, answer_question agent, convert agent",
			onboarding.Contacting: "withdraw agent, merge agent, answer_question agent, convert agent",
			onboarding.NeedsInfo:  "withdraw agent, merge agent", onboarding.Confirmed: "withdraw agent, merge agent",
		}[state]
	}
	for line := range strings.SplitSeq(lines, ", ") {
		if name, role, ok := strings.Cut(strings.TrimSuffix(line, "*"), " "); ok && name == string(m) {
			return account.Role(role)
		}
	}
	return ""
}

// The whole table through the service: what is not in it is refused, whoever tries, and
// leaves nothing behind; what is in it is refused to lower roles alone.
func TestEveryMoveOfEveryStateByEveryRole(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	a, into := w.confirmed(), w.submitted()
	ranks := []account.Role{account.Agent, account.Reviewer, account.Admin}
	for _, kind := range onboarding.Kinds {
		for _, state := range onboarding.States {
			for _, m := range onboarding.Moves {
				for _, login := range []string{"agent01", "reviewer01", "admin01"} {
					w.run(`UPDATE applications SET version = 1, kind = $2::application_kind, state = $3::application_state,
						merged_into = CASE WHEN $3 = 'merged' THEN $4::bigint END WHERE id = $1`,
						int64(a.ID), string(kind), string(state), int64(into.ID))
					steps := w.count("SELECT count(*) FROM application_steps")
					a.Version = 1
					f := filled(m, into.Receipt)
					f.Store = a.Stores[0].ID
					_, err := w.move(login, a, f)
					role := expected(state, kind, m)
					at := fmt.Sprintf("%s of a %s from %s by %s", m, kind, state, login)
					high := slices.Index(ranks, w.staff[login].Role) >= slices.Index(ranks, role)
					switch {
					case role == "" && !errors.Is(err, onboarding.ErrTransition):
						t.Errorf("%s: %v, want a refusal by the table", at, err)
					case role != "" && (errors.Is(err, onboarding.ErrTransition) || errors.Is(err, onboarding.ErrRole) == high):
						t.Errorf("%s: %v, and it needs %s", at, err, role)
					case err != nil && fault.From(err).Kind == fault.Internal:
						t.Errorf("%s: %v", at, err)
					}
					more := w.count("SELECT count(*) FROM application_steps") - steps
					if (err == nil) != (more == 1) || more > 1 {
						t.Errorf("%s: %v with %d steps", at, err, more)
					}
				}
			}
		}
	}
}

func TestAStoreIsSwitchedOffWhereverItsApplicationHasGone(t *testing.T) {
	t.Parallel()
	for name, way := range map[string][]onboarding.Move{
		"while another store waits": nil, "while the applicant is asked": {onboarding.AskInfo},
		"after an answer": {onboarding.AskInfo, onboarding.AnswerInfo}, "returned": {onboarding.Return},
		"withdrawn": {onboarding.WithdrawIt}, "merged": {onboarding.Merge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openDesk(t, false)
			into := w.submitted()
			a := w.activated(w.confirmed(), 0)
			for _, m := range way {
				a = w.moved("agent01", a, filled(m, into.Receipt))
			}
			must(t, w.switchOff("MS100000001"))
			c, err := w.service.Case(t.Context(), a.Receipt)
			must(t, err)
			if c.State != a.State || c.Stores[0].Standing != onboarding.StoreOff {
				t.Errorf("%s with a store that is %s, want %s", c.State, c.Stores[0].Standing, a.State)
			}
			if w.count("SELECT count(*) FROM stores WHERE passkey") != 0 {
				t.Error("Passkey is on")
			}
		})
	}
}

func TestAStoreIsOnByOneApplication(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	first := w.activated(w.confirmed(), 0)
	must(t, w.switchOff("MS100000001"))
	second := w.submitted()
	second = w.moved("agent01", second, onboarding.MoveForm{Move: onboarding.StartContact})
	must(t, w.service.AddContact(t.Context(), w.staff["agent01"], second.Receipt, onboarding.Contact{
		How: onboarding.ByPhone, Result: onboarding.Reached,
	}))
	second, err := w.service.Link(t.Context(), w.staff["agent01"], onboarding.LinkForm{
		Receipt: second.Receipt, Version: second.Version, Stores: []string{"MS100000001"},
	})
	must(t, err)
	second = w.moved("agent01", second, onboarding.MoveForm{Move: onboarding.Confirm})
	store := second.Stores[0].ID
	second = w.moved("agent01", second, onboarding.MoveForm{Move: onboarding.Propose, Store: store})
	c, err := w.service.Case(t.Context(), first.Receipt)
	must(t, err)
	w.activated(c.Application, 0) // both wait, and the older one is first
	_, err = w.move("reviewer02", second, onboarding.MoveForm{Move: onboarding.Activate, Store: store})
	wantErr(t, err, onboarding.ErrStanding)
	second = w.moved("reviewer02", second, onboarding.MoveForm{Move: onboarding.SendBack, Text: "已由另一件開通"})
	_, err = w.move("agent01", second, onboarding.MoveForm{Move: onboarding.Propose, Store: store})
	wantErr(t, err, onboarding.ErrStanding)
	if n := w.count("SELECT count(*) FROM store_events WHERE passkey_on"); n != 2 {
		t.Errorf("switched on %d times", n)
	}
	must(t, w.switchOff("MS100000001"))
	if n := w.count("SELECT count(*) FROM application_stores WHERE standing = 'active'"); n != 0 {
		t.Errorf("%d stores stand active after Passkey is off", n)
	}
}

func TestWhatWasMergedIsFoundAtTheEndOfTheChain(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	first, second, last := w.submitted(), w.submitted(), w.submitted()
	must(t, w.service.AddNote(t.Context(), w.staff["agent01"], first.Receipt, "同一人"))
	first = w.moved("agent01", first, onboarding.MoveForm{Move: onboarding.StartContact})
	first = w.moved("agent01", first, filled(onboarding.AskInfo, ""))
	first, err := w.service.Answer(t.Context(), onboarding.Applicant{}, onboarding.AnswerForm{
		Receipt: first.Receipt, Version: first.Version,
		Files: []onboarding.Upload{{Name: "合約.pdf", Content: []byte("%PDF-1.4\n%%EOF\n")}},
	})
	must(t, err)
	w.moved("agent01", first, filled(onboarding.Merge, second.Receipt))
	w.moved("agent01", second, filled(onboarding.Merge, last.Receipt))
	c, err := w.service.Case(t.Context(), last.Receipt)
	must(t, err)
	if len(c.Notes) != 1 || len(c.Attachments) != 1 || !slices.Equal(c.MergedFrom,
		[]onboarding.Receipt{first.Receipt, second.Receipt}) {
		t.Fatalf("notes %v, files %v, merged from %v", c.Notes, c.Attachments, c.MergedFrom)
	}
	if c.Attachments[0].From != first.Receipt {
		t.Errorf("the file came with %s", c.Attachments[0].From)
	}
	f, err := w.service.File(t.Context(), last.Receipt, c.Attachments[0].ID)
	must(t, err)
	if f.Name != "合約.pdf" {
		t.Errorf("the file is %s", f.Name)
	}
	w.run("UPDATE applications SET member_id = 1")
	for of, want := range map[onboarding.Receipt]int{last.Receipt: 0, first.Receipt: 1} {
		c, err := w.service.MemberCase(t.Context(), ownerOf(1), of)
		must(t, err)
		if len(c.Attachments) != want || c.Notes != nil {
			t.Errorf("the applicant of %s sees %d files, want %d", of, len(c.Attachments), want)
		}
	}
}

func TestAMedianCountsAStateFromWhenItWasReached(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	a := w.confirmed()
	for i := range a.Stores { // two steps that both leave it in 開通作業
		a = w.moved("agent01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: a.Stores[i].ID})
		w.clock.Advance(time.Hour)
	}
	w.moved("reviewer01", a, onboarding.MoveForm{Move: onboarding.SendBack, Text: "請再確認"})
	f, err := w.service.Figures(t.Context())
	must(t, err)
	i := slices.IndexFunc(f.Times, func(s onboarding.StepTime) bool { return s.State == onboarding.Activating })
	if i < 0 || f.Times[i].Median != 2*time.Hour {
		t.Errorf("%+v", f.Times)
	}
}

// Two of our staff at once, at any time and with any moves, ends of the case among them: of
// two who have seen the same version one is done at most, and no store stands wrong.
func TestTwoAtOnceNeverBothMove(t *testing.T) {
	t.Parallel()
	w := openDesk(t, false)
	rapid.Check(t, func(t *rapid.T) {
		w.run("UPDATE stores SET passkey = false")
		w.run("TRUNCATE applications, application_stores, application_steps, application_contacts, application_notes," +
			" application_files, application_checks, application_links")
		a, into := w.confirmed(), w.submitted()
		for range 6 {
			errs, next := make([]error, 2), make([]onboarding.Application, 2)
			forms, who := make([]onboarding.MoveForm, 2), make([]string, 2)
			for i := range forms {
				moves := onboarding.Allowed(a)
				if len(moves) == 0 {
					return
				}
				forms[i] = filled(rapid.SampledFrom(moves).Draw(t, "move"), into.Receipt)
				forms[i].Store = rapid.SampledFrom(a.Stores).Draw(t, "store").ID
				who[i] = rapid.SampledFrom([]string{"agent01", "reviewer01", "admin01"}).Draw(t, "who")
			}
			var both sync.WaitGroup
			for i := range forms {
				both.Go(func() { next[i], errs[i] = w.move(who[i], a, forms[i]) })
			}
			both.Wait()
			if errs[0] == nil && errs[1] == nil {
				t.Fatalf("%s and %s were both done from %s", forms[0].Move, forms[1].Move, a.State)
			}
			for i, err := range errs {
				if err == nil {
					a = next[i]
				} else if fault.From(err).Kind == fault.Internal {
					t.Fatalf("%s from %s: %v", forms[i].Move, a.State, err)
				}
			}
			if n := w.count(`SELECT count(*) FROM stores s WHERE s.passkey <> EXISTS (
				SELECT FROM application_stores x WHERE x.store_id = s.id AND x.standing = 'active')`); n != 0 {
				t.Fatalf("%d stores stand wrong in %s", n, a.State)
			}
		}
	})
}

func ownerOf(id member.ID) account.Actor { return account.Actor{Member: member.Member{ID: id}} }
