package member_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// confirmed is a transaction of a store that was confirmed by Passkey in a real ceremony.
func (s *site) confirmed(store int, orderNo string) string {
	s.t.Helper()
	no := s.trade(store, orderNo, 1250, noon)
	proof := confirm(s.t, no)
	raw, err := json.Marshal(proof.Evidence)
	must(s.t, err)
	s.verification(no, "passkey")
	s.run(`INSERT INTO verification_proofs (verification_id, transaction_id, credential_id, kind, evidence, synced,
			browser_bound, at)
		SELECT v.id, v.transaction_id, 1, 'spc', $2, false, false, $3 FROM verifications v
		JOIN transactions t ON t.id = v.transaction_id WHERE t.trade_no = $1`, no, string(raw), proof.At)
	return no
}

func (s *site) verification(no, by string) {
	s.t.Helper()
	s.run(`INSERT INTO verifications (transaction_id, state, route, bind, reason, eligible, brand, card_last4, card_id,
			browser, webauthn, uvpa, created_at, ended_at, expires_at, seal_key, verified_by, otp_passed_at)
		SELECT id, 'verified', $2::verification, false, 'has_credential', true, 'visa', '1111', 1, 'chrome', true, true,
			$3, $3, $3, trade_no || $2, $2::verification, CASE $2 WHEN 'otp' THEN $3::timestamptz END
		FROM transactions WHERE trade_no = $1`, no, by, noon)
	s.run("UPDATE transactions SET verification = $2::verification WHERE trade_no = $1", no, by)
}

// confirm is what a device signs for a payment at noon.
func confirm(t *testing.T, no string) cardholder.Proof {
	t.Helper()
	const origin = "https://passkey.example"
	now := clock.NewFake(noon)
	s, err := cardholder.New(cardholder.Options{Origin: origin, Name: "Passkey", Store: &passkeytest.Cards{}, Clock: now})
	must(t, err)
	device := passkeytest.New(origin)
	begun, err := s.BeginRegistration(t.Context(), cardholder.Registration{
		Subject: 1, CardID: 1, Name: "Visa •••• 1111", DisplayName: "Visa •••• 1111", Origin: origin,
	})
	must(t, err)
	made, err := device.Create(begun.Options)
	must(t, err)
	bound, err := s.VerifyRegistration(t.Context(), 1, cardholder.Answer{Token: begun.Token, Response: made})
	must(t, err)
	_, err = s.StoreRegistration(t.Context(), 1, bound, cardholder.Facts{})
	must(t, err)
	asked, err := s.BeginPayment(t.Context(), cardholder.PaymentRequest{
		Subject: 1, CardID: 1, TradeNo: no, Origin: origin, Payee: cardholder.Payee{Name: "晴川一店"}, Amount: 1250,
		Instrument: cardholder.Instrument{DisplayName: "Visa", Icon: "data:,x", Details: "•••• 1111"},
	})
	must(t, err)
	now.Advance(5 * time.Second)
	signed, err := device.Pay(asked.SPC)
	must(t, err)
	proof, err := s.FinishPayment(t.Context(), 1, cardholder.Answer{Token: asked.Token, Response: signed})
	must(t, err)
	return proof
}

func TestTheTransactionPageTellsWhatTheCardholderConfirmed(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := s.confirmed(1, "PROVED1")
	owner := s.signedIn("12345675", "owner01")
	page := owner.get(list+"/"+no).is(http.StatusOK,
		"持卡人於 2026-11-24 12:00:05 在 https://passkey.example 上確認付款 NT$1,250 給 晴川一店。", "重新驗證", "下載證據",
		"Chrome", "僅存於一台裝置", "Visa •••• 1111")
	owner.post(list+"/"+no+"/evidence/verify", nil).is(http.StatusOK, "驗證通過", "回到查詢結果").lacks("驗證不通過")

	file := owner.get(list + "/" + no + "/evidence").is(http.StatusOK)
	if file.Header.Get("Content-Disposition") != `attachment; filename="passkey-evidence-`+no+`.json"` {
		t.Errorf("headers %v", file.Header)
	}
	b, _, err := evidence.Read([]byte(file.body))
	must(t, err)
	if !strings.Contains(page.body, b.Fingerprint()) {
		t.Error("the page has another hash than the file")
	}
	var changes string
	must(t, s.db.SQL().QueryRow(`SELECT changes::text FROM audit_entries WHERE kind = 'evidence_downloaded'
		AND chain = 1 AND login = 'owner01' AND subject = $1`, no).Scan(&changes))
	if !strings.Contains(changes, b.Fingerprint()) {
		t.Errorf("the audit log has %s", changes)
	}
	owner.get("/member/center/audit").is(http.StatusOK, "下載 Passkey 付款證據", b.Fingerprint())
}

