package token_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/token"
)

func TestTheFirstPaymentBindsAndChargesEveryLaterOneCharges(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, err := h.vault.Find(t.Context(), card(t, visa)); !errors.Is(err, token.ErrNotFound) {
		t.Fatalf("a card that nobody kept: %v", err)
	}
	c, first := h.bind(visa, 1)
	if !first || c.Brand != "visa" || c.First6 != "411111" || c.Last4 != "1111" || c.Expiry != "3012" || !c.Payable() {
		t.Fatalf("kept %+v, first %v", c, first)
	}
	for _, transaction := range []int64{1, 2} {
		p, err := h.vault.Cryptogram(t.Context(), c.ID, cryptogramFor(transaction))
		must(t, err)
		if a := h.authorise(fmt.Sprintf("A%d", transaction), transaction, p); !a.Approved || a.Bank != "Esun" {
			t.Fatalf("transaction %d: %+v", transaction, a)
		}
		recorded, err := h.vault.Charged(t.Context(), c.ID, transaction)
		if err != nil || !recorded {
			t.Fatalf("transaction %d: charged %v, %v", transaction, recorded, err)
		}
	}
	if again, first := h.bind(visa, 2); first || again.ID != c.ID {
		t.Errorf("bound again: %+v, first %v", again, first)
	}
	if got := h.events(); got != "bind1 charge1 charge2" {
		t.Errorf("events %q", got)
	}
	flags := h.text(`SELECT string_agg(id || ':' || token_bind || token_charge, ' ' ORDER BY id)
		FROM transactions WHERE token_bind OR token_charge`)
	if flags != "1:truetrue 2:falsetrue" {
		t.Errorf("transactions show %q", flags)
	}
	if h.found(visa) != c {
		t.Errorf("found %+v, kept %+v", h.found(visa), c)
	}
}

func TestTheVaultHoldsNoNumber(t *testing.T) {
	t.Parallel()
	h := open(t)
	c, _ := h.bind(visa, 1)
	p, err := h.vault.Cryptogram(t.Context(), c.ID, cryptogramFor(1))
	must(t, err)
	number := p.Number.Expose()
	if number == visa || !p.Number.Luhn() || !strings.HasPrefix(number, "489537") {
		t.Errorf("the token is no token: %s", p.Number)
	}
	dump := h.dump()
	for _, secret := range []string{visa, number, hex.EncodeToString([]byte(visa)), hex.EncodeToString([]byte(number))} {
		if strings.Contains(dump, secret) {
			t.Error("the vault's rows show a number")
		}
	}
	text := fmt.Sprintf("%+v %v", p, h.provision("P9", visa))
	if strings.Contains(text, number) || strings.Contains(text, visa) {
		t.Error("a value prints a number")
	}
}

