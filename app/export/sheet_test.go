package export

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// fieldsOf are a text, an amount and a text.
func awkwardFields() []field {
	return []field{
		{head: "號碼, \"一\"", width: 20, text: func(dst []byte, r *Row) []byte { return append(dst, r.OrderNo...) }},
		{head: "金額 NT$", width: 12, amount: func(r *Row) (int64, bool) { return r.Amount, r.Settled }},
		{head: "=備註", width: 8, text: func(dst []byte, r *Row) []byte { return append(dst, r.MandateNo...) }},
	}
}

// awkward are texts that a file easily gets wrong, and what a reader of CSV finds in their place.
var awkward = []struct{ text, csv string }{
	{"", ""},
	{"plain", "plain"},
	{"00123456789012345678", "00123456789012345678"},
	{"=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"},
	{"+886912345678", "'+886912345678"},
	{"-1+2", "'-1+2"},
	{"@SUM(A1)", "'@SUM(A1)"},
	{"\t=1", "'\t=1"},
	{"\r=1", "'\r=1"},
	{"\n=1", "'\n=1"},
	{"＝1", "'＝1"},
	{"a\"b,c", "a\"b,c"},
	{"一\n二", "一\n二"},
	{"晴川選物：綠茶（全糖）🍵", "晴川選物：綠茶（全糖）🍵"},
	{"a=b", "a=b"},
	{" =1", " =1"},
}

