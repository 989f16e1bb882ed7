package workday

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// The limits of a calendar's text.
const (
	BytesMax = 64 << 10
	nameMax  = 60 // characters
)

// ErrFormat tells that a text is no calendar. What is returned says in which line and why.
var ErrFormat = fault.New(fault.Invalid, "calendar_format", "工作日曆格式不正確。")

// header is the first line of a calendar's text.
var header = []string{"date", "kind", "name"}

// problemsMax bounds what is told of a bad text.
const problemsMax = 20

// Parse reads a calendar as CSV in UTF-8, at most 64 KiB: the line date,kind,name and then
// one line for each day that differs from other days of its week, in any order. The date is
// YYYY-MM-DD; the kind is "off" for a weekday without work, and "work" for a Saturday with
// work. What is wrong with the text comes back as a fault.Group of ErrFormat, one for each
// line and at most 20.
func Parse(r io.Reader) (Calendar, error) {
	limited := &io.LimitedReader{R: r, N: BytesMax + 1}
	lines := csv.NewReader(withoutMark(limited))
	lines.FieldsPerRecord = -1 // counted below: a line with too few does not hide the others
	t := table{seen: map[clock.Date]bool{}}
	for first := true; len(t.wrong) < problemsMax; first = false {
		record, err := lines.Read()
		if limited.N <= 0 {
			return Calendar{}, fault.Group{wrong(0, "檔案過大，上限為 64 KB")}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Calendar{}, unreadable(err)
		}
		line, _ := lines.FieldPos(0)
		if !first {
			t.add(line, record)
			continue
		}
		if strings.Join(record, ",") != strings.Join(header, ",") {
			return Calendar{}, fault.Group{wrong(line, "標題列須為 date,kind,name")}
		}
	}
	if len(t.days) == 0 && len(t.wrong) == 0 {
		t.wrong = append(t.wrong, wrong(0, "沒有任何日期"))
	}
	if err := t.wrong.OrNil(); err != nil {
		return Calendar{}, err
	}
	return New(t.days), nil
}

// table is what was read of a text.
type table struct {
	days  []Day
	seen  map[clock.Date]bool
	wrong fault.Group
}

func (t *table) add(line int, record []string) {
	day, why := parseDay(record)
	if why == "" && t.seen[day.Date] {
		why = "日期重複"
	}
	if why != "" {
		t.wrong = append(t.wrong, wrong(line, why))
		return
	}
	t.seen[day.Date] = true
	t.days = append(t.days, day)
}

// parseDay reads one line, and tells what is wrong with it.
func parseDay(record []string) (d Day, why string) {
	if len(record) != len(header) {
		return Day{}, "須有 3 個欄位：date,kind,name"
	}
	date, err := clock.ParseDate(strings.TrimSpace(record[0]))
	if err != nil {
		return Day{}, "日期須為 YYYY-MM-DD 的西元日期"
	}
	d = Day{Date: date, Kind: Kind(strings.TrimSpace(record[1])), Name: strings.TrimSpace(record[2])}
	weekday := weekdayOf(date)
	switch {
	case d.Kind != Off && d.Kind != Work:
		return Day{}, "類別須為 off（放假）或 work（補行上班）"
	case d.Kind == Off && (weekday == time.Saturday || weekday == time.Sunday):
		return Day{}, "這一天是週末，不需列為放假日"
	case d.Kind == Work && weekday != time.Saturday:
		return Day{}, "補行上班日須為星期六"
	case d.Name == "" || utf8.RuneCountInString(d.Name) > nameMax:
		return Day{}, fmt.Sprintf("名稱須為 1 至 %d 個字", nameMax)
	case !utf8.ValidString(d.Name) || strings.ContainsFunc(d.Name, unicode.IsControl):
		return Day{}, "名稱含有無法顯示的字元，檔案須為 UTF-8 編碼"
	}
	return d, ""
}

// withoutMark leaves out the byte order mark that spreadsheets write.
func withoutMark(r io.Reader) io.Reader {
	buffered := bufio.NewReader(r)
	if start, err := buffered.Peek(3); err == nil && string(start) == "\uFEFF" {
		_, _ = buffered.Discard(3) // they are buffered
	}
	return buffered
}

// unreadable puts an error of the CSV reader into words.
func unreadable(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("read the calendar: %w", err)
	}
	return fault.Group{wrong(parse.Line, "引號不成對")}
}

// wrong is ErrFormat with what is wrong in which line, 0 for the whole.
func wrong(line int, why string) *fault.Fault {
	f := *ErrFormat
	f.Public, f.Field = why+"。", "csv"
	if line > 0 {
		f.Public, f.Field = fmt.Sprintf("第 %d 列：%s。", line, why), fmt.Sprintf("csv_line_%d", line)
	}
	return &f
}

// String writes the calendar as Parse reads it, the days in their order.
func (c Calendar) String() string {
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write(header) // a strings.Builder takes everything
	for _, d := range c.Days() {
		_ = w.Write([]string{d.Date.String(), string(d.Kind), d.Name})
	}
	w.Flush()
	return text.String()
}
