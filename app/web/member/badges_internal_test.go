package member

import (
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/member"
)

func TestBadgesAreForgottenWhenAMemberChangesSomething(t *testing.T) {
	t.Parallel()
	const mine, other = member.ID(1), member.ID(2)
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	key := badgeKey{account: 7}
	var b badges
	_, _, before := b.find(mine, key, now)
	b.note(mine, key, badge{waiting{requests: 3}, now}, before)
	b.note(other, key, badge{waiting{requests: 4}, now}, before)
	if w, fresh, _ := b.find(mine, key, now.Add(badgesFor-1)); !fresh || w.requests != 3 {
		t.Errorf("found %+v, fresh %v", w, fresh)
	}
	if _, fresh, _ := b.find(mine, key, now.Add(badgesFor)); fresh {
		t.Error("believed for too long")
	}
	b.forget(mine)
	if _, fresh, _ := b.find(mine, key, now); fresh {
		t.Error("a change is not seen")
	}
	if _, fresh, _ := b.find(other, key, now); !fresh {
		t.Error("a change of another member counts")
	}
	b.note(mine, key, badge{waiting{requests: 3}, now}, before)
	if _, fresh, _ := b.find(mine, key, now); fresh {
		t.Error("what was read before a change is believed after it")
	}
}
