package member

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/views/ui"
)

// joined writes the labels of known values in the order of the screen.
func joined[T comparable](known []T, labels map[T]string) string {
	var words []string
	for _, value := range known {
		words = append(words, labels[value])
	}
	return strings.Join(words, " / ")
}

func TestLabelsAreTheContracts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{joined(report.DateKinds, dateKindLabels), "交易日期 / 授權日期 / 請款日期 / 退款日期 / 撥款日期"},
		{
			joined(payment.PayTypes, payTypeLabels),
			"一次付清 / 分期付款 / 紅利折抵 / 銀聯卡 / Google Pay / Apple Pay / Samsung Pay / 國民旅遊卡 / 國外卡",
		},
		{joined(payment.Statuses, statusLabels), "待付款 / 授權成功 / 授權失敗 / 已取消授權 / 請款申請中 / 請款處理中 / 請款完成 / " +
			"退款申請中 / 退款處理中 / 退款完成"},
		{joined(report.NumberKinds, numberKindLabels), "不限定 / 金流交易序號 / 商店訂單編號 / 授權碼 / 信用卡號 / 委託單號"},
		{joined(report.StoreTypes, storeTypeLabels), "不限定 / 閘道特約商店 / 金流特約商店"},
		{joined(report.Methods, methodLabels), "不限定 / 綁定信用卡電話驗證 / Token交易(國際卡組織)"},
		{joined(report.TokenKinds, tokenKindLabels), "不限定 / Token綁定 / Token交易"},
		{joined(report.FundsStates, fundsLabels), "不限定 / 已收款 / 未收款"},
	} {
		if tt.got != tt.want {
			t.Errorf("labels %q, want %q", tt.got, tt.want)
		}
	}
}

func TestEveryStatusHasATagOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[ui.Tag]payment.Status{}
	for _, status := range payment.Statuses {
		tag := ui.TransactionTag(statusLabels[status])
		look := ui.Tag{Tone: tag.Tone, Shape: tag.Shape}
		if other, taken := seen[look]; taken || tag.Tone == ui.ToneNeutral {
			t.Errorf("%s looks like %q", status, other)
		}
		seen[look] = status
	}
}

func TestTimesAreTaipeis(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 16, 0, 5, 0, time.UTC)
	if got := timeText(at); got != "2027-01-01 00:00:05" {
		t.Errorf("timeText = %q", got)
	}
	if dateText(at) != "2027-01-01" || clockText(at) != "00:00:05" || timeText(time.Time{}) != "" {
		t.Errorf("%q, %q, %q", dateText(at), clockText(at), timeText(time.Time{}))
	}
	if got := dayLabel(clock.DateOf(at)); got != "2027-01-01（五）" {
		t.Errorf("dayLabel = %q", got)
	}
}

