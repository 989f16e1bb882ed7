package payment_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/wire"
)

func TestAnApprovedPayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.open(nil)
	w.clock.Advance(30 * time.Second)
	must(t, w.pay(token, goodCard()))

	c := w.checkout(token)
	got := c.Transaction
	if got.Status != payment.Authorised || got.AuthCode != "123456" || !got.AuthorisedAt.Equal(w.clock.Now()) ||
		got.Card != (payment.Card{Brand: payment.Visa, First6: "411111", Last4: "1111", Expiry: "3012"}) ||
		got.Verification != payment.VerifiedOTP || !got.ThreeD || got.ECI != "5" || got.PaymentMethod != "CREDIT" ||
		got.AcquirerBank != "KGI" || got.IssuerBank != "CTBC" || got.PayerIP != "203.0.113.9" {
		t.Errorf("transaction = %+v", got)
	}
	if want := ident.NewTradeNo(got.CreatedAt, 0)[:12]; got.TradeNo[:12] != want || len(got.TradeNo) != 17 {
		t.Errorf("trade number %s does not begin with %s", got.TradeNo, want)
	}
	if got := w.kinds(got.ID); got != "opened auth_asked auth_approved" {
		t.Errorf("events: %s", got)
	}
	if c.Attempt.Payer != (payment.Payer{
		LastName: "王", FirstName: "小明", Phone: "+886912345678", Email: "ming@example.test",
	}) {
		t.Errorf("payer = %+v", c.Attempt.Payer)
	}
	w.wantTold(1, 1)

	var body string
	must(t, w.db.SQL().QueryRowContext(t.Context(), "SELECT body FROM notifications").Scan(&body))
	form, err := wire.ParseForm(body)
	must(t, err)
	notice, err := wire.OpenNotify(w.store.WireKeys(), form)
	if err != nil || notice.Status != "SUCCESS" || notice.Result["TradeNo"] != string(got.TradeNo) ||
		notice.Result["Amt"] != "1250" || notice.Result["Card4No"] != "1111" {
		t.Errorf("notification = %+v, %v", notice, err)
	}
}

func TestADeclinedPaymentIsFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.acquirer.answer = payment.AuthoriseAnswer{RespondCode: "51", Message: "餘額不足", Bank: "KGI"}
	token := w.open(nil)
	must(t, w.pay(token, goodCard()))
	c := w.checkout(token)
	if c.Transaction.Status != payment.Failed || c.Transaction.Failure != payment.FailedDeclined ||
		c.Transaction.RespondCode != "51" || c.Transaction.Card.Last4 != "1111" {
		t.Errorf("transaction = %+v", c.Transaction)
	}
	if r := payment.Result(c, w.store); r.Code != wire.MPGFailed || r.Message != "拒絕交易_餘額不足" {
		t.Errorf("result = %s %s", r.Code, r.Message)
	}
	must(t, w.pay(token, goodCard()))
	if w.acquirer.asked != 1 {
		t.Errorf("the bank was asked %d times", w.acquirer.asked)
	}
	w.wantTold(1, 0)
}

func TestManySubmitsPayOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.acquirer.slow = make(chan struct{})
	token := w.open(nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := w.pay(token, goodCard()); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	close(w.acquirer.slow)
	all.Wait()
	must(t, w.pay(token, goodCard()))
	if w.acquirer.asked != 1 || w.acquirer.approved() != 1 || w.count("SELECT count(*) FROM attempts") != 1 {
		t.Errorf("asked %d times, %d charges", w.acquirer.asked, w.acquirer.approved())
	}
	w.wantTold(1, 1)
}

