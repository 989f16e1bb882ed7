package verification_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
)

// used pays with the Passkey that the device has for the card.
func (w *world) used(number string, a *passkeytest.Authenticator) ident.Token {
	w.t.Helper()
	token := w.open(nil)
	w.submit(token, number, able)
	w.choose(token, verification.UsePasskey)
	v := w.view(token, verification.StepPasskey)
	must(w.t, w.service.FinishPasskey(w.t.Context(), v.Ref, w.signed(v.Ref, a)))
	return token
}

func TestAPasskeyPaymentHasEvidenceThatHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	device := passkeytest.New(relyingParty)
	first := w.bound(visa, device)
	second := w.used(visa, device)
	desk := evidence.New(w.db.Evidence())

	r, err := desk.Of(t.Context(), w.transaction(second).ID)
	must(t, err)
	raw, b, err := r.Bundle()
	must(t, err)
	read, said, err := evidence.Read(raw)
	must(t, err)
	if said.Kind != cardholder.SPC || read.Payment.TradeNo != string(w.transaction(second).TradeNo) ||
		read.Payment.OrderNo != "order_2" || read.Passkey.Browser != "chrome" || read.Binding == nil {
		t.Errorf("the bundle is %+v", read.Payment)
	}
	must(t, w.passkeys.Revoke(t.Context(), w.cardOf(second), r.Proof.CredentialID, cardholder.Revocation{
		By: cardholder.BySupport, Reason: "lost",
	}))
	r, err = desk.Of(t.Context(), w.transaction(second).ID)
	must(t, err)
	if _, later, err := r.Bundle(); err != nil || later.SHA256 != b.SHA256 {
		t.Errorf("a later download is another file: %v", err)
	}

	r, err = desk.Of(t.Context(), w.transaction(first).ID)
	must(t, err)
	if r.By != payment.VerifiedOTP || r.Proof != nil || !r.Code.PassedAt.Equal(noon) || !r.Code.SentAt.Equal(noon) ||
		!strings.HasSuffix(r.Code.To, "678") || strings.Contains(r.Code.To, "912345") {
		t.Errorf("the record of the code is %+v", r)
	}
	if _, err := desk.Of(t.Context(), 999_999); !errors.Is(err, evidence.ErrNone) {
		t.Errorf("of no transaction: %v", err)
	}
}

func (w *world) cardOf(token ident.Token) int64 {
	w.t.Helper()
	return int64(w.count("SELECT card_id FROM verifications WHERE transaction_id = $1 ORDER BY id DESC LIMIT 1",
		int64(w.transaction(token).ID)))
}

// A copied Passkey is told in the log with its trade number, in the history and to whoever
// counts; the payment goes on by code.
func TestACopiedPasskeyIsAnAlert(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		why    cardholder.Distrust
		change string
	}{
		{cardholder.Cloned, "UPDATE card_credentials SET sign_count = 4000"},
		{cardholder.BackupChanged, "UPDATE card_credentials SET flags = flags | 8"},
	} {
		t.Run(string(tt.why), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			var counted []cardholder.Distrust
			w.distrusted = func(why cardholder.Distrust) { counted = append(counted, why) }
			w.build(w.bank, w.bank)
			device := passkeytest.New(relyingParty)
			w.bound(visa, device)
			_, err := w.db.SQL().ExecContext(t.Context(), tt.change)
			must(t, err)
			token := w.used(visa, device)
			w.view(token, verification.StepOTP)
			no := string(w.transaction(token).TradeNo)
			if !strings.Contains(w.log.String(), "level=WARN msg=\"a passkey is trusted no more\" reason="+string(tt.why)+
				" trade_no="+no) {
				t.Errorf("the log is\n%s", w.log)
			}
			if !strings.Contains(w.story(token), "passkey_distrusted:"+string(tt.why)+" passkey_fell_back:") {
				t.Errorf("the story is %s", w.story(token))
			}
			if len(counted) != 1 || counted[0] != tt.why {
				t.Errorf("counted %v", counted)
			}
			w.passCode(token)
		})
	}
}

// ring is the links to passkeys, on the world's database.
func (w *world) ring() *keyring.Service {
	return keyring.New(keyring.Options{
		Store: w.db.Keyring(), Credentials: w.passkeys, Clock: w.clock, PublicURL: site + "/",
		Limit: lockout.New(lockout.Keyring, w.db.Lockouts(), w.clock),
	})
}

// mailed returns the token of the latest mail with a link, or "".
func (w *world) mailed(s *keyring.Service) string {
	w.t.Helper()
	_, err := s.SendAsked(w.t.Context(), 100)
	must(w.t, err)
	n := w.count("SELECT coalesce(max(id), 0) FROM mails WHERE subject LIKE '%Passkey%'")
	if n == 0 {
		return ""
	}
	m, _, err := w.db.Notifications().Mail(w.t.Context(), int64(n))
	must(w.t, err)
	_, rest, ok := strings.Cut(m.Text, site+keyring.Path+"/")
	if !ok || m.To != "ming@example.test" {
		w.t.Fatalf("to %s: %s", m.To, m.Text)
	}
	token, _, _ := strings.Cut(rest, "\n")
	return token
}

