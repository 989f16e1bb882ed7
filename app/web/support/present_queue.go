package support

import (
	"net/url"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/onboarding"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// labelled is what a drop-down list or a menu offers.
type labelled interface {
	~string
	Label() string
}

const anyLabel = "不限定"

// options offers values by their labels, after anything at all.
func options[T labelled](values []T, chosen T, problem string) ui.Choices {
	c := ui.Choices{Options: []ui.Option{{Label: anyLabel, Selected: chosen == ""}}, Error: problem}
	for _, value := range values {
		c.Options = append(c.Options, ui.Option{Value: string(value), Label: value.Label(), Selected: value == chosen})
	}
	return c
}

func presentQueueFilter(q queueQuery, people []account.Account) view.ApplicationFilter {
	f := view.ApplicationFilter{
		Query:    ui.Input{Value: q.values.Get("q"), Error: q.problem("q")},
		Subject:  options(onboarding.Subjects, q.filter.Subject, q.problem("subject")),
		Kind:     options(onboarding.Kinds, q.filter.Kind, q.problem("kind")),
		Slot:     options(onboarding.Slots, q.filter.Slot, q.problem("slot")),
		Assignee: assigneeChoices(q, people),
		Urgency: ui.Choices{
			Options: []ui.Option{{Label: anyLabel, Selected: q.filter.Urgency == ""}}, Error: q.problem("urgency"),
		},
	}
	for _, u := range urgencies {
		f.Urgency.Options = append(f.Urgency.Options, ui.Option{
			Value: string(u), Label: urgencyTag(u).Word, Selected: u == q.filter.Urgency,
		})
	}
	f.States.Error = q.problem("state")
	for _, s := range onboarding.States {
		chosen := false
		for _, one := range q.filter.States {
			chosen = chosen || one == s
		}
		f.States.Options = append(f.States.Options, ui.Option{Value: string(s), Label: s.Label(), Selected: chosen})
	}
	return f
}

func assigneeChoices(q queueQuery, people []account.Account) ui.Choices {
	asked := q.values.Get("assignee")
	c := ui.Choices{Error: q.problem("assignee"), Options: []ui.Option{
		{Label: anyLabel}, {Value: assigneeMe, Label: "我的"}, {Value: assigneeNone, Label: "未指派"},
	}}
	for _, who := range people {
		c.Options = append(c.Options, ui.Option{Value: strconv.FormatInt(int64(who.ID), 10), Label: who.Login})
	}
	for i := range c.Options {
		c.Options[i].Selected = c.Options[i].Value == asked
	}
	return c
}

// readyViews are filters that are always there.
var readyViews = []struct {
	name  string
	query url.Values
}{
	{"處理中", nil},
	{"我的案件", url.Values{"assignee": {assigneeMe}}},
	{"未指派", url.Values{"assignee": {assigneeNone}}},
	{"已逾期", url.Values{"urgency": {string(onboarding.Overdue)}}},
	{"開通作業", url.Values{"state": {string(onboarding.Activating)}}},
}

func presentViews(q queueQuery, saved []onboarding.View) []view.QueueView {
	now := q.conditions().Encode()
	list := make([]view.QueueView, 0, len(readyViews)+len(saved))
	for _, one := range readyViews {
		list = append(list, view.QueueView{
			Name: one.name, Href: queueQuery{values: one.query}.address(1), Current: one.query.Encode() == now,
		})
	}
	for _, one := range saved {
		v := view.QueueView{
			ID: strconv.FormatInt(one.ID, 10), Name: one.Name, Href: view.ApplicationsPath + "?" + one.Query, Shared: one.Shared,
			Own: one.Mine, Current: one.Query == now,
		}
		if !one.Mine {
			v.By = one.Login
		}
		list = append(list, v)
	}
	return list
}

// presentQueue fills in what was found.
func presentQueue(page *view.ApplicationsPage, q queueQuery, found onboarding.QueuePage, now time.Time) {
	page.Searched, page.Count = true, number(found.Total)+" 件"
	for _, a := range found.Applications {
		page.Rows = append(page.Rows, presentApplication(a, now))
	}
	if found.Total > onboarding.QueueLimit {
		first := q.filter.Offset + 1
		page.Pager.Position = "第 " + number(first) + "–" + number(q.filter.Offset+len(found.Applications)) + " 件"
	}
	if q.page > 1 {
		page.Pager.PreviousHref = q.address(q.page - 1)
	}
	if q.filter.Offset+len(found.Applications) < found.Total && q.page < pagesMax {
		page.Pager.NextHref = q.address(q.page + 1)
	}
}

func presentApplication(a onboarding.Application, now time.Time) view.ApplicationRow {
	row := view.ApplicationRow{
		Receipt: string(a.Receipt), Href: applicationHref(a.Receipt), Name: a.Name, Member: a.MemberCode,
		Subject: a.Subject.Label(), State: stateTag(a.State), Due: urgencyTag(a.Urgency(now)), Assignee: a.AssigneeAs,
		Submitted: timeText(a.SubmittedAt),
	}
	if a.Kind == onboarding.Consult {
		row.Kind = "諮詢"
	}
	if row.Due.Word != "" {
		row.DueNote = "至 " + shortDay(a.Due.Until)
	}
	if len(a.Stores) > 0 {
		row.Stores = a.Stores[0].MerchantID
	}
	if len(a.Stores) > 1 {
		row.Stores += " 等 " + number(len(a.Stores)) + " 家"
	}
	return row
}
