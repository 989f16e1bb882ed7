package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
)

// Readiness reads what stores have shown of themselves. It implements onboarding.SeenStore.
type Readiness struct{ db *DB }

// Readiness returns the reader of what stores have shown.
func (db *DB) Readiness() Readiness { return Readiness{db} }

var _ onboarding.SeenStore = Readiness{}

// Seen implements onboarding.SeenStore.
func (r Readiness) Seen(
	ctx context.Context, stores []member.StoreID, since time.Time, limit int,
) ([]onboarding.Seen, error) {
	ids := make([]int64, len(stores))
	for i, id := range stores {
		ids[i] = int64(id)
	}
	var records []storeRecord
	if err := r.db.reader(ctx).Raw(storeQuery+"s.id IN ? ORDER BY s.id", ids).Scan(&records).Error; err != nil {
		return nil, fmt.Errorf("read stores: %w", err)
	}
	list := make([]onboarding.Seen, len(records))
	for i, record := range records {
		store := record.settings()
		orders, err := r.orders(ctx, store, since, limit)
		if err != nil {
			return nil, fmt.Errorf("read what %s has shown: %w", store.MerchantID, err)
		}
		notified, err := r.notified(ctx, store, since, limit)
		if err != nil {
			return nil, fmt.Errorf("read what %s has shown: %w", store.MerchantID, err)
		}
		list[i] = onboarding.Seen{Store: store, Orders: orders, Notified: notified}
	}
	return list, nil
}

// newestOrders are the newest transactions of a store, however many it has: the wide index
// gives them in their order.
const newestOrders = `(SELECT t.id, t.created_at FROM transactions t
	WHERE t.member_id = @member AND t.store_id = @store AND t.created_at >= @since
	ORDER BY t.created_at DESC, t.id DESC LIMIT @limit)`

// orders reads the newest orders. What the checkout keeps is as the gateway understood it;
// fields of the cardholder are in the message alone, and so is all of a generated order.
func (r Readiness) orders(
	ctx context.Context, store member.Store, since time.Time, limit int,
) ([]onboarding.SeenOrder, error) {
	var orders []onboarding.SeenOrder
	err := r.db.reader(ctx).Raw(`
		SELECT t.created_at AS at, coalesce(c.by_server, false) AS server,
			coalesce(c.version, m.fields ->> 'Version', '') AS version,
			coalesce(c.p3d, m.fields ->> 'P3D' = '1', false) AS p3_d,
			coalesce(m.fields ->> 'CardHolderLastName' <> '' AND m.fields ->> 'CardHolderFirstName' <> '', false) AS name,
			coalesce(m.fields ->> 'CardHolderPhone' <> '', false) AS phone,
			coalesce(c.major, true) AS major,
			coalesce(c.return_url, m.fields ->> 'ReturnURL', '') AS return_url,
			coalesce(c.notify_url, m.fields ->> 'NotifyURL', '') AS notify_url
		FROM `+newestOrders+` t
		LEFT JOIN checkouts c ON c.transaction_id = t.id
		LEFT JOIN LATERAL (
			SELECT (SELECT jsonb_object_agg(f ->> 'name', f ->> 'value') FROM jsonb_array_elements(o.fields) f) AS fields
			FROM payment_messages o WHERE o.transaction_id = t.id AND o.kind = 'order' AND o.direction = 'in'
			ORDER BY o.id LIMIT 1) m ON true
		WHERE c.transaction_id IS NOT NULL OR m.fields IS NOT NULL
		ORDER BY t.created_at DESC, t.id DESC`, seenArgs(store, since, limit)).Scan(&orders).Error
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	return orders, nil
}

// notified counts what became of the notifications of the newest orders.
func (r Readiness) notified(
	ctx context.Context, store member.Store, since time.Time, limit int,
) (n onboarding.Notified, err error) {
	err = r.db.reader(ctx).Raw(`
		SELECT count(*) FILTER (WHERE n.state = 'delivered') AS delivered,
			count(*) FILTER (WHERE n.state = 'failed') AS failed
		FROM `+newestOrders+` t JOIN notifications n ON n.transaction_id = t.id`,
		seenArgs(store, since, limit)).Scan(&n).Error
	if err != nil {
		return onboarding.Notified{}, fmt.Errorf("count notifications: %w", err)
	}
	return n, nil
}

func seenArgs(store member.Store, since time.Time, limit int) map[string]any {
	return map[string]any{"member": int64(store.MemberID), "store": int64(store.ID), "since": since, "limit": limit}
}
