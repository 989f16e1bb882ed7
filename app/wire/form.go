package wire

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Limits of form text. PHP's own defaults are 8 MB and 1000 variables; the largest honest request, a long
// OrderDetail in Chinese, URL-encoded and then in hex, stays well under the size here.
const (
	MaxFormBytes  = 256 << 10
	MaxFormFields = 1000
)

// Errors of ParseForm and FormOf.
var (
	ErrFormSize   = errors.New("wire: form text is too long")
	ErrFormFields = errors.New("wire: form has too many fields")
)

// Pair is one field of an ordered form.
type Pair struct {
	Name, Value string
}

// Pairs lists the fields by name.
func (f Form) Pairs() []Pair {
	pairs := make([]Pair, 0, len(f))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		pairs = append(pairs, Pair{name, f[name]})
	}
	return pairs
}

// EncodeForm writes pairs as PHP's http_build_query does (RFC 1738): in order, space as "+", everything but
// letters, digits, "-", "_" and "." as %XX.
func EncodeForm(pairs []Pair) string {
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(phpURLEncode(p.Name))
		b.WriteByte('=')
		b.WriteString(phpURLEncode(p.Value))
	}
	return b.String()
}

// phpURLEncode differs from url.QueryEscape in the tilde only.
func phpURLEncode(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "~", "%7E")
}

// Form is a received form by field name. Values are the bytes sent: not necessarily UTF-8, not trimmed.
type Form map[string]string

// Get gives a field as sent, "" when absent.
func (f Form) Get(name string) string { return f[name] }

// Optional gives an optional field, "" when it is absent or holds the literal "undefined" or "null", which
// JavaScript SDKs send for values they do not have.
func (f Form) Optional(name string) string {
	v := f[name]
	if v == "undefined" || v == "null" {
		return ""
	}
	return v
}

// ParseForm reads form text as PHP's parse_str does: "+" and %20 are spaces, unencoded UTF-8 is kept, a
// percent sign that is not followed by two hex digits stands for itself, a field without "=" is empty, a field
// without a name is dropped, and of duplicates the last one counts. Names with brackets are ordinary names
// here, since no field of this protocol is nested. Errors: ErrFormSize, ErrFormFields.
func ParseForm(text string) (Form, error) {
	if len(text) > MaxFormBytes {
		return nil, ErrFormSize
	}
	form, seen := Form{}, 0
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		if seen++; seen > MaxFormFields {
			return nil, ErrFormFields
		}
		name, value, _ := strings.Cut(part, "=")
		name = strings.TrimLeft(phpURLDecode(name), " ")
		if name != "" {
			form[name] = phpURLDecode(value)
		}
	}
	return form, nil
}

// FormOf takes fields that something else has parsed, such as a multipart body; of duplicates the last one counts.
// Errors: ErrFormSize, ErrFormFields.
func FormOf(values map[string][]string) (Form, error) {
	form, seen, size := Form{}, 0, 0
	for name, all := range values {
		for _, v := range all {
			seen++
			size += len(name) + len(v)
		}
		if len(all) > 0 && name != "" {
			form[name] = all[len(all)-1]
		}
	}
	switch {
	case size > MaxFormBytes:
		return nil, ErrFormSize
	case seen > MaxFormFields:
		return nil, ErrFormFields
	}
	return form, nil
}

// phpURLDecode is url.QueryUnescape without its errors: PHP's urldecode keeps a stray percent sign.
func phpURLDecode(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			out = append(out, ' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// unhex gives the value of a digit for which isHex holds.
func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	default:
		return c - '0'
	}
}
