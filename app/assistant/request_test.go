package assistant_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
)

// open is a request in the owner's inbox.
func (w *world) open(i int) assistant.Request {
	w.t.Helper()
	requests, err := w.service.Requests(w.t.Context(), w.owner)
	must(w.t, err)
	if i >= len(requests) {
		w.t.Fatalf("the inbox has %d requests", len(requests))
	}
	return requests[i]
}

func (w *world) ask(login string, u permit.Unit, l permit.Level) error {
	w.t.Helper()
	return w.service.Ask(w.t.Context(), w.actor(login), w.by, u, l)
}

func TestAskReachesTheOwnerOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	actor := w.actor("clerk01")
	before := len(w.mails())
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = w.service.Ask(t.Context(), actor, w.by, permit.PayLinks, permit.Manage)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	n, err := w.service.OpenRequests(t.Context(), w.owner)
	letter := w.lastMail()
	if err != nil || n != 1 || len(w.mails()) != before+1 || letter.To != "owner@example.test" {
		t.Errorf("%d requests (%v), %d mails, the last to %s", n, err, len(w.mails())-before, letter.To)
	}
	if !strings.Contains(letter.Text, "https://pay.example.test/member/center/requests\n") {
		t.Errorf("the mail is\n%s", letter.Text)
	}
	const log = "permission_asked clerk01\n查詢快速收款連結的交易: 僅可瀏覽 → 可瀏覽可修改"
	if entries := w.log(w.owner.Member.ID); len(entries) != 2 || entries[1] != log {
		t.Errorf("recorded %q", entries)
	}
	want := assistant.Request{
		ID: w.open(0).ID, Login: "clerk01", Unit: permit.PayLinks, Held: permit.View, Wanted: permit.Manage, AskedAt: noon,
	}
	if diff := cmp.Diff(want, w.open(0)); diff != "" {
		t.Error(diff)
	}
}

func TestStandingTellsWhomToAskAndWhatWasAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	w.createIn("clerk02", assistant.Active)
	must(t, w.ask("clerk01", permit.EWallet, permit.Manage))
	asked := assistant.Standing{Owner: "owner01", Wanted: permit.Manage, AskedAt: noon}
	never := assistant.Standing{Owner: "owner01"}
	check := func(login string, u permit.Unit, want assistant.Standing) {
		t.Helper()
		got, err := w.service.Standing(t.Context(), w.actor(login), u)
		if err != nil || got != want {
			t.Errorf("%s on %q: %+v, %v", login, u, got, err)
		}
	}
	check("clerk01", permit.EWallet, asked)
	check("clerk01", permit.MandateEdit, never)
	check("clerk01", "", never)
	check("clerk02", permit.EWallet, never)
	must(t, w.service.Refuse(t.Context(), w.owner, w.by, w.open(0).ID))
	check("clerk01", permit.EWallet, never)
}

func TestAskForMoreRaisesTheOpenRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	for _, level := range []permit.Level{permit.View, permit.Manage, permit.View} {
		must(t, w.ask("clerk01", permit.EWallet, level))
	}
	requests, err := w.service.Requests(t.Context(), w.owner)
	must(t, err)
	if len(requests) != 1 || requests[0].Wanted != permit.Manage || len(w.mails()) != 3 {
		t.Errorf("%v, %d mails", requests, len(w.mails()))
	}
}

func TestAskRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	clerk := w.actor("clerk01")
	viewing, individual := clerk, clerk
	viewing.Viewer = w.owner.Account
	individual.Member.Kind = "individual"
	tests := map[string]struct {
		actor account.Actor
		unit  permit.Unit
		level permit.Level
		want  error
	}{
		"what it may do":             {clerk, permit.CardTrades, permit.Manage, assistant.ErrHeld},
		"less than it may do":        {clerk, permit.CardTrades, permit.View, assistant.ErrHeld},
		"where no grant is needed":   {individual, permit.EWallet, permit.View, assistant.ErrHeld},
		"nothing":                    {clerk, permit.EWallet, permit.None, assistant.ErrWanted},
		"more than there is":         {clerk, permit.EWallet, permit.Manage + 1, assistant.ErrWanted},
		"an unknown row":             {clerk, "made_up", permit.View, assistant.ErrWanted},
		"an owner":                   {w.owner, permit.EWallet, permit.View, assistant.ErrAsker},
		"an owner who views as one":  {viewing, permit.EWallet, permit.View, assistant.ErrAsker},
		"somebody who is not signed": {account.Actor{}, permit.EWallet, permit.View, assistant.ErrAsker},
	}
	for name, tt := range tests {
		if err := w.service.Ask(t.Context(), tt.actor, w.by, tt.unit, tt.level); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, w.service.Suspend(t.Context(), w.owner, w.by, "clerk01"))
	must(t, w.service.Ask(t.Context(), clerk, w.by, permit.EWallet, permit.View)) // its request was under way
	if n, err := w.service.OpenRequests(t.Context(), w.owner); err != nil || n != 0 {
		t.Errorf("%d requests, %v", n, err)
	}
}

