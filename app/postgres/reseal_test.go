package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

// strongroom is a database that two keysets open: one from before, one with a key more.
type strongroom struct {
	t          *testing.T
	url        string
	old, fresh *fieldcrypt.Cipher
	db         *postgres.DB // as a process with the old keyset has it
}

func openStrongroom(t *testing.T) *strongroom {
	t.Helper()
	first, err := fieldcrypt.NewKeyset()
	noError(t, err)
	second, err := fieldcrypt.AddKey(first, false)
	noError(t, err)
	s := &strongroom{t: t, url: dbtest.New(t)}
	s.old, err = fieldcrypt.New(first)
	noError(t, err)
	s.fresh, err = fieldcrypt.New(second)
	noError(t, err)
	s.db = s.open(s.old)
	run(t, s.db, "INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '甲', $1)", noon)
	return s
}

func (s *strongroom) open(c *fieldcrypt.Cipher) *postgres.DB {
	s.t.Helper()
	return openWith(s.t, s.url, c)
}

func merchant(n int) string { return fmt.Sprintf("MS%d", n) }

// addStores seals two fields for each store.
func (s *strongroom) addStores(n int) {
	s.t.Helper()
	for i := range n {
		_, err := s.db.Stores().AddStore(s.t.Context(), member.Store{
			MemberID: 1, MerchantID: merchant(i), HashKey: secret.New("key of " + merchant(i)),
			HashIV: secret.New("iv of " + merchant(i)), Kind: member.Platform, Mode: member.Live, Status: member.Active,
			AmountMax: 1, CreatedAt: noon,
		})
		noError(s.t, err)
	}
}

// addPayer stores a transaction's attempt with its sealed payer.
func (s *strongroom) addPayer(n int) {
	s.t.Helper()
	run(s.t, s.db, `INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		VALUES (1, 1, $1, $2, '茶', 1, $3)`, fmt.Sprintf("261124120000%05d", n), fmt.Sprintf("O%d", n), noon)
	plain, err := json.Marshal(payment.Payer{})
	noError(s.t, err)
	id := fmt.Sprintf("R%d", n)
	sealed, err := s.old.Seal(plain, []byte("attempts/"+id+"/payer"))
	noError(s.t, err)
	run(s.t, s.db, `INSERT INTO attempts (transaction_id, request_id, state, route, route_reason, simulated, pay_type,
			instalments, brand, card_first6, card_last4, card_expiry, payer_sealed, payer_ip, asked_at)
		VALUES ((SELECT max(id) FROM transactions), $1, 'declined', 'none', '', false, 'full', 0, 'visa', '411111', '1111',
			'3012', $2, '', $3)`, id, sealed, noon)
}

func (s *strongroom) addToken() (token.CardID, secret.PAN) {
	s.t.Helper()
	pan, err := secret.ParsePAN("4111111111111111")
	noError(s.t, err)
	number, err := secret.ParsePAN("4895370000000002")
	noError(s.t, err)
	c, _, err := s.db.Tokens().Keep(s.t.Context(), token.Provisioned{
		PAN: pan, Expiry: "3012", Token: token.Issued{Reference: "REF1", Number: number, Expiry: "2911", Brand: "visa"},
	}, token.Event{TransactionID: 1, At: noon})
	noError(s.t, err)
	return c.ID, number
}

func left(t *testing.T, all []postgres.Resealed) (done, remaining int64) {
	t.Helper()
	for _, r := range all {
		done, remaining = done+r.Done, remaining+r.Left
	}
	return done, remaining
}

func TestEverythingIsSealedByTheNewKeyAndSaysTheSame(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	s.addStores(5)
	for n := range 7 {
		s.addPayer(n)
	}
	card, number := s.addToken()
	db := s.open(s.fresh)

	counted, err := db.Reseal(t.Context(), postgres.ResealOptions{DryRun: true})
	noError(t, err)
	if done, remaining := left(t, counted); done != 0 || remaining != 18 {
		t.Fatalf("the dry run did %d and found %d", done, remaining)
	}
	all, err := db.Reseal(t.Context(), postgres.ResealOptions{Batch: 2})
	noError(t, err)
	if done, remaining := left(t, all); done != 18 || remaining != 0 {
		t.Fatalf("%d done, %d left: %+v", done, remaining, all)
	}
	again, err := db.Reseal(t.Context(), postgres.ResealOptions{})
	noError(t, err)
	if done, remaining := left(t, again); done != 0 || remaining != 0 {
		t.Errorf("the second run did %d and left %d", done, remaining)
	}
	for i := range 5 {
		store, err := db.Stores().StoreByMerchantID(t.Context(), merchant(i))
		noError(t, err)
		if store.HashKey.Expose() != "key of "+merchant(i) || store.HashIV.Expose() != "iv of "+merchant(i) {
			t.Errorf("%s has other keys", merchant(i))
		}
	}
	link, err := db.Tokens().Link(t.Context(), card)
	if err != nil || link.Number.Expose() != number.Expose() {
		t.Errorf("the token is %v, %v", link.Number, err)
	}
	var index []byte
	noError(t, db.SQL().QueryRowContext(t.Context(), "SELECT number_index FROM network_tokens").Scan(&index))
	if want := s.fresh.Blind([]byte("network_tokens/number_index/" + number.Expose())); string(index) != string(want) {
		t.Error("the token's index is under the old key still")
	}
	// A process with the old keyset alone reads nothing any more: the key is in use.
	if _, err := s.db.Stores().StoreByMerchantID(t.Context(), merchant(0)); err == nil {
		t.Error("the old key opens what the new one sealed")
	}
	if n, err := db.CardsUnderOldKeys(t.Context()); err != nil || n != 1 {
		t.Errorf("%d cards under old keys, %v", n, err)
	}
}

