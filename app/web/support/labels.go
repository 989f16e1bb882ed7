package support

import (
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/web/applicant"
	"github.com/memberzone/memberzone/views/ui"
)

var memberKindLabels = map[member.Kind]string{member.Enterprise: "企業會員", member.Individual: "個人會員"}

var storeKindLabels = map[member.StoreKind]string{member.Gateway: "閘道特約商店", member.Platform: "金流特約商店"}

var modeLabels = map[member.Mode]string{member.Live: "正式", member.Test: "測試"}

// threeDLabel is the column 3D of a store.
func threeDLabel(on bool) string {
	if on {
		return "3D"
	}
	return "non-3D"
}

func statusTag(s member.Status) ui.Tag {
	if s == member.Active {
		return ui.Tag{Word: "啟用中", Tone: ui.ToneGood}
	}
	return ui.Tag{Word: "停用", Tone: ui.ToneOff}
}

// passkeyTag says whether a store has the Passkey服務.
func passkeyTag(on bool) ui.Tag {
	if on {
		return ui.Tag{Word: "已啟用", Tone: ui.ToneGood}
	}
	return ui.Tag{Word: "未啟用", Tone: ui.ToneOff}
}

// timeText shows a moment to the minute, in Taipei; nothing for the zero time.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(clock.Taipei).Format("2006-01-02 15:04")
}

var weekdays = [...]string{"日", "一", "二", "三", "四", "五", "六"}

// dayText shows a day with its weekday, such as 2026-11-24（二）.
func dayText(d clock.Date) string { return applicant.DayText(d) }

// shortDay is dayText without the year: 11/24（二）.
func shortDay(d clock.Date) string {
	if d.IsZero() {
		return ""
	}
	at := d.Start().In(clock.Taipei)
	return at.Format("01/02") + "（" + weekdays[at.Weekday()] + "）"
}

func number(n int) string { return strconv.Itoa(n) }

func stateTag(s onboarding.State) ui.Tag { return applicant.StateTag(s) }

var urgencyTags = map[onboarding.Urgency]ui.Tag{
	onboarding.OnTime:  {Word: "期限內", Tone: ui.ToneGood},
	onboarding.LastDay: {Word: "最後一天", Tone: ui.ToneWait},
	onboarding.Overdue: {Word: "已逾期", Tone: ui.ToneBad},
}

// urgencyTag is empty where no clock runs.
func urgencyTag(u onboarding.Urgency) ui.Tag { return urgencyTags[u] }

var standingTones = map[onboarding.Standing]ui.Tone{
	onboarding.StoreWaiting: ui.ToneWait, onboarding.StoreProposed: ui.ToneMove, onboarding.StoreActive: ui.ToneDone,
	onboarding.StoreOff: ui.ToneOff,
}

func standingTag(s onboarding.Standing) ui.Tag {
	return ui.Tag{Word: s.Label(), Tone: standingTones[s]}
}
