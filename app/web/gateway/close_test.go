package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/wire"
)

const (
	capture = "CloseType=1"
	refund  = "CloseType=2"
	undo    = "Cancel=1"
)

// atClose lets the jobs close the day.
func (c *client) atClose() {
	now := c.app.Clock.Now()
	c.app.Clock.Advance(clock.DateOf(now).Start().Add(21*time.Hour + time.Minute).Sub(now))
}

func TestCloseFromCaptureToTheLastRefund(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	tradeNo := c.paid(store, "Tea_1")
	result := func(amt string) string {
		return `"Result":{"MerchantID":"` + store + `","Amt":` + amt + `,"MerchantOrderNo":"Tea_1","TradeNo":"` +
			tradeNo + `"}}`
	}
	ask := func(code string, changes ...string) {
		t.Helper()
		c.close(store, "Tea_1", changes...).gives(t, strings.Join(changes, " "), code)
	}
	ask("TRA10028", capture, "Amt=1251")
	ask("TRA10094", capture, undo)
	ask("TRA10035", refund)
	c.close(store, "Tea_1", capture, "Cancel=undefined", "Amt=1000").is(t, "capture",
		`{"Status":"SUCCESS","Message":"\u8acb\u6b3e\u8cc7\u6599\u65b0\u589e\u6210\u529f",`+result("1000"))
	ask("TRA10027", capture, "Cancel=0", "Amt=250")
	ask("TRA10035", refund, "Amt=100")
	c.cancel(store, "Tea_1").gives(t, "void of what is captured", "TRA10047")
	ask("TRA10094", capture, undo, "Amt=999")
	ask("TRA10094", capture, undo, "Amt=1001")
	ask("SUCCESS", capture, undo, "Amt=1000")
	ask("TRA10094", capture, undo, "Amt=1000")
	ask("SUCCESS", capture, "Version=1.0", "IndexType=2", "TradeNo="+tradeNo, "MerchantOrderNo=-", "Amt=1000")

	c.must(c.app.StartJobs(t.Context()))
	c.atClose()
	c.awaits("Tea_1", `"CloseStatus":"3"`)
	ask("TRA10027", capture, "Amt=1")
	ask("TRA10039", refund, "Amt=1001")
	ask("SUCCESS", refund, "Amt=300")
	ask("TRA10049", refund, "Amt=300")
	ask("TRA10094", refund, undo, "Amt=299")
	c.close(store, "Tea_1", refund, undo, "Amt=300", "RespondType=String").is(t, "undo",
		"Status=SUCCESS&Message=取消退款成功&MerchantID="+store+"&Amt=300&MerchantOrderNo=Tea_1&TradeNo="+tradeNo)
	ask("TRA10094", refund, undo, "Amt=300")
	ask("SUCCESS", refund, "Amt=300")
	c.app.Clock.Advance(12 * time.Hour)
	c.atClose()
	c.awaits("Tea_1", `"BackStatus":"3"`)
	c.app.Clock.Advance(12 * time.Hour)
	ask("TRA10036", refund, "Amt=701")
	c.close(store, "Tea_1", refund, "Amt=700").is(t, "the rest",
		`{"Status":"SUCCESS","Message":"\u9000\u6b3e\u8cc7\u6599\u65b0\u589e\u6210\u529f",`+result("700"))
}

func TestWhatIsSentIsNotTakenBack(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	c.close(store, "Tea_1", capture).gives(t, "capture", "SUCCESS")
	c.atClose()
	c.close(store, "Tea_1", capture, undo).gives(t, "undo after 21:00", "TRA10095")
}

func TestWindowsOfCloseAndCancel(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	c.app.Clock.Advance(22 * 24 * time.Hour)
	c.cancel(store, "Tea_1").gives(t, "void", "TRA10051")
	r := c.close(store, "Tea_1", capture, "RespondType=String")
	if !strings.HasPrefix(r.body, "Status=TRA10029&Message=請款超過授權日 21 天，已不得請(退)款&") {
		t.Errorf("capture: %s", r.body)
	}
}

func TestTestModeSaysThatNoBankTookPart(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	tradeNo := c.paid(testStore, "Tea_1")
	c.close(testStore, "Tea_1", capture, "RespondType=String").is(t, "capture",
		"Status=SUCCESS&Message=請款資料新增成功_模擬信用卡請款成功&MerchantID="+testStore+
			"&Amt=1250&MerchantOrderNo=Tea_1&TradeNo="+tradeNo)
	c.close(testStore, "Tea_1", capture, undo).gives(t, "undo", "SUCCESS")
	c.cancel(testStore, "Tea_1").gives(t, "void", "SUCCESS")
}

func TestTooManyFailuresLockThatFunctionOfThatStore(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	for i := range 100 {
		r := c.close(store, "None", capture)
		if !strings.Contains(r.body, "TRA10021") {
			t.Fatalf("failure %d: %s", i+1, r.body)
		}
	}
	c.close(store, "Tea_1", capture).gives(t, "after a hundred failures", "TRA11002")
	c.close(testStore, "Tea_1", capture).gives(t, "another store", "TRA10021")
	c.app.Clock.Advance(4*time.Hour - time.Second)
	c.close(store, "Tea_1", capture).gives(t, "just before four hours", "TRA11002")
	c.app.Clock.Advance(time.Second)
	c.close(store, "Tea_1", capture).gives(t, "after four hours", "SUCCESS")
	c.cancel(store, "None").gives(t, "cancel, which was never locked", "TRA10021")
}

func TestTooManyCallsLockClose(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	c.close(store, "Tea_1", capture).gives(t, "capture", "SUCCESS")
	counted, err := c.database().ExecContext(t.Context(),
		"UPDATE lockouts SET failures = 999 WHERE scope = 'close_call' AND failures = 1")
	c.must(err)
	if n, err := counted.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%d counts of one call, %v", n, err)
	}
	c.close(store, "Tea_1", capture, undo).gives(t, "call 1000", "SUCCESS")
	c.close(store, "Tea_1", capture).gives(t, "call 1001", "TRA10702")
	c.close(testStore, "None", capture).gives(t, "another store", "TRA10021")
	c.app.Clock.Advance(time.Hour)
	c.close(store, "Tea_1", capture).gives(t, "after an hour", "SUCCESS")
}

func TestOfManyCapturesAtOnceOneSucceeds(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	form, err := wire.BuildCloseForm(keysOf(store), store, c.inner("Tea_1", capture))
	c.must(err)
	var group errgroup.Group
	bodies := make([]string, 8)
	for i := range bodies {
		group.Go(func() error {
			resp, err := http.Post(c.app.URL+"/API/CreditCard/Close", "application/x-www-form-urlencoded",
				strings.NewReader(wire.EncodeForm(form)))
			if err != nil {
				return err
			}
			defer func() { _ = resp.Body.Close() }()
			body, err := io.ReadAll(resp.Body)
			bodies[i] = string(body)
			return err
		})
	}
	c.must(group.Wait())
	answers := map[string]int{}
	for _, body := range bodies {
		status, _, _ := strings.Cut(body, `","Message"`)
		answers[status]++
	}
	if answers[`{"Status":"SUCCESS`] != 1 || answers[`{"Status":"TRA10027`] != 7 {
		t.Errorf("the answers are %v", answers)
	}
}
