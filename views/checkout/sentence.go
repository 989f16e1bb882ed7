package checkout

// sentences are what may be wrong with the card form, in the other languages, by
// the code of the fault. The Chinese sentence comes with the fault itself.
var sentences = map[string]map[string]string{
	LangEnglish: {
		"card_no_wrong":        "This card number is not right. Please check it.",
		"card_brand_refused":   "The merchant does not take this card. Please use another one.",
		"card_expiry_wrong":    "Please enter month and year of expiry.",
		"card_expired":         "This card has expired.",
		"cvc_wrong":            "Please enter the three digits on the back (American Express: four on the front).",
		"last_name_wrong":      "Please enter the cardholder's last name, 50 characters at most.",
		"first_name_wrong":     "Please enter the cardholder's first name, 50 characters at most.",
		"phone_wrong":          "Please enter a phone number with country code, such as +886 912345678.",
		"email_wrong":          "Please enter a valid e-mail address.",
		"pay_kind_refused":     "This order cannot be paid in this way.",
		"instalments_refused":  "This order cannot be paid in this number of instalments.",
		"agree_order_missing":  "Please confirm that order and payment information are right.",
		"agree_terms_missing":  "Please read and accept the terms of service.",
		"acquirer_unreachable": "The bank cannot be reached at the moment. Nothing was charged: please try again shortly.",
		"checkout_ended":       "The time to pay has passed. Please go back to the shop and order again.",
	},
	LangJapanese: {
		"card_no_wrong":        "カード番号が正しくありません。もう一度ご確認ください。",
		"card_brand_refused":   "このカードはご利用いただけません。別のカードをお使いください。",
		"card_expiry_wrong":    "有効期限（月／年）を入力してください。",
		"card_expired":         "このカードは有効期限が切れています。",
		"cvc_wrong":            "カード裏面の3桁（アメリカン・エキスプレスは表面の4桁）を入力してください。",
		"last_name_wrong":      "カード名義人の姓を50文字以内で入力してください。",
		"first_name_wrong":     "カード名義人の名を50文字以内で入力してください。",
		"phone_wrong":          "国番号を含む電話番号を入力してください（例：+886 912345678）。",
		"email_wrong":          "正しいメールアドレスを入力してください。",
		"pay_kind_refused":     "このご注文ではこのお支払い方法をご利用いただけません。",
		"instalments_refused":  "このご注文ではこの分割回数をご利用いただけません。",
		"agree_order_missing":  "ご注文内容とお支払い情報をご確認のうえ、チェックを入れてください。",
		"agree_terms_missing":  "利用規約をお読みのうえ、同意してください。",
		"acquirer_unreachable": "現在、銀行に接続できません。請求は行われていません。しばらくしてからもう一度お試しください。",
		"checkout_ended":       "お支払い期限が過ぎました。ショップに戻り、もう一度ご注文ください。",
	},
}

// Sentence returns what a fault says in the language of the page: the Chinese
// sentence where the page is Chinese or has no other.
func Sentence(lang, code, chinese string) string {
	if sentence, ok := sentences[lang][code]; ok {
		return sentence
	}
	return chinese
}
