package ident_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/ident"
)

func TestNewTradeNoIsTaipeiTimeAndFiveDigits(t *testing.T) {
	t.Parallel()
	at := time.Date(2023, 9, 27, 6, 21, 58, 0, time.UTC)
	if got := ident.NewTradeNo(at, 35071); got != "23092714215835071" {
		t.Errorf("NewTradeNo = %s", got)
	}
}

func TestTradeNoRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(1577836800, 4070908799).Draw(t, "unix"), 0)
		no := ident.NewTradeNo(at, rapid.Int64Range(0, 1<<40).Draw(t, "sequence"))
		if back, ok := ident.ParseTradeNo(string(no)); !ok || back != no {
			t.Fatalf("ParseTradeNo(%s) = %s, %v", no, back, ok)
		}
	})
}

func TestParseTradeNoRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", "2309271421583507", "230927142158350711", "23132714215835071", "2309271421583507a", "-3092714215835071",
	} {
		if _, ok := ident.ParseTradeNo(in); ok {
			t.Errorf("ParseTradeNo(%q) accepted it", in)
		}
	}
}

func TestTokenHidesItselfAndHashes(t *testing.T) {
	t.Parallel()
	a, b := ident.NewToken(), ident.NewToken()
	if a == b || len(a) < 26 {
		t.Fatalf("weak tokens of %d characters", len(a))
	}
	if got := fmt.Sprintf("%v %s %q", a, a, a); got != "[token] [token] [token]" {
		t.Errorf("printed %s", got)
	}
	if string(a.Hash()) == string(b.Hash()) || len(a.Hash()) != 32 {
		t.Error("hashes do not tell tokens apart")
	}
}

func TestOnlyATokensFormIsWellFormed(t *testing.T) {
	t.Parallel()
	if !ident.NewToken().IsWellFormed() {
		t.Error("a fresh token is not well-formed")
	}
	for _, in := range []ident.Token{
		"", "A", "ABCDEFGHIJKLMNOPQRSTUVWXY/", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ2",
	} {
		if in.IsWellFormed() {
			t.Errorf("IsWellFormed(%q)", string(in))
		}
	}
}
