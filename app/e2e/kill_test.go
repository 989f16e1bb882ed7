package e2e_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/simulator/phone"
	"github.com/memberzone/memberzone/app/wire"
)

// The store of an operator's database, with keys of its own: serve refuses
// those of the demonstration.
const (
	ownStore = "MS900000001"
	ownKey   = "k7Qw2ZpXr9Lm4TnV6bYc8HdJ1sFgA3eU"
	ownIV    = "Vn5Rt8Wq2Xz7Kp4L"
)

// operated is the real binary with everything around it.
type operated struct {
	*outside
	t       *testing.T
	address string // of the main origin
	rp      string
	running *exec.Cmd
	stderr  *lines
}

// newOperated migrates an empty database with the binary and adds a store.
func newOperated(t *testing.T) *operated {
	t.Helper()
	o := &operated{outside: newOutside(t), t: t, address: freeAddress(t), rp: freeAddress(t), stderr: &lines{}}
	o.logs = append(o.logs, o.stderr)
	program, err := binary()
	must(t, err)
	migrate := exec.CommandContext(t.Context(), program, "migrate", "up")
	migrate.Env = o.environment()
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("migrate up: %v\n%s", err, out)
	}
	stores, now := o.db.Stores(), time.Now()
	id, err := stores.AddMember(t.Context(), member.Member{
		Kind: member.Enterprise, Code: "24536806", Name: "北岸商行", Status: member.Active,
	}, now)
	must(t, err)
	_, err = stores.AddStore(t.Context(), member.Store{
		MemberID: id, MerchantID: ownStore, Name: "北岸商行", Email: "shop@example.test", HashKey: secret.New(ownKey),
		HashIV: secret.New(ownIV), Kind: member.Platform, Mode: member.Live, Status: member.Active, AmountMax: 100_000,
		CreatedAt: now,
	})
	must(t, err)
	t.Cleanup(func() {
		if o.running != nil {
			o.kill()
		}
		if t.Failed() {
			t.Logf("the program said:\n%s", o.stderr)
		}
	})
	return o
}

// freeAddress is a loopback address whose port nobody uses at present.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// environment configures the binary.
func (o *operated) environment() []string {
	return append(os.Environ(),
		"DATABASE_URL="+o.databaseURL, "MEMBERZONE_KEYSET="+o.keyset.Expose(),
		"MEMBERZONE_ACQUIRER_URL="+o.bankURL, "MEMBERZONE_ACQUIRER_ACCOUNT="+bank.DefaultAccount,
		"MEMBERZONE_ACQUIRER_SECRET="+bankSecret.Expose(),
		"MEMBERZONE_SMTP_HOST=127.0.0.1", "MEMBERZONE_SMTP_PORT="+strconv.Itoa(o.mailPort), "MEMBERZONE_SMTP_TLS=none",
		"MEMBERZONE_SMS_URL="+o.smsURL, "MEMBERZONE_SMS_ACCOUNT="+phone.DefaultAccount,
		"MEMBERZONE_SMS_SECRET="+bankSecret.Expose(),
		"MEMBERZONE_MAIL_FROM=no-reply@memberzone.example",
		"MEMBERZONE_INSECURE=true", "MEMBERZONE_LOCAL_MERCHANTS=true",
		"MEMBERZONE_LISTEN="+o.address, "MEMBERZONE_LISTEN_RP="+o.rp,
	)
}

// start runs serve until it is ready.
func (o *operated) start() {
	o.t.Helper()
	program, err := binary()
	must(o.t, err)
	o.running = exec.Command(program, "serve")
	o.running.Env, o.running.Stderr = o.environment(), o.stderr
	must(o.t, o.running.Start())
	answersOK(o.t, o.url("/readyz"), stepMax)
}

// kill is kill -9: no clean-up runs.
func (o *operated) kill() {
	_ = o.running.Process.Kill()
	_ = o.running.Wait()
	o.running = nil
}

// stop is what an operator does: SIGTERM, and a clean end.
func (o *operated) stop() {
	o.t.Helper()
	must(o.t, o.running.Process.Signal(syscall.SIGTERM))
	if err := o.running.Wait(); err != nil {
		o.t.Errorf("serve after SIGTERM: %v", err)
	}
	o.running = nil
}

