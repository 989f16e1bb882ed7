package postgres_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/postgres"
)

// orders writes orders of stores as the gateway leaves them behind.
type orders struct {
	*testing.T
	db   *postgres.DB
	next int64
}

func (o *orders) transaction(store int, at time.Time) int64 {
	o.Helper()
	o.next++
	run(o.T, o.db, `INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		SELECT member_id, id, $1, $2, '', 100, $3 FROM stores WHERE id = $4`,
		fmt.Sprintf("%017d", o.next), fmt.Sprintf("o%d", o.next), at, store)
	return o.next
}

func (o *orders) checkout(id int64, version string, set string) {
	o.Helper()
	run(o.T, o.db, `INSERT INTO checkouts (transaction_id, token_hash, version, respond_type, language, comment, email,
			email_fixed, return_url, notify_url, client_back_url, in_full, instalments, bonus, major, amex, p3d)
		VALUES ($1, $2, $3, 'JSON', 'zh-tw', '', '', false, '', '', '', true, '{}', false, true, false, false)`,
		id, fmt.Sprint(id), version)
	if set != "" {
		run(o.T, o.db, "UPDATE checkouts SET "+set+" WHERE transaction_id = $1", id)
	}
}

func (o *orders) message(id int64, direction string, fields ...string) {
	o.Helper()
	list := make([]map[string]string, 0, len(fields)/2)
	for i := 0; i < len(fields); i += 2 {
		list = append(list, map[string]string{"name": fields[i], "value": fields[i+1]})
	}
	text, err := json.Marshal(list)
	noError(o.T, err)
	run(o.T, o.db, `INSERT INTO payment_messages (transaction_id, direction, kind, at, fields)
		VALUES ($1, $2, 'order', $3, $4)`, id, direction, noon, string(text))
}

func (o *orders) notified(id int64, state string) {
	o.Helper()
	run(o.T, o.db, "INSERT INTO notifications (transaction_id, url, body, state, created_at) VALUES ($1, '', '', $2, $3)",
		id, state, noon)
}

func day(n int) time.Time { return noon.AddDate(0, 0, -n) } // n days ago

// showOrders writes what stores 1, 2 and 4 have shown.
func showOrders(t *testing.T, db *postgres.DB) {
	t.Helper()
	o := &orders{T: t, db: db}
	old := o.transaction(1, day(31)) // before the time
	o.checkout(old, "1.4", "")
	o.notified(old, "failed")

	hosted := o.transaction(1, day(3))
	o.checkout(hosted, "2.0", "p3d = true, return_url = 'https://a.example/r', notify_url = 'https://a.example/n'")
	o.message(hosted, "in", "Version", "1.9", "CardHolderPhone", "0***") // the checkout knows better
	o.notified(hosted, "delivered")
	o.notified(hosted, "pending")

	server := o.transaction(1, day(2))
	o.checkout(server, "2.5", "by_server = true, major = false")
	o.message(server, "in", "Version", "2.5", "CardHolderLastName", "王***", "CardHolderFirstName", "小***",
		"CardHolderPhone", "9***")
	o.message(server, "out", "Version", "2.5")

	empty := o.transaction(1, day(1))
	o.checkout(empty, "2.5", "by_server = true")
	o.message(empty, "in", "CardHolderLastName", "王***", "CardHolderFirstName", "", "CardHolderPhone", "")
	o.notified(empty, "failed")

	generated := o.transaction(1, day(0))
	o.message(generated, "in", "Version", "2.3", "P3D", "1", "NotifyURL", "https://b.example/n")
	o.transaction(1, day(0)) // a generated one without its messages tells nothing

	other := o.transaction(2, day(1)) // of another store
	o.checkout(other, "1.6", "")
	foreign := o.transaction(4, day(1)) // of another member
	o.checkout(foreign, "1.5", "")
}

