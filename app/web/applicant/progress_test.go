package applicant_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/web/applicant"
	"github.com/memberzone/memberzone/views/ui"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// caseIn is an application that has gone along to a state, an hour a step.
func caseIn(kind onboarding.Kind, along ...onboarding.State) onboarding.Case {
	c := onboarding.Case{Application: onboarding.Application{
		Receipt: "PK261124-7H3K9Q", Version: 5, Kind: kind, Subject: onboarding.SubjectPasskey, SubmittedAt: noon,
		State: along[len(along)-1], StateSince: noon,
	}}
	for i, state := range along {
		by := onboarding.ByStaff
		if i == 0 {
			by = onboarding.ByApplicant
		}
		c.Steps = append(c.Steps, onboarding.Step{
			State: state, At: noon.Add(time.Duration(i) * time.Hour), By: by, Login: "agent01", Text: "內部文字",
		})
	}
	return c
}

func TestEveryStateSaysWhereItStandsAndWhatComesNext(t *testing.T) {
	t.Parallel()
	for _, state := range onboarding.States {
		kind := onboarding.Apply
		if state == onboarding.Answered {
			kind = onboarding.Consult
		}
		c := caseIn(kind, onboarding.Submitted, onboarding.Contacting, state)
		p := applicant.Progress(c, applicant.Way{Path: "/p", Now: noon})
		if p.State.Word != state.Label() || p.State.Word == "" || p.Next == "" || p.State.Tone == ui.ToneNeutral {
			t.Errorf("%s: %+v, next %q", state, p.State, p.Next)
		}
		if (p.Ask.Action != "") != (state == onboarding.NeedsInfo) {
			t.Errorf("%s offers an answer at %q", state, p.Ask.Action)
		}
		if (p.Withdraw.Action != "") != onboarding.ApplicantMay(c.Application, onboarding.WithdrawIt) {
			t.Errorf("%s offers a withdrawal at %q", state, p.Withdraw.Action)
		}
		if told := fmt.Sprint(p); strings.Contains(told, "agent01") {
			t.Errorf("%s names our staff: %s", state, told)
		}
	}
}

func TestTheWayShowsWhenEachStepWasReached(t *testing.T) {
	t.Parallel()
	submitted, contacting, confirmed := onboarding.Submitted, onboarding.Contacting, onboarding.Confirmed
	for name, test := range map[string]struct {
		of   onboarding.Case
		want string
	}{
		"confirmed": {
			caseIn(onboarding.Apply, submitted, contacting, confirmed),
			"✓已送出 11-24 12:00 ✓聯繫中 11-24 13:00 >資料確認 11-24 14:00  開通作業  已開通",
		},
		"again after an answer": {
			caseIn(onboarding.Apply, submitted, contacting, onboarding.NeedsInfo, contacting),
			"✓已送出 11-24 12:00 >聯繫中 11-24 15:00  資料確認  開通作業  已開通",
		},
		"waits for the applicant": {
			caseIn(onboarding.Apply, submitted, contacting, confirmed, onboarding.NeedsInfo),
			"✓已送出 11-24 12:00 >聯繫中 11-24 13:00  資料確認  開通作業  已開通",
		},
		"activated": {
			caseIn(onboarding.Apply, submitted, onboarding.Activated),
			"✓已送出 11-24 12:00 ✓聯繫中 ✓資料確認 ✓開通作業 ✓已開通 11-24 13:00",
		},
		"a question": {
			caseIn(onboarding.Consult, submitted, contacting), "✓已送出 11-24 12:00 >聯繫中 11-24 13:00  已回覆",
		},
		"returned": {caseIn(onboarding.Apply, submitted, onboarding.Returned), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, step := range applicant.Progress(test.of, applicant.Way{Now: noon}).Track {
				mark := " "
				switch {
				case step.Done:
					mark = "✓"
				case step.Current:
					mark = ">"
				}
				got = append(got, strings.TrimRight(mark+step.Label+" "+step.Note, " "))
			}
			if told := strings.Join(got, " "); told != test.want {
				t.Errorf("got  %s\nwant %s", told, test.want)
			}
		})
	}
}

func date(t *testing.T, text string) clock.Date {
	t.Helper()
	d, err := clock.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDueDateTurnsAmberAndRed(t *testing.T) {
	t.Parallel()
	c := caseIn(onboarding.Apply, onboarding.Submitted, onboarding.Contacting, onboarding.Confirmed)
	c.Due = onboarding.Due{From: date(t, "2026-12-30"), Until: date(t, "2027-01-04"), Missing: []int{2027}}
	for day, want := range map[string]ui.Tag{
		"2027-01-03": {}, "2027-01-04": {Word: "最後一天", Tone: ui.ToneWait}, "2027-01-05": {Word: "已逾期", Tone: ui.ToneBad},
	} {
		due := applicant.Progress(c, applicant.Way{Now: date(t, day).Start().Add(23 * time.Hour)}).Due
		if due.Tag != want || due.Range != "2026-12-30（三）至 2027-01-04（一）" || !strings.Contains(due.Note, "2027 年") {
			t.Errorf("%s: %+v", day, due)
		}
	}
	c.State = onboarding.Activated
	if due := applicant.Progress(c, applicant.Way{Now: noon}).Due; due.Range != "" {
		t.Errorf("an end is due: %+v", due)
	}
}

func TestHistoryTellsWhatWasWrittenToTheApplicantAlone(t *testing.T) {
	t.Parallel()
	c := caseIn(onboarding.Apply, onboarding.Submitted, onboarding.Contacting, onboarding.NeedsInfo)
	c.Steps[2].Move, c.Steps[2].Reason, c.Steps[2].Text = onboarding.AskInfo, onboarding.NotifyURL, "請看 404"
	c.Steps = append(c.Steps,
		onboarding.Step{
			Move: onboarding.AnswerInfo, State: onboarding.Contacting, By: onboarding.ByApplicant, Text: "已修正",
		},
		onboarding.Step{Move: onboarding.SendBack, State: onboarding.Confirmed, By: onboarding.ByStaff, Text: "同事請看"},
	)
	var notes []string
	for _, event := range applicant.Progress(c, applicant.Way{Now: noon}).History {
		notes = append(notes, event.Actor+event.Note)
	}
	want := "客服人員|您已修正|客服人員NotifyURL 無法使用：請看 404|客服人員|您內部文字"
	if got := strings.Join(notes, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFormIsShownAsItWasTyped(t *testing.T) {
	t.Parallel()
	typed := url.Values{
		"kind": {"consult"}, "subject": {"api"}, "name": {"王"}, "slots": {"15-18", "never"},
		"consent": {"1"}, "stores": {"MS1"},
	}
	f := applicant.Form("/apply", typed, fault.Group{fault.New(fault.Invalid, "x", "請輸入電話。").At("phone")})
	if !f.Consult || f.Name.Value != "王" || f.Phone.Error != "請輸入電話。" || !f.Consent.Checked || f.Slots.Selected() != 1 ||
		f.Subject.Selected() != 1 || !f.Subject.Options[2].Selected {
		t.Errorf("shown %+v", f)
	}
	read := applicant.ReadForm(typed)
	if read.Kind != onboarding.Consult || len(read.Slots) != 2 || !read.Consent || len(read.Stores) != 1 {
		t.Errorf("read %+v", read)
	}
	if applicant.KindOf(url.Values{"kind": {"anything"}}) != onboarding.Apply {
		t.Error("an unknown kind is no application")
	}
}
