package cardholder_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

const twoLogos = `"paymentEntitiesLogos":[{"url":"` + icon + `","label":"Bank"},{"url":"` + icon + `","label":"Net"}]`

// tampered is what a page or a browser may show, or sign, instead of what was frozen.
var tampered = []struct {
	name, old, new string // in the client data
	word           string // of the cause
}{
	{"amount", `"value":"1250"`, `"value":"1"`, "total.value"},
	{"amount, a cent more", `"value":"1250"`, `"value":"1250.01"`, "total.value"},
	{"amount, ten times", `"value":"1250"`, `"value":"12500"`, "total.value"},
	{"amount, negative", `"value":"1250"`, `"value":"-1250"`, "total.value"},
	{"amount, exponent", `"value":"1250"`, `"value":"125e1"`, "total.value"},
	{"amount, grouped", `"value":"1250"`, `"value":"1,250"`, "total.value"},
	{"amount, fullwidth", `"value":"1250"`, `"value":"１２５０"`, "total.value"},
	{"amount, none", `"value":"1250"`, `"value":""`, "total.value"},
	{"amount, a point alone", `"value":"1250"`, `"value":"1250."`, "total.value"},
	{"amount, a number", `"value":"1250"`, `"value":1250`, "client data"},
	{"currency", `"currency":"TWD"`, `"currency":"JPY"`, "total.currency"},
	{"currency, lower case", `"currency":"TWD"`, `"currency":"twd"`, "total.currency"},
	{"payee", `"payeeName":"Shop 商店"`, `"payeeName":"Shop 商城"`, "payeeName"},
	{"payee left out", `"payeeName":"Shop 商店",`, ``, "payeeName"},
	{"payee null", `"payeeName":"Shop 商店"`, `"payeeName":null`, "payeeName"},
	{"payee's origin", `"payeeOrigin":"https://shop.example"`, `"payeeOrigin":"https://shop2.example"`, "payeeOrigin"},
	{
		"payee's origin, with a path", `"payeeOrigin":"https://shop.example"`, `"payeeOrigin":"https://shop.example/a"`,
		"payeeOrigin",
	},
	{"payee's origin left out", `"payeeOrigin":"https://shop.example",`, ``, "payeeOrigin"},
	{"instrument", `"displayName":"Fancy Card"`, `"displayName":"Plain Card"`, "displayName"},
	{"instrument's icon", `{"icon":"` + icon + `"`, `{"icon":"data:,"`, "instrument.icon"},
	{"instrument's icon not shown", `{"icon":"` + icon + `"`, `{"icon":""`, "instrument.icon"},
	{"instrument's details", `•••• 1234`, `•••• 4321`, "instrument.details"},
	{"instrument's details left out", `,"details":"•••• 1234 | 01/29"`, ``, "instrument.details"},
	{"icon need not be shown", `{"icon":`, `{"iconMustBeShown":false,"icon":`, "iconMustBeShown"},
	{"logos in another order", twoLogos, strings.NewReplacer("Bank", "Net", "Net", "Bank").Replace(twoLogos), "Logos"},
	{"a logo twice", twoLogos, strings.Replace(twoLogos, "Net", "Bank", 1), "Logos"},
	{"a logo that was not sent", `"label":"Net"`, `"label":"Nets"`, "Logos"},
	{"a logo with another picture", `"url":"` + icon + `"`, `"url":"data:,"`, "Logos"},
	{"origin", `"origin":"` + checkout, `"origin":"https://checkout.example`, "origin"},
	{"origin, over http", `"origin":"` + checkout, `"origin":"http` + strings.TrimPrefix(checkout, "https"), "origin"},
	{"origin, with a path", `"origin":"` + checkout, `"origin":"` + checkout + `/pay`, "origin"},
	{"origin, in capitals", `"origin":"` + checkout, `"origin":"` + strings.ToUpper(checkout), "origin"},
	{"top origin", `"topOrigin":"` + checkout, `"topOrigin":"` + shop, "payment.topOrigin"},
	{"top origin left out", `"topOrigin":"` + checkout + `",`, ``, "payment.topOrigin"},
	{"in a frame", `"crossOrigin":false`, `"crossOrigin":true`, "crossOrigin"},
	{"in a frame of another", `"crossOrigin":false`, `"crossOrigin":true,"topOrigin":"` + shop + `"`, "crossOrigin"},
	{"relying party", `"rpId":"bank.example"`, `"rpId":"shop.example"`, "payment.rpId"},
	{"relying party left out", `"rpId":"bank.example",`, ``, "payment.rpId"},
	{"two relying parties", `"rpId":"bank.example"`, `"rpId":"bank.example","rp":"shop.example"`, "payment.rp "},
	{"type", `"type":"payment.get"`, `"type":"webauthn.create"`, "type"},
	{"type, of a sign-in", `"type":"payment.get"`, `"type":"webauthn.get"`, "webauthn.get"},
	{"type in capitals", `"type":`, `"Type":`, "type"},
	{"a name twice", `{"rpId":`, `{"rpId":"shop.example","rpId":`, "duplicate"},
	{"a type twice", `{"type":`, `{"type":"webauthn.get","type":`, "duplicate"},
	{"an unknown name twice", `{"rpId":`, `{"x":1,"x":1,"rpId":`, "duplicate"},
	{"bad UTF-8", `Fancy`, "\xff\xfeancy", "UTF-8"},
	{"more behind", `"other_keys`, `"a":1}{"other_keys`, "client data"},
	{"no payment", `"payment":`, `"payments":`, "no payment"},
	{"payment null", `"payment":`, `"payment":null,"payments":`, "no payment"},
}

