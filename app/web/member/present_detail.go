package member

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	members "github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// presentDetail turns one transaction into its page.
func presentDetail(d report.Detail) view.CreditCardDetailPage {
	t := d.Transaction
	page := view.CreditCardDetailPage{
		TradeNo: string(t.TradeNo), OrderNo: t.OrderNo, Amount: t.Amount.Display(),
		Status: ui.TransactionTag(statusLabels[t.Status]), Tokens: tokenChips(t.TokenBind, t.TokenCharge),
		Paid: timeText(t.AuthorisedAt), Money: presentMoney(d), Verification: presentVerification(d),
		Card: presentCard(t), Order: presentOrder(d), Notify: presentNotify(d),
	}
	for _, m := range d.Messages {
		page.Messages = append(page.Messages, presentMessage(m))
	}
	for _, event := range d.Events {
		page.Events = append(page.Events, presentEvent(event))
	}
	return page
}

func presentMoney(d report.Detail) view.MoneySection {
	t := d.Transaction
	money := payment.MoneyOf(t)
	m := view.MoneySection{
		PayType: payTypeText(t.PayType, t.Instalments), Captured: money.Captured.Display(),
		Refunded: money.Refunded.Display(), Refundable: money.Refundable.Display(),
		Funds: fundsTag(!t.SettledAt.IsZero()), AuthCode: t.AuthCode, RespCode: t.RespondCode,
		RespText: t.RespondMessage, Acquirer: t.AcquirerBank,
	}
	if !t.AuthorisedAt.IsZero() {
		m.Authorised = money.Authorised.Display()
	}
	if t.Instalments > 0 {
		m.Instalment = "首期 " + t.InstalmentFirst.Display() + "，其後每期 " + t.InstalmentEach.Display()
	}
	if t.PayType == payment.PayBonus && !t.AuthorisedAt.IsZero() {
		m.Bonus = "折抵後實付 " + t.BonusPaid.Display()
	}
	if !t.SettledAt.IsZero() {
		m.SettleDate = dateText(t.SettledAt)
	}
	m.SettleDue, m.DueNote = payoutDue(d)
	return m
}

// payoutDue tells the earliest day of the payout that is to come, or what it waits for.
func payoutDue(d report.Detail) (day, note string) {
	t := d.Transaction
	switch {
	case !d.PayoutDue.IsZero():
		return d.PayoutDue.String(), ""
	case d.Store.Kind == members.Gateway:
		return "", "閘道特約商店由收單行直接撥款"
	case t.CapturedAmount > 0 && t.CapturedAt.IsZero():
		return "", fmt.Sprintf("請款完成後第 %d 日起撥款", payment.PayoutDays)
	}
	return "", ""
}

// routeReasons say why a verification was chosen.
var routeReasons = map[payment.RouteReason]string{
	payment.ReasonTestMode:   "測試環境不觸發 OTP 與 Passkey。",
	payment.ReasonNotOffered: "此筆付款早於持卡人驗證上線，未進行驗證。",

	payment.ReasonNotAsked:          "非 3D 商店，訂單未指定 P3D=1：不驗證。",
	payment.ReasonPasskeyOff:        "商店未啟用 Passkey 服務：以簡訊 OTP 驗證。",
	payment.ReasonVersionTooOld:     "串接版本不支援 Passkey：以簡訊 OTP 驗證。",
	payment.ReasonBrandUnsupported:  "此卡別不支援 Passkey：以簡訊 OTP 驗證。",
	payment.ReasonDeviceUnsupported: "持卡人的裝置或瀏覽器不支援 Passkey：以簡訊 OTP 驗證。",
	payment.ReasonPhoneMismatch:     "輸入的電話與發卡行留存的不同：以簡訊 OTP 驗證。",
	payment.ReasonNoCredential:      "此卡尚未綁定 Passkey：以簡訊 OTP 驗證後可綁定。",
	payment.ReasonHasCredential:     "此卡已綁定 Passkey：以裝置驗證。",
	payment.ReasonNoPhone:           "發卡行未留存電話，無法驗證持卡人。",

	// Of generated transactions alone.
	"store_3d":         "3D 商店：以簡訊 OTP 驗證。",
	"p3d":              "非 3D 商店，訂單指定 P3D=1：以簡訊 OTP 驗證。",
	"store_not_3d":     "非 3D 商店，訂單未指定 P3D=1：不驗證。",
	"pay_method":       "此支付型態由裝置或發卡組織驗證。",
	"passkey":          "此卡已綁定 Passkey：以裝置驗證。",
	"passkey_first":    "此卡首次使用 Passkey：先以簡訊 OTP 驗證，再綁定。",
	"passkey_declined": "持卡人未使用 Passkey：以簡訊 OTP 驗證。",
	"passkey_brand":    "此卡別不支援 Passkey：以簡訊 OTP 驗證。",
}

