package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// Stores keeps members and their stores. It implements member.Stores.
type Stores struct{ db *DB }

// Stores returns the keeper of members and stores.
func (db *DB) Stores() Stores { return Stores{db} }

type storeRecord struct {
	ID            int64
	MemberID      int64
	MerchantID    string
	Name          string
	Email         string
	HashKeySealed []byte
	HashIvSealed  []byte
	Kind          string
	Mode          string
	Status        string
	ThreeD        bool
	Passkey       bool
	PasskeyLab    bool
	Instalments   intArray
	Bonus         bool
	Amex          bool
	AmountMax     int64
	ReturnURL     string
	NotifyURL     string
	AutoCapture   bool
	PayeeOrigins  string // separated by blanks, which no origin has
	CreatedAt     time.Time
}

// A suspended member's stores are suspended with it.
const storeQuery = `
	SELECT s.id, s.member_id, s.merchant_id, s.name, s.email, s.hash_key_sealed, s.hash_iv_sealed, s.kind, s.mode,
		CASE WHEN m.status = 'active' THEN s.status ELSE m.status END AS status, s.three_d, s.passkey, s.passkey_lab,
		s.instalments, s.bonus, s.amex, s.amount_max, s.return_url, s.notify_url, s.auto_capture, s.created_at,
		array_to_string(s.payee_origins, ' ') AS payee_origins
	FROM stores s JOIN members m ON m.id = s.member_id WHERE `

// StoreByMerchantID implements member.Stores.
func (s Stores) StoreByMerchantID(ctx context.Context, merchantID string) (member.Store, error) {
	return s.one(ctx, "s.merchant_id = ?", merchantID)
}

// StoreByID implements member.Stores.
func (s Stores) StoreByID(ctx context.Context, id member.StoreID) (member.Store, error) {
	return s.one(ctx, "s.id = ?", int64(id))
}

func (s Stores) one(ctx context.Context, where string, arg any) (member.Store, error) {
	r, err := s.record(ctx, where, arg)
	if err != nil {
		return member.Store{}, err
	}
	return s.open(r)
}

func (s Stores) record(ctx context.Context, where string, args ...any) (r storeRecord, err error) {
	err = s.db.reader(ctx).Raw(storeQuery+where, args...).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return storeRecord{}, member.ErrStoreNotFound
	}
	if err != nil {
		return storeRecord{}, fmt.Errorf("read store: %w", err)
	}
	return r, nil
}

// FirstStoreWhere returns the MerchantID of a store whose HashKey or HashIV meets
// the condition, empty if there is none.
func (s Stores) FirstStoreWhere(ctx context.Context, condition func(key secret.String) bool) (string, error) {
	var records []storeRecord
	if err := s.db.gorm.WithContext(ctx).Raw(storeQuery + "true").Scan(&records).Error; err != nil {
		return "", fmt.Errorf("read stores: %w", err)
	}
	for _, r := range records {
		store, err := s.open(r)
		if err != nil {
			return "", err
		}
		if condition(store.HashKey) || condition(store.HashIV) {
			return store.MerchantID, nil
		}
	}
	return "", nil
}

// open unseals the keys and maps the record.
func (s Stores) open(r storeRecord) (member.Store, error) {
	store := r.settings()
	key, err := s.db.cipher.Open(r.HashKeySealed, keyContext(r.MerchantID, "hash_key"))
	if err != nil {
		return member.Store{}, fmt.Errorf("unseal the HashKey of %s: %w", r.MerchantID, err)
	}
	iv, err := s.db.cipher.Open(r.HashIvSealed, keyContext(r.MerchantID, "hash_iv"))
	if err != nil {
		return member.Store{}, fmt.Errorf("unseal the HashIV of %s: %w", r.MerchantID, err)
	}
	store.HashKey, store.HashIV = secret.New(string(key)), secret.New(string(iv))
	return store, nil
}

// settings maps the record without its keys.
func (r storeRecord) settings() member.Store {
	return member.Store{
		ID: member.StoreID(r.ID), MemberID: member.ID(r.MemberID), MerchantID: r.MerchantID,
		Name: r.Name, Email: r.Email,
		Kind: member.StoreKind(r.Kind), Mode: member.Mode(r.Mode), Status: member.Status(r.Status),
		ThreeD: r.ThreeD, Passkey: r.Passkey, PasskeyLab: r.PasskeyLab, Instalments: r.Instalments,
		Bonus: r.Bonus, Amex: r.Amex, AutoCapture: r.AutoCapture, AmountMax: money.TWD(r.AmountMax), ReturnURL: r.ReturnURL,
		NotifyURL: r.NotifyURL, CreatedAt: r.CreatedAt,
		PayeeOrigins: strings.Fields(r.PayeeOrigins),
	}
}

// StoreOf finds a store of a member, without its keys. It returns
// member.ErrStoreNotFound, for a store of another member too.
func (s Stores) StoreOf(ctx context.Context, of member.ID, merchantID string) (member.Store, error) {
	// SECURITY: the member comes first, whatever the MerchantID.
	r, err := s.record(ctx, "s.member_id = ? AND s.merchant_id = ?", int64(of), merchantID)
	if err != nil {
		return member.Store{}, err
	}
	return r.settings(), nil
}

// SetAutoCapture turns 自動請款 of a member's store on or off, with its entry in the audit
// log; what is so already is left without one. It returns member.ErrStoreNotFound.
func (s Stores) SetAutoCapture(
	ctx context.Context, of member.ID, merchantID string, on bool, entry audit.Entry,
) error {
	return storeSwitch{db: s.db, column: "auto_capture"}.set(ctx, of, merchantID, on, entry)
}

