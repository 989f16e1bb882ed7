package secret

import (
	"fmt"
	"log/slog"
)

const mask = "[redacted]"

// String is a text that hides itself: a key, a password, a code. Its zero value
// is the empty text.
type String struct{ value hidden }

// hidden keeps a text in a function: fmt prints the unexported fields of an
// outer struct by reflection, without asking Format, and of a function it
// prints the address only.
type hidden func() string

func hide(value string) hidden { return func() string { return value } }

func (h hidden) expose() string {
	if h == nil {
		return ""
	}
	return h()
}

// New wraps a text.
func New(value string) String { return String{hide(value)} }

// Expose returns the text. Whoever calls it answers for where it goes.
func (s String) Expose() string { return s.value.expose() }

// IsEmpty tells that there is nothing to hide.
func (s String) IsEmpty() bool { return s.Expose() == "" }

// Format implements fmt.Formatter: every verb writes the mask.
func (s String) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// LogValue implements slog.LogValuer.
func (s String) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText implements encoding.TextMarshaler, and so JSON.
func (s String) MarshalText() ([]byte, error) { return []byte(mask), nil }