func presentVerification(d report.Detail) view.VerificationSection {
	t := d.Transaction
	v := view.VerificationSection{
		Method: verificationLabels[t.Verification], ECI: t.ECI, ECINote: eciNote(t.ECI), ThreeDS: "否",
		Outcome: ui.Tag{Word: "驗證成功", Tone: ui.ToneGood}, Tokens: tokenChips(t.TokenBind, t.TokenCharge),
	}
	if t.Verification == payment.Unverified {
		v.Outcome = ui.Tag{Word: "未驗證"}
	}
	if d.TokenLast4 != "" {
		v.Token = "卡組織 Token •••• " + d.TokenLast4
	}
	if t.ThreeD {
		v.ThreeDS = "是"
	}
	if d.Attempt != nil {
		v.Reason = routeReasons[d.Attempt.Route.Reason]
	}
	if d.Lab != "" {
		v.Reason = titlePasskeyLab + "「" + labWords[d.Lab].title + "」。" + v.Reason
	}
	return v
}

// eciNote says what an ECI means (EMV 3-D Secure: the first number is Mastercard's,
// the second that of the other schemes).
func eciNote(eci string) string {
	switch strings.TrimPrefix(eci, "0") {
	case "":
		return ""
	case "2", "5":
		return "持卡人驗證成功"
	case "1", "6":
		return "已嘗試驗證"
	default:
		return "未經驗證"
	}
}

func presentCard(t payment.Transaction) view.CardSection {
	card := view.CardSection{
		Number: maskedCard(t.Card), Brand: brandLabels[t.Card.Brand], Issuer: t.IssuerBank, Expiry: expiryText(t.Card.Expiry),
	}
	if t.PayType == payment.PayForeign {
		card.Kind = payTypeLabels[payment.PayForeign]
	}
	return card
}

// maskedCard writes first six and last four in the groups in which they are embossed.
func maskedCard(c payment.Card) string {
	switch {
	case c.First6 == "" || c.Last4 == "":
		return ""
	case c.Brand == payment.Amex:
		return c.First6[:4] + " " + c.First6[4:] + "**** *" + c.Last4
	default:
		return c.First6[:4] + " " + c.First6[4:] + "** **** " + c.Last4
	}
}

// expiryText turns YYMM into MM/YY.
func expiryText(yymm string) string {
	if len(yymm) != 4 {
		return ""
	}
	return yymm[2:] + "/" + yymm[:2]
}

func presentOrder(d report.Detail) view.OrderSection {
	o := view.OrderSection{
		Store: d.Store.MerchantID, StoreName: d.Store.Name, StoreKind: storeKindLabels[d.Store.Kind],
		Item: secret.MaskPANs(d.Transaction.ItemDesc), Comment: secret.MaskPANs(d.Request.Comment),
		PayerMail: maskedMail(d.Request.Email),
		PayerIP:   d.Transaction.PayerIP, Created: timeText(d.Transaction.CreatedAt),
		Deadline: timeText(d.Request.ExpiresAt),
	}
	if o.Mandate = d.MandateNo; o.Mandate != "" {
		o.Periods = pathCardList + "?" + url.Values{"by": {string(report.MandateNos)}, "q": {o.Mandate}}.Encode()
	}
	if d.Request.Version != "" {
		o.Source = "幕前支付 MPG " + d.Request.Version
	}
	if d.Attempt != nil {
		o.PayerName = maskedName(d.Attempt.Payer.LastName, d.Attempt.Payer.FirstName)
		if d.Attempt.Payer.Email != "" {
			o.PayerMail = maskedMail(d.Attempt.Payer.Email)
		}
	}
	return o
}

