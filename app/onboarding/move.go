package onboarding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/notify"
)

// MoveForm is a move that somebody of our staff takes.
type MoveForm struct {
	Receipt Receipt
	Version int64
	Move    Move
	Store   member.StoreID // of a store's move
	Reason  Reason
	Text    string  // to the applicant, or why
	Into    Receipt // of Merge
}

// Move takes a move. It returns ErrTransition, ErrRole, ErrStale, ErrSamePerson,
// ErrNotLinked, ErrNotReached, ErrNotReady, ErrStanding, ErrReason, ErrText and
// ErrNotFound; nothing is changed then.
func (s *Service) Move(ctx context.Context, by Staff, f MoveForm) (Application, error) {
	f.Text = strings.TrimSpace(f.Text)
	if wanted := f.Move.Reasons(); len(wanted) > 0 && !slices.Contains(wanted, f.Reason) {
		return Application{}, ErrReason
	} else if len(wanted) == 0 {
		f.Reason = ""
	}
	if runes(f.Text) > NoteMax || f.Move.NeedsText() && f.Text == "" {
		return Application{}, ErrText
	}
	check, err := s.checkBefore(ctx, by, f)
	if err != nil {
		return Application{}, err
	}
	return s.changed(ctx, f.Receipt, f.Version, func(ctx context.Context, c *change) error {
		c.staff = &by
		to, err := permitted(c.a, f.Move, by)
		if err != nil {
			return err
		}
		c.step = Step{
			Move: f.Move, At: c.now, By: ByStaff, Login: by.By.Login, Reason: f.Reason, Text: f.Text,
		}
		if check != nil {
			if err := c.tx.AddCheck(ctx, c.a.ID, *check); err != nil {
				return err
			}
		}
		c.a.State = to
		if err := s.apply(ctx, c, f); err != nil {
			return err
		}
		c.step.State = c.a.State
		if err := c.tx.AddStep(ctx, c.a.ID, c.step); err != nil {
			return err
		}
		return s.tell(ctx, c, f)
	})
}

// checkBefore checks the store that is to be activated, before any lock is held: its
// NotifyURL is called. It returns ErrNotReady.
func (s *Service) checkBefore(ctx context.Context, by Staff, f MoveForm) (*Check, error) {
	if f.Move != Propose {
		return nil, nil
	}
	a, err := s.o.Store.Application(ctx, f.Receipt)
	if err != nil {
		return nil, err
	}
	if _, err := permitted(a, f.Move, by); err != nil {
		return nil, err
	}
	if storeOf(&a, f.Store) == nil {
		return nil, ErrStanding
	}
	checks, err := s.o.Readiness.Check(ctx, []member.StoreID{f.Store})
	switch {
	case err != nil:
		return nil, fmt.Errorf("check readiness: %w", err)
	case len(checks) != 1:
		return nil, ErrStanding
	case !checks[0].Ready():
		return nil, ErrNotReady
	}
	return &checks[0], nil
}

// apply does what a move does besides its state.
func (s *Service) apply(ctx context.Context, c *change, f MoveForm) error {
	switch f.Move {
	case Confirm:
		return s.confirm(ctx, c)
	case AskInfo:
		c.a.Due = Due{}
		c.a.Reason, c.a.ReasonText = f.Reason, f.Text
		c.fall()
	case AnswerInfo, Reopen:
		c.a.Reason, c.a.ReasonText = "", ""
	case SendBack:
		c.fall()
	case Return:
		c.a.Due = Due{}
		c.a.Reason, c.a.ReasonText = f.Reason, f.Text
		c.fall()
	case WithdrawIt:
		c.a.Due = Due{}
	case Convert:
		c.a.Kind, c.a.Subject = Apply, SubjectPasskey
	case Merge:
		return c.merge(ctx, f.Into)
	case Propose:
		return s.propose(ctx, c, f)
	case Activate:
		return s.activate(ctx, c, f)
	case Deactivate:
		return s.deactivate(ctx, c, f)
	case StartContact, AnswerQuestion:
	}
	return nil
}

// fall takes back what waits for a second person.
func (c *change) fall() {
	for i := range c.a.Stores {
		if store := &c.a.Stores[i]; store.Standing == StoreProposed {
			c.a.Stores[i] = Store{
				ID: store.ID, MerchantID: store.MerchantID, Name: store.Name, Standing: StoreWaiting,
				ActiveAt: store.ActiveAt, OffAt: store.OffAt, OffReason: store.OffReason,
			}
		}
	}
}