func (o *operated) url(path string) string { return "http://" + o.address + path }

// cookieless is a browser that keeps nothing and follows nothing.
var cookieless = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (o *operated) post(path string, pairs []wire.Pair) (status int, location, body string, err error) {
	return postForm(o.url(path), pairs)
}

// postForm sends a form and returns the answer with its body.
func postForm(address string, pairs []wire.Pair) (status int, location, body string, err error) {
	resp, err := cookieless.Post(address, "application/x-www-form-urlencoded",
		strings.NewReader(wire.EncodeForm(pairs)))
	if err != nil {
		return 0, "", "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Get("Location"), string(text), err
}

func ownKeys() wire.Keys { return wire.NewKeys(wire.KeyPair{HashKey: ownKey, HashIV: ownIV}) }

// order sends an order as a merchant does and returns the checkout's path.
func (o *operated) order(orderNo, notifyURL string) string {
	o.t.Helper()
	form, err := wire.BuildPaymentForm(ownKeys(), []wire.Pair{
		{Name: "MerchantID", Value: ownStore},
		{Name: "RespondType", Value: "JSON"},
		{Name: "TimeStamp", Value: strconv.FormatInt(time.Now().Unix(), 10)},
		{Name: "Version", Value: "2.3"},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "Amt", Value: strconv.Itoa(amount)},
		{Name: "ItemDesc", Value: "青瓷茶杯"},
		{Name: "NotifyURL", Value: notifyURL},
		{Name: "CREDIT", Value: "1"},
	})
	must(o.t, err)
	status, location, body, err := o.post("/MPG/mpg_gateway", form)
	must(o.t, err)
	if status != http.StatusSeeOther || !strings.HasPrefix(location, "/checkout/") {
		o.t.Fatalf("the order was answered %d, Location %q\n%s", status, location, body)
	}
	return location
}

var cardForm = []wire.Pair{
	{Name: "pay_kind", Value: "full"},
	{Name: "card_no", Value: visa},
	{Name: "exp_month", Value: "12"},
	{Name: "exp_year", Value: "30"},
	{Name: "cvc", Value: "123"},
	{Name: "last_name", Value: "王"},
	{Name: "first_name", Value: "小明"},
	{Name: "phone", Value: payerPhone},
	{Name: "email", Value: payerMail},
	{Name: "agree_order", Value: "1"},
	{Name: "agree_terms", Value: "1"},
}

// tradeStatus asks QueryTradeInfo as a merchant does.
func (o *operated) tradeStatus(orderNo string) string {
	o.t.Helper()
	form, err := wire.BuildQueryForm(ownKeys(), []wire.Pair{
		{Name: "MerchantID", Value: ownStore},
		{Name: "Version", Value: "1.3"},
		{Name: "RespondType", Value: "String"},
		{Name: "TimeStamp", Value: strconv.FormatInt(time.Now().Unix(), 10)},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "Amt", Value: strconv.Itoa(amount)},
	})
	must(o.t, err)
	_, _, body, err := o.post("/API/QueryTradeInfo", form)
	must(o.t, err)
	answer, err := url.ParseQuery(body)
	must(o.t, err)
	return answer.Get("Status") + " " + answer.Get("TradeStatus")
}

