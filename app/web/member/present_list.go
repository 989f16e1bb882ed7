package member

import (
	"slices"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// presentFound fills the page with what was found.
func presentFound(page *view.CreditCardListPage, q query, r found) {
	page.Rows = make([]view.CreditCardRow, len(r.Page.Rows))
	more := slices.ContainsFunc(r.Columns, func(c report.Column) bool { return !slices.Contains(report.UsualColumns, c) })
	for i, row := range r.Page.Rows {
		page.Rows[i] = presentRow(row, q.stores)
		if more {
			presentMore(&page.Rows[i], row)
		}
	}
	page.Count = countText(r.Count)
	page.LookUp = presentLookUp(r.LookUp)
	if j := q.filter.Journey; j != report.AnyJourney {
		page.Only = view.CreditCardOnly{Label: "驗證歷程＝" + journeyLabel(j), Clear: q.without("journey")}
	}
	if q.filter.LooksUp() {
		page.Notices = append(page.Notices, "以號碼查詢時不受日期限制：限定期間與期間種類未套用。")
	} else if len(r.Page.Rows) == 0 {
		page.AllHref = q.address(
			"from", q.today.AddDays(1-report.DaysMax).String(), "to", q.today.String())
	}
	if !r.Page.Newer.IsZero() {
		page.Pager.PreviousHref = q.address("cursor", r.Page.Newer.String())
	}
	if !r.Page.Older.IsZero() {
		page.Pager.NextHref = q.address("cursor", r.Page.Older.String())
	}
	page.Totals = r.totals
	page.Pick = presentPick(q)
	if len(r.Page.Rows) > 0 {
		page.TotalsHref = q.address("totals", "1")
	}
}

// presentLookUp tells of numbers what became of them; nothing where none were asked for.
func presentLookUp(l report.LookUp) view.CreditCardLookUp {
	if l.Wanted == 0 {
		return view.CreditCardLookUp{}
	}
	shown := view.CreditCardLookUp{NotFound: l.Missing, Outside: l.Outside}
	if l.Wanted > 1 || len(l.Missing)+len(l.Outside) > 0 {
		shown.Summary = "查詢 " + grouped(l.Wanted) + " 個號碼：找到 " + grouped(l.Found) + " 個，找不到 " +
			grouped(len(l.Missing)) + " 個"
		if len(l.Outside) > 0 {
			shown.Summary += "，不在您的管理商店 " + grouped(len(l.Outside)) + " 個"
		}
		shown.Summary += "。"
	}
	return shown
}

func presentTotals(t report.Totals, at string) *view.CreditCardTotals {
	return &view.CreditCardTotals{
		Rows: grouped(t.Rows) + " 筆", Authorised: t.Authorised.Display(), Captured: t.Captured.Display(),
		Refunded: t.Refunded.Display(), Net: t.Net().Display(), At: at,
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
		TradeNo: string(r.TradeNo), OrderNo: r.OrderNo, Href: cardHref(r.TradeNo),
		Date: dateText(r.CreatedAt), Time: clockText(r.CreatedAt),
		PayType: payTypeText(r.PayType, r.Instalments), Brand: brandLabels[r.Brand],
		Amount: r.Amount.Grouped(), Status: ui.TransactionTag(statusLabels[r.Status]), Funds: fundsTag(r.Settled),
		Method: verificationLabels[r.Verification], Tokens: tokenChips(r.TokenBind, r.TokenCharge),
		AuthCode: r.AuthCode,
	}
	if r.CardLast4 != "" {
		row.Card = report.CardDigits{First6: r.CardFirst6, Last4: r.CardLast4}.String()
	}
	for _, store := range stores {
		if store.ID == r.StoreID {
			row.Store, row.StoreTip = store.MerchantID, store.Name
		}
	}
	return row
}

// presentMore fills in what only the columns show that are not the usual ones.
func presentMore(row *view.CreditCardRow, r report.Row) {
	row.MandateNo, row.ThreeD = r.MandateNo, r.ThreeD
	row.AuthorisedAt, row.CapturedAt = timeText(r.AuthorisedAt), timeText(r.CapturedAt)
	row.RefundedAt, row.SettledAt = timeText(r.RefundedAt), timeText(r.SettledAt)
	if r.Status != payment.Pending && r.Status != payment.Failed {
		row.Captured, row.Refunded = r.Captured.Grouped(), r.Refunded.Grouped()
	}
}

func fundsTag(settled bool) ui.Tag {
	if settled {
		return ui.Tag{Word: labelReceived, Tone: ui.ToneDone}
	}
	return ui.Tag{Word: labelNotReceived}
}
