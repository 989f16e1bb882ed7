package token_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/token"
)

const (
	visa       = "4111111111111111"
	mastercard = "5555555555554444"
	jcb        = "3530111333300000"
	bankSecret = "a secret of the test's own"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// house is a vault over a real database and a real HTTP bank.
type house struct {
	t      *testing.T
	vault  *token.Service
	bank   *acquirer.Client
	manage *bank.Management
	clock  *clock.Fake
	keyset secret.String
	url    string // of the database
	db     *postgres.DB
}

func open(t *testing.T) *house {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	h := &house{t: t, clock: clock.NewFake(noon), keyset: keyset, url: dbtest.New(t)}
	b, err := bank.New(bank.Options{Secret: secret.New(bankSecret), Clock: h.clock, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	server := httptest.NewServer(b.Handler())
	t.Cleanup(func() {
		_ = b.Close()
		server.Close()
	})
	h.manage = bank.NewManagement(server.URL, server.Client())
	h.bank, err = acquirer.New(acquirer.Options{
		URL: server.URL, Account: bank.DefaultAccount, Secret: secret.New(bankSecret), Timeout: 500 * time.Millisecond,
		Clock: h.clock,
	})
	must(t, err)
	t.Cleanup(h.bank.CloseIdle)
	h.db, h.vault = h.process(keyset)
	h.run(`INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '甲', now())`)
	h.run(`INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode, three_d,
		passkey, amount_max, created_at) VALUES (1, 'MS1', '店', '', '', '', 'platform', 'live', true, true, 100000, now())`)
	h.run(`INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		SELECT 1, 1, '261124120000' || lpad(n::text, 5, '0'), 'O' || n, '茶', 1250, now() FROM generate_series(1, 20) n`)
	return h
}

// process opens the database as another process with a keyset does.
func (h *house) process(keyset secret.String) (*postgres.DB, *token.Service) {
	h.t.Helper()
	cipher, err := fieldcrypt.New(keyset)
	must(h.t, err)
	db, err := postgres.Open(h.t.Context(), postgres.Options{URL: h.url, Cipher: cipher})
	must(h.t, err)
	h.t.Cleanup(db.Close)
	return db, token.New(token.Options{Store: db.Tokens(), Network: h.bank.Network(), Clock: h.clock})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) run(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.SQL().ExecContext(context.Background(), sql, args...); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

func (h *house) text(sql string) string {
	h.t.Helper()
	var s string
	if err := h.db.SQL().QueryRowContext(context.Background(), sql).Scan(&s); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	return s
}

func (h *house) number(sql string) (n int64) {
	h.t.Helper()
	if err := h.db.SQL().QueryRowContext(context.Background(), sql).Scan(&n); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func card(t *testing.T, digits string) secret.PAN {
	t.Helper()
	pan, err := secret.ParsePAN(digits)
	must(t, err)
	return pan
}

func (h *house) provision(requestID, digits string) token.Provisioned {
	h.t.Helper()
	p, err := h.vault.Provision(h.t.Context(), token.ProvisionRequest{
		RequestID: requestID, PAN: card(h.t, digits), Expiry: "3012",
	})
	must(h.t, err)
	return p
}

// bind makes and keeps a card's token with a transaction.
func (h *house) bind(digits string, transaction int64) (token.Card, bool) {
	h.t.Helper()
	c, first, err := h.vault.Keep(h.t.Context(), h.provision(fmt.Sprintf("P%d", transaction), digits), transaction)
	must(h.t, err)
	return c, first
}

func (h *house) change(c bank.TokenChange) {
	h.t.Helper()
	all, err := h.manage.Tokens(h.t.Context())
	must(h.t, err)
	_, err = h.manage.ChangeToken(h.t.Context(), all[len(all)-1].Reference, bank.TokenOrder{Change: c})
	must(h.t, err)
}

func (h *house) follow() int {
	h.t.Helper()
	n, err := h.vault.Follow(h.t.Context(), 1000)
	must(h.t, err)
	return n
}

func (h *house) found(digits string) token.Card {
	h.t.Helper()
	c, err := h.vault.Find(h.t.Context(), card(h.t, digits))
	must(h.t, err)
	return c
}

func cryptogramFor(transaction int64) token.CryptogramRequest {
	return token.CryptogramRequest{
		RequestID: fmt.Sprintf("C%d", transaction), MerchantID: "MS1",
		TradeNo: fmt.Sprintf("261124120000%05d", transaction), Amount: 1250,
	}
}

// authorise asks the bank for a payment by token.
func (h *house) authorise(id string, transaction int64, p token.Payable) payment.AuthoriseAnswer {
	h.t.Helper()
	a, err := h.bank.Authorise(h.t.Context(), payment.AuthoriseRequest{
		ID: id, MerchantID: "MS1", TradeNo: cryptogramFor(transaction).TradeNo, Amount: 1250, PAN: p.Number,
		Expiry: p.Expiry, NetworkToken: true, Cryptogram: p.Cryptogram, ECI: "05",
	})
	must(h.t, err)
	return a
}

// events lists what was recorded, as kind and transaction.
func (h *house) events() string {
	return h.text(`SELECT coalesce(string_agg(kind::text || transaction_id, ' ' ORDER BY id), '') FROM token_events`)
}

// dump is every text and every byte of the vault's rows.
func (h *house) dump() string {
	var all strings.Builder
	for _, table := range []string{"cards", "card_indexes", "network_tokens", "token_news", "token_events"} {
		all.WriteString(h.text("SELECT coalesce(string_agg(t::text, E'\n'), '') FROM " + table + " t"))
		all.WriteString(h.text("SELECT coalesce(string_agg(encode(convert_to(t::text, 'UTF8'), 'escape'), E'\n'), '') FROM " +
			table + " t"))
	}
	return all.String()
}
