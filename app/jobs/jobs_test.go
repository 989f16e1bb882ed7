package jobs_test

import (
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/jobs"
	"github.com/memberzone/memberzone/app/wire"
)

// merchant answers NotifyURL: with the statuses in turn, then with 200.
type merchant struct {
	mu       sync.Mutex
	statuses []int
	bodies   []string
}

func (m *merchant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bodies = append(m.bodies, string(body))
	if len(m.statuses) > 0 {
		w.WriteHeader(m.statuses[0])
		m.statuses = m.statuses[1:]
	}
}

func (m *merchant) got() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.bodies...)
}

// pay makes a paid order of a demonstration's store without 3D that owes the
// merchant a notification.
func pay(t *testing.T, a *apptest.App, notifyURL string) {
	t.Helper()
	keys := wire.NewKeys(wire.KeyPair{HashKey: "DemoKey00000000000000MS100000004", HashIV: "DemoIV0100000004"})
	form, err := wire.BuildPaymentForm(keys, []wire.Pair{
		{Name: "MerchantID", Value: "MS100000004"},
		{Name: "RespondType", Value: "JSON"},
		{Name: "TimeStamp", Value: strconv.FormatInt(a.Clock.Now().Unix(), 10)},
		{Name: "Version", Value: "2.0"},
		{Name: "MerchantOrderNo", Value: "Tea_1"},
		{Name: "Amt", Value: "1250"},
		{Name: "ItemDesc", Value: "茶"},
		{Name: "NotifyURL", Value: notifyURL},
		{Name: "CREDIT", Value: "1"},
	})
	must(t, err)
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(path string, pairs []wire.Pair) string {
		resp, err := browser.Post(a.URL+path, "application/x-www-form-urlencoded", strings.NewReader(wire.EncodeForm(pairs)))
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d", path, resp.StatusCode)
		}
		return resp.Header.Get("Location")
	}
	post(post("/MPG/mpg_gateway", form), []wire.Pair{
		{Name: "card_no", Value: "4111111111111111"},
		{Name: "exp_month", Value: "12"},
		{Name: "exp_year", Value: "30"},
		{Name: "cvc", Value: "123"},
		{Name: "last_name", Value: "王"},
		{Name: "first_name", Value: "小明"},
		{Name: "phone", Value: "+886912345678"},
		{Name: "email", Value: "payer@example.test"},
		{Name: "agree_order", Value: "1"},
		{Name: "agree_terms", Value: "1"},
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition that jobs bring about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func open(t *testing.T, a *apptest.App) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", a.DatabaseURL)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func text(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var s string
	must(t, db.QueryRowContext(t.Context(), query).Scan(&s))
	return s
}

const storyOf = `
	SELECT n.state || ':' || coalesce(string_agg(a.http_status::text, ',' ORDER BY a.id), '')
	FROM notifications n LEFT JOIN notification_attempts a ON a.notification_id = n.id GROUP BY n.id`

func TestANotificationIsRepeatedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	shop := &merchant{statuses: []int{http.StatusInternalServerError, http.StatusFound}}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	pay(t, a, server.URL+"/notify")
	must(t, a.StartJobs(t.Context()))
	until(t, "delivered", func() bool { return text(t, db, storyOf) == "delivered:500,302,200" })
	bodies := shop.got()
	if len(bodies) != 3 || bodies[0] != bodies[2] ||
		!strings.HasPrefix(bodies[0], "Status=SUCCESS&MerchantID=MS100000004&") {
		t.Errorf("the merchant got %q", bodies)
	}
	until(t, "the payer's notice", func() bool { return len(a.Mailbox.Mails()) == 1 })
	if m := a.Mailbox.Mails()[0]; m.To[0] != "payer@example.test" || !strings.Contains(m.Text, "NT$1,250") {
		t.Errorf("mail = %+v", m)
	}
}

func TestANotificationIsGivenUpAfterThreeRetriesWithAMail(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	shop := &merchant{statuses: []int{500, 404, 204, 503, 200}}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	pay(t, a, server.URL+"/notify")
	must(t, a.StartJobs(t.Context()))
	until(t, "given up", func() bool { return text(t, db, storyOf) == "failed:500,404,204,503" })
	until(t, "both mails", func() bool { return len(a.Mailbox.Mails()) == 2 })
	var told bool
	for _, m := range a.Mailbox.Mails() {
		told = told || strings.Contains(m.Subject, "無法送達") && strings.Contains(m.Text, "Tea_1")
	}
	if !told {
		t.Errorf("the store was not told: %+v", a.Mailbox.Mails())
	}
	if n := len(shop.got()); n != 4 {
		t.Errorf("it was sent %d times", n)
	}
}

