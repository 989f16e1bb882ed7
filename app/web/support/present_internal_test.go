package support

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// noon is 12:00 in Taipei on 2026-11-24.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

const me account.ID = 7

func TestEveryMoveIsOffered(t *testing.T) {
	t.Parallel()
	for _, m := range onboarding.Moves {
		o, ok := offers[m]
		if !ok || o.screen == "" || o.text == "" && m != onboarding.Merge {
			t.Errorf("%s is offered as %+v", m, o)
		}
		if m.NeedsText() && o.words.Label == "" {
			t.Errorf("%s needs words and has no field", m)
		}
		if needs := m.Role(onboarding.Contacting); (needs == account.Reviewer) != (o.screen == permit.ApplicationReview ||
			o.screen == permit.StoreSwitch) {
			t.Errorf("%s needs a %s and is of the screen %s", m, needs, o.screen)
		}
	}
	for _, m := range []onboarding.Move{onboarding.Activate, onboarding.Deactivate} {
		if !offers[m].gate().NeedsStepUp() {
			t.Errorf("%s asks for no proof of identity", m)
		}
	}
	if len(offers) != len(onboarding.Moves) {
		t.Errorf("%d offers of %d moves", len(offers), len(onboarding.Moves))
	}
	for s := range screenTitles {
		if screenTitles[s] == "" {
			t.Errorf("%s has no title", s)
		}
	}
	for _, s := range onboarding.States {
		if tag := stateTag(s); tag.Word == "" || tag.Tone == "" {
			t.Errorf("%s is shown as %+v", s, tag)
		}
	}
}

// on puts a case on the desk of one of our staff.
func on(c onboarding.Case, role account.Role) desk {
	return desk{
		Case: c, now: noon, me: onboarding.Staff{ID: me, Role: role},
		allows: func(g permit.Gate) bool {
			return role != account.Agent || !slices.Contains([]permit.Gate{
				permit.ApplicationReview.Gate(), permit.ApplicationReview.Gate().SteppedUp(), permit.StoreSwitch.Gate().SteppedUp(),
			}, g)
		},
	}
}

func application(state onboarding.State, stores ...onboarding.Store) onboarding.Case {
	return onboarding.Case{Application: onboarding.Application{
		Receipt: "PK261124-7H3K9Q", Version: 4, Kind: onboarding.Apply, State: state, StateSince: noon, SubmittedAt: noon,
		Stores: stores,
	}}
}

// told lists moves as "name: why".
func told(moves []view.Move) string {
	var list []string
	for _, m := range moves {
		list = append(list, strings.TrimSuffix(m.Name+": "+m.Why, ": "))
	}
	return strings.Join(list, " | ")
}

