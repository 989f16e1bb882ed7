package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
)

// Onboarding keeps applications for the Passkey服務. It implements onboarding.Records.
type Onboarding struct{ db *DB }

// Onboarding returns the keeper of applications.
func (db *DB) Onboarding() Onboarding { return Onboarding{db} }

var (
	_ onboarding.Records = Onboarding{}
	_ onboarding.Tx      = applicationTx{}
)

type applicationTx struct{ *tx }

// InTx implements onboarding.Records.
func (o Onboarding) InTx(ctx context.Context, do func(context.Context, onboarding.Tx) error) error {
	return o.db.inTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, applicationTx{t}) })
}

// applicationContext binds what is sealed of an applicant to its row.
func applicationContext(receipt string) []byte { return []byte("applications/" + receipt + "/contact") }

// applicationFileContext binds a sealed attachment to its row.
func applicationFileContext(place string) []byte { return []byte("application_files/" + place) }

// Places of blind indexes: a phone number and an address never share one.
func phoneText(phone string) []byte        { return []byte("applications/phone/" + phone) }
func applicantMailText(mail string) []byte { return []byte("applications/mail/" + mail) }

// applicantContact is what is sealed of an applicant.
type applicantContact struct{ Phone, Email, Message string }

type applicationRecord struct {
	ID            int64
	Version       int64
	Receipt       string
	Kind          string
	Subject       string
	State         string
	Name          string
	ContactSealed []byte
	Slots         []byte
	AppliedBy     int64
	MemberID      int64
	MemberCode    string
	MemberName    string
	AssigneeID    int64
	AssigneeAs    string
	SubmittedAt   time.Time
	StateSince    time.Time
	ConfirmedAt   *time.Time
	DueFrom       string
	DueUntil      string
	DueMissing    []byte
	Reason        string
	ReasonText    string
	MergedInto    int64
	Stores        []byte
}

const applicationStoresJSON = `
	SELECT json_agg(json_build_object('id', s.id, 'merchantID', s.merchant_id, 'name', s.name, 'standing', x.standing,
		'proposedBy', coalesce(x.proposed_by, 0), 'proposer', coalesce(p.login, ''), 'proposedAt', x.proposed_at,
		'activeAt', x.active_at, 'offAt', x.off_at, 'offReason', x.off_reason) ORDER BY s.merchant_id)
	FROM application_stores x JOIN stores s ON s.id = x.store_id LEFT JOIN accounts p ON p.id = x.proposed_by
	WHERE x.application_id = a.id`

const applicationQuery = `
	SELECT a.id, a.version, a.receipt, a.kind, a.subject, a.state, a.name, a.contact_sealed, to_json(a.slots) AS slots,
		coalesce(a.applied_by, 0) AS applied_by, coalesce(a.member_id, 0) AS member_id,
		coalesce(m.code, '') AS member_code, coalesce(m.name, '') AS member_name,
		coalesce(a.assignee_id, 0) AS assignee_id, coalesce(w.login, '') AS assignee_as, a.submitted_at, a.state_since,
		a.confirmed_at, coalesce(a.due_from::text, '') AS due_from, coalesce(a.due_until::text, '') AS due_until,
		to_json(a.due_missing) AS due_missing, a.reason, a.reason_text, coalesce(a.merged_into, 0) AS merged_into,
		coalesce((` + applicationStoresJSON + `), '[]') AS stores
	FROM applications a LEFT JOIN members m ON m.id = a.member_id LEFT JOIN accounts w ON w.id = a.assignee_id`

func (db *DB) openApplication(r applicationRecord) (onboarding.Application, error) {
	a := onboarding.Application{
		ID: onboarding.ID(r.ID), Version: r.Version, Receipt: onboarding.Receipt(r.Receipt), Kind: onboarding.Kind(r.Kind),
		Subject: onboarding.Subject(r.Subject), State: onboarding.State(r.State), Name: r.Name,
		AppliedBy: account.ID(r.AppliedBy), MemberID: member.ID(r.MemberID), MemberCode: r.MemberCode,
		MemberName: r.MemberName, Assignee: account.ID(r.AssigneeID), AssigneeAs: r.AssigneeAs,
		SubmittedAt: r.SubmittedAt.UTC(), StateSince: r.StateSince.UTC(), ConfirmedAt: timeOf(r.ConfirmedAt),
		Reason: onboarding.Reason(r.Reason), ReasonText: r.ReasonText, MergedInto: onboarding.ID(r.MergedInto),
	}
	plain, err := db.cipher.Open(r.ContactSealed, applicationContext(r.Receipt))
	if err != nil {
		return onboarding.Application{}, fmt.Errorf("unseal application %d: %w", r.ID, err)
	}
	var c applicantContact
	var stores []applicationStoreRecord
	err = errors.Join(
		json.Unmarshal(plain, &c), json.Unmarshal(r.Slots, &a.Slots), json.Unmarshal(r.DueMissing, &a.Due.Missing),
		json.Unmarshal(r.Stores, &stores))
	if err != nil {
		return onboarding.Application{}, fmt.Errorf("read application %d: %w", r.ID, err)
	}
	a.Phone, a.Email, a.Message = c.Phone, c.Email, c.Message
	for _, s := range stores {
		a.Stores = append(a.Stores, s.store())
	}
	if a.Due.From, err = dateOf(r.DueFrom); err == nil {
		a.Due.Until, err = dateOf(r.DueUntil)
	}
	if err != nil {
		return onboarding.Application{}, fmt.Errorf("read application %d: %w", r.ID, err)
	}
	return a, nil
}

