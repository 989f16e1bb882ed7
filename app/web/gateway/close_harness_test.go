package gateway_test

import (
	"database/sql"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/memberzone/memberzone/app/wire"
)

// paid authorises an order of NT$1,250 at a store and returns its trade number.
func (c *client) paid(merchantID, orderNo string) string {
	c.t.Helper()
	form, err := wire.BuildPaymentForm(keysOf(merchantID), c.order(orderNo, "MerchantID="+merchantID))
	c.must(err)
	path := c.post("/MPG/mpg_gateway", form).Header.Get("Location")
	number := "4111 1111 1111 1111"
	if merchantID == testStore {
		number = "4000221111111111"
	}
	_, notice, _ := c.notice(c.pay(path, card("card_no="+number)))
	if notice.Status != "SUCCESS" {
		c.t.Fatalf("the payment was refused: %+v", notice)
	}
	return notice.Result["TradeNo"]
}

// testStore is in test mode, of the same member as store.
const testStore = "MS100000005"

// inner is what Cancel and Close of an order say; changes as in order.
func (c *client) inner(orderNo string, changes ...string) []wire.Pair {
	pairs := []wire.Pair{
		{Name: "RespondType", Value: "JSON"},
		{Name: "Version", Value: "1.0"},
		{Name: "Amt", Value: "1250"},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "TimeStamp", Value: strconv.FormatInt(c.app.Clock.Now().Unix(), 10)},
		{Name: "IndexType", Value: "1"},
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		pairs = set(pairs, name, value)
	}
	return pairs
}

// cancel asks Cancel at a store.
func (c *client) cancel(merchantID, orderNo string, changes ...string) reply {
	c.t.Helper()
	form, err := wire.BuildCancelForm(keysOf(merchantID), merchantID, c.inner(orderNo, changes...))
	c.must(err)
	return c.post("/API/CreditCard/Cancel", form)
}

// close asks Close at a store; changes must name the CloseType.
func (c *client) close(merchantID, orderNo string, changes ...string) reply {
	c.t.Helper()
	changes = append([]string{"Version=1.1"}, changes...)
	form, err := wire.BuildCloseForm(keysOf(merchantID), merchantID, c.inner(orderNo, changes...))
	c.must(err)
	return c.post("/API/CreditCard/Close", form)
}

// gives holds an answer's status, and that it came as every answer does.
func (r reply) gives(t *testing.T, what, code string) {
	t.Helper()
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/html; charset=UTF-8" ||
		!strings.HasPrefix(r.body, `{"Status":"`+code+`"`) {
		t.Errorf("%s: %d %s %s, want %s", what, r.StatusCode, r.Header.Get("Content-Type"), r.body, code)
	}
}

// is holds an answer against its text.
func (r reply) is(t *testing.T, what, body string) {
	t.Helper()
	if r.StatusCode != 200 || r.body != body {
		t.Errorf("%s: %d\n got %s\nwant %s", what, r.StatusCode, r.body, body)
	}
}

// awaits asks Query until its answer holds a text.
func (c *client) awaits(orderNo, text string) {
	c.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		r := c.query(orderNo)
		if strings.Contains(r.body, text) {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("query never said %s: %s", text, r.body)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *client) database() *sql.DB {
	c.t.Helper()
	db, err := sql.Open("pgx", c.app.DatabaseURL)
	c.must(err)
	c.t.Cleanup(func() { _ = db.Close() })
	return db
}
