package member

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

const titleExports = "匯出紀錄"

// ExportWords are the words of an export's cells: those of the list.
func ExportWords() export.Words {
	return export.Words{
		Heads: columnLabels, Statuses: statusLabels, PayTypes: payTypeLabels, Verifications: verificationLabels,
		Brands: brandLabels, TokenBind: labelTokenBind, TokenCharge: labelTokenCharge, Received: labelReceived,
		NotReceived: labelNotReceived, Yes: "是", Instalments: " 期", Between: "、",
	}
}

func exportHref(token ident.Token) string { return view.CreditCardExportsPath + "/" + string(token) }

// exportWith is the page of an export with these conditions.
func exportWith(values url.Values) string { return withQuery(view.CreditCardExportPath, values) }

// formatNotes say what a kind of file is for.
var formatNotes = map[export.Format]string{
	export.CSV:  "純文字（UTF-8）。給程式讀取；以試算表直接開啟時，長號碼會被改成科學記號。",
	export.XLSX: "Excel 活頁簿。號碼為文字，金額為數字。",
}

func formatLabel(f export.Format) string { return strings.ToUpper(string(f)) }

// presentExport tells what an export would hold; rows below zero are not known.
func presentExport(q query, columns []report.Column, rows int64) view.CreditCardExportPage {
	page := view.CreditCardExportPage{
		Back: q.address(), Job: rows > export.DirectRows, Limit: grouped(export.DirectRows),
		Order: orderText(q.filter.DateKind), Filter: exportQuery(q).Encode(), Rows: "—",
		Conditions: presentConditions(conditionsOf(q.recorded())),
	}
	for _, column := range presentColumns(columns) {
		page.Columns = append(page.Columns, column.Label)
	}
	if q.filter.LooksUp() {
		page.Order = orderText(report.ByTrade)
	}
	if rows >= 0 {
		page.Rows = grouped(int(rows)) + " 筆"
	}
	if rows == 0 {
		page.Problem = "沒有符合條件的交易。"
	}
	if rows <= 0 {
		return page
	}
	for _, format := range export.Formats {
		file := view.CreditCardExportFile{Format: string(format), Label: formatLabel(format), Note: formatNotes[format]}
		if !page.Job {
			values := exportQuery(q)
			values.Set("format", string(format))
			file.Href = exportWith(values)
		}
		page.Files = append(page.Files, file)
	}
	return page
}

func orderText(kind report.DateKind) string { return "依" + dateKindLabels[kind] + "由新到舊" }

// conditionsOf writes a filter in words.
func conditionsOf(q query) []export.Condition {
	f := q.filter
	var list []export.Condition
	add := func(label, value string) {
		if value != "" {
			list = append(list, export.Condition{Label: label, Value: value})
		}
	}
	if f.LooksUp() {
		add("輸入查詢", numberKindLabels[f.Numbers]+"："+strings.Join(maskedNumbers(f), "、"))
	} else {
		add(dateKindLabels[f.DateKind], f.From.String()+" 至 "+f.To.String())
	}
	add("商店代號", strings.Join(f.Stores, "、"))
	if f.StoreType != report.AnyStoreType {
		add("商店類型", storeTypeLabels[f.StoreType])
	}
	if f.Method != report.AnyMethod {
		add("處理方式", methodLabels[f.Method])
	}
	if f.TokenKind != report.AnyToken {
		add("類別", tokenKindLabels[f.TokenKind])
	}
	add("支付型態", words(f.PayTypes, payTypeLabels))
	add("交易狀態", words(f.Statuses, statusLabels))
	if f.Funds != report.AnyFunds {
		add("款項狀態", fundsLabels[f.Funds])
	}
	if f.AmountMin > 0 {
		add("金額下限", f.AmountMin.Display())
	}
	if f.AmountMax > 0 {
		add("金額上限", f.AmountMax.Display())
	}
	if f.ThreeD {
		add("限定查詢", "3D交易")
	}
	if f.Waiting {
		add("限定查詢", "待處理")
	}
	if f.Journey != report.AnyJourney {
		add("驗證歷程", journeyLabel(f.Journey))
	}
	return list
}

func words[T comparable](values []T, labels map[T]string) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = labels[value]
	}
	return strings.Join(texts, "、")
}

func presentConditions(conditions []export.Condition) []ui.Term {
	terms := make([]ui.Term, len(conditions))
	for i, c := range conditions {
		terms[i] = ui.Term{Label: c.Label, Value: c.Value}
	}
	return terms
}

