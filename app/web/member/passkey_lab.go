package member

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

const titlePasskeyLab = "Passkey 實驗室"

// passkeyLab answers GET /member/passkey/lab: what a store in test mode can try, and the
// last run of each scenario.
func (p *pages) passkeyLab(c *gin.Context) error {
	ctx, scope := c.Request.Context(), report.ScopeOf(web.Actor(c))
	stores, err := p.Transactions.LabStores(ctx, scope)
	if err != nil {
		return err
	}
	runs, err := p.Transactions.LabRuns(ctx, scope)
	if err != nil {
		return err
	}
	page := view.PasskeyLabPage{
		Shell: p.shell(c, titlePasskeyLab,
			layout.Crumb{Label: "會員專區", Href: pathHome}, layout.Crumb{Label: titlePasskeyLab}),
		Code:   verification.LabCode,
		Stores: presentLabStores(stores, p.router.Allows(c, permit.Owner())),
	}
	transactions := p.router.Allows(c, permit.CardTradePage.Gate())
	for _, card := range payment.LabCards {
		shown := presentLabScenario(card)
		if i := slices.IndexFunc(runs, func(r report.LabRun) bool { return r.Scenario == card.Scenario }); i >= 0 {
			shown.Run = presentLabRun(runs[i], transactions)
		}
		page.Scenarios = append(page.Scenarios, shown)
	}
	return web.Page(c, http.StatusOK, view.PasskeyLab(page))
}

func presentLabStores(stores []report.LabStore, owner bool) []view.LabStore {
	shown := make([]view.LabStore, len(stores))
	for i, s := range stores {
		shown[i] = view.LabStore{MerchantID: s.MerchantID, Name: s.Name, State: ui.Tag{Word: "已關閉", Tone: ui.ToneOff}}
		if s.On {
			shown[i].State = ui.Tag{Word: "已開啟", Tone: ui.ToneGood}
		}
		switch {
		case !s.Passkey:
			shown[i].Note = "商店未啟用 Passkey服務，只會詢問簡訊驗證碼。"
		case !s.On && !owner:
			shown[i].Note = "由擁有者於商店設定開啟。"
		case !s.On:
			shown[i].Note = "於商店設定開啟。"
		}
		if owner {
			shown[i].Href = storeHref(s.MerchantID)
		}
	}
	return shown
}

// labWords tell of each scenario what is asked, what happens, and how it ends.
var labWords = map[payment.LabScenario]struct{ title, asked, happens, ends string }{
	payment.LabBind: {
		"首次綁定", "是否綁定 Passkey", "輸入驗證碼後，於您的裝置真正建立一把 Passkey（取代前一次建立的）；選擇不綁定則只以驗證碼完成。",
		"授權成功，驗證方式 OTP；已綁定",
	},
	payment.LabUse: {
		"使用 Passkey", "是否使用 Passkey", "以「首次綁定」建立的 Passkey 在裝置上真正確認付款；尚未綁定時先詢問是否綁定。",
		"授權成功，驗證方式 Passkey，交易頁附可驗證的證據",
	},
	payment.LabUnsupported: {
		"裝置不支援", "不詢問", "視為裝置或瀏覽器不支援 Passkey，直接改用簡訊驗證碼。", "授權成功，驗證方式 OTP；原因：裝置不支援",
	},
	payment.LabCancel: {
		"持卡人取消", "是否使用 Passkey", "選擇使用後，視為持卡人取消裝置驗證，同一筆付款改用簡訊驗證碼。", "授權成功，驗證方式 OTP；原因：取消",
	},
	payment.LabTimeout: {
		"逾時", "是否使用 Passkey", "選擇使用後，視為裝置驗證逾時，同一筆付款改用簡訊驗證碼。", "授權成功，驗證方式 OTP；原因：逾時",
	},
	payment.LabNewDevice: {
		"新裝置", "是否使用 Passkey；驗證碼正確後再問是否於此裝置綁定", "選擇使用後，視為此裝置沒有這張卡的 Passkey，改用簡訊驗證碼，之後可再綁定。",
		"授權成功，驗證方式 OTP；原因：此裝置沒有 Passkey",
	},
	payment.LabWrongOTP: {
		"驗證碼錯誤", "不詢問", "任何驗證碼都視為錯誤，輸入 3 次後付款失敗。", "授權失敗（持卡人未通過驗證）",
	},
	payment.LabRevoked: {
		"Passkey 已移除", "是否使用 Passkey；驗證碼正確後再問是否重新綁定",
		"選擇使用時，商店在實驗室的 Passkey 已被移除，改用簡訊驗證碼；之後「使用 Passkey」須先重新綁定。",
		"授權成功，驗證方式 OTP；原因：沒有可用的 Passkey",
	},
}

func presentLabScenario(card payment.LabCard) view.LabScenario {
	words := labWords[card.Scenario]
	var groups []string
	for digits := range slices.Chunk([]byte(card.Number), 4) {
		groups = append(groups, string(digits))
	}
	return view.LabScenario{
		Name: string(card.Scenario), Title: words.title, Card: strings.Join(groups, " "), Asked: words.asked,
		Happens: words.happens, Ends: words.ends,
	}
}

func presentLabRun(r report.LabRun, transactions bool) view.LabRun {
	run := view.LabRun{
		Time: timeText(r.BegunAt), TradeNo: string(r.TradeNo), Store: r.MerchantID,
		Status: ui.TransactionTag(statusLabels[r.Status]),
		Notice: presentMessage(payment.Message{
			Direction: payment.Told, Kind: payment.MessageOrder, At: r.BegunAt, Fields: r.Notice,
		}),
	}
	if transactions {
		run.Href = cardHref(r.TradeNo)
	}
	return run
}
