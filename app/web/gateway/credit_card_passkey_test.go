package gateway_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/wire"
)

// bindCard pays once on the hosted checkout and makes a passkey of the card; the authenticator then stands on the
// merchant's page.
func (c *client) bindCard() *passkeytest.Authenticator {
	c.t.Helper()
	ctx, service := c.t.Context(), c.app.Verifications()
	path := c.open("First")
	c.submit(path, card("device="+able))
	c.pick(path, "bind")
	c.app.PassOTP(c.t, tokenOf(path))
	view, found, err := service.Current(ctx, tokenOf(path))
	c.must(err)
	if !found {
		c.t.Fatal("no passkey is asked for")
	}
	made, err := service.BeginBind(ctx, view.Ref, verification.Caller{Origin: c.app.RelyingPartyURL})
	c.must(err)
	device := passkeytest.New(c.app.RelyingPartyURL)
	response, err := device.Create(made.Options)
	c.must(err)
	c.must(service.FinishBind(ctx, view.Ref, cardholder.Answer{Token: made.Token, Response: response}))
	device.Origin = apptest.Shop
	return device
}

// ask starts a payment from the merchant's own page.
func (c *client) ask(orderNo string) cardTold {
	c.t.Helper()
	told := c.callCard(store, "", c.cardCall(orderNo, append(with3D, "PayeeOrigin="+apptest.Shop)...))
	if told.Status != "3dVerify" || told.Passkey == nil {
		c.t.Fatalf("no passkey is offered: %s", told.body)
	}
	return told
}

// request is what the merchant's page gives to PaymentRequest.
func (o offered) request() []byte {
	data := map[string]any{
		"challenge": o.Challenge, "rpId": o.RpID, "credentialIds": o.CredentialIDs, "payeeName": o.PayeeName,
		"instrument": map[string]any{
			"displayName": o.Instrument.DisplayName, "icon": o.Instrument.Icon, "details": o.Instrument.Details,
		},
	}
	if o.PayeeOrigin != "" {
		data["payeeOrigin"] = o.PayeeOrigin
	}
	text, _ := json.Marshal(map[string]any{"data": data, "total": map[string]any{
		"label": "付款", "amount": map[string]any{"currency": o.Total.Currency, "value": o.Total.Value},
	}})
	return text
}

// handBack posts to PasskeyVerify: an assertion, or a reason.
func (c *client) handBack(orderNo, requestToken string, assertion []byte, more ...wire.Pair) cardTold {
	c.t.Helper()
	inner := []wire.Pair{
		{Name: "TimeStamp", Value: strconv.FormatInt(c.app.Clock.Now().Unix(), 10)},
		{Name: "Version", Value: "2.5"},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "RequestToken", Value: requestToken},
	}
	if assertion != nil {
		inner = append(inner, wire.Pair{Name: "Assertion", Value: string(assertion)})
	}
	return c.callCard(store, "/PasskeyVerify", append(inner, more...))
}

func TestAMerchantsOwnPagePaysWithThePasskey(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	device := c.bindCard()
	told := c.ask("Tea_1")
	o := *told.Passkey
	left := o.ExpiresAt.Sub(c.app.Clock.Now())
	if o.RpID != "localhost" || o.Total.Value != "1250" || o.Total.Currency != "TWD" || len(o.CredentialIDs) != 1 ||
		o.Instrument.Details != "•••• 1111" || o.PayeeName != "晴川選物 官網" || left <= 0 || o.Timeout > 3_600_000 {
		t.Errorf("offered %+v", o)
	}
	if frame, err := url.Parse(o.FrameURL); err != nil || frame.Query().Get("parent") != apptest.Shop ||
		!strings.HasPrefix(o.FrameURL, c.app.RelyingPartyURL+"/passkey/") {
		t.Errorf("the frame is %s", o.FrameURL)
	}
	assertion, err := device.Pay(o.request())
	c.must(err)
	paid := c.handBack("Tea_1", o.RequestToken, assertion)
	if paid.Status != "SUCCESS" || paid.field("ECI") != "5" || paid.field("CheckCode") == "" {
		t.Fatalf("told %s", paid.body)
	}
	again := c.handBack("Tea_1", o.RequestToken, assertion)
	if again.body != paid.body {
		t.Errorf("handed back twice: %s", again.body)
	}
	path, page := c.arrive(told)
	if _, notice, _ := c.notice(page); notice.Status != "SUCCESS" || notice.Result["TradeNo"] != paid.field("TradeNo") {
		t.Errorf("%s says %+v", path, notice)
	}
}

