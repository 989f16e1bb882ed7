package support

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/param"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/support"
)

// Queue is what the lists use of onboarding.Service.
type Queue interface {
	Queue(ctx context.Context, f onboarding.QueueFilter) (onboarding.QueuePage, error)
	CallList(ctx context.Context) ([]onboarding.Call, error)
	Figures(ctx context.Context) (onboarding.Figures, error)
	Views(ctx context.Context, who onboarding.Staff) ([]onboarding.View, error)
	// SaveView returns onboarding.ErrViewName.
	SaveView(ctx context.Context, who onboarding.Staff, v onboarding.View) error
	// RemoveView returns onboarding.ErrNotFound for another's.
	RemoveView(ctx context.Context, who onboarding.Staff, id int64) error
	// Staff lists our staff who are active.
	Staff(ctx context.Context) ([]account.Account, error)
}

// errQueue tells that a condition of the queue cannot be.
var errQueue = fault.New(fault.Invalid, "queue_filter", "查詢條件不正確。")

func (p *pages) mountQueue(site *web.Router) {
	gate := permit.ApplicationRead.Gate()
	site.GET(view.ApplicationsPath, gate, p.queue)
	site.POST(view.SavedViewsPath, gate, p.saveView)
	site.POST(view.SavedViewsPath+"/:view/remove", gate, p.removeView)
}

// Values of the condition assignee that name nobody by number.
const (
	assigneeMe   = "me"
	assigneeNone = "none"
)

// queueParameters are the conditions, and which page of them.
var queueParameters = []string{"q", "state", "subject", "kind", "assignee", "urgency", "slot", "page"}

// queueQuery is what was asked of the queue, and what it means.
type queueQuery struct {
	values url.Values
	filter onboarding.QueueFilter
	page   int // 1 is the first
	faults fault.Group
}

func (q queueQuery) problem(field string) string {
	for _, f := range q.faults {
		if f.Field == field {
			return f.Public
		}
	}
	return ""
}

const (
	pagesMax = 200 // of the queue
	queryMax = 100 // characters of q
)

// readQueue reads the conditions of an address, for the person who asks.
func readQueue(values url.Values, me account.ID) queueQuery {
	r := param.New(values, param.Options{Invalid: errQueue, Clean: strings.TrimSpace, Excerpt: excerpt})
	q := queueQuery{values: values, page: 1}
	q.filter = onboarding.QueueFilter{
		Query: r.One("q"), States: param.Choices(r, "state", onboarding.States),
		Subject: param.Choice(r, "subject", append([]onboarding.Subject{""}, onboarding.Subjects...)),
		Kind:    param.Choice(r, "kind", append([]onboarding.Kind{""}, onboarding.Kinds...)),
		Urgency: param.Choice(r, "urgency", append([]onboarding.Urgency{""}, urgencies...)),
		Slot:    param.Choice(r, "slot", append([]onboarding.Slot{""}, onboarding.Slots...)),
	}
	if len([]rune(q.filter.Query)) > queryMax {
		r.Refuse("q", "最多 "+number(queryMax)+" 個字。")
	}
	q.filter.Open = len(q.filter.States) == 0 && q.filter.Query == ""
	readAssignee(r, &q.filter, me)
	if text := r.One("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > pagesMax {
			r.Refuse("page", "沒有第「"+excerpt(text)+"」頁。")
		} else {
			q.page = n
		}
	}
	q.filter.Offset = (q.page - 1) * onboarding.QueueLimit
	r.RefuseUnknown(queueParameters)
	q.faults = r.Faults()
	return q
}

func readAssignee(r *param.Reader, f *onboarding.QueueFilter, me account.ID) {
	switch who := r.One("assignee"); who {
	case "":
	case assigneeMe:
		f.Assignee = me
	case assigneeNone:
		f.Nobody = true
	default:
		id, err := strconv.ParseInt(who, 10, 64)
		if err != nil || id < 1 {
			r.Refuse("assignee", "「"+excerpt(who)+"」不是可用的選項。")
			return
		}
		f.Assignee = account.ID(id)
	}
}

