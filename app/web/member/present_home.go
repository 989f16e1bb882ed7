package member

import (
	"net/url"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	members "github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// presentFigures are the day's numbers. Paid are those whose authorisation
// succeeded, whatever became of the money afterwards.
func presentFigures(d report.Day, today clock.Date) []view.Figure {
	var paid report.Sum
	var paidStatuses []string
	for _, status := range payment.Statuses {
		if status == payment.Pending || status == payment.Failed {
			continue
		}
		paid.Rows += d.Status[status].Rows
		paid.Amount += d.Status[status].Amount
		paidStatuses = append(paidStatuses, string(status))
	}
	failed, pending := d.Status[payment.Failed], d.Status[payment.Pending]
	figures := []view.Figure{
		figure("今日訂單", report.Sum{Rows: d.Rows, Amount: d.Amount}, today),
		figure("授權成功", paid, today, paidStatuses...),
		figure(statusLabels[payment.Pending], pending, today, string(payment.Pending)),
		figure(statusLabels[payment.Failed], failed, today, string(payment.Failed)),
	}
	if failed.Rows > 0 {
		figures[3].Tone = ui.ToneBad
	}
	return figures
}

func figure(label string, s report.Sum, day clock.Date, statuses ...string) view.Figure {
	values := url.Values{"from": {day.String()}, "to": {day.String()}}
	if len(statuses) > 0 {
		values["status"] = statuses
	}
	return view.Figure{
		Label: label, Value: grouped(s.Rows) + " 筆", Note: amountNote(s.Amount),
		Href: pathCardList + "?" + values.Encode(),
	}
}

func amountNote(a money.TWD) string {
	if a == 0 {
		return ""
	}
	return a.Display()
}

// concernTexts say what is to be looked at.
var concernTexts = map[report.ConcernKind]string{
	report.NotNotified:    "付款結果未能通知商店",
	report.OutcomeUnknown: "銀行尚未回覆授權結果，系統確認中",
}

func presentTasks(concerns []report.Concern) []view.Task {
	tasks := make([]view.Task, len(concerns))
	for i, concern := range concerns {
		tasks[i] = view.Task{
			Text: concernTexts[concern.Kind],
			Note: "商店訂單編號 " + concern.OrderNo + "，" + timeText(concern.At),
			Href: pathCardList + "/" + string(concern.TradeNo), Tone: ui.ToneWait,
		}
		if concern.Kind == report.NotNotified {
			tasks[i].Tone = ui.ToneBad
		}
	}
	return tasks
}

// presentStores lists stores, with a link to its settings for the owner.
func presentStores(stores []account.Store, linked bool) []view.StoreRow {
	rows := make([]view.StoreRow, len(stores))
	for i, store := range stores {
		rows[i] = view.StoreRow{
			MerchantID: store.MerchantID, Name: store.Name, Kind: storeKindLabels[store.Kind],
			ThreeDS: "non-3D", Passkey: "未啟用", Mode: "正式",
		}
		if store.ThreeD {
			rows[i].ThreeDS = "3D"
		}
		if store.Passkey {
			rows[i].Passkey = "已啟用"
		}
		if store.Mode == members.Test {
			rows[i].Mode = "測試"
		}
		if linked {
			rows[i].Href = storeHref(store.MerchantID)
		}
	}
	return rows
}