func TestALostAnswerIsResolvedByAsking(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.acquirer.authorise = payment.ErrNoAnswer
	token := w.open(nil)
	must(t, w.pay(token, goodCard()))
	if c := w.checkout(token); c.Transaction.Status != payment.Pending || c.Attempt.State != payment.Unknown {
		t.Fatalf("status %s, attempt %s", c.Transaction.Status, c.Attempt.State)
	}
	w.wantTold(0, 0)
	if n, err := w.service.ResolveDue(t.Context(), 10); n != 0 || err != nil {
		t.Fatalf("asked too early: %d, %v", n, err)
	}
	// The bank is out of reach for a while: the question is repeated, the
	// outcome stays open.
	w.acquirer.inquire = payment.ErrNoAnswer
	w.clock.Advance(2 * time.Second)
	if n, err := w.service.ResolveDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("ResolveDue = %d, %v", n, err)
	}
	w.acquirer.inquire = nil
	w.clock.Advance(time.Hour)
	if n, err := w.service.ResolveDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("ResolveDue = %d, %v", n, err)
	}
	c := w.checkout(token)
	if c.Transaction.Status != payment.Authorised || w.acquirer.approved() != 1 {
		t.Errorf("status %s with %d charges", c.Transaction.Status, w.acquirer.approved())
	}
	if got := w.kinds(c.Transaction.ID); got != "opened auth_asked auth_no_answer auth_no_answer auth_approved" {
		t.Errorf("events: %s", got)
	}
	if n, err := w.service.ResolveDue(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("it is asked again: %d, %v", n, err)
	}
	w.wantTold(1, 1)
}

func TestARequestTheBankNeverSawIsReversed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.acquirer.authorise, w.acquirer.lost = payment.ErrNoAnswer, true
	token := w.open(nil)
	must(t, w.pay(token, goodCard()))
	w.clock.Advance(5 * time.Second)
	if _, err := w.service.ResolveDue(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	if c := w.checkout(token); !c.Attempt.State.UnderWay() {
		t.Fatal("given up while the request may still be on its way")
	}
	w.clock.Advance(time.Minute)
	if _, err := w.service.ResolveDue(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	c := w.checkout(token)
	if c.Transaction.Status != payment.Failed || c.Transaction.Failure != payment.FailedReversed ||
		c.Attempt.State != payment.NotCharged || !w.acquirer.tombs[c.Attempt.RequestID] {
		t.Errorf("status %s, %s, attempt %s", c.Transaction.Status, c.Transaction.Failure, c.Attempt.State)
	}
	w.wantTold(1, 0)
}

func TestAnUnreachableBankLeavesTheOrderPayable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.acquirer.authorise, w.acquirer.lost = payment.ErrNotSent, true
	token := w.open(nil)
	if err := w.pay(token, goodCard()); !errors.Is(err, payment.ErrAcquirerUnreachable) {
		t.Fatalf("Pay: %v", err)
	}
	w.acquirer.authorise, w.acquirer.lost = nil, false
	must(t, w.pay(token, goodCard()))
	c := w.checkout(token)
	if c.Transaction.Status != payment.Authorised || w.count("SELECT count(*) FROM attempts") != 2 {
		t.Errorf("status %s", c.Transaction.Status)
	}
	w.wantTold(1, 1)
}

func TestACheckoutEndsAtItsTimeLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	limit := w.clock.Now().Add(time.Minute)
	expiring := func(o *payment.NewOrder) { o.Request.ExpiresAt = limit }
	seen, unseen, paid := w.open(expiring), w.open(expiring), w.open(expiring)
	must(t, w.pay(paid, goodCard()))
	w.clock.Advance(59 * time.Second)
	if n, err := w.service.EndExpired(t.Context(), 10); n != 0 || err != nil {
		t.Fatalf("EndExpired before the limit = %d, %v", n, err)
	}
	w.clock.Advance(time.Second)
	if c := w.checkout(seen); c.Transaction.Status != payment.Failed || c.Transaction.Failure != payment.FailedExpired {
		t.Errorf("status %s", c.Transaction.Status)
	}
	must(t, w.pay(seen, goodCard()))
	if n, err := w.service.EndExpired(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("EndExpired = %d, %v", n, err)
	}
	c := w.checkout(unseen)
	if r := payment.Result(c, w.store); r.Code != wire.MPGExpired || c.Transaction.Status != payment.Failed {
		t.Errorf("result %s", r.Code)
	}
	if c := w.checkout(paid); c.Transaction.Status != payment.Authorised || w.acquirer.asked != 1 {
		t.Errorf("the paid one is %s; the bank was asked %d times", c.Transaction.Status, w.acquirer.asked)
	}
	w.wantTold(3, 1)
}

func TestAnOrderNumberIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.open(nil)
	_, err := w.service.Open(t.Context(), payment.NewOrder{Store: w.store, OrderNo: "order_1", ItemDesc: "x", Amount: 1})
	if !errors.Is(err, payment.ErrOrderNoTaken) || fault.KindOf(err) != fault.Conflict {
		t.Errorf("Open: %v", err)
	}
	if n := w.count("SELECT count(*) FROM payment_events"); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestATestModeStoreNeverAsksTheBank(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *member.Store) { s.Mode = member.Test })
	for number, want := range map[string]payment.Status{
		"4000221111111111": payment.Authorised, "4003551111111111": payment.Authorised,
		"376000000000006": payment.Authorised, "4111111111111111": payment.Failed,
	} {
		token := w.open(nil)
		in := goodCard()
		in.CardNo = secret.New(number)
		must(t, w.pay(token, in))
		c := w.checkout(token)
		if c.Transaction.Status != want || !c.Attempt.Simulated || c.Attempt.Route.Reason != payment.ReasonTestMode {
			t.Errorf("%s: %s, %+v", number, c.Transaction.Status, c.Attempt.Route)
		}
		if r := payment.Result(c, w.store); want == payment.Failed && r.Message != "拒絕交易_拒絕卡號" {
			t.Errorf("%s: %s", number, r.Message)
		}
	}
	if w.acquirer.asked != 0 {
		t.Errorf("the bank was asked %d times", w.acquirer.asked)
	}
}

func TestInstalmentsAndBonus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.open(nil)
	in := goodCard()
	in.PayKind, in.Instalments = "instalment", "3"
	must(t, w.pay(token, in))
	got := w.checkout(token).Transaction
	if got.PayType != payment.PayInstalment || got.Instalments != 3 ||
		got.InstalmentFirst != 418 || got.InstalmentEach != 416 {
		t.Errorf("instalments = %d × %d, first %d, %s", got.Instalments, got.InstalmentEach, got.InstalmentFirst, got.PayType)
	}
	w.acquirer.answer.BonusPaid = 1000
	token = w.open(nil)
	in = goodCard()
	in.PayKind = "bonus"
	must(t, w.pay(token, in))
	if got := w.checkout(token).Transaction; got.PayType != payment.PayBonus || got.BonusPaid != 1000 {
		t.Errorf("bonus: %s, %d", got.PayType, got.BonusPaid)
	}
}

func TestCardNumbersAreNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	must(t, w.pay(w.open(nil), goodCard()))
	rows, err := w.db.SQL().QueryContext(t.Context(), `
		SELECT t::text FROM transactions t UNION ALL SELECT c::text FROM checkouts c
		UNION ALL SELECT a::text FROM attempts a UNION ALL SELECT e::text FROM payment_events e
		UNION ALL SELECT n::text FROM notifications n UNION ALL SELECT m::text FROM mails m`)
	must(t, err)
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var row string
		must(t, rows.Scan(&row))
		for _, hidden := range []string{"4111111111111111", "4111 1111", "小明", "912345678"} {
			if strings.Contains(row, hidden) {
				t.Errorf("%q is stored in the clear: %s", hidden, row)
			}
		}
	}
	must(t, rows.Err())
	if n < 6 {
		t.Errorf("only %d rows were looked at", n)
	}
}

func TestEventsAreAppendOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.open(nil)
	for _, change := range []string{
		"UPDATE payment_events SET actor = 'x'", "DELETE FROM payment_events", "TRUNCATE payment_events",
	} {
		_, err := w.db.SQL().ExecContext(t.Context(), change)
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", change, err)
		}
	}
}

func TestThePhoneIsOptionalWithoutPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *member.Store) { s.Passkey = false })
	in := goodCard()
	in.Phone = ""
	must(t, w.pay(w.open(nil), in))
}

func TestWhatTheCardFormRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.open(func(o *payment.NewOrder) {
		o.Request.Amex, o.Request.Bonus, o.Request.Instalments = false, false, []int{6}
	})
	tests := []struct {
		name   string
		change func(*payment.CardInput)
		field  string
	}{
		{"no number", func(in *payment.CardInput) { in.CardNo = secret.New("") }, "card_no"},
		{"letters", func(in *payment.CardInput) { in.CardNo = secret.New("4111-1111-1111-111x") }, "card_no"},
		{"wrong check digit", func(in *payment.CardInput) { in.CardNo = secret.New("4111111111111112") }, "card_no"},
		{"published test card", func(in *payment.CardInput) { in.CardNo = secret.New("4000221111111111") }, "card_no"},
		{"unknown brand", func(in *payment.CardInput) { in.CardNo = secret.New("6011000990139424") }, "card_no"},
		{"Amex not offered", func(in *payment.CardInput) {
			in.CardNo, in.CVC = secret.New("376000000000006"), secret.New("1234")
		}, "card_no"},
		{"no month", func(in *payment.CardInput) { in.ExpMonth = "" }, "exp_month"},
		{"month 13", func(in *payment.CardInput) { in.ExpMonth = "13" }, "exp_month"},
		{"year in letters", func(in *payment.CardInput) { in.ExpYear = "二六" }, "exp_month"},
		{"last month", func(in *payment.CardInput) { in.ExpMonth, in.ExpYear = "10", "2026" }, "exp_month"},
		{"no CVC", func(in *payment.CardInput) { in.CVC = secret.New("") }, "cvc"},
		{"four digits on Visa", func(in *payment.CardInput) { in.CVC = secret.New("1234") }, "cvc"},
		{"CVC in letters", func(in *payment.CardInput) { in.CVC = secret.New("12a") }, "cvc"},
		{"no last name", func(in *payment.CardInput) { in.LastName = " " }, "last_name"},
		{"no first name", func(in *payment.CardInput) { in.FirstName = "" }, "first_name"},
		{"phone", func(in *payment.CardInput) { in.Phone = "12" }, "phone"},
		{"no phone where Passkey is on", func(in *payment.CardInput) { in.Phone = "" }, "phone"},
		{"mail", func(in *payment.CardInput) { in.Email = "ming@" }, "email"},
		{"mail with a name", func(in *payment.CardInput) { in.Email = "Ming <ming@example.test>" }, "email"},
		{"bonus not offered", func(in *payment.CardInput) { in.PayKind = "bonus" }, "pay_kind"},
		{"unknown kind", func(in *payment.CardInput) { in.PayKind = "cash" }, "pay_kind"},
		{"term not offered", func(in *payment.CardInput) { in.PayKind, in.Instalments = "instalment", "3" }, "instalments"},
	}
	for _, tt := range tests {
		in := goodCard()
		tt.change(&in)
		err := w.pay(token, in)
		var group fault.Group
		if !errors.As(err, &group) || len(group) != 1 || group[0].Field != tt.field || group[0].Public == "" {
			t.Errorf("%s: %v, want one fault at %s", tt.name, err, tt.field)
		}
		if err != nil && strings.Contains(err.Error(), in.CardNo.Expose()) && in.CardNo.Expose() != "" {
			t.Errorf("%s: the error quotes the card number", tt.name)
		}
	}
	if n := w.count("SELECT count(*) FROM attempts"); n != 0 {
		t.Errorf("%d attempts were started", n)
	}
	in := goodCard()
	in.ExpMonth, in.ExpYear, in.Phone, in.CardNo = "１１", "２６", "0912345678", secret.New("５５５５ ５５５５ ５５５５ ４４４４")
	must(t, w.pay(token, in))
	if c := w.checkout(token); c.Attempt.Payer.Phone != "+886912345678" || c.Attempt.Card.Brand != payment.Mastercard {
		t.Errorf("full-width input: %+v", c.Attempt)
	}
}

func TestATestPaymentCutShortEndsWithoutTheBank(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *member.Store) { s.Mode = member.Test })
	w.acquirer.inquire = errors.New("the bank was asked about a test payment")
	token := w.open(nil)
	c := w.checkout(token)
	must(t, w.db.Payments().InTx(t.Context(), func(ctx context.Context, tx payment.Tx) error {
		_, err := tx.AddAttempt(ctx, payment.Attempt{
			TransactionID: c.Transaction.ID, RequestID: "CUTSHORT", State: payment.Asked, Simulated: true,
			Route: payment.ChooseRoute(payment.Facts{Mode: w.store.Mode}), PayType: payment.PayInFull,
			Card:    payment.Card{Brand: payment.Visa, First6: "400022", Last4: "1111", Expiry: "3012"},
			AskedAt: w.clock.Now(), NextInquiryAt: w.clock.Now(),
		})
		return err
	}))
	if n, err := w.service.ResolveDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("ResolveDue = %d, %v", n, err)
	}
	got := w.checkout(token)
	if got.Transaction.Failure != payment.FailedReversed || got.Attempt.State != payment.NotCharged ||
		len(w.acquirer.tombs) != 0 {
		t.Errorf("%s, attempt %s, %d reversals", got.Transaction.Failure, got.Attempt.State, len(w.acquirer.tombs))
	}
	w.wantTold(1, 0)
}
