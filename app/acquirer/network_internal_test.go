package acquirer

import (
	"testing"

	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

const soundToken = `{"request_id":"P1","reference":"REF1","number":"4895370000000007","expiry":"2911","brand":"visa",` +
	`"status":"active"}`

func cardOf(t testing.TB, digits string) secret.PAN {
	t.Helper()
	pan, err := secret.ParsePAN(digits)
	if err != nil {
		t.Fatal(err)
	}
	return pan
}

func TestATokenThatDoesNotHoldTogetherIsFound(t *testing.T) {
	t.Parallel()
	request := token.ProvisionRequest{RequestID: "P1", PAN: cardOf(t, "4111111111111111")}
	for _, tt := range []struct {
		field  string
		change func(*wireToken)
	}{
		{"", func(*wireToken) {}},
		{"request_id", func(w *wireToken) { w.RequestID = "P2" }},
		{"reference", func(w *wireToken) { w.Reference = "../x" }},
		{"number", func(w *wireToken) { w.Number = "4111111111111111" }}, // the card itself
		{"number", func(w *wireToken) { w.Number = "4895370000000009" }}, // no check digit
		{"number", func(w *wireToken) { w.Number = "4895 3700 0000 0007" }},
		{"expiry", func(w *wireToken) { w.Expiry = "2913" }},
		{"brand", func(w *wireToken) { w.Brand = "jcb" }},
		{"status", func(w *wireToken) { w.Status = "" }},
	} {
		var w wireToken
		if err := decodeJSON([]byte(soundToken), &w); err != nil {
			t.Fatal(err)
		}
		tt.change(&w)
		if number, field := w.fault(request); field != tt.field || field == "" && number.Expose() != w.Number {
			t.Errorf("found %q, want %q", field, tt.field)
		}
	}
}

func FuzzTokenAnswer(f *testing.F) {
	f.Add(soundToken)
	f.Add(`{"number":null}`)
	request := token.ProvisionRequest{RequestID: "P1", PAN: cardOf(f, "4111111111111111")}
	f.Fuzz(func(t *testing.T, text string) {
		var w wireToken
		if decodeJSON([]byte(text), &w) != nil {
			return
		}
		if number, field := w.fault(request); field == "" &&
			(!number.Luhn() || number.Expose() == request.PAN.Expose() || !isID(w.Reference)) {
			t.Errorf("taken: %s", w.Reference)
		}
	})
}
