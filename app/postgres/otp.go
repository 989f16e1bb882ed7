package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
)

// Codes keeps one-time codes and the text messages that carry them. It implements
// otp.Store.
type Codes struct{ db *DB }

// Codes returns the keeper of one-time codes.
func (db *DB) Codes() Codes { return Codes{db} }

var (
	_ otp.Store = Codes{}
	_ otp.Tx    = (*tx)(nil)
)

// InTx implements otp.Store. It is part of the caller's transaction if there is one.
func (c Codes) InTx(ctx context.Context, do func(context.Context, otp.Tx) error) error {
	return c.db.joinTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, t) })
}

type codeRecord struct {
	Subject   string
	CodeHash  []byte
	Recipient string
	Tries     int
	Sends     int
	SentAt    *time.Time // null where none was sent
	ExpiresAt *time.Time
	PassedAt  *time.Time
}

// codeColumns spare the driver from reading minus infinity.
const codeColumns = `subject, code_hash, recipient, tries, sends, nullif(sent_at, '-infinity') AS sent_at,
	nullif(expires_at, '-infinity') AS expires_at, passed_at`

func codeOf(g *gorm.DB, what string) (otp.Code, error) {
	var r codeRecord
	err := g.Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return otp.Code{}, otp.ErrNone
	}
	if err != nil {
		return otp.Code{}, fmt.Errorf("%s: %w", what, err)
	}
	return otp.Code{
		Subject: r.Subject, Hash: r.CodeHash, To: r.Recipient, Tries: r.Tries, Sends: r.Sends,
		SentAt: timeOf(r.SentAt), ExpiresAt: timeOf(r.ExpiresAt), PassedAt: timeOf(r.PassedAt),
	}, nil
}

// Code implements otp.Store.
func (c Codes) Code(ctx context.Context, subject string) (otp.Code, error) {
	return codeOf(c.db.reader(ctx).Raw("SELECT "+codeColumns+" FROM one_time_codes WHERE subject = ?", subject),
		"read code")
}

// OpenCode implements otp.Tx.
func (t *tx) OpenCode(ctx context.Context, subject string) (otp.Code, error) {
	err := t.gorm.WithContext(ctx).Exec(
		"INSERT INTO one_time_codes (subject) VALUES (?) ON CONFLICT (subject) DO NOTHING", subject).Error
	if err != nil {
		return otp.Code{}, fmt.Errorf("insert code: %w", err)
	}
	return t.HoldCode(ctx, subject)
}

// HoldCode implements otp.Tx.
func (t *tx) HoldCode(ctx context.Context, subject string) (otp.Code, error) {
	return codeOf(t.gorm.WithContext(ctx).Raw(
		"SELECT "+codeColumns+" FROM one_time_codes WHERE subject = ? FOR UPDATE", subject), "lock code")
}

