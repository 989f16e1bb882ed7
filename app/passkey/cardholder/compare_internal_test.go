package cardholder

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// recorded are client data of Chromium 156, signed in a store's page and in the relying
// party's frame there; the pictures are shortened.
const (
	recordedTop = `{"type":"payment.get","challenge":"oTlnAHx0nKd6K9MPdjL91FJ8T4-TPRG5JUgFi6sm-vc",` +
		`"origin":"https://shop.test:34719","crossOrigin":false,"payment":{"rpId":"bank.test",` +
		`"topOrigin":"https://shop.test:34719","payeeName":"Shop 商店","payeeOrigin":"https://shop.test",` +
		`"paymentEntitiesLogos":[{"url":"data:image/png;base64,AA","label":"Proto Bank"},` +
		`{"url":"data:image/png;base64,AA","label":"Proto Net"}],"total":{"value":"1250.00","currency":"TWD"},` +
		`"instrument":{"icon":"data:image/png;base64,AA","displayName":"Fancy Card","details":"•••• 1234 | 01/29"}},` +
		`"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"}`
	recordedFrame = `{"type":"payment.get","challenge":"WshJ","origin":"https://bank.test:44885","crossOrigin":true,` +
		`"topOrigin":"https://shop.test:43733","payment":{"rpId":"bank.test","topOrigin":"https://shop.test:43733",` +
		`"payeeName":"Shop 商店","payeeOrigin":"https://shop.test","paymentEntitiesLogos":` +
		`[{"url":"data:image/png;base64,AA","label":"Proto Bank"},{"url":"","label":"Proto Net"}],` +
		`"total":{"value":"1250.00","currency":"TWD"},"instrument":{"icon":"data:image/png;base64,AA",` +
		`"displayName":"Fancy Card","details":"•••• 1234 | 01/29"}}}`
)

func TestRecordedClientDataAreAccepted(t *testing.T) {
	t.Parallel()
	const picture = "data:image/png;base64,AA"
	for _, tt := range []struct{ text, challenge, origin, top string }{
		{recordedTop, "oTlnAHx0nKd6K9MPdjL91FJ8T4-TPRG5JUgFi6sm-vc", "https://shop.test:34719", "https://shop.test:34719"},
		{recordedFrame, "WshJ", "https://bank.test:44885", "https://shop.test:43733"},
	} {
		r := Request{
			RPID: "bank.test", RPOrigin: "https://bank.test:44885", Origin: tt.origin, TopOrigin: tt.top,
			Kinds: []Kind{SPC}, PayeeName: "Shop 商店", PayeeOrigin: "https://shop.test",
			Total: Total{Currency: "TWD", Value: "1250"},
			Instrument: Shown{
				DisplayName: "Fancy Card", Icon: picture, Details: "•••• 1234 | 01/29", IconMustBeShown: true,
			},
			Logos: []Logo{{picture, "Proto Bank"}, {picture, "Proto Net"}, {picture, "A third"}},
		}
		c, err := parseClientData([]byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		kind, err := r.kindOf(c.Type)
		if err != nil || kind != SPC {
			t.Errorf("kind %q, %v", kind, err)
		}
		if err := r.checkClient(SPC, tt.challenge, c); err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		r.Total.Value = "1"
		if err := r.checkClient(SPC, tt.challenge, c); err == nil {
			t.Errorf("another amount: %s", tt.text)
		}
	}
}

func TestDecimalsAreEqualWhenTheirNumbersAre(t *testing.T) {
	t.Parallel()
	decimal := rapid.StringMatching(`[0-9]{1,6}(\.[0-9]{1,4})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := decimal.Draw(t, "a"), decimal.Draw(t, "b")
		if rapid.Bool().Draw(t, "alike") {
			b = strings.Repeat("0", rapid.IntRange(0, 3).Draw(t, "zeros")) + a
			if strings.Contains(b, ".") {
				b += "00"
			}
		}
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if got, want := equalDecimals(a, b), x.Cmp(y) == 0; got != want {
			t.Fatalf("%s and %s: %v", a, b, got)
		}
	})
	for _, text := range []string{
		"", ".", "1.", ".5", "+1", "-1", "1e3", "1,000", "0x1", " 1", "1 ", "１", "1_0", "1/2", "NaN",
	} {
		if equalDecimals(text, text) {
			t.Errorf("%q is no decimal", text)
		}
	}
}

func TestOriginsHaveOneSpelling(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://SHOP.test:443/path?q#f":   "https://shop.test",
		"https://user:pw@shop.test/":       "https://shop.test",
		"http://shop.test:80":              "http://shop.test",
		"https://shop.test:80":             "https://shop.test:80",
		"https://shop.test:":               "https://shop.test",
		"HTTPS://shop.test:8443":           "https://shop.test:8443",
		"https://xn--3kqv5d.example":       "https://xn--3kqv5d.example",
		"http://localhost:8080/a":          "http://localhost:8080",
		"https://[2001:db8::1]:443/":       "https://[2001:db8::1]",
		"https://商店.example":               "",
		"https://":                         "",
		"shop.test":                        "",
		"data:text/html,":                  "",
		"javascript:alert(1)":              "",
		"android:apk-key-hash:AAAAAAAAAAA": "",
	} {
		got, err := OriginOf(address)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("OriginOf(%q) = %q, %v", address, got, err)
		}
	}
}
