package member

import (
	"strconv"

	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func presentRequests(requests []assistant.Request) view.PermissionRequestsPage {
	var page view.PermissionRequestsPage
	for _, r := range requests {
		row, _ := permit.RowOf(r.Unit)
		id := strconv.FormatInt(r.ID, 10)
		shown := view.PermissionRequest{
			ID: id, Login: r.Login, Href: assistantHref(r.Login), Section: row.Area + "／" + row.Section, Row: row.Label,
			Held: r.Held.Label(), Wanted: r.Wanted.Label(), AskedAt: timeText(r.AskedAt), DecidedAt: timeText(r.DecidedAt),
		}
		if r.DecidedAt.IsZero() {
			shown.GrantHref = view.PermissionRequestsPath + "/" + id + "/grant"
			shown.RefuseHref = view.PermissionRequestsPath + "/" + id + "/refuse"
			page.Open = append(page.Open, shown)
			continue
		}
		shown.Outcome = ui.Tag{Word: "已拒絕", Tone: ui.ToneOff}
		if r.Granted {
			shown.Outcome = ui.Tag{Word: "已開通", Tone: ui.ToneDone}
		}
		page.Decided = append(page.Decided, shown)
	}
	return page
}

// requestsTask is what the owner's home page lists while requests wait.
func requestsTask(open int) view.Task {
	return view.Task{
		Text: strconv.Itoa(open) + " 件權限申請待處理", Note: "助理帳號等待您開通或拒絕",
		Href: view.PermissionRequestsPath, Tone: ui.ToneWait,
	}
}

func presentReview(r assistant.Review, today clock.Date) view.AccessReviewPage {
	page := view.AccessReviewPage{
		Unused: view.AccessReviewPart{
			Title: strconv.Itoa(assistant.UnusedDays) + " 天未登入的帳號", Note: "不再使用的帳號請停用或移除。",
			None: "每個帳號在 " + strconv.Itoa(assistant.UnusedDays) + " 天內都登入過。",
		},
		Idle: view.AccessReviewPart{
			Title: "開通後從未使用的權限", Note: "用不到的權限請改為不可瀏覽。", None: "沒有開通後從未使用的權限。",
		},
		Ending: view.AccessReviewPart{
			Title: strconv.Itoa(assistant.EndingDays) + " 天內到期的權限", Note: "仍需要的權限請延長期限。",
			None: strconv.Itoa(assistant.EndingDays) + " 天內沒有權限到期。",
		},
	}
	for _, a := range r.Unused {
		when := timeText(a.LastSignInAt)
		if when == "" {
			when = labelNever
		}
		page.Unused.Rows = append(page.Unused.Rows, view.AccessReviewRow{
			Login: a.Account.Login, Href: assistantHref(a.Account.Login), State: stateTags[a.State], When: when,
		})
	}
	for _, g := range r.Idle {
		row := reviewRow(g.Login, g.Unit, g.Level)
		row.When = timeText(g.GrantedAt)
		page.Idle.Rows = append(page.Idle.Rows, row)
	}
	for _, g := range r.Ending {
		row := reviewRow(g.Login, g.Unit, g.Level)
		row.When = g.Until.String() + "（" + leftText(today.DaysUntil(g.Until)) + "）"
		page.Ending.Rows = append(page.Ending.Rows, row)
	}
	return page
}

func reviewRow(login string, unit permit.Unit, level permit.Level) view.AccessReviewRow {
	row, _ := permit.RowOf(unit)
	return view.AccessReviewRow{Login: login, Href: assistantHref(login), Row: row.Label, Level: level.Label()}
}

func leftText(days int) string {
	if days <= 0 {
		return "今天到期"
	}
	return "還有 " + strconv.Itoa(days) + " 天"
}