func TestTamperedPaymentsAreRefused(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		s.bind(key, card)
		for _, tt := range tampered {
			key.Alter = replacing(t, tt.old, tt.new)
			_, err := s.finish(s.paid(key, payment()))
			if !errors.Is(err, cardholder.ErrRefused) || !strings.Contains(err.Error(), tt.word) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		key.Alter = nil
		// What the page itself asked for instead of what was frozen.
		c := s.begin(payment())
		tampered := bytes.Replace(c.SPC, []byte(`"value":"1250"`), []byte(`"value":"1.00"`), 1)
		response, err := key.Pay(tampered)
		must(t, err)
		_, err = s.finish(cardholder.Answer{Token: c.Token, Response: response})
		mustRefuse(t, err, "total.value")
		if _, err := s.finish(s.paid(key, payment())); err != nil {
			t.Errorf("the honest answer after all that: %v", err)
		}
	})
}

func TestWhatWasNotSentMustNotBeShown(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := device(checkout)
	s.bind(key, card)
	for word, edit := range map[string]func(*cardholder.PaymentRequest){
		"payeeName":   func(p *cardholder.PaymentRequest) { p.Payee.Name = "" },
		"payeeOrigin": func(p *cardholder.PaymentRequest) { p.Payee.Origin = "" },
		"details":     func(p *cardholder.PaymentRequest) { p.Instrument.Details = "" },
		"Logos":       func(p *cardholder.PaymentRequest) { p.Logos = nil },
	} {
		p := payment()
		edit(&p)
		c := s.begin(p)
		full := bytes.Replace(c.SPC, []byte(`"data":{`), []byte(`"data":{"payeeName":"x","payeeOrigin":"https://x.example",`+
			`"paymentEntitiesLogos":[{"url":"data:,","label":"x"}],`), 1)
		full = bytes.Replace(full, []byte(`"displayName":`), []byte(`"details":"x","displayName":`), 1)
		response, err := key.Pay(full) // the last of two members counts there
		must(t, err)
		_, err = s.finish(cardholder.Answer{Token: c.Token, Response: response})
		mustRefuse(t, err, word)
	}
}
