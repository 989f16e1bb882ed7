package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/seeds"
)

// The demonstration's members.
const (
	qingchuan = "12345675"   // an enterprise with five stores
	shopLin   = "A100000001" // an individual with one
	yuanan    = "22099131"   // another enterprise with one
)

// world is the running program of one test, and its database to put things into.
type world struct {
	*apptest.App
	t  *testing.T
	db *pgx.Conn
}

func openWorld(t *testing.T) *world {
	t.Helper()
	a := apptest.New(t)
	db, err := pgx.Connect(t.Context(), a.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	return &world{App: a, t: t, db: db}
}

func (w *world) run(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// number runs a query that answers with one number.
func (w *world) number(sql string, args ...any) (n int64) {
	w.t.Helper()
	if err := w.db.QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// assistant stores an assistant with the demonstration's password. Its hash is the
// owner's: making another takes long.
func (w *world) assistant(memberCode, login string) (id int64) {
	w.t.Helper()
	return w.number(`INSERT INTO accounts (member_id, kind, login, email, password_hash, created_at)
		SELECT o.member_id, 'assistant', $2, $2::text || '@example.test', o.password_hash, $3
		FROM accounts o JOIN members m ON m.id = o.member_id WHERE m.code = $1 AND o.kind = 'owner' RETURNING id`,
		memberCode, login, w.Clock.Now())
}

// manages replaces the stores that an assistant manages (管理商店).
func (w *world) manages(id int64, merchantIDs ...string) {
	w.t.Helper()
	w.run("DELETE FROM account_stores WHERE account_id = $1", id)
	w.run(`INSERT INTO account_stores (member_id, account_id, store_id)
		SELECT member_id, $1, id FROM stores WHERE merchant_id = ANY($2)`, id, merchantIDs)
}

// trade stores an authorised transaction.
func (w *world) trade(merchantID, orderNo string, at time.Time) (tradeNo string) {
	w.t.Helper()
	err := w.db.QueryRow(w.t.Context(), `
		INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, status, created_at,
			authorised_at, brand, card_first6, card_last4, card_expiry, auth_code, respond_code)
		SELECT member_id, id, $2::text || lpad(nextval('trade_no_sequence')::text, 5, '0'), $3, '茶葉', 100, 'authorised',
			$4, $4, 'visa', '411111', '1111', '3012', '930637', '00'
		FROM stores WHERE merchant_id = $1 RETURNING trade_no`,
		merchantID, at.In(clock.Taipei).Format("060102150405"), orderNo, at).Scan(&tradeNo)
	if err != nil {
		w.t.Fatal(err)
	}
	return tradeNo
}

// visitor is a browser: it keeps its cookies.
type visitor struct {
	world   *world
	cookies map[string]*http.Cookie
}

// reply is what a browser got.
type reply struct {
	status    int
	body      string
	requestID string
	location  string
}

func (v *visitor) do(method, address string, form url.Values) reply {
	v.world.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, address, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, cookie := range v.cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	v.world.Handler().ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		v.cookies[cookie.Name] = cookie
	}
	return reply{w.Code, w.Body.String(), w.Header().Get("X-Request-Id"), w.Header().Get("Location")}
}

func (v *visitor) get(address string) reply { return v.do(http.MethodGet, address, nil) }

// signedIn returns a visitor who has signed in with the demonstration's password.
func (w *world) signedIn(memberCode, login string) *visitor {
	w.t.Helper()
	return w.signedInAt("/login", url.Values{"member": {memberCode}, "account": {login}})
}

func (w *world) signedInAt(path string, form url.Values) *visitor {
	w.t.Helper()
	v := &visitor{world: w, cookies: map[string]*http.Cookie{}}
	form.Set("password", seeds.DemoPassword)
	if got := v.do(http.MethodPost, path, form); got.status != http.StatusSeeOther {
		w.t.Fatalf("sign-in of %s: %d\n%s", form.Get("account"), got.status, got.body)
	}
	return v
}

// attributes lists the values of an attribute on a page, in order.
func (r reply) attributes(name string) []string {
	values := []string{}
	rest := r.body
	for {
		var found bool
		if _, rest, found = strings.Cut(rest, " "+name+`="`); !found {
			return values
		}
		value, _, _ := strings.Cut(rest, `"`)
		values = append(values, value)
	}
}