// KeepCode implements otp.Tx.
func (t *tx) KeepCode(ctx context.Context, c otp.Code) error {
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE one_time_codes SET code_hash = @hash, recipient = @to, tries = @tries, sends = @sends, sent_at = @sent,
			expires_at = @expires, passed_at = @passed
		WHERE subject = @subject`,
		map[string]any{
			"hash": c.Hash, "to": c.To, "tries": c.Tries, "sends": c.Sends, "sent": c.SentAt,
			"expires": c.ExpiresAt, "passed": nullTime(c.PassedAt), "subject": c.Subject,
		})
	return onlyOne(done, "write code")
}

// sealedText is what is sealed of a message.
type sealedText struct {
	To    string `json:"to"`
	Words string `json:"words"`
}

// textContext binds a sealed message to its row.
func textContext(reference string) []byte { return []byte("text_messages/" + reference + "/message") }

// QueueText implements otp.Tx.
// SECURITY: the message holds the code. Whoever reads the database or its jobs must not
// read it.
func (t *tx) QueueText(ctx context.Context, text otp.Text) error {
	m := text.Message
	plain, err := json.Marshal(sealedText{To: m.To.Expose(), Words: m.Words.Expose()})
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	sealed, err := t.db.cipher.Seal(plain, textContext(m.Reference))
	if err != nil {
		return fmt.Errorf("seal message: %w", err)
	}
	var id int64
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO text_messages (reference, subject, recipient, message_sealed, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		m.Reference, text.Subject, text.To, sealed, m.ExpiresAt.Add(-otp.ValidFor), m.ExpiresAt).Scan(&id).Error
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	s, err := t.sqlTx()
	if err != nil {
		return err
	}
	return t.db.queue.Text(ctx, s, id)
}

// WithdrawTexts implements otp.Tx.
func (t *tx) WithdrawTexts(ctx context.Context, subject string, at time.Time) error {
	err := t.gorm.WithContext(ctx).Exec(`
		UPDATE text_messages SET state = 'withdrawn', message_sealed = NULL, finished_at = ?
		WHERE subject = ? AND state = 'pending'`, at, subject).Error
	if err != nil {
		return fmt.Errorf("withdraw messages: %w", err)
	}
	return nil
}

// Text implements otp.Store.
func (c Codes) Text(ctx context.Context, id int64) (otp.Text, error) {
	var r struct {
		ID            int64
		Reference     string
		Subject       string
		Recipient     string
		MessageSealed []byte
		State         string
		ExpiresAt     time.Time
	}
	err := c.db.reader(ctx).Raw(`
		SELECT id, reference, subject, recipient, message_sealed, state, expires_at FROM text_messages WHERE id = ?`,
		id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return otp.Text{}, otp.ErrUnknownText
	}
	if err != nil {
		return otp.Text{}, fmt.Errorf("read message: %w", err)
	}
	text := otp.Text{
		ID: r.ID, Subject: r.Subject, To: r.Recipient, State: otp.State(r.State),
		Message: otp.Message{Reference: r.Reference, ExpiresAt: r.ExpiresAt.UTC()},
	}
	if r.MessageSealed == nil {
		return text, nil
	}
	plain, err := c.db.cipher.Open(r.MessageSealed, textContext(r.Reference))
	if err != nil {
		return otp.Text{}, fmt.Errorf("unseal message %d: %w", id, err)
	}
	var open sealedText
	if err := json.Unmarshal(plain, &open); err != nil {
		return otp.Text{}, fmt.Errorf("decode message %d", id) // the cause may quote it
	}
	text.Message.To, text.Message.Words = secret.New(open.To), secret.New(open.Words)
	return text, nil
}

// EndTry implements otp.Store.
func (c Codes) EndTry(ctx context.Context, id int64, t otp.Try) error {
	err := c.db.reader(ctx).Exec(`
		UPDATE text_messages SET tries = tries + 1, problem = @problem, state = CAST(@state AS text_state),
			message_sealed = CASE WHEN @state = 'pending' THEN message_sealed END,
			accepted_at = CASE WHEN @state = 'accepted' THEN CAST(@at AS timestamptz) END,
			finished_at = CASE WHEN @state = 'undeliverable' THEN CAST(@at AS timestamptz) END
		WHERE id = @id AND state = 'pending'`,
		map[string]any{"id": id, "state": string(t.State), "problem": t.Problem, "at": t.At}).Error
	if err != nil {
		return fmt.Errorf("end the try of a message: %w", err)
	}
	return nil
}

// Receive implements otp.Store. A receipt may be here before the answer to the message
// is, or instead of it.
func (c Codes) Receive(ctx context.Context, r otp.Receipt) error {
	state := otp.Failed
	if r.Delivered {
		state = otp.Delivered
	}
	var known []bool
	err := c.db.reader(ctx).Raw(`
		WITH receipt AS (
			UPDATE text_messages SET state = CAST(@state AS text_state), problem = @reason, message_sealed = NULL,
				accepted_at = coalesce(accepted_at, @at), finished_at = @at
			WHERE reference = @reference AND state IN ('pending', 'accepted', 'withdrawn')
			RETURNING true AS known)
		SELECT known FROM receipt UNION ALL SELECT true FROM text_messages WHERE reference = @reference`,
		map[string]any{"reference": r.Reference, "state": string(state), "reason": r.Reason, "at": r.At}).
		Scan(&known).Error
	if err != nil {
		return fmt.Errorf("store a receipt: %w", err)
	}
	if len(known) == 0 {
		return otp.ErrUnknownText
	}
	return nil
}

// Prune deletes codes that expired before the given time, and erases messages that
// nobody handed over while their code lived. It returns how many codes it deleted.
func (c Codes) Prune(ctx context.Context, before time.Time) (int64, error) {
	err := c.db.gorm.WithContext(ctx).Exec(`
		UPDATE text_messages SET state = 'undeliverable', message_sealed = NULL, problem = 'expired', finished_at = @before
		WHERE state = 'pending' AND expires_at < @before`, map[string]any{"before": before}).Error
	if err != nil {
		return 0, fmt.Errorf("erase messages: %w", err)
	}
	done := c.db.gorm.WithContext(ctx).Exec("DELETE FROM one_time_codes WHERE expires_at < ?", before)
	if done.Error != nil {
		return 0, fmt.Errorf("prune codes: %w", done.Error)
	}
	return done.RowsAffected, nil
}

// Texts forgets text messages of long ago.
type Texts struct{ db *DB }

// Texts returns who forgets text messages.
func (db *DB) Texts() Texts { return Texts{db} }

// Prune deletes messages that were written before the given time, and returns how many.
func (x Texts) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := x.db.gorm.WithContext(ctx).Exec("DELETE FROM text_messages WHERE created_at < ?", before)
	if done.Error != nil {
		return 0, fmt.Errorf("prune messages: %w", done.Error)
	}
	return done.RowsAffected, nil
}
