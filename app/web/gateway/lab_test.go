package gateway_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/seeds"
)

// openAt posts an order of a store and returns its checkout's path.
func (c *client) openAt(store, orderNo string) string {
	c.t.Helper()
	form, err := wire.BuildPaymentForm(keysOf(store), c.order(orderNo, "MerchantID="+store))
	c.must(err)
	return c.post("/MPG/mpg_gateway", form).Header.Get("Location")
}

// switchLab turns the lab of a store on, as its owner does.
func (c *client) switchLab(store string) {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	c.must(err)
	owner := http.Client{Jar: jar, CheckRedirect: noRedirects.CheckRedirect}
	for _, step := range []struct {
		path string
		form url.Values
	}{
		{"/login", url.Values{"member": {"12345675"}, "account": {"owner01"}, "password": {seeds.DemoPassword}}},
		{"/member/center/stores/" + store + "/passkey-lab", url.Values{"on": {"1"}}},
	} {
		r, err := owner.PostForm(c.app.URL+step.path, step.form)
		c.must(err)
		c.must(r.Body.Close())
		if r.StatusCode != http.StatusSeeOther {
			c.t.Fatalf("%s answers %d", step.path, r.StatusCode)
		}
	}
}

func TestTheLabSaysItsCodeOnThePage(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const testStore = "MS100000005"
	labCard := func(i int) string { return "card_no=" + payment.LabCards[i].Number }

	// Off: the test environment never asks.
	_, notice, _ := c.notice(c.pay(c.openAt(testStore, "L_1"), card(labCard(0))))
	if notice.Status != "MPG03009" {
		t.Errorf("a card of the lab while it is off: %+v", notice)
	}
	c.switchLab(testStore)

	path := c.openAt(testStore, "L_2")
	page := c.submit(path, card(labCard(3), "device={}")) // cancel
	has(t, page, `data-choice="use-passkey"`, "測試環境")
	page = c.pick(path, "use-passkey")
	has(t, page, `id="otp-form"`, `data-lab-code="`+verification.LabCode+`"`, "不寄送簡訊", "沒有以 Passkey 確認，改以簡訊驗證，付款不受影響。")
	if r := c.post(path+"/otp/resend", nil); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a second code: %d", r.StatusCode)
	}
	if r := c.post(path+"/otp", []wire.Pair{{Name: "otp", Value: "000000"}}); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong code: %d", r.StatusCode)
	}
	c.post(path+"/otp", []wire.Pair{{Name: "otp", Value: verification.LabCode}})
	_, notice, _ = c.notice(c.get(path))
	if notice.Status != "SUCCESS" || notice.Result["Card6No"] != "400022" || notice.Result["ECI"] != "5" {
		t.Errorf("after the code: %+v", notice)
	}

	path = c.openAt(testStore, "L_3")
	has(t, c.submit(path, card(labCard(6))), `id="otp-form"`) // wrong_otp
	for range 3 {
		c.post(path+"/otp", []wire.Pair{{Name: "otp", Value: verification.LabCode}})
	}
	if _, notice, _ = c.notice(c.get(path)); notice.Status != "MPG03009" {
		t.Errorf("after three wrong codes: %+v", notice)
	}

	// A live store knows no lab.
	path = c.open("L_4")
	if r := c.post(path, card(labCard(2))); r.StatusCode == http.StatusSeeOther {
		if page := c.get(path); page.StatusCode != http.StatusOK {
			t.Errorf("status %d", page.StatusCode)
		} else if r := c.post(path+"/otp", []wire.Pair{{Name: "otp", Value: verification.LabCode}}); r.StatusCode == 303 {
			t.Errorf("the lab's code pays at a live store")
		}
	}
}
