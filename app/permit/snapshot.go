package permit

import (
	"sync/atomic"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
)

// levels holds the level of every unit: two bits at twice the unit's index of the
// registry.
type levels uint32

const levelBits = 2 * len(rows)

var _ [32 - levelBits]struct{} // does not compile when there are too many units

func (l levels) of(row int) Level { return Level(l >> (2 * row) & 3) }

func (l levels) with(row int, level Level) levels {
	return l&^(3<<(2*row)) | levels(level)<<(2*row)
}

// snapshots remembers what Casbin answered: one word an account, found by its number,
// which the database counts up. Reading locks nothing. The memory is bounded: eight
// bytes an account, at most 8 MB.
type snapshots struct{ of atomic.Pointer[day] }

// day is what is remembered of one day. Grants end with their day, and so does this.
type day struct {
	date  clock.Date
	pages [1 << pageBits]atomic.Pointer[page]
}

// page is 1,024 accounts in a row. Pages 1,048,576 accounts apart share a place; the
// later one takes it.
type page struct {
	no    uint64
	words [1 << pageBits]atomic.Uint64 // the number of the Revision, then the levels
}

const pageBits = 10

// fits tells that a Revision can be remembered: not the zero one, which stands for
// none that was read.
func fits(at account.Revision) bool {
	return at.Number != 0 && uint64(at.Number)>>(64-levelBits) == 0
}

func places(id account.ID) (pageNo, pagePlace, place uint64) {
	pageNo = uint64(id) >> pageBits
	return pageNo, pageNo % (1 << pageBits), uint64(id) % (1 << pageBits)
}

// find returns what is remembered of the account at this very Revision.
func (s *snapshots) find(id account.ID, at account.Revision) (known levels, ok bool) {
	today := s.of.Load()
	if today == nil || today.date != at.Day || !fits(at) {
		return 0, false
	}
	pageNo, pagePlace, place := places(id)
	p := today.pages[pagePlace].Load()
	if p == nil || p.no != pageNo {
		return 0, false
	}
	word := p.words[place].Load()
	return levels(word & (1<<levelBits - 1)), word>>levelBits == uint64(at.Number)
}

// keep remembers. One goroutine at a time may call it.
func (s *snapshots) keep(id account.ID, at account.Revision, answered levels) {
	if !fits(at) {
		return
	}
	today := s.of.Load()
	if today == nil || today.date != at.Day {
		today = &day{date: at.Day}
		s.of.Store(today)
	}
	pageNo, pagePlace, place := places(id)
	p := today.pages[pagePlace].Load()
	if p == nil || p.no != pageNo {
		p = &page{no: pageNo}
		today.pages[pagePlace].Store(p)
	}
	p.words[place].Store(uint64(at.Number)<<levelBits | uint64(answered))
}
