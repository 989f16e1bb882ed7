package member

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/memberzone/memberzone/views/ui"
)

func render(t *testing.T, component templ.Component) string {
	t.Helper()
	var out strings.Builder
	if err := component.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFilterShowsOnlyTheFieldsThatAreGiven(t *testing.T) {
	t.Parallel()
	choice := ui.Choices{Options: []ui.Option{{Value: "any", Label: "不限定"}}}
	full := CreditCardFilter{
		Stores: choice, Method: choice, TokenKind: choice, PayTypes: choice, Statuses: choice,
		StoreType: choice, Funds: choice, Amounts: true, ThreeD: true, Waits: true,
	}
	fields := []string{
		"store", "method", "token_kind", "pay_type", "status", "store_type", "funds", "amt_min", "amt_max", "threeds",
		"waiting",
	}
	with := render(t, CreditCardQuery(CreditCardListPage{Filter: full}))
	without := render(t, CreditCardQuery(CreditCardListPage{}))
	for _, field := range fields {
		name := `name="` + field + `"`
		if !strings.Contains(with, name) {
			t.Errorf("%s is given and not shown", field)
		}
		if strings.Contains(without, name) {
			t.Errorf("%s is shown though it was not given", field)
		}
	}
	for _, always := range []string{"date_kind", "from", "to", "by", "q"} {
		if !strings.Contains(without, `name="`+always+`"`) {
			t.Errorf("%s is missing", always)
		}
	}
	if strings.Contains(without, "進階查詢") {
		t.Error("進階查詢 is offered with nothing in it")
	}
}

func TestRefusedFilterKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	html := render(t, CreditCardQuery(CreditCardListPage{Failure: "逾時", Filter: CreditCardFilter{
		Query: ui.Input{Value: `A<b>"1`, Error: "號碼不正確"},
		Range: ui.DateRange{From: ui.Input{Value: "2026-13-01", Error: "日期不正確"}},
	}}))
	for _, kept := range []string{
		`A&lt;b&gt;&#34;1</textarea>`, `data-error-for="q"`, `value="2026-13-01"`, `data-error-for="from"`, "逾時",
	} {
		if !strings.Contains(html, kept) {
			t.Errorf("the page lacks %q", kept)
		}
	}
	if strings.Contains(html, `<b>`) {
		t.Error("what was typed stands in the page unescaped")
	}
}

func TestListCarriesTheHooksChecksHoldOnTo(t *testing.T) {
	t.Parallel()
	row := CreditCardRow{
		TradeNo: "26112415040812345678", OrderNo: "ORD1", Href: CreditCardListPath + "/26112415040812345678",
	}
	html := render(t, CreditCardQuery(CreditCardListPage{
		Count: "共 1 筆", Columns: []CreditCardColumn{{Name: "trade_no"}}, Rows: []CreditCardRow{row},
	}))
	for _, hook := range []string{
		`id="transactions"`, `<tr data-trade-no="26112415040812345678" data-order-no="ORD1">`, `id="result-count"`,
	} {
		if !strings.Contains(html, hook) {
			t.Errorf("the list lacks %s", hook)
		}
	}
	empty := render(t, CreditCardQuery(CreditCardListPage{Count: "共 0 筆"}))
	if strings.Contains(empty, `id="transactions"`) || !strings.Contains(empty, "沒有符合條件的交易") {
		t.Error("a search without a result shows a table, or does not say so")
	}
}

func TestQueryFragmentIsPartOfThePage(t *testing.T) {
	t.Parallel()
	page := CreditCardListPage{Count: "共 0 筆"}
	var fragment strings.Builder
	if err := templ.RenderFragments(t.Context(), &fragment, CreditCardList(page), "query"); err != nil {
		t.Fatal(err)
	}
	if whole := render(t, CreditCardList(page)); !strings.Contains(whole, fragment.String()) {
		t.Error("the fragment is not what the page shows")
	}
	if !strings.HasPrefix(fragment.String(), `<div id="query"`) {
		t.Errorf("the fragment starts with %.40q", fragment.String())
	}
}

func TestPasswordIsNeverShownAgain(t *testing.T) {
	t.Parallel()
	html := render(t, Login(LoginPage{
		Member: ui.Input{Value: "12345675"}, Password: ui.Input{Value: "Demo-Only-2026"}, Problem: "不正確",
	}))
	if strings.Contains(html, "Demo-Only-2026") || !strings.Contains(html, `value="12345675"`) {
		t.Error("the page shows the password again, or lost the member")
	}
}

func TestDetailHasItsSectionsEvenWithoutContent(t *testing.T) {
	t.Parallel()
	html := render(t, CreditCardDetail(CreditCardDetailPage{BackHref: CreditCardListPath + "?q=a&from=2026-11-01"}))
	for _, part := range []string{
		`id="money"`, `id="verification"`, `id="timeline"`, `href="` + CreditCardListPath + `?q=a&amp;from=2026-11-01"`,
	} {
		if !strings.Contains(html, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}
