package member

import (
	"errors"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
)

// creditCardByNumber answers the form with a whole card number: it leads to the list
// with a key in the number's place. The number stands in no address, log or page.
func (p *pages) creditCardByNumber(c *gin.Context) error {
	form, values, err := arrangeForm(c)
	if err != nil {
		return err
	}
	pan, err := report.ParseCard(form.Get("card"))
	if err != nil {
		return p.showRefused(c, values, err)
	}
	key, err := p.Transactions.CardKey(c.Request.Context(), pan, web.Actor(c).Account.ID, p.Clock.Now())
	if err != nil {
		return err
	}
	values.Del("q")
	values.Set("by", string(report.CardNos))
	values.Set("card_key", key)
	return web.Redirect(c, listWith(values))
}

// creditCardViews answers the forms of saved views: do is save, rename or delete.
func (p *pages) creditCardViews(c *gin.Context) error {
	form, values, err := arrangeForm(c)
	if err != nil {
		return err
	}
	if err = p.changeView(c, form, values); err != nil {
		return p.showRefused(c, values, err)
	}
	return web.Redirect(c, listWith(values))
}

func (p *pages) changeView(c *gin.Context, form, values url.Values) error {
	actor, ctx := web.Actor(c), c.Request.Context()
	scope := report.ScopeOf(actor)
	id, _ := strconv.ParseInt(form.Get("view"), 10, 64)
	which := report.View{ID: report.ViewID(id), Owner: actor.Account.ID, Shared: form.Get("view_shared") != ""}
	if form.Get("do") == "delete" {
		return p.Transactions.DeleteView(ctx, scope, which, actor.Account.Kind == account.Owner)
	}
	name, err := report.ParseViewName(form.Get("view_name"))
	if err != nil {
		return err
	}
	which.Name = name
	if form.Get("do") == "rename" {
		return p.Transactions.RenameView(ctx, scope, which)
	}
	asked, err := p.ask(c, values)
	if err != nil {
		return err
	}
	if len(asked.faults) > 0 {
		return asked.faults
	}
	made, err := report.NewView(asked.filter, values, report.Period(form.Get("view_period")), asked.today)
	if err != nil {
		return err
	}
	made.Owner, made.Name, made.Shared, made.Created = which.Owner, name, which.Shared, p.Clock.Now()
	return p.Transactions.SaveView(ctx, scope, made)
}

// creditCardColumns answers the form of the list's columns.
func (p *pages) creditCardColumns(c *gin.Context) error {
	form, values, err := arrangeForm(c)
	if err != nil {
		return err
	}
	var columns []report.Column
	if form.Get("do") != "usual" {
		columns = placedColumns(form)
	}
	if err := p.Transactions.SaveListColumns(c.Request.Context(), web.Actor(c).Account.ID, columns); err != nil {
		return err
	}
	return web.Redirect(c, listWith(values))
}

// placedColumns are the columns that were ticked, by the place that was given to each.
// What has no number keeps to its place among the equals.
func placedColumns(form url.Values) []report.Column {
	columns := make([]report.Column, 0, len(form["column"]))
	places := map[report.Column]int{}
	for i, name := range form["column"] {
		column := report.Column(name)
		place, err := strconv.Atoi(form.Get("place_" + name))
		if err != nil {
			place = i + 1
		}
		places[column] = place
		columns = append(columns, column)
	}
	slices.SortStableFunc(columns, func(a, b report.Column) int { return places[a] - places[b] })
	return columns
}

// arrangeForm reads a form that belongs to the list, with the conditions that the list
// had: the person comes back to them.
func arrangeForm(c *gin.Context) (form, values url.Values, err error) {
	if form, err = web.Form(c); err != nil {
		return nil, nil, err
	}
	values, err = url.ParseQuery(form.Get("filter"))
	if err != nil {
		return nil, nil, web.ErrForm.Because(err)
	}
	for _, name := range []string{"cursor", "totals"} {
		values.Del(name)
	}
	return form, values, nil
}

// showRefused shows the list's page with what is wrong beside its field, if a person
// can mend it. Nothing is searched.
func (p *pages) showRefused(c *gin.Context, values url.Values, cause error) error {
	asked, err := p.ask(c, values)
	if err != nil {
		return err
	}
	var group fault.Group
	var one *fault.Fault
	switch {
	case errors.As(cause, &group): // they are those that asked has
	case errors.As(cause, &one) && one.Field != "":
		asked.faults = append(asked.faults, one)
	default:
		return cause
	}
	return p.showList(c, asked, nil)
}

// listWith is the list's address with these conditions.
func listWith(values url.Values) string { return withQuery(pathCardList, values) }

// withQuery is a path with these values.
func withQuery(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