func TestGrantGivesWhatWasAskedForAndNeverLess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		held  string // level and end of the stored grant
		want  permit.Level
		after string
		log   string
	}{
		{"", permit.View, "view", "不可瀏覽 → 僅可瀏覽"},
		{"", permit.Manage, "manage", "不可瀏覽 → 可瀏覽可修改"},
		{"view", permit.Manage, "manage", "僅可瀏覽 → 可瀏覽可修改"},
		{"view 2026-11-24", permit.Manage, "manage", "僅可瀏覽（至 2026-11-24） → 可瀏覽可修改"},
		{"view 2026-11-23", permit.View, "view", "不可瀏覽 → 僅可瀏覽"},
		{"manage 2026-11-23", permit.View, "view", "不可瀏覽 → 僅可瀏覽"}, // what has ended counts for nothing
	}
	for i, tt := range tests {
		login := w.numbered(i)
		made := w.createIn(login, assistant.Active)
		w.hold(made.Account.ID, tt.held)
		must(t, w.ask(login, permit.EWallet, tt.want))
		must(t, w.service.Grant(t.Context(), w.owner, w.by, w.open(0).ID))
		if got := w.heldOn(made.Account.ID); got != tt.after {
			t.Errorf("%q and %v became %q", tt.held, tt.want, got)
		}
		if got := w.lastLog(); got != "permission_granted "+login+"\n電子錢包交易查詢/電子錢包退款: "+tt.log {
			t.Errorf("%q and %v: recorded %s", tt.held, tt.want, got)
		}
		if letter := w.lastMail(); letter.To != login+"@example.test" || !strings.Contains(letter.Subject, "已同意") {
			t.Errorf("mailed %+v", letter)
		}
	}
}

// hold stores a level and an end on the row of e-wallets.
func (w *world) hold(id account.ID, held string) {
	w.t.Helper()
	if held == "" {
		return
	}
	level, until, _ := strings.Cut(held, " ")
	w.run("INSERT INTO account_grants (account_id, unit, level, until) VALUES ($1, 'e_wallet', $2, nullif($3, '')::date)",
		int64(id), level, until)
}

func (w *world) heldOn(id account.ID) string {
	w.t.Helper()
	return w.text(`
		SELECT coalesce(max(concat_ws(' ', level, until)), '') FROM account_grants
		WHERE account_id = $1 AND unit = 'e_wallet'`, int64(id))
}

// The owner may have given more by the form while the request waited.
func TestGrantOfWhatIsHeldAlreadyChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	must(t, w.ask("clerk01", permit.EWallet, permit.View))
	w.hold(made.Account.ID, "manage 2026-12-31")
	revision, log := w.find("clerk01").Revision, w.log(w.owner.Member.ID)
	must(t, w.service.Grant(t.Context(), w.owner, w.by, w.open(0).ID))
	if got := w.heldOn(made.Account.ID); got != "manage 2026-12-31" || w.find("clerk01").Revision != revision {
		t.Errorf("became %s", got)
	}
	if !w.open(0).Granted {
		t.Error("the request is still open")
	}
	if diff := cmp.Diff(log, w.log(w.owner.Member.ID)); diff != "" {
		t.Error(diff)
	}
}

// What the owner gives by the form needs no answer any more; the entry of the save tells it.
func TestSaveClosesTheRequestsThatItSatisfies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	w.createIn("clerk02", assistant.Active)
	must(t, w.ask("clerk01", permit.EWallet, permit.View))
	must(t, w.ask("clerk01", permit.MandateEdit, permit.Manage))
	must(t, w.ask("clerk02", permit.EWallet, permit.View))
	mails, entries := len(w.mails()), len(w.log(w.owner.Member.ID))
	f := form("clerk01")
	f.Revision = w.find("clerk01").Revision
	f.Matrix[permit.EWallet] = assistant.Cell{Level: permit.Manage, Until: date(t, "2026-11-24")}
	f.Matrix[permit.MandateEdit] = assistant.Cell{Level: permit.View}
	must(t, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f))
	got := w.text(`
		SELECT string_agg(concat_ws(' ', a.login, r.unit, r.state, r.decided_by, r.decided_at = $1), E'\n' ORDER BY r.id)
		FROM permission_requests r JOIN accounts a ON a.id = r.account_id`, noon)
	want := "clerk01 e_wallet granted " + strconv.Itoa(int(w.owner.Account.ID)) +
		" t\nclerk01 mandate_edit open\nclerk02 e_wallet open"
	if got != want {
		t.Errorf("the requests are\n%s\nwant\n%s", got, want)
	}
	if log := w.log(w.owner.Member.ID)[entries:]; len(log) != 1 || len(w.mails()) != mails {
		t.Errorf("recorded %q, mailed %d", log, len(w.mails())-mails)
	}
	// A page that was opened before the save asks for what is held by now.
	stale := account.Actor{Account: made.Account, Member: w.owner.Member}
	err := w.service.Ask(t.Context(), stale, w.by, permit.EWallet, permit.Manage)
	if n, _ := w.service.OpenRequests(t.Context(), w.owner); err != nil || n != 2 {
		t.Errorf("Ask = %v, %d requests wait", err, n)
	}
}

func TestARequestIsDecidedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	must(t, w.ask("clerk01", permit.EWallet, permit.View))
	id, mails := w.open(0).ID, len(w.mails())
	errs := make([]error, 6)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			decide := w.service.Grant
			if i%2 == 1 {
				decide = w.service.Refuse
			}
			errs[i] = decide(t.Context(), w.owner, w.by, id)
		})
	}
	all.Wait()
	decided := slices.Index(errs, nil)
	for i, err := range errs {
		if i != decided && !errors.Is(err, assistant.ErrNoRequest) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if decided < 0 {
		t.Fatal("none decided")
	}
	r := w.open(0)
	if r.Granted != (decided%2 == 0) || r.Granted != (w.heldOn(made.Account.ID) == "view") || !r.DecidedAt.Equal(noon) {
		t.Errorf("decided by %d: %+v, held %q", decided, r, w.heldOn(made.Account.ID))
	}
	if got := len(w.mails()) - mails; got != 1 {
		t.Errorf("%d mails", got)
	}
}

func TestRefuseGivesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	must(t, w.ask("clerk01", permit.EWallet, permit.View))
	must(t, w.service.Refuse(t.Context(), w.owner, w.by, w.open(0).ID))
	if got := w.heldOn(made.Account.ID); got != "" {
		t.Errorf("it holds %s", got)
	}
	if letter := w.lastMail(); letter.To != "clerk01@example.test" || !strings.Contains(letter.Subject, "未同意") {
		t.Errorf("mailed %+v", letter)
	}
	if got := w.lastLog(); got != "permission_refused clerk01\n電子錢包交易查詢/電子錢包退款: 不可瀏覽 → 不可瀏覽" {
		t.Errorf("recorded %s", got)
	}
	must(t, w.ask("clerk01", permit.EWallet, permit.View)) // it may ask again
}

func TestTheInboxShowsWhatWaitsAndTheLatestDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	for i := range 22 {
		w.clock.Advance(time.Minute)
		must(t, w.ask("clerk01", permit.EWallet, permit.View))
		decide := w.service.Refuse
		if i == 21 {
			decide = w.service.Grant
		}
		must(t, decide(t.Context(), w.owner, w.by, w.open(0).ID))
	}
	must(t, w.ask("clerk01", permit.MandateEdit, permit.Manage))
	w.clock.Advance(time.Minute)
	must(t, w.ask("clerk01", permit.MandateRetry, permit.View))
	requests, err := w.service.Requests(t.Context(), w.owner)
	must(t, err)
	if len(requests) != 22 {
		t.Fatalf("%d requests", len(requests))
	}
	if requests[0].Unit != permit.MandateEdit || requests[1].Unit != permit.MandateRetry || !requests[2].Granted {
		t.Errorf("the inbox starts with %+v", requests[:3])
	}
	if requests[2].Held != permit.View || requests[21].Granted || !requests[21].DecidedAt.Equal(noon.Add(3*time.Minute)) {
		t.Errorf("the inbox: %+v … %+v", requests[2], requests[21])
	}
}

// What an ended grant gave is not held any more.
func TestTheInboxTellsWhatIsHeldToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	w.hold(made.Account.ID, "view 2026-11-24")
	must(t, w.ask("clerk01", permit.EWallet, permit.Manage))
	if got := w.open(0).Held; got != permit.View {
		t.Errorf("held on the last day: %v", got)
	}
	w.clock.Advance(24 * time.Hour)
	if got := w.open(0).Held; got != permit.None || clock.DateOf(w.clock.Now()) != date(t, "2026-11-25") {
		t.Errorf("held on the day after: %v", got)
	}
}
