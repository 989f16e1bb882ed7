package wire

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// RespondType is the format of an answer, exactly as the request spells it.
type RespondType string

// The two answer formats.
const (
	JSON   RespondType = "JSON"
	String RespondType = "String"
)

func (r RespondType) valid() bool { return r == JSON || r == String }

// record is an ordered message body that can be written in the three formats of the protocol. Key order and the
// difference between number, string and null are part of the contract: typed SDKs read them.
type record []member

type member struct {
	name string
	kind memberKind
	text string
}

type memberKind int

const (
	textMember memberKind = iota
	numberMember
	nullMember
	jsonMember // JSON as it stands, of which form text has nothing
)

func text(name, value string) member { return member{name, textMember, value} }

func number(name string, value int64) member {
	return member{name, numberMember, strconv.FormatInt(value, 10)}
}

// orNull is a text, or null when empty.
func orNull(name, value string) member {
	if value == "" {
		return member{name: name, kind: nullMember}
	}
	return text(name, value)
}

// orDash is a text, or "-" when empty, as recorded for EscrowBank and RespondCode of a refused payment.
func orDash(name, value string) member {
	if value == "" {
		return text(name, "-")
	}
	return text(name, value)
}

// answer is the frame every answer of the protocol has. A nil result is written as PHP writes an empty array, [].
type answer struct {
	status, message string
	result          record
}

// json writes what PHP's json_encode writes: no spaces, non-ASCII as \uxxxx, the slash as \/.
func (a answer) json() string {
	var b strings.Builder
	b.WriteString(`{"Status":`)
	writePHPString(&b, a.status)
	b.WriteString(`,"Message":`)
	writePHPString(&b, a.message)
	b.WriteString(`,"Result":`)
	if a.result == nil {
		b.WriteString("[]}")
		return b.String()
	}
	a.result.writeJSON(&b)
	b.WriteByte('}')
	return b.String()
}

// flat lists status, message and the fields that are not null, in order: PHP leaves nulls out of form text.
func (a answer) flat() []Pair {
	pairs := []Pair{{"Status", a.status}, {"Message", a.message}}
	for _, m := range a.result {
		if m.kind != nullMember && m.kind != jsonMember {
			pairs = append(pairs, Pair{m.name, m.text})
		}
	}
	return pairs
}

// raw writes k=v&k=v without any encoding, the String format of Query, Cancel and Close.
func (a answer) raw() string {
	var b strings.Builder
	for i, p := range a.flat() {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.Name + "=" + p.Value)
	}
	return b.String()
}

func (r record) writeJSON(b *strings.Builder) {
	b.WriteByte('{')
	for i, m := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		writePHPString(b, m.name)
		b.WriteByte(':')
		switch m.kind {
		case textMember:
			writePHPString(b, m.text)
		case numberMember, jsonMember:
			b.WriteString(m.text)
		case nullMember:
			b.WriteString("null")
		}
	}
	b.WriteByte('}')
}

var phpEscapes = map[rune]string{
	'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`,
}

// writePHPString writes a JSON string literal in pure ASCII. Bytes that are not UTF-8 become U+FFFD.
func writePHPString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		escape, special := phpEscapes[r]
		switch {
		case special:
			b.WriteString(escape)
		case r >= 0x20 && r < 0x80:
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
}
