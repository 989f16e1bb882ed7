package report_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
)

// now is 2026-11-24 00:30 in Taipei, still the day before in UTC.
var now = time.Date(2026, 11, 23, 16, 30, 0, 0, time.UTC)

func date(t *testing.T, s string) clock.Date {
	t.Helper()
	d, err := clock.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func query(t *testing.T, raw string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(raw)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func defaults(t *testing.T) report.TransactionFilter {
	return report.TransactionFilter{
		DateKind: report.ByTrade, From: date(t, "2026-11-18"), To: date(t, "2026-11-24"), Numbers: report.AnyNumber,
		StoreType: report.AnyStoreType, Method: report.AnyMethod, TokenKind: report.AnyToken, Funds: report.AnyFunds,
		Journey: report.AnyJourney,
		Limit:   50,
	}
}

var filterEqual = cmp.Options{cmpopts.EquateEmpty(), cmp.Comparer(func(a, b clock.Date) bool { return a == b })}

func TestParseTransactionFilter(t *testing.T) {
	t.Parallel()
	tests := []filterTest{
		{"nothing is the last seven days", "", func(*report.TransactionFilter) {}},
		{"empty values are absent", "from=&to=&q=&store=&status=&amt_min=&threeds=&by=", func(*report.TransactionFilter) {}},
		{"both ends", "from=2026-10-01&to=2026-10-31", func(f *report.TransactionFilter) {
			f.From, f.To = date(t, "2026-10-01"), date(t, "2026-10-31")
		}},
		{"only the beginning: until today", "from=2026-11-01", func(f *report.TransactionFilter) {
			f.From = date(t, "2026-11-01")
		}},
		{"only a beginning that is to come", "from=2026-12-01", func(f *report.TransactionFilter) {
			f.From, f.To = date(t, "2026-12-01"), date(t, "2026-12-01")
		}},
		{"only the end: seven days", "to=2026-10-31", func(f *report.TransactionFilter) {
			f.From, f.To = date(t, "2026-10-25"), date(t, "2026-10-31")
		}},
		{"four hundred days", "from=2025-10-21&to=2026-11-24", func(f *report.TransactionFilter) {
			f.From = date(t, "2025-10-21")
		}},
		{"full-width date", "from=２０２６-１１-０１", func(f *report.TransactionFilter) { f.From = date(t, "2026-11-01") }},
		{"an order number that looks like a card", "by=order_no&q=4111111111111111", func(f *report.TransactionFilter) {
			f.Numbers, f.Wanted = report.OrderNos, []string{"4111111111111111"}
		}},
		{"what waits, with totals", "waiting=1&totals=1", func(f *report.TransactionFilter) { f.Waiting = true }},
		{
			"everything else", "date_kind=captured&store=MS1&store=MS2&store=MS1&pay_type=full&pay_type=bonus&threeds=1" +
				"&amt_min=1,000&amt_max=2000&store_type=gateway&method=token&token_kind=bind&status=failed&funds=pending&limit=10",
			func(f *report.TransactionFilter) {
				f.DateKind, f.Stores, f.ThreeD = report.ByCaptured, []string{"MS1", "MS2"}, true
				f.PayTypes = []payment.PayType{payment.PayInFull, payment.PayBonus}
				f.AmountMin, f.AmountMax, f.StoreType = 1000, 2000, report.GatewayStores
				f.Method, f.TokenKind = report.ByToken, report.TokenBind
				f.Statuses, f.Funds, f.Limit = []payment.Status{payment.Failed}, report.FundsPending, 10
			},
		},
	}
	parsesTo(t, tests)
}

// filterTest is a query and how its filter differs from the default.
type filterTest struct {
	name, query string
	want        func(f *report.TransactionFilter)
}

func parsesTo(t *testing.T, tests []filterTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := defaults(t)
			tt.want(&want)
			got, faults := report.ParseTransactionFilter(query(t, tt.query), now)
			if len(faults) > 0 {
				t.Fatalf("faults: %v", faults)
			}
			if diff := cmp.Diff(want, got, filterEqual); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryBadValueIsToldBesideItsField(t *testing.T) {
	t.Parallel()
	many := "A,"
	for i := range 200 {
		many += fmt.Sprintf("N%d,", i)
	}
	tests := []struct{ query, field, contains string }{
		{"date_kind=paid", "date_kind", "paid"},
		{"from=2026-02-30", "from", "YYYY-MM-DD"},
		{"to=tomorrow", "to", "YYYY-MM-DD"},
		{"from=2026-11-02&to=2026-11-01", "to", "早於"},
		{"from=2025-10-20&to=2026-11-24", "to", "400"},
		{"by=auth_code&q=12345", "q", "授權碼"},
		{"by=auth_code&q=12345_", "q", "授權碼"},
		{"by=card_no&q=411111", "q", "末四碼"},
		{"by=card_no&q=ABCD", "q", "末四碼"},
		{"by=card_no&q=1111…411111", "q", "末四碼"},
		{"by=mandate_no&q=a-b", "q", "單號"},
		{"q=411111-411", "q", "單號"},
		{"by=card_no&q=411111111111", "q", "信用卡號"}, // no check digit: still a whole number
		{"by=card_no&q=26112412000099999", "q", "信用卡號"},
		{"q=4111+1111+1111+1111", "q", "信用卡號"},
		{"by=order_no&q=3714-496353-98431", "q", "信用卡號"},
		{"by=card_no&q=5555%205555%205555%204444,1111", "q", "信用卡號"},
		{"by=card_no&card_key=k&q=1111", "card_key", "同時"},
		{"card_key=k", "card_key", "信用卡號"},
		{"by=card_no&card_key=" + strings.Repeat("k", 1025), "card_key", "逾時"},
		{"waiting=yes", "waiting", "yes"},
		{"journey=fell_back.tired", "journey", "fell_back.tired"},
		{"journey=asked&journey=used", "journey", "一個值"},
		{"totals=2", "totals", "2"},
		{"by=email", "by", "email"},
		{"q=" + many, "q", "201"},
		{"q=a%00b", "q", "單號"},
		{"q=" + strings.Repeat("9", 31), "q", "30"},
		{"q=%27OR+1=1", "q", "單號"},
		{"q=4111111111111111", "q", "信用卡號"},
		{"by=trade_no&q=５５５５５５５５５５５５４４４４", "q", "信用卡號"},
		{"q=A&q=B", "q", "一個值"},
		{"store=ms1", "store", "ms1"},
		{"store=" + strings.Repeat("M", 16), "store", "商店代號"},
		{"pay_type=cash", "pay_type", "cash"},
		{"status=paid&status=failed", "status", "paid"},
		{"threeds=yes", "threeds", "yes"},
		{"amt_min=1.5", "amt_min", "整數"},
		{"amt_max=0", "amt_max", "1"},
		{"amt_max=99999999999", "amt_max", "9,999,999,999"},
		{"amt_min=10&amt_max=9", "amt_max", "下限"},
		{"store_type=shop", "store_type", "shop"},
		{"method=sms", "method", "sms"},
		{"token_kind=bind", "token_kind", "處理方式"},
		{"method=token&token_kind=both", "token_kind", "both"},
		{"funds=none", "funds", "none"},
		{"cursor=abc", "cursor", "分頁"},
		{"limit=51", "limit", "50"},
		{"limit=0", "limit", "50"},
		{"form=2026-01-01", "form", "form"},
		{"from=2026-01-01&from=2026-01-02", "from", "一個值"},
	}
	for _, tt := range tests {
		t.Run(tt.query[:min(len(tt.query), 40)], func(t *testing.T) {
			t.Parallel()
			_, faults := report.ParseTransactionFilter(query(t, tt.query), now)
			if len(faults) != 1 || faults[0].Field != tt.field || !strings.Contains(faults[0].Public, tt.contains) {
				t.Errorf("faults = %v, %q", faults, faults.Error())
			}
		})
	}
}

func TestACardNumberIsNeverRepeated(t *testing.T) {
	t.Parallel()
	f, faults := report.ParseTransactionFilter(query(t, "q=4111111111111111"), now)
	if len(f.Wanted) != 0 || faults[0].Code != report.ErrCardNumber.Code || strings.Contains(faults[0].Public, "4111") {
		t.Errorf("wanted %v, %q", f.Wanted, faults[0].Public)
	}
}

// Whatever stands in the address, the filter is one that can be run, and the faults
// name one field each.
func FuzzParseTransactionFilter(f *testing.F) {
	f.Add("from=2026-11-01&to=2026-11-30&q=A1 B2&store=MS1&status=failed&cursor=")
	f.Add("by=order_no&q=４１１１&amt_min=1&amt_max=2&method=token&token_kind=bind&limit=7")
	f.Add("by=card_no&q=411111…1111 4111 11** **** 1111 1111")
	f.Add("by=auth_code&q=ab12cd&card_key=x&waiting=1&totals=1")
	f.Add("q=%ff%00&from=9999-12-31&to=1980-01-01&amt_min=-1")
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		got, faults := report.ParseTransactionFilter(values, now)
		var fields []string
		for _, fault := range faults {
			if fault.Public == "" || !utf8.ValidString(fault.Public) || slices.Contains(fields, fault.Field) {
				t.Fatalf("fault %+v after %v", fault, fields)
			}
			fields = append(fields, fault.Field)
		}
		days := got.From.DaysUntil(got.To) + 1
		if days < 1 || days > report.DaysMax || got.Limit < 1 || got.Limit > report.RowsMax {
			t.Fatalf("%d days, limit %d", days, got.Limit)
		}
		if !slices.Contains(report.DateKinds, got.DateKind) || !slices.Contains(report.NumberKinds, got.Numbers) ||
			!slices.Contains(report.Methods, got.Method) || !slices.Contains(report.FundsStates, got.Funds) {
			t.Fatalf("%+v", got)
		}
		if len(got.Wanted) > report.NumbersMax || got.AmountMax > 0 && got.AmountMin > got.AmountMax {
			t.Fatalf("%+v", got)
		}
		for _, number := range got.Wanted {
			if pan, err := secret.ParsePAN(number); err == nil && got.Numbers == report.CardNos {
				t.Fatalf("a whole card number %v", pan)
			}
			if number == "" || len(number) > 30 || strings.ContainsAny(number, "\x00'\"\\ ") {
				t.Fatalf("number %q", number)
			}
		}
		if again, err := report.ParseCursor(got.Cursor.String()); err != nil || again != got.Cursor {
			t.Fatalf("cursor %v became %v, %v", got.Cursor, again, err)
		}
	})
}
