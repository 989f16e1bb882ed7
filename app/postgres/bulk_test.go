package postgres_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
)

var bulkTime = time.Date(2026, 11, 24, 7, 3, 8, 120_000_000, time.UTC)

// bulkStore returns a database with one store in it.
func bulkStore(t *testing.T) (*postgres.DB, member.Store) {
	t.Helper()
	db, _ := openFresh(t)
	s := member.Store{
		MerchantID: "MS1", Name: "商店", Email: "ms1@example.test", HashKey: secret.New("k"), HashIV: secret.New("i"),
		Kind: member.Platform, Mode: member.Live, Status: member.Active, AmountMax: 1000, CreatedAt: bulkTime,
	}
	m := member.Member{Kind: member.Enterprise, Code: "12345675", Name: "會員", Status: member.Active}
	var err error
	if s.MemberID, err = db.Stores().AddMember(t.Context(), m, bulkTime); err != nil {
		t.Fatal(err)
	}
	if s.ID, err = db.Stores().AddStore(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return db, s
}

// row is a transaction that was asked for and has an attempt.
func row(s member.Store, n int64) *payment.History {
	no := ident.NewTradeNo(bulkTime, n)
	card := payment.Card{Brand: payment.Visa, First6: "411111", Last4: "1111", Expiry: "3012"}
	return &payment.History{Transaction: payment.Transaction{
		MemberID: s.MemberID, StoreID: s.ID, TradeNo: no, OrderNo: "R" + string(no), ItemDesc: "茶", Amount: 250,
		Status: payment.Pending, PayType: payment.PayInFull, Verification: payment.Unverified, CreatedAt: bulkTime,
	}, Attempts: []payment.Attempt{{
		RequestID: "A" + string(no), State: payment.AttemptDeclined, Card: card, PayType: payment.PayInFull,
		Route: payment.Route{Verification: payment.Unverified}, Payer: payment.Payer{LastName: "王"},
		AskedAt: bulkTime, AnsweredAt: bulkTime,
	}}, Events: []payment.Event{
		{Kind: payment.Opened, To: payment.Pending, Amount: 250, Actor: "merchant", At: bulkTime},
		{
			AttemptID: 1, Kind: payment.AuthAsked, From: payment.Pending, To: payment.Pending, Amount: 250,
			Actor: "cardholder", At: bulkTime,
		},
	}}
}

type bulkNext = func() (*payment.History, error)

// times hands out n rows, changed, and then ends with an error.
func times(s member.Store, n int64, change func(*payment.Transaction), end error) bulkNext {
	given := int64(0)
	return func() (*payment.History, error) {
		if given == n {
			return nil, end
		}
		h := row(s, given)
		given++
		change(&h.Transaction)
		return h, nil
	}
}

func TestCopyKeepsEveryCharacter(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	texts := []string{`\N`, `\\x00`, "a\tb", "a\nb\r\nc", `\.`, `"quoted", 'so'`, "高山烏龍茶 150 公克 🍵", "", "\x01\v\f\b"}
	at := 0
	next := times(s, int64(len(texts)), func(t *payment.Transaction) { t.ItemDesc = texts[at]; at++ }, io.EOF)
	if err := db.Bulk().CopyTransactions(t.Context(), next, func(int) {}); err != nil {
		t.Fatal(err)
	}
	for i, want := range texts {
		no := row(s, int64(i))
		got, err := db.Payments().ByOrderNo(t.Context(), s.ID, no.OrderNo)
		if err != nil || got.ItemDesc != want {
			t.Errorf("%q came back as %q, %v", want, got.ItemDesc, err)
		}
		if !got.CreatedAt.Equal(bulkTime) || !got.AuthorisedAt.IsZero() {
			t.Errorf("times came back as %v and %v", got.CreatedAt, got.AuthorisedAt)
		}
	}
	var apart int
	err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM payment_events e
		LEFT JOIN attempts a ON a.id = e.attempt_id
		WHERE (e.kind = 'auth_asked') <> (a.transaction_id IS NOT DISTINCT FROM e.transaction_id)`).Scan(&apart)
	if err != nil || apart != 0 {
		t.Errorf("%d events stand with the wrong attempt, %v", apart, err)
	}
}

func TestCopyLeavesIDsForOthers(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	same := func(*payment.Transaction) {}
	if err := db.Bulk().CopyTransactions(t.Context(), times(s, 3, same, io.EOF), func(int) {}); err != nil {
		t.Fatal(err)
	}
	_, err := db.Pool().Exec(t.Context(), `INSERT INTO transactions
		(member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		SELECT $1, $2, '261124160308' || lpad(n::text, 5, '0'), 'L' || n, '', 1, $3 FROM generate_series(1, 1200) AS n`,
		int64(s.MemberID), int64(s.ID), bulkTime)
	if err != nil {
		t.Errorf("live rows after a copy: %v", err)
	}
}

func TestCopyEndsWithTheErrorOfItsSource(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	broken := errors.New("broken")
	stored := 0
	err := db.Bulk().CopyTransactions(t.Context(), times(s, 15_000, func(*payment.Transaction) {}, broken),
		func(n int) { stored += n })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	var rows int
	if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM transactions").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != stored || stored != 10_000 {
		t.Errorf("%d rows are there, %d were told", rows, stored)
	}
}

func TestCopyRefusesWhatTheSchemaRefuses(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	err := db.Bulk().CopyTransactions(t.Context(),
		times(s, 2, func(t *payment.Transaction) { t.CapturedAmount = 251 }, io.EOF), func(int) { t.Error("stored") })
	if err == nil {
		t.Error("a capture above the amount was stored")
	}
}

func TestTakenFindsNumbersInUse(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	ask := func(from, to int64) int {
		var nos []ident.TradeNo
		for n := from; n < to; n++ {
			nos = append(nos, ident.NewTradeNo(bulkTime, n))
		}
		taken, err := db.Bulk().Taken(t.Context(), nos)
		if err != nil {
			t.Fatal(err)
		}
		return len(taken)
	}
	if n := ask(0, 10); n != 0 {
		t.Errorf("%d in an empty table", n)
	}
	next := times(s, 5, func(*payment.Transaction) {}, io.EOF)
	if err := db.Bulk().CopyTransactions(t.Context(), next, func(int) {}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ from, to, want int64 }{{0, 10, 5}, {4, 6, 1}, {5, 10, 0}, {0, 0, 0}} {
		if n := ask(tt.from, tt.to); n != int(tt.want) {
			t.Errorf("%d of %d to %d", n, tt.from, tt.to)
		}
	}
}
