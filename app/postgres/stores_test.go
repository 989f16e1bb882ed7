package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

func TestAStoreIsReadBackAsItWasAddedWithItsKeysSealed(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	ctx, at := t.Context(), noon
	owner, err := db.Stores().AddMember(ctx, member.Member{
		Kind: member.Enterprise, Code: "90000001", Name: "測試股份有限公司", Status: member.Active,
	}, at)
	if err != nil {
		t.Fatal(err)
	}
	want := member.Store{
		MemberID: owner, MerchantID: "MS900000001", Name: "測試商店", Email: "store@example.test",
		HashKey: secret.New("Fs5cX1TGqYM2PpdbE14a9H83YQSQF5jn"), HashIV: secret.New("C6AcmfqJILwgnhIP"),
		Kind: member.Gateway, Mode: member.Live, Status: member.Active, ThreeD: true, Passkey: true,
		Instalments: []int{3, 6, 8}, Bonus: true, Amex: true, AmountMax: 200_000,
		ReturnURL: "https://shop.example/return", NotifyURL: "https://shop.example/notify", CreatedAt: at,
		PayeeOrigins: []string{"https://shop.example", "http://localhost:8082"},
	}
	if want.ID, err = db.Stores().AddStore(ctx, want); err != nil {
		t.Fatal(err)
	}
	got, err := db.Stores().StoreByMerchantID(ctx, want.MerchantID)
	if err != nil {
		t.Fatal(err)
	}
	got.CreatedAt = got.CreatedAt.UTC()
	exposed := cmp.Comparer(func(a, b secret.String) bool { return a.Expose() == b.Expose() })
	if diff := cmp.Diff(want, got, exposed); diff != "" {
		t.Errorf("the store changed: %s", diff)
	}
	var row string
	if err := db.SQL().QueryRowContext(ctx, `
		SELECT s::text || encode(hash_key_sealed, 'escape') || encode(hash_iv_sealed, 'escape')
		FROM stores s WHERE merchant_id = $1`, want.MerchantID).Scan(&row); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(row, want.HashKey.Expose()) || strings.Contains(row, want.HashIV.Expose()) {
		t.Error("a key is stored in the clear")
	}
	run(t, db, `UPDATE stores SET hash_key_sealed = hash_iv_sealed WHERE merchant_id = 'MS900000001'`)
	if _, err := db.Stores().StoreByID(ctx, want.ID); err == nil {
		t.Error("a sealed key opened in another column")
	}
}

func TestASuspendedMembersStoresAreSuspended(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	ctx := t.Context()
	owner, err := db.Stores().AddMember(ctx, member.Member{
		Kind: member.Individual, Code: "A900000001", Name: "測試小舖", Status: member.Active,
	}, noon)
	if err != nil {
		t.Fatal(err)
	}
	id, err := db.Stores().AddStore(ctx, member.Store{
		MemberID: owner, MerchantID: "MS900000002", Name: "x", Email: "x@example.test", HashKey: secret.New("k"),
		HashIV: secret.New("i"), Kind: member.Platform, Mode: member.Live, Status: member.Active, AmountMax: 1,
		CreatedAt: noon,
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, `UPDATE members SET status = 'suspended' WHERE code = 'A900000001'`)
	store, err := db.Stores().StoreByID(ctx, id)
	if err != nil || store.Status != member.Suspended {
		t.Errorf("store is %s, %v", store.Status, err)
	}
	if _, err := db.Stores().StoreByMerchantID(ctx, "MS000000000"); !errors.Is(err, member.ErrStoreNotFound) {
		t.Errorf("unknown store: %v", err)
	}
}
