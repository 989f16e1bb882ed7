package wire_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/wire"
)

func TestParseFormReadsAsPHPDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want wire.Form
	}{
		{"", wire.Form{}},
		{"&&=x&", wire.Form{}},
		{"a=1&b=2", wire.Form{"a": "1", "b": "2"}},
		{"a=1&a=2", wire.Form{"a": "2"}},
		{"a=1&a=", wire.Form{"a": ""}},
		{"a", wire.Form{"a": ""}},
		{"a=b=c", wire.Form{"a": "b=c"}},
		{"a=x+y%20z%2B", wire.Form{"a": "x y z+"}},
		{"a=%E6%8E%88+權", wire.Form{"a": "授 權"}},
		{"a=100%&b=%zz&c=%4", wire.Form{"a": "100%", "b": "%zz", "c": "%4"}},
		{"a=%e6%8E%88", wire.Form{"a": "授"}},
		{"%61=1&+b=2", wire.Form{"a": "1", "b": "2"}},
		{"a=1;b=2", wire.Form{"a": "1;b=2"}},
		{"a[x]=1", wire.Form{"a[x]": "1"}},
		{"a=%00", wire.Form{"a": "\x00"}},
	} {
		got, err := wire.ParseForm(c.text)
		if err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%q: got %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

func TestOptionalTreatsJavaScriptNothingAsAbsent(t *testing.T) {
	t.Parallel()
	form, err := wire.ParseForm("a=undefined&b=null&c=&d=Null&e=0")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "", "b": "", "c": "", "d": "Null", "e": "0", "f": ""} {
		if got := form.Optional(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if form.Get("a") != "undefined" {
		t.Error("Get does not give what was sent")
	}
}

func TestFormsHaveLimits(t *testing.T) {
	t.Parallel()
	if _, err := wire.ParseForm(strings.Repeat("x", wire.MaxFormBytes+1)); !errors.Is(err, wire.ErrFormSize) {
		t.Errorf("long text: %v", err)
	}
	if _, err := wire.ParseForm(strings.Repeat("x", wire.MaxFormBytes)); err != nil {
		t.Errorf("text of the longest size: %v", err)
	}
	if _, err := wire.ParseForm(strings.Repeat("&a=1", wire.MaxFormFields)); err != nil {
		t.Errorf("the greatest number of fields: %v", err)
	}
	if _, err := wire.ParseForm(strings.Repeat("&a=1", wire.MaxFormFields+1)); !errors.Is(err, wire.ErrFormFields) {
		t.Errorf("too many fields: %v", err)
	}
	long := map[string][]string{"a": {strings.Repeat("x", wire.MaxFormBytes)}}
	if _, err := wire.FormOf(long); !errors.Is(err, wire.ErrFormSize) {
		t.Errorf("long value: %v", err)
	}
	many := map[string][]string{"a": make([]string, wire.MaxFormFields+1)}
	if _, err := wire.FormOf(many); !errors.Is(err, wire.ErrFormFields) {
		t.Errorf("too many values: %v", err)
	}
}

func TestFormOfTakesTheLastValue(t *testing.T) {
	t.Parallel()
	form, err := wire.FormOf(map[string][]string{"a": {"1", "2"}, "b": {}, "": {"x"}, "c": {"%20+"}})
	if want := (wire.Form{"a": "2", "c": "%20+"}); err != nil || !maps.Equal(form, want) {
		t.Errorf("got %q, %v, want %q", form, err, want)
	}
}

func TestEncodeFormIsPHPHTTPBuildQuery(t *testing.T) {
	t.Parallel()
	got := wire.EncodeForm([]wire.Pair{
		{Name: "b", Value: "a b+c"},
		{Name: "a", Value: "~-_.*'()!@:/"},
		{Name: "a", Value: "授權"},
		{Name: "n", Value: ""},
	})
	want := "b=a+b%2Bc&a=%7E-_.%2A%27%28%29%21%40%3A%2F&a=%E6%8E%88%E6%AC%8A&n="
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEncodeFormThenParseFormGivesTheFieldsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })
		names := bytes.Filter(func(s string) bool { return s != "" && s[0] != ' ' })
		want := wire.Form(rapid.MapOf(names, bytes).Draw(t, "fields"))
		var pairs []wire.Pair
		for name, value := range want {
			pairs = append(pairs, wire.Pair{Name: name, Value: value})
		}
		got, err := wire.ParseForm(wire.EncodeForm(pairs))
		if err != nil || !maps.Equal(got, want) {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	})
}

func FuzzParseForm(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add(v.Plaintext)
	}
	f.Add("a=%&b=%4&c=%zz&=&&+=+&a=undefined")
	f.Add("a=\xff\xfe&\x00=\x00")
	f.Fuzz(func(t *testing.T, text string) {
		form, err := wire.ParseForm(text)
		if err != nil {
			if len(text) <= wire.MaxFormBytes && strings.Count(text, "&") < wire.MaxFormFields {
				t.Fatalf("small text refused: %v", err)
			}
			return
		}
		var pairs []wire.Pair
		for name, value := range form {
			pairs = append(pairs, wire.Pair{Name: name, Value: value})
		}
		encoded := wire.EncodeForm(pairs)
		again, err := wire.ParseForm(encoded)
		if err != nil && len(encoded) <= wire.MaxFormBytes || err == nil && !maps.Equal(form, again) {
			t.Fatalf("got %q, %v, want %q", again, err, form)
		}
	})
}

func FuzzDecryptTradeInfo(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add(v.Ciphertext)
	}
	f.Add("")
	f.Add("abc")
	f.Add(strings.Repeat("00", 48))
	f.Fuzz(func(t *testing.T, text string) {
		keys := testKeys()
		plain, err := keys.Decrypt(text)
		if err != nil {
			typed := []error{wire.ErrNotHex, wire.ErrCipherSize, wire.ErrPadding}
			if !slices.Contains(typed, err) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		for _, padding := range []wire.Padding{wire.Pad16, wire.Pad32} {
			sealed, err := keys.EncryptPadded(plain, padding)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := keys.Decrypt(sealed); err != nil || again != plain {
				t.Fatalf("got %q, %v, want %q", again, err, plain)
			}
		}
		if sealed, _ := keys.Encrypt(plain); len(sealed) == len(text) && !strings.EqualFold(sealed, text) {
			t.Fatalf("%q and %q both open as %q", text, sealed, plain)
		}
	})
}
