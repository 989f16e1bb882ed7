package onboarding

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
)

// Form is what an applicant sends.
type Form struct {
	Kind    Kind
	Subject Subject
	Name    string
	Phone   string
	Email   string
	Message string
	Slots   []Slot
	Consent bool
	Stores  []string // MerchantIDs, of a signed-in member
	// Once names the form that was handed out: with the same content it is taken once, however
	// often it is sent. "" takes it each time.
	Once string
}

// hash is what the form is known by; nil where it is taken each time.
func (f Form) hash() []byte {
	if f.Once == "" {
		return nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", []any{
		f.Once, f.Kind, f.Subject, f.Name, f.Phone, f.Email, f.Message, f.Slots, f.Stores,
	}))
	return sum[:]
}

// ErrTaken tells that a form made an application before.
var ErrTaken = errors.New("onboarding: the form made an application before")

// What is wrong with a form, each beside its field.
var (
	errKind    = fault.New(fault.Invalid, "application_kind", "請選擇申請或諮詢。").At("kind")
	errSubject = fault.New(fault.Invalid, "application_subject", "請選擇諮詢項目。").At("subject")
	errName    = fault.New(fault.Invalid, "application_name", "請輸入姓名 / 公司名稱，最多 60 字。").At("name")
	errPhone   = fault.New(fault.Invalid, "application_phone", "請輸入正確的連絡電話，例如 02-2345-6789 或 0912345678。").At("phone")
	errEmail   = fault.New(fault.Invalid, "application_email", "請輸入正確的 E-mail。").At("email")
	errMessage = fault.New(fault.Invalid, "application_message", "請輸入想要諮詢的事項，最多 2,000 字。").At("message")
	errSlots   = fault.New(fault.Invalid, "application_slots", "請至少選擇一個期望聯絡時間。").At("slots")
	errConsent = fault.New(fault.Invalid, "application_consent", "請先同意隱私權政策。").At("consent")
	errStores  = fault.New(fault.Invalid, "application_stores", "請選擇您的商店；已開通或申請中的商店不需再申請。").At("stores")
)

func runes(text string) int { return utf8.RuneCountInString(text) }

// ParsePhone returns a phone number in E.164; one without a country code is of Taiwan.
func ParsePhone(text string) (string, bool) {
	number, err := phonenumbers.Parse(text, "TW")
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return "", false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}

// foldMail returns an address as it is compared and mailed to.
func foldMail(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > EmailMax {
		return "", false
	}
	return text, true
}

// read returns the application that a form describes, or what is wrong with it.
func (f Form) read() (a Application, err error) {
	var faults fault.Group
	add := func(ok bool, wrong *fault.Fault) {
		if !ok {
			faults = append(faults, wrong)
		}
	}
	a = Application{
		Kind: f.Kind, Subject: f.Subject, Name: strings.TrimSpace(f.Name), Message: strings.TrimSpace(f.Message),
		State: Submitted,
	}
	add(slices.Contains(Kinds, f.Kind), errKind)
	add(slices.Contains(Subjects, f.Subject), errSubject)
	add(a.Name != "" && runes(a.Name) <= NameMax, errName)
	var ok bool
	a.Phone, ok = ParsePhone(f.Phone)
	add(ok, errPhone)
	a.Email, ok = foldMail(f.Email)
	add(ok, errEmail)
	add(runes(a.Message) <= MessageMax && (a.Message != "" || f.Kind != Consult), errMessage)
	for _, slot := range Slots {
		if slices.Contains(f.Slots, slot) {
			a.Slots = append(a.Slots, slot)
		}
	}
	add(len(a.Slots) > 0, errSlots)
	add(f.Consent, errConsent)
	return a, faults.OrNil()
}

// Submit takes an application or a question. A signed-in owner's names the stores and is
// checked for readiness at once. The applicant gets a receipt number and a mail with a
// link. A form that was taken before returns the application that it made. It returns a
// fault.Group for input that breaks a rule.
func (s *Service) Submit(ctx context.Context, f Form, who Applicant) (Application, error) {
	a, err := f.read()
	var wrong fault.Group
	if err != nil && !errors.As(err, &wrong) {
		return Application{}, err
	}
	if who.Member != 0 && f.Kind == Apply {
		switch a.Stores, err = s.storesToApply(ctx, who.Member, f.Stores); {
		case errors.Is(err, errStores):
			wrong = append(wrong, errStores)
		case err != nil:
			return Application{}, err
		}
	}
	if err := wrong.OrNil(); err != nil {
		return Application{}, err
	}
	var checks []Check
	if len(a.Stores) > 0 {
		if checks, err = s.o.Readiness.Check(ctx, storeIDs(a.Stores)); err != nil {
			return Application{}, fmt.Errorf("check readiness: %w", err)
		}
	}
	now := s.o.Clock.Now()
	a.Version, a.Receipt, a.SubmittedAt, a.StateSince = 1, newReceipt(now), now, now
	a.MemberID, a.AppliedBy, a.FormHash = who.Member, who.Account, f.hash()
	err = s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := s.claim(ctx, tx, a); err != nil {
			return err
		}
		if a.ID, err = tx.Add(ctx, a); err != nil {
			return err
		}
		if err := tx.AddStep(ctx, a.ID, Step{State: Submitted, At: now, By: ByApplicant, Login: who.By.Login}); err != nil {
			return err
		}
		for _, c := range checks {
			if err := tx.AddCheck(ctx, a.ID, c); err != nil {
				return err
			}
		}
		if err := s.mailReceived(ctx, tx, a); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{By: who.By, At: now, Kind: audit.ApplicationSubmitted, Subject: string(a.Receipt)})
	})
	if errors.Is(err, ErrTaken) {
		a, err = s.o.Store.ByForm(ctx, a.FormHash)
	}
	if err != nil {
		return Application{}, fmt.Errorf("submit application: %w", err)
	}
	return a, nil
}

