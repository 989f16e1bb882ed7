package member

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/views/ui"
)

func askedAt(t *testing.T, address string, now time.Time) query {
	t.Helper()
	values, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	q := query{conditions: conditions{values: values}}
	q.filter, q.faults = report.ParseTransactionFilter(values, now)
	if len(q.faults) > 0 {
		t.Fatal(q.faults)
	}
	return q
}

func TestASearchIsRecordedAsItsFilter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	const week = "from=2026-11-18&to=2026-11-24"
	for address, want := range map[string]string{
		"":                                  week,
		"status=&limit=10":                  week,
		"status=failed&status=pending":      "from=2026-11-18&status=failed&status=pending&to=2026-11-24",
		"from=2026-11-01":                   "from=2026-11-01&to=2026-11-24",
		"q=26112412000000018%0A+A1":         "q=26112412000000018+A1",
		"by=order_no&q=4111111111111111,A1": "by=order_no&q=411111%2A%2A%2A%2A%2A%2A1111+A1",
	} {
		if got := listingSubject(askedAt(t, address, now)); got != want {
			t.Errorf("%q is recorded as %q, want %q", address, got, want)
		}
	}
	paged := report.Cursor{Direction: report.Older, At: now, TradeNo: "26112412000000018"}.String()
	if got := listingSubject(askedAt(t, "cursor="+paged, now)); got != week {
		t.Errorf("the second page is recorded as %q", got)
	}
}

func TestListingsForgetAfterTenMinutesAndStaySmall(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	var l listings
	one := listing{session: 1, subject: "a"}
	if l.seen(one, now) {
		t.Error("seen before it was noted")
	}
	l.note(one, now)
	for other, want := range map[listing]bool{
		one: true, {session: 2, subject: "a"}: false, {session: 1, subject: "b"}: false,
		{session: 1, viewedAs: "clerk01", subject: "a"}: false,
	} {
		if got := l.seen(other, now.Add(sameListing-1)); got != want {
			t.Errorf("%+v: seen %v", other, got)
		}
	}
	if l.seen(one, now.Add(sameListing)) {
		t.Error("still seen after ten minutes")
	}
	for i := range 3 * listingsMax {
		l.note(listing{session: 1, subject: fmt.Sprint(i)}, now)
		if len(l.last) > listingsMax {
			t.Fatalf("%d are remembered", len(l.last))
		}
	}
}

func TestNoCellIsAFormulaAndEveryCellComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@\-\t＝＋－＠]{1,2}[a-z(),;"\n]{0,8}`)).Draw(t, "text")
		cell := export.Guard(text)
		if strings.IndexAny(cell, "=+-@\t\r\n＝＋－＠") == 0 {
			t.Fatalf("%q is a formula", cell)
		}
		if cell != text && cell != "'"+text {
			t.Fatalf("%q became %q", text, cell)
		}
	})
}

func TestAFileThatIsCutShortSaysSo(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	file, err := newSheet(c, "a.csv", "甲", "乙")
	if err != nil {
		t.Fatal(err)
	}
	if err := file.add("1", `=HYPERLINK("x")`); err != nil {
		t.Fatal(err)
	}
	if err := file.end(audit.ErrChanges); err == nil {
		t.Error("the error is lost")
	}
	body, marked := strings.CutPrefix(w.Body.String(), "\ufeff")
	r := csv.NewReader(strings.NewReader(body))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	want := [][]string{{"甲", "乙"}, {"1", `'=HYPERLINK("x")`}, {"（匯出未完成，請縮小期間後重新匯出）"}}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil || !marked {
		t.Errorf("%v %v %s", marked, err, diff)
	}
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="a.csv"` {
		t.Errorf("Content-Disposition %q", got)
	}
}

// gone is a client that has gone away.
type gone struct{ http.ResponseWriter }

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAFileForNobodyIsAnError(t *testing.T) {
	t.Parallel()
	c, _ := gin.CreateTestContext(gone{httptest.NewRecorder()})
	file, err := newSheet(c, "a.csv", "甲")
	if got := file.end(err); !errors.Is(got, io.ErrClosedPipe) {
		t.Errorf("%v", got)
	}
}

func TestARowOfTheLog(t *testing.T) {
	t.Parallel()
	line := audit.Line{Entry: audit.Entry{
		By: audit.By{Login: "owner01"}, At: time.Date(2026, 12, 31, 16, 0, 5, 0, time.UTC),
		Kind: audit.TransactionsListed, Subject: "from=2026-11-18&q=A1+B2",
		Changes: []audit.Change{{Field: "查詢", Before: "無", After: "可"}},
	}, Sequence: 7}
	row := presentAuditRow(line)
	if row.Date != "2027-01-01" || row.Time != "00:00:05" || row.Subject != "from=2026-11-18　q=A1 B2" ||
		row.Href != pathCardList+"?from=2026-11-18&q=A1+B2" || row.Event.Tone != ui.ToneNeutral {
		t.Errorf("%+v", row)
	}
	line.Kind, line.Subject = audit.SignInFailed, "100%"
	if row := presentAuditRow(line); row.Event.Tone != ui.ToneBad || row.Subject != "100%" || row.Href != "" {
		t.Errorf("%+v", row)
	}
	cells := auditCells(line)
	if len(cells) != len(auditHeads) || cells[1] != "2027-01-01 00:00:05.000000" || cells[9] != "查詢：無 → 可" {
		t.Errorf("%q", cells)
	}
}