func TestWhatWasNotShownIsNotPaid(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	device := c.bindCard()
	earlier := c.ask("Earlier")
	for name, forge := range map[string]func(o *offered, d *passkeytest.Authenticator){
		"the amount":          func(o *offered, _ *passkeytest.Authenticator) { o.Total.Value = "1" },
		"the currency":        func(o *offered, _ *passkeytest.Authenticator) { o.Total.Currency = "JPY" },
		"the payee":           func(o *offered, _ *passkeytest.Authenticator) { o.PayeeName = "別家商店" },
		"a payee origin":      func(o *offered, _ *passkeytest.Authenticator) { o.PayeeOrigin = "https://evil.example" },
		"the card":            func(o *offered, _ *passkeytest.Authenticator) { o.Instrument.Details = "•••• 4444" },
		"the page":            func(_ *offered, d *passkeytest.Authenticator) { d.Origin = "https://evil.example" },
		"the page around":     func(_ *offered, d *passkeytest.Authenticator) { d.TopOrigin = "https://evil.example" },
		"another's challenge": func(o *offered, _ *passkeytest.Authenticator) { o.Challenge = earlier.Passkey.Challenge },
		"another's token": func(o *offered, _ *passkeytest.Authenticator) {
			o.RequestToken = earlier.Passkey.RequestToken
		},
		"a token that never was": func(o *offered, _ *passkeytest.Authenticator) { o.RequestToken = "x" },
		"the signed bytes": func(_ *offered, d *passkeytest.Authenticator) {
			d.Alter = func(b []byte) []byte {
				return bytes.Replace(b, []byte("payment.get"), []byte("webauthn.get"), 1)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			orderNo := "No_" + strconv.Itoa(len(name)) + strings.ReplaceAll(name[:5], " ", "_")
			orderNo = strings.ReplaceAll(orderNo, "'", "_")
			told := c.ask(orderNo)
			lying, o := *device, *told.Passkey
			forge(&o, &lying)
			assertion, err := lying.Pay(o.request())
			c.must(err)
			refused := c.handBack(orderNo, o.RequestToken, assertion)
			if refused.Status != "3dVerify" || refused.Passkey != nil {
				t.Fatalf("told %s", refused.body)
			}
			path, page := c.arrive(refused)
			has(t, page, `id="otp-form"`)
			c.app.PassOTP(t, tokenOf(path))
			if status := c.query(orderNo).body; !strings.Contains(status, `"TradeStatus":"1"`) {
				t.Errorf("by code: %s", status)
			}
			device.Counter = lying.Counter
		})
		c.app.Clock.Advance(61 * 60 * 1e9) // the limits of messages to one phone
	}
}

func TestAMerchantsPageFallsBack(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.bindCard()
	told := c.ask("Tea_1")
	token, cancelled := told.Passkey.RequestToken, wire.Pair{Name: "FallBack", Value: "cancelled"}
	if wrong := c.handBack("Tea_1", token, nil, wire.Pair{Name: "FallBack", Value: "bored"}); wrong.Status != "TRA10018" {
		t.Errorf("a reason that does not exist: %s", wrong.body)
	}
	if none := c.handBack("Tea_9", token, nil, cancelled); none.Status != "TRA10021" {
		t.Errorf("an order that does not exist: %s", none.body)
	}
	back := c.handBack("Tea_1", token, nil, cancelled)
	path, page := c.arrive(back)
	has(t, page, `id="otp-form"`)
	c.app.PassOTP(t, tokenOf(path))
	if _, notice, _ := c.notice(c.get(path)); notice.Status != "SUCCESS" {
		t.Errorf("by code: %+v", notice)
	}
	if late := c.handBack("Tea_1", token, []byte(`{"id":"x"}`)); late.Status != "SUCCESS" {
		t.Errorf("after it is paid: %s", late.body)
	}
}

func TestProgramsThatDoNotKnowThePasskeyGoOnWithThePage(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.bindCard()
	plain := c.callCard(store, "", c.cardCall("Tea_1", with3D...))
	if plain.Passkey != nil || strings.Contains(plain.body, "Passkey") {
		t.Errorf("told %s", plain.body)
	}
	path, _ := c.arrive(plain)
	has(t, c.report(path, able), `data-choice="use-passkey"`)
	_, page := c.arrive(c.ask("Tea_2"))
	has(t, page, `data-payment-passkey="spc"`, `data-choice="use-otp"`)
	other := c.callCard(store, "", c.cardCall("Tea_3",
		append(with3D, "PayeeOrigin="+apptest.Shop, "CardNo=5555555555554444", "CardHolderPhone=923456789")...))
	if other.Status != "3dVerify" || other.Passkey != nil {
		t.Errorf("a card without a passkey: %s", other.body)
	}
	older := c.callCard(store, "", c.cardCall("Tea_4", append(with3D, "PayeeOrigin="+apptest.Shop, "Version=2.4")...))
	if older.Status != "3dVerify" || older.Passkey != nil {
		t.Errorf("version 2.4: %s", older.body)
	}
}
