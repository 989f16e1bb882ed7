package secret

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// ErrPAN tells that a text is no card number: 12 to 19 digits (ISO/IEC 7812).
var ErrPAN = errors.New("secret: not a card number")

// PAN is a card number. It prints as first six and last four, as receipts and
// pages may show it. The Luhn check is the caller's: published test cards fail it.
type PAN struct{ digits hidden }

// ParsePAN reads a card number; spaces and hyphens between digits are dropped
// and full-width digits folded. It returns ErrPAN, which never quotes the text.
func ParsePAN(s string) (PAN, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == ' ' || r == '-' || r == '\u3000' || r == '\u00a0':
			continue
		case r >= '０' && r <= '９':
			r += '0' - '０'
		}
		if r < '0' || r > '9' || b.Len() == 19 {
			return PAN{}, ErrPAN
		}
		b.WriteRune(r)
	}
	if b.Len() < 12 {
		return PAN{}, ErrPAN
	}
	return PAN{hide(b.String())}, nil
}

// Expose returns all digits. Whoever calls it answers for where they go.
func (p PAN) Expose() string { return p.digits.expose() }

// IsEmpty tells that there is no number.
func (p PAN) IsEmpty() bool { return p.Expose() == "" }

// First6 returns the first six digits, which may be stored and shown.
func (p PAN) First6() string {
	if p.IsEmpty() {
		return ""
	}
	return p.Expose()[:6]
}

// Last4 returns the last four digits, which may be stored and shown.
func (p PAN) Last4() string {
	if p.IsEmpty() {
		return ""
	}
	digits := p.Expose()
	return digits[len(digits)-4:]
}

// Luhn reports whether the check digit holds (ISO/IEC 7812-1 annex B).
func (p PAN) Luhn() bool {
	digits, sum := p.Expose(), 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits != "" && sum%10 == 0
}

// Masked writes first six, stars and last four.
func (p PAN) Masked() string {
	if p.IsEmpty() {
		return ""
	}
	return p.First6() + strings.Repeat("*", len(p.Expose())-10) + p.Last4()
}

// Format implements fmt.Formatter: every verb writes the masked number.
func (p PAN) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.Masked())) }

// LogValue implements slog.LogValuer.
func (p PAN) LogValue() slog.Value { return slog.StringValue(p.Masked()) }

// MarshalText implements encoding.TextMarshaler, and so JSON.
func (p PAN) MarshalText() ([]byte, error) { return []byte(p.Masked()), nil }
