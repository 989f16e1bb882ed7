package member

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

const titleExport = "匯出信用卡交易"

// mountExports mounts the list of transactions as a file.
func (p *pages) mountExports(site *web.Router) {
	gate := permit.CardTradeExport.Gate()
	site.GET(view.CreditCardExportPath, gate, p.creditCardExport)
	site.POST(view.CreditCardExportPath, gate, p.startExport)
	site.GET(view.CreditCardExportsPath, gate, p.exportList)
	const one = view.CreditCardExportsPath + "/:export"
	site.GET(one, gate, p.exportState)
	site.GET(one+"/file", gate, p.exportFile)
	site.GET(one+"/manifest", gate, p.exportManifest)
}

// unexported are the list's parameters that no export has: it holds every page.
var unexported = []string{"format", "cursor", "limit", "totals"}

// askExport is ask of the values without those.
func (p *pages) askExport(c *gin.Context, values url.Values) (query, error) {
	for _, name := range unexported {
		values.Del(name)
	}
	return p.ask(c, values)
}

// creditCardExport answers GET /member/sales/credit-cards/export: without a format with
// what would be exported, with one with the file.
func (p *pages) creditCardExport(c *gin.Context) error {
	values, unreadable := url.ParseQuery(c.Request.URL.RawQuery)
	format := export.Format(values.Get("format"))
	if format != "" && !slices.Contains(export.Formats, format) {
		return export.ErrFormat
	}
	asked, err := p.askExport(c, values)
	if err != nil {
		return err
	}
	if unreadable != nil {
		asked.faults = append(asked.faults, errAddress)
	}
	switch {
	case len(asked.faults) > 0:
		return p.showList(c, asked, nil)
	case format == "":
		return p.showExport(c, http.StatusOK, asked, "")
	case showsNothing(c):
		c.Header("Content-Type", format.ContentType())
		return nil
	}
	return p.download(c, asked, format)
}

// download answers with the file. A workbook is whole before its first byte leaves, so
// that a large one is left to a job.
func (p *pages) download(c *gin.Context, q query, format export.Format) error {
	if format == export.XLSX {
		rows, err := p.Exports.Rows(c.Request.Context(), q.scope, q.filter)
		if err != nil {
			return err
		}
		if rows > export.DirectRows {
			return web.Redirect(c, exportWith(q.set()))
		}
	}
	order, err := p.exportOrder(c, q, format)
	if err != nil {
		return err
	}
	// The time of a request is too short for a year of transactions: the export has its own.
	ctx := context.WithoutCancel(c.Request.Context())
	err = p.Exports.Download(ctx, order, func(r export.Record) io.Writer {
		fileHeader(c, r)
		return patient{c.Writer, http.NewResponseController(c.Writer)}
	})
	if err != nil && !c.Writer.Written() {
		c.Writer.Header().Del("Content-Disposition")
	}
	return err
}

// fileHeader says that a file follows.
func fileHeader(c *gin.Context, r export.Record) {
	c.Header("Content-Type", r.Format.ContentType())
	c.Header("Content-Disposition", `attachment; filename="`+r.File+`"`)
	c.Status(http.StatusOK)
}

// patient writes as long as the reader takes something.
type patient struct {
	io.Writer
	control *http.ResponseController
}

// stallMax is how long a reader may take nothing.
const stallMax = time.Minute

// Write implements io.Writer.
func (p patient) Write(b []byte) (int, error) {
	// Some writers have no deadline: then the server's holds.
	_ = p.control.SetWriteDeadline(clock.System{}.Now().Add(stallMax))
	return p.Writer.Write(b)
}

// exportOrder is an order for what was asked for, with the account's columns.
func (p *pages) exportOrder(c *gin.Context, q query, format export.Format) (export.Order, error) {
	by := web.By(c)
	columns, err := p.Transactions.ListColumns(c.Request.Context(), web.Actor(c).Account.ID)
	if err != nil {
		return export.Order{}, err
	}
	return export.Order{
		By: by, Account: account.ID(by.AccountID), Scope: q.scope, Filter: q.filter, Columns: columns, Format: format,
		Query: exportQuery(q).Encode(), Subject: listingSubject(q.recorded()), Conditions: conditionsOf(q.recorded()),
	}, nil
}

// exportQuery are the values that find the same on a later day.
func exportQuery(q query) url.Values {
	values := q.set()
	if !q.filter.LooksUp() {
		values.Set("from", q.filter.From.String())
		values.Set("to", q.filter.To.String())
	}
	return values
}

// startExport answers the form of a large export: a job writes it.
func (p *pages) startExport(c *gin.Context) error {
	form, values, err := arrangeForm(c)
	if err != nil {
		return err
	}
	format := export.Format(form.Get("format"))
	if !slices.Contains(export.Formats, format) {
		return export.ErrFormat
	}
	asked, err := p.askExport(c, values)
	if err != nil {
		return err
	}
	if len(asked.faults) > 0 {
		return p.showList(c, asked, nil)
	}
	order, err := p.exportOrder(c, asked, format)
	if err != nil {
		return err
	}
	token, err := p.Exports.Start(c.Request.Context(), order)
	if errors.Is(err, export.ErrBusy) {
		return p.showExport(c, http.StatusTooManyRequests, asked, export.ErrBusy.Public)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, exportHref(token))
}

