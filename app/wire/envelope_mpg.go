package wire

import "time"

// maxSkew is how far a TimeStamp may be from now, either way (manual: 120 seconds, on every API).
const maxSkew = 120 * time.Second

// Envelope is the outer form of a post to the payment page, checked for shape and not yet opened.
type Envelope struct {
	MerchantID string
	TradeInfo  string
	TradeSha   string
	Version    Version
}

// ParseEnvelope checks the outer fields in this order: MerchantID (MPG01009), Version (MPG01010 unknown,
// MPG02010 of the CheckValue era), TradeInfo (MPG01023), TradeSha (MPG01024), EncryptType (MPG03009 unless
// AES-CBC: no wire format for GCM is published). Whether the store exists is the caller's question
// (MPGNoStore).
func ParseEnvelope(outer Form) (Envelope, *Error) {
	env := Envelope{
		MerchantID: outer.Optional("MerchantID"),
		TradeInfo:  outer.Optional("TradeInfo"),
		TradeSha:   outer.Optional("TradeSha"),
		Version:    Version(outer.Optional("Version")),
	}
	switch encryptType := outer.Optional("EncryptType"); {
	case env.MerchantID == "":
		return env, Refuse(MPGMerchantID, "MerchantID")
	case env.Version.tooOld():
		return env, Refuse(MPGOldVersion, "Version")
	case !env.Version.supported():
		return env, Refuse(MPGVersion, "Version")
	case env.TradeInfo == "":
		return env, Refuse(MPGTradeInfo, "TradeInfo")
	case env.TradeSha == "":
		return env, Refuse(MPGTradeSha, "TradeSha")
	case encryptType != "" && encryptType != "0":
		return env, &Error{Code: MPGFailed, Message: MsgEncryptType, Field: "EncryptType"}
	}
	return env, nil
}

// Open checks TradeSha first and only then decrypts, so that nobody without the keys reaches the padding
// check. Both failures are MPG03009, with different messages. Text that is no form at all opens as an almost
// empty form, which ParsePaymentRequest refuses.
func (e Envelope) Open(keys Keys) (Form, *Error) {
	sha, err := keys.TradeSha(e.TradeInfo)
	if err != nil || !SameHash(sha, e.TradeSha) {
		return nil, &Error{Code: MPGFailed, Message: MsgShaMismatch, Field: "TradeSha"}
	}
	plain, err := keys.Decrypt(e.TradeInfo)
	if err != nil {
		return nil, &Error{Code: MPGFailed, Message: MsgDecryptFailed, Field: "TradeInfo"}
	}
	inner, err := ParseForm(plain)
	if err != nil {
		return nil, &Error{Code: MPGFailed, Message: MsgDecryptFailed, Field: "TradeInfo"}
	}
	return inner, nil
}