type applicationStoreRecord struct {
	ID         int64      `json:"id"`
	MerchantID string     `json:"merchantID"`
	Name       string     `json:"name"`
	Standing   string     `json:"standing"`
	ProposedBy int64      `json:"proposedBy"`
	Proposer   string     `json:"proposer"`
	ProposedAt *time.Time `json:"proposedAt"`
	ActiveAt   *time.Time `json:"activeAt"`
	OffAt      *time.Time `json:"offAt"`
	OffReason  string     `json:"offReason"`
}

func (r applicationStoreRecord) store() onboarding.Store {
	return onboarding.Store{
		ID: member.StoreID(r.ID), MerchantID: r.MerchantID, Name: r.Name, Standing: onboarding.Standing(r.Standing),
		ProposedBy: account.ID(r.ProposedBy), Proposer: r.Proposer, ProposedAt: timeOf(r.ProposedAt),
		ActiveAt: timeOf(r.ActiveAt), OffAt: timeOf(r.OffAt), OffReason: onboarding.Reason(r.OffReason),
	}
}

func (db *DB) applications(g *gorm.DB, sql string, args ...any) ([]onboarding.Application, error) {
	var records []applicationRecord
	if err := g.Raw(sql, args...).Scan(&records).Error; err != nil {
		return nil, fmt.Errorf("read applications: %w", err)
	}
	list := make([]onboarding.Application, 0, len(records))
	for _, r := range records {
		a, err := db.openApplication(r)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func (db *DB) application(g *gorm.DB, where string, arg any) (onboarding.Application, error) {
	list, err := db.applications(g, applicationQuery+where, arg)
	switch {
	case err != nil:
		return onboarding.Application{}, err
	case len(list) == 0:
		return onboarding.Application{}, onboarding.ErrNotFound
	}
	return list[0], nil
}

// Application implements onboarding.Records.
func (o Onboarding) Application(ctx context.Context, r onboarding.Receipt) (onboarding.Application, error) {
	return o.db.application(o.db.reader(ctx), " WHERE a.receipt = ?", string(r))
}

// ByForm implements onboarding.Records.
func (o Onboarding) ByForm(ctx context.Context, formHash []byte) (onboarding.Application, error) {
	return o.db.application(o.db.reader(ctx), " WHERE a.form_hash = ?", formHash)
}

// Linked implements onboarding.Records.
func (o Onboarding) Linked(ctx context.Context, tokenHash []byte, now time.Time) (onboarding.Receipt, error) {
	var receipt string
	err := o.db.reader(ctx).Raw(`
		SELECT a.receipt FROM application_links l JOIN applications a ON a.id = l.application_id
		WHERE l.token_hash = ? AND l.expires_at > ?`, tokenHash, now).Take(&receipt).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", onboarding.ErrLink
	}
	if err != nil {
		return "", fmt.Errorf("read link of an application: %w", err)
	}
	return onboarding.Receipt(receipt), nil
}

// Belongs implements onboarding.Records.
func (o Onboarding) Belongs(ctx context.Context, of member.ID, r onboarding.Receipt) error {
	var found bool
	// SECURITY: the member comes first, whatever the receipt.
	err := o.db.reader(ctx).Raw("SELECT EXISTS (SELECT FROM applications WHERE member_id = ? AND receipt = ?)",
		int64(of), string(r)).Scan(&found).Error
	if err != nil {
		return fmt.Errorf("look whose an application is: %w", err)
	}
	if !found {
		return onboarding.ErrNotFound
	}
	return nil
}

// OfMember implements onboarding.Records.
func (o Onboarding) OfMember(ctx context.Context, of member.ID) ([]onboarding.Application, error) {
	// SECURITY: the applications of one member.
	return o.db.applications(o.db.reader(ctx), applicationQuery+" WHERE a.member_id = ? ORDER BY a.id DESC", int64(of))
}

// Alike implements onboarding.Records.
func (o Onboarding) Alike(ctx context.Context, a onboarding.Application) ([]onboarding.Application, error) {
	ids := make([]member.StoreID, len(a.Stores))
	for i, s := range a.Stores {
		ids[i] = s.ID
	}
	return o.db.applications(o.db.reader(ctx), applicationQuery+` WHERE a.id <> ? AND `+applicationOpen+`
		AND (a.phone_index IN ? OR a.mail_index IN ? OR EXISTS (
			SELECT FROM application_stores x WHERE x.application_id = a.id AND x.store_id = ANY (CAST(? AS bigint[]))))
		ORDER BY a.id DESC LIMIT 20`, int64(a.ID), o.db.cipher.Blinds(phoneText(a.Phone)),
		o.db.cipher.Blinds(applicantMailText(a.Email)), idArray(ids))
}

const applicationOpen = `a.state IN ('submitted', 'contacting', 'needs_info', 'confirmed', 'activating')`

// Staff implements onboarding.Records.
func (o Onboarding) Staff(ctx context.Context) ([]account.Account, error) {
	var records []accountRecord
	err := o.db.reader(ctx).Raw(`
		SELECT id, kind, coalesce(role::text, '') AS role, login, email, status FROM accounts
		WHERE kind = 'staff' AND status = 'active' ORDER BY login`).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read our staff: %w", err)
	}
	list := make([]account.Account, len(records))
	for i, r := range records {
		list[i] = r.account()
	}
	return list, nil
}

// dateText is a date for the database; nil for none.
func dateText(d clock.Date) *string {
	if d.IsZero() {
		return nil
	}
	text := d.String()
	return &text
}