func TestWhatAStoreHasShownIsReadFromItsOrders(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	showOrders(t, db)
	got, err := db.Readiness().Seen(t.Context(), []member.StoreID{4, 1, 77}, day(30), 1000)
	noError(t, err)
	if len(got) != 2 || got[0].Store.ID != 1 || got[1].Store.ID != 4 || got[0].Store.MerchantID != "MS1" ||
		!got[0].Store.ThreeD || got[0].Store.Status != member.Active {
		t.Fatalf("stores %+v", got)
	}
	for i := range got[0].Orders {
		got[0].Orders[i].At = got[0].Orders[i].At.UTC()
	}
	want := []onboarding.SeenOrder{
		{At: day(0), Version: "2.3", P3D: true, Major: true, NotifyURL: "https://b.example/n"},
		{At: day(1), Version: "2.5", Server: true, Major: true},
		{At: day(2), Version: "2.5", Server: true, Name: true, Phone: true},
		{
			At: day(3), Version: "2.0", P3D: true, Phone: true, Major: true,
			ReturnURL: "https://a.example/r", NotifyURL: "https://a.example/n",
		},
	}
	if diff := cmp.Diff(want, got[0].Orders); diff != "" {
		t.Error(diff)
	}
	if n := got[0].Notified; n != (onboarding.Notified{Delivered: 1, Failed: 1}) {
		t.Errorf("notified %+v", n)
	}
	if f := got[1].Orders; len(f) != 1 || f[0].Version != "1.5" {
		t.Errorf("of the other member: %+v", f)
	}

	got, err = db.Readiness().Seen(t.Context(), []member.StoreID{1}, day(30), 3)
	noError(t, err)
	if list := got[0].Orders; len(list) != 2 || list[1].Version != "2.5" || got[0].Notified.Delivered != 0 {
		t.Errorf("of the three newest: %+v", got[0])
	}
	if got, err = db.Readiness().Seen(t.Context(), nil, day(30), 3); err != nil || len(got) != 0 {
		t.Errorf("of no store: %v, %v", got, err)
	}
}

// The plan reads no more than the newest orders, however many there are.
func TestWhatAStoreHasShownIsReadFromTheNewestOrdersAlone(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	run(t, db, `INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		SELECT 1, 1 + n % 3, lpad(n::text, 17, '0'), 'o' || n, '', 100, $1::timestamptz - n * interval '1 minute'
		FROM generate_series(1, 30000) n`, noon)
	run(t, db, `INSERT INTO payment_messages (transaction_id, direction, kind, at, fields)
		SELECT id, 'in', 'order', created_at, '[{"name": "Version", "value": "2.3"}]' FROM transactions`)
	run(t, db, "VACUUM (ANALYZE) transactions, payment_messages, checkouts, notifications")
	start := time.Now()
	got, err := db.Readiness().Seen(t.Context(), []member.StoreID{2}, noon.AddDate(0, 0, -30), 1000)
	noError(t, err)
	if n := len(got[0].Orders); n != 1000 || got[0].Orders[999].Version != "2.3" {
		t.Errorf("%d orders", n)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// The check of a store whose server is on this machine calls it with the explicit setting
// alone: without it nothing arrives, and the check says why.
func TestAStoreOnThisMachineIsCalledWithTheSettingAlone(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(shop.Close)
	db := openReports(t)
	o := &orders{T: t, db: db}
	o.checkout(o.transaction(1, noon), "2.0",
		fmt.Sprintf("return_url = '%s/return', notify_url = '%s/notify'", shop.URL, shop.URL))
	items := func(local bool) map[onboarding.ItemCode]onboarding.Item {
		t.Helper()
		checks, err := onboarding.NewReadier(onboarding.ReadinessOptions{
			Seen: db.Readiness(), Clock: clock.NewFake(noon), LocalMerchants: local,
			Prober: notify.NewProber(notify.ClientOptions{Clock: clock.System{}, AllowPrivate: local, AnyPort: true}),
		}).Check(t.Context(), []member.StoreID{1})
		noError(t, err)
		found := map[onboarding.ItemCode]onboarding.Item{}
		for _, item := range checks[0].Items {
			found[item.Code] = item
		}
		if checks[0].Ready() != local {
			t.Errorf("local %t: ready %t, %+v", local, checks[0].Ready(), checks[0])
		}
		return found
	}
	refused := items(false)
	if got := refused[onboarding.ItemNotifyAnswer]; calls.Load() != 0 || got.Verdict != onboarding.Fail ||
		got.Found != "通知網址指向不允許的位址" || refused[onboarding.ItemNotifyURL].Verdict != onboarding.Fail {
		t.Errorf("without the setting: %+v, %d calls", refused, calls.Load())
	}
	called := items(true)
	if got := called[onboarding.ItemNotifyAnswer]; calls.Load() != 1 || got.Verdict != onboarding.Pass ||
		called[onboarding.ItemNotifyURL].Verdict != onboarding.Pass {
		t.Errorf("with the setting: %+v, %d calls", called, calls.Load())
	}
}
