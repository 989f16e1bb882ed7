package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/lookup"
	"github.com/memberzone/memberzone/app/member"
)

// LookUps reads members for our own staff. It implements lookup.Reader.
type LookUps struct{ db *DB }

// LookUps returns the reader of members for our own staff.
func (db *DB) LookUps() LookUps { return LookUps{db} }

var _ lookup.Reader = LookUps{}

type memberRecord struct {
	ID        int64
	Kind      string
	Code      string
	Name      string
	Status    string
	CreatedAt time.Time
	Stores    int
}

func (r memberRecord) member() member.Member {
	return member.Member{
		ID: member.ID(r.ID), Kind: member.Kind(r.Kind), Code: r.Code, Name: r.Name, Status: member.Status(r.Status),
	}
}

// likeText makes a text stand for itself in a LIKE pattern.
var likeText = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// FindMembers implements lookup.Reader. What is found by its whole number comes first.
func (l LookUps) FindMembers(ctx context.Context, q lookup.Query, limit int) ([]lookup.Found, error) {
	var rows []memberRecord
	err := l.db.reader(ctx).Raw(`
		SELECT m.id, m.kind, m.code, m.name, m.status,
			(SELECT count(*) FROM stores s WHERE s.member_id = m.id) AS stores
		FROM members m
		WHERE @number <> '' AND (m.code = @number OR EXISTS (
				SELECT FROM stores s WHERE s.member_id = m.id AND s.merchant_id = @number))
			OR m.name ILIKE @name
		ORDER BY (m.name ILIKE @name), m.code LIMIT @limit`, map[string]any{
		"number": q.Number, "name": "%" + likeText.Replace(q.Name) + "%", "limit": limit,
	}).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find members: %w", err)
	}
	found := make([]lookup.Found, 0, len(rows))
	for _, r := range rows {
		found = append(found, lookup.Found{Member: r.member(), Stores: r.Stores})
	}
	return found, nil
}

// MemberByCode implements lookup.Reader.
func (l LookUps) MemberByCode(ctx context.Context, code string) (lookup.Member, error) {
	return l.one(ctx, "m.code = ?", code, lookup.ErrMember)
}

// MemberOfStore implements lookup.Reader.
func (l LookUps) MemberOfStore(ctx context.Context, merchantID string) (lookup.Member, error) {
	const where = "m.id = (SELECT s.member_id FROM stores s WHERE s.merchant_id = ?)"
	return l.one(ctx, where, merchantID, member.ErrStoreNotFound)
}

func (l LookUps) one(ctx context.Context, where, value string, none error) (lookup.Member, error) {
	var r memberRecord
	err := l.db.reader(ctx).Raw("SELECT m.id, m.kind, m.code, m.name, m.status, m.created_at FROM members m WHERE "+where,
		value).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return lookup.Member{}, none
	}
	if err != nil {
		return lookup.Member{}, fmt.Errorf("read member: %w", err)
	}
	var rows []struct {
		ID         int64
		MerchantID string
		Name       string
		Kind       string
		Mode       string
		Status     string
		ThreeD     bool
		Passkey    bool
	}
	err = l.db.reader(ctx).Raw(`
		SELECT id, merchant_id, name, kind, mode, status, three_d, passkey FROM stores WHERE member_id = ?
		ORDER BY merchant_id`, r.ID).Scan(&rows).Error
	if err != nil {
		return lookup.Member{}, fmt.Errorf("read stores of a member: %w", err)
	}
	m := lookup.Member{Member: r.member(), Since: r.CreatedAt.UTC()}
	for _, s := range rows {
		m.Stores = append(m.Stores, lookup.Store{
			ID: member.StoreID(s.ID), MerchantID: s.MerchantID, Name: s.Name, Kind: member.StoreKind(s.Kind),
			Mode: member.Mode(s.Mode), Status: member.Status(s.Status), ThreeD: s.ThreeD, Passkey: s.Passkey,
		})
	}
	return m, nil
}
