package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
)

// mergedIn are the application @id and all that were merged into it, at once or through
// others.
const mergedIn = `(WITH RECURSIVE chain AS (
		SELECT CAST(@id AS bigint) AS id
		UNION SELECT m.id FROM applications m JOIN chain c ON m.merged_into = c.id
	) SELECT id FROM chain)`

// Whole implements onboarding.Records. What our staff added to applications that were
// merged into this one stands here too.
func (o Onboarding) Whole(ctx context.Context, r onboarding.Receipt) (c onboarding.Case, err error) {
	if c.Application, err = o.Application(ctx, r); err != nil {
		return onboarding.Case{}, err
	}
	g := o.db.reader(ctx)
	id := int64(c.ID)
	var steps []struct {
		Move, State, ByWhom, Login, Store, Reason, Text string
		At                                              time.Time
	}
	var contacts []onboarding.Contact
	var notes []onboarding.Note
	var files []attachmentRecord
	var checks, merged []string
	arg := map[string]any{"id": id}
	err = errors.Join(
		g.Raw(`SELECT move, state, at, by_whom, login, store, reason, text FROM application_steps
			WHERE application_id = @id ORDER BY id`, arg).Scan(&steps).Error,
		g.Raw(`SELECT at, login, how, result, note FROM application_contacts
			WHERE application_id IN `+mergedIn+` ORDER BY at, id`, arg).Scan(&contacts).Error,
		g.Raw(`SELECT at, login, text FROM application_notes
			WHERE application_id IN `+mergedIn+` ORDER BY id`, arg).Scan(&notes).Error,
		g.Raw("SELECT "+attachmentColumns+attachmentTables+
			" WHERE f.application_id IN "+mergedIn+" ORDER BY f.id", arg).Scan(&files).Error,
		g.Raw(`SELECT DISTINCT ON (store_id) found FROM application_checks
			WHERE application_id = @id ORDER BY store_id, id DESC`, arg).Scan(&checks).Error,
		g.Raw(`SELECT receipt FROM applications WHERE id <> @id AND id IN `+mergedIn+` ORDER BY id`, arg).Scan(&merged).Error,
	)
	if err != nil {
		return onboarding.Case{}, fmt.Errorf("read case: %w", err)
	}
	for _, s := range steps {
		c.Steps = append(c.Steps, onboarding.Step{
			Move: onboarding.Move(s.Move), State: onboarding.State(s.State), At: s.At.UTC(), By: onboarding.Actor(s.ByWhom),
			Login: s.Login, Store: s.Store, Reason: onboarding.Reason(s.Reason), Text: s.Text,
		})
	}
	c.Contacts, c.Notes = contacts, notes
	for _, f := range files {
		c.Attachments = append(c.Attachments, f.attachment())
	}
	for _, text := range checks {
		var check onboarding.Check
		if err := json.Unmarshal([]byte(text), &check); err != nil {
			return onboarding.Case{}, fmt.Errorf("read check: %w", err)
		}
		c.Checks = append(c.Checks, check)
	}
	for _, receipt := range merged {
		c.MergedFrom = append(c.MergedFrom, onboarding.Receipt(receipt))
	}
	return c, nil
}

type attachmentRecord struct {
	ID            int64
	Place         string
	Name          string
	Type          string
	Size          int
	At            time.Time
	ByWhom        string
	Login         string
	Receipt       string
	ContentSealed []byte
}

const (
	attachmentColumns = "f.id, f.place, f.name, f.type, f.size, f.at, f.by_whom, f.login, a.receipt"
	attachmentTables  = " FROM application_files f JOIN applications a ON a.id = f.application_id"
)

func (r attachmentRecord) attachment() onboarding.Attachment {
	return onboarding.Attachment{
		ID: onboarding.AttachmentID(r.ID), Name: r.Name, Type: r.Type, Size: r.Size, At: r.At.UTC(),
		By: onboarding.Actor(r.ByWhom), Login: r.Login, From: onboarding.Receipt(r.Receipt),
	}
}

