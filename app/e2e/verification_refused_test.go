package e2e_test

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// fallBack is one way in which a passkey that is there comes not to be used.
type fallBack struct {
	orderNo string
	way     func(p *payer) // from the question to the code
	because string
}

// mustFallBack binds a card, and pays with it by code in each of the ways.
func (s *shopping) mustFallBack(t *testing.T, p *payer, first string, ways []fallBack) {
	t.Helper()
	p.bind(first)
	for _, one := range ways {
		p.buy(one.orderNo)
		one.way(p)
		p.codeInstead()
		s.mustEnd(t, one.orderNo, verdict{By: "otp", Reason: "has_credential", FellBack: one.because})
	}
}

func (s *shopping) leftPasskey(t *testing.T) {
	p := s.shopper(t, visaBIN, startBrowser)
	answering := func(mode page.SetSPCTransactionModeMode) func(*payer) {
		return func(p *payer) {
			p.confirm(mode)
			p.choose("use-passkey")
		}
	}
	s.mustFallBack(t, p, "E2E_LEFT_1", []fallBack{
		{"E2E_LEFT_2", func(p *payer) { p.choose("use-otp") }, "chose_otp"},
		{"E2E_LEFT_3", func(p *payer) {
			answering(page.SetSPCTransactionModeModeAutoReject)(p)
			p.gaveUp("cancelled")
		}, "cancelled"},
		{"E2E_LEFT_4", func(p *payer) { // in the dialog, and on the page that asks for the passkey alone
			p.present(false)
			answering(page.SetSPCTransactionModeModeAutoChooseToAuthAnotherWay)(p)
			p.see("[data-payment-passkey=get]")
			p.choose("use-otp")
			p.see("#otp-form")
			p.present(true)
		}, "chose_otp"},
		{"E2E_LEFT_5", answering(page.SetSPCTransactionModeModeAutoOptOut), "opted_out"},
	})
	if inUse, all := p.passkeys(); inUse != 0 || all != 1 {
		t.Errorf("after opting out %d of %d passkeys are in use", inUse, all)
	}
	p.confirm(page.SetSPCTransactionModeModeAutoAccept)
	p.bind("E2E_LEFT_6") // again
	s.mustEnd(t, "E2E_LEFT_6", verdict{By: "otp", Reason: "no_credential", Charges: 1})
	p.confirm(page.SetSPCTransactionModeModeAutoChooseToAuthAnotherWay)
	p.buy("E2E_LEFT_7") // another way than the dialog may still be the passkey
	p.choose("use-passkey")
	p.thanked()
	s.mustEnd(t, "E2E_LEFT_7", verdict{By: "passkey", Reason: "has_credential", Proof: "webauthn", Charges: 1})
}

// impatient is a browser that waits half a second for the device, and not five minutes.
const impatient = `{
	const json = Response.prototype.json;
	Response.prototype.json = async function () {
		const said = await json.call(this);
		if (said.spc) said.spc.data.timeout = said.webauthn.timeout = 500;
		return said;
	};
}`

func (s *shopping) failingDevice(t *testing.T) {
	p := s.shopper(t, visaBIN, startBrowser)
	s.mustFallBack(t, p, "E2E_FAILS_1", []fallBack{
		{"E2E_FAILS_2", func(p *payer) {
			p.recognised(false)
			p.choose("use-passkey")
			p.see("#otp-form")
			p.recognised(true)
		}, "timed_out"},
		{"E2E_FAILS_3", func(p *payer) {
			p.forge(true, false)
			p.choose("use-passkey")
		}, "failed"},
		{"E2E_FAILS_4", func(p *payer) {
			p.forge(false, true)
			p.choose("use-passkey")
			p.see("#otp-form")
			p.forge(false, false)
		}, "failed"},
		{"E2E_FAILS_5", func(p *payer) {
			p.beforePages(impatient)
			p.present(false)
			p.choose("use-passkey")
		}, "timed_out"},
	})
	if inUse, all := p.passkeys(); inUse != 1 || all != 1 {
		t.Errorf("%d of %d passkeys are in use", inUse, all)
	}
}

// silentDevice: without payment confirmation the relying party's page says that the device
// did not answer. One that has the passkey is not offered another.
func (s *shopping) silentDevice(t *testing.T) {
	p := s.shopper(t, mastercardBIN, startPlainBrowser)
	s.mustFallBack(t, p, "E2E_SILENT_1", []fallBack{{"E2E_SILENT_2", func(p *payer) {
		p.beforePages(impatient)
		p.present(false)
		p.choose("use-passkey")
		p.gaveUp("timed_out")
	}, "timed_out"}})
}

// soon shortens the minute that the page gives a device.
const soon = `{
	const later = window.setTimeout.bind(window);
	window.setTimeout = (todo, pause) => later(todo, pause === 60000 ? 300 : pause);
}`

func (s *shopping) notBound(t *testing.T) {
	const orderNo = "E2E_SKIP_1"
	p := s.shopper(t, visaBIN, startBrowser)
	p.buy(orderNo)
	p.choose("skip-bind")
	p.codeInstead()
	s.mustEnd(t, orderNo, noPasskey.because("chose_otp"))
}

func (s *shopping) notMade(t *testing.T) {
	for orderNo, one := range map[string]struct {
		way func(p *payer)
		why string
	}{
		"E2E_UNMADE_1": {func(p *payer) { p.choose("skip-bind") }, "chose_otp"},
		"E2E_UNMADE_2": {func(p *payer) {
			p.recognised(false)
			p.create()
			p.gaveUp("cancelled")
		}, "cancelled"},
		"E2E_UNMADE_3": {func(p *payer) {
			p.present(false)
			p.create()
			p.awaitWords("等待裝置確認")
			p.choose("skip-bind") // while the device is waited for
		}, "chose_otp"},
		"E2E_UNMADE_4": {func(p *payer) {
			p.beforePages(soon)
			p.do(chromedp.Reload())
			p.present(false)
			p.create()
			p.gaveUp("timed_out")
		}, "timed_out"},
	} {
		t.Run(one.why+" "+orderNo, func(t *testing.T) {
			t.Parallel()
			p := s.shopper(t, visaBIN, startBrowser)
			p.buy(orderNo)
			p.choose("bind")
			p.enterCode()
			p.see("[data-payment-passkey=create]")
			one.way(p)
			p.thanked()
			s.mustEnd(t, orderNo, noPasskey.because(one.why))
			if _, all := p.passkeys(); all != 0 {
				t.Errorf("%d passkeys are bound", all)
			}
		})
	}
}
