package audit

import (
	"context"
	"errors"
	"fmt"
)

// Page is one page of the log, the line with the highest sequence first.
type Page struct {
	Lines []Line
	Newer Cursor // zero: there are none
	Older Cursor // zero: there are none
}

// Log is the audit log, to add to and to read. Every reading is bound to one chain:
// nobody sees another member's.
type Log interface {
	Recorder
	// List returns one page.
	List(ctx context.Context, chain int64, f Filter) (Page, error)
	// Each gives every line of a filter to do, in the order of the chain, one at a time
	// and leaving the cursor aside. It stops at the first error, which it returns.
	Each(ctx context.Context, chain int64, f Filter, do func(Line) error) error
}

// Head is where a chain ends. Its hash, kept elsewhere, proves all that came before.
type Head struct {
	Chain    int64
	Member   string // the member's code; empty for the platform
	Sequence int64  // of the last line, and so the number of lines; 0 where no head is kept
	Hash     Hash
}

// BrokenError tells the first line of a chain that is not as it was written.
type BrokenError struct {
	Chain    int64
	Sequence int64
	Wrong    string // in English, for the operator
}

// Error writes one line that names the entry.
func (b *BrokenError) Error() string {
	return fmt.Sprintf("chain %d, entry %d: %s", b.Chain, b.Sequence, b.Wrong)
}

// Verifier walks chains and says where they are broken.
type Verifier interface {
	// Verify walks every chain and gives the head of each that is whole to do. It
	// stops at the first that is not, with a *BrokenError, and at an error of do. It
	// returns ErrUnguarded where all are whole and nothing keeps them so.
	Verify(ctx context.Context, do func(Head) error) error
	// HashAt returns the hash of one entry as it is stored. It returns ErrNoEntry.
	HashAt(ctx context.Context, chain, sequence int64) (Hash, error)
}

var (
	// ErrUnguarded tells that the database would let entries be changed or deleted.
	ErrUnguarded = errors.New("audit: the log is not kept append-only")
	// ErrNoEntry tells that a chain has no entry of a sequence.
	ErrNoEntry = errors.New("audit: no such entry")
)

// Walk follows one chain from its first line. Its zero value with the chain set is
// the start.
type Walk struct {
	Chain int64
	last  int64
	hash  Hash
}

// Next takes the line that is stored after the last one, in the order of sequence,
// and how its changes could be read. It returns a *BrokenError.
func (w *Walk) Next(l Line, unread error) error {
	switch {
	case l.Chain != w.Chain:
		return w.broken(l.Sequence, fmt.Sprintf("it is an entry of chain %d", l.Chain))
	case l.Sequence > w.last+1:
		return w.broken(w.last+1, "it is missing")
	case l.Sequence <= w.last:
		return w.broken(l.Sequence, "it is out of order")
	case l.Previous != w.hash:
		return w.broken(l.Sequence, "it does not follow the entry before it: one of the two was altered or moved")
	case errors.Is(unread, ErrChanges) || l.sum() != l.Hash:
		return w.broken(l.Sequence, "it was altered: what it holds does not give its hash")
	case unread != nil:
		return unread
	}
	w.last, w.hash = l.Sequence, l.Hash
	return nil
}

// End compares the last line with the head of the chain. It returns a *BrokenError.
func (w *Walk) End(h Head) error {
	switch {
	case h.Sequence > w.last:
		return w.broken(w.last+1, fmt.Sprintf("it is missing, with all up to the head at %d", h.Sequence))
	case h.Sequence < w.last:
		return w.broken(h.Sequence+1, fmt.Sprintf("it lies beyond the head of the chain at %d", h.Sequence))
	case h.Hash != w.hash:
		return w.broken(w.last, "it is not the one that the head of the chain names")
	}
	return nil
}

func (w *Walk) broken(sequence int64, wrong string) error {
	return &BrokenError{Chain: w.Chain, Sequence: sequence, Wrong: wrong}
}
