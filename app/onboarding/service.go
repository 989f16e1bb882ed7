package onboarding

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/workday"
)

// LinkLifetime is how long a mailed link lets an applicant in.
const LinkLifetime = 30 * 24 * time.Hour

var (
	// ErrNotFound tells that there is no such application, or not for whoever asks.
	ErrNotFound = fault.New(fault.NotFound, "application_not_found", "查無此申請。")
	// ErrLink tells of a link that is too old or never was.
	ErrLink = fault.New(fault.NotFound, "application_link", "此連結已失效。請以收件編號與信箱重新取得連結。")
)

// Records keep applications.
type Records interface {
	// InTx runs do in one database transaction. do may run again after a deadlock.
	InTx(ctx context.Context, do func(ctx context.Context, tx Tx) error) error
	// Application finds an application by its receipt. It returns ErrNotFound.
	Application(ctx context.Context, r Receipt) (Application, error)
	// ByForm finds the application that a form made. It returns ErrNotFound.
	ByForm(ctx context.Context, formHash []byte) (Application, error)
	// Linked finds the application that a link opens. It returns ErrLink.
	Linked(ctx context.Context, tokenHash []byte, now time.Time) (Receipt, error)
	// Whole returns all of an application. It returns ErrNotFound.
	Whole(ctx context.Context, r Receipt) (Case, error)
	// Belongs returns ErrNotFound unless the application is the member's.
	Belongs(ctx context.Context, of member.ID, r Receipt) error
	// OfMember lists a member's applications, the latest first.
	OfMember(ctx context.Context, of member.ID) ([]Application, error)
	// Queue lists applications, what is due first at the beginning.
	Queue(ctx context.Context, f QueueFilter, today clock.Date) (QueuePage, error)
	// Alike lists other open applications with the same phone, mail address or store.
	Alike(ctx context.Context, a Application) ([]Application, error)
	// Figures counts.
	Figures(ctx context.Context, now time.Time) (Figures, error)
	// File returns an attachment of an application. It returns ErrNotFound.
	File(ctx context.Context, of ID, id AttachmentID) (File, error)
	// StoreEvents lists what happened to a store's Passkey, the latest first.
	StoreEvents(ctx context.Context, of member.StoreID) ([]StoreEvent, error)
	// StoreRefs finds stores by their MerchantIDs: of a member, or of any where it is 0.
	StoreRefs(ctx context.Context, of member.ID, merchantIDs []string) ([]StoreRef, error)
	// Views lists the saved filters that somebody of our staff sees.
	Views(ctx context.Context, who account.ID) ([]View, error)
	// SaveView stores a filter under its name, which replaces one's own of that name.
	SaveView(ctx context.Context, who account.ID, v View) error
	// RemoveView removes one's own. It returns ErrNotFound.
	RemoveView(ctx context.Context, who account.ID, id int64) error
	// Staff lists our own staff who are active.
	Staff(ctx context.Context) ([]account.Account, error)
}

// Tx is what a change needs; all of it commits together.
type Tx interface {
	// Add stores a new application with its stores and returns its ID. It returns ErrTaken
	// where its form made one before.
	Add(ctx context.Context, a Application) (ID, error)
	// Lock returns an application and keeps others from changing it. It returns ErrNotFound.
	Lock(ctx context.Context, r Receipt) (Application, error)
	// Save stores an application and its stores under the next version.
	Save(ctx context.Context, a Application) error
	AddStep(ctx context.Context, of ID, s Step) error
	AddContact(ctx context.Context, of ID, c Contact) error
	AddNote(ctx context.Context, of ID, n Note) error
	// AddFile stores an attachment. It returns ErrFilesMax.
	AddFile(ctx context.Context, of ID, f File) error
	AddCheck(ctx context.Context, of ID, c Check) error
	AddLink(ctx context.Context, l Link) error
	// Reached tells whether our staff have reached the applicant.
	Reached(ctx context.Context, of ID) (bool, error)
	// SwitchPasskey turns a store's Passkey on or off, with a line in its history.
	SwitchPasskey(ctx context.Context, s StoreRef, e StoreEvent) error
	// StoreRef returns a store and locks it. It returns member.ErrStoreNotFound.
	StoreRef(ctx context.Context, id member.StoreID) (StoreRef, error)
	notice.Tx
	// Mail stores a mail and the job that sends it.
	Mail(ctx context.Context, m notify.Mail) error
	// Record appends to the audit log. It locks the chain until the end: it comes last.
	Record(ctx context.Context, e audit.Entry) error
}

// Calendars know the working days.
type Calendars interface {
	Calendar(ctx context.Context) (workday.Calendar, error)
}

// Options say what a Service is built from. All but OnePersonActivates are required.
type Options struct {
	Store     Records
	Calendar  Calendars
	Readiness Checker
	Clock     clock.Clock
	PublicURL string // without a slash at its end
	// OnePersonActivates lets whoever asks for a store's activation complete it.
	OnePersonActivates bool
}

// Service is the use cases of applications. It is safe for concurrent use.
type Service struct{ o Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o} }

// OnePersonActivates tells that no second person is needed.
func (s *Service) OnePersonActivates() bool { return s.o.OnePersonActivates }

func today(now time.Time) clock.Date { return clock.DateOf(now) }

// Crockford's digits: none of them is taken for another.
const receiptDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func newReceipt(now time.Time) Receipt {
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	for i, b := range random {
		random[i] = receiptDigits[int(b)%len(receiptDigits)]
	}
	return Receipt("PK" + strings.ReplaceAll(today(now).String(), "-", "")[2:] + "-" + string(random[:]))
}

