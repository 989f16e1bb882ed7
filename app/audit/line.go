package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/secret"
)

// Hash is the SHA-256 of one line and, through it, of all lines before it.
type Hash [sha256.Size]byte

// String writes the hash in hexadecimal, lower case.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Line is an entry in its place in its chain.
type Line struct {
	Entry
	Sequence int64 // 1 for the first of the chain
	Previous Hash  // of the line before; all zero for the first
	Hash     Hash
}

var (
	// ErrEntry tells that an entry lacks what each has: a kind that is known, a time
	// and a chain.
	ErrEntry = errors.New("audit: not an entry")
	// ErrChanges tells that a text is not one that EncodeChanges wrote.
	ErrChanges = errors.New("audit: the changes are not as they were written")
)

// The longest texts of an entry, in characters. What comes from outside is cut
// there: a sign-in can be tried with a login of any length.
const (
	runesMax        = 200
	subjectRunesMax = 8000
)

// Normal returns the entry as it is kept: its time in UTC and in whole
// microseconds, its texts in valid UTF-8, without NUL and not too long, and a card
// number that was typed somewhere masked. It returns ErrEntry.
func (e Entry) Normal() (Entry, error) {
	if labels[e.Kind] == "" || e.At.IsZero() || e.Chain < 0 {
		return Entry{}, fmt.Errorf("%w: %q in chain %d at %v", ErrEntry, e.Kind, e.Chain, e.At)
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	// No login consists of digits alone; a card number may be typed there by mistake.
	if pan, err := secret.ParsePAN(e.Login); err == nil {
		e.Login = pan.Masked()
	}
	for _, text := range []*string{&e.ViewedAs, &e.Address, &e.RequestID} {
		*text = plain(*text, runesMax)
	}
	e.Login, e.Subject = typed(e.Login, runesMax), typed(e.Subject, subjectRunesMax)
	e.Changes = slices.Clone(e.Changes)
	for i := range e.Changes {
		c := &e.Changes[i]
		c.Field, c.Before, c.After = typed(c.Field, runesMax), typed(c.Before, subjectRunesMax),
			typed(c.After, subjectRunesMax)
	}
	return e, nil
}

// typed is plain for what people type. A number is masked before it could be cut in
// two, and what the cut leaves is looked at again.
func typed(text string, most int) string {
	return maskCards(plain(maskCards(strings.ToValidUTF8(text, "�")), most))
}

// plain returns text as PostgreSQL can keep it.
func plain(text string, most int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "�")
	if len(text) <= most {
		return text
	}
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

// Seal puts an entry, which Normal returned, behind the line with the previous hash.
func Seal(e Entry, sequence int64, previous Hash) Line {
	l := Line{Entry: e, Sequence: sequence, Previous: previous}
	l.Hash = l.sum()
	return l
}

// format opens what is hashed. Another way of writing takes another name.
const format = "memberzone audit 1"

// sum computes the hash of a line: SHA-256 over, in this order,
//
//	text   "memberzone audit 1"
//	number chain
//	number sequence
//	hash   of the line before
//	number time, microseconds since 1970-01-01T00:00:00Z
//	text   kind
//	number account ID
//	text   login, viewed as, address, request ID, subject
//	number of changes, and of each change the texts field, before, after
//
// where a number is 8 bytes, two's complement, big-endian; a text is the number of
// its bytes and its bytes in UTF-8; a hash is 32 bytes. No two different lines are
// written alike.
func (l Line) sum() Hash {
	var b bytes.Buffer
	number := func(n int64) { _ = binary.Write(&b, binary.BigEndian, n) } // a buffer takes all
	text := func(s string) {
		number(int64(len(s)))
		b.WriteString(s)
	}
	text(format)
	number(l.Chain)
	number(l.Sequence)
	b.Write(l.Previous[:])
	number(l.At.UnixMicro())
	text(string(l.Kind))
	number(l.AccountID)
	for _, s := range []string{l.Login, l.ViewedAs, l.Address, l.RequestID, l.Subject} {
		text(s)
	}
	number(int64(len(l.Changes)))
	for _, c := range l.Changes {
		text(c.Field)
		text(c.Before)
		text(c.After)
	}
	return sha256.Sum256(b.Bytes())
}

// EncodeChanges writes changes as they are stored: a JSON array, empty for none.
func EncodeChanges(changes []Change) (string, error) {
	if len(changes) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(changes)
	if err != nil {
		return "", fmt.Errorf("write changes: %w", err)
	}
	return string(b), nil
}

// DecodeChanges reads what EncodeChanges wrote, and nothing else: a text that only
// means the same was written by somebody else, and gives ErrChanges.
func DecodeChanges(text string) ([]Change, error) {
	var changes []Change
	if err := json.Unmarshal([]byte(text), &changes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChanges, err)
	}
	if again, err := EncodeChanges(changes); err != nil || again != text {
		return nil, ErrChanges
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return changes, nil
}
