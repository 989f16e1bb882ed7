package onboarding

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
)

// change is one change of an application in its database transaction.
type change struct {
	tx    Tx
	a     Application // as it is changed
	was   Application
	now   time.Time
	staff *Staff // nil for the applicant
	step  Step
}

// changed runs do on an application under the version that its mover has seen, and stores
// what do made of it. It returns ErrStale for another version, and ErrNotFound.
func (s *Service) changed(
	ctx context.Context, r Receipt, version int64, do func(ctx context.Context, c *change) error,
) (a Application, err error) {
	err = s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		was, err := tx.Lock(ctx, r)
		if err != nil {
			return err
		}
		if was.Version != version {
			return ErrStale
		}
		c := &change{tx: tx, a: was, was: was, now: s.o.Clock.Now()}
		c.a.Stores = slices.Clone(was.Stores)
		if err := do(ctx, c); err != nil {
			return err
		}
		if c.a.State != was.State {
			c.a.StateSince = c.now
		}
		c.a.Version++
		a = c.a
		return tx.Save(ctx, c.a)
	})
	if err != nil {
		return Application{}, fmt.Errorf("change application %s: %w", r, err)
	}
	return a, nil
}

// record writes a change into our own log, and into the member's where it is done for the
// member or to its store.
func (c *change) record(ctx context.Context, e audit.Entry, member bool) error {
	e.At, e.By = c.now, c.staff.By
	if err := c.tx.Record(ctx, e); err != nil || !member || c.a.MemberID == 0 {
		return err
	}
	e.By = c.staff.By.ForMember(int64(c.a.MemberID))
	return c.tx.Record(ctx, e)
}

// Handover gives an application to somebody.
type Handover struct {
	Receipt Receipt
	Version int64
	To      account.ID // 0 for nobody
}

// ErrAssignee tells that somebody is none of our active staff.
var ErrAssignee = fault.New(fault.Invalid, "application_assignee", "請選擇在職的支援人員。").At("assignee")

// Assign gives an application to somebody of our staff. It returns ErrStale, ErrAssignee
// and ErrNotFound.
func (s *Service) Assign(ctx context.Context, by Staff, h Handover) (Application, error) {
	people, err := s.o.Store.Staff(ctx)
	if err != nil {
		return Application{}, err
	}
	login := ""
	if h.To != 0 {
		i := slices.IndexFunc(people, func(p account.Account) bool { return p.ID == h.To })
		if i < 0 {
			return Application{}, ErrAssignee
		}
		login = people[i].Login
	}
	return s.changed(ctx, h.Receipt, h.Version, func(ctx context.Context, c *change) error {
		c.staff, c.a.Assignee, c.a.AssigneeAs = &by, h.To, login
		return c.record(ctx, audit.Entry{
			Kind: audit.ApplicationChanged, Subject: string(h.Receipt),
			Changes: []audit.Change{{Field: "承辦人員", Before: c.was.AssigneeAs, After: login}},
		}, false)
	})
}

// LinkForm links an application to a member and its stores.
type LinkForm struct {
	Receipt Receipt
	Version int64
	Stores  []string // MerchantIDs, all of one member
}

// ErrLinkStores tells that MerchantIDs are unknown, of several members, or have Passkey.
var ErrLinkStores = fault.New(fault.Invalid, "application_link_stores",
	"請輸入同一會員的商店代號；已開通 Passkey 的商店不需申請。").At("stores")

// Link names the stores of an application, and so its member. Stores that were activated
// before stay. It returns ErrLinkStores, ErrStale, ErrTransition and ErrNotFound.
func (s *Service) Link(ctx context.Context, by Staff, f LinkForm) (Application, error) {
	refs, err := s.o.Store.StoreRefs(ctx, 0, f.Stores)
	if err != nil {
		return Application{}, err
	}
	if len(refs) == 0 || len(refs) != len(f.Stores) {
		return Application{}, ErrLinkStores
	}
	return s.changed(ctx, f.Receipt, f.Version, func(ctx context.Context, c *change) error {
		if !c.a.State.Open() || c.a.Kind != Apply {
			return ErrTransition
		}
		var stores []Store
		for _, store := range c.a.Stores {
			if store.Standing == StoreActive || store.Standing == StoreOff {
				stores = append(stores, store)
			}
		}
		for _, r := range refs {
			if r.MemberID != refs[0].MemberID || c.was.AppliedBy != 0 && r.MemberID != c.was.MemberID {
				return ErrLinkStores
			}
			if slices.ContainsFunc(stores, func(s Store) bool { return s.ID == r.ID }) {
				continue
			}
			if r.Passkey {
				return ErrLinkStores
			}
			stores = append(stores, Store{ID: r.ID, MerchantID: r.MerchantID, Name: r.Name, Standing: StoreWaiting})
		}
		c.staff, c.a.Stores = &by, stores
		c.a.MemberID, c.a.MemberCode, c.a.MemberName = refs[0].MemberID, refs[0].MemberCode, refs[0].MemberName
		return c.record(ctx, audit.Entry{
			Kind: audit.ApplicationChanged, Subject: string(f.Receipt),
			Changes: []audit.Change{{Field: "會員與商店", Before: linkedTo(c.was), After: linkedTo(c.a)}},
		}, true)
	})
}

