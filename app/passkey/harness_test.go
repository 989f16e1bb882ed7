package passkey_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

const origin = "https://members.memberzone.example"

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// The holders of each test.
var (
	owner = passkey.Holder{ID: 1, Name: "12345675/owner01", DisplayName: "owner01"}
	clerk = passkey.Holder{ID: 2, Name: "12345675/clerk01", DisplayName: "clerk01"}
)

// site is a Service with what it stands on.
type site struct {
	*passkey.Service
	t     *testing.T
	store passkey.Store
	clock *clock.Fake
	kinds func() []string // of the entries that were recorded, oldest first
}

// onBothStores runs a test against a store in memory and against PostgreSQL.
func onBothStores(t *testing.T, test func(t *testing.T, s *site)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, inMemory(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db := openDatabase(t)
		test(t, newSite(t, db.Passkeys(), func() []string {
			var kinds string
			err := db.SQL().QueryRowContext(t.Context(),
				"SELECT coalesce(string_agg(kind, ' ' ORDER BY sequence), '') FROM audit_entries").Scan(&kinds)
			must(t, err)
			return strings.Fields(kinds)
		}))
	})
}

func inMemory(t *testing.T) *site {
	t.Helper()
	store := &passkeytest.Store{}
	return newSite(t, store, func() (kinds []string) {
		for _, e := range store.Entries() {
			kinds = append(kinds, string(e.Kind))
		}
		return kinds
	})
}

func newSite(t *testing.T, store passkey.Store, kinds func() []string) *site {
	t.Helper()
	now := clock.NewFake(noon)
	service, err := passkey.New(passkey.Options{Origin: origin + "/", Name: "Memberzone", Store: store, Clock: now})
	must(t, err)
	return &site{Service: service, t: t, store: store, clock: now, kinds: kinds}
}

// openDatabase has one member with the accounts of owner and clerk.
func openDatabase(t *testing.T) *postgres.DB {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher})
	must(t, err)
	t.Cleanup(db.Close)
	for _, statement := range []string{
		"INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '甲', now())",
		`INSERT INTO accounts (member_id, kind, login, email, created_at)
			VALUES (1, 'owner', 'owner01', '', now()), (1, 'assistant', 'clerk01', '', now())`,
	} {
		_, err := db.SQL().ExecContext(t.Context(), statement)
		must(t, err)
	}
	return db
}

// entry is what a page passes along.
func entry(of passkey.Holder) audit.Entry {
	return audit.Entry{By: audit.By{
		Chain: 1, AccountID: of.ID, Login: of.DisplayName, Address: "203.0.113.7", RequestID: "r1",
	}}
}

// register lets an authenticator make a passkey for a holder.
func (s *site) register(a *passkeytest.Authenticator, of passkey.Holder, name string) passkey.Passkey {
	s.t.Helper()
	made, err := s.finish(s.t.Context(), of, s.created(a, of, name), entry(of))
	must(s.t, err)
	return made
}

// finish verifies and stores what an authenticator made.
func (s *site) finish(
	ctx context.Context, of passkey.Holder, a passkey.Answer, e audit.Entry,
) (passkey.Passkey, error) {
	verified, err := s.VerifyRegistration(ctx, of, a)
	if err != nil {
		return passkey.Passkey{}, err
	}
	return s.StoreRegistration(ctx, verified, e)
}

// removal asks to remove a passkey of a holder who has another way in.
func removal(of passkey.Holder, id int64) passkey.Removal {
	return passkey.Removal{HolderID: of.ID, ID: id, MayBeLast: true}
}

// created is an authenticator's answer to a new registration.
func (s *site) created(a *passkeytest.Authenticator, of passkey.Holder, name string) passkey.Answer {
	s.t.Helper()
	c, err := s.BeginRegistration(s.t.Context(), of)
	must(s.t, err)
	response, err := a.Create(c.Options)
	must(s.t, err)
	return passkey.Answer{Token: c.Token, Response: response, Name: name}
}

// answered is an authenticator's answer to a ceremony that begin starts.
func (s *site) answered(
	a *passkeytest.Authenticator, begin func(context.Context) (passkey.Ceremony, error),
) passkey.Answer {
	s.t.Helper()
	c, err := begin(s.t.Context())
	must(s.t, err)
	response, err := a.Get(c.Options)
	must(s.t, err)
	return passkey.Answer{Token: c.Token, Response: response}
}

func (s *site) proofOf(holderID int64) func(context.Context) (passkey.Ceremony, error) {
	return func(ctx context.Context) (passkey.Ceremony, error) { return s.BeginProof(ctx, holderID) }
}

func (s *site) list(of passkey.Holder) []passkey.Passkey {
	s.t.Helper()
	list, err := s.List(s.t.Context(), of.ID)
	must(s.t, err)
	return list
}

// mustRefuse fails unless err is ErrRefused with a cause that says a word.
func mustRefuse(t *testing.T, err error, word string) {
	t.Helper()
	if !errors.Is(err, passkey.ErrRefused) || !strings.Contains(err.Error(), word) {
		t.Errorf("got %v, want ErrRefused because of %q", err, word)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
