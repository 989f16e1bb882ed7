package member

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

const (
	// actsAtOnce is how many transactions of a selection are acted on side by side.
	actsAtOnce = 4
	// actsWithin is how long a selection goes on to the next transaction. With the longest
	// wait for the acquirer it ends before the answer must be written.
	actsWithin = 20 * time.Second
)

// Refusals of a selection.
var (
	errNothingPicked = fault.New(fault.Invalid, "nothing_picked", "沒有勾選交易。請回到查詢結果，勾選後再試。")
	errTooManyPicked = fault.New(fault.Invalid, "too_many_picked", "一次最多處理 50 筆，沒有執行任何動作。請分次勾選。")
	errUnknownTrade  = fault.New(fault.NotFound, "trade_unknown", "查無這筆交易，或不在您的管理商店內。")
)

// picked is one transaction of a selection.
type picked struct {
	no          string // as it was sent
	found       bool   // in the actor's scope
	transaction payment.Transaction
	store       account.Store
	operations  []payment.Operation
	verdict     payment.Verdict
	amount      money.TWD // that was confirmed; before that, the whole of what is possible
	refusal     *fault.Fault
}

// selection is what was ticked, and what is asked for.
type selection struct {
	action payment.Action
	key    string
	back   string // the list's query
	rows   []picked
}

// cardSelection answers GET /member/sales/credit-cards/act: the page that asks once more.
func (p *pages) cardSelection(c *gin.Context) error {
	values := c.Request.URL.Query()
	s := selection{
		action: payment.Action(values.Get("action")), key: payment.NewKey(), back: listQuery(values.Get(fieldBack)),
	}
	for _, no := range values["trade_no"] {
		s.add(no, 0)
	}
	return p.confirmSelection(c, s, nil)
}

// add adds a transaction, once.
func (s *selection) add(no string, amount money.TWD) {
	if !slices.ContainsFunc(s.rows, func(row picked) bool { return row.no == no }) {
		s.rows = append(s.rows, picked{no: no, amount: amount})
	}
}

// size refuses selections of none and of more than a page.
func (s *selection) size() error {
	switch {
	case len(s.rows) == 0:
		return errNothingPicked
	case len(s.rows) > report.RowsMax:
		return errTooManyPicked
	}
	return nil
}

// confirmSelection shows the page, with why a form was refused.
func (p *pages) confirmSelection(c *gin.Context, s selection, refusal error) error {
	if !slices.Contains(payment.Actions, s.action) {
		return web.ErrNoPage
	}
	status := http.StatusOK
	if refusal == nil {
		refusal = s.size()
	}
	if refusal != nil {
		status = http.StatusUnprocessableEntity
	}
	if s.size() != nil {
		s.rows = nil
	}
	if err := p.readSelection(c, &s); err != nil {
		return err
	}
	standing, err := p.approvals(c)
	if err != nil {
		return err
	}
	if err := p.findWaiting(c, s, standing.Threshold); err != nil {
		return err
	}
	page := presentSelection(s, standing.Threshold, p.Clock.Now())
	refuseSelection(&page, fault.From(refusal))
	label := actionLabels[s.action]
	page.Shell = p.shell(c, label, cardTrail(page.Back, crumb(label))...)
	page.Reason = p.withheld(c)
	return web.Page(c, status, view.CreditCardSelection(page))
}

// readSelection reads the transactions of a selection and judges each.
// SECURITY: only those in the actor's scope are found; all others are unknown.
func (p *pages) readSelection(c *gin.Context, s *selection) error {
	ctx, scope := c.Request.Context(), report.ScopeOf(web.Actor(c))
	var numbers []ident.TradeNo
	for _, row := range s.rows {
		if no, ok := ident.ParseTradeNo(row.no); ok {
			numbers = append(numbers, no)
		}
	}
	found, err := p.Transactions.Pick(ctx, scope, numbers)
	if err != nil {
		return err
	}
	for i := range s.rows {
		row := &s.rows[i]
		at := slices.IndexFunc(found, func(t payment.Transaction) bool { return string(t.TradeNo) == row.no })
		if at < 0 {
			row.refusal = errUnknownTrade
			continue
		}
		row.found, row.transaction = true, found[at]
		row.store, _ = scope.Store(row.transaction.StoreID)
		if row.operations, err = p.Actions.Operations(ctx, row.transaction.ID); err != nil {
			return err
		}
		row.verdict = payment.Judge(s.action, row.transaction, row.operations, p.Clock.Now())
		if row.amount == 0 {
			row.amount = row.verdict.Max
		}
		row.refusal = refused(row.verdict.Check(row.amount, row.transaction))
	}
	return nil
}

