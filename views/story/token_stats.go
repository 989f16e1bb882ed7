package story

import (
	"strconv"

	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func tokenStats() []Story {
	empty, errors := tokenStatsPage(), tokenStatsPage()
	empty.Searched = true
	empty.Totals = []member.Figure{{Label: "Token綁定", Value: "0"}, {Label: "Token交易", Value: "0"}}
	errors.Filter.Range.From = ui.Input{Value: "2026-13-01", Error: "請輸入正確的日期，格式為 YYYY-MM-DD。"}
	return []Story{
		{Name: "token-stats", Group: "member", Title: "Passkey 統計：有次數", Page: member.TokenStats(tokenStatsCounted())},
		{Name: "token-stats-empty", Group: "member", Title: "Passkey 統計：沒有次數", Page: member.TokenStats(empty)},
		{Name: "token-stats-errors", Group: "member", Title: "Passkey 統計：欄位有誤", Page: member.TokenStats(errors)},
	}
}

func passkeyLab() []Story {
	field := func(name, value string) member.CreditCardField {
		return member.CreditCardField{Name: name, Value: value}
	}
	page := member.PasskeyLabPage{
		Shell: shell("Passkey 實驗室", "Passkey 實驗室"), Code: "246810",
		Stores: []member.LabStore{
			{
				MerchantID: "MS100000005", Name: "晴川選物 測試商店", State: ui.Tag{Word: "已開啟", Tone: ui.ToneGood},
				Href: member.StorePath + "/MS100000005",
			},
			{
				MerchantID: "MS100000006", Name: "晴川選物 測試二店", State: ui.Tag{Word: "已關閉", Tone: ui.ToneOff},
				Note: "由擁有者於商店設定開啟。",
			},
		},
		Scenarios: []member.LabScenario{
			{
				Name: "cancel", Title: "持卡人取消", Card: "4000 2299 0000 0040", Asked: "是否使用 Passkey",
				Happens: "選擇使用後，視為持卡人取消裝置驗證，同一筆付款改用簡訊驗證碼。", Ends: "授權成功，驗證方式 OTP；原因：取消",
				Run: member.LabRun{
					Time: "2026-11-24 15:03:12", TradeNo: "26112415031200042", Store: "MS100000005",
					Href: member.CreditCardListPath + "/26112415031200042", Status: ui.TransactionTag("授權成功"),
					Notice: member.CreditCardMessage{
						Time: "2026-11-24 15:03:12", Way: "本平台 → 商店", Title: "交易結果（NotifyURL／ReturnURL）",
						Fields: []member.CreditCardField{field("Status", "SUCCESS"), field("Amt", "1250")},
					},
				},
			},
			{
				Name: "timeout", Title: "逾時", Card: "4000 2299 0000 0057", Asked: "是否使用 Passkey",
				Happens: "選擇使用後，視為裝置驗證逾時，同一筆付款改用簡訊驗證碼。", Ends: "授權成功，驗證方式 OTP；原因：逾時",
			},
		},
	}
	none := page
	none.Stores, none.Scenarios = nil, page.Scenarios[1:]
	return []Story{
		{Name: "passkey-lab", Group: "member", Title: "Passkey 實驗室", Page: member.PasskeyLab(page)},
		{Name: "passkey-lab-none", Group: "member", Title: "Passkey 實驗室：沒有測試商店", Page: member.PasskeyLab(none)},
	}
}

func tokenStatsPage() member.TokenStatsPage {
	return member.TokenStatsPage{
		Shell: shell("Passkey 統計", "Passkey 統計"),
		Filter: member.TokenStatsFilter{
			Range: ui.DateRange{
				From: ui.Input{Value: "2026-10-26"}, To: ui.Input{Value: "2026-11-24"},
				Quick: []ui.QuickRange{{
					Label: "近 30 日", From: "2026-10-26", To: "2026-11-24",
					Href: member.TokenStatsPath + "?from=2026-10-26&to=2026-11-24", Current: true,
				}},
			},
			Stores: options("MS100000001", "MS100000001", "MS100000002", "MS100000002"),
		},
		ExportHref: member.TokenStatsExportPath + "?format=csv&from=2026-10-26&to=2026-11-24",
	}
}

func tokenStatsCounted() member.TokenStatsPage {
	page := tokenStatsPage()
	page.Searched = true
	page.Totals = []member.Figure{{Label: "Token綁定", Value: "1,204"}, {Label: "Token交易", Value: "8,931"}}
	page.Stores = []member.TokenStatsRow{
		{Name: "MS100000001", Note: "晴川選物 官網", Binds: "1,104", Charges: "8,120"},
		{Name: "MS100000002", Note: "晴川選物 App", Binds: "100", Charges: "811"},
	}
	page.Days = []member.TokenStatsRow{
		{Name: "2026-11-24", Binds: "44", Charges: "310"}, {Name: "2026-11-23", Binds: "38", Charges: "295"},
	}
	page.Chart = member.TokenChart{
		Width: "720", Height: "160", From: "2026-10-26", To: "2026-11-24", Top: "310",
	}
	for i := range 30 {
		x, tall := 24*i, 60+3*i
		page.Chart.Bars = append(page.Chart.Bars,
			member.TokenBar{Bind: true, X: strconv.Itoa(x), Y: "140", Width: "10", Height: "20"},
			member.TokenBar{
				X: strconv.Itoa(x + 10), Y: strconv.Itoa(160 - tall), Width: "10", Height: strconv.Itoa(tall),
			})
	}
	list := member.CreditCardListPath + "?from=2026-10-26&to=2026-11-24&journey="
	page.Funnel = []member.FunnelStep{
		{Label: "適用 Passkey", Count: "9,800", Href: list + "eligible", Share: "100%", Width: "100"},
		{Label: "已詢問持卡人", Count: "9,310", Href: list + "asked", Share: "95%", Width: "95"},
		{Label: "已綁定", Count: "1,204", Href: list + "bound", Share: "12%", Width: "12"},
		{Label: "已使用 Passkey", Count: "7,727", Href: list + "used", Share: "78%", Width: "78"},
		{Label: "改用簡訊驗證", Count: "869", Href: list + "fell_back", Share: "8%", Width: "8"},
	}
	page.Reasons = []member.FunnelReason{
		{Label: "裝置或瀏覽器不支援 Passkey", Count: "490", Href: list + "fell_back.unsupported", Width: "5"},
		{Label: "持卡人選擇簡訊驗證", Count: "379", Href: list + "fell_back.chose_otp", Width: "3"},
	}
	page.Brands = []member.FunnelRow{
		{Name: "Mastercard", Eligible: "3,100", Asked: "2,950", Bound: "400", Used: "2,450", FellBack: "250"},
		{Name: "Visa", Eligible: "6,700", Asked: "6,360", Bound: "804", Used: "5,277", FellBack: "619"},
	}
	page.Browsers = []member.FunnelRow{
		{Name: "Chrome", Eligible: "6,000", Asked: "5,900", Bound: "800", Used: "5,000", FellBack: "300"},
		{Name: "Safari", Eligible: "3,800", Asked: "3,410", Bound: "404", Used: "2,727", FellBack: "569"},
	}
	return page
}
