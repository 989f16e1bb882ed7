package money_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/money"
)

func TestParseTWD(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want money.TWD
		err  error
	}{
		{"0", 0, nil},
		{"1200", 1200, nil},
		{"1,200", 1200, nil},
		{"1200.0", 1200, nil},
		{"1200.00", 1200, nil},
		{"9999999999", money.Max, nil},
		{"10000000000", 0, money.ErrRange},
		{"99999999999999999999", 0, money.ErrRange},
		{"1200.50", 0, money.ErrFormat},
		{"1200.", 0, money.ErrFormat},
		{"", 0, money.ErrFormat},
		{"-1", 0, money.ErrFormat},
		{"1e3", 0, money.ErrFormat},
		{"１２", 0, money.ErrFormat},
	}
	for _, tt := range tests {
		got, err := money.ParseTWD(tt.in)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("ParseTWD(%q) = %d, %v; want %d, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestAmountsStayInRange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := money.TWD(rapid.Int64Range(0, int64(money.Max)).Draw(t, "a"))
		b := money.TWD(rapid.Int64Range(0, int64(money.Max)).Draw(t, "b"))
		if sum, err := a.Add(b); err == nil {
			if back, err := sum.Sub(b); err != nil || back != a {
				t.Fatalf("(%d + %d) - %d = %d, %v", a, b, b, back, err)
			}
		} else if a+b <= money.Max {
			t.Fatalf("%d + %d refused: %v", a, b, err)
		}
		if _, err := a.Sub(b); (err == nil) != (a >= b) {
			t.Fatalf("%d - %d: %v", a, b, err)
		}
		if got := strings.ReplaceAll(a.Grouped(), ",", ""); got != a.String() {
			t.Fatalf("Grouped lost digits: %s", a.Grouped())
		}
	})
}

func TestDisplay(t *testing.T) {
	t.Parallel()
	for in, want := range map[money.TWD]string{
		0: "NT$0", 999: "NT$999", 1250: "NT$1,250", 1234567: "NT$1,234,567",
	} {
		if got := in.Display(); got != want {
			t.Errorf("Display(%d) = %q, want %q", int64(in), got, want)
		}
	}
}
