package member

import (
	"context"
	"html"
	"io"
	"sync"

	"github.com/memberzone/memberzone/views/ui"
)

// creditCardRows writes the list's rows. They are most of the product's busiest page:
// written by hand they take a fifth of the time that templates need for the same.
type creditCardRows struct {
	columns []CreditCardColumn
	rows    []CreditCardRow
	pick    bool // each row begins with a box to tick
}

var rowTexts = sync.Pool{New: func() any { return new(rowWriter) }}

// Render implements templ.Component.
func (r creditCardRows) Render(_ context.Context, out io.Writer) error {
	w := rowTexts.Get().(*rowWriter)
	defer rowTexts.Put(w)
	w.text = w.text[:0]
	for i := range r.rows {
		row := &r.rows[i]
		w.raw(`<tr data-trade-no="`)
		w.say(row.TradeNo)
		w.raw(`" data-order-no="`)
		w.say(row.OrderNo)
		w.raw(`">`)
		if r.pick {
			w.raw(`<td><label><input type="checkbox" name="trade_no" value="`)
			w.say(row.TradeNo)
			w.raw(`" aria-label="選取 `)
			w.say(row.TradeNo)
			w.raw(`"></label></td>`)
		}
		w.cells(r.columns, row)
		w.raw("</tr>")
	}
	_, err := out.Write(w.text)
	return err
}

// rowWriter is the text of rows.
type rowWriter struct{ text []byte }

func (w *rowWriter) cells(columns []CreditCardColumn, row *CreditCardRow) {
	for i, column := range columns {
		class := cellClass(column.Name)
		if i == 0 {
			w.raw(`<th scope="row"`)
			w.class(class)
			w.raw(">")
			w.cell(column.Name, row)
			w.raw("</th>")
			continue
		}
		w.raw("<td")
		w.class(class)
		if tip := tipOf(column.Name, row); tip != "" {
			w.raw(` title="`)
			w.say(tip)
			w.raw(`"`)
		}
		w.raw(">")
		w.cell(column.Name, row)
		w.raw("</td>")
	}
}

func (w *rowWriter) cell(column string, row *CreditCardRow) {
	switch column {
	case "created": // as ui.Moment
		w.raw(`<time class="moment">`, row.Date, " <span>", row.Time, "</span></time>")
	case "trade_no":
		w.raw(`<a href="`)
		w.say(row.Href)
		w.raw(`">`)
		w.say(row.TradeNo)
		w.raw("</a>")
	case "status":
		w.tag(row.Status)
	case "funds":
		w.tag(row.Funds)
	case "method":
		if len(row.Tokens) == 0 {
			w.say(row.Method)
			return
		}
		w.raw(`<span class="methods">`)
		w.say(row.Method)
		for _, label := range row.Tokens { // as ui.Chip
			w.raw(` <span class="chip">`)
			w.say(label)
			w.raw("</span>")
		}
		w.raw("</span>")
	default:
		w.say(cellText(column, row)) // the style sheet puts a dash into an empty cell
	}
}

func (w *rowWriter) class(name string) {
	if name != "" {
		w.raw(` class="`, name, `"`)
	}
}

// tag shows what ui.TagOrDash does; the style sheet draws the shape.
func (w *rowWriter) tag(tag ui.Tag) {
	if tag.Word == "" {
		return
	}
	w.raw(`<span class="`, tag.ListClass(), `">`)
	w.say(tag.Word)
	w.raw("</span>")
}

// raw writes HTML.
func (w *rowWriter) raw(parts ...string) {
	for _, part := range parts {
		w.text = append(w.text, part...)
	}
}

// say writes text, in which nothing is HTML.
func (w *rowWriter) say(text string) {
	for i := range len(text) {
		switch text[i] {
		case '&', '<', '>', '"', '\'':
			w.raw(html.EscapeString(text))
			return
		}
	}
	w.text = append(w.text, text...)
}

// tipOf says more about what a cell shows: the store's name, the card's scheme.
func tipOf(column string, row *CreditCardRow) string {
	switch column {
	case "store":
		return row.StoreTip
	case "card":
		return row.Brand
	}
	return ""
}

// columnList writes the choices of the column chooser, two dozen on each page of the list.
type columnList []CreditCardColumnChoice

// Render implements templ.Component.
func (l columnList) Render(_ context.Context, out io.Writer) error {
	w := rowTexts.Get().(*rowWriter)
	defer rowTexts.Put(w)
	w.text = w.text[:0]
	for _, column := range l {
		w.raw(`<li><span class="control"><input class="input" type="text" inputmode="numeric" name="place_`)
		w.say(column.Name)
		w.raw(`" value="`)
		w.say(column.Place)
		w.raw(`" maxlength="2" aria-label="`)
		w.say(column.Label)
		w.raw(`的順序"></span> <label class="option">`)
		if column.Fixed {
			w.raw(`<input type="hidden" name="column" value="`)
			w.say(column.Name)
			w.raw(`"> <input type="checkbox" checked disabled>`)
		} else {
			w.raw(`<input type="checkbox" name="column" value="`)
			w.say(column.Name)
			w.raw(`"`)
			if column.Shown {
				w.raw(" checked")
			}
			w.raw(">")
		}
		w.raw(" <span>")
		w.say(column.Label)
		w.raw("</span></label></li>")
	}
	_, err := out.Write(w.text)
	return err
}
