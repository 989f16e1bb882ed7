package public_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/public"
	"github.com/memberzone/memberzone/policies"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// ring is the service as the pages see it; its own tests use the database.
type ring struct {
	asked   []string
	held    []keyring.Passkey
	from    keyring.From
	trouble error
}

func (r *ring) Ask(_ context.Context, mail string) error {
	if !strings.Contains(mail, "@") {
		return keyring.ErrMail
	}
	r.asked = append(r.asked, mail)
	return r.trouble
}

func (r *ring) Open(_ context.Context, token string) (keyring.Ring, error) {
	if token != "GOOD" {
		return keyring.Ring{}, keyring.ErrLink
	}
	return keyring.Ring{Passkeys: r.held, ExpiresAt: noon.Add(keyring.Lifetime)}, r.trouble
}

func (r *ring) Remove(_ context.Context, token string, id cardholder.CredentialID, from keyring.From) error {
	r.from = from
	for i, p := range r.held {
		if p.ID == id && token == "GOOD" {
			r.held = append(r.held[:i:i], r.held[i+1:]...)
			return nil
		}
	}
	return cardholder.ErrNotFound
}

// strangers are who comes to public pages.
type strangers struct{ web.Accounts }

func (strangers) Actor(context.Context, account.SessionID) (account.Actor, error) {
	return account.Actor{}, account.ErrNotFound
}

func openPages(t *testing.T, r *ring) *web.Server {
	t.Helper()
	permits, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	})
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(noon)
	s, err := web.New(web.Options{
		Log: slog.New(slog.DiscardHandler), Clock: now, Sessions: memstore.New(), Accounts: strangers{}, Permits: permits,
	})
	if err != nil {
		t.Fatal(err)
	}
	public.Mount(public.Options{Server: s, Keyring: r, Clock: now})
	return s
}

func do(t *testing.T, s *web.Server, method, path string, form url.Values) (*http.Response, string) {
	t.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, q)
	return w.Result(), w.Body.String()
}

func mail(address string) url.Values { return url.Values{"email": {address}} }

func TestAskingForALinkTellsNothing(t *testing.T) {
	t.Parallel()
	r := &ring{}
	s := openPages(t, r)
	if got, body := do(t, s, http.MethodGet, "/passkeys", nil); got.StatusCode != 200 || !strings.Contains(body, "持卡人信箱") {
		t.Errorf("%d\n%s", got.StatusCode, body)
	}
	got, body := do(t, s, http.MethodPost, "/passkeys", mail("ming@example.test"))
	if got.StatusCode != 200 || !strings.Contains(body, "若此信箱曾在付款時建立 Passkey") || strings.Contains(body, "ming@") {
		t.Errorf("%d\n%s", got.StatusCode, body)
	}
	got, body = do(t, s, http.MethodPost, "/passkeys", mail("ming"))
	if got.StatusCode != 422 || !strings.Contains(body, `value="ming"`) || !strings.Contains(body, "請輸入正確的電子信箱") {
		t.Errorf("%d\n%s", got.StatusCode, body)
	}
	for range 10 {
		got, body = do(t, s, http.MethodPost, "/passkeys", mail("ming@example.test"))
	}
	if got.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, "申請次數過多") || len(r.asked) > 5 {
		t.Errorf("after many: %d, %d asked\n%s", got.StatusCode, len(r.asked), body)
	}
}

func TestAMailedLinkListsAndRemovesPasskeys(t *testing.T) {
	t.Parallel()
	r := &ring{held: []keyring.Passkey{
		{
			ID: 12, Brand: "visa", Last4: "1111", Browser: "chrome", CreatedAt: noon,
			LastUsedAt: noon.Add(time.Hour), Synced: true,
		},
		{ID: 7, Brand: "mastercard", Last4: "4444", CreatedAt: noon, Distrust: cardholder.Cloned},
	}}
	s := openPages(t, r)
	got, body := do(t, s, http.MethodGet, "/passkeys/GOOD", nil)
	for _, text := range []string{
		"Visa •••• 1111", "Chrome", "2026-11-24 13:00", "可同步至其他裝置", "Mastercard •••• 4444", "狀態異常", "2026-11-24 12:30",
	} {
		if got.StatusCode != 200 || !strings.Contains(body, text) {
			t.Errorf("%d: the page lacks %q\n%s", got.StatusCode, text, body)
		}
	}
	if got.Header.Get("Referrer-Policy") != "strict-origin" {
		t.Errorf("headers %v", got.Header)
	}
	remove := func(id string) (*http.Response, string) {
		return do(t, s, http.MethodPost, "/passkeys/GOOD/remove", url.Values{"passkey": {id}})
	}
	for _, id := range []string{"", "x", "13", "-1", "99999999999999999999"} {
		if got, body := remove(id); got.StatusCode != 404 || !strings.Contains(body, "可能已經移除") || len(r.held) != 2 {
			t.Errorf("%q: %d\n%s", id, got.StatusCode, body)
		}
	}
	got, _ = remove("12")
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/passkeys/GOOD?done=removed" {
		t.Fatalf("%d to %s", got.StatusCode, got.Header.Get("Location"))
	}
	if r.from.Address == "" || r.from.RequestID == "" {
		t.Errorf("removed from %+v", r.from)
	}
	_, body = do(t, s, http.MethodGet, "/passkeys/GOOD?done=removed", nil)
	if !strings.Contains(body, "已移除 Passkey") || strings.Contains(body, "1111") {
		t.Errorf("afterwards\n%s", body)
	}
	remove("7")
	if _, body = do(t, s, http.MethodGet, "/passkeys/GOOD", nil); !strings.Contains(body, "沒有使用中的 Passkey") {
		t.Errorf("without any\n%s", body)
	}
}

func TestALinkThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	r := &ring{}
	s := openPages(t, r)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		path := "/passkeys/GONE"
		if method == http.MethodPost {
			path += "/remove"
		}
		got, body := do(t, s, method, path, nil)
		if got.StatusCode != 404 || !strings.Contains(body, "重新申請連結") ||
			got.Header.Get("Referrer-Policy") != "strict-origin" {
			t.Errorf("%s: %d\n%s", method, got.StatusCode, body)
		}
	}
	for range 40 {
		do(t, s, http.MethodGet, "/passkeys/GUESS", nil)
	}
	if got, _ := do(t, s, http.MethodGet, "/passkeys/GOOD", nil); got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("after many guesses: %d", got.StatusCode)
	}
	r.trouble = errors.New("the database is gone")
	if got, body := do(t, openPages(t, r), http.MethodGet, "/passkeys/GOOD", nil); got.StatusCode != 500 ||
		strings.Contains(body, "database") {
		t.Errorf("trouble: %d\n%s", got.StatusCode, body)
	}
}