// exportTag is how far an export is.
func exportTag(r export.Record, now time.Time) ui.Tag {
	switch {
	case r.State == export.Failed:
		return ui.Tag{Word: "未完成", Tone: ui.ToneBad}
	case r.State == export.Waiting:
		return ui.Tag{Word: "等待中", Tone: ui.ToneWait}
	case r.State == export.Running:
		return ui.Tag{Word: "匯出中", Tone: ui.ToneWait}
	case r.Expired(now):
		return ui.Tag{Word: "已過期"}
	}
	return ui.Tag{Word: "已完成", Tone: ui.ToneDone}
}

func presentExportRow(r export.Record, s report.Scope, now time.Time) view.CreditCardExportRow {
	row := view.CreditCardExportRow{
		Date: dateText(r.CreatedAt), Time: clockText(r.CreatedAt), File: r.File, Href: exportHref(r.Token),
		State: exportTag(r, now),
	}
	if r.State == export.Done {
		row.Rows, row.Size, row.SHA256 = grouped(int(r.Rows)), sizeText(r.Bytes), r.SHA256
	}
	if r.Fetchable(s, now) == nil {
		row.Fetch, row.Until = exportHref(r.Token)+"/file", timeText(r.ExpiresAt)
	}
	return row
}

func presentExportState(
	r export.Record, m export.Manifest, s report.Scope, now time.Time,
) view.CreditCardExportStatePage {
	page := view.CreditCardExportStatePage{
		File: r.File, State: exportTag(r, now), Conditions: presentConditions(r.Conditions),
		Sentence: exportSentence(r, s, now), Bad: r.State == export.Failed || r.State == export.Done && !r.Within(s),
	}
	for _, column := range m.Columns {
		page.Columns = append(page.Columns, column.Head)
	}
	if r.State == export.Running && !r.Direct && r.Total > 0 {
		page.Progress = view.CreditCardExportProgress{
			Done: fmt.Sprint(r.Rows), All: fmt.Sprint(r.Total),
			Text: grouped(int(r.Rows)) + " / " + grouped(int(r.Total)) + " 筆",
		}
	}
	if r.State != export.Done || !r.Within(s) {
		return page
	}
	if r.Fetchable(s, now) == nil {
		page.Href = exportHref(r.Token) + "/file"
	}
	page.Manifest = exportHref(r.Token) + "/manifest"
	page.Terms = []ui.Term{
		{Label: "筆數", Value: grouped(int(r.Rows)) + " 筆", Strong: true},
		{Label: "資料時間", Value: timeText(r.SnapshotAt), Note: "檔案內容是這一刻的交易，之後的變動不在其中。"},
		{Label: "排序", Value: orderText(r.DateKind)},
		{Label: "檔案大小", Value: sizeText(r.Bytes)},
		{Label: "SHA-256", Value: r.SHA256, Copy: true},
	}
	if r.Sheets > 1 {
		page.Terms = append(page.Terms, ui.Term{
			Label: "工作表", Value: grouped(r.Sheets) + " 張", Note: "一張工作表最多 1,048,576 列，其餘接續在下一張。",
		})
	}
	return page
}

// exportSentence says what the state means.
func exportSentence(r export.Record, s report.Scope, now time.Time) string {
	switch {
	case r.State == export.Failed:
		return r.Failure
	case r.State == export.Waiting:
		return "排隊中，稍後開始。可以離開這個頁面，完成後從「匯出紀錄」下載。"
	case r.State == export.Running && r.Direct:
		return "檔案正在下載。"
	case r.State == export.Running:
		return "正在寫入檔案。可以離開這個頁面，完成後從「匯出紀錄」下載。"
	case !r.Within(s):
		return export.ErrScope.Public
	case r.Direct:
		return "檔案已直接下載，系統沒有保留。以 SHA-256 可確認手上的檔案沒有被改動。"
	case r.Expired(now):
		return export.ErrExpired.Public
	}
	return "可下載至 " + timeText(r.ExpiresAt) + "，只有您的帳號能下載。"
}

// sizeText is a size as people read it.
func sizeText(bytes int64) string {
	const kib, mib = 1 << 10, 1 << 20
	switch {
	case bytes < kib:
		return grouped(int(bytes)) + " B"
	case bytes < mib:
		return grouped(int(bytes/kib)) + " KB"
	}
	return grouped(int(bytes/mib)) + " MB"
}