func TestMovesThatCannotBeTakenSayWhy(t *testing.T) {
	t.Parallel()
	linked := application(onboarding.Contacting, onboarding.Store{MerchantID: "MS1", Standing: onboarding.StoreWaiting})
	linked.MemberID = 1
	spoken := linked
	spoken.Contacts = []onboarding.Contact{{Result: onboarding.CallBack}, {Result: onboarding.Reached}}
	question := application(onboarding.Submitted)
	question.Kind = onboarding.Consult
	const others = " | ask_info | return | withdraw"
	tests := map[string]struct {
		desk desk
		want string
	}{
		"not linked":       {on(application(onboarding.Contacting), account.Agent), "confirm: 請先連結會員與至少一家商店。" + others},
		"nobody reached":   {on(linked, account.Agent), "confirm: 請先記錄至少一次成功的聯繫。" + others},
		"ready to confirm": {on(spoken, account.Agent), "confirm" + others},
		"in activation": {
			on(application(onboarding.Activating), account.Agent), "ask_info | send_back: 需由審核人員以上執行。 | return: 需由審核人員以上執行。",
		},
		"in activation, for a reviewer": {
			on(application(onboarding.Activating), account.Reviewer), "ask_info | send_back | return",
		},
		"returned":   {on(application(onboarding.Returned), account.Agent), "reopen: 需由審核人員以上執行。"},
		"a question": {on(question, account.Agent), "start_contact | answer_question | convert | withdraw"},
		"ended":      {on(application(onboarding.Withdrawn), account.Admin), ""},
	}
	for name, tt := range tests {
		if got := told(tt.desk.moves()); got != tt.want {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestAStoresMovesAreThoseOfWhereItStands(t *testing.T) {
	t.Parallel()
	mine := onboarding.Store{MerchantID: "MS1", Standing: onboarding.StoreProposed, ProposedBy: me}
	anothers := onboarding.Store{MerchantID: "MS2", Standing: onboarding.StoreProposed, ProposedBy: me + 1}
	waits := onboarding.Store{MerchantID: "MS3", Standing: onboarding.StoreWaiting}
	active := onboarding.Store{MerchantID: "MS4", Standing: onboarding.StoreActive}
	off := onboarding.Store{MerchantID: "MS5", Standing: onboarding.StoreOff}
	c := application(onboarding.Activating, mine, anothers, waits, active, off)
	want := map[account.Role]string{
		account.Agent: "activate: 需由審核人員以上執行。, activate: 需由審核人員以上執行。, propose, deactivate: 需由審核人員以上執行。, propose",
		account.Admin: "activate: 這是您提出的，需由另一位審核人員以上確認。, activate, propose, deactivate, propose",
	}
	for role, want := range want {
		var got []string
		for _, s := range on(c, role).stores() {
			got = append(got, told(s.Moves))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %s\nwant %s", role, strings.Join(got, ", "), want)
		}
	}
	alone := on(c, account.Reviewer)
	alone.alone = true
	if got := told(alone.stores()[0].Moves); got != "activate" {
		t.Errorf("where one person is enough: %s", got)
	}
	if got := alone.stores()[4].Moves[0].Label; got != "重新開通" {
		t.Errorf("a store that was off: %s", got)
	}
}

func TestWhatWasTypedIsKeptWhenSomebodyWasFaster(t *testing.T) {
	t.Parallel()
	d := on(application(onboarding.Contacting), account.Agent)
	d.Steps = []onboarding.Step{{
		Move: onboarding.AnswerInfo, State: onboarding.Contacting, At: noon, By: onboarding.ByStaff, Login: "lin01",
	}}
	form := url.Values{"text_ask_info": {"請補文件"}, "reason_ask_info": {"documents"}}
	d.refused = &refusal{part: part(onboarding.AskInfo), fault: onboarding.ErrStale, form: form}
	page := d.page()
	at := slices.IndexFunc(page.Moves, func(m view.Move) bool { return m.Open })
	if at < 0 || page.Moves[at].Words.Input.Value != "請補文件" || !slices.ContainsFunc(page.Moves[at].Reasons.Options,
		func(o ui.Option) bool { return o.Value == "documents" && o.Selected }) {
		t.Errorf("the form is %+v", page.Moves)
	}
	for _, text := range []string{onboarding.ErrStale.Public, "lin01", "2026-11-24 12:00", "代為補件"} {
		if !strings.Contains(page.Problem.Text, text) {
			t.Errorf("the page says %q and not %q", page.Problem.Text, text)
		}
	}
	d.State = onboarding.Withdrawn // the form is there no more
	if page := d.page(); !strings.Contains(page.Problem.Text, "請補文件") {
		t.Errorf("what was typed is lost: %q", page.Problem.Text)
	}
	d.State, d.refused.fault = onboarding.Contacting, onboarding.ErrReason
	page = d.page()
	if page.Problem != (ui.Notice{}) || page.Moves[at].Reasons.Error == "" || page.Moves[at].Words.Input.Error != "" {
		t.Errorf("a field's fault: %+v, %+v", page.Problem, page.Moves[at])
	}
}

func TestTheDueDateIsToldWithItsUrgency(t *testing.T) {
	t.Parallel()
	date := func(text string) clock.Date {
		d, err := clock.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for until, want := range map[string]ui.Tag{
		"2026-11-23": {Word: "已逾期", Tone: ui.ToneBad}, "2026-11-24": {Word: "最後一天", Tone: ui.ToneWait},
		"2026-11-25": {Word: "期限內", Tone: ui.ToneGood},
	} {
		a := application(onboarding.Confirmed).Application
		a.Due = onboarding.Due{From: date("2026-11-20"), Until: date(until), Missing: []int{2027, 2028}}
		tag, text, note := presentDue(a, noon)
		if tag != want || !strings.HasPrefix(text, "2026-11-20（五） 至 "+until) || !strings.Contains(note, "2027、2028") {
			t.Errorf("%s: %+v, %q, %q", until, tag, text, note)
		}
	}
	if tag, text, note := presentDue(application(onboarding.Submitted).Application, noon); tag.Word+text+note != "" {
		t.Errorf("without a clock: %+v, %q, %q", tag, text, note)
	}
}

func TestChartsAreOfTheLongest(t *testing.T) {
	t.Parallel()
	ages := openChart([]onboarding.AgeBand{{From: 0, To: 1, Count: 300}, {From: 14, Count: 1}})
	if got := ages.Rows; len(got) != 2 || got[0].Length != 100 || got[1].Length != 1 || !got[1].Bad ||
		got[1].Label != "14 天以上" {
		t.Errorf("ages: %+v", got)
	}
	if got := openChart([]onboarding.AgeBand{{From: 0, To: 1}}); len(got.Rows) != 0 {
		t.Errorf("without applications: %+v", got)
	}
	steps := stepChart([]onboarding.StepTime{
		{State: onboarding.Submitted, Median: 36 * time.Hour, Count: 2},
		{State: onboarding.NeedsInfo},
		{State: onboarding.Contacting, Median: 71 * time.Hour, Count: 1},
	})
	if got := steps.Rows; len(got) != 2 || got[0].Value != "1.5" || got[1].Value != "3.0" || got[1].Length != 100 {
		t.Errorf("steps: %+v", got)
	}
	if got := lengthOf(0, 5) + lengthOf(5, 0); got != 0 {
		t.Errorf("nothing is %d long", got)
	}
}

func TestTheSlotOfTheHourIsMarked(t *testing.T) {
	t.Parallel()
	for hour, want := range map[int]int{9: -1, 10: 0, 11: 0, 12: -1, 13: 1, 15: 2, 17: 2, 18: -1} {
		at := time.Date(2026, 11, 24, hour-8, 59, 0, 0, time.UTC)
		for i, slot := range presentCalls(nil, at) {
			if slot.Now != (i == want) {
				t.Errorf("at %d:59 %s is now: %v", hour, slot.Label, slot.Now)
			}
		}
	}
}

func TestOnlyWhatAPersonCanMendIsTold(t *testing.T) {
	t.Parallel()
	if list, ok := sentences(fault.Group{onboarding.ErrOneYear, onboarding.ErrSameYear}); !ok || len(list) != 2 {
		t.Errorf("%v, %v", list, ok)
	}
	if list, ok := sentences(fault.New(fault.Internal, "x", "系統發生錯誤")); ok || list != nil {
		t.Errorf("%v, %v", list, ok)
	}
}