// maskedMail leaves the first letter and the domain.
func maskedMail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(address)
	return string(first) + "***" + address[at:]
}

// maskedName leaves the family name and hides the given name.
func maskedName(last, first string) string {
	if first == "" {
		return last
	}
	if first[0] < utf8.RuneSelf {
		return strings.TrimSpace(last + " " + first[:1] + "***")
	}
	return last + strings.Repeat("○", utf8.RuneCountInString(first))
}

// notifyTags say how far a notification has come.
var notifyTags = map[notify.State]ui.Tag{
	notify.Pending:   {Word: "傳送中", Tone: ui.ToneMove},
	notify.Delivered: {Word: "已送達", Tone: ui.ToneDone},
	notify.Failed:    {Word: "未送達", Tone: ui.ToneBad},
}

func presentNotify(d report.Detail) view.NotifySection {
	n := view.NotifySection{ReturnURL: d.Request.ReturnURL, NotifyURL: d.Request.NotifyURL}
	for _, sent := range d.Notifications {
		n.NotifyURL, n.State = sent.URL, notifyTags[sent.State]
		for _, try := range sent.Tries {
			n.Attempts = append(n.Attempts, presentTry(len(n.Attempts)+1, try))
		}
		n.Next = nextTry(sent)
	}
	return n
}

// nextTry tells when a notification is sent again.
func nextTry(n report.Notification) string {
	if n.State != notify.Pending || len(n.Tries) == 0 {
		return ""
	}
	last := n.Tries[len(n.Tries)-1]
	return "下次重送約 " + timeText(last.At.Add(last.Duration+notify.RetryPause(len(n.Tries))))
}

// presentTry shows one delivery. Only the answer 200 counts.
func presentTry(no int, try report.Try) view.NotifyAttempt {
	const delivered = 200
	attempt := view.NotifyAttempt{
		No: strconv.Itoa(no), Time: timeText(try.At), Problem: try.Error, Answer: try.Answer,
		Duration: grouped(int(try.Duration.Milliseconds())) + " ms",
		Result:   ui.Tag{Word: "失敗", Tone: ui.ToneBad},
	}
	if try.HTTPStatus != 0 {
		attempt.HTTP = strconv.Itoa(try.HTTPStatus)
	}
	if try.HTTPStatus == delivered {
		attempt.Result = ui.Tag{Word: "成功", Tone: ui.ToneDone}
	}
	return attempt
}

