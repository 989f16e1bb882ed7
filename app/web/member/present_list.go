package member

import (
	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// presentFound fills the page with what was found.
func presentFound(page *view.CreditCardListPage, q query, r found) {
	page.Rows = make([]view.CreditCardRow, len(r.page.Rows))
	for i, row := range r.page.Rows {
		page.Rows[i] = presentRow(row, q.stores)
	}
	page.Count = countText(r.count)
	page.NotFound = r.missing
	if q.filter.LooksUp() {
		page.Notices = append(page.Notices, "以單號查詢時不受日期限制：限定期間與期間種類未套用。")
	} else if len(r.page.Rows) == 0 {
		page.AllHref = q.address(
			"from", q.today.AddDays(1-report.DaysMax).String(), "to", q.today.String())
	}
	if !r.page.Newer.IsZero() {
		page.Pager.PreviousHref = q.address("cursor", r.page.Newer.String())
	}
	if !r.page.Older.IsZero() {
		page.Pager.NextHref = q.address("cursor", r.page.Older.String())
	}
}

func countText(c report.Count) string {
	if c.More {
		return "超過 " + grouped(c.Rows) + " 筆"
	}
	return "共 " + grouped(c.Rows) + " 筆"
}

func presentRow(r report.Row, stores []account.Store) view.CreditCardRow {
	row := view.CreditCardRow{
		TradeNo: string(r.TradeNo), OrderNo: r.OrderNo, Href: pathCardList + "/" + string(r.TradeNo),
		Date: dateText(r.CreatedAt), Time: clockText(r.CreatedAt),
		PayType: payTypeText(r.PayType, r.Instalments), Brand: brandLabels[r.Brand],
		Amount: r.Amount.Grouped(), Status: ui.TransactionTag(statusLabels[r.Status]), Funds: fundsTag(r.Settled),
		Method: verificationLabels[r.Verification], Tokens: tokenChips(r.TokenBind, r.TokenCharge),
		AuthCode: r.AuthCode,
	}
	if r.CardLast4 != "" {
		row.Card = r.CardFirst6 + "…" + r.CardLast4
	}
	for _, store := range stores {
		if store.ID == r.StoreID {
			row.Store, row.StoreTip = store.MerchantID, store.Name
		}
	}
	return row
}

func fundsTag(settled bool) ui.Tag {
	if settled {
		return ui.Tag{Word: labelReceived, Tone: ui.ToneDone}
	}
	return ui.Tag{Word: labelNotReceived}
}
