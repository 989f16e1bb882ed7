package verification_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	desk "github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/verification"
)

// The whole way with the bank simulator as acquirer, issuer and card network.
func TestFromFormToChargeWithTheBank(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	shared := secret.New("a secret of the test's own")
	simulated, err := bank.New(bank.Options{Secret: shared, Clock: w.clock, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	server := httptest.NewServer(simulated.Handler())
	t.Cleanup(func() {
		_ = simulated.Close()
		server.Close()
	})
	client, err := desk.New(desk.Options{
		URL: server.URL, Account: bank.DefaultAccount, Secret: shared, Timeout: 5 * time.Second, Clock: w.clock,
	})
	must(t, err)
	t.Cleanup(client.CloseIdle)
	w.authority = client
	w.build(client, client.Network())
	pan, err := secret.ParsePAN(visa)
	must(t, err)
	file, err := client.CardOnFile(t.Context(), pan)
	must(t, err)

	device := passkeytest.New(relyingParty)
	form := card(visa)
	form.Phone = file.Phone
	first := w.open(nil)
	must(t, w.service.Submit(t.Context(), first, form, able))
	w.choose(first, verification.ChooseBind)
	must(t, w.service.EnterOTP(t.Context(), first, w.code(file.Phone)))
	w.bind(first, device)
	w.wants(func() payment.Transaction { return w.transaction(first) }, outcome{
		Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5", Bind: true, Charge: true,
	})
	second := w.open(nil)
	must(t, w.service.Submit(t.Context(), second, form, able))
	w.choose(second, verification.UsePasskey)
	v := w.view(second, verification.StepPasskey)
	must(t, w.service.FinishPasskey(t.Context(), v.Ref, w.signed(v.Ref, device)))
	w.wants(func() payment.Transaction { return w.transaction(second) }, outcome{
		Status: payment.Authorised, Verification: payment.VerifiedPasskey, ECI: "5", Charge: true,
	})
	if binds, charges := w.tokenEvents(); binds != 1 || charges != 2 {
		t.Errorf("%d Token綁定, %d Token交易", binds, charges)
	}
	refused := w.open(nil)
	if err := w.service.Submit(t.Context(), refused, card(phoneless), able); err == nil {
		t.Error("a card without a phone on file is verified")
	}
}
