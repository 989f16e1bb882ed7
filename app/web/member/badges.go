package member

import (
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/web"
)

// waiting is what the menu says that waits for an account.
type waiting struct {
	requests  int
	approvals approval.Standing
	unread    int // notices
}

// badgesFor is how old the menu's numbers may be. What is done on a page of this process
// shows at once; what a job or another process does, after this time.
const badgesFor = 5 * time.Second

// badgesMax bounds the memory; past it, everything is read again.
const badgesMax = 10_000

// badgeKey is an account in one state of its grants and stores: who may see less counts
// anew at once.
type badgeKey struct {
	account  account.ID
	revision account.Revision
}

type badge struct {
	waiting
	at time.Time
}

// badges remembers the menu's numbers, which each page shows. Nothing is decided by them.
type badges struct {
	mu      sync.Mutex
	known   map[member.ID]map[badgeKey]badge
	count   int
	changes uint64
}

// find returns what is known of an account, and the state that note needs.
func (b *badges) find(m member.ID, key badgeKey, now time.Time) (w waiting, fresh bool, changes uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.known[m][key]
	age := now.Sub(found.at)
	return found.waiting, ok && age >= 0 && age < badgesFor, b.changes
}

// note remembers what was read, unless something was done since find.
func (b *badges) note(m member.ID, key badgeKey, w badge, changes uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if changes != b.changes {
		return
	}
	if b.known == nil || b.count >= badgesMax {
		b.known, b.count = map[member.ID]map[badgeKey]badge{}, 0
	}
	if b.known[m] == nil {
		b.known[m] = map[badgeKey]badge{}
	}
	b.known[m][key] = w
	b.count++
}

// forget drops what is known of a member's accounts: one of them did something.
func (b *badges) forget(m member.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	b.count -= len(b.known[m])
	delete(b.known, m)
}

// waiting returns what waits for the actor, as the menu tells it.
func (p *pages) waiting(c *gin.Context) (waiting, error) {
	actor, now := web.Actor(c), p.Clock.Now()
	key := badgeKey{actor.Account.ID, actor.Revision}
	w, fresh, changes := p.badges.find(actor.Member.ID, key, now)
	if fresh {
		return w, nil
	}
	var err error
	if w.requests, err = p.openRequests(c); err != nil {
		return waiting{}, err
	}
	if w.approvals, err = p.approvals(c); err != nil {
		return waiting{}, err
	}
	if w.unread, err = p.Notices.Unread(c.Request.Context(), actor); err != nil {
		return waiting{}, err
	}
	p.badges.note(actor.Member.ID, key, badge{w, now}, changes)
	return w, nil
}

// requestsBadge counts what waits. A count that cannot be read leaves the badge out,
// and no page down: the pages about the requests read them themselves and tell.
func (p *pages) requestsBadge(c *gin.Context) string {
	w, err := p.waiting(c)
	if err != nil || w.requests == 0 {
		return ""
	}
	return strconv.Itoa(w.requests)
}