// File implements onboarding.Records.
func (o Onboarding) File(
	ctx context.Context, of onboarding.ID, id onboarding.AttachmentID,
) (onboarding.File, error) {
	var r attachmentRecord
	// SECURITY: the file of that application, or of one merged into it.
	err := o.db.reader(ctx).Raw("SELECT "+attachmentColumns+", f.content_sealed"+attachmentTables+
		" WHERE f.id = @file AND f.application_id IN "+mergedIn,
		map[string]any{"file": int64(id), "id": int64(of)}).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return onboarding.File{}, onboarding.ErrNotFound
	}
	if err != nil {
		return onboarding.File{}, fmt.Errorf("read attachment: %w", err)
	}
	content, err := o.db.cipher.Open(r.ContentSealed, applicationFileContext(r.Place))
	if err != nil {
		return onboarding.File{}, fmt.Errorf("unseal attachment %d: %w", id, err)
	}
	return onboarding.File{Attachment: r.attachment(), Content: content}, nil
}

// queued is a condition on applications a, built from a filter of the queue.
func (o Onboarding) queued(f onboarding.QueueFilter, today clock.Date) *search {
	q := &search{}
	q.and("true")
	if len(f.States) > 0 {
		q.and("a.state = ANY (CAST(? AS application_state[]))", textArray(texts(f.States)))
	}
	if f.Open {
		q.and(applicationOpen)
	}
	if f.Kind != "" {
		q.and("a.kind = CAST(? AS application_kind)", string(f.Kind))
	}
	if f.Subject != "" {
		q.and("a.subject = ?", string(f.Subject))
	}
	if f.Assignee != 0 {
		q.and("a.assignee_id = ?", int64(f.Assignee))
	}
	if f.Nobody {
		q.and("a.assignee_id IS NULL")
	}
	if f.Slot != "" {
		q.and("? = ANY (a.slots)", string(f.Slot))
	}
	switch f.Urgency {
	case onboarding.Overdue:
		q.and(applicationOpen+" AND a.due_until < CAST(? AS date)", today.String())
	case onboarding.LastDay:
		q.and(applicationOpen+" AND a.due_until = CAST(? AS date)", today.String())
	case onboarding.OnTime:
		q.and(applicationOpen+" AND a.due_until > CAST(? AS date)", today.String())
	case onboarding.NotDue:
	}
	if text := strings.TrimSpace(f.Query); text != "" {
		o.named(q, text)
	}
	return q
}

// named finds applications by what people call them: a receipt, a name or a part of it, a
// member's or store's number, or a whole phone number or mail address.
func (o Onboarding) named(q *search, text string) {
	part := "%" + likeText.Replace(text) + "%"
	phone, _ := onboarding.ParsePhone(text)
	q.and(`(a.receipt = ? OR a.name ILIKE ? OR m.name ILIKE ? OR m.code = ? OR a.phone_index IN ? OR a.mail_index IN ?
		OR EXISTS (SELECT FROM application_stores x JOIN stores s ON s.id = x.store_id
			WHERE x.application_id = a.id AND s.merchant_id = ?))`,
		string(onboarding.ParseReceipt(text)), part, part, text, o.db.cipher.Blinds(phoneText(phone)),
		o.db.cipher.Blinds(applicantMailText(strings.ToLower(text))), strings.ToUpper(text))
}

// queueOrder puts what is due first at the beginning, then what nobody has confirmed yet,
// then what waits for the applicant, then what has ended.
const queueOrder = ` ORDER BY CASE
		WHEN a.state IN ('confirmed', 'activating') THEN 0
		WHEN a.state IN ('submitted', 'contacting') THEN 1
		WHEN a.state = 'needs_info' THEN 2 ELSE 3 END,
	CASE WHEN a.state IN ('confirmed', 'activating') THEN a.due_until END,
	CASE WHEN ` + applicationOpen + ` THEN a.submitted_at END, a.state_since DESC, a.id DESC`

