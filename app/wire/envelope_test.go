package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/wire"
)

const (
	testHashKey = "12345678901234567890123456789012"
	testHashIV  = "1234567890123456"
)

func testKeys() wire.Keys {
	return wire.NewKeys(wire.KeyPair{HashKey: testHashKey, HashIV: testHashIV})
}

func TestEncryptThenDecryptGivesTheTextBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := wire.NewKeys(wire.KeyPair{
			HashKey: rapid.StringMatching(`[A-Za-z0-9]{1,40}`).Draw(t, "key"),
			HashIV:  rapid.StringMatching(`[A-Za-z0-9]{1,20}`).Draw(t, "iv"),
		})
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		padding := rapid.SampledFrom([]wire.Padding{wire.Pad16, wire.Pad32}).Draw(t, "padding")
		sealed, err := keys.EncryptPadded(text, padding)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed)%(2*int(padding)) != 0 || sealed != strings.ToLower(sealed) {
			t.Fatalf("sealed %q", sealed)
		}
		if plain, err := keys.Decrypt(sealed); err != nil || plain != text {
			t.Fatalf("got %q, %v, want %q", plain, err, text)
		}
	})
}

func TestDecryptRefusesWhatIsNoCiphertext(t *testing.T) {
	t.Parallel()
	// raw seals whole blocks without padding: the padding that Encrypt adds is a block of its own, cut off here.
	raw := func(blocks string) string {
		sealed, err := testKeys().Encrypt(blocks)
		if err != nil || len(blocks)%16 != 0 {
			t.Fatal(len(blocks), err)
		}
		return sealed[:2*len(blocks)]
	}
	endingIn := func(tail string) string { return raw(strings.Repeat("x", 48-len(tail)) + tail) }
	for _, c := range []struct {
		name, hex string
		want      error
	}{
		{"empty", "", wire.ErrCipherSize},
		{"odd number of digits", "abc", wire.ErrNotHex},
		{"not hex", strings.Repeat("zz", 16), wire.ErrNotHex},
		{"half a block", strings.Repeat("00", 8), wire.ErrCipherSize},
		{"a block and a byte", strings.Repeat("00", 17), wire.ErrCipherSize},
		{"pad byte 0", endingIn("\x00"), wire.ErrPadding},
		{"33 pad bytes", endingIn(strings.Repeat("\x21", 33)), wire.ErrPadding},
		{"pad bytes that differ", endingIn("\x02\x03\x03"), wire.ErrPadding},
		{"pad bytes 17 in one block", raw(strings.Repeat("\x11", 16)), wire.ErrPadding},
		{"pad byte 1", endingIn("\x01"), nil},
		{"32 pad bytes and no text", raw(strings.Repeat("\x20", 32)), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := testKeys().Decrypt(c.hex); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestEncryptRefusesOtherBlockSizes(t *testing.T) {
	t.Parallel()
	for _, padding := range []wire.Padding{-16, 0, 8, 17, 64} {
		if _, err := testKeys().EncryptPadded("x", padding); !errors.Is(err, wire.ErrPadding) {
			t.Errorf("padding %d: %v", padding, err)
		}
	}
}

func TestNothingWorksWithoutKeys(t *testing.T) {
	t.Parallel()
	noIV, noKey := wire.NewKeys(wire.KeyPair{HashKey: "k"}), wire.NewKeys(wire.KeyPair{HashIV: "v"})
	for _, keys := range []wire.Keys{{}, noIV, noKey} {
		_, encrypt := keys.Encrypt("x")
		_, decrypt := keys.Decrypt("00")
		_, sha := keys.TradeSha("00")
		_, value := keys.CheckValue(wire.Trade{})
		_, code := keys.CheckCode(wire.Trade{})
		_, form := wire.BuildPaymentForm(keys, nil)
		_, query := wire.BuildQueryForm(keys, nil)
		_, seal := wire.PaymentResult{}.Seal(keys)
		_, body := wire.QueryAnswer{}.Body(keys)
		_, notify := wire.OpenNotify(keys, nil)
		for i, err := range []error{encrypt, decrypt, sha, value, code, form, query, seal, body, notify} {
			if !errors.Is(err, wire.ErrNoKeys) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		if _, werr := (wire.Envelope{}).Open(keys); werr == nil {
			t.Error("an empty envelope opened without keys")
		}
	}
}

func TestKeysNeverPrint(t *testing.T) {
	t.Parallel()
	keys := testKeys()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("keys", "keys", keys, "pointer", &keys, "group", slog.GroupValue(slog.Any("k", keys)))
	marshalled, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	printed := log.String() + string(marshalled)
	hidden := struct{ keys wire.Keys }{keys} // fmt reads unexported fields without calling String
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed += fmt.Sprintf(verb, keys) + fmt.Sprintf(verb, &keys) + fmt.Sprintf(verb, hidden) +
			fmt.Sprintf(verb, []wire.Keys{keys})
	}
	hexKey, hexIV := fmt.Sprintf("%x", testHashKey), fmt.Sprintf("%x", testHashIV)
	for _, secret := range []string{testHashKey, testHashIV, hexKey, hexIV} {
		if strings.Contains(printed, secret) {
			t.Errorf("printed %s", printed)
		}
	}
}

func TestSameHash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"AB12", "AB12", true},
		{"AB12", "ab12", true},
		{"AB12", "AB13", false},
		{"AB12", "AB1", false},
		{"", "", false},
		{"AB12", "", false},
	} {
		if got := wire.SameHash(c.a, c.b); got != c.want {
			t.Errorf("SameHash(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestParseEnvelopeNamesTheFirstFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change map[string]string
		code   wire.Code
		field  string
	}{
		{"complete", nil, "", ""},
		{"EncryptType 0", map[string]string{"EncryptType": "0"}, "", ""},
		{"EncryptType undefined", map[string]string{"EncryptType": "undefined"}, "", ""},
		{"no MerchantID", map[string]string{"MerchantID": ""}, wire.MPGMerchantID, "MerchantID"},
		{"no Version", map[string]string{"Version": ""}, wire.MPGVersion, "Version"},
		{"Version 9", map[string]string{"Version": "9.0"}, wire.MPGVersion, "Version"},
		{"Version 2", map[string]string{"Version": "2"}, wire.MPGVersion, "Version"},
		{"CheckValue era", map[string]string{"Version": "1.2", "TradeInfo": ""}, wire.MPGOldVersion, "Version"},
		{"no TradeInfo", map[string]string{"TradeInfo": ""}, wire.MPGTradeInfo, "TradeInfo"},
		{"no TradeSha", map[string]string{"TradeSha": "null"}, wire.MPGTradeSha, "TradeSha"},
		{"GCM", map[string]string{"EncryptType": "1"}, wire.MPGFailed, "EncryptType"},
		{
			"everything wrong",
			map[string]string{"MerchantID": "", "Version": "x", "TradeInfo": ""},
			wire.MPGMerchantID, "MerchantID",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			outer := wire.Form{"MerchantID": "MS1", "TradeInfo": "00", "TradeSha": "00", "Version": "2.0"}
			for name, value := range c.change {
				outer[name] = value
			}
			env, werr := wire.ParseEnvelope(outer)
			checkRefusal(t, werr, c.code, c.field)
			if env.MerchantID != outer["MerchantID"] {
				t.Errorf("MerchantID %q", env.MerchantID)
			}
		})
	}
	_, werr := wire.ParseEnvelope(wire.Form{
		"MerchantID": "MS1", "TradeInfo": "00", "TradeSha": "00", "Version": "2.0", "EncryptType": "1",
	})
	if werr == nil || werr.Message != "EncryptType 參數值錯誤" {
		t.Errorf("message of EncryptType: %v", werr)
	}
}

func TestOpenTellsDecryptionFromSha(t *testing.T) {
	t.Parallel()
	keys, tradeInfo := testKeys(), strings.Repeat("00", 16)
	sha, err := keys.TradeSha(tradeInfo)
	if err != nil {
		t.Fatal(err)
	}
	tooMany, err := wire.BuildPaymentForm(keys, make([]wire.Pair, wire.MaxFormFields+1))
	if err != nil {
		t.Fatal(err)
	}
	_, werr := wire.Envelope{TradeInfo: tooMany[1].Value, TradeSha: tooMany[2].Value}.Open(keys)
	checkRefusal(t, werr, wire.MPGFailed, "TradeInfo")
	_, werr = wire.Envelope{TradeInfo: tradeInfo, TradeSha: sha}.Open(keys)
	checkRefusal(t, werr, wire.MPGFailed, "TradeInfo")
	if werr.Message != "交易資料 TradeInfo 解密失敗" {
		t.Errorf("message %q", werr.Message)
	}
}

func checkRefusal(t *testing.T, werr *wire.Error, code wire.Code, field string) {
	t.Helper()
	if code == "" {
		if werr != nil {
			t.Fatalf("refused: %v", werr)
		}
		return
	}
	if werr == nil {
		t.Fatalf("accepted, want %s", code)
	}
	if werr.Code != code || werr.Field != field || werr.Message == "" {
		t.Fatalf("got %v, want %s (%s)", werr, code, field)
	}
}
