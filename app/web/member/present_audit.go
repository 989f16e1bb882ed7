package member

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// auditFields are the fields of the form that show their own error.
var auditFields = []string{"from", "to", "kind", "account", "q"}

// failures are the kinds that an owner looks for first.
var failures = []audit.Kind{
	audit.SignInFailed, audit.StepUpFailed, audit.PermissionDenied, audit.PermissionRefused,
}

func presentAuditFilter(q auditQuery) view.AuditFilter {
	f := view.AuditFilter{
		Range:   presentAuditRange(q),
		Kinds:   ui.Choices{Error: q.problem("kind"), Options: make([]ui.Option, len(audit.Kinds))},
		Account: q.typed("account"),
		Query:   q.typed("q"),
	}
	for i, kind := range audit.Kinds {
		f.Kinds.Options[i] = ui.Option{
			Value: string(kind), Label: kind.Label(), Selected: slices.Contains(q.filter.Kinds, kind),
		}
	}
	for _, told := range q.faults {
		if !slices.Contains(auditFields, told.Field) {
			f.Problems = append(f.Problems, told.Public)
		}
	}
	return f
}

func presentAuditRange(q auditQuery) ui.DateRange {
	quick := []quickRange{q.onlyToday(), q.lastDays(7), q.lastDays(audit.DaysDefault), q.lastDays(audit.DaysMax)}
	return q.dateRange(q.filter.From, q.filter.To, quick, func(from, to clock.Date) string {
		return q.address(view.AuditPath, "from", from.String(), "to", to.String())
	})
}

// typed is a field as it was filled in. A card number is not shown again.
func (q auditQuery) typed(field string) ui.Input {
	in := q.conditions.typed(field)
	if in.Error == audit.ErrCardNumber.Public {
		in.Value = ""
	}
	return in
}

// set are the values that were given and are right, from the first page.
func (q auditQuery) set() url.Values { return q.given("cursor") }

// address is a path with the same filter but for the given names and values.
func (q auditQuery) address(path string, changes ...string) string {
	values := q.set()
	for i := 0; i+1 < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
	}
	return withQuery(path, values)
}

// subject is the filter as the log writes it, with its days spelled out.
func (q auditQuery) subject() string {
	values := q.set()
	values.Set("from", q.filter.From.String())
	values.Set("to", q.filter.To.String())
	return values.Encode()
}

func presentAudit(page *view.AuditPage, q auditQuery, found audit.Page) {
	page.Searched = true
	page.ExportHref = q.address(view.AuditExportPath, "format", "csv",
		"from", q.filter.From.String(), "to", q.filter.To.String())
	page.Rows = make([]view.AuditRow, len(found.Lines))
	for i, line := range found.Lines {
		page.Rows[i] = presentAuditRow(line)
	}
	if !found.Newer.IsZero() {
		page.Pager.PreviousHref = q.address(view.AuditPath, "cursor", found.Newer.String())
	}
	if !found.Older.IsZero() {
		page.Pager.NextHref = q.address(view.AuditPath, "cursor", found.Older.String())
	}
}

func presentAuditRow(l audit.Line) view.AuditRow {
	row := view.AuditRow{
		Sequence: strconv.FormatInt(l.Sequence, 10), Date: dateText(l.At), Time: clockText(l.At),
		Kind: string(l.Kind), Event: ui.Tag{Word: l.Kind.Label()}, Login: l.Login, ViewedAs: l.ViewedAs,
		Subject: subjectText(l.Entry), Address: l.Address, Request: l.RequestID,
	}
	if slices.Contains(failures, l.Kind) {
		row.Event.Tone = ui.ToneBad
	}
	switch l.Kind {
	case audit.TransactionViewed:
		row.Href = pathCardList + "/" + url.PathEscape(l.Subject)
	case audit.TransactionsListed:
		row.Href = pathCardList + "?" + l.Subject
	}
	for _, c := range l.Changes {
		row.Changes = append(row.Changes, view.ChangeRow{Field: c.Field, Before: c.Before, After: c.After})
	}
	return row
}

// queryKinds are the kinds whose subject is a query string.
var queryKinds = []audit.Kind{
	audit.TransactionsListed, audit.TransactionsExported, audit.TokenStatsExported, audit.LogExported,
}

// subjectText is the subject for people: a screen by its title, a query string without
// its escapes.
func subjectText(e audit.Entry) string {
	if title := screenTitles[permit.Screen(e.Subject)]; e.Kind == audit.PermissionDenied && title != "" {
		return title
	}
	if !slices.Contains(queryKinds, e.Kind) {
		return e.Subject
	}
	readable, err := url.QueryUnescape(e.Subject)
	if err != nil {
		return e.Subject
	}
	return strings.ReplaceAll(readable, "&", "　")
}

// auditHeads are the columns of the exported file.
var auditHeads = []string{
	"序號", "時間（台北 UTC+8）", "事件代碼", "事件", "帳號", "以助理身分", "來源位址", "查詢編號", "對象", "變更",
	"前一筆雜湊值（SHA-256）", "雜湊值（SHA-256）",
}

func auditCells(l audit.Line) []string {
	changes := make([]string, len(l.Changes))
	for i, c := range l.Changes {
		changes[i] = c.Field + "：" + c.Before + " → " + c.After
	}
	const microseconds = "2006-01-02 15:04:05.000000"
	return []string{
		strconv.FormatInt(l.Sequence, 10), l.At.In(clock.Taipei).Format(microseconds), string(l.Kind), l.Kind.Label(),
		l.Login, l.ViewedAs, l.Address, l.RequestID, l.Subject, strings.Join(changes, "；"),
		l.Previous.String(), l.Hash.String(),
	}
}
