package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
)

// Add implements onboarding.Tx.
func (t applicationTx) Add(ctx context.Context, a onboarding.Application) (onboarding.ID, error) {
	plain, err := json.Marshal(applicantContact{Phone: a.Phone, Email: a.Email, Message: a.Message})
	if err != nil {
		return 0, fmt.Errorf("write what an applicant sent: %w", err)
	}
	sealed, err := t.db.cipher.Seal(plain, applicationContext(string(a.Receipt)))
	if err != nil {
		return 0, fmt.Errorf("seal what an applicant sent: %w", err)
	}
	var id int64
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO applications (version, receipt, kind, subject, state, name, contact_sealed, phone_index, mail_index,
			slots, applied_by, member_id, submitted_at, state_since, form_hash)
		VALUES (?, ?, CAST(? AS application_kind), ?, CAST(? AS application_state), ?, ?, ?, ?, CAST(? AS text[]), ?, ?, ?, ?,
			?)
		RETURNING id`,
		a.Version, string(a.Receipt), string(a.Kind), string(a.Subject), string(a.State), a.Name, sealed,
		t.db.cipher.Blind(phoneText(a.Phone)), t.db.cipher.Blind(applicantMailText(a.Email)),
		textArray(texts(a.Slots)), nullNumber(int64(a.AppliedBy)), nullNumber(int64(a.MemberID)), a.SubmittedAt,
		a.StateSince, a.FormHash).Scan(&id).Error
	if violates(err, "applications_form_hash_key") {
		return 0, onboarding.ErrTaken
	}
	if err != nil {
		return 0, fmt.Errorf("insert application: %w", err)
	}
	return onboarding.ID(id), t.stores(ctx, onboarding.ID(id), a.Stores)
}

// Lock implements onboarding.Tx.
func (t applicationTx) Lock(ctx context.Context, r onboarding.Receipt) (onboarding.Application, error) {
	err := t.gorm.WithContext(ctx).Exec("SELECT FROM applications WHERE receipt = ? FOR NO KEY UPDATE", string(r)).Error
	if err != nil {
		return onboarding.Application{}, fmt.Errorf("lock application: %w", err)
	}
	return t.db.application(t.gorm.WithContext(ctx), " WHERE a.receipt = ?", string(r))
}

// Save implements onboarding.Tx.
func (t applicationTx) Save(ctx context.Context, a onboarding.Application) error {
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE applications SET version = ?, kind = CAST(? AS application_kind), subject = ?,
			state = CAST(? AS application_state), member_id = ?, assignee_id = ?, state_since = ?, confirmed_at = ?,
			due_from = CAST(? AS date), due_until = CAST(? AS date), due_missing = CAST(? AS int[]), reason = ?,
			reason_text = ?, merged_into = ?
		WHERE id = ? AND version = ?`,
		a.Version, string(a.Kind), string(a.Subject), string(a.State), nullNumber(int64(a.MemberID)),
		nullNumber(int64(a.Assignee)), a.StateSince, nullTime(a.ConfirmedAt), dateText(a.Due.From), dateText(a.Due.Until),
		intArray(a.Due.Missing), string(a.Reason), a.ReasonText, nullNumber(int64(a.MergedInto)),
		int64(a.ID), a.Version-1)
	if err := onlyOne(done, "update application"); err != nil {
		return err
	}
	return t.stores(ctx, a.ID, a.Stores)
}

// stores makes an application's stores what they are to be.
func (t applicationTx) stores(ctx context.Context, of onboarding.ID, stores []onboarding.Store) error {
	g := t.gorm.WithContext(ctx)
	ids := make([]member.StoreID, len(stores))
	for i, s := range stores {
		ids[i] = s.ID
	}
	err := g.Exec("DELETE FROM application_stores WHERE application_id = ? AND NOT store_id = ANY (CAST(? AS bigint[]))",
		int64(of), idArray(ids)).Error
	if err != nil {
		return fmt.Errorf("unlink stores of an application: %w", err)
	}
	for _, s := range stores {
		err := g.Exec(`
			INSERT INTO application_stores (application_id, store_id, standing, proposed_by, proposed_at, active_at, off_at,
				off_reason) VALUES (?, ?, CAST(? AS application_standing), ?, ?, ?, ?, ?)
			ON CONFLICT (application_id, store_id) DO UPDATE SET standing = excluded.standing,
				proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at, active_at = excluded.active_at,
				off_at = excluded.off_at, off_reason = excluded.off_reason`,
			int64(of), int64(s.ID), string(s.Standing), nullNumber(int64(s.ProposedBy)), nullTime(s.ProposedAt),
			nullTime(s.ActiveAt), nullTime(s.OffAt), string(s.OffReason)).Error
		if err != nil {
			return fmt.Errorf("link store to an application: %w", err)
		}
	}
	return nil
}

func (t applicationTx) insert(ctx context.Context, what, sql string, args ...any) error {
	if err := t.gorm.WithContext(ctx).Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("insert %s of an application: %w", what, err)
	}
	return nil
}

// AddStep implements onboarding.Tx.
func (t applicationTx) AddStep(ctx context.Context, of onboarding.ID, s onboarding.Step) error {
	return t.insert(ctx, "step", `
		INSERT INTO application_steps (application_id, move, state, at, by_whom, login, store, reason, text)
		VALUES (?, ?, CAST(? AS application_state), ?, ?, ?, ?, ?, ?)`,
		int64(of), string(s.Move), string(s.State), s.At, string(s.By), s.Login, s.Store, string(s.Reason), s.Text)
}