// showExport answers with what an export would hold. The rows are counted exactly.
func (p *pages) showExport(c *gin.Context, status int, q query, problem string) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), totalsWithin)
	defer cancel()
	columns, err := p.Transactions.ListColumns(ctx, web.Actor(c).Account.ID)
	if err != nil {
		return err
	}
	rows, err := p.Exports.Rows(ctx, q.scope, q.filter)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		rows, problem = -1, report.ErrTotalsSlow.Public
	} else if err != nil {
		return err
	}
	page := presentExport(q, columns, rows)
	if problem != "" {
		page.Problem, page.Files = problem, nil
	}
	page.Shell = p.shell(c, titleExport, cardTrail(page.Back, crumb(titleExport))...)
	return web.Page(c, status, view.CreditCardExport(page))
}

// exportList answers GET /member/sales/credit-cards/exports.
func (p *pages) exportList(c *gin.Context) error {
	actor, by := web.Actor(c), web.By(c)
	records, err := p.Exports.List(c.Request.Context(), actor.Member.ID, account.ID(by.AccountID))
	if err != nil {
		return err
	}
	page := view.CreditCardExportsPage{}
	for _, r := range records {
		page.Rows = append(page.Rows, presentExportRow(r, report.ScopeOf(actor), p.Clock.Now()))
	}
	page.Shell = p.shell(c, titleExports, cardTrail(pathCardList, crumb(titleExports))...)
	return web.Page(c, http.StatusOK, view.CreditCardExports(page))
}

// findExport finds the export that the address names.
// SECURITY: the link opens for its account only, whoever has it.
func (p *pages) findExport(c *gin.Context) (export.Record, error) {
	by := web.By(c)
	return p.Exports.Find(c.Request.Context(), web.Actor(c).Member.ID, account.ID(by.AccountID),
		ident.Token(c.Param("export")))
}

// exportState answers GET /member/sales/credit-cards/exports/{export}.
func (p *pages) exportState(c *gin.Context) error {
	r, err := p.findExport(c)
	if err != nil {
		return err
	}
	return p.showState(c, http.StatusOK, r)
}

// refreshSeconds is how often the page of an export that is under way is asked for anew.
const refreshSeconds = 2

func (p *pages) showState(c *gin.Context, status int, r export.Record) error {
	if r.State == export.Waiting || r.State == export.Running {
		c.Header("Refresh", strconv.Itoa(refreshSeconds))
	}
	page := presentExportState(r, p.Exports.Manifest(r), report.ScopeOf(web.Actor(c)), p.Clock.Now())
	page.Shell = p.shell(c, r.File, cardTrail(pathCardList,
		layout.Crumb{Label: titleExports, Href: view.CreditCardExportsPath}, crumb(r.File))...)
	return web.Page(c, status, view.CreditCardExportState(page))
}

// exportFile answers GET /member/sales/credit-cards/exports/{export}/file.
func (p *pages) exportFile(c *gin.Context) error {
	r, err := p.findExport(c)
	if err != nil {
		return err
	}
	err = r.Fetchable(report.ScopeOf(web.Actor(c)), p.Clock.Now())
	switch {
	case errors.Is(err, export.ErrExpired):
		return p.showState(c, http.StatusGone, r)
	case errors.Is(err, export.ErrNotReady):
		return p.showState(c, http.StatusConflict, r)
	case err != nil:
		return err
	}
	fileHeader(c, r)
	c.Header("Content-Length", strconv.FormatInt(r.Bytes, 10))
	if showsNothing(c) {
		return nil
	}
	out := patient{c.Writer, http.NewResponseController(c.Writer)}
	return p.Exports.Parts(context.WithoutCancel(c.Request.Context()), r, func(part []byte) error {
		_, err := out.Write(part)
		return err
	})
}

// exportManifest answers GET /member/sales/credit-cards/exports/{export}/manifest.
func (p *pages) exportManifest(c *gin.Context) error {
	r, err := p.findExport(c)
	if err != nil {
		return err
	}
	if !r.Within(report.ScopeOf(web.Actor(c))) {
		return export.ErrScope
	}
	if r.State != export.Done {
		return export.ErrNotReady
	}
	c.Header("Content-Disposition", `attachment; filename="`+r.File+`.manifest.json"`)
	c.Header("Content-Type", "application/json; charset=utf-8")
	lines := json.NewEncoder(c.Writer)
	lines.SetEscapeHTML(false)
	lines.SetIndent("", "  ")
	return lines.Encode(p.Exports.Manifest(r))
}
