package shop

import (
	"errors"
	"testing"

	"github.com/memberzone/memberzone/app/wire"
)

func TestOpenInquiryRefusesWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	keys := wire.NewKeys(wire.KeyPair{HashKey: "k", HashIV: "v"})
	for _, text := range []string{
		"", "[]", "<html>", `{"Message":"x"}`, `{"Status":"SUCCESS"}`, `{"Status":"SUCCESS","Result":[]}`,
		`{"Status":"SUCCESS","Result":"x"}`,
	} {
		if q, err := openInquiry(keys, []byte(text)); !errors.Is(err, errAnswer) {
			t.Errorf("%q: %+v, %v", text, q, err)
		}
	}
}

// FuzzOpenInquiry holds that no answer panics or counts as genuine without the keys.
func FuzzOpenInquiry(f *testing.F) {
	f.Add([]byte(`{"Status":"SUCCESS","Message":"","Result":{"MerchantID":"MS1","Amt":30,"CheckCode":"AB","ECI":null}}`))
	f.Add([]byte(`{"Status":"TRA10021","Message":"查無交易資料","Result":[]}`))
	f.Add([]byte(`{"Status":"SUCCESS","Result":{"a":{"b":[1,{}]},"a":"2"}}`))
	keys := wire.NewKeys(wire.KeyPair{HashKey: "12345678901234567890123456789012", HashIV: "1234567890123456"})
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := openInquiry(keys, text)
		if (q == nil) == (err == nil) {
			t.Fatalf("%+v, %v", q, err)
		}
		if q != nil && q.genuine {
			t.Fatalf("%q counts as genuine", text)
		}
	})
}
