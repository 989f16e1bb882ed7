package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/secret"
)

// printed is everything that the usual ways of printing make of a value.
func printed(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", v)
		fmt.Fprintf(&out, verb+"\n", struct{ V any }{v})
		fmt.Fprintf(&out, verb+"\n", struct{ v any }{v})
		fmt.Fprintf(&out, verb+"\n", &struct{ v any }{v})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	b, err := json.Marshal(map[string]any{"v": v})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	return out.String()
}

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	const value = "Fs5cX1TGqYM2PpdbE14a9H83YQSQF5jn"
	got := printed(t, secret.New(value))
	outer := struct{ v secret.String }{secret.New(value)}
	got += fmt.Sprintf("%v %+v %#v %s %x", outer, outer, outer, outer, outer)
	if strings.Contains(got, value) || strings.Contains(got, fmt.Sprintf("%x", value)) {
		t.Errorf("the secret was printed: %s", got)
	}
	pan, err := secret.ParsePAN("4111 1111 1111 1234")
	if err != nil {
		t.Fatal(err)
	}
	if got := printed(t, pan); strings.Contains(got, pan.Expose()) || !strings.Contains(got, "411111******1234") {
		t.Errorf("printed: %s", got)
	}
}

func TestParsePAN(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
		luhn     bool
	}{
		{"4111111111111111", "4111111111111111", true},
		{"4111-1111 1111 1111", "4111111111111111", true},
		{"４１１１１１１１１１１１１１１１", "4111111111111111", true},
		{"376000000000006", "376000000000006", true},
		{"4000221111111111", "4000221111111111", false},
		{"4003551111111111", "4003551111111111", false},
		{"41111111111", "", false},
		{"41111111111111111111", "", false},
		{"4111a11111111111", "", false},
		{"", "", false},
	}
	for _, tt := range tests {
		got, err := secret.ParsePAN(tt.in)
		if got.Expose() != tt.want || (err == nil) != (tt.want != "") || got.Luhn() != tt.luhn {
			t.Errorf("ParsePAN(%q) = %q, %v, Luhn %v", tt.in, got.Expose(), err, got.Luhn())
		}
	}
}

func FuzzParsePAN(f *testing.F) {
	f.Add("4111 1111 1111 1111")
	f.Add("３７６0-000000-00006")
	f.Fuzz(func(t *testing.T, s string) {
		pan, err := secret.ParsePAN(s)
		if err != nil {
			if len(s) >= 12 && strings.Contains(err.Error(), s) {
				t.Fatal("the error quotes the text")
			}
			return
		}
		if n := len(pan.Expose()); n < 12 || n > 19 || strings.Trim(pan.Expose(), "0123456789") != "" {
			t.Fatalf("accepted %d characters", n)
		}
	})
}

func TestLuhnFindsEverySingleWrongDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[0-9]{11,18}`).Draw(t, "body")
		for check := range 10 {
			pan, err := secret.ParsePAN(fmt.Sprintf("%s%d", body, check))
			if err != nil {
				t.Fatal(err)
			}
			if !pan.Luhn() {
				continue
			}
			digits := []byte(pan.Expose())
			at := rapid.IntRange(0, len(digits)-1).Draw(t, "at")
			digits[at] = '0' + (digits[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
			if wrong, _ := secret.ParsePAN(string(digits)); wrong.Luhn() {
				t.Fatalf("a wrong digit at %d passed", at)
			}
			return
		}
		t.Fatal("no check digit fits")
	})
}