// AddContact implements onboarding.Tx.
func (t applicationTx) AddContact(ctx context.Context, of onboarding.ID, c onboarding.Contact) error {
	return t.insert(ctx, "contact", `
		INSERT INTO application_contacts (application_id, at, login, how, result, note) VALUES (?, ?, ?, ?, ?, ?)`,
		int64(of), c.At, c.Login, c.How, c.Result, c.Note)
}

// AddNote implements onboarding.Tx.
func (t applicationTx) AddNote(ctx context.Context, of onboarding.ID, n onboarding.Note) error {
	return t.insert(ctx, "note", "INSERT INTO application_notes (application_id, at, login, text) VALUES (?, ?, ?, ?)",
		int64(of), n.At, n.Login, n.Text)
}

// AddFile implements onboarding.Tx. The application is locked: nobody adds one meanwhile.
func (t applicationTx) AddFile(ctx context.Context, of onboarding.ID, f onboarding.File) error {
	var n int
	err := t.gorm.WithContext(ctx).Raw("SELECT count(*) FROM application_files WHERE application_id = ?", int64(of)).
		Scan(&n).Error
	if err != nil {
		return fmt.Errorf("count attachments: %w", err)
	}
	if n >= onboarding.FilesMax {
		return onboarding.ErrFilesMax
	}
	place := rand.Text()
	sealed, err := t.db.cipher.Seal(f.Content, applicationFileContext(place))
	if err != nil {
		return fmt.Errorf("seal attachment: %w", err)
	}
	return t.insert(ctx, "attachment", `
		INSERT INTO application_files (place, application_id, name, type, size, content_sealed, at, by_whom, login)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		place, int64(of), f.Name, f.Type, f.Size, sealed, f.At, string(f.By), f.Login)
}

// AddCheck implements onboarding.Tx.
func (t applicationTx) AddCheck(ctx context.Context, of onboarding.ID, c onboarding.Check) error {
	found, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write check: %w", err)
	}
	return t.insert(ctx, "check", `
		INSERT INTO application_checks (application_id, store_id, at, found) VALUES (?, ?, ?, CAST(? AS jsonb))`,
		int64(of), int64(c.Store), c.At, string(found))
}

// AddLink implements onboarding.Tx.
func (t applicationTx) AddLink(ctx context.Context, l onboarding.Link) error {
	return t.insert(ctx, "link", "INSERT INTO application_links (application_id, token_hash, expires_at) VALUES (?, ?, ?)",
		int64(l.Application), l.Token.Hash(), l.ExpiresAt)
}

// Reached implements onboarding.Tx.
func (t applicationTx) Reached(ctx context.Context, of onboarding.ID) (reached bool, err error) {
	err = t.gorm.WithContext(ctx).Raw(
		"SELECT EXISTS (SELECT FROM application_contacts WHERE application_id = ? AND result = 'reached')", int64(of)).
		Scan(&reached).Error
	if err != nil {
		return false, fmt.Errorf("look for contacts: %w", err)
	}
	return reached, nil
}

// SwitchPasskey implements onboarding.Tx.
func (t applicationTx) SwitchPasskey(ctx context.Context, s onboarding.StoreRef, e onboarding.StoreEvent) error {
	done := t.gorm.WithContext(ctx).Exec("UPDATE stores SET passkey = ? WHERE id = ?", e.On, int64(s.ID))
	if err := onlyOne(done, "switch Passkey of a store"); err != nil {
		return err
	}
	return t.insert(ctx, "store event", `
		INSERT INTO store_events (store_id, at, passkey_on, login, reason, receipt) VALUES (?, ?, ?, ?, ?, ?)`,
		int64(s.ID), e.At, e.On, e.Login, string(e.Reason), string(e.Receipt))
}

type storeRefRecord struct {
	ID, MemberID                                    int64
	MerchantID, Name, Email, MemberCode, MemberName string
	Passkey                                         bool
}

const storeRefQuery = `
	SELECT s.id, s.member_id, s.merchant_id, s.name, s.email, m.code AS member_code, m.name AS member_name, s.passkey
	FROM stores s JOIN members m ON m.id = s.member_id WHERE `

func (r storeRefRecord) ref() onboarding.StoreRef {
	return onboarding.StoreRef{
		ID: member.StoreID(r.ID), MerchantID: r.MerchantID, Name: r.Name, Email: r.Email, MemberID: member.ID(r.MemberID),
		MemberCode: r.MemberCode, MemberName: r.MemberName, Passkey: r.Passkey,
	}
}

// StoreRef implements onboarding.Tx.
func (t applicationTx) StoreRef(ctx context.Context, id member.StoreID) (onboarding.StoreRef, error) {
	var r storeRefRecord
	err := t.gorm.WithContext(ctx).Raw(storeRefQuery+"s.id = ? FOR NO KEY UPDATE OF s", int64(id)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return onboarding.StoreRef{}, member.ErrStoreNotFound
	}
	if err != nil {
		return onboarding.StoreRef{}, fmt.Errorf("lock store: %w", err)
	}
	return r.ref(), nil
}

// Prune removes links that expired before a time.
func (o Onboarding) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := o.db.reader(ctx).Exec("DELETE FROM application_links WHERE expires_at < ?", before)
	if done.Error != nil {
		return 0, fmt.Errorf("remove links of applications: %w", done.Error)
	}
	return done.RowsAffected, nil
}
