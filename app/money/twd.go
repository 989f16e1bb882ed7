package money

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// TWD is an amount in whole New Taiwan dollars.
type TWD int64

// Max is the largest amount that is accepted anywhere: Amt is Int(10) on the
// wire (the provider's manual NDNF-1.1.9 §4.2), ten digits.
const Max TWD = 9_999_999_999

// ErrFormat tells that a text is not a whole amount of TWD.
var ErrFormat = errors.New("money: not a whole amount of TWD")

// ErrRange tells that a sum or difference left the range 0 … [Max].
var ErrRange = errors.New("money: amount out of range")

// ParseTWD reads "1200", "1,200", "1200.0" and "1200.00". It returns ErrFormat
// for anything else, fractions of a dollar among them, and ErrRange for an
// amount above Max.
func ParseTWD(s string) (TWD, error) {
	whole, fraction, found := strings.Cut(strings.ReplaceAll(s, ",", ""), ".")
	if found && (fraction == "" || strings.Trim(fraction, "0") != "") {
		return 0, ErrFormat
	}
	if whole == "" || strings.Trim(whole, "0123456789") != "" {
		return 0, ErrFormat
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || TWD(n) > Max {
		return 0, ErrRange
	}
	return TWD(n), nil
}

// Add returns a + b, or ErrRange when the sum leaves 0 … Max.
func (a TWD) Add(b TWD) (TWD, error) {
	if b > 0 && a > math.MaxInt64-b {
		return 0, ErrRange
	}
	return checked(a + b)
}

// Sub returns a − b, or ErrRange when the difference leaves 0 … Max.
func (a TWD) Sub(b TWD) (TWD, error) {
	if b < 0 {
		return 0, ErrRange
	}
	return checked(a - b)
}

func checked(a TWD) (TWD, error) {
	if a < 0 || a > Max {
		return 0, ErrRange
	}
	return a, nil
}

// String writes the amount as plain digits, the form of the wire ("1250").
func (a TWD) String() string { return strconv.FormatInt(int64(a), 10) }

// Grouped writes the amount with thousands separators ("1,250").
func (a TWD) Grouped() string {
	digits := a.String()
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Display writes the amount as pages show it ("NT$1,250").
func (a TWD) Display() string { return "NT$" + a.Grouped() }
