package ident

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
)

// TradeNo is a 金流交易序號: 17 digits, the time in Taipei as yyMMddHHmmss and
// five digits that tell transactions of one second apart.
type TradeNo string

// tradeNoSequences is how many transactions of one second can be told apart.
const tradeNoSequences = 100_000

// NewTradeNo returns the number of the sequence-th transaction at the given
// time. Only the last five digits of the sequence count.
func NewTradeNo(at time.Time, sequence int64) TradeNo {
	return TradeNo(fmt.Sprintf("%s%05d", at.In(clock.Taipei).Format("060102150405"), sequence%tradeNoSequences))
}

// ParseTradeNo reads a trade number; ok is false unless it is 17 digits that
// start with a time.
func ParseTradeNo(s string) (no TradeNo, ok bool) {
	if len(s) != 17 || strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	if _, err := time.ParseInLocation("060102150405", s[:12], clock.Taipei); err != nil {
		return "", false
	}
	return TradeNo(s), true
}

// Token is an unguessable reference that a stranger holds: at least 128 random
// bits in base32.
type Token string

// NewToken returns a fresh token.
func NewToken() Token { return Token(rand.Text()) }

// Hash returns the SHA-256 of the token, the only form that is stored.
func (t Token) Hash() []byte {
	sum := sha256.Sum256([]byte(t))
	return sum[:]
}

// Format implements fmt.Formatter: whoever reads the log must not hold the token.
func (t Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[token]")) }

// tokenLength is how many characters rand.Text makes.
const tokenLength = 26

// IsWellFormed tells that the text may be a token; whether it is one, only whoever made
// it knows.
func (t Token) IsWellFormed() bool {
	return len(t) == tokenLength && strings.Trim(string(t), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