func namedStores(stores []Store) string {
	ids := make([]string, len(stores))
	for i, store := range stores {
		ids[i] = store.MerchantID
	}
	return strings.Join(ids, "、")
}

func linkedTo(a Application) string {
	return strings.TrimSpace(a.MemberCode + " " + namedStores(a.Stores))
}

// AddContact notes an attempt to reach the applicant. It returns ErrText and ErrNotFound.
func (s *Service) AddContact(ctx context.Context, by Staff, r Receipt, f Contact) error {
	f.Note = strings.TrimSpace(f.Note)
	known := slices.Contains([]string{ByPhone, ByMail, ByMeeting}, f.How) &&
		slices.Contains([]string{Reached, NotAnswered, CallBack, WrongNumber}, f.Result)
	if !known || runes(f.Note) > NoteMax {
		return ErrText.At("note")
	}
	f.Login = by.By.Login
	return s.noted(ctx, by, r, "聯繫紀錄", func(ctx context.Context, tx Tx, id ID, now time.Time) error {
		if f.At.IsZero() || f.At.After(now) {
			f.At = now
		}
		return tx.AddContact(ctx, id, f)
	})
}

// AddNote adds what our staff write for each other. It returns ErrText and ErrNotFound.
func (s *Service) AddNote(ctx context.Context, by Staff, r Receipt, text string) error {
	text = strings.TrimSpace(text)
	if text == "" || runes(text) > NoteMax {
		return ErrText.At("note")
	}
	return s.noted(ctx, by, r, "備註", func(ctx context.Context, tx Tx, id ID, now time.Time) error {
		return tx.AddNote(ctx, id, Note{At: now, Login: by.By.Login, Text: text})
	})
}

// Attach adds files of our staff. It returns what AddFile does, ErrFileType and
// ErrFileSize.
func (s *Service) Attach(ctx context.Context, by Staff, r Receipt, uploads []Upload) error {
	files, err := readUploads(uploads)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return ErrFileType
	}
	return s.noted(ctx, by, r, "附件", func(ctx context.Context, tx Tx, id ID, now time.Time) error {
		for _, f := range files {
			f.At, f.By, f.Login = now, ByStaff, by.By.Login
			if err := tx.AddFile(ctx, id, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// Recheck checks the stores of an application for readiness, and keeps the checks.
func (s *Service) Recheck(ctx context.Context, by Staff, r Receipt) ([]Check, error) {
	a, err := s.o.Store.Application(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(a.Stores) == 0 {
		return nil, ErrNotLinked
	}
	checks, err := s.o.Readiness.Check(ctx, storeIDs(a.Stores))
	if err != nil {
		return nil, fmt.Errorf("check readiness: %w", err)
	}
	return checks, s.noted(ctx, by, r, "準備度檢查", func(ctx context.Context, tx Tx, id ID, _ time.Time) error {
		for _, c := range checks {
			if err := tx.AddCheck(ctx, id, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// noted adds something to a case that changes nothing else of it.
func (s *Service) noted(
	ctx context.Context, by Staff, r Receipt, what string,
	do func(ctx context.Context, tx Tx, id ID, now time.Time) error,
) error {
	err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		a, err := tx.Lock(ctx, r)
		if err != nil {
			return err
		}
		now := s.o.Clock.Now()
		if err := do(ctx, tx, a.ID, now); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{
			By: by.By, At: now, Kind: audit.ApplicationChanged, Subject: string(r),
			Changes: []audit.Change{{Field: "新增", After: what}},
		})
	})
	if err != nil {
		return fmt.Errorf("add to application %s: %w", r, err)
	}
	return nil
}

func storeOf(a *Application, id member.StoreID) *Store {
	for i := range a.Stores {
		if a.Stores[i].ID == id {
			return &a.Stores[i]
		}
	}
	return nil
}
