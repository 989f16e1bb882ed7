package gateway_test

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/wire"
)

// client is a browser without scripts, and a merchant's program.
type client struct {
	t   *testing.T
	app *apptest.App
}

func newClient(t *testing.T) *client {
	t.Helper()
	return &client{t: t, app: apptest.New(t)}
}

var noRedirects = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// reply is an answer with its body.
type reply struct {
	*http.Response
	body string
}

func (c *client) do(method, path, kind string, body io.Reader) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.app.URL+path, body)
	c.must(err)
	req.Header.Set("Content-Type", kind)
	resp, err := noRedirects.Do(req)
	c.must(err)
	text, err := io.ReadAll(resp.Body)
	c.must(err)
	c.must(resp.Body.Close())
	return reply{resp, string(text)}
}

func (c *client) get(path string) reply {
	c.t.Helper()
	return c.do(http.MethodGet, path, "", nil)
}

func (c *client) post(path string, pairs []wire.Pair) reply {
	c.t.Helper()
	body := strings.NewReader(wire.EncodeForm(pairs))
	return c.do(http.MethodPost, path, "application/x-www-form-urlencoded", body)
}

func (c *client) postMultipart(path string, pairs []wire.Pair) reply {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range pairs {
		c.must(form.WriteField(p.Name, p.Value))
	}
	c.must(form.Close())
	return c.do(http.MethodPost, path, form.FormDataContentType(), io.MultiReader(&body)) // chunked: no length
}

func (c *client) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// keysOf are the keys of a demonstration store.
func keysOf(merchantID string) wire.Keys {
	return wire.NewKeys(wire.KeyPair{
		HashKey: "DemoKey" + strings.Repeat("0", 32-7-len(merchantID)) + merchantID,
		HashIV:  "DemoIV0" + strings.TrimPrefix(merchantID, "MS"),
	})
}

const store = "MS100000001"

// order is the inner form of an order of NT$1,250; changes replace or add
// fields, "-" takes one away.
func (c *client) order(orderNo string, changes ...string) []wire.Pair {
	pairs := []wire.Pair{
		{Name: "MerchantID", Value: store},
		{Name: "RespondType", Value: "JSON"},
		{Name: "TimeStamp", Value: strconv.FormatInt(c.app.Clock.Now().Unix(), 10)},
		{Name: "Version", Value: "2.2"},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "Amt", Value: "1250"},
		{Name: "ItemDesc", Value: "青瓷茶杯"},
		{Name: "ReturnURL", Value: "http://shop.test/return"},
		{Name: "NotifyURL", Value: "http://127.0.0.1:1/notify"},
		{Name: "Email", Value: "payer@example.test"},
		{Name: "CREDIT", Value: "1"},
		{Name: "InstFlag", Value: "3,6"},
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		pairs = set(pairs, name, value)
	}
	return pairs
}

func set(pairs []wire.Pair, name, value string) []wire.Pair {
	for i, p := range pairs {
		if p.Name != name {
			continue
		}
		if value == "-" {
			return append(pairs[:i:i], pairs[i+1:]...)
		}
		pairs[i].Value = value
		return pairs
	}
	return append(pairs, wire.Pair{Name: name, Value: value})
}

// seal makes the outer form of an order.
func (c *client) seal(inner []wire.Pair) []wire.Pair {
	c.t.Helper()
	form, err := wire.BuildPaymentForm(keysOf(store), inner)
	c.must(err)
	return form
}

// open sends an order and returns the path of its checkout.
func (c *client) open(orderNo string, changes ...string) string {
	c.t.Helper()
	r := c.post("/MPG/mpg_gateway", c.seal(c.order(orderNo, changes...)))
	path := r.Header.Get("Location")
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(path, "/checkout/") {
		c.t.Fatalf("the order was refused: %d %s\n%s", r.StatusCode, path, r.body)
	}
	return path
}

// card is a filled-in card form; changes as in order.
func card(changes ...string) []wire.Pair {
	pairs := []wire.Pair{
		{Name: "pay_kind", Value: "full"},
		{Name: "card_no", Value: "4111 1111 1111 1111"},
		{Name: "exp_month", Value: "12"},
		{Name: "exp_year", Value: "30"},
		{Name: "cvc", Value: "123"},
		{Name: "last_name", Value: "王"},
		{Name: "first_name", Value: "小明"},
		{Name: "phone", Value: "+886 912345678"},
		{Name: "email", Value: "payer@example.test"},
		{Name: "agree_order", Value: "1"},
		{Name: "agree_terms", Value: "1"},
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		pairs = set(pairs, name, value)
	}
	return pairs
}

// pay sends the card form, passes the one-time password where one is asked for, and
// returns the checkout as it is shown afterwards.
func (c *client) pay(path string, form []wire.Pair) reply {
	c.t.Helper()
	r := c.post(path, form)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != path {
		c.t.Fatalf("the card form was refused: %d\n%s", r.StatusCode, r.body)
	}
	c.app.PassOTP(c.t, ident.Token(strings.TrimPrefix(path, "/checkout/")))
	return c.get(path)
}

var (
	hidden    = regexp.MustCompile(`<input type="hidden" name="([A-Za-z]+)" value="([^"]*)"`)
	formPlace = regexp.MustCompile(`<form id="return-form" method="post" action="([^"]*)"`)
	errorCode = regexp.MustCompile(`data-error-code="([A-Z0-9]+)"`)
)

// notice reads the form that a page posts to the ReturnURL.
func (c *client) notice(page reply) (where string, notice *wire.Notice, names []string) {
	c.t.Helper()
	place := formPlace.FindStringSubmatch(page.body)
	if place == nil {
		c.t.Fatalf("the page returns nothing to the merchant:\n%s", page.body)
	}
	form := wire.Form{}
	for _, m := range hidden.FindAllStringSubmatch(page.body, -1) {
		names = append(names, m[1])
		form[m[1]] = html.UnescapeString(m[2])
	}
	notice, err := wire.OpenNotify(keysOf(form.Get("MerchantID")), form)
	c.must(err)
	return html.UnescapeString(place[1]), notice, names
}

// query asks QueryTradeInfo; changes as in order.
func (c *client) query(orderNo string, changes ...string) reply {
	c.t.Helper()
	pairs := []wire.Pair{
		{Name: "MerchantID", Value: store},
		{Name: "Version", Value: "1.3"},
		{Name: "RespondType", Value: "JSON"},
		{Name: "TimeStamp", Value: strconv.FormatInt(c.app.Clock.Now().Unix(), 10)},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "Amt", Value: "1250"},
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		pairs = set(pairs, name, value)
	}
	form, err := wire.BuildQueryForm(keysOf(store), pairs)
	c.must(err)
	return c.post("/API/QueryTradeInfo?callback=", form)
}
