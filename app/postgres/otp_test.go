package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
)

// queued notes the jobs of messages in their transaction, and takes no others.
type queued struct{ postgres.Queue }

func (queued) Text(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO queued_texts VALUES ($1)", id)
	return err
}

func (queued) Recover(context.Context, *sql.Tx, account.RecoveryRequest) error {
	return errors.New("not here")
}

// gateway is an SMS gateway that keeps what it gets.
type gateway struct {
	mu   sync.Mutex
	sent []otp.Message
	err  error
}

func (g *gateway) Send(_ context.Context, m otp.Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sent = append(g.sent, m)
	return g.err
}

// codes is the service of one-time codes on a database.
type codes struct {
	*otp.Service
	t     *testing.T
	db    *postgres.DB
	clock *clock.Fake
	sms   *gateway
}

func openCodes(t *testing.T, limits otp.Limits) *codes {
	t.Helper()
	db, cipher := openFresh(t)
	db.UseQueue(queued{})
	run(t, db, "CREATE TABLE queued_texts (id bigint)")
	c := &codes{t: t, db: db, clock: clock.NewFake(noon), sms: &gateway{}}
	c.Service = otp.New(otp.Options{
		Store: db.Codes(), Lockouts: db.Lockouts(), Keyed: cipher, Sender: c.sms, Clock: c.clock,
		Host: "pay.example.com", Limits: limits,
	})
	return c
}

func codeRequest(subject string) otp.Request {
	return otp.Request{
		Subject: subject, Phone: "+886912345678", Card: []byte("blind"), Store: 1, Merchant: "店", Amount: 1250,
		Last4: "1111", Language: "zh-tw",
	}
}

var codeAtEnd = regexp.MustCompile(`#([0-9]{6})$`)

// handOver delivers a message and returns the code in it.
func (c *codes) handOver(id int64) string {
	c.t.Helper()
	noError(c.t, c.Deliver(c.t.Context(), id))
	c.sms.mu.Lock()
	defer c.sms.mu.Unlock()
	return codeAtEnd.FindStringSubmatch(c.sms.sent[len(c.sms.sent)-1].Words.Expose())[1]
}

// wrong is a code that is not this one.
func wrong(code string) secret.String {
	return secret.New(string('0'+(code[0]-'0'+1)%10) + code[1:])
}

func (c *codes) text(query string) string {
	c.t.Helper()
	var text string
	noError(c.t, c.db.SQL().QueryRowContext(c.t.Context(), query).Scan(&text))
	return text
}

func TestACodeAndItsMessageOnTheDatabase(t *testing.T) {
	t.Parallel()
	c, ctx := openCodes(t, otp.Limits{}), t.Context()
	sent, err := c.Send(ctx, codeRequest("v1"))
	noError(t, err)
	if current, err := c.Current(ctx, "v1"); err != nil || current != sent {
		t.Errorf("current %+v, %v; sent %+v", current, err, sent)
	}
	if _, err := c.Current(ctx, "v2"); !errors.Is(err, otp.ErrNone) {
		t.Errorf("another subject: %v", err)
	}
	if got := c.text("SELECT string_agg(id::text, ',') FROM queued_texts"); got != "1" {
		t.Errorf("the jobs are %s", got)
	}
	dump := c.text(`SELECT (SELECT string_agg(o::text, ' ') FROM one_time_codes o) || ' ' ||
		(SELECT string_agg(m::text, ' ') FROM text_messages m) || ' ' || (SELECT string_agg(l::text, ' ') FROM lockouts l)`)
	code := c.handOver(1)
	for _, text := range []string{code, "912345678", "驗證碼"} {
		if strings.Contains(dump, text) || strings.Contains(dump, fmt.Sprintf("%x", text)) {
			t.Errorf("the rows hold %s: %s", text, dump)
		}
	}
	if got := c.text(textStory); got != "accepted:1::true" {
		t.Errorf("after it was handed over: %s", got)
	}
	if m := c.sms.sent[0]; m.To.Expose() != "+886912345678" || !m.ExpiresAt.Equal(noon.Add(otp.ValidFor)) {
		t.Errorf("%v", m)
	}
	if out, err := c.Check(ctx, "v1", wrong(code)); err != nil || out.Result != otp.Wrong {
		t.Errorf("%+v, %v", out, err)
	}
	if out, err := c.Check(ctx, "v1", secret.New(code)); err != nil || out.Result != otp.Right {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := c.Check(ctx, "v1", secret.New(code)); !errors.Is(err, otp.ErrNone) {
		t.Errorf("used twice: %v", err)
	}
	row := "SELECT (code_hash IS NULL) || ':' || tries || ':' || (passed_at = '2026-11-24T04:00Z') FROM one_time_codes"
	if got := c.text(row); got != "true:1:true" {
		t.Errorf("the code's row: %s", got)
	}
}

func TestNoMoreThanThreeOfTwentyTriesAtOnceCount(t *testing.T) {
	t.Parallel()
	c, ctx := openCodes(t, otp.Limits{}), t.Context()
	_, err := c.Send(ctx, codeRequest("v1"))
	noError(t, err)
	code := c.handOver(1)
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		counts = map[otp.Result]int{}
	)
	for range 20 {
		group.Go(func() {
			out, err := c.Check(ctx, "v1", wrong(code))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			counts[out.Result]++
		})
	}
	group.Wait()
	if counts[otp.Wrong] != 2 || counts[otp.Spent] != 18 || c.text("SELECT tries::text FROM one_time_codes") != "3" {
		t.Errorf("%v; %s tries", counts, c.text("SELECT tries::text FROM one_time_codes"))
	}
	if out, err := c.Check(ctx, "v1", secret.New(code)); err != nil || out.Result != otp.Spent {
		t.Errorf("the right code, too late: %+v, %v", out, err)
	}
}

