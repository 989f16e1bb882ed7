package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/phone"
)

// textDesk is the program with a look into its rows.
type textDesk struct {
	*apptest.App
	t  *testing.T
	db *sql.DB
}

func openTexts(t *testing.T) *textDesk {
	t.Helper()
	a := apptest.New(t)
	db, err := sql.Open("pgx", a.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := a.StartJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &textDesk{a, t, db}
}

func (d *textDesk) send(subject string) {
	d.t.Helper()
	_, err := d.Codes().Send(d.t.Context(), otp.Request{
		Subject: subject, Phone: "+886912345678", Card: []byte("blind"), Store: 1, Merchant: "晴川選物", Amount: 1250,
		Last4: "1111", Language: "zh-tw",
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *textDesk) text(query string) string {
	d.t.Helper()
	var text string
	if err := d.db.QueryRowContext(d.t.Context(), query).Scan(&text); err != nil {
		d.t.Fatal(err)
	}
	return text
}

func (d *textDesk) until(query, want string) {
	d.t.Helper()
	for deadline := time.Now().Add(time.Minute); d.text(query) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("%s is %s and never came to %s", query, d.text(query), want)
		}
	}
}

const textStory = `SELECT state || ':' || problem || ':' || (message_sealed IS NULL)
	FROM text_messages ORDER BY id DESC LIMIT 1`

func TestACodeGoesFromTheProgramToAPhoneAndBack(t *testing.T) {
	t.Parallel()
	d := openTexts(t)
	if err := d.Phone.SetBehaviour(phone.Behaviour{ThrottleNext: 1, FailNext: 1}); err != nil {
		t.Fatal(err)
	}
	d.send("v1")
	d.until(textStory, "delivered::true")
	got := d.Phone.Messages()
	if len(got) != 1 || got[0].To != "+886912345678" {
		t.Fatalf("the phones got %+v", got)
	}
	code := phone.CodeIn(got[0].Text)
	if !strings.HasSuffix(got[0].Text, "@localhost #"+code) {
		t.Errorf("%q", got[0].Text)
	}
	out, err := d.Codes().Check(t.Context(), "v1", secret.New(code))
	if err != nil || out.Result != otp.Right {
		t.Errorf("%+v, %v", out, err)
	}
	d.until("SELECT state::text FROM river_job WHERE kind = 'send_text'", "completed")
	dump := d.text(`SELECT (SELECT string_agg(o::text, ' ') FROM one_time_codes o) || ' ' ||
		(SELECT string_agg(m::text, ' ') FROM text_messages m) || ' ' || (SELECT string_agg(j::text, ' ') FROM river_job j)`)
	for _, told := range []string{dump, d.Log.String()} {
		for _, word := range []string{code, "912345678"} {
			if strings.Contains(told, word) {
				t.Errorf("%s stands in a row or in the log", word)
			}
		}
	}
}

func TestAMessageThatIsRefusedForGoodIsNotSentAgain(t *testing.T) {
	t.Parallel()
	d := openTexts(t)
	if err := d.Phone.SetBehaviour(phone.Behaviour{RefuseNext: 1}); err != nil {
		t.Fatal(err)
	}
	d.send("v1")
	d.until("SELECT state::text FROM river_job WHERE kind = 'send_text'", "cancelled")
	if got := d.text(textStory); got != "undeliverable:refused:true" || len(d.Phone.Messages()) != 0 {
		t.Errorf("%s; the phones got %+v", got, d.Phone.Messages())
	}
}

// receipt posts a receipt as the gateway would, spoilt in some way.
func (d *textDesk) receipt(body string, at time.Time, spoil func(*http.Request)) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.URL+"/sms/receipts", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	stamp, digest := strconv.FormatInt(at.Unix(), 10), sha256.Sum256([]byte(body))
	h := hmac.New(sha256.New, []byte("a secret of the test's SMS gateway"))
	_, _ = fmt.Fprintf(h, "%s\nPOST\n/sms/receipts\n%s\n%s", phone.DefaultAccount, stamp, hex.EncodeToString(digest[:]))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("SMS-Account", phone.DefaultAccount)
	r.Header.Set("SMS-Timestamp", stamp)
	r.Header.Set("SMS-Signature", hex.EncodeToString(h.Sum(nil)))
	if spoil != nil {
		spoil(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(answer))
}

func TestReceiptsCountOnceAndOnlyWhenTheGatewaySignedThem(t *testing.T) {
	t.Parallel()
	d := openTexts(t)
	if err := d.Phone.SetBehaviour(phone.Behaviour{NoReceipts: true}); err != nil {
		t.Fatal(err)
	}
	d.send("v1")
	d.until(textStory, "accepted::true")
	now := d.Clock.Now()
	body := `{"reference":"` + d.text("SELECT reference FROM text_messages") +
		`","status":"failed","reason":"unreachable","at":"2026-11-24T04:00:00Z"}`
	for name, test := range map[string]struct {
		body   string
		at     time.Time
		spoil  func(*http.Request)
		status int
	}{
		"unsigned":      {body, now, func(r *http.Request) { r.Header.Del("SMS-Signature") }, 401},
		"forged":        {body, now, func(r *http.Request) { r.Header.Set("SMS-Signature", strings.Repeat("a", 64)) }, 401},
		"old":           {body, now.Add(-6 * time.Minute), nil, 401},
		"another query": {body, now, func(r *http.Request) { r.URL.RawQuery = "x=1" }, 401},
		"no receipt":    {`{"reference":"x"}`, now, nil, 400},
		"not ours":      {foreignReceipt, now, nil, 404},
	} {
		if status, answer := d.receipt(test.body, test.at, test.spoil); status != test.status {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if got := d.text(textStory); got != "accepted::true" {
		t.Fatalf("a receipt that is none counted: %s", got)
	}
	if status, answer := d.receipt(body, now, nil); status != 200 || answer != `{"status":"received"}` {
		t.Errorf("%d %s", status, answer)
	}
	// The gateway's next word, and the same one again, change nothing.
	other := strings.Replace(strings.Replace(body, "failed", "delivered", 1), "unreachable", "", 1)
	for _, again := range []string{other, body} {
		if status, answer := d.receipt(again, now, nil); status != 200 {
			t.Errorf("%d %s", status, answer)
		}
	}
	if got := d.text(textStory); got != "failed:unreachable:true" {
		t.Errorf("%s", got)
	}
}

const foreignReceipt = `{"reference":"AAAAAAAAAAAAAAAAAAAAAAAAAA","status":"delivered","reason":"",
	"at":"2026-11-24T04:00:00Z"}`
