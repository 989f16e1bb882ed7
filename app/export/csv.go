package export

import (
	"io"
	"strconv"
	"unicode/utf8"
)

// sheet is a file that is being written, row by row.
type sheet interface {
	row(r *Row) error
	// end writes what is still held back.
	end() error
	// drop lets go of what a file that is not ended holds.
	drop()
	sheets() int
}

// Mark tells spreadsheets that a text file is UTF-8.
const Mark = "\ufeff"

// flushBytes is how much is held back.
const flushBytes = 64 << 10

// csvSheet writes RFC 4180: CRLF, cells with a quote, comma or line quoted.
type csvSheet struct {
	out    io.Writer
	fields []field
	held   []byte
}

func newCSV(out io.Writer, fields []field) *csvSheet {
	s := &csvSheet{out: out, fields: fields, held: make([]byte, 0, flushBytes+4096)}
	s.held = append(s.held, Mark...)
	for i, f := range fields {
		if i > 0 {
			s.held = append(s.held, ',')
		}
		s.held = AppendCell(s.held, f.head)
	}
	s.held = append(s.held, '\r', '\n')
	return s
}

func (s *csvSheet) row(r *Row) error {
	b := s.held
	for i := range s.fields {
		if i > 0 {
			b = append(b, ',')
		}
		f := &s.fields[i]
		if f.amount != nil {
			if twd, known := f.amount(r); known {
				b = strconv.AppendInt(b, twd, 10)
			}
			continue
		}
		start := len(b)
		b = protect(f.text(b, r), start)
	}
	b = append(b, '\r', '\n')
	s.held = b
	if len(s.held) < flushBytes {
		return nil
	}
	return s.end()
}

func (s *csvSheet) end() error {
	_, err := s.out.Write(s.held)
	s.held = s.held[:0]
	return err
}

func (*csvSheet) drop() {}

func (*csvSheet) sheets() int { return 1 }

// AppendCell appends one cell of a CSV file: guarded, and quoted where it must be.
func AppendCell(dst []byte, cell string) []byte {
	start := len(dst)
	return protect(append(dst, cell...), start)
}

// special are the bytes for which a cell is quoted.
var special = [256]bool{'"': true, ',': true, '\r': true, '\n': true}

// protect turns the plain text from start on into a cell. Hardly any text needs it, so
// that it is written in its place first.
func protect(dst []byte, start int) []byte {
	cell := dst[start:]
	quoted := false
	for _, c := range cell {
		if special[c] {
			quoted = true
			break
		}
	}
	guarded := isFormula(cell)
	if !quoted && !guarded {
		return dst
	}
	text := string(cell)
	dst = dst[:start]
	if quoted {
		dst = append(dst, '"')
	}
	if guarded {
		dst = append(dst, '\'')
	}
	for i := range len(text) {
		if text[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[i])
	}
	if quoted {
		dst = append(dst, '"')
	}
	return dst
}

// isFormula tells that a spreadsheet might run the text: it begins with a sign that opens
// a formula, in full width too, or with a tab or line that it skips before one.
func isFormula(cell []byte) bool {
	if len(cell) == 0 {
		return false
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	}
	if cell[0] < utf8.RuneSelf {
		return false
	}
	switch first, _ := utf8.DecodeRune(cell); first {
	case '＝', '＋', '－', '＠':
		return true
	}
	return false
}

// Guard keeps a spreadsheet from running a text as a formula: an apostrophe before it
// makes it text.
func Guard(text string) string {
	if isFormula([]byte(text)) {
		return "'" + text
	}
	return text
}
