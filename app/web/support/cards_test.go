package support_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// ring is the keyring as the console sees it; its own tests use the database.
type ring struct {
	mu      sync.Mutex
	held    map[string][]keyring.Passkey // by mail address
	lookUps []string
	removed []string
}

func newRing() *ring {
	return &ring{held: map[string][]keyring.Passkey{"ming@example.test": {
		{ID: 31, Brand: "visa", Last4: "1111", Browser: "chrome", CreatedAt: noon, Synced: true},
		{ID: 32, Brand: "mastercard", Last4: "4444", CreatedAt: noon, Distrust: cardholder.Cloned},
	}}}
}

func (r *ring) FindForSupport(_ context.Context, by audit.By, typed string) ([]keyring.Passkey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !strings.Contains(typed, "@") {
		return nil, keyring.ErrMail
	}
	r.lookUps = append(r.lookUps, by.Login+" "+typed)
	return r.held[typed], nil
}

func (r *ring) RemoveForSupport(_ context.Context, by audit.By, id cardholder.CredentialID, reason string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for mail, list := range r.held {
		at := slices.IndexFunc(list, func(k keyring.Passkey) bool { return k.ID == id })
		if at < 0 {
			continue
		}
		if reason == "" {
			return cardholder.ErrReason
		}
		r.held[mail] = slices.Delete(list, at, at+1)
		r.removed = append(r.removed, by.Login+" "+reason)
		return nil
	}
	return cardholder.ErrNotFound
}

func TestACardholdersPasskeyIsLookedUpAndRemoved(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v := s.signedIn("agent01")
	v.get("/support/cards").is(http.StatusOK, "持卡人信箱", "每次查詢與移除都記入稽核紀錄")
	v.post("/support/cards", url.Values{"email": {"ming"}}).is(http.StatusUnprocessableEntity, `data-error-for="email"`)
	v.post("/support/cards", url.Values{"email": {"nobody@example.test"}}).is(http.StatusOK, "這個信箱沒有 Passkey")
	found := url.Values{"email": {"ming@example.test"}}
	v.post("/support/cards", found).
		is(http.StatusOK, "Visa •••• 1111", "Mastercard •••• 4444", "停止信任", "2026-11-24 12:00", "由裝置同步")
	found.Set("reason_32", "")
	v.post("/support/cards/32/remove", found).
		is(http.StatusUnprocessableEntity, `data-error-for="reason_32"`, "Visa •••• 1111")
	found.Set("reason_32", "來電掛失")
	v.post("/support/cards/32/remove", found).is(http.StatusOK, "已移除", "Visa •••• 1111").lacks("•••• 4444")
	v.post("/support/cards/32/remove", found).is(http.StatusNotFound)
	v.post("/support/cards/x/remove", found).is(http.StatusNotFound)
	if got := strings.Join(s.ring.removed, ","); got != "agent01 來電掛失" {
		t.Errorf("removed: %s", got)
	}
	if len(s.ring.lookUps) != 4 {
		t.Errorf("looked up: %v", s.ring.lookUps)
	}
}

func TestARemovalAsksWhoIsThereFirst(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v := s.signedIn("agent01")
	s.clock.Advance(6 * time.Minute)
	form := url.Values{"email": {"ming@example.test"}, "reason_31": {"來電掛失"}}
	v.post("/support/cards/31/remove", form).is(http.StatusForbidden, "請再次確認身分", "來電掛失")
	if len(s.ring.removed) != 0 {
		t.Errorf("removed: %v", s.ring.removed)
	}
	form.Set("step_up_password", password)
	v.post("/support/cards/31/remove", form).is(http.StatusOK, "已移除")
}
