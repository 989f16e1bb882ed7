package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// TestFindTellsWhatWasSaid: messages, every try of a notification, the mandate and the
// payout that is to come.
func TestFindTellsWhatWasSaid(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	const no = ident.TradeNo("26112412000000001")
	run(t, db, `INSERT INTO transactions
			(member_id, store_id, trade_no, order_no, item_desc, amount, created_at, mandate_no)
		VALUES (1, 1, $1, 'A1', '茶', 1250, $2, 'P26')`, string(no), noon)
	run(t, db, "INSERT INTO payouts (transaction_id, due) VALUES (1, '2026-11-27')")
	run(t, db, `INSERT INTO notifications (transaction_id, url, body, created_at)
		VALUES (1, 'https://shop.test/n', '', $1)`, noon)
	run(t, db, `INSERT INTO notification_attempts (notification_id, at, http_status, duration_ms, error, answer)
		VALUES (1, $1, 500, 12, '商店回應 HTTP 500', 'oh no')`, noon)
	fields := []payment.Field{{Name: "pan", Value: "411111******1111"}, {Name: "amount", Value: "1250"}, {Name: "eci"}}
	said := payment.Message{TransactionID: 1, Direction: payment.Told, Kind: payment.MessageAuth, At: noon, Fields: fields}
	err := db.Payments().InTx(t.Context(), func(ctx context.Context, tx payment.Tx) error {
		return tx.KeepMessage(ctx, said)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := db.Reports().Find(t.Context(), report.ScopeOf(actorOf(t, db, 1)), no)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]payment.Message{said}, got.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if got.MandateNo != "P26" || got.PayoutDue.String() != "2026-11-27" {
		t.Errorf("mandate %q, payout %s", got.MandateNo, got.PayoutDue)
	}
	tries := []report.Try{
		{At: noon, HTTPStatus: 500, Duration: 12 * time.Millisecond, Error: "商店回應 HTTP 500", Answer: "oh no"},
	}
	if len(got.Notifications) != 1 || !slices.Equal(got.Notifications[0].Tries, tries) {
		t.Errorf("notifications %+v", got.Notifications)
	}
	if _, err := db.SQL().ExecContext(t.Context(), "DELETE FROM payment_messages"); err == nil {
		t.Error("what was said can be deleted")
	}
}
