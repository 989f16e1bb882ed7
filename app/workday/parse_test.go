package workday_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/workday"
)

const head = "date,kind,name\n"

func TestACalendarIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	t.Parallel()
	const want = head + "2027-01-01,off,開國紀念日\n2027-02-20,work,\"補行上班, 半天\"\n"
	for name, text := range map[string]string{
		"as written":       want,
		"out of order":     head + "2027-02-20,work,\"補行上班, 半天\"\n2027-01-01,off,開國紀念日\n",
		"Windows":          "\uFEFF" + strings.ReplaceAll(want, "\n", "\r\n"),
		"blanks":           head + " 2027-01-01, off , 開國紀念日 \n\n2027-02-20,work,\"補行上班, 半天\"",
		"one byte at once": want,
	} {
		reader := io.Reader(strings.NewReader(text))
		if name == "one byte at once" {
			reader = iotest.OneByteReader(reader)
		}
		c, err := workday.Parse(reader)
		if err != nil || c.String() != want {
			t.Errorf("%s: %v\n%s", name, err, c)
		}
	}
}

func TestWhatIsNoCalendarIsToldLineByLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                              "沒有任何日期。",
		head:                                            "沒有任何日期。",
		"2027-01-01,off,x\n":                            "第 1 列：標題列須為 date,kind,name。",
		"date;kind;name\n":                              "第 1 列：標題列須為 date,kind,name。",
		head + "2027-01-01,off\n":                       "第 2 列：須有 3 個欄位：date,kind,name。",
		head + "2027-1-1,off,x\n":                       "第 2 列：日期須為 YYYY-MM-DD 的西元日期。",
		head + "2027-02-29,off,x\n":                     "第 2 列：日期須為 YYYY-MM-DD 的西元日期。",
		head + "116-01-01,off,x\n":                      "第 2 列：日期須為 YYYY-MM-DD 的西元日期。",
		head + "2027-01-01,holiday,x\n":                 "第 2 列：類別須為 off（放假）或 work（補行上班）。",
		head + "2027-01-02,off,x\n":                     "第 2 列：這一天是週末，不需列為放假日。",
		head + "2027-01-01,work,x\n":                    "第 2 列：補行上班日須為星期六。",
		head + "2027-01-03,work,x\n":                    "第 2 列：補行上班日須為星期六。",
		head + "2027-01-01,off,\n":                      "第 2 列：名稱須為 1 至 60 個字。",
		head + "2027-01-01,off," + long(61):             "第 2 列：名稱須為 1 至 60 個字。",
		head + "2027-01-01,off,\xa4\xa4\n":              "第 2 列：名稱含有無法顯示的字元，檔案須為 UTF-8 編碼。",
		head + "2027-01-01,off,a\x07b\n":                "第 2 列：名稱含有無法顯示的字元，檔案須為 UTF-8 編碼。",
		head + "2027-01-01,off,x\n\n2027-01-01,off,y\n": "第 4 列：日期重複。",
		head + "2027-01-01,off,\"x\n":                   "第 2 列：引號不成對。",
		head + "2027-01-01,off," + long(30_000):         "檔案過大，上限為 64 KB。",
	} {
		c, err := workday.Parse(strings.NewReader(text))
		if !errors.Is(err, workday.ErrFormat) {
			t.Errorf("%.60q: %v", text, err)
		} else if got := fault.From(err).Public; got != want || len(c.Years()) != 0 {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
	_, err := workday.Parse(strings.NewReader(head + strings.Repeat("x,off,y\n", 3)))
	var group fault.Group
	if !errors.As(err, &group) || len(group) != 3 || group[2].Field != "csv_line_4" {
		t.Errorf("three lines: %v", err)
	}
	_, err = workday.Parse(strings.NewReader(head + strings.Repeat("x,off,y\n", 300)))
	if !errors.As(err, &group) || len(group) != 20 {
		t.Errorf("many lines: %d are told", len(group))
	}
	if _, err := workday.Parse(iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a broken reader: %v", err)
	}
}

func long(n int) string { return strings.Repeat("節", n) }

func TestHalfAYearIsFound(t *testing.T) {
	t.Parallel()
	c := taiwan(t)
	without := func(year int, left func(d workday.Day) bool) workday.Calendar {
		var days []workday.Day
		for _, d := range c.Year(year).Days() {
			if !left(d) {
				days = append(days, d)
			}
		}
		return workday.New(days)
	}
	month := func(d workday.Day) time.Month { return d.Date.End().UTC().Month() }
	var all []workday.Day
	for d := date(t, "2025-01-01"); d.Before(date(t, "2025-03-31")); d = d.AddDays(1) {
		if working, _ := (workday.Calendar{}).IsWorking(d); working {
			all = append(all, workday.Day{Date: d, Kind: workday.Off, Name: "x"})
		}
	}
	for name, tt := range map[string]struct {
		c    workday.Calendar
		want string
	}{
		"as announced": {c.Year(2025), ""},
		"none":         {workday.Calendar{}, ""},
		"without autumn": {
			without(2025, func(d workday.Day) bool { return month(d) > time.August }),
			"2025 年的工作日曆不完整：國慶日（2025-10-10）不是放假日。",
		},
		"without the Lunar New Year": {
			without(2025, func(d workday.Day) bool { return month(d) == time.January && d.Name != "開國紀念日" }),
			"2025 年的工作日曆不完整：找不到連續 5 天以上的春節假期。",
		},
		"the fixed ones alone": {
			without(2024, func(d workday.Day) bool { return month(d) > time.April && d.Name != "國慶日" || d.Name == "春節" }),
			"2024 年的工作日曆不完整：找不到連續 5 天以上的春節假期。",
		},
		"without 端午節": {
			without(2026, func(d workday.Day) bool { return month(d) == time.June }),
			"2026 年的工作日曆不完整：找不到端午節的假期。",
		},
		"without 中秋節": {
			without(2026, func(d workday.Day) bool { return month(d) == time.September }),
			"2026 年的工作日曆不完整：找不到中秋節的假期。",
		},
		"too many": {
			c.Year(2025).Merge(workday.New(append(c.Year(2025).Days(), all...))),
			"2025 年的工作日曆不完整：平日放假 71 天，應為 6 至 30 天。",
		},
	} {
		got := ""
		if err := tt.c.CheckYears(); err != nil {
			got = fault.From(err).Public
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// Whatever is read is written so that it is read again, and names no more days than it has lines.
func FuzzParse(f *testing.F) {
	f.Add(head + "2027-01-01,off,開國紀念日\n2027-02-20,work,\"補行上班, 半天\"\n")
	f.Add("\uFEFF" + head + "2027-01-01,off,\"a\"\"b\"\r\n")
	f.Add(head + "2027-01-01,off,\"x\n")
	f.Add("date,kind\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := workday.Parse(strings.NewReader(text))
		if err != nil {
			if !errors.Is(err, workday.ErrFormat) {
				t.Fatalf("%v is no ErrFormat", err)
			}
			return
		}
		again, err := workday.Parse(strings.NewReader(c.String()))
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q is not read again: %v", c, err)
		}
		if len(c.Days()) > strings.Count(text, "\n") || len(c.Diff(again)) != 0 {
			t.Fatalf("%d days of %q", len(c.Days()), text)
		}
	})
}