func TestACardholderRemovesAPasskeyByMailedLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := w.ring()
	device := passkeytest.New(relyingParty)
	paid := w.bound(visa, device)
	must(t, s.Ask(t.Context(), "stranger@example.test"))
	if w.mailed(s) != "" {
		t.Error("a stranger gets a mail")
	}
	must(t, s.Ask(t.Context(), " MING@Example.test "))
	old := w.mailed(s)
	must(t, s.Ask(t.Context(), "ming@example.test"))
	token := w.mailed(s)
	if old == token {
		t.Fatal("no second mail")
	}
	if _, err := s.Open(t.Context(), old); !errors.Is(err, keyring.ErrLink) {
		t.Errorf("the earlier link: %v", err)
	}
	ring, err := s.Open(t.Context(), token)
	must(t, err)
	if len(ring.Passkeys) != 1 || ring.Passkeys[0].Last4 != "1111" || ring.Passkeys[0].Brand != "visa" ||
		ring.Passkeys[0].Browser != "chrome" || !ring.ExpiresAt.Equal(noon.Add(30*time.Minute)) {
		t.Fatalf("the link opens %+v", ring)
	}
	id := ring.Passkeys[0].ID
	from := keyring.From{Address: "203.0.113.9", RequestID: "REQUEST"}
	if err := s.Remove(t.Context(), old, id, from); !errors.Is(err, keyring.ErrLink) {
		t.Errorf("by the earlier link: %v", err)
	}
	if err := s.Remove(t.Context(), token, id+1, from); !errors.Is(err, cardholder.ErrNotFound) {
		t.Errorf("another passkey: %v", err)
	}
	must(t, s.Remove(t.Context(), token, id, from))
	if err := s.Remove(t.Context(), token, id, from); !errors.Is(err, cardholder.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
	has, err := w.passkeys.HasCredential(t.Context(), w.cardOf(paid))
	must(t, err)
	if has || w.count("SELECT count(*) FROM cards") != 1 || w.count("SELECT count(*) FROM network_tokens") != 1 {
		t.Error("the passkey is there, or the card is not")
	}
	if w.count(`SELECT count(*) FROM audit_entries WHERE kind = 'card_passkey_removed' AND chain = 0
		AND address = '203.0.113.9'`) != 1 {
		t.Error("the removal is not in the audit log")
	}
	w.clock.Advance(keyring.Lifetime)
	if _, err := s.Open(t.Context(), token); !errors.Is(err, keyring.ErrLink) {
		t.Errorf("after its time: %v", err)
	}
}

func TestAnAddressIsNotFilledWithLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := w.ring()
	for range 10 {
		must(t, s.Ask(t.Context(), "ming@example.test"))
	}
	if n := w.count("SELECT count(*) FROM keyring_asks"); n == 0 || n > lockout.Keyring.Limit {
		t.Errorf("%d asks are kept", n)
	}
	for _, bad := range []string{"", "ming", "a@b@c", "Ming <ming@example.test>", strings.Repeat("a", 250) + "@b.test"} {
		if err := s.Ask(t.Context(), bad); !errors.Is(err, keyring.ErrMail) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestNoMailAddressIsKeptInTheClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := w.ring()
	w.bound(visa, passkeytest.New(relyingParty))
	must(t, s.Ask(t.Context(), "ming@example.test"))
	for _, table := range []string{"credential_mails", "keyring_asks", "keyring_links", "card_credentials"} {
		if n := w.count("SELECT count(*) FROM " + table + " x WHERE x::text LIKE '%ming%'"); n != 0 {
			t.Errorf("%s has the address", table)
		}
	}
	token := w.mailed(s)
	if n := w.count("SELECT count(*) FROM keyring_links x WHERE x::text LIKE '%' || $1 || '%'", token); n != 0 {
		t.Error("the token is kept")
	}
}

func TestSupportRemovesAPasskeyWithAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := w.ring()
	paid := w.bound(visa, passkeytest.New(relyingParty))
	list, err := w.passkeys.List(t.Context(), w.cardOf(paid))
	must(t, err)
	by := audit.By{Login: "agent01"}
	if err := s.RemoveForSupport(t.Context(), by, list[0].ID, "  "); !errors.Is(err, cardholder.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	found, err := s.FindForSupport(t.Context(), by, " Ming@example.test ")
	if err != nil || len(found) != 1 || found[0].ID != list[0].ID || found[0].MemberID == 0 {
		t.Fatalf("the address has %+v, %v", found, err)
	}
	must(t, s.RemoveForSupport(t.Context(), by, list[0].ID, " 持卡人來電，裝置遺失 "))
	if again, err := s.FindForSupport(t.Context(), by, "ming@example.test"); err != nil || len(again) != 0 {
		t.Errorf("after the removal the address has %+v, %v", again, err)
	}
	if _, err := s.FindForSupport(t.Context(), by, "ming"); !errors.Is(err, keyring.ErrMail) {
		t.Errorf("no address: %v", err)
	}
	if err := s.RemoveForSupport(t.Context(), by, list[0].ID, "again"); !errors.Is(err, cardholder.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
	list, err = w.passkeys.List(t.Context(), w.cardOf(paid))
	must(t, err)
	if r := list[0].Revocation; r.By != cardholder.BySupport || r.Reason != "持卡人來電，裝置遺失" {
		t.Errorf("the revocation is %+v", r)
	}
	if w.count("SELECT count(*) FROM audit_entries WHERE kind = 'card_passkey_removed' AND login = 'agent01'") != 1 {
		t.Error("the removal is not in the audit log")
	}
	if w.count(`SELECT count(*) FROM audit_entries WHERE kind = 'card_passkey_removed' AND login = '支援人員 agent01'
		AND chain = $1`, found[0].MemberID) != 1 {
		t.Error("the member does not read of the removal")
	}
	if w.count(`SELECT count(*) FROM audit_entries WHERE kind = 'card_passkeys_looked_up' AND chain = 0
		AND subject = 'm***@example.test'`) != 2 {
		t.Error("the look-ups are not in the audit log")
	}
}
