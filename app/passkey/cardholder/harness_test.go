package cardholder_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

const (
	rpID     = "bank.example"
	rp       = "https://bank.example"          // the relying party's own pages
	checkout = "https://checkout.example:8443" // our checkout: another site
	shop     = "https://shop.example"          // the store's
	icon     = "data:image/png;base64,iVBORw0KGgo="
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// The cards and the verifications of each test.
const (
	card, otherCard = int64(7), int64(8)
	first, second   = cardholder.Subject(101), cardholder.Subject(102)
)

// site is a Service with what it stands on.
type site struct {
	*cardholder.Service
	t     *testing.T
	store cardholder.Store
	clock *clock.Fake
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
		test(t, newSite(t, openDatabase(t).Credentials()))
	})
}

func inMemory(t *testing.T) *site {
	t.Helper()
	return newSite(t, &passkeytest.Cards{})
}

func newSite(t *testing.T, store cardholder.Store) *site {
	t.Helper()
	now := clock.NewFake(noon)
	service, err := cardholder.New(cardholder.Options{
		Origin: rp + ":443/pay", Name: "Memberzone Pay", Store: store, Clock: now,
	})
	must(t, err)
	return &site{Service: service, t: t, store: store, clock: now}
}

func openDatabase(t *testing.T) *postgres.DB {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher})
	must(t, err)
	t.Cleanup(db.Close)
	return db
}

// device is an authenticator whose browser stands at a page.
func device(origin string) *passkeytest.Authenticator { return passkeytest.New(origin) }

// bind makes a passkey for a card on the relying party's page and goes on to a page.
func (s *site) bind(a *passkeytest.Authenticator, cardID int64) cardholder.CredentialID {
	s.t.Helper()
	at, top := a.Origin, a.TopOrigin
	a.Origin, a.TopOrigin = rp, ""
	made, err := s.VerifyRegistration(s.t.Context(), first, s.created(a, cardID))
	must(s.t, err)
	id, err := s.StoreRegistration(s.t.Context(), cardID, made, cardholder.Facts{Browser: "Chrome 156 (Windows)"})
	must(s.t, err)
	a.Origin, a.TopOrigin = at, top
	return id
}

func registration(cardID int64) cardholder.Registration {
	return cardholder.Registration{
		Subject: first, CardID: cardID, Name: "Visa •••• 1234", DisplayName: "Visa •••• 1234", Origin: rp,
	}
}

// created is an authenticator's answer to a new registration.
func (s *site) created(a *passkeytest.Authenticator, cardID int64) cardholder.Answer {
	s.t.Helper()
	c, err := s.BeginRegistration(s.t.Context(), registration(cardID))
	must(s.t, err)
	response, err := a.Create(c.Options)
	must(s.t, err)
	return cardholder.Answer{Token: c.Token, Response: response}
}

// payment is NT$1,250 to a shop, asked for at our checkout.
func payment() cardholder.PaymentRequest {
	return cardholder.PaymentRequest{
		Subject: first, CardID: card, TradeNo: "26112412000000001", Origin: checkout,
		Payee: cardholder.Payee{Name: "Shop 商店", Origin: "https://SHOP.example:443/path?q"}, Amount: 1250,
		Instrument: cardholder.Instrument{DisplayName: "Fancy Card", Icon: icon, Details: "•••• 1234 | 01/29"},
		Logos:      []cardholder.Logo{{URL: icon, Label: "Bank"}, {URL: icon, Label: "Net"}, {URL: icon, Label: "Third"}},
	}
}

func (s *site) begin(p cardholder.PaymentRequest) cardholder.PaymentCeremony {
	s.t.Helper()
	c, err := s.BeginPayment(s.t.Context(), p)
	must(s.t, err)
	return c
}

// paid is an authenticator's SPC answer to a new payment.
func (s *site) paid(a *passkeytest.Authenticator, p cardholder.PaymentRequest) cardholder.Answer {
	s.t.Helper()
	c := s.begin(p)
	response, err := a.Pay(c.SPC)
	must(s.t, err)
	return cardholder.Answer{Token: c.Token, Response: response}
}

// touched is an authenticator's WebAuthn answer to a new payment.
func (s *site) touched(a *passkeytest.Authenticator, p cardholder.PaymentRequest) cardholder.Answer {
	s.t.Helper()
	c := s.begin(p)
	response, err := a.Get(c.WebAuthn)
	must(s.t, err)
	return cardholder.Answer{Token: c.Token, Response: response}
}

func (s *site) finish(a cardholder.Answer) (cardholder.Proof, error) {
	return s.FinishPayment(context.WithoutCancel(s.t.Context()), first, a)
}

func (s *site) list(cardID int64) []cardholder.Credential {
	s.t.Helper()
	list, err := s.List(s.t.Context(), cardID)
	must(s.t, err)
	return list
}

// replacing makes a browser that lies: it signs after where it should sign before.
func replacing(t *testing.T, before, after string) func([]byte) []byte {
	return func(client []byte) []byte {
		if !strings.Contains(string(client), before) {
			t.Errorf("the client data lack %q: %s", before, client)
		}
		return []byte(strings.Replace(string(client), before, after, 1))
	}
}

// edited changes a JSON object's member.
func edited(t *testing.T, object []byte, member string, value any) []byte {
	t.Helper()
	var o map[string]any
	must(t, json.Unmarshal(object, &o))
	o[member] = value
	changed, err := json.Marshal(o)
	must(t, err)
	return changed
}

func usable(list []cardholder.Credential) int {
	return len(slices.DeleteFunc(slices.Clone(list), func(c cardholder.Credential) bool { return !c.Usable() }))
}

// mustRefuse fails unless err is ErrRefused with a cause that says a word.
func mustRefuse(t *testing.T, err error, word string) {
	t.Helper()
	if !errors.Is(err, cardholder.ErrRefused) || !strings.Contains(err.Error(), word) {
		t.Errorf("got %v, want ErrRefused because of %q", err, word)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
