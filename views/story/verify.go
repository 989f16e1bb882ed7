package story

import (
	"github.com/memberzone/memberzone/views/checkout"
	"github.com/memberzone/memberzone/views/ui"
)

func verify(lang string) checkout.Verify {
	return checkout.Verify{
		Lang: lang, Action: "/checkout/4kq2v8/choice", Order: order(), Card: "Visa •••• 1111",
		Deadline: checkout.Deadline{
			At: "2026-11-24T15:18:12+08:00", Now: "2026-11-24T15:03:12+08:00", Text: "15:18:12",
		},
	}
}

func verifications() []Story {
	chinese := verify(checkout.LangChinese)
	lab := verify(checkout.LangChinese)
	lab.TestMode = true
	problem := verify(checkout.LangEnglish)
	problem.Problem = "The code could not be sent. Please try again in a minute."
	return []Story{
		{Name: "arrive", Group: "checkout", Title: "準備驗證持卡人", Page: checkout.Arrive(checkout.ArrivePage{
			Verify: chinese,
		})},
		{Name: "offer-bind", Group: "checkout", Title: "建立 Passkey？", Page: checkout.Offer(checkout.OfferPage{
			Verify: chinese, Bind: true,
		})},
		{Name: "offer-use", Group: "checkout", Title: "使用 Passkey（日文）", Page: checkout.Offer(checkout.OfferPage{
			Verify: verify(checkout.LangJapanese),
		})},
		{Name: "otp", Group: "checkout", Title: "簡訊驗證碼", Page: checkout.OTP(checkout.OTPPage{
			Verify: chinese, OTPAction: "/checkout/4kq2v8/otp", ResendAction: "/checkout/4kq2v8/otp/resend",
			To: "+886 912***678", ValidUntil: "15:08:12", Bind: true, Why: checkout.WhyNewDevice,
			Resend: checkout.Resend{At: "2026-11-24T15:04:12+08:00", Now: "2026-11-24T15:03:12+08:00", Text: "15:04:12"},
			OTP:    ui.Input{Error: "驗證碼不正確，還可以再試 2 次。"},
		})},
		{Name: "otp-en", Group: "checkout", Title: "簡訊驗證碼（英文，無法傳送）", Page: checkout.OTP(checkout.OTPPage{
			Verify: problem, OTPAction: "/checkout/4kq2v8/otp", ResendAction: "/checkout/4kq2v8/otp/resend",
			Resend: checkout.Resend{Open: true},
		})},
		{Name: "otp-lab", Group: "checkout", Title: "簡訊驗證碼（Passkey 實驗室）", Page: checkout.OTP(checkout.OTPPage{
			Verify: lab, OTPAction: "/checkout/4kq2v8/otp", ResendAction: "/checkout/4kq2v8/otp/resend",
			LabCode: "246810", Why: checkout.WhyCancelled,
		})},
		{Name: "passkey-confirm", Group: "checkout", Title: "以 Passkey 確認付款", Page: checkout.Passkey(checkout.PasskeyPage{
			Verify: chinese, Begin: "https://rp.example/spc-auth-request/4kq2v8",
			Finish: "https://rp.example/spc-auth-response/4kq2v8",
			Page:   "https://rp.example/passkey/4kq2v8", Next: "/checkout/4kq2v8", AutoStart: true,
		})},
		{Name: "relying-create", Group: "checkout", Title: "建立 Passkey", Page: checkout.Relying(checkout.RelyingPage{
			Verify: chinese, Create: true, Begin: "/passkey/4kq2v8/begin", Finish: "/passkey/4kq2v8/finish",
			Next: "/checkout/4kq2v8", RelyingBy: "Memberzone",
		})},
		{Name: "relying-confirm", Group: "checkout", Title: "Passkey 驗證服務（英文）", Page: checkout.Relying(checkout.RelyingPage{
			Verify: verify(checkout.LangEnglish), Begin: "/spc-auth-request/4kq2v8", Finish: "/spc-auth-response/4kq2v8",
			Parent: "https://shop.example", SPC: true, RelyingBy: "Memberzone",
		})},
		{Name: "relying-ended", Group: "checkout", Title: "驗證頁已失效", Page: checkout.RelyingEnded(checkout.RelyingEndedPage{
			Next: "/checkout/4kq2v8",
		})},
	}
}