// SetPasskeyLab turns the Passkey lab of a member's store on or off, with its entry in the
// audit log; what is so already is left without one. It returns member.ErrStoreNotFound and
// member.ErrLabLive.
func (s Stores) SetPasskeyLab(ctx context.Context, of member.ID, merchantID string, on bool, entry audit.Entry) error {
	return storeSwitch{db: s.db, column: "passkey_lab", live: member.ErrLabLive}.set(ctx, of, merchantID, on, entry)
}

// storeSwitch is a column of stores that members turn on and off.
type storeSwitch struct {
	db     *DB
	column string
	live   error // what turning it on returns for a live store; nil where that may have it
}

func (w storeSwitch) set(ctx context.Context, of member.ID, merchantID string, on bool, entry audit.Entry) error {
	return w.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		var r struct{ Was, Test bool }
		// SECURITY: the member comes first, whatever the MerchantID.
		err := t.gorm.WithContext(ctx).Raw("SELECT "+w.column+` AS was, mode = 'test' AS test
			FROM stores WHERE member_id = ? AND merchant_id = ? FOR NO KEY UPDATE`, int64(of), merchantID).Take(&r).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
			return member.ErrStoreNotFound
		case err != nil:
			return fmt.Errorf("lock store: %w", err)
		case on && !r.Test && w.live != nil:
			return w.live
		case r.Was == on:
			return nil
		}
		done := t.gorm.WithContext(ctx).Exec("UPDATE stores SET "+w.column+" = ? WHERE member_id = ? AND merchant_id = ?",
			on, int64(of), merchantID)
		if err := onlyOne(done, "set "+w.column+" of a store"); err != nil {
			return err
		}
		return t.Record(ctx, entry)
	})
}

// SetPayeeOrigins says which origins a store's own pages have. It returns
// member.ErrStoreNotFound.
func (s Stores) SetPayeeOrigins(ctx context.Context, merchantID string, origins []string) error {
	for _, origin := range origins {
		if !member.IsPayeeOrigin(origin) {
			return fmt.Errorf("set the payee origins of %s: %q is none", merchantID, origin)
		}
	}
	done := s.db.gorm.WithContext(ctx).Exec(
		"UPDATE stores SET payee_origins = string_to_array(?, ' ') WHERE merchant_id = ?",
		strings.Join(origins, " "), merchantID)
	if done.Error != nil {
		return fmt.Errorf("set the payee origins of %s: %w", merchantID, done.Error)
	}
	if done.RowsAffected == 0 {
		return member.ErrStoreNotFound
	}
	return nil
}

// keyContext binds a sealed key to its store and its column.
func keyContext(merchantID, column string) []byte {
	return []byte("stores/" + merchantID + "/" + column)
}

// AddMember stores a member and returns its ID.
func (s Stores) AddMember(ctx context.Context, m member.Member, at time.Time) (member.ID, error) {
	var id int64
	err := s.db.gorm.WithContext(ctx).Raw(`
		INSERT INTO members (kind, code, name, status, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
		string(m.Kind), m.Code, m.Name, string(m.Status), at).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("add member %s: %w", m.Code, err)
	}
	return member.ID(id), nil
}

// AddStore stores a store with its keys sealed and returns its ID.
func (s Stores) AddStore(ctx context.Context, m member.Store) (member.StoreID, error) {
	key, err := s.db.cipher.Seal([]byte(m.HashKey.Expose()), keyContext(m.MerchantID, "hash_key"))
	if err != nil {
		return 0, fmt.Errorf("seal the HashKey of %s: %w", m.MerchantID, err)
	}
	iv, err := s.db.cipher.Seal([]byte(m.HashIV.Expose()), keyContext(m.MerchantID, "hash_iv"))
	if err != nil {
		return 0, fmt.Errorf("seal the HashIV of %s: %w", m.MerchantID, err)
	}
	var id int64
	err = s.db.gorm.WithContext(ctx).Raw(`
		INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode, status,
			three_d, passkey, instalments, bonus, amex, amount_max, return_url, notify_url, auto_capture, created_at,
			payee_origins, passkey_lab)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, string_to_array(?, ' '), ?) RETURNING id`,
		int64(m.MemberID), m.MerchantID, m.Name, m.Email, key, iv, string(m.Kind), string(m.Mode), string(m.Status),
		m.ThreeD, m.Passkey, intArray(m.Instalments), m.Bonus, m.Amex, int64(m.AmountMax),
		m.ReturnURL, m.NotifyURL, m.AutoCapture, m.CreatedAt, strings.Join(m.PayeeOrigins, " "), m.PasskeyLab,
	).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("add store %s: %w", m.MerchantID, err)
	}
	return member.StoreID(id), nil
}

// intArray is a smallint[] of PostgreSQL, in its text form "{3,6,12}".
type intArray []int

// Value implements driver.Valuer.
func (a intArray) Value() (driver.Value, error) {
	parts := make([]string, len(a))
	for i, n := range a {
		parts[i] = strconv.Itoa(n)
	}
	return "{" + strings.Join(parts, ",") + "}", nil
}

// Scan implements sql.Scanner.
func (a *intArray) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("postgres: an array as %T", src)
	}
	*a = nil
	for part := range strings.SplitSeq(strings.Trim(text, "{}"), ",") {
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil {
			return fmt.Errorf("postgres: array element: %w", err)
		}
		*a = append(*a, n)
	}
	return nil
}
