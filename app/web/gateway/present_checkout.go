package gateway

import (
	"cmp"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/checkout"
	"github.com/memberzone/memberzone/views/ui"
)

// bonusBanks are the issuers whose points can be redeemed.
var bonusBanks = []string{
	"中國信託", "台新銀行", "玉山銀行", "國泰世華", "台北富邦", "第一銀行", "華南銀行", "永豐銀行", "聯邦銀行", "新光銀行",
}

// payView is what the payment form is made of.
type payView struct {
	Checkout payment.Checkout
	Store    member.Store
	Action   string
	Now      time.Time
	Typed    wire.Form   // nil when the form is shown for the first time
	Wrong    fault.Group // what was wrong with it
}

// typed is a field as it was typed, or the given text at first.
func (v payView) typed(field, first string) ui.Input {
	value := first
	if v.Typed != nil {
		value = v.Typed.Get(field)
	}
	return ui.Input{Value: value, Error: v.wrong(field)}
}

func (v payView) wrong(field string) string { return sentenceOf(v.Checkout, v.Wrong, field) }

// sentenceOf says in the checkout's language what was wrong with a field, or with none in
// particular.
func sentenceOf(co payment.Checkout, wrong fault.Group, field string) string {
	for _, f := range wrong {
		if f.Field == field {
			return checkout.Sentence(co.Request.Language, string(f.Code), f.Public)
		}
	}
	return ""
}

// consent starts ticked: the cardholder sees both statements and may withdraw.
func (v payView) consent(field string) ui.Check {
	return ui.Check{Checked: v.Typed == nil || v.Typed.Get(field) != "", Error: v.wrong(field)}
}

func payPage(v payView) checkout.PayPage {
	r := v.Checkout.Request
	page := checkout.PayPage{
		Lang: r.Language, Action: v.Action, Order: orderSummary(v.Checkout, v.Store),
		KindError: v.wrong("pay_kind"), TermError: v.wrong("instalments"), Problem: v.wrong(""),
		PhoneNeeded: payment.PhoneNeeded(v.Store), Fixed: r.EmailFixed, Deadline: deadline(r, v.Now),
		BackHref: r.ClientBackURL, TestMode: v.Store.Mode == member.Test,
		Form: checkout.CardForm{
			CardNo: ui.Input{Error: v.wrong("card_no")}, CVC: ui.Input{Error: v.wrong("cvc")},
			ExpMonth: v.typed("exp_month", ""), ExpYear: v.typed("exp_year", ""),
			LastName: v.typed("last_name", ""), FirstName: v.typed("first_name", ""),
			Phone: v.typed("phone", ""), Email: v.typed("email", r.Email),
			AgreeOrder: v.consent("agree_order"), AgreeTerms: v.consent("agree_terms"),
		},
	}
	kind := v.typed("pay_kind", "").Value
	add := func(value string) {
		selected := kind == value || kind == "" && len(page.Kinds) == 0
		page.Kinds = append(page.Kinds, checkout.PayKind{Value: value, Selected: selected})
	}
	if r.InFull {
		add(checkout.KindInFull)
	}
	if len(r.Instalments) > 0 {
		add(checkout.KindInstalment)
	}
	if r.Bonus {
		add(checkout.KindBonus)
		page.Banks = bonusBanks
	}
	term := v.typed("instalments", "").Value
	for _, months := range r.Instalments {
		value := strconv.Itoa(months)
		page.Terms = append(page.Terms, checkout.Term{
			Value: value, Selected: term == value,
			Each: amountText(v.Checkout.Transaction.Amount / money.TWD(months)),
		})
	}
	return page
}

func orderSummary(co payment.Checkout, store member.Store) checkout.OrderSummary {
	return checkout.OrderSummary{
		Merchant: store.Name, OrderNo: co.Transaction.OrderNo, Item: co.Transaction.ItemDesc,
		Amount: amountText(co.Transaction.Amount), Comment: co.Request.Comment,
	}
}

func deadline(r payment.Request, now time.Time) checkout.Deadline {
	if r.ExpiresAt.IsZero() {
		return checkout.Deadline{}
	}
	return checkout.Deadline{
		At: r.ExpiresAt.Format(time.RFC3339), Now: now.Format(time.RFC3339),
		Text: r.ExpiresAt.In(clock.Taipei).Format(time.TimeOnly),
	}
}

// refreshSeconds is how often a page asks whether the bank has answered.
const refreshSeconds = "2"

func processingPage(co payment.Checkout, store member.Store, here string) checkout.ProcessingPage {
	return checkout.ProcessingPage{
		Lang: co.Request.Language, Order: orderSummary(co, store), TradeNo: string(co.Transaction.TradeNo),
		RefreshURL: here, RefreshSeconds: refreshSeconds, TestMode: store.Mode == member.Test,
	}
}

func resultPage(
	co payment.Checkout, store member.Store, result wire.PaymentResult, form checkout.ReturnForm,
) checkout.ResultPage {
	return checkout.ResultPage{
		Lang: co.Request.Language, Paid: result.Code == wire.Success, Code: string(result.Code),
		Message: cmp.Or(result.Message, result.Code.Message()), Order: orderSummary(co, store),
		TradeNo: result.TradeNo, PayTime: result.PayTime.In(clock.Taipei).Format(time.DateTime),
		Return: form, BackHref: co.Request.ClientBackURL, TestMode: store.Mode == member.Test,
	}
}

func expiredPage(co payment.Checkout, store member.Store, form checkout.ReturnForm) checkout.ExpiredPage {
	return checkout.ExpiredPage{
		Lang: co.Request.Language, Order: orderSummary(co, store), Return: form,
		BackHref: co.Request.ClientBackURL, TestMode: store.Mode == member.Test,
	}
}

func returnForm(action string, pairs []wire.Pair) checkout.ReturnForm {
	form := checkout.ReturnForm{Action: action}
	for _, p := range pairs {
		form.Fields = append(form.Fields, checkout.HiddenField{Name: p.Name, Value: p.Value})
	}
	return form
}

func amountText(a money.TWD) string { return "NT$ " + a.Grouped() }