func TestAChangedProofDoesNotVerify(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := s.confirmed(1, "CHANGED1")
	s.run("ALTER TABLE verification_proofs DISABLE TRIGGER verification_proofs_append_only")
	s.run(`UPDATE verification_proofs SET evidence =
		jsonb_set(evidence::jsonb, '{signature}', '"MEQCIAAA"')::json`)
	owner := s.signedIn("12345675", "owner01")
	owner.get(list+"/"+no).is(http.StatusOK, "重新驗證")
	owner.post(list+"/"+no+"/evidence/verify", nil).is(http.StatusOK, "驗證不通過", "客服中心").lacks("驗證通過</p>")
	s.run(`UPDATE verification_proofs SET evidence = '{"request":"eA=="}'`)
	owner.get(list+"/"+no).is(http.StatusOK, "保存的證據無法讀取").lacks("下載證據")
	owner.post(list+"/"+no+"/evidence/verify", nil).is(http.StatusOK, "驗證不通過")
	owner.get(list + "/" + no + "/evidence").is(http.StatusInternalServerError).lacks("frozen")
}

func TestACodeIsToldWithoutABundle(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	coded, none := s.trade(1, "CODED1", 100, noon), s.trade(1, "NONE1", 100, noon)
	s.verification(coded, "otp")
	s.run(`INSERT INTO one_time_codes (subject, recipient)
		SELECT 'verification/' || id, '+886*****5678' FROM verifications`)
	s.run(`INSERT INTO payment_events (transaction_id, kind, to_status, amount, actor, detail, at)
		SELECT id, 'otp_sent', 'pending', 0, 'cardholder', '', $2::timestamptz FROM transactions WHERE trade_no = $1`, coded,
		noon)
	owner := s.signedIn("12345675", "owner01")
	owner.get(list+"/"+coded).is(http.StatusOK, "驗證碼以簡訊寄至 +886*****5678", "2026-11-24 12:00:00").
		lacks("下載證據", "重新驗證")
	owner.get(list+"/"+none).is(http.StatusOK, "沒有驗證證據").lacks("下載證據", "重新驗證")
	for _, no := range []string{coded, none} {
		owner.get(list + "/" + no + "/evidence").is(http.StatusNotFound)
		owner.post(list+"/"+no+"/evidence/verify", nil).is(http.StatusNotFound)
	}
}

// Evidence is seen by whoever may see the transaction, and by nobody else.
func TestEvidenceStaysInScope(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no, sister := s.confirmed(1, "PROVED1"), s.confirmed(2, "PROVED2")
	for _, tt := range []struct {
		member, login, no string
		want              int
	}{
		{"12345675", "owner01", sister, http.StatusOK},
		{"12345675", "clerk01", no, http.StatusOK},
		{"12345675", "clerk01", sister, http.StatusNotFound},
		{"22099131", "owner01", no, http.StatusNotFound},
		{"12345675", "viewer01", no, http.StatusForbidden},
		{"12345675", "denied01", no, http.StatusForbidden},
	} {
		v := s.signedIn(tt.member, tt.login)
		path := list + "/" + tt.no + "/evidence"
		v.get(path).is(tt.want)
		v.post(path+"/verify", nil).is(tt.want)
	}
	var n int
	must(t, s.db.SQL().QueryRow("SELECT count(*) FROM audit_entries WHERE kind = 'evidence_downloaded'").Scan(&n))
	if n != 2 {
		t.Errorf("%d downloads are recorded", n)
	}
}
