package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/secret"
)

// ownPassword is the password of an operator's accounts: serve refuses the
// demonstration's.
const ownPassword = "Quarry-Lantern-58-Maple"

// visitor is a person with a browser that keeps cookies, at one process.
type visitor struct {
	t      *testing.T
	client *http.Client
	site   string
}

func newVisitor(t *testing.T, site string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &visitor{t: t, site: site, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ask sends a request, a post if there is a form, and returns the status, the
// address of a redirect and the page.
func (v *visitor) ask(path string, form url.Values) (status int, location, page string) {
	v.t.Helper()
	var resp *http.Response
	var err error
	if form == nil {
		resp, err = v.client.Get(v.site + path)
	} else {
		resp, err = v.client.PostForm(v.site+path, form)
	}
	must(v.t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(v.t, err)
	return resp.StatusCode, resp.Header.Get("Location"), string(body)
}

func (v *visitor) signIn(member, login string) {
	v.t.Helper()
	status, _, page := v.ask("/login", url.Values{"member": {member}, "account": {login}, "password": {ownPassword}})
	if status != http.StatusSeeOther {
		v.t.Fatalf("sign-in of %s: %d\n%s", login, status, page)
	}
}

// TestAChangedPermissionActsOnTheNextRequestOfEveryProcess: two processes serve one
// database. What an owner changes at the one acts on the very next request at the
// other, in both directions; so does a suspension.
func TestAChangedPermissionActsOnTheNextRequestOfEveryProcess(t *testing.T) {
	t.Parallel()
	slow(t)
	one := newOperated(t)
	one.start()
	two := &operated{
		outside: one.outside, t: t, address: freeAddress(t), rp: freeAddress(t), stderr: one.stderr,
	}
	t.Cleanup(func() {
		if two.running != nil {
			two.kill()
		}
	})
	two.start()
	const code, assistant = "24536806", "clerk01"
	addPeople(t, one, code, assistant)

	owner, clerk := newVisitor(t, one.url("")), newVisitor(t, two.url(""))
	owner.signIn(code, "owner01")
	clerk.signIn(code, assistant)
	const list = "/member/sales/credit-cards"
	var slowest time.Duration
	for round, level := range []permit.Level{
		permit.Manage, permit.View, permit.Manage, permit.None, permit.Manage, permit.None, permit.Manage,
	} {
		owner.save(assistant, level)
		began := time.Now()
		status, _, page := clerk.ask(list, nil)
		slowest = max(slowest, time.Since(began))
		want := http.StatusForbidden
		if level == permit.Manage {
			want = http.StatusOK
		}
		if status != want {
			t.Fatalf("round %d, %s: the other process answered %d\n%s", round, level, status, page)
		}
	}
	t.Logf("the slowest answer after a change took %s", slowest)
	status, _, page := owner.ask("/member/center/assistants/"+assistant+"/suspend", url.Values{})
	if status != http.StatusSeeOther {
		t.Fatalf("suspend: %d\n%s", status, page)
	}
	status, location, _ := clerk.ask(list, nil)
	if status != http.StatusSeeOther || !strings.HasPrefix(location, "/login") {
		t.Errorf("after the suspension the other process answered %d, Location %q", status, location)
	}
	two.stop()
	one.stop()
	one.stderr.mustBeClean(t)
}

// addPeople stores an owner, and an assistant of the only store without permissions.
func addPeople(t *testing.T, o *operated, code, assistant string) {
	t.Helper()
	m, found, err := o.db.Stores().MemberByCode(t.Context(), code)
	must(t, err)
	if !found {
		t.Fatal("no member", code)
	}
	store, err := o.db.Stores().StoreByMerchantID(t.Context(), ownStore)
	must(t, err)
	hash, err := account.HashPassword(secret.New(ownPassword))
	must(t, err)
	for _, n := range []account.NewAccount{
		{Kind: account.Owner, Login: "owner01"}, {Kind: account.Assistant, Login: assistant},
	} {
		n.MemberID, n.Email, n.PasswordHash, n.At = m.ID, n.Login+"@example.test", hash, time.Now()
		if n.Kind == account.Assistant {
			n.Stores = append(n.Stores, store.ID)
		}
		_, err := o.db.Accounts().Add(t.Context(), n)
		must(t, err)
	}
}

// save sets the assistant's level on the row of the card transactions.
func (v *visitor) save(assistant string, level permit.Level) {
	v.t.Helper()
	address := "/member/center/assistants/" + assistant
	_, _, page := v.ask(address, nil)
	form := url.Values{
		"email": {assistant + "@example.test"}, "stores": {ownStore}, "revision": {hidden(page, "revision")},
		fmt.Sprintf("unit.%s", permit.CardTrades): {level.String()},
	}
	if status, location, page := v.ask(address+"/save", form); status != http.StatusSeeOther {
		v.t.Fatalf("save %s: %d, Location %q\n%s", level, status, location, page)
	}
}

// hidden is the value of a page's first hidden field of this name.
func hidden(page, name string) string {
	_, rest, _ := strings.Cut(page, fmt.Sprintf(`name=%q value="`, name))
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
