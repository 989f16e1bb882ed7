package report

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/ident"
)

// Direction is which way from a row a page lies.
type Direction byte

// The directions. Lists show the newest first.
const (
	Older Direction = 'o' // 下一頁
	Newer Direction = 'n' // 上一頁
)

// Cursor is a place in a list: the rows older or newer than one transaction. Its
// zero value is the first page. It holds the transaction's public number and not
// its id, which never leaves the program.
type Cursor struct {
	Direction Direction
	At        time.Time // of the date kind that the list is ordered by, to the microsecond
	TradeNo   ident.TradeNo
}

// ErrCursor tells that a text is no cursor.
var ErrCursor = errors.New("report: not a cursor")

// cursorBytes are direction, microseconds since 1970 and trade number.
const cursorBytes = 1 + 8 + 8

// IsZero tells that the cursor is the first page.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// String writes the cursor for an address; nothing for the first page.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	no, err := strconv.ParseUint(string(c.TradeNo), 10, 64)
	if err != nil {
		return ""
	}
	b := make([]byte, 0, cursorBytes)
	b = append(b, byte(c.Direction))
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, no)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Years outside of which no transaction lies; beyond them lies what PostgreSQL
// cannot hold.
const yearMin, yearMax = 1980, 9999

// ParseCursor reads what String wrote. It returns ErrCursor for anything else.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != cursorBytes {
		return Cursor{}, ErrCursor
	}
	c := Cursor{
		Direction: Direction(b[0]),
		At:        time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:9]))).UTC(),
	}
	no, ok := ident.ParseTradeNo(fmt.Sprintf("%017d", binary.BigEndian.Uint64(b[9:])))
	year := c.At.Year()
	if !ok || c.Direction != Older && c.Direction != Newer || year < yearMin || year > yearMax {
		return Cursor{}, ErrCursor
	}
	c.TradeNo = no
	return c, nil
}
