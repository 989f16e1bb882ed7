package member

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

const titleAudit = "稽核紀錄"

// mountAudit mounts 稽核紀錄 for the owner of any member.
func (p *pages) mountAudit(site *web.Router) {
	site.GET(view.AuditPath, permit.Owner(), p.audit)
	site.GET(view.AuditExportPath, permit.Owner(), p.exportAudit)
}

// auditQuery is what was asked for, and what it means.
type auditQuery struct {
	conditions
	filter audit.Filter
}

func (p *pages) askedAudit(c *gin.Context) auditQuery {
	values, unreadable := url.ParseQuery(c.Request.URL.RawQuery)
	values.Del("format")
	now := p.Clock.Now()
	q := auditQuery{conditions: conditions{values: values, today: clock.DateOf(now)}}
	q.filter, q.faults = audit.ParseFilter(values, now)
	if unreadable != nil {
		q.faults = append(q.faults, errAddress)
	}
	return q
}

// audit answers GET /member/center/audit.
func (p *pages) audit(c *gin.Context) error {
	q := p.askedAudit(c)
	page := view.AuditPage{
		Shell:  p.shell(c, titleAudit, layout.Crumb{Label: "會員專區", Href: pathHome}, layout.Crumb{Label: titleAudit}),
		Filter: presentAuditFilter(q),
	}
	if len(q.faults) > 0 {
		return web.Fragment(c, http.StatusUnprocessableEntity, view.Audit(page), "query")
	}
	found, err := p.Audit.List(c.Request.Context(), int64(web.Actor(c).Member.ID), q.filter)
	if err != nil {
		return err
	}
	presentAudit(&page, q, found)
	return web.Fragment(c, http.StatusOK, view.Audit(page), "query")
}

// errExportFormat tells that there is no such kind of file.
var errExportFormat = fault.New(fault.Invalid, "export_format", "匯出格式只有 CSV。").At("format")

// exportAudit answers GET /member/center/audit/export: every line that a filter finds,
// in the order of the chain. The export is an entry of the log itself.
func (p *pages) exportAudit(c *gin.Context) error {
	if c.DefaultQuery("format", "csv") != "csv" {
		return errExportFormat
	}
	q := p.askedAudit(c)
	if err := q.faults.OrNil(); err != nil {
		return err
	}
	name := "audit_" + q.filter.From.String() + "_" + q.filter.To.String() + ".csv"
	if showsNothing(c) {
		startSheet(c, name)
		return nil
	}
	ctx, by := c.Request.Context(), web.By(c)
	if err := p.record(ctx, by, audit.LogExported, q.subject()); err != nil {
		return err
	}
	file, err := newSheet(c, name, auditHeads...)
	if err == nil {
		err = p.Audit.Each(ctx, by.Chain, q.filter, func(l audit.Line) error { return file.add(auditCells(l)...) })
	}
	return file.end(err)
}