func TestWhatIsPersonalIsMasked(t *testing.T) {
	t.Parallel()
	visa := payment.Card{Brand: payment.Visa, First6: "411111", Last4: "1234"}
	amex := payment.Card{Brand: payment.Amex, First6: "376000", Last4: "0006"}
	for _, tt := range []struct{ got, want string }{
		{maskedMail("wang@example.com"), "w***@example.com"},
		{maskedMail("王@例.tw"), "王***@例.tw"},
		{maskedMail("nobody"), ""},
		{maskedMail("@x"), ""},
		{maskedMail(""), ""},
		{maskedName("王", "小明"), "王○○"},
		{maskedName("歐陽", "修"), "歐陽○"},
		{maskedName("Wang", "Ming"), "Wang M***"},
		{maskedName("", "小明"), "○○"},
		{maskedName("王", ""), "王"},
		{maskedName("", ""), ""},
		{maskedCard(visa), "4111 11** **** 1234"},
		{maskedCard(amex), "3760 00**** *0006"},
		{maskedCard(payment.Card{}), ""},
		{expiryText("3012"), "12/30"},
		{expiryText(""), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

func TestCountText(t *testing.T) {
	t.Parallel()
	for want, count := range map[string]report.Count{
		"共 0 筆": {}, "共 999 筆": {Rows: 999}, "共 1,234 筆": {Rows: 1234}, "共 10,000 筆": {Rows: 10_000},
		"超過 10,000 筆": {Rows: 10_000, More: true},
	} {
		if got := countText(count); got != want {
			t.Errorf("countText(%+v) = %q", count, got)
		}
	}
}

func TestPresentMoney(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	m := presentMoney(report.Detail{Transaction: payment.Transaction{
		Amount: 1250, PayType: payment.PayInstalment, Instalments: 6, InstalmentFirst: 210, InstalmentEach: 208,
		AuthorisedAt: at, CapturedAmount: 1250, RefundedAmount: 250, SettledAt: at,
	}})
	got := []string{
		m.PayType, m.Instalment, m.Authorised, m.Captured, m.Refunded, m.Refundable, m.Funds.Word, m.SettleDate,
	}
	want := "分期付款 6 期|首期 NT$210，其後每期 NT$208|NT$1,250|NT$1,250|NT$250|NT$1,000|已收款|2026-11-24"
	if strings.Join(got, "|") != want {
		t.Errorf("%q", strings.Join(got, "|"))
	}
	pending := presentMoney(report.Detail{Transaction: payment.Transaction{Amount: 1250, PayType: payment.PayInFull}})
	if pending.Authorised != "" || pending.Refundable != "NT$0" || pending.Funds.Word != "未收款" ||
		pending.SettleDate != "" {
		t.Errorf("%+v", pending)
	}
}

func TestThePayoutToComeIsTold(t *testing.T) {
	t.Parallel()
	captured := payment.Transaction{CapturedAmount: 1250}
	confirmed := captured
	confirmed.CapturedAt = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	for want, d := range map[string]report.Detail{
		"2026-11-27/":     {Transaction: confirmed, PayoutDue: clock.DateOf(confirmed.CapturedAt).AddDays(3)},
		"/請款完成後第 3 日起撥款":  {Transaction: captured},
		"/閘道特約商店由收單行直接撥款": {Transaction: captured, Store: account.Store{Kind: member.Gateway}},
		"/": {},
	} {
		if day, note := payoutDue(d); day+"/"+note != want {
			t.Errorf("%s/%s, want %s", day, note, want)
		}
	}
}

func TestACardNumberInTheOrderIsMasked(t *testing.T) {
	t.Parallel()
	d := report.Detail{
		Transaction: payment.Transaction{ItemDesc: "4111 1111 1111 1111"},
		Request:     payment.Request{Comment: "卡號4111-1111-1111-1111"},
	}
	if got := presentOrder(d); got.Item != "411111******1111" || got.Comment != "卡號411111******1111" {
		t.Errorf("%+v", got)
	}
}

func TestAPaymentOfTheLabSaysSoBesideItsReason(t *testing.T) {
	t.Parallel()
	played := report.Detail{Lab: payment.LabBind}
	if got := presentVerification(played).Reason; got != "Passkey 實驗室「首次綁定」。" {
		t.Errorf("before the payment %q", got)
	}
	played.Attempt = &payment.Attempt{Route: payment.Route{Reason: payment.ReasonNoCredential}}
	want := "Passkey 實驗室「首次綁定」。此卡尚未綁定 Passkey：以簡訊 OTP 驗證後可綁定。"
	if got := presentVerification(played).Reason; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTheNextTryIsTold(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	pending := report.Notification{State: notify.Pending, Tries: []report.Try{{At: at}}}
	if got := nextTry(pending); got != "下次重送約 2026-11-24 12:01:00" {
		t.Error(got)
	}
	pending.State = notify.Failed
	if got := nextTry(pending); got != "" {
		t.Error(got)
	}
}

func TestEveryMessageSaysWhoSaidWhat(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for kind := range messageTitles {
		for _, direction := range []payment.Direction{payment.Received, payment.Told} {
			m := presentMessage(payment.Message{
				Kind: kind, Direction: direction, Fields: []payment.Field{{Name: "Amt", Value: "9"}},
			})
			if m.Title == "" || seen[m.Title+m.Way] || m.Fields[0].Value != "9" {
				t.Errorf("%s %s: %+v", kind, direction, m)
			}
			seen[m.Title+m.Way] = true
		}
	}
}

func TestEveryEventSaysWhatHappened(t *testing.T) {
	t.Parallel()
	for _, kind := range []payment.EventKind{
		payment.Opened, payment.AuthAsked, payment.AuthNotSent, payment.AuthNoAnswer, payment.AuthApproved,
		payment.AuthDeclined, payment.AuthReversed, payment.CheckoutEnded,
	} {
		shown := presentEvent(payment.Event{Kind: kind, Actor: "system"})
		if shown.Text == string(kind) || shown.Actor != "系統" {
			t.Errorf("%s: %+v", kind, shown)
		}
	}
	shown := presentEvent(payment.Event{Kind: payment.AuthDeclined, Actor: "clerk01", Detail: "51"})
	if shown.Note != "銀行回應碼 51" || shown.Actor != "clerk01" || shown.Tone != ui.ToneBad {
		t.Errorf("%+v", shown)
	}
}

func TestTheFiguresOfTheDay(t *testing.T) {
	t.Parallel()
	today, err := clock.ParseDate("2026-11-24")
	if err != nil {
		t.Fatal(err)
	}
	figures := presentFigures(report.Day{Rows: 7, Amount: 700, Status: map[payment.Status]report.Sum{
		payment.Pending: {Rows: 1, Amount: 100}, payment.Failed: {Rows: 2, Amount: 200},
		payment.Authorised: {Rows: 3, Amount: 300}, payment.Captured: {Rows: 1, Amount: money.TWD(100)},
	}}, today)
	want := []string{"今日訂單 7 筆 NT$700", "授權成功 4 筆 NT$400", "待付款 1 筆 NT$100", "授權失敗 2 筆 NT$200"}
	for i, figure := range figures {
		if got := figure.Label + " " + figure.Value + " " + figure.Note; got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
		address, err := url.Parse(figure.Href)
		if err != nil {
			t.Fatal(err)
		}
		f, faults := report.ParseTransactionFilter(address.Query(), today.Start())
		if len(faults) > 0 || f.From != today || f.To != today || (len(f.Statuses) == 0) != (i == 0) {
			t.Errorf("%s leads to %s", figure.Label, figure.Href)
		}
	}
}

func TestTheFormKeepsTheQuery(t *testing.T) {
	t.Parallel()
	const address = "amt_min=100&cursor=x&date_kind=captured&from=2026-11-01&q=A1&status=failed&store=MS2&to=2026-11-24"
	values, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	filter, faults := report.ParseTransactionFilter(values, now)
	asked := query{
		conditions: conditions{values, faults, clock.DateOf(now)}, filter: filter,
		stores: []account.Store{{ID: 1, MerchantID: "MS1"}, {ID: 2, MerchantID: "MS2"}},
	}
	form := presentFilter(asked)
	if form.DateKind.Summary("") != "請款日期" || form.Stores.Summary("") != "MS2" || form.Statuses.Summary("") != "授權失敗" ||
		form.Query.Value != "A1" || form.AmountMin.Value != "100" || form.Range.From.Value != "2026-11-01" {
		t.Errorf("%+v", form)
	}
	if !form.Open || form.Used != "2 項條件" || len(form.Problems) != 1 {
		t.Errorf("open %v, used %q, problems %q", form.Open, form.Used, form.Problems)
	}
	var quick []string
	for _, r := range form.Range.Quick {
		quick = append(quick, r.Label+" "+r.From+" "+r.To)
		if !strings.Contains(r.Href, "store=MS2") || strings.Contains(r.Href, "cursor") {
			t.Errorf("%s leads to %s", r.Label, r.Href)
		}
	}
	want := "今日 2026-11-24 2026-11-24|昨日 2026-11-23 2026-11-23|近 7 日 2026-11-18 2026-11-24|" +
		"本月 2026-11-01 2026-11-24|上月 2026-10-01 2026-10-31"
	if got := strings.Join(quick, "|"); got != want || !form.Range.Quick[3].Current {
		t.Errorf("quick ranges %q", got)
	}
}
