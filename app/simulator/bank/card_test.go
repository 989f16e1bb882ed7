package bank_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

func panOf(t *testing.T, digits string) secret.PAN {
	t.Helper()
	pan, err := secret.ParsePAN(digits)
	if err != nil {
		t.Fatal(err)
	}
	return pan
}

func TestWhatTheIssuerHoldsOfACard(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	for digits, want := range map[string]fields{
		"4111111111111111": {"phone": "+886912345678", "last_name": "王", "first_name": "小明"},
		"5555555555554444": {"phone": "+886923456789", "last_name": "", "first_name": ""},
		"4000000000000077": {"phone": "", "last_name": "", "first_name": ""},
		"4012888888881881": {"phone": bank.PhoneOf(panOf(t, "4012888888881881")), "last_name": "", "first_name": ""},
		"376000000000006":  {"phone": bank.PhoneOf(panOf(t, "376000000000006")), "last_name": "", "first_name": ""},
	} {
		got := d.must(http.MethodPost, "/v1/cards/lookup", fields{"pan": digits})
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %v, want %v", digits, name, got[name], value)
			}
		}
	}
	for body, want := range map[string]string{
		`4111111111111112`: "unknown_card", "9999999999999995": "unknown_card", "4111 1111 1111 1111": "invalid_request",
		"x": "invalid_request",
	} {
		_, got, err := d.send(http.MethodPost, "/v1/cards/lookup", fields{"pan": body})
		if err != nil || got["error"] != want {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	unsigned := func(r *http.Request) { r.Header.Del("Bank-Signature") }
	status, _, err := d.send(http.MethodPost, "/v1/cards/lookup", fields{"pan": "4111111111111111"}, unsigned)
	if err != nil || status != http.StatusUnauthorized {
		t.Errorf("unsigned: %d, %v", status, err)
	}
}

func TestEveryOtherCardHasAMobileNumberOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, digits := range []string{"4012888888881881", "3530111333300000", "376000000000006", "4000000000000119"} {
		phone := bank.PhoneOf(panOf(t, digits))
		if len(phone) != 13 || !strings.HasPrefix(phone, "+8869") || seen[phone] || phone != bank.PhoneOf(panOf(t, digits)) {
			t.Errorf("%s: %s", digits, phone)
		}
		seen[phone] = true
	}
}

func TestTheManagementChangesWhatIsOnFile(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "journal")
	d := open(t, journal)
	ctx, card := t.Context(), panOf(t, "4111111111111111")
	if err := d.manage.SetCard(ctx, card, bank.OnFile{Phone: "+886987654321", LastName: "李", FirstName: "四"}); err != nil {
		t.Fatal(err)
	}
	got := d.must(http.MethodPost, "/v1/cards/lookup", fields{"pan": card.Expose()})
	if got["phone"] != "+886987654321" || got["last_name"] != "李" {
		t.Errorf("%v", got)
	}
	if err := d.manage.SetCard(ctx, card, bank.OnFile{Phone: "0912345678"}); err == nil {
		t.Error("a phone that is none was taken")
	}
	if err := d.manage.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	if got := d.must(http.MethodPost, "/v1/cards/lookup", fields{"pan": card.Expose()}); got["phone"] != "+886912345678" {
		t.Errorf("after a reset %v", got)
	}
	kept, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"4111111111111111", "912345678", "987654321", "小明"} {
		if strings.Contains(d.log.String(), text) || strings.Contains(string(kept), text) {
			t.Errorf("the log or the journal holds %s", text)
		}
	}
}