func TestOfManyRightTriesAtOnceOnePasses(t *testing.T) {
	t.Parallel()
	c, ctx := openCodes(t, otp.Limits{}), t.Context()
	_, err := c.Send(ctx, codeRequest("v1"))
	noError(t, err)
	code := secret.New(c.handOver(1))
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		right int
	)
	for range 10 {
		group.Go(func() {
			out, err := c.Check(ctx, "v1", code)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && !errors.Is(err, otp.ErrNone) {
				t.Error(err)
			}
			if out.Result == otp.Right {
				right++
			}
		})
	}
	group.Wait()
	if right != 1 {
		t.Errorf("%d passed", right)
	}
}

func TestCodesAskedForAtOnceAreOne(t *testing.T) {
	t.Parallel()
	c, ctx := openCodes(t, otp.Limits{}), t.Context()
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		sent  int
	)
	for range 10 {
		group.Go(func() {
			_, err := c.Send(ctx, codeRequest("v1"))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				sent++
			} else if !errors.Is(err, otp.ErrTooSoon) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if messages := c.text("SELECT count(*)::text FROM text_messages"); sent != 1 || messages != "1" {
		t.Errorf("%d were sent, %s messages", sent, messages)
	}
	// What was refused counts towards no limit.
	got := c.text("SELECT string_agg(scope || failures, ',' ORDER BY scope) FROM lockouts")
	if got != "otp_card1,otp_phone1,otp_store1" {
		t.Errorf("the limits stand at %s", got)
	}
}

func TestALimitHoldsOnTheDatabase(t *testing.T) {
	t.Parallel()
	limits := otp.DefaultLimits
	limits.Phone = lockout.Policy{Scope: "otp_phone", Limit: 2, Window: time.Hour, Lock: time.Hour}
	c, ctx := openCodes(t, limits), t.Context()
	for n, want := range []error{nil, nil, otp.ErrTooMany, otp.ErrTooMany} {
		if _, err := c.Send(ctx, codeRequest(fmt.Sprint("v", n))); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", n, err, want)
		}
	}
	if got := c.text("SELECT count(*)::text FROM one_time_codes"); got != "2" {
		t.Errorf("%s rows", got)
	}
	c.clock.Advance(time.Hour)
	if _, err := c.Send(ctx, codeRequest("v3")); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestCodesArePartOfTheCallersTransaction(t *testing.T) {
	t.Parallel()
	c, ctx := openCodes(t, otp.Limits{}), t.Context()
	undone := errors.New("undone")
	err := c.db.Codes().InTx(ctx, func(ctx context.Context, _ otp.Tx) error {
		if _, err := c.Send(ctx, codeRequest("v1")); err != nil {
			return err
		}
		if sent, err := c.Current(ctx, "v1"); err != nil || sent.SendsLeft != 2 {
			t.Errorf("inside: %+v, %v", sent, err)
		}
		return undone
	})
	rows := `SELECT ((SELECT count(*) FROM one_time_codes) + (SELECT count(*) FROM text_messages) +
		(SELECT count(*) FROM lockouts))::text`
	if !errors.Is(err, undone) || c.text(rows) != "0" {
		t.Errorf("%v, %s rows are left", err, c.text(rows))
	}
	_, err = c.Send(ctx, codeRequest("v1"))
	noError(t, err)
	code := c.handOver(2)
	err = c.db.Codes().InTx(ctx, func(ctx context.Context, _ otp.Tx) error {
		if out, err := c.Check(ctx, "v1", secret.New(code)); err != nil || out.Result != otp.Right {
			t.Errorf("inside: %+v, %v", out, err)
		}
		return undone
	})
	out, again := c.Check(ctx, "v1", secret.New(code))
	if !errors.Is(err, undone) || again != nil || out.Result != otp.Right {
		t.Errorf("after it was undone: %+v, %v", out, again)
	}
}

// textStory is the newest message's.
const textStory = `SELECT state || ':' || tries || ':' || problem || ':' || (message_sealed IS NULL)
	FROM text_messages ORDER BY id DESC LIMIT 1`

func TestReceiptsAndTries(t *testing.T) {
	t.Parallel()
	c, ctx := openCodes(t, otp.Limits{}), t.Context()
	away := errors.New("away")
	expect := func(want string) {
		t.Helper()
		if got := c.text(textStory); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	_, err := c.Send(ctx, codeRequest("v1"))
	noError(t, err)
	c.sms.err = away
	if err := c.Deliver(ctx, 1); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
	expect("pending:1:no_answer:false")
	c.sms.err = nil
	noError(t, c.Deliver(ctx, 1))
	expect("accepted:2::true")
	reference := c.text("SELECT reference FROM text_messages")
	noError(t, c.Receive(ctx, otp.Receipt{Reference: reference, Delivered: true}))
	expect("delivered:2::true")
	for range 2 { // the first receipt counts
		noError(t, c.Receive(ctx, otp.Receipt{Reference: reference, Reason: "unreachable"}))
	}
	expect("delivered:2::true")
	if err := c.Receive(ctx, otp.Receipt{Reference: strings.Repeat("A", 26)}); !errors.Is(err, otp.ErrUnknownText) {
		t.Errorf("an unknown message: %v", err)
	}

	// A receipt that is here before the answer.
	c.clock.Advance(time.Minute)
	_, err = c.Send(ctx, codeRequest("v1"))
	noError(t, err)
	reference = c.text("SELECT reference FROM text_messages ORDER BY id DESC LIMIT 1")
	noError(t, c.Receive(ctx, otp.Receipt{Reference: reference, Reason: "unreachable"}))
	expect("failed:0:unreachable:true")
	noError(t, c.db.Codes().EndTry(ctx, 2, otp.Try{At: noon, State: otp.Accepted}))
	expect("failed:0:unreachable:true")

	c.clock.Advance(time.Minute)
	_, err = c.Send(ctx, codeRequest("v1"))
	noError(t, err)
	c.clock.Advance(otp.ValidFor)
	noError(t, c.Deliver(ctx, 3))
	expect("undeliverable:1:expired:true")
	if n := len(c.sms.sent); n != 2 {
		t.Errorf("%d were sent", n)
	}
}

func TestOldCodesAndMessagesAreForgotten(t *testing.T) {
	t.Parallel()
	c, ctx := openCodes(t, otp.Limits{}), t.Context()
	_, err := c.Send(ctx, codeRequest("old"))
	noError(t, err)
	c.clock.Advance(time.Hour)
	_, err = c.Send(ctx, codeRequest("new"))
	noError(t, err)
	n, err := c.db.Codes().Prune(ctx, c.clock.Now())
	noError(t, err)
	if got := c.text("SELECT string_agg(subject, ',') FROM one_time_codes"); n != 1 || got != "new" {
		t.Errorf("%d were deleted, %s is left", n, got)
	}
	told := `SELECT string_agg(subject || ':' || state || ':' || (message_sealed IS NULL), ',' ORDER BY id)
		FROM text_messages`
	if got := c.text(told); got != "old:undeliverable:true,new:pending:false" {
		t.Errorf("the messages: %s", got)
	}
	n, err = c.db.Texts().Prune(ctx, c.clock.Now())
	noError(t, err)
	if got := c.text(told); n != 1 || got != "new:pending:false" {
		t.Errorf("%d were deleted, %s is left", n, got)
	}
}