// storesToApply returns the stores that a member may apply for. It returns errStores for
// others.
func (s *Service) storesToApply(ctx context.Context, of member.ID, merchantIDs []string) ([]Store, error) {
	refs, err := s.o.Store.StoreRefs(ctx, of, merchantIDs)
	if err != nil {
		return nil, fmt.Errorf("read the stores applied for: %w", err)
	}
	// SECURITY: what is not among the member's stores does not exist.
	if len(refs) == 0 || len(refs) != len(slices.Compact(slices.Sorted(slices.Values(merchantIDs)))) {
		return nil, errStores
	}
	var stores []Store
	for _, r := range refs {
		if r.Passkey {
			return nil, errStores
		}
		stores = append(stores, Store{ID: r.ID, MerchantID: r.MerchantID, Name: r.Name, Standing: StoreWaiting})
	}
	return stores, nil
}

// claim locks the stores of a new application. It returns errStores where one has Passkey
// by now, or is in another application that is open.
func (s *Service) claim(ctx context.Context, tx Tx, a Application) error {
	for _, store := range a.Stores {
		ref, err := tx.StoreRef(ctx, store.ID)
		if err != nil {
			return err
		}
		if ref.Passkey {
			return fault.Group{errStores}
		}
	}
	if len(a.Stores) == 0 {
		return nil
	}
	earlier, err := s.o.Store.OfMember(ctx, a.MemberID)
	if err != nil {
		return err
	}
	for _, other := range earlier {
		for _, store := range a.Stores {
			if other.State.Open() && storeOf(&other, store.ID) != nil {
				return fault.Group{errStores}
			}
		}
	}
	return nil
}

func storeIDs(stores []Store) []member.StoreID {
	ids := make([]member.StoreID, len(stores))
	for i, store := range stores {
		ids[i] = store.ID
	}
	return ids
}

func (s *Service) mailReceived(ctx context.Context, tx Tx, a Application) error {
	letter := notify.ApplicationReceived{Question: a.Kind == Consult}
	var err error
	if letter.Application, err = s.letter(ctx, tx, a); err != nil {
		return err
	}
	if a.AppliedBy == 0 {
		letter.ExpiresAt = s.o.Clock.Now().Add(LinkLifetime)
	}
	for _, slot := range a.Slots {
		letter.Slots = append(letter.Slots, slot.Label())
	}
	for _, store := range a.Stores {
		letter.Stores = append(letter.Stores, store.Name+" "+store.MerchantID)
	}
	return tx.Mail(ctx, notify.ApplicationReceivedMail(letter))
}

// letter is what every mail about an application starts from. Who applied from the
// member's pages is led there; anybody else by a fresh link.
func (s *Service) letter(ctx context.Context, tx Tx, a Application) (notify.Application, error) {
	now := s.o.Clock.Now()
	url := s.o.PublicURL + "/member/passkey/applications/" + string(a.Receipt)
	if a.AppliedBy == 0 {
		link := Link{Token: ident.NewToken(), Application: a.ID, ExpiresAt: now.Add(LinkLifetime)}
		if err := tx.AddLink(ctx, link); err != nil {
			return notify.Application{}, err
		}
		url = s.progressURL(link)
	}
	return notify.Application{
		To: a.Email, Name: a.Name, Receipt: string(a.Receipt), Subject: a.Subject.Label(), URL: url, At: now,
	}, nil
}

func (s *Service) progressURL(l Link) string {
	return s.o.PublicURL + "/passkey/progress/" + string(l.Token)
}

// AskLink mails a fresh link to the applicant, if the receipt number and the address
// belong together; it answers the same whether they do.
func (s *Service) AskLink(ctx context.Context, r Receipt, email string) error {
	folded, ok := foldMail(email)
	if !ok {
		return errEmail
	}
	a, err := s.o.Store.Application(ctx, r)
	if errors.Is(err, ErrNotFound) || err == nil && a.Email != folded {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask for a link: %w", err)
	}
	err = s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		now := s.o.Clock.Now()
		link := Link{Token: ident.NewToken(), Application: a.ID, ExpiresAt: now.Add(LinkLifetime)}
		if err := tx.AddLink(ctx, link); err != nil {
			return err
		}
		return tx.Mail(ctx, notify.ApplicationLinkMail(notify.ApplicationLink{
			To: a.Email, Receipt: string(a.Receipt), URL: s.progressURL(link), ExpiresAt: link.ExpiresAt, At: now,
		}))
	})
	if err != nil {
		return fmt.Errorf("ask for a link: %w", err)
	}
	return nil
}
