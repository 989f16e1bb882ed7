package onboarding

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
)

// ErrMerge tells that an application cannot be merged into that one.
var ErrMerge = fault.New(fault.Invalid, "application_merge", "請輸入另一件處理中案件的收件編號。").At("into")

// propose asks for a store's activation. Where one person is enough it is completed.
func (s *Service) propose(ctx context.Context, c *change, f MoveForm) error {
	store := storeOf(&c.a, f.Store)
	if store == nil || store.Standing != StoreWaiting && store.Standing != StoreOff {
		return ErrStanding
	}
	c.step.Store = store.MerchantID
	if ref, err := c.tx.StoreRef(ctx, store.ID); err != nil {
		return err
	} else if ref.Passkey { // by another application
		return ErrStanding
	}
	if c.was.Due.Until.IsZero() || !c.was.State.Open() { // 重新開通 starts the clock anew
		if err := s.startClock(ctx, c); err != nil {
			return err
		}
	}
	store.Standing = StoreProposed
	store.ProposedBy, store.Proposer, store.ProposedAt = c.staff.ID, c.staff.By.Login, c.now
	if s.o.OnePersonActivates {
		return s.switchOn(ctx, c, store)
	}
	return nil
}

// activate completes what another person asked for.
func (s *Service) activate(ctx context.Context, c *change, f MoveForm) error {
	store := storeOf(&c.a, f.Store)
	if store == nil || store.Standing != StoreProposed {
		return ErrStanding
	}
	if store.ProposedBy == c.staff.ID && !s.o.OnePersonActivates {
		return ErrSamePerson
	}
	c.step.Store = store.MerchantID
	return s.switchOn(ctx, c, store)
}

func (s *Service) switchOn(ctx context.Context, c *change, store *Store) error {
	*store = Store{
		ID: store.ID, MerchantID: store.MerchantID, Name: store.Name, Standing: StoreActive, ActiveAt: c.now,
		OffAt: store.OffAt,
	}
	c.a.State = stateAfter(c.a.Stores)
	return s.switched(ctx, c, store.ID, StoreEvent{
		At: c.now, On: true, Login: c.staff.By.Login, Receipt: c.a.Receipt,
	}, "")
}

func (s *Service) deactivate(ctx context.Context, c *change, f MoveForm) error {
	store := storeOf(&c.a, f.Store)
	if store == nil || store.Standing != StoreActive {
		return ErrStanding
	}
	c.step.Store = store.MerchantID
	store.Standing, store.OffAt, store.OffReason = StoreOff, c.now, f.Reason
	c.a.State = c.was.State
	if c.was.State == Activated || c.was.State == Activating {
		c.a.State = stateAfter(c.a.Stores)
	}
	if c.a.State == Deactivated {
		c.a.Reason, c.a.ReasonText = f.Reason, f.Text
	}
	return s.switched(ctx, c, store.ID, StoreEvent{
		At: c.now, Login: c.staff.By.Login, Reason: f.Reason, Receipt: c.a.Receipt,
	}, f.Text)
}

// stateAfter is where an application stands by its stores.
func stateAfter(stores []Store) State {
	has := map[Standing]bool{}
	for _, store := range stores {
		has[store.Standing] = true
	}
	switch {
	case has[StoreProposed]:
		return Activating
	case has[StoreWaiting]:
		return Confirmed
	case has[StoreActive]:
		return Activated
	}
	return Deactivated
}

// switched turns a store's Passkey, and tells the applicant, the store and the logs. It
// returns ErrStanding for a store that another application has switched on.
func (s *Service) switched(ctx context.Context, c *change, id member.StoreID, e StoreEvent, text string) error {
	ref, err := c.tx.StoreRef(ctx, id)
	if err != nil {
		return err
	}
	if e.On && ref.Passkey {
		return ErrStanding
	}
	if err := c.tx.SwitchPasskey(ctx, ref, e); err != nil {
		return err
	}
	for _, to := range recipients(c.a.Email, ref.Email) {
		if err := c.tx.Mail(ctx, s.switchMail(ref, e, to, text)); err != nil {
			return err
		}
	}
	return c.record(ctx, switchEntry(ref, e), true)
}

func recipients(addresses ...string) []string {
	var list []string
	for _, a := range addresses {
		if a != "" && (len(list) == 0 || !strings.EqualFold(list[0], a)) {
			list = append(list, a)
		}
	}
	return list
}

func (s *Service) switchMail(ref StoreRef, e StoreEvent, to, text string) notify.Mail {
	letter := notify.StoreSwitched{
		To: to, Member: ref.MemberName, Store: ref.Name, MerchantID: ref.MerchantID, Receipt: string(e.Receipt),
		Reason: e.Reason.Label(), Text: text, URL: s.o.PublicURL + "/member/center/stores/" + ref.MerchantID, At: e.At,
	}
	if e.On {
		return notify.ActivatedMail(letter)
	}
	return notify.DeactivatedMail(letter)
}

func switchEntry(ref StoreRef, e StoreEvent) audit.Entry {
	kind := audit.StorePasskeyOff
	if e.On {
		kind = audit.StorePasskeyOn
	}
	entry := audit.Entry{Kind: kind, Subject: ref.MerchantID}
	if e.Reason != "" {
		entry.Changes = []audit.Change{{Field: "原因", After: e.Reason.Label()}}
	}
	return entry
}

// SwitchOffForm switches a store's Passkey off, with an application behind it or without.
type SwitchOffForm struct {
	MerchantID string
	Reason     Reason
	Text       string
}

// SwitchOff switches a store's Passkey off. An application that had it activated moves
// along. It returns ErrReason, ErrText, ErrRole, ErrStanding and member.ErrStoreNotFound.
func (s *Service) SwitchOff(ctx context.Context, by Staff, f SwitchOffForm) error {
	refs, err := s.o.Store.StoreRefs(ctx, 0, []string{f.MerchantID})
	if err != nil {
		return err
	}
	if len(refs) != 1 {
		return member.ErrStoreNotFound
	}
	ref := refs[0]
	list, err := s.o.Store.OfMember(ctx, ref.MemberID)
	if err != nil {
		return err
	}
	for _, a := range list {
		if store := storeOf(&a, ref.ID); store != nil && store.Standing == StoreActive {
			_, err := s.Move(ctx, by, MoveForm{
				Receipt: a.Receipt, Version: a.Version, Move: Deactivate, Store: ref.ID, Reason: f.Reason, Text: f.Text,
			})
			return err
		}
	}
	return s.switchOffAlone(ctx, by, f, ref)
}

// switchOffAlone is for a store that had Passkey before there were applications.
func (s *Service) switchOffAlone(ctx context.Context, by Staff, f SwitchOffForm, ref StoreRef) error {
	switch {
	case !slices.Contains(Deactivate.Reasons(), f.Reason):
		return ErrReason
	case runes(f.Text) > NoteMax:
		return ErrText
	case !MayTake(by.Role, Deactivate, Activated):
		return ErrRole
	}
	err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		locked, err := tx.StoreRef(ctx, ref.ID)
		if err != nil {
			return err
		}
		if !locked.Passkey {
			return ErrStanding
		}
		c := &change{tx: tx, now: s.o.Clock.Now(), staff: &by, a: Application{MemberID: ref.MemberID}}
		e := StoreEvent{At: c.now, Login: by.By.Login, Reason: f.Reason}
		return s.switched(ctx, c, ref.ID, e, strings.TrimSpace(f.Text))
	})
	if err != nil {
		return fmt.Errorf("switch off Passkey of %s: %w", f.MerchantID, err)
	}
	return nil
}
