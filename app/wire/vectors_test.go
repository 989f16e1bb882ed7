package wire_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/wire"
)

// vector is one entry of testdata/vectors.json: published by the provider or recomputed by two other
// implementations.
type vector struct {
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`
	HashKey    string            `json:"hash_key"`
	HashIV     string            `json:"hash_iv"`
	Plaintext  string            `json:"plaintext"`
	Ciphertext string            `json:"ciphertext_hex"`
	TradeSha   string            `json:"trade_sha"`
	PadBlock   int               `json:"pad_block"`
	Repad      int               `json:"reencrypts_with_pad_block"`
	Size       int               `json:"plaintext_bytes"`
	PadBytes   int               `json:"pad_bytes"`
	Fields     map[string]string `json:"fields"`
	Expected   string            `json:"expected"`
}

func (v vector) keys() wire.Keys {
	return wire.NewKeys(wire.KeyPair{HashKey: v.HashKey, HashIV: v.HashIV})
}

func (v vector) trade() wire.Trade {
	return wire.Trade{
		MerchantID: v.Fields["MerchantID"], Amt: v.Fields["Amt"],
		MerchantOrderNo: v.Fields["MerchantOrderNo"], TradeNo: v.Fields["TradeNo"],
	}
}

func (v vector) pairs(names ...string) []wire.Pair {
	pairs := make([]wire.Pair, len(names))
	for i, name := range names {
		pairs[i] = wire.Pair{Name: name, Value: v.Fields[name]}
	}
	return pairs
}

func loadVectors(tb testing.TB) []vector {
	tb.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(raw, &file); err != nil {
		tb.Fatal(err)
	}
	if len(file.Vectors) < 35 {
		tb.Fatalf("only %d vectors", len(file.Vectors))
	}
	return file.Vectors
}

func findVector(tb testing.TB, id string) vector {
	tb.Helper()
	for _, v := range loadVectors(tb) {
		if v.ID == id {
			return v
		}
	}
	tb.Fatalf("no vector %s", id)
	return vector{}
}

func TestEveryVectorHoldsBothWays(t *testing.T) {
	t.Parallel()
	for _, v := range loadVectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			switch v.Kind {
			case "tradeinfo_encrypt", "tradeinfo_encrypt_pad32", "tradeinfo_decrypt", "server_tradeinfo_decrypt":
				checkSealed(t, v)
				checkSha(t, v)
			case "postdata_encrypt", "postdata_encrypt_pad32", "postdata_decrypt", "server_period_decrypt":
				checkSealed(t, v)
			case "query_checkvalue":
				checkHash(t, v, func(k wire.Keys) (string, error) { return k.CheckValue(v.trade()) })
			case "checkcode":
				checkHash(t, v, func(k wire.Keys) (string, error) { return k.CheckCode(v.trade()) })
			case "legacy_mpg_checkvalue":
				checkHash(t, v, func(k wire.Keys) (string, error) {
					return k.LegacyCheckValue(v.pairs("Amt", "MerchantID", "MerchantOrderNo", "TimeStamp", "Version"))
				})
			case "legacy_period_checkvalue":
				checkHash(t, v, func(k wire.Keys) (string, error) {
					return k.LegacyCheckValue(
						v.pairs("MerchantID", "MerchantOrderNo", "PeriodAmt", "PeriodType", "TimeStamp"))
				})
			default:
				t.Fatalf("unknown kind %q", v.Kind)
			}
		})
	}
}

func checkSealed(t *testing.T, v vector) {
	t.Helper()
	padding := wire.Padding(v.PadBlock + v.Repad) // one of the two is there
	sealed, err := v.keys().EncryptPadded(v.Plaintext, padding)
	if err != nil || sealed != v.Ciphertext {
		t.Errorf("encrypt with pad %d: %v\n got %s\nwant %s", padding, err, sealed, v.Ciphertext)
	}
	for _, hexText := range []string{v.Ciphertext, strings.ToUpper(v.Ciphertext)} {
		plain, err := v.keys().Decrypt(hexText)
		if err != nil || plain != v.Plaintext {
			t.Errorf("decrypt: %v\n got %q\nwant %q", err, plain, v.Plaintext)
		}
	}
	if pad := len(v.Ciphertext)/2 - len(v.Plaintext); v.PadBytes != 0 && pad != v.PadBytes {
		t.Errorf("%d pad bytes, want %d", pad, v.PadBytes)
	}
	if v.Size != 0 && len(v.Plaintext) != v.Size {
		t.Errorf("%d plaintext bytes, want %d", len(v.Plaintext), v.Size)
	}
	if strings.HasPrefix(v.Plaintext, "{") || !strings.Contains(v.Plaintext, "=") {
		return
	}
	form, err := wire.ParseForm(v.Plaintext)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []wire.Pair
	for part := range strings.SplitSeq(v.Plaintext, "&") {
		name, _, _ := strings.Cut(part, "=")
		pairs = append(pairs, wire.Pair{Name: name, Value: form.Get(name)})
	}
	if text := wire.EncodeForm(pairs); text != v.Plaintext {
		t.Errorf("form text\n got %s\nwant %s", text, v.Plaintext)
	}
}

func checkSha(t *testing.T, v vector) {
	t.Helper()
	if sha, err := v.keys().TradeSha(v.Ciphertext); err != nil || sha != v.TradeSha {
		t.Errorf("TradeSha %s, %v, want %s", sha, err, v.TradeSha)
	}
	env := wire.Envelope{TradeInfo: v.Ciphertext, TradeSha: strings.ToLower(v.TradeSha)}
	if _, werr := env.Open(v.keys()); werr != nil {
		t.Errorf("open with a lower-case TradeSha: %v", werr)
	}
	env.TradeSha = "0" + v.TradeSha[1:]
	if v.TradeSha[0] == '0' {
		env.TradeSha = "1" + v.TradeSha[1:]
	}
	if _, werr := env.Open(v.keys()); werr == nil || werr.Code != wire.MPGFailed || werr.Field != "TradeSha" {
		t.Errorf("open with a wrong TradeSha: %v", werr)
	}
}

func checkHash(t *testing.T, v vector, hash func(wire.Keys) (string, error)) {
	t.Helper()
	got, err := hash(v.keys())
	if err != nil || got != v.Expected {
		t.Errorf("hash %s, %v, want %s", got, err, v.Expected)
	}
	if !wire.SameHash(strings.ToLower(got), v.Expected) {
		t.Error("lower case is not the same hash")
	}
	other, err := hash(wire.NewKeys(wire.KeyPair{HashKey: v.HashKey + "x", HashIV: v.HashIV}))
	if err != nil || wire.SameHash(other, v.Expected) {
		t.Errorf("another key gives the same hash, %v", err)
	}
}