func TestEventsAreRecordedExactlyOnceHoweverManyCome(t *testing.T) {
	t.Parallel()
	h := open(t)
	// Two processes, one of which knows a newer key already.
	newer, err := fieldcrypt.AddKey(h.keyset, false)
	must(t, err)
	_, other := h.process(newer)
	digits := []string{visa, mastercard}
	var bound atomic.Int64
	var group sync.WaitGroup
	for i := range 24 {
		vault := []*token.Service{h.vault, other}[i%2]
		group.Go(func() {
			pan := card(t, digits[i/2%2])
			p, err := vault.Provision(t.Context(), token.ProvisionRequest{
				RequestID: fmt.Sprintf("P%d", i), PAN: pan, Expiry: "3012",
			})
			if err != nil {
				t.Error(err)
				return
			}
			c, first, err := vault.Keep(t.Context(), p, int64(1+i%5))
			if err != nil {
				t.Error(err)
				return
			}
			if first {
				bound.Add(1)
			}
			if _, err := vault.Charged(t.Context(), c.ID, int64(1+i%5)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := h.text(`SELECT count(*) FILTER (WHERE kind = 'bind') || ' ' || count(*) FILTER (WHERE kind = 'charge') || ' ' ||
		(SELECT count(*) FROM cards) || ' ' || (SELECT count(*) FROM network_tokens) FROM token_events`)
	if got != "2 5 2 2" || bound.Load() != 2 {
		t.Errorf("binds, charges, cards, tokens = %s; %d times first", got, bound.Load())
	}
}

func TestWhatTheCallerRollsBackWasNeverBound(t *testing.T) {
	t.Parallel()
	h := open(t)
	p, broken := h.provision("P1", visa), errors.New("broken")
	err := h.db.Payments().InTx(t.Context(), func(ctx context.Context, _ payment.Tx) error {
		if _, first, err := h.vault.Keep(ctx, p, 1); err != nil || !first {
			t.Errorf("first %v, %v", first, err)
		}
		return broken
	})
	if !errors.Is(err, broken) || h.events() != "" {
		t.Errorf("events %q after %v", h.events(), err)
	}
	if c, first, err := h.vault.Keep(t.Context(), p, 2); err != nil || !first || c.Status != token.Active {
		t.Errorf("kept afterwards: %+v, first %v, %v", c, first, err)
	}
}

func TestNoNetworkIsAskedInsideATransaction(t *testing.T) {
	t.Parallel()
	h := open(t)
	err := h.db.Payments().InTx(t.Context(), func(ctx context.Context, _ payment.Tx) error {
		_, err := h.vault.Provision(ctx, token.ProvisionRequest{RequestID: "P1", PAN: card(t, visa), Expiry: "3012"})
		return err
	})
	if err == nil {
		t.Error("the network was asked")
	}
}

func TestAnAnswerThatWasLostIsTheSameTokenAgain(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]bank.Faults{
		"cut off": {LoseNext: 1, DropLost: true}, "too late": {DelayAfterMS: 2000}, "failed": {FailNext: 1},
		"delivered twice": {TwiceNext: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			must(t, h.manage.SetBehaviour(t.Context(), bank.Behaviour{Provision: faults}))
			request := token.ProvisionRequest{RequestID: "P1", PAN: card(t, visa), Expiry: "3012"}
			if _, err := h.vault.Provision(t.Context(), request); (err == nil) != (faults.TwiceNext > 0) ||
				err != nil && !errors.Is(err, token.ErrNoAnswer) {
				t.Fatalf("error %v", err)
			}
			made, err := h.manage.Tokens(t.Context())
			must(t, err)
			if len(made) != 1 {
				t.Fatalf("the network made %d tokens", len(made))
			}
			must(t, h.manage.SetBehaviour(t.Context(), bank.Behaviour{}))
			// The same request again, and another one for the same card.
			for _, id := range []string{"P1", "P2"} {
				if p := h.provision(id, visa); p.Token.Reference != made[0].Reference {
					t.Errorf("%s: another token", id)
				}
			}
		})
	}
}

func TestTheNetworkRefusesOtherBrands(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, digits := range []string{jcb, "4111111111111112"} {
		_, err := h.vault.Provision(t.Context(), token.ProvisionRequest{
			RequestID: "P1", PAN: card(t, digits), Expiry: "3012",
		})
		if !errors.Is(err, token.ErrRefused) {
			t.Errorf("%s: %v", digits, err)
		}
	}
}

func TestNewsOfANetworkFollowOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	c, _ := h.bind(visa, 1)
	steps := []struct {
		change bank.TokenChange
		want   token.Status
	}{
		{bank.Suspend, token.Suspended},
		{bank.Resume, token.Active},
		{bank.Renew, token.Active},
		{bank.Delete, token.Deleted},
	}
	for _, step := range steps {
		h.change(step.change)
		if n := h.follow(); n != 1 {
			t.Errorf("%s: %d were new", step.change, n)
		}
		if got := h.found(visa); got.Status != step.want {
			t.Errorf("%s: %+v", step.change, got)
		}
		_, err := h.vault.Cryptogram(t.Context(), c.ID, cryptogramFor(2))
		if (err == nil) != (step.want == token.Active) || err != nil && !errors.Is(err, token.ErrInactive) {
			t.Errorf("%s: cryptogram %v", step.change, err)
		}
	}
	if got := h.found(visa); got.Expiry != "2911" {
		t.Errorf("the renewed card shows %s", got.Expiry)
	}
	if n := h.follow(); n != 0 {
		t.Errorf("%d came twice", n)
	}
	// As after a restore of an older cursor: the same news change nothing.
	if again, first := h.bind(visa, 2); !first || again.ID != c.ID || again.Status != token.Active {
		t.Errorf("a new link: %+v, first %v", again, first)
	}
	if got := h.events(); got != "bind1 bind2" {
		t.Errorf("events %q", got)
	}
}

func TestSweepsAtOnceApplyEachNewsOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.bind(visa, 1)
	for range 30 {
		h.change(bank.Suspend)
		h.change(bank.Resume)
	}
	var applied atomic.Int64
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			n, err := h.vault.Follow(t.Context(), 1000)
			if err != nil {
				t.Error(err)
			}
			applied.Add(int64(n))
		})
	}
	group.Wait()
	if kept := h.text("SELECT count(*)::text FROM token_news"); kept != "60" || applied.Load() != 60 {
		t.Errorf("%s kept, %d applied", kept, applied.Load())
	}
}

