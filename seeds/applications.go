package seeds

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/onboarding"
)

// ApplicationsOptions say where the demonstration's applications go.
type ApplicationsOptions struct {
	Records   onboarding.Records
	Calendar  onboarding.Calendars
	Readiness onboarding.Checker
	Now       time.Time
}

// Applications adds applications for the Passkey服務 that stand at different steps, unless
// there are any. They are worked through the service, some days ago each; nobody is mailed.
func Applications(ctx context.Context, o ApplicationsOptions) error {
	page, err := o.Records.Queue(ctx, onboarding.QueueFilter{Limit: 1}, clock.DateOf(o.Now))
	if err != nil || page.Total > 0 {
		return err
	}
	people, err := o.Records.Staff(ctx)
	if err != nil {
		return err
	}
	w := &applicationDesk{ctx: ctx, now: o.Now, clock: clock.NewFake(o.Now), staff: map[string]onboarding.Staff{}}
	for _, p := range people {
		w.staff[p.Login] = onboarding.Staff{
			ID: p.ID, Role: p.Role, By: audit.By{AccountID: int64(p.ID), Login: p.Login, Address: "127.0.0.1"},
		}
	}
	w.service = onboarding.New(onboarding.Options{
		Store: quiet{o.Records}, Calendar: o.Calendar, Readiness: lenient{o.Readiness}, Clock: w.clock,
	})
	for _, story := range []func(){w.activated, w.overdue, w.proposed, w.asked, w.fresh, w.question} {
		story()
	}
	if w.err != nil {
		return fmt.Errorf("load the demonstration's applications: %w", w.err)
	}
	return nil
}

// quiet keeps applications without mails and notices: what it tells of is long past. Stores
// that the demonstration begins with have Passkey from the start.
type quiet struct{ onboarding.Records }

func (q quiet) InTx(ctx context.Context, do func(context.Context, onboarding.Tx) error) error {
	return q.Records.InTx(ctx, func(ctx context.Context, tx onboarding.Tx) error { return do(ctx, quietTx{tx}) })
}

func (q quiet) StoreRefs(ctx context.Context, of member.ID, ids []string) ([]onboarding.StoreRef, error) {
	refs, err := q.Records.StoreRefs(ctx, of, ids)
	for i := range refs {
		refs[i].Passkey = false
	}
	return refs, err
}

// lenient lets nothing that a store has shown since stand against what was decided then.
type lenient struct{ onboarding.Checker }

func (l lenient) Check(ctx context.Context, stores []member.StoreID) ([]onboarding.Check, error) {
	checks, err := l.Checker.Check(ctx, stores)
	for _, c := range checks {
		for i := range c.Items {
			if c.Items[i].Verdict == onboarding.Fail {
				c.Items[i].Verdict = onboarding.Warn
			}
		}
	}
	return checks, err
}

type quietTx struct{ onboarding.Tx }

// StoreRef has every store be switched on by the applications, whatever it is in the demo's data.
func (t quietTx) StoreRef(ctx context.Context, id member.StoreID) (onboarding.StoreRef, error) {
	ref, err := t.Tx.StoreRef(ctx, id)
	ref.Passkey = false
	return ref, err
}

func (quietTx) Mail(context.Context, notify.Mail) error        { return nil }
func (quietTx) AddNotice(context.Context, notice.Notice) error { return nil }

// applicationDesk works the demonstration's applications; after an error it does nothing.
type applicationDesk struct {
	ctx     context.Context
	service *onboarding.Service
	clock   *clock.Fake
	now     time.Time
	staff   map[string]onboarding.Staff
	err     error
}

// days sets the clock to some days ago, at ten in the morning in Taipei.
func (w *applicationDesk) days(ago int) {
	at := clock.DateOf(w.now).AddDays(-ago).Start().Add(10 * time.Hour)
	if at.After(w.now) {
		at = w.now
	}
	w.clock.Advance(at.Sub(w.clock.Now()))
}

func (w *applicationDesk) submit(f onboarding.Form) (a onboarding.Application) {
	if w.err == nil {
		f.Consent = true
		a, w.err = w.service.Submit(w.ctx, f, onboarding.Applicant{})
	}
	return a
}