// eventTexts tell what happened.
var eventTexts = map[payment.EventKind]struct {
	text string
	tone ui.Tone
}{
	payment.Opened:        {"商店送出訂單", ui.ToneNeutral},
	payment.AuthAsked:     {"向收單行請求授權", ui.ToneMove},
	payment.AuthNotSent:   {"授權請求未送達收單行，未扣款", ui.ToneOff},
	payment.AuthNoAnswer:  {"收單行未回覆，系統將查詢結果", ui.ToneWait},
	payment.AuthApproved:  {"授權成功", ui.ToneGood},
	payment.AuthDeclined:  {"授權失敗", ui.ToneBad},
	payment.AuthReversed:  {"未取得銀行回覆，已撤銷授權請求", ui.ToneOff},
	payment.CheckoutEnded: {"超過付款期限，訂單結束", ui.ToneOff},

	payment.EventVoidRequested:    {"申請取消授權", ui.ToneWait},
	payment.EventVoided:           {"已取消授權", ui.ToneOff},
	payment.EventCaptureRequested: {"申請請款", ui.ToneWait},
	payment.EventCaptureUndone:    {"取消請款", ui.ToneOff},
	payment.EventCaptureSent:      {"請款資料送交收單行", ui.ToneMove},
	payment.EventCaptured:         {"請款完成", ui.ToneDone},
	payment.EventCaptureRefused:   {"銀行拒絕請款", ui.ToneBad},
	payment.EventRefundRequested:  {"申請退款", ui.ToneWait},
	payment.EventRefundUndone:     {"取消退款", ui.ToneOff},
	payment.EventRefundSent:       {"退款資料送交收單行", ui.ToneMove},
	payment.EventRefunded:         {"退款完成", ui.ToneDone},
	payment.EventRefundRefused:    {"銀行拒絕退款", ui.ToneBad},
	payment.EventSettled:          {"已撥款給商店", ui.ToneDone},

	payment.EventVerificationBegun:   {"開始持卡人驗證", ui.ToneMove},
	payment.EventVerificationRefused: {"無法進行持卡人驗證", ui.ToneOff},
	payment.EventVerificationFailed:  {"持卡人驗證失敗，交易結束", ui.ToneBad},
	payment.EventVerificationLeft:    {"持卡人驗證未完成", ui.ToneOff},
	payment.EventOTPSent:             {"寄送簡訊驗證碼", ui.ToneMove},
	payment.EventOTPPassed:           {"簡訊驗證碼正確", ui.ToneGood},
	payment.EventOTPFailed:           {"簡訊驗證碼錯誤", ui.ToneBad},
	payment.EventPasskeyAsked:        {"詢問持卡人", ui.ToneMove},
	payment.EventPasskeyVerified:     {"持卡人以 Passkey 確認付款", ui.ToneGood},
	payment.EventPasskeyFellBack:     {"未使用 Passkey，改以簡訊驗證碼", ui.ToneOff},
	payment.EventPasskeyBound:        {"持卡人建立 Passkey", ui.ToneGood},
	payment.EventPasskeyDistrusted:   {"Passkey 狀態異常，已停用", ui.ToneBad},
	payment.EventTokenBound:          {labelTokenBind, ui.ToneGood},
	payment.EventTokenCharged:        {labelTokenCharge, ui.ToneGood},
}

var actorNames = map[string]string{"merchant": "商店", "cardholder": "持卡人", "acquirer": "收單行", "system": "系統"}

// actorText names who did something: one of the parties, or an account.
func actorText(actor string) string {
	if name, ok := actorNames[actor]; ok {
		return name
	}
	return actor
}

func presentEvent(e payment.Event) ui.Event {
	known, ok := eventTexts[e.Kind]
	if !ok {
		known.text = string(e.Kind)
	}
	shown := ui.Event{Time: timeText(e.At), Text: known.text, Tone: known.tone, Actor: actorText(e.Actor), Note: e.Detail}
	switch e.Kind {
	case payment.Opened, payment.EventCaptureRequested, payment.EventRefundRequested,
		payment.EventCaptureUndone, payment.EventRefundUndone, payment.EventVoidRequested,
		payment.EventCaptureSent, payment.EventCaptured, payment.EventRefundSent, payment.EventRefunded:
		shown.Note = "金額 " + e.Amount.Display()
	case payment.EventCaptureRefused, payment.EventRefundRefused:
		shown.Note = "金額 " + e.Amount.Display() + "，" + e.Detail
	case payment.EventPasskeyAsked, payment.EventPasskeyFellBack, payment.EventPasskeyVerified,
		payment.EventPasskeyDistrusted, payment.EventVerificationLeft:
		shown.Note = verificationNotes[e.Detail]
	case payment.AuthAsked, payment.EventVerificationBegun, payment.EventVerificationRefused:
		shown.Note = routeReasons[payment.RouteReason(e.Detail)]
	case payment.AuthApproved, payment.AuthDeclined:
		if e.Detail != "" {
			shown.Note = "銀行回應碼 " + e.Detail
		}
	}
	return shown
}