// confirm starts the working days.
func (s *Service) confirm(ctx context.Context, c *change) error {
	if c.a.MemberID == 0 || len(c.a.Stores) == 0 {
		return ErrNotLinked
	}
	reached, err := c.tx.Reached(ctx, c.a.ID)
	if err != nil {
		return err
	}
	if !reached {
		return ErrNotReached
	}
	return s.startClock(ctx, c)
}

func (s *Service) startClock(ctx context.Context, c *change) error {
	calendar, err := s.o.Calendar.Calendar(ctx)
	if err != nil {
		return fmt.Errorf("read the calendar: %w", err)
	}
	c.a.ConfirmedAt = c.now
	from, until := calendar.Add(today(c.now), DueFromDays), calendar.Add(today(c.now), DueDays)
	c.a.Due = Due{From: from.Date, Until: until.Date, Missing: until.Missing}
	return nil
}

func (c *change) merge(ctx context.Context, into Receipt) error {
	if into == c.a.Receipt {
		return ErrMerge
	}
	target, err := c.tx.Lock(ctx, into)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrMerge.Because(err)
	case err != nil:
		return fmt.Errorf("find the case to merge into: %w", err)
	case !target.State.Open():
		return ErrMerge
	}
	c.a.MergedInto, c.step.Text = target.ID, string(into)
	c.fall()
	return nil
}

// tell mails the applicant, puts a notice on the member's pages, and writes the log.
func (s *Service) tell(ctx context.Context, c *change, f MoveForm) error {
	if err := s.mailMove(ctx, c, f); err != nil {
		return err
	}
	if err := c.notify(ctx, f); err != nil {
		return err
	}
	changes := []audit.Change{{Field: "狀態", Before: c.was.State.Label(), After: c.a.State.Label()}}
	if c.step.Store != "" {
		changes = append(changes, audit.Change{Field: "商店", After: c.step.Store})
	}
	if f.Reason != "" {
		changes = append(changes, audit.Change{Field: "原因", After: f.Reason.Label()})
	}
	forMember := f.Move == WithdrawIt || f.Move == AnswerInfo
	return c.record(ctx, audit.Entry{
		Kind: audit.ApplicationMoved, Subject: string(c.a.Receipt) + " " + f.Move.Label(), Changes: changes,
	}, forMember)
}

func (s *Service) mailMove(ctx context.Context, c *change, f MoveForm) error {
	if f.Move.ForStore() || f.Move == AnswerInfo { // a store's moves have letters of their own
		return nil
	}
	base, err := s.letter(ctx, c.tx, c.a)
	if err != nil {
		return err
	}
	if f.Move == AskInfo {
		return c.tx.Mail(ctx, notify.InfoAskedMail(notify.InfoAsked{
			Application: base, Reason: f.Reason.Label(), Text: joinText(f.Reason.Text(), f.Text),
		}))
	}
	moved := notify.ApplicationMoved{
		Application: base, Step: notify.Step(c.a.State), State: c.a.State.Label(), Reason: f.Reason.Label(),
		Text: joinText(f.Reason.Text(), f.Text),
	}
	switch f.Move {
	case Confirm:
		moved.From, moved.Until = c.a.Due.From, c.a.Due.Until
	case Merge:
		moved.Into, moved.Text = c.step.Text, ""
	case SendBack, WithdrawIt: // the words are for our staff and the log
		moved.Text = ""
	}
	return c.tx.Mail(ctx, notify.ApplicationMovedMail(moved))
}

func joinText(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "\n")
}

// noticeTitles are those of the moves that a member is told of on its pages.
var noticeTitles = map[Move]string{
	Confirm: "Passkey服務申請：資料已確認", AskInfo: "Passkey服務申請：請補件", Return: "Passkey服務申請已退回",
	Activate: "Passkey服務已開通", Deactivate: "Passkey服務已停用",
}

func (c *change) notify(ctx context.Context, f MoveForm) error {
	title, told := noticeTitles[f.Move]
	if !told || c.a.MemberID == 0 {
		return nil
	}
	n := notice.Notice{
		MemberID: c.a.MemberID, Title: title, At: c.now, Href: "/member/passkey/applications/" + string(c.a.Receipt),
		Text: joinText("收件編號 "+string(c.a.Receipt), f.Reason.Label(), f.Text),
	}
	if c.step.Store != "" {
		n.StoreID, n.Href = f.Store, "/member/center/stores/"+c.step.Store
		n.Text = joinText("商店 "+c.step.Store, f.Reason.Label(), f.Text)
	}
	return c.tx.AddNotice(ctx, n)
}
