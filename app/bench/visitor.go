package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/seeds"
)

// visitor is the owner of a member, signed in.
type visitor struct {
	scope  report.Scope
	cookie string
}

const (
	ownerLogin = "owner01"
	crowdSize  = 32
	listPath   = "/member/sales/credit-cards"
)

// signIn signs in the owners of the giant member and of others, from large to small.
func (l *lab) signIn(ctx context.Context) error {
	password, err := l.keep(passwordFile, func() (secret.String, error) { return secret.New(rand.Text()), nil })
	if err != nil {
		return err
	}
	hash, err := account.HashPassword(password)
	if err != nil {
		return err
	}
	for i := range crowdSize {
		v, err := l.visit(ctx, seeds.GeneratedCode(i*labMembers/crowdSize), password, hash)
		if err != nil {
			return err
		}
		l.crowd = append(l.crowd, v)
	}
	l.giant = l.crowd[0]
	return l.db.SQL().QueryRowContext(ctx, "SELECT max(created_at) FROM transactions WHERE member_id = $1",
		int64(l.giant.scope.Member())).Scan(&l.newest)
}

// visit gives a member its owner, unless it has one, and signs the owner in.
func (l *lab) visit(ctx context.Context, code string, password, hash secret.String) (visitor, error) {
	_, err := l.db.Accounts().Credential(ctx, code, ownerLogin)
	if errors.Is(err, account.ErrNotFound) {
		m, found, err := l.db.Stores().MemberByCode(ctx, code)
		if err != nil || !found {
			return visitor{}, fmt.Errorf("member %s: found %v, %w", code, found, err)
		}
		_, err = l.db.Accounts().Add(ctx, account.NewAccount{
			MemberID: m.ID, Kind: account.Owner, Login: ownerLogin, Email: strings.ToLower(code) + "@example.test",
			PasswordHash: hash, At: time.Now(),
		})
		if err != nil {
			return visitor{}, err
		}
	} else if err != nil {
		return visitor{}, err
	}
	cookie, err := l.post(ctx, url.Values{
		"member": {code}, "account": {ownerLogin}, "password": {password.Expose()},
	})
	if err != nil {
		return visitor{}, fmt.Errorf("sign in for member %s: %w", code, err)
	}
	var session int64
	err = l.db.SQL().QueryRowContext(ctx, "SELECT max(id) FROM account_sessions").Scan(&session)
	if err != nil {
		return visitor{}, err
	}
	actor, err := l.db.Accounts().Actor(ctx, account.SessionID(session), time.Now())
	if err != nil {
		return visitor{}, err
	}
	return visitor{scope: report.ScopeOf(actor), cookie: cookie}, nil
}

// post signs in and returns the cookie.
func (l *lab) post(ctx context.Context, form url.Values) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.address+"/login",
		strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// People sign in from places of their own: one address may not sign in so often.
	request.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", len(l.crowd)+1))
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	if cookies := answer.Cookies(); answer.StatusCode == http.StatusSeeOther && len(cookies) > 0 {
		return cookies[len(cookies)-1].Name + "=" + cookies[len(cookies)-1].Value, nil
	}
	return "", fmt.Errorf("%w: %s", errAnswer, answer.Status)
}

// target is one page that is asked for, and what the database is asked for beside it.
type target struct {
	by       visitor
	values   url.Values
	fragment string   // of the page, as htmx asks for it; empty for the whole page
	limit    string   // the same work as one statement
	shown    []string // the trade numbers of its rows, or the sums of the fragment
}

// page is the list with a filter. What it must show is read past the page.
func (l *lab) page(ctx context.Context, by visitor, values url.Values) (target, error) {
	f, faults := report.ParseTransactionFilter(values, time.Now())
	if len(faults) > 0 {
		return target{}, fmt.Errorf("filter %s: %w", values.Encode(), faults[0])
	}
	t := target{by: by, values: values, limit: l.db.Reports().ListSQL(by.scope, f)}
	page, err := l.db.Reports().List(ctx, by.scope, f)
	if err != nil {
		return target{}, err
	}
	for _, row := range page.Rows {
		t.shown = append(t.shown, string(row.TradeNo))
	}
	return t, nil
}

func (t target) path() string { return listPath + "?" + t.values.Encode() }

// request is the whole request, as a browser sends it.
func (t target) request(address string) []byte {
	text := "GET " + t.path() + " HTTP/1.1\r\nHost: " + address + "\r\nCookie: " + t.by.cookie +
		"\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n"
	if t.fragment != "" {
		text += "HX-Request: true\r\nHX-Target: " + t.fragment + "\r\n"
	}
	return []byte(text + "\r\n")
}

var (
	rowMark = regexp.MustCompile(`<tr data-trade-no="(\d+)"`)
	sumMark = regexp.MustCompile(`<dd>([^<]+)</dd>`)
)

// verify asks for the page once and holds what it shows against the database.
func (l *lab) verify(ctx context.Context, t target) error {
	body, err := t.fetch(ctx, l.address)
	if err != nil {
		return err
	}
	mark := rowMark
	if t.fragment != "" {
		mark = sumMark
	}
	var shown []string
	for _, found := range mark.FindAllSubmatch(body, -1) {
		shown = append(shown, string(found[1]))
	}
	if !slices.Equal(shown, t.shown) {
		return fmt.Errorf("%w: %s shows %d rows or sums, and the database has %d, or others",
			errAnswer, t.path(), len(shown), len(t.shown))
	}
	return nil
}

// fetch gets the page once, for a look at it.
func (t target) fetch(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+t.path(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Cookie", t.by.cookie)
	if t.fragment != "" {
		request.Header.Set("HX-Request", "true")
		request.Header.Set("HX-Target", t.fragment)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.path(), err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %s of %s", errAnswer, answer.Status, t.path())
	}
	return body, nil
}