func (w *applicationDesk) move(login string, a onboarding.Application, f onboarding.MoveForm) onboarding.Application {
	if w.err == nil {
		f.Receipt, f.Version = a.Receipt, a.Version
		a, w.err = w.service.Move(w.ctx, w.staff[login], f)
	}
	return a
}

// contacted is an application of stores whose applicant was reached.
func (w *applicationDesk) contacted(f onboarding.Form, stores ...string) onboarding.Application {
	a := w.submit(f)
	a = w.move("agent01", a, onboarding.MoveForm{Move: onboarding.StartContact})
	if w.err == nil {
		w.err = w.service.AddContact(w.ctx, w.staff["agent01"], a.Receipt, onboarding.Contact{
			How: onboarding.ByPhone, Result: onboarding.Reached, Note: "已說明服務內容與開通時程。",
		})
	}
	if w.err == nil && len(stores) > 0 {
		a, w.err = w.service.Link(w.ctx, w.staff["agent01"], onboarding.LinkForm{
			Receipt: a.Receipt, Version: a.Version, Stores: stores,
		})
	}
	return a
}

var morning = []onboarding.Slot{onboarding.Slot10}

func applies(name, phone, email string, slots []onboarding.Slot) onboarding.Form {
	return onboarding.Form{
		Kind: onboarding.Apply, Subject: onboarding.SubjectPasskey, Name: name, Phone: phone, Email: email, Slots: slots,
		Message: "想為商店開通 Passkey服務。",
	}
}

// activated is how the first member's stores came to have Passkey.
func (w *applicationDesk) activated() {
	w.days(42)
	a := w.contacted(applies("晴川選物股份有限公司", "02-2345-6789", "owner01@chingchuan.example", morning),
		"MS100000001", "MS100000003")
	w.days(40)
	a = w.move("agent01", a, onboarding.MoveForm{Move: onboarding.Confirm})
	w.days(38)
	for _, store := range a.Stores {
		a = w.move("agent01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: store.ID})
	}
	w.days(37)
	for _, store := range a.Stores {
		a = w.move("reviewer01", a, onboarding.MoveForm{Move: onboarding.Activate, Store: store.ID})
	}
}

func (w *applicationDesk) overdue() {
	w.days(16)
	a := w.contacted(applies("遠岸科技股份有限公司", "04-2233-4455", "it@yuanan.example",
		[]onboarding.Slot{onboarding.Slot13, onboarding.Slot15}), "MS300000001")
	w.days(15)
	w.move("agent01", a, onboarding.MoveForm{Move: onboarding.Confirm})
}

// proposed waits for a second person.
func (w *applicationDesk) proposed() {
	w.days(5)
	a := w.contacted(applies("林小舖", "0922345678", "lin@linshop.example", morning), "MS200000001")
	w.days(3)
	a = w.move("agent01", a, onboarding.MoveForm{Move: onboarding.Confirm})
	w.days(1)
	if w.err == nil {
		w.move("agent01", a, onboarding.MoveForm{Move: onboarding.Propose, Store: a.Stores[0].ID})
	}
}

func (w *applicationDesk) asked() {
	w.days(4)
	a := w.contacted(applies("山城茶行", "049-229-1234", "tea@shancheng.example", []onboarding.Slot{onboarding.Slot15}))
	w.days(3)
	w.move("agent01", a, onboarding.MoveForm{
		Move: onboarding.AskInfo, Reason: onboarding.StoresMissing, Text: "請提供要開通的商店代號，謝謝。",
	})
}

func (w *applicationDesk) fresh() {
	w.days(2)
	w.submit(applies("海風書店", "0933456789", "hello@haifeng.example",
		[]onboarding.Slot{onboarding.Slot10, onboarding.Slot13}))
}

func (w *applicationDesk) question() {
	w.days(1)
	w.submit(onboarding.Form{
		Kind: onboarding.Consult, Subject: onboarding.SubjectAPI, Name: "陳工程師", Phone: "0955667788",
		Email: "dev@studio.example", Slots: []onboarding.Slot{onboarding.Slot15},
		Message: "我們使用幕後 API 2.2，開通前是否需要改版？",
	})
}