func TestWhatTheNetworkTellsBeforeATokenIsKeptHolds(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.provision("P1", visa)
	h.change(bank.Suspend)
	h.follow()
	c, first, err := h.vault.Keep(t.Context(), p, 1)
	if err != nil || !first || c.Status != token.Suspended {
		t.Errorf("kept %+v, first %v, %v", c, first, err)
	}
}

func TestARefusedCryptogramEndsADeletedTokenAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	c, _ := h.bind(visa, 1)
	for _, step := range []struct {
		change bank.TokenChange
		want   token.Status
	}{{bank.Suspend, token.Active}, {bank.Delete, token.Deleted}} { // only the news tell of a suspension
		h.change(step.change)
		if _, err := h.vault.Cryptogram(t.Context(), c.ID, cryptogramFor(1)); !errors.Is(err, token.ErrInactive) {
			t.Errorf("%s: %v", step.change, err)
		}
		if got := h.found(visa).Status; got != step.want {
			t.Errorf("%s: the vault says %s", step.change, got)
		}
	}
}

func TestCardsFromBeforeAKeyAreFoundAndGetTheirIndex(t *testing.T) {
	t.Parallel()
	h := open(t)
	c, _ := h.bind(visa, 1)
	newer, err := fieldcrypt.AddKey(h.keyset, false)
	must(t, err)
	_, vault := h.process(newer)
	for range 2 {
		found, err := vault.Find(t.Context(), card(t, visa))
		if err != nil || found != c {
			t.Fatalf("found %+v, %v", found, err)
		}
	}
	if n := h.text("SELECT count(*)::text FROM card_indexes"); n != "2" {
		t.Errorf("%s indexes", n)
	}
	if h.found(visa) != c {
		t.Error("a process with the old keyset lost the card")
	}
}

// numbered gives the n-th card of a test, a Visa that passes the Luhn check.
func numbered(t *testing.T, n int) string {
	t.Helper()
	for check := range 10 {
		if digits := fmt.Sprintf("411111%09d%d", n, check); card(t, digits).Luhn() {
			return digits
		}
	}
	t.Fatal("no check digit fits")
	return ""
}

// Whatever is done in whatever order, the events count what a model of a few lines counts.
func TestEventsEqualTheModel(t *testing.T) {
	t.Parallel()
	h := open(t)
	runs, requests := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		since := h.text("SELECT count(*)::text FROM token_events")
		charged, links, binds := map[int64]bool{}, map[string]bool{}, 0
		h.run(`INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
			SELECT 1, 1, '26112413' || lpad($1, 4, '0') || lpad(n::text, 5, '0'), $1 || '_' || n, '茶', 1250, now()
			FROM generate_series(1, 4) n`, strconv.Itoa(runs))
		last := h.number("SELECT max(id) FROM transactions")
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			number := numbered(t, 3*runs+rapid.IntRange(0, 2).Draw(rt, "card"))
			transaction := last - rapid.Int64Range(0, 3).Draw(rt, "transaction")
			if rapid.Bool().Draw(rt, "charge") && links[number] {
				first, err := h.vault.Charged(t.Context(), h.found(number).ID, transaction)
				if err != nil || first == charged[transaction] {
					rt.Fatalf("charged %v, %v", first, err)
				}
				charged[transaction] = true
				continue
			}
			requests++
			_, first, err := h.vault.Keep(t.Context(), h.provision(fmt.Sprintf("M%d", requests), number), transaction)
			if err != nil || first == links[number] {
				rt.Fatalf("kept first %v, %v", first, err)
			}
			if first {
				binds++
			}
			links[number] = true
		}
		got := h.text(`SELECT count(*) FILTER (WHERE kind = 'bind') || ' ' || count(*) FILTER (WHERE kind = 'charge')
			FROM (SELECT kind FROM token_events ORDER BY id OFFSET ` + since + ") e")
		if got != fmt.Sprintf("%d %d", binds, len(charged)) {
			rt.Fatalf("recorded %s, want %d %d", got, binds, len(charged))
		}
	})
}