// TestKilledBetweenAskedAndAnswered: kill -9 after the bank has charged and
// before its answer is stored, then a restart.
func TestKilledBetweenAskedAndAnswered(t *testing.T) {
	t.Parallel()
	slow(t)
	o := newOperated(t)
	var told atomic.Int32
	notices := make(chan *wire.Notice, 10)
	shop := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		told.Add(1)
		body, _ := io.ReadAll(r.Body)
		form, _ := wire.ParseForm(string(body))
		if notice, err := wire.OpenNotify(ownKeys(), form); err == nil {
			notices <- notice
		}
	}))
	t.Cleanup(shop.Close)
	const chargedAtOnceAnsweredNever = 10 * 60_000
	must(t, o.bank.SetBehaviour(t.Context(), bank.Behaviour{
		Authorise: bank.Faults{DelayAfterMS: chargedAtOnceAnsweredNever},
	}))
	const orderNo = "KILLED_1"
	o.start()
	checkout := o.order(orderNo, shop.URL+"/notify")
	paid := make(chan error, 1)
	go func() {
		_, _, _, err := o.post(checkout, cardForm)
		paid <- err
	}()
	eventually(t, "the bank charges", stepMax, func() bool {
		report, err := o.bank.Report(t.Context(), bank.Filter{})
		return err == nil && report.Totals.Charges == 1
	})
	o.kill()
	if err := <-paid; err == nil {
		t.Fatal("the payer got an answer: the program was killed too late")
	}
	if got := o.word(t, `SELECT state::text FROM attempts`); got != "asked" {
		t.Fatalf("the attempt is %s when the program dies, want asked", got)
	}
	o.mustStand(t, orderNo, "pending", 0)

	o.start()
	eventually(t, "the outcome is known", time.Minute, func() bool {
		return o.word(t, `SELECT status::text FROM transactions`) == "authorised"
	})
	select {
	case notice := <-notices:
		if notice.Status != "SUCCESS" || notice.Result["MerchantOrderNo"] != orderNo {
			t.Errorf("NotifyURL was told %+v", notice)
		}
	case <-time.After(stepMax):
		t.Fatal("NotifyURL was not told")
	}
	o.mustBeSettledOnce(t, orderNo, checkout, &told)
	o.stop()
	o.stderr.mustBeClean(t)
}

// mustStand fails unless the only transaction has a status and owes so many notifications.
func (o *operated) mustStand(t *testing.T, orderNo, status string, notifications int) {
	t.Helper()
	if got := o.word(t, `SELECT status::text FROM transactions WHERE order_no = $1`, orderNo); got != status {
		t.Errorf("the transaction is %s, want %s", got, status)
	}
	if n := o.number(t, `SELECT count(*) FROM notifications`); n != notifications {
		t.Errorf("%d notifications, want %d", n, notifications)
	}
}

// mustBeSettledOnce looks at the one charge, the one final state and the one
// notification from every side, also a while later and after a second payment
// by the same cardholder.
func (o *operated) mustBeSettledOnce(t *testing.T, orderNo, checkout string, told *atomic.Int32) {
	t.Helper()
	if status, location, _, err := o.post(checkout, cardForm); err != nil || status != http.StatusSeeOther ||
		location != checkout {
		t.Errorf("paying again: %d %s %v", status, location, err)
	}
	const aSweepAndMore = 3 * time.Second
	time.Sleep(aSweepAndMore)
	o.mustStand(t, orderNo, "authorised", 1)
	tradeNo := o.word(t, `SELECT trade_no FROM transactions`)
	o.mustChargeOnce(t, tradeNo, amount)
	if deliveries := o.charges(t, tradeNo).Totals.Deliveries; deliveries != 1 {
		t.Errorf("the bank was asked %d times to charge", deliveries)
	}
	if n := o.number(t, `SELECT count(*) FROM attempts WHERE state = 'authorised'`); n != 1 {
		t.Errorf("%d authorised attempts", n)
	}
	if n := o.number(t, `SELECT count(*) FROM attempts`); n != 1 {
		t.Errorf("%d attempts", n)
	}
	if n := o.number(t, `SELECT count(*) FROM payment_events WHERE kind = 'auth_approved'`); n != 1 {
		t.Errorf("authorised %d times in the history", n)
	}
	if n := o.number(t, `SELECT count(*) FROM notification_attempts WHERE http_status = 200`); n != 1 || told.Load() != 1 {
		t.Errorf("%d deliveries on record, NotifyURL was told %d times", n, told.Load())
	}
	if got := o.tradeStatus(orderNo); got != "SUCCESS 1" {
		t.Errorf("QueryTradeInfo says %q", got)
	}
}

// exitStatus of a command that ended.
func exitStatus(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}

// oneLine fails unless text is exactly one line, and returns it.
func oneLine(t *testing.T, text []byte) string {
	t.Helper()
	line, rest, ended := bytes.Cut(text, []byte("\n"))
	if !ended || len(rest) != 0 || len(line) == 0 {
		t.Errorf("stderr is not one line: %q", text)
	}
	return string(line)
}