func TestARotationThatWasCutShortGoesOn(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	s.addStores(9)
	db := s.open(s.fresh)
	ctx, stop := context.WithCancel(t.Context())
	first, err := db.Reseal(ctx, postgres.ResealOptions{Batch: 2, Progress: func(r postgres.Resealed) {
		if r.Done == 4 {
			stop()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("cut short with %v", err)
	}
	second, err := db.Reseal(t.Context(), postgres.ResealOptions{Batch: 2})
	noError(t, err)
	did, _ := left(t, first)
	rest, remaining := left(t, second)
	if did == 0 || did+rest != 18 || remaining != 0 {
		t.Errorf("%d, then %d, %d left", did, rest, remaining)
	}
}

// Writers go on all the time, some with the old keyset: nothing that they wrote is lost,
// and what they do not change is sealed by the new key in the end.
func TestRotationAmongConcurrentWrites(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	const stores, rounds = 12, 40
	s.addStores(stores)
	db := s.open(s.fresh)
	var writers, rotations sync.WaitGroup
	last := make([]int, stores)
	for i := range stores {
		cipher := []*fieldcrypt.Cipher{s.old, s.fresh}[i%2]
		writers.Go(func() {
			for n := range rounds {
				sealed, err := cipher.Seal(fmt.Appendf(nil, "%d", n), []byte("stores/"+merchant(i)+"/hash_key"))
				if err != nil {
					t.Error(err)
					return
				}
				_, err = db.SQL().ExecContext(t.Context(), "UPDATE stores SET hash_key_sealed = $1 WHERE merchant_id = $2",
					sealed, merchant(i))
				if err != nil {
					t.Error(err)
					return
				}
				last[i] = n
			}
		})
	}
	for range 3 {
		rotations.Go(func() {
			if _, err := db.Reseal(t.Context(), postgres.ResealOptions{Batch: 3}); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	rotations.Wait()
	all, err := db.Reseal(t.Context(), postgres.ResealOptions{Batch: 3})
	noError(t, err)
	if _, remaining := left(t, all); remaining != 0 {
		t.Errorf("%d left", remaining)
	}
	for i := range stores {
		store, err := db.Stores().StoreByMerchantID(t.Context(), merchant(i))
		noError(t, err)
		if got := store.HashKey.Expose(); got != fmt.Sprint(last[i]) || store.HashIV.Expose() != "iv of "+merchant(i) {
			t.Errorf("%s holds %q, last written %d", merchant(i), got, last[i])
		}
	}
}

func TestARowInUseIsLeftAndAnUnreadableOneIsCounted(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	s.addStores(3)
	db := s.open(s.fresh)
	run(t, s.db, "UPDATE stores SET hash_iv_sealed = '\\x0102030405060708' WHERE merchant_id = $1", merchant(1))
	holder, err := s.db.SQL().BeginTx(t.Context(), nil)
	noError(t, err)
	defer func() { _ = holder.Rollback() }()
	_, err = holder.ExecContext(t.Context(), "SELECT 1 FROM stores WHERE merchant_id = $1 FOR UPDATE", merchant(0))
	noError(t, err)
	all, err := db.Reseal(t.Context(), postgres.ResealOptions{Batch: 1})
	noError(t, err)
	for _, r := range all[:2] {
		want := postgres.Resealed{Table: "stores", Column: r.Column, Sealed: 3, Old: 3, Done: 2, Left: 1}
		if r.Column == "hash_iv_sealed" {
			want.Done, want.Left, want.Unreadable, want.UnreadableID = 1, 2, 1, 2
		}
		if r != want {
			t.Errorf("got %+v, want %+v", r, want)
		}
	}
}