// ParseReceipt reads a receipt number as people type it.
func ParseReceipt(text string) Receipt { return Receipt(strings.ToUpper(strings.TrimSpace(text))) }

var receiptForm = regexp.MustCompile(`^PK[0-9]{6}-[0-9A-HJKMNP-TV-Z]{6}$`)

// IsWellFormed tells that a text has the form of a receipt number.
func (r Receipt) IsWellFormed() bool { return receiptForm.MatchString(string(r)) }

// Case returns all of an application for our staff. It returns ErrNotFound.
func (s *Service) Case(ctx context.Context, r Receipt) (Case, error) {
	c, err := s.o.Store.Whole(ctx, r)
	if err != nil {
		return Case{}, fmt.Errorf("read application: %w", err)
	}
	return c, nil
}

// ByLink returns the application that a mailed link opens, without what is our staff's
// alone. It returns ErrLink.
func (s *Service) ByLink(ctx context.Context, token ident.Token) (Case, error) {
	if !token.IsWellFormed() {
		return Case{}, ErrLink
	}
	r, err := s.o.Store.Linked(ctx, token.Hash(), s.o.Clock.Now())
	if err != nil {
		return Case{}, fmt.Errorf("open link: %w", err)
	}
	return s.applicants(ctx, r)
}

// MemberCase returns an application of the actor's member, without what is our staff's
// alone. It returns ErrNotFound.
func (s *Service) MemberCase(ctx context.Context, actor account.Actor, r Receipt) (Case, error) {
	// SECURITY: an application belongs to one member; others' are unknown.
	if actor.Member.ID == 0 {
		return Case{}, ErrNotFound
	}
	if err := s.o.Store.Belongs(ctx, actor.Member.ID, r); err != nil {
		return Case{}, err
	}
	return s.applicants(ctx, r)
}

func (s *Service) applicants(ctx context.Context, r Receipt) (Case, error) {
	c, err := s.Case(ctx, r)
	if err != nil {
		return Case{}, err
	}
	c.Contacts, c.Notes, c.MergedFrom = nil, nil, nil
	var own []Attachment
	for _, a := range c.Attachments {
		// SECURITY: what was merged into the case may have come from somebody else.
		if a.By == ByApplicant && a.From == r {
			own = append(own, a)
		}
	}
	c.Attachments = own
	return c, nil
}

// OfMember lists the applications of the actor's member, the latest first.
func (s *Service) OfMember(ctx context.Context, actor account.Actor) ([]Application, error) {
	if actor.Member.ID == 0 {
		return nil, nil
	}
	return s.o.Store.OfMember(ctx, actor.Member.ID)
}

// Queue lists applications, what is due first at the beginning.
func (s *Service) Queue(ctx context.Context, f QueueFilter) (QueuePage, error) {
	if f.Limit == 0 {
		f.Limit = QueueLimit
	}
	return s.o.Store.Queue(ctx, f, today(s.o.Clock.Now()))
}

// callsMax is how many people are called in a day at most.
const callsMax = 200

// CallList lists who waits for a call, by the slots that they named.
func (s *Service) CallList(ctx context.Context) ([]Call, error) {
	page, err := s.Queue(ctx, QueueFilter{States: []State{Submitted, Contacting}, Limit: callsMax})
	if err != nil {
		return nil, err
	}
	var calls []Call
	for _, slot := range Slots {
		for _, a := range page.Applications {
			for _, named := range a.Slots {
				if named == slot {
					calls = append(calls, Call{a, slot})
				}
			}
		}
	}
	return calls, nil
}

// Alike lists other open applications that may be the same.
func (s *Service) Alike(ctx context.Context, a Application) ([]Application, error) {
	return s.o.Store.Alike(ctx, a)
}

// Figures returns the console's figures.
func (s *Service) Figures(ctx context.Context) (Figures, error) {
	return s.o.Store.Figures(ctx, s.o.Clock.Now())
}

// StoreEvents lists what happened to a store's Passkey, the latest first.
func (s *Service) StoreEvents(ctx context.Context, of member.StoreID) ([]StoreEvent, error) {
	return s.o.Store.StoreEvents(ctx, of)
}

// File returns an attachment for our staff. It returns ErrNotFound.
func (s *Service) File(ctx context.Context, r Receipt, id AttachmentID) (File, error) {
	a, err := s.o.Store.Application(ctx, r)
	if err != nil {
		return File{}, err
	}
	return s.o.Store.File(ctx, a.ID, id)
}

// Views lists the saved filters that somebody of our staff sees.
func (s *Service) Views(ctx context.Context, who Staff) ([]View, error) {
	return s.o.Store.Views(ctx, who.ID)
}

// ViewNameMax is the longest name of a saved filter, in characters.
const ViewNameMax = 40

// ErrViewName tells that a saved filter has no name, or too long a one.
var ErrViewName = fault.New(fault.Invalid, "view_name", "請輸入檢視名稱，最多 40 字。").At("name")

// SaveView saves a filter of the queue. It returns ErrViewName.
func (s *Service) SaveView(ctx context.Context, who Staff, v View) error {
	v.Name = strings.TrimSpace(v.Name)
	if v.Name == "" || runes(v.Name) > ViewNameMax {
		return ErrViewName
	}
	return s.o.Store.SaveView(ctx, who.ID, v)
}

// RemoveView removes a saved filter of one's own. It returns ErrNotFound.
func (s *Service) RemoveView(ctx context.Context, who Staff, id int64) error {
	return s.o.Store.RemoveView(ctx, who.ID, id)
}

// Staff lists our staff who are active.
func (s *Service) Staff(ctx context.Context) ([]account.Account, error) { return s.o.Store.Staff(ctx) }