var urgencies = []onboarding.Urgency{onboarding.Overdue, onboarding.LastDay, onboarding.OnTime}

// excerpt returns the beginning of a value, for a sentence.
func excerpt(value string) string {
	const runesMax = 30
	if runes := []rune(value); len(runes) > runesMax {
		return string(runes[:runesMax]) + "…"
	}
	return value
}

// address is the queue with these conditions, on a page of it.
func (q queueQuery) address(page int) string {
	values := q.conditions()
	if page > 1 {
		values.Set("page", strconv.Itoa(page))
	}
	if len(values) == 0 {
		return view.ApplicationsPath
	}
	return view.ApplicationsPath + "?" + values.Encode()
}

// conditions are what was asked, without what says nothing and without the page.
func (q queueQuery) conditions() url.Values {
	kept := url.Values{}
	for name, all := range q.values {
		for _, value := range all {
			if value = strings.TrimSpace(value); value != "" && name != "page" && slices.Contains(queueParameters, name) {
				kept.Add(name, value)
			}
		}
	}
	return kept
}

// queue answers GET /support/applications.
func (p *pages) queue(c *gin.Context) error {
	values := c.Request.URL.Query()
	values.Del("done")
	return p.showQueue(c, readQueue(values, web.Actor(c).Account.ID), view.ViewForm{})
}

func (p *pages) showQueue(c *gin.Context, q queueQuery, save view.ViewForm) error {
	ctx, me := c.Request.Context(), staffOf(c)
	people, err := p.Queue.Staff(ctx)
	if err != nil {
		return err
	}
	saved, err := p.Queue.Views(ctx, me)
	if err != nil {
		return err
	}
	notices, err := p.calendarNotices(ctx)
	if err != nil {
		return err
	}
	save.Filter = q.conditions().Encode()
	page := view.ApplicationsPage{
		Shell: p.shell(c, titleApplications, crumb(titleApplications)), Filter: presentQueueFilter(q, people),
		Views: presentViews(q, saved), Save: save, Notices: notices,
	}
	status := http.StatusOK
	if save.Name.Error != "" || len(q.faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	for _, f := range q.faults {
		if !slices.Contains(queueParameters, f.Field) || f.Field == "page" {
			page.Problems = append(page.Problems, f.Public)
		}
	}
	if len(q.faults) == 0 {
		found, err := p.Queue.Queue(ctx, q.filter)
		if err != nil {
			return err
		}
		presentQueue(&page, q, found, p.Clock.Now())
	}
	return web.Page(c, status, view.Applications(page))
}

// saveView answers POST /support/applications/views: the conditions in sight get a name.
func (p *pages) saveView(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	values, err := url.ParseQuery(form.Get("filter"))
	if err != nil {
		return errQueue.Because(err)
	}
	q, me := readQueue(values, web.Actor(c).Account.ID), staffOf(c)
	if err := q.faults.OrNil(); err != nil {
		return err
	}
	v := onboarding.View{
		Name: form.Get("view_name"), Query: q.conditions().Encode(), Shared: form.Get("view_shared") != "",
	}
	err = p.Queue.SaveView(c.Request.Context(), me, v)
	if errors.Is(err, onboarding.ErrViewName) {
		save := view.ViewForm{Shared: v.Shared}
		save.Name.Value, save.Name.Error = v.Name, onboarding.ErrViewName.Public
		return p.showQueue(c, q, save)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, q.address(1))
}

// removeView answers POST /support/applications/views/{id}/remove.
func (p *pages) removeView(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("view"), 10, 64)
	if err != nil {
		return onboarding.ErrNotFound.Because(err)
	}
	if err := p.Queue.RemoveView(c.Request.Context(), staffOf(c), id); err != nil {
		return err
	}
	return web.Redirect(c, view.ApplicationsPath+"?done=view_removed")
}

// titled is a step of a page's trail that leads somewhere.
func titled(label, href string) layout.Crumb { return layout.Crumb{Label: label, Href: href} }