func TestOldFailuresAreForgotten(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	_, err := db.ExecContext(t.Context(), `
		INSERT INTO lockouts (scope, key, failures, counted_from)
		VALUES ('sign_in', 'old', 1, $1), ('sign_in', 'new', 1, $2)`,
		a.Clock.Now().Add(-72*time.Hour), a.Clock.Now())
	must(t, err)
	must(t, a.StartJobs(t.Context()))
	until(t, "pruned", func() bool {
		return text(t, db, "SELECT string_agg(convert_from(key, 'UTF8'), ',') FROM lockouts") == "new"
	})
}

// Anybody can begin ceremonies: they do not wait a day.
func TestCeremoniesThatAreOverAreForgottenByTheHourlyJob(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	for token, expires := range map[string]time.Time{
		"over": a.Clock.Now().Add(-time.Second), "open": a.Clock.Now().Add(time.Minute),
	} {
		_, err := db.ExecContext(t.Context(), `
			INSERT INTO passkey_ceremonies (token_hash, ritual, session, expires_at)
			VALUES (sha256(convert_to($1, 'UTF8')), 'sign_in', '{}', $2)`, token, expires)
		must(t, err)
	}
	must(t, a.StartJobs(t.Context()))
	until(t, "the hourly job", func() bool {
		return text(t, db, `SELECT count(*)::text FROM river_job
			WHERE kind = 'prune_lockouts' AND args ->> 'soon' = 'true' AND state = 'completed'`) == "1"
	})
	if n := text(t, db, "SELECT count(*)::text FROM passkey_ceremonies"); n != "1" {
		t.Errorf("%s ceremonies are left", n)
	}
}

func TestARecoveryMailsALinkToWhoExists(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	queue, err := jobs.NewQueue(db)
	must(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	for _, name := range [][2]string{
		{"12345675", "nobody"}, {"99999999", "owner01"}, {"12345675", "clerk01"}, {"", "agent01"},
	} {
		must(t, queue.Recover(t.Context(), tx, account.RecoveryRequest{
			Member: name[0], Login: name[1], From: account.Origin{Address: "192.0.2.7", RequestID: "req-7"},
		}))
	}
	must(t, tx.Commit())
	must(t, a.StartJobs(t.Context()))
	until(t, "all jobs", func() bool {
		return text(t, db, "SELECT count(*)::text FROM river_job WHERE kind = 'send_recovery' AND state = 'completed'") == "4"
	})
	until(t, "both mails", func() bool { return len(a.Mailbox.Mails()) == 2 })
	for _, m := range a.Mailbox.Mails() {
		_, token, found := strings.Cut(m.Text, a.URL+"/link/")
		if !found {
			t.Fatalf("no link in %+v", m)
		}
		token, _, _ = strings.Cut(token, "\n")
		if token == "" || strings.Contains(a.Log.String(), token) {
			t.Error("the log holds a link")
		}
	}
	told := "SELECT DISTINCT address || ' ' || request_id FROM audit_entries WHERE kind = 'recovery_asked'"
	if got := text(t, db, told); got != "192.0.2.7 req-7" {
		t.Errorf("the entries are told from %q", got)
	}
	until(t, "texts are emptied", func() bool {
		return text(t, db, "SELECT count(*)::text FROM mails WHERE body_sealed IS NULL AND body = ''") == "2"
	})
}

func TestRunsThatWereCutShortDoNotCountAsTries(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	shop := &merchant{statuses: []int{500, 500, 500}}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	pay(t, a, server.URL+"/notify")
	// As after three runs that ended with their process, before anything was sent.
	_, err := db.ExecContext(t.Context(), "UPDATE river_job SET attempt = 3 WHERE kind = 'deliver_notification'")
	must(t, err)
	must(t, a.StartJobs(t.Context()))
	until(t, "delivered", func() bool { return text(t, db, storyOf) == "delivered:500,500,500,200" })
}
