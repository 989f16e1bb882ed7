package story

import (
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func exports() []Story {
	return []Story{
		{Name: "export", Group: "member", Title: "匯出：直接下載", Page: member.CreditCardExport(exportAsk())},
		{Name: "export-job", Group: "member", Title: "匯出：背景匯出", Page: member.CreditCardExport(exportAskJob())},
		{Name: "export-busy", Group: "member", Title: "匯出：已達上限", Page: member.CreditCardExport(exportBusy())},
		{Name: "export-running", Group: "member", Title: "匯出：進行中", Page: member.CreditCardExportState(exportRunning())},
		{Name: "export-done", Group: "member", Title: "匯出：已完成", Page: member.CreditCardExportState(exportDone())},
		{Name: "export-failed", Group: "member", Title: "匯出：未完成", Page: member.CreditCardExportState(exportFailed())},
		{Name: "exports", Group: "member", Title: "匯出紀錄", Page: member.CreditCardExports(exportList())},
		{
			Name: "exports-empty", Group: "member", Title: "匯出紀錄：尚無",
			Page: member.CreditCardExports(member.CreditCardExportsPage{Shell: shell("匯出紀錄", "信用卡交易專用查詢")}),
		},
	}
}

const exportSum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

var (
	exportHeads = []string{
		"交易時間 (Asia/Taipei)", "金流交易序號", "商店訂單編號", "商店", "支付型態", "卡號", "金額 NT$", "交易狀態", "款項狀態", "驗證／處理方式", "授權碼",
	}
	exportTerms = []ui.Term{
		{Label: "交易日期", Value: "2026-11-18 至 2026-11-24"},
		{Label: "商店代號", Value: "MS100000001、MS100000002"},
		{Label: "交易狀態", Value: "授權成功、請款完成"},
	}
)

func exportAsk() member.CreditCardExportPage {
	return member.CreditCardExportPage{
		Shell: shell("匯出信用卡交易", "信用卡交易專用查詢"), Rows: "1,284 筆", Columns: exportHeads, Conditions: exportTerms,
		Order: "依交易日期由新到舊", Back: member.CreditCardListPath + "?from=2026-11-18", Limit: "20,000",
		Filter: "from=2026-11-18&to=2026-11-24",
		Files: []member.CreditCardExportFile{
			{
				Format: "csv", Label: "CSV", Note: "純文字（UTF-8）。給程式讀取；以試算表直接開啟時，長號碼會被改成科學記號。",
				Href: member.CreditCardExportPath + "?format=csv&from=2026-11-18&to=2026-11-24",
			},
			{
				Format: "xlsx", Label: "XLSX", Note: "Excel 活頁簿。號碼為文字，金額為數字。",
				Href: member.CreditCardExportPath + "?format=xlsx&from=2026-11-18&to=2026-11-24",
			},
		},
	}
}

func exportAskJob() member.CreditCardExportPage {
	page := exportAsk()
	page.Rows, page.Job = "1,028,321 筆", true
	page.Files[0].Href, page.Files[1].Href = "", ""
	return page
}

func exportBusy() member.CreditCardExportPage {
	page := exportAskJob()
	page.Problem, page.Files = "同時進行的匯出已達上限，請等其中一個完成後再試。", nil
	return page
}

func exportRunning() member.CreditCardExportStatePage {
	return member.CreditCardExportStatePage{
		Shell: shell("transactions_20261124-150408.xlsx", "信用卡交易專用查詢"), File: "transactions_20261124-150408.xlsx",
		State: ui.Tag{Word: "匯出中", Tone: ui.ToneWait}, Sentence: "正在寫入檔案。可以離開這個頁面，完成後從「匯出紀錄」下載。",
		Progress: member.CreditCardExportProgress{Done: "440000", All: "1028321", Text: "440,000 / 1,028,321 筆"},
		Columns:  exportHeads, Conditions: exportTerms,
	}
}

func exportDone() member.CreditCardExportStatePage {
	page := exportRunning()
	page.State, page.Progress = ui.Tag{Word: "已完成", Tone: ui.ToneDone}, member.CreditCardExportProgress{}
	page.Sentence = "可下載至 2026-11-25 15:05:01，只有您的帳號能下載。"
	page.Href, page.Manifest = member.CreditCardExportsPath+"/TOKEN/file", member.CreditCardExportsPath+"/TOKEN/manifest"
	page.Terms = []ui.Term{
		{Label: "筆數", Value: "1,028,321 筆", Strong: true},
		{Label: "資料時間", Value: "2026-11-24 15:04:09", Note: "檔案內容是這一刻的交易，之後的變動不在其中。"},
		{Label: "排序", Value: "依交易日期由新到舊"},
		{Label: "檔案大小", Value: "70 MB"},
		{Label: "SHA-256", Value: exportSum, Copy: true},
	}
	return page
}

func exportFailed() member.CreditCardExportStatePage {
	page := exportRunning()
	page.State, page.Progress = ui.Tag{Word: "未完成", Tone: ui.ToneBad}, member.CreditCardExportProgress{}
	page.Bad, page.Sentence = true, "匯出中途中斷，沒有產生完整的檔案。請重新匯出。"
	return page
}

func exportList() member.CreditCardExportsPage {
	row := func(time, file, rows, size string, state ui.Tag) member.CreditCardExportRow {
		r := member.CreditCardExportRow{
			Date: "2026-11-24", Time: time, File: file, Href: member.CreditCardExportsPath + "/TOKEN", State: state, Rows: rows,
			Size: size,
		}
		if rows != "" {
			r.SHA256 = exportSum
		}
		return r
	}
	done, gone := ui.Tag{Word: "已完成", Tone: ui.ToneDone}, ui.Tag{Word: "已過期"}
	page := member.CreditCardExportsPage{
		Shell: shell("匯出紀錄", "信用卡交易專用查詢"),
		Rows: []member.CreditCardExportRow{
			row("15:04:08", "transactions_20261124-150408.xlsx", "", "", ui.Tag{Word: "匯出中", Tone: ui.ToneWait}),
			row("14:58:20", "transactions_20261124-145820.csv", "1,028,321", "138 MB", done),
			row("14:55:09", "transactions_20261124-145509.csv", "1,284", "176 KB", done),
			row("09:12:44", "transactions_20261124-091244.csv", "", "", ui.Tag{Word: "未完成", Tone: ui.ToneBad}),
			row("08:00:00", "transactions_20261124-080000.csv", "48,210", "6 MB", gone),
		},
	}
	page.Rows[1].Fetch, page.Rows[1].Until = member.CreditCardExportsPath+"/TOKEN/file", "2026-11-25 14:59:02"
	return page
}
