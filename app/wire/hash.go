package wire

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// Trade is the part of a trade that the hashes cover. Every value is the text exactly as it stands in the
// message that carries the hash, because the hash is over text: an Amt of "030" hashes differently from "30".
type Trade struct {
	MerchantID      string
	Amt             string
	MerchantOrderNo string
	TradeNo         string // CheckCode only
}

// TradeSha is the hash beside a TradeInfo (also called HashData_ in the wallet family): upper-case hex of
// SHA-256 over the ciphertext's hex, as sent, between the two keys. Error: ErrNoKeys.
func (k Keys) TradeSha(tradeInfo string) (string, error) {
	return k.hash("HashKey", tradeInfo, "HashIV")
}

// CheckValue is the hash that a QueryTradeInfo request carries; its labels are IV and Key. Error: ErrNoKeys.
func (k Keys) CheckValue(t Trade) (string, error) {
	return k.hash("IV", EncodeForm([]Pair{
		{"Amt", t.Amt}, {"MerchantID", t.MerchantID}, {"MerchantOrderNo", t.MerchantOrderNo},
	}), "Key")
}

// CheckCode is the hash in answers of Query and Cancel. Error: ErrNoKeys.
func (k Keys) CheckCode(t Trade) (string, error) {
	return k.hash("HashIV", EncodeForm([]Pair{
		{"Amt", t.Amt},
		{"MerchantID", t.MerchantID},
		{"MerchantOrderNo", t.MerchantOrderNo},
		{"TradeNo", t.TradeNo},
	}), "HashKey")
}

// LegacyCheckValue is the hash of the older plain-form requests: MPG 1.1 and 1.2 (Amt, MerchantID,
// MerchantOrderNo, TimeStamp, Version) and recurring 1.0 (MerchantID, MerchantOrderNo, PeriodAmt, PeriodType,
// TimeStamp). The pairs are hashed in the order given, which must be A to Z. Error: ErrNoKeys.
func (k Keys) LegacyCheckValue(pairs []Pair) (string, error) {
	return k.hash("HashKey", EncodeForm(pairs), "HashIV")
}

// hash joins label=key, the middle and label=key. A label names which key stands at that end.
func (k Keys) hash(first, middle, last string) (string, error) {
	m, err := k.open()
	if err != nil {
		return "", err
	}
	text := first + "=" + m.labelled(first) + "&" + middle + "&" + last + "=" + m.labelled(last)
	sum := sha256.Sum256([]byte(text))
	return strings.ToUpper(hex.EncodeToString(sum[:])), nil
}

func (m *keyMaterial) labelled(label string) string {
	if label == "IV" || label == "HashIV" {
		return m.hashIV
	}
	return m.hashKey
}

// SameHash compares two hex hashes in constant time and without regard to case: SDKs differ in the case they send.
// An empty hash equals nothing.
func SameHash(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(strings.ToUpper(a)), []byte(strings.ToUpper(b))) == 1
}
