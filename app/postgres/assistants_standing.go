package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

// Standing implements assistant.Store.
func (a Assistants) Standing(
	ctx context.Context, of member.ID, id account.ID, unit permit.Unit,
) (assistant.Standing, error) {
	var found struct {
		Owner   string
		Wanted  *string
		AskedAt *time.Time
	}
	err := a.db.gorm.WithContext(ctx).Raw(`SELECT o.login AS owner, r.wanted::text, r.asked_at
		FROM accounts o
		LEFT JOIN permission_requests r
			ON r.member_id = o.member_id AND r.account_id = ? AND r.unit = ? AND r.state = 'open'
		WHERE o.member_id = ? AND o.kind = 'owner'`, int64(id), string(unit), int64(of)).Scan(&found).Error
	if err != nil {
		return assistant.Standing{}, fmt.Errorf("read a request of an assistant: %w", err)
	}
	s := assistant.Standing{Owner: found.Owner}
	if found.Wanted != nil && found.AskedAt != nil {
		if s.Wanted, err = levelOf(*found.Wanted); err != nil {
			return assistant.Standing{}, err
		}
		s.AskedAt = found.AskedAt.UTC()
	}
	return s, nil
}