// findWaiting refuses what would need an approval while another is waiting for one.
func (p *pages) findWaiting(c *gin.Context, s selection, from money.TWD) error {
	for i := range s.rows {
		row := &s.rows[i]
		if row.refusal != nil || !needsApproval(s.action, row.amount, from) {
			continue
		}
		waiting, err := p.Approvals.Of(c.Request.Context(), web.Actor(c), row.transaction.ID)
		if err != nil {
			return err
		}
		if waiting != nil {
			row.refusal = approval.ErrWaiting
		}
	}
	return nil
}

// needsApproval tells whether another person is needed; from is 0 for never.
func needsApproval(a payment.Action, amount, from money.TWD) bool {
	return from > 0 && amount >= from && approval.NeedsChecker(a)
}

// actOnSelection answers the form of that page. Each transaction is acted on in a
// database transaction of its own, under a key that follows from the form's: the same
// form again goes on where the first was cut short, and does nothing twice.
func (p *pages) actOnSelection(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	s := readSelectionForm(form)
	if !slices.Contains(payment.Actions, s.action) {
		return web.ErrNoPage
	}
	if err := s.size(); err != nil {
		return p.confirmSelection(c, s, err)
	}
	if !payment.IsKey(s.key) {
		s.key = payment.NewKey()
		return p.confirmSelection(c, s, payment.ErrKey)
	}
	if err := p.readSelection(c, &s); err != nil {
		return err
	}
	if form.Get("repeat") == "" && s.repeats(p.Clock.Now()) > 0 {
		return p.confirmSelection(c, s, errRepeat)
	}
	outcomes := p.actOnEach(c, s)
	page := presentOutcomes(s, outcomes, p.Clock.Now())
	label := actionLabels[s.action]
	page.Shell = p.shell(c, label, cardTrail(page.Back, crumb(label))...)
	return web.Page(c, http.StatusOK, view.CreditCardSelectionDone(page))
}

func readSelectionForm(form url.Values) selection {
	s := selection{
		action: payment.Action(form.Get("action")), key: form.Get("key"), back: listQuery(form.Get(fieldBack)),
	}
	for _, row := range form["row"] {
		no, text, _ := strings.Cut(row, ":")
		amount, err := money.ParseTWD(text)
		if err != nil || amount <= 0 {
			no = row // it is none of ours: told as unknown
		}
		s.add(no, amount)
	}
	return s
}

// repeats counts refunds of an amount that was refunded within a day.
func (s *selection) repeats(now time.Time) (n int) {
	for _, row := range s.rows {
		if row.found && s.page(row).repeats(payment.KeyOf(s.key, row.transaction.TradeNo), row.amount, now) {
			n++
		}
	}
	return n
}

// page is a transaction of the selection as the page of one would have it.
func (s *selection) page(row picked) actionPage {
	return actionPage{
		action: s.action, operations: row.operations,
		detail: report.Detail{Transaction: row.transaction, Store: row.store},
	}
}

// outcome is what became of one transaction; all zero where it was not begun.
type outcome struct {
	begun bool
	approval.Outcome
	err error
}

// actOnEach acts on the transactions of a selection. What cannot be begun in time is
// left, and told.
func (p *pages) actOnEach(c *gin.Context, s selection) []outcome {
	actor, by := web.Actor(c), web.By(c)
	outcomes := make([]outcome, len(s.rows))
	ends := p.Clock.Now().Add(actsWithin)
	var group errgroup.Group
	group.SetLimit(actsAtOnce)
	for i, row := range s.rows {
		group.Go(func() error {
			if row.found && (c.Request.Context().Err() != nil || p.Clock.Now().After(ends)) {
				return nil
			}
			outcomes[i] = p.actOnRow(c.Request.Context(), actor, by, s, row)
			return nil
		})
	}
	_ = group.Wait() // the errors are in the outcomes
	for _, o := range outcomes {
		if o.err != nil && refused(o.err) == nil {
			p.Server.LogError(c, o.err)
		}
	}
	return outcomes
}

func (p *pages) actOnRow(ctx context.Context, actor account.Actor, by audit.By, s selection, row picked) outcome {
	o := outcome{begun: true}
	if !row.found {
		o.err = errUnknownTrade
		return o
	}
	o.Outcome, o.err = p.Approvals.Act(ctx, actor, payment.ActRequest{
		TransactionID: row.transaction.ID, Action: s.action, Amount: row.amount,
		Key: payment.KeyOf(s.key, row.transaction.TradeNo), Actor: actor.Account.Login, By: by,
	})
	return o
}

// refused is why a request changed nothing, nil for an error that does not tell whether
// it did.
func refused(err error) *fault.Fault {
	if err == nil {
		return nil
	}
	f := fault.From(err)
	switch f.Kind {
	case fault.Invalid, fault.Refused, fault.Conflict, fault.NotFound, fault.Denied:
		return f
	default:
		return nil
	}
}
