package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

type requestRecord struct {
	ID        int64
	Login     string
	Unit      string
	Wanted    string
	Held      string
	State     string
	AskedAt   time.Time
	DecidedAt *time.Time
}

func (r requestRecord) request() (assistant.Request, error) {
	wanted, err := levelOf(r.Wanted)
	if err != nil {
		return assistant.Request{}, err
	}
	held, _ := permit.ParseLevel(r.Held) // none where there is no grant
	return assistant.Request{
		ID: r.ID, Login: r.Login, Unit: permit.Unit(r.Unit), Held: held, Wanted: wanted,
		AskedAt: r.AskedAt.UTC(), DecidedAt: timeOf(r.DecidedAt), Granted: r.State == "granted",
	}, nil
}

// Requests implements assistant.Store.
func (a Assistants) Requests(
	ctx context.Context, of member.ID, today clock.Date, decided int,
) ([]assistant.Request, error) {
	var records []requestRecord
	err := a.db.gorm.WithContext(ctx).Raw(`
		WITH shown AS (
			SELECT * FROM permission_requests WHERE member_id = @member AND state = 'open'
			UNION ALL (
				SELECT * FROM permission_requests WHERE member_id = @member AND decided_by IS NOT NULL
				ORDER BY decided_at DESC LIMIT @decided))
		SELECT r.id, a.login, r.unit, r.wanted, r.state, r.asked_at, r.decided_at, g.level AS held
		FROM shown r JOIN accounts a ON a.id = r.account_id AND a.member_id = r.member_id
			LEFT JOIN account_grants g ON g.account_id = r.account_id AND g.unit = r.unit
				AND (g.until IS NULL OR g.until >= CAST(@today AS date))
		ORDER BY r.decided_at DESC NULLS FIRST, r.asked_at, r.id`,
		map[string]any{"member": int64(of), "decided": decided, "today": today.String()}).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read permission requests: %w", err)
	}
	requests := make([]assistant.Request, len(records))
	for i, r := range records {
		if requests[i], err = r.request(); err != nil {
			return nil, err
		}
	}
	return requests, nil
}

// OpenRequests implements assistant.Store.
func (a Assistants) OpenRequests(ctx context.Context, of member.ID) (int, error) {
	var n int
	err := a.db.gorm.WithContext(ctx).Raw(
		"SELECT count(*) FROM permission_requests WHERE member_id = ? AND state = 'open'", int64(of)).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count permission requests: %w", err)
	}
	return n, nil
}

// Review implements assistant.Store.
func (a Assistants) Review(ctx context.Context, of member.ID, b assistant.Bounds) (assistant.Review, error) {
	g := a.db.gorm.WithContext(ctx)
	unused, err := readAssistants(g,
		assistantScope+" AND a.status = 'active' AND coalesce(a.last_sign_in_at, a.created_at) < ?",
		int64(of), b.UnusedBefore)
	if err != nil {
		return assistant.Review{}, err
	}
	var records []grantReview
	err = g.Raw(`
		SELECT a.login, g.unit, g.level, g.granted_at, coalesce(to_char(g.until, 'YYYY-MM-DD'), '') AS until,
			coalesce(g.until <= CAST(? AS date), false) AS ending,
			g.granted_at < ? AND NOT EXISTS (
				SELECT 1 FROM grant_uses u WHERE u.account_id = a.id AND u.unit = g.unit AND u.level >= g.level
					AND u.used_on >= CAST(g.granted_at AT TIME ZONE 'Asia/Taipei' AS date)) AS idle
		FROM accounts a JOIN account_grants g ON g.account_id = a.id
		WHERE `+assistantScope+` AND a.status = 'active' AND g.level <> 'none'
			AND (g.until IS NULL OR g.until >= CAST(? AS date))
		ORDER BY lower(a.login), g.unit`,
		b.EndingBy.String(), b.GrantedBefore, int64(of), b.Today.String()).Scan(&records).Error
	if err != nil {
		return assistant.Review{}, fmt.Errorf("review grants: %w", err)
	}
	found := assistant.Review{Unused: unused}
	for _, r := range records {
		if err := r.addTo(&found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// grantReview is a grant that holds, and what is to be said about it.
type grantReview struct {
	Login     string
	Unit      string
	Level     string
	GrantedAt time.Time
	Until     string
	Ending    bool
	Idle      bool
}

func (r grantReview) addTo(found *assistant.Review) error {
	level, err := levelOf(r.Level)
	if err != nil {
		return err
	}
	until, err := dateOf(r.Until)
	if err != nil {
		return fmt.Errorf("read the end of a grant: %w", err)
	}
	if r.Idle {
		found.Idle = append(found.Idle, assistant.IdleGrant{
			Login: r.Login, Unit: permit.Unit(r.Unit), Level: level, GrantedAt: r.GrantedAt.UTC(),
		})
	}
	if r.Ending {
		found.Ending = append(found.Ending, assistant.EndingGrant{
			Login: r.Login, Unit: permit.Unit(r.Unit), Level: level, Until: until,
		})
	}
	return nil
}