func writeAwkward(t *testing.T, s sheet) {
	t.Helper()
	for i, a := range awkward {
		r := &Row{OrderNo: []byte(a.text), MandateNo: []byte(a.text), Amount: int64(i) - 2, Settled: i > 0}
		if err := s.row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	s.drop()
}

func TestACSVFileSaysWhatWasWrittenAndRunsNothing(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	writeAwkward(t, newCSV(&b, awkwardFields()))
	golden(t, "awkward.csv", b.Bytes())
	body, marked := strings.CutPrefix(b.String(), Mark)
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || !marked {
		t.Fatal(marked, err)
	}
	want := [][]string{{"號碼, \"一\"", "金額 NT$", "'=備註"}}
	for i, a := range awkward {
		amount := ""
		if i > 0 {
			amount = []string{"-1", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"}[i-1]
		}
		want = append(want, []string{a.csv, amount, a.csv})
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

// golden compares with a file; GOLDEN=write writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("GOLDEN") == "write" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %v\n%s", name, err, cmp.Diff(string(want), string(got)))
	}
}

func TestAWorkbookSaysWhatWasWritten(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	s, err := newXLSX(&b, awkwardFields())
	if err != nil {
		t.Fatal(err)
	}
	s.rowsMax = 10 // go on on a second sheet soon
	writeAwkward(t, s)
	if s.sheets() != 2 {
		t.Errorf("%d sheets", s.sheets())
	}
	file, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	type found struct{ text, amount string }
	var got []found
	for _, name := range file.GetSheetList() {
		if head, _ := file.GetCellValue(name, "A1"); head != "號碼, \"一\"" {
			t.Errorf("the head of %s is %q", name, head)
		}
		panes, err := file.GetPanes(name)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("the head of %s moves: %+v %v", name, panes, err)
		}
		rows, err := file.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows[1:] {
			at, _ := excelize.CoordinatesToCellName(1, i+2)
			amountAt, _ := excelize.CoordinatesToCellName(2, i+2)
			text, _ := file.GetCellValue(name, at)
			amount, _ := file.GetCellValue(name, amountAt, excelize.Options{RawCellValue: true})
			kind, _ := file.GetCellType(name, at)
			formula, _ := file.GetCellFormula(name, at)
			if text != "" && kind != excelize.CellTypeInlineString || formula != "" {
				t.Errorf("%s!%s is no text: %v %q", name, at, kind, formula)
			}
			got = append(got, found{text: text, amount: amount})
		}
	}
	var want []found
	for i, a := range awkward {
		f := found{text: a.text}
		if i > 0 {
			f.amount = rowNumber(i - 2)
		}
		want = append(want, f)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(found{})); diff != "" {
		t.Error(diff)
	}
	// The style groups thousands.
	if style, _ := file.GetCellStyle("交易 1", "B3"); style == 0 {
		t.Error("an amount has no style")
	}
}

func rowNumber(n int) string {
	if n < 0 {
		return "-" + rowNumber(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return rowNumber(n/10) + rowNumber(n%10)
}

// FuzzAppendCell: whatever the text, a reader of CSV finds it again, with an apostrophe
// before what might be a formula.
func FuzzAppendCell(f *testing.F) {
	for _, a := range awkward {
		f.Add(a.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := AppendCell([]byte("x,"), text)
		rows, err := csv.NewReader(bytes.NewReader(append(line, "\r\n"...))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 {
			t.Fatalf("%q became %q: %v", text, line, err)
		}
		// encoding/csv reads a line's end within quotes as \n.
		want := strings.ReplaceAll(Guard(text), "\r\n", "\n")
		if rows[0][1] != want {
			t.Fatalf("%q came back as %q", text, rows[0][1])
		}
		if isFormula([]byte(rows[0][1])) {
			t.Fatalf("%q is a formula", rows[0][1])
		}
	})
}

func TestAmountsAreNeverGuarded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.OneOf(rapid.Int64(), rapid.Just(int64(math.MinInt64))).Draw(t, "amount")
		var b bytes.Buffer
		s := newCSV(&b, []field{{head: "a", amount: func(*Row) (int64, bool) { return amount, true }}})
		if s.row(&Row{}) != nil || s.end() != nil {
			t.Fatal("not written")
		}
		if got := b.String(); strings.Contains(got, "'") || strings.Contains(got, `"`) {
			t.Fatalf("%q", got)
		}
	})
}

func testWords() Words {
	return Words{
		Heads:         map[report.Column]string{report.ColCreated: "交易時間", report.ColAmount: "金額 NT$"},
		Statuses:      map[payment.Status]string{payment.Captured: "請款完成"},
		PayTypes:      map[payment.PayType]string{payment.PayInstalment: "分期付款"},
		Verifications: map[payment.Verification]string{payment.VerifiedOTP: "OTP"},
		TokenBind:     "Token綁定", TokenCharge: "Token交易", Received: "已收款", NotReceived: "未收款", Yes: "是",
		Instalments: " 期", Between: "、",
	}
}

func TestEachColumnSaysWhatTheListSays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 16, 0, 0, 999_999_000, time.UTC).UnixMicro()
	full := Row{
		TradeNo: []byte("26112500000000001"), OrderNo: []byte("A1"), First6: []byte("411111"), Last4: []byte("1111"),
		AuthCode: []byte("093063"), MandateNo: []byte("M1"), Status: []byte("captured"), PayType: []byte("instalment"),
		Verification: []byte("otp"), Instalments: 6, Amount: 1250, Captured: 1000, Refunded: 0, CreatedAt: at,
		AuthorisedAt: at, CapturedAt: Never, RefundedAt: Never, SettledAt: Never, ThreeD: true, TokenBind: true,
	}
	pending := full
	pending.Status, pending.First6, pending.TokenBind, pending.ThreeD = []byte("pending"), nil, false, false
	for column, want := range map[report.Column][2]string{
		report.ColCreated:    {"2026-11-25 00:00:00", "2026-11-25 00:00:00"},
		report.ColCapturedAt: {"", ""},
		report.ColPayType:    {"分期付款 6 期", "分期付款 6 期"},
		report.ColCard:       {"411111…1111", "1111"},
		report.ColAmount:     {"1250", "1250"},
		report.ColCaptured:   {"1000", ""},
		report.ColRefunded:   {"0", ""},
		report.ColStatus:     {"請款完成", ""},
		report.ColFunds:      {"未收款", "未收款"},
		report.ColMethod:     {"OTP、Token綁定", "OTP"},
		report.ColAuthCode:   {"093063", "093063"},
		report.ColThreeD:     {"是", ""},
		report.ColStore:      {"", ""},
	} {
		for i, r := range []Row{full, pending} {
			var b bytes.Buffer
			s := newCSV(&b, testWords().fieldsOf([]report.Column{column}, report.Scope{}))
			if s.row(&r) != nil || s.end() != nil {
				t.Fatal("not written")
			}
			lines := strings.Split(b.String(), "\r\n")
			if lines[1] != want[i] {
				t.Errorf("%s of row %d: %q, want %q", column, i, lines[1], want[i])
			}
		}
	}
	for _, column := range report.Columns {
		f := testWords().fieldsOf([]report.Column{column}, report.Scope{})[0]
		if (f.text == nil) == (f.amount == nil) {
			t.Errorf("%s is neither text nor amount, or both", column)
		}
	}
}
