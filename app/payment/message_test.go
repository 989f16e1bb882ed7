package payment_test

import (
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
)

func TestMaskedFields(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", 2100)
	for given, want := range map[payment.Field]string{
		{Name: "CardNo", Value: "4000221111111111"}:             "400022******1111", // a test card fails the check
		{Name: "pan", Value: "411111******1111"}:                "411111******1111",
		{Name: "CardNo", Value: "4000"}:                         "***",
		{Name: "CVC", Value: "123"}:                             "***",
		{Name: "HashKey", Value: "abc"}:                         "***",
		{Name: "OrderComment", Value: "4111-1111-1111-1111 謝謝"}: "411111******1111 謝謝",
		{Name: "MerchantOrderNo", Value: "4111111111111111"}:    "4111111111111111",
		{Name: "Email", Value: "ming@example.test"}:             "m***@example.test",
		{Name: "CardHolderPhone", Value: "912345678"}:           "9***",
		{Name: "ItemDesc", Value: "a\x00b\xff"}:                 "a\uFFFDb\uFFFD",
		{Name: "OrderDetail", Value: long}:                      long[:3*2000] + "…",
		{Name: "EmailModify", Value: "0"}:                       "0",
		{Name: "Amt", Value: "1250"}:                            "1250",
	} {
		got := payment.Masked([]payment.Field{given})
		if len(got) != 1 || got[0].Name != given.Name || got[0].Value != want {
			t.Errorf("%.40q becomes %.40q, want %.40q", given, got, want)
		}
	}
}

// said lists the messages about the only transaction: direction, kind and one field.
func (w *world) said(field string) string {
	w.t.Helper()
	rows, err := w.db.SQL().QueryContext(w.t.Context(), `SELECT direction || ' ' || kind || ' ' || coalesce(
			(SELECT f->>'value' FROM jsonb_array_elements(fields) f WHERE f->>'name' = $1), '')
		FROM payment_messages ORDER BY id`, field)
	must(w.t, err)
	defer func() { must(w.t, rows.Close()) }()
	var list []string
	for rows.Next() {
		var one string
		must(w.t, rows.Scan(&one))
		list = append(list, strings.TrimSpace(one))
	}
	must(w.t, rows.Err())
	return strings.Join(list, ", ")
}

// mustHideTheCard: no message holds the number or the code of goodCard.
func (w *world) mustHideTheCard() {
	w.t.Helper()
	var all string
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(),
		"SELECT coalesce(string_agg(fields::text, ' '), '') FROM payment_messages").Scan(&all))
	if strings.Contains(all, "4111111111111111") || strings.Contains(all, `"cvc"`) {
		w.t.Errorf("the messages hold the card: %s", all)
	}
	if !strings.Contains(all, "411111******1111") {
		w.t.Errorf("no message names the card: %s", all)
	}
}

func TestWhatIsSaidIsKept(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	paid := w.paid()
	if got, want := w.said("respond_code"), "out auth, in auth 00, out order"; got != want {
		t.Errorf("said of a payment: %s, want %s", got, want)
	}
	w.act(paid.ID, payment.ActCapture, paid.Amount)
	w.closeDay()
	w.settle()
	if got, want := w.said("respond_code"), "out auth, in auth 00, out order, out batch, in batch 00"; got != want {
		t.Errorf("said of a capture: %s, want %s", got, want)
	}
	w.mustHideTheCard()
}

func TestAVoidIsKeptAsItIsSaid(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	paid := w.paid()
	w.act(paid.ID, payment.ActVoid, paid.Amount)
	if got, want := w.said("reversed"), "out auth, in auth, out order, out reversal, in reversal true"; got != want {
		t.Errorf("said of a void: %s, want %s", got, want)
	}
}

func TestATestPaymentSaysNothingToABank(t *testing.T) {
	t.Parallel()
	w := newTill(t, func(s *member.Store) { s.Mode = member.Test })
	w.paid()
	if got, want := w.said(""), "out order"; got != want {
		t.Errorf("said of a test payment: %s, want %s", got, want)
	}
}

func TestAnOrderIsKeptAsItWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	_, err := w.service.Open(t.Context(), payment.NewOrder{
		Store: w.store, OrderNo: "ORDER_9", ItemDesc: "茶", Amount: 1250, Request: payment.Request{InFull: true, Major: true},
		Fields: []payment.Field{{Name: "Amt", Value: "1250"}, {Name: "OrderComment", Value: "卡 4111111111111111"}},
	})
	must(t, err)
	if got, want := w.said("OrderComment"), "in order 卡 411111******1111"; got != want {
		t.Errorf("said: %s, want %s", got, want)
	}
}
