package audit

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// Cursor is a place in the log: the lines before, or after, one in its chain. Its zero
// value is the first page.
type Cursor struct {
	Newer    bool  // 上一頁 instead of 下一頁
	Sequence int64 // of the line
}

// ErrCursor tells that a text is no cursor.
var ErrCursor = errors.New("audit: not a cursor")

// cursorBytes are the direction and the sequence.
const cursorBytes = 1 + 8

const older, newer = 'o', 'n'

// IsZero tells that the cursor is the first page.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// String writes the cursor for an address; nothing for the first page.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	b := make([]byte, 1, cursorBytes)
	b[0] = older
	if c.Newer {
		b[0] = newer
	}
	b = binary.BigEndian.AppendUint64(b, uint64(c.Sequence))
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads what String wrote. It returns ErrCursor for anything else.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != cursorBytes || b[0] != older && b[0] != newer {
		return Cursor{}, ErrCursor
	}
	c := Cursor{Newer: b[0] == newer, Sequence: int64(binary.BigEndian.Uint64(b[1:]))}
	// The decoder passes over line ends: a cursor has one writing only.
	if c.Sequence < 1 || c.String() != s {
		return Cursor{}, ErrCursor
	}
	return c, nil
}