// Queue implements onboarding.Records.
func (o Onboarding) Queue(
	ctx context.Context, f onboarding.QueueFilter, today clock.Date,
) (page onboarding.QueuePage, err error) {
	q := o.queued(f, today)
	g := o.db.reader(ctx)
	page.Applications, err = o.db.applications(g, applicationQuery+" WHERE "+q.where()+queueOrder+" LIMIT ? OFFSET ?",
		append(q.args, f.Limit, f.Offset)...)
	if err != nil {
		return onboarding.QueuePage{}, err
	}
	err = g.Raw("SELECT count(*) FROM applications a LEFT JOIN members m ON m.id = a.member_id WHERE "+q.where(),
		q.args...).Scan(&page.Total).Error
	if err != nil {
		return onboarding.QueuePage{}, fmt.Errorf("count applications: %w", err)
	}
	return page, nil
}

// StoreEvents implements onboarding.Records.
func (o Onboarding) StoreEvents(ctx context.Context, of member.StoreID) ([]onboarding.StoreEvent, error) {
	var rows []struct {
		At                     time.Time
		PasskeyOn              bool
		Login, Reason, Receipt string
	}
	err := o.db.reader(ctx).Raw(`
		SELECT at, passkey_on, login, reason, receipt FROM store_events WHERE store_id = ? ORDER BY id DESC LIMIT 100`,
		int64(of)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the history of a store: %w", err)
	}
	events := make([]onboarding.StoreEvent, len(rows))
	for i, r := range rows {
		events[i] = onboarding.StoreEvent{
			At: r.At.UTC(), On: r.PasskeyOn, Login: r.Login, Reason: onboarding.Reason(r.Reason),
			Receipt: onboarding.Receipt(r.Receipt),
		}
	}
	return events, nil
}

// StoreRefs implements onboarding.Records.
func (o Onboarding) StoreRefs(
	ctx context.Context, of member.ID, merchantIDs []string,
) ([]onboarding.StoreRef, error) {
	var rows []storeRefRecord
	// SECURITY: of one member, unless our staff ask.
	err := o.db.reader(ctx).Raw(storeRefQuery+`
		s.merchant_id = ANY (CAST(? AS text[])) AND (? = 0 OR s.member_id = ?) ORDER BY s.merchant_id`,
		textArray(merchantIDs), int64(of), int64(of)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read stores: %w", err)
	}
	refs := make([]onboarding.StoreRef, len(rows))
	for i, r := range rows {
		refs[i] = r.ref()
	}
	return refs, nil
}

// Views implements onboarding.Records.
func (o Onboarding) Views(ctx context.Context, who account.ID) ([]onboarding.View, error) {
	var views []onboarding.View
	err := o.db.reader(ctx).Raw(`
		SELECT v.id, v.name, v.query, v.shared, v.account_id = @who AS mine, a.login
		FROM support_views v JOIN accounts a ON a.id = v.account_id
		WHERE v.account_id = @who OR v.shared ORDER BY v.account_id <> @who, v.name`,
		map[string]any{"who": int64(who)}).Scan(&views).Error
	if err != nil {
		return nil, fmt.Errorf("read saved views: %w", err)
	}
	return views, nil
}

// SaveView implements onboarding.Records.
func (o Onboarding) SaveView(ctx context.Context, who account.ID, v onboarding.View) error {
	err := o.db.reader(ctx).Exec(`
		INSERT INTO support_views (account_id, name, query, shared) VALUES (?, ?, ?, ?)
		ON CONFLICT (account_id, name) DO UPDATE SET query = excluded.query, shared = excluded.shared`,
		int64(who), v.Name, v.Query, v.Shared).Error
	if err != nil {
		return fmt.Errorf("save view: %w", err)
	}
	return nil
}

// RemoveView implements onboarding.Records.
func (o Onboarding) RemoveView(ctx context.Context, who account.ID, id int64) error {
	done := o.db.reader(ctx).Exec("DELETE FROM support_views WHERE id = ? AND account_id = ?", id, int64(who))
	if done.Error != nil {
		return fmt.Errorf("remove view: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return onboarding.ErrNotFound
	}
	return nil
}
