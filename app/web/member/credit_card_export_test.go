package member_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/export"
)

const exports, exportOf = list + "/exports", list + "/export"

// cellsOf reads a file of CSV.
func cellsOf(t *testing.T, body string) [][]string {
	t.Helper()
	body, marked := strings.CutPrefix(body, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || !marked || !strings.HasSuffix(body, "\r\n") {
		t.Fatalf("%v, mark %v\n%s", err, marked, body)
	}
	return rows
}

func sumOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// A download is the list with its filter, order and columns; what it was is kept and
// recorded.
func TestADownloadIsTheListAsAFile(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for i := range 60 { // more than a page
		s.trade(1, fmt.Sprintf("A%02d", i), 100+i, noon.Add(time.Duration(i)*time.Minute))
	}
	s.trade(4, "THEIRS", 100, noon)
	s.run("INSERT INTO list_columns VALUES (1, '{amount,trade_no,order_no,store,created}')")
	v := s.signedIn("12345675", "owner01")
	filter := "?from=2026-11-24&to=2026-11-24&amt_min=105"
	v.get(exportOf+filter).is(http.StatusOK, `id="export-rows">55 筆`, "format=csv", "format=xlsx", "NT$105",
		"2026-11-24 至 2026-11-24")
	v.get(list+filter).is(http.StatusOK, "共 55 筆", `href="`+exportOf)
	got := v.get(exportOf + filter + "&format=csv&limit=1&cursor=").is(http.StatusOK)
	rows := cellsOf(t, got.body)
	head := []string{"金額 NT$", "金流交易序號", "商店訂單編號", "商店", "交易時間 (Asia/Taipei)"}
	if len(rows) != 56 || !slices.Equal(rows[0], head) {
		t.Fatalf("%d rows, head %q", len(rows), rows[0])
	}
	if rows[1][0] != "159" || rows[1][2] != "A59" || rows[1][3] != "MS100000001" || rows[1][4] != "2026-11-24 12:59:00" ||
		rows[55][2] != "A05" {
		t.Errorf("%q … %q", rows[1], rows[55])
	}
	if name := got.Header.Get("Content-Disposition"); name != `attachment; filename="transactions_20261124-120000.csv"` {
		t.Errorf("name %q", name)
	}
	want := "owner01 transactions_exported amt_min=105&from=2026-11-24&to=2026-11-24"
	if logged := s.logged(audit.TransactionsExported); len(logged) != 1 || logged[0] != want {
		t.Errorf("%q", logged)
	}
	var changes string
	must(t, s.db.SQL().QueryRow("SELECT changes::text FROM audit_entries WHERE kind = 'transactions_exported'").
		Scan(&changes))
	if !strings.Contains(changes, `"55"`) {
		t.Errorf("the entry tells %s", changes)
	}
	v.get(exports).is(http.StatusOK, sumOf(got.body), "已完成", ">55<").lacks("/file")
	link := s.exportLink(1)
	v.get(link).is(http.StatusOK, sumOf(got.body), "系統沒有保留")
	v.get(link + "/file").is(http.StatusConflict)
	var m export.Manifest
	must(t, json.Unmarshal([]byte(v.get(link+"/manifest").is(http.StatusOK).body), &m))
	if m.Rows != 55 || m.SHA256 != sumOf(got.body) || m.Bytes != int64(len(got.body)) || len(m.Columns) != 5 ||
		m.Order != "created desc" || m.Query != "amt_min=105&from=2026-11-24&to=2026-11-24" {
		t.Errorf("%+v", m)
	}
}

// exportLink is the page of the account's latest export, as its list shows it.
func (s *site) exportLink(accountID int64) string {
	s.t.Helper()
	who := map[int64][2]string{1: {"12345675", "owner01"}, 2: {"12345675", "clerk01"}}[accountID]
	body := s.signedIn(who[0], who[1]).get(exports).is(http.StatusOK).body
	_, rest, found := strings.Cut(body, `href="`+exports+"/")
	if !found {
		s.t.Fatal("no export in the list")
	}
	token, _, _ := strings.Cut(rest, `"`)
	return exports + "/" + token
}

func TestADownloadAsAWorkbookHasTextsAndNumbers(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := s.trade(1, "0012", 1250, noon)
	v := s.signedIn("12345675", "owner01")
	got := v.get(exportOf + "?format=xlsx&q=" + no).is(http.StatusOK)
	file, err := excelize.OpenReader(strings.NewReader(got.body))
	must(t, err)
	rows, err := file.GetRows(file.GetSheetName(0))
	must(t, err)
	if len(rows) != 2 || rows[1][1] != no || rows[1][2] != "0012" || rows[1][6] != "1,250" || rows[1][10] != "930637" {
		t.Errorf("%q", rows)
	}
}

func TestAnExportHoldsWhatTheAccountSees(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	mine, sister, theirs := s.trade(1, "A1", 100, noon), s.trade(2, "SISTER", 100, noon), s.trade(4, "THEIRS", 100, noon)
	for who, want := range map[string]int{"owner01": 3, "clerk01": 2} {
		v := s.signedIn("12345675", who)
		for _, query := range []string{"format=csv", "format=csv&q=" + mine + "+" + sister + "+" + theirs} {
			rows := cellsOf(t, v.get(exportOf+"?"+query).is(http.StatusOK).body)
			if len(rows) != want {
				t.Errorf("%s: %q", who, rows)
			}
		}
	}
	s.signedIn("12345675", "clerk01").get(exportOf + "?format=csv&store=MS100000002").
		is(http.StatusUnprocessableEntity).lacks("SISTER")
	for _, path := range []string{exportOf, exportOf + "?format=csv", exports} {
		s.signedIn("12345675", "viewer01").get(path).is(http.StatusForbidden, "權限不足").lacks("A1")
		s.visitor().get(path).is(http.StatusSeeOther)
	}
	v := s.signedIn("12345675", "owner01")
	v.get(exportOf+"?format=pdf").is(http.StatusBadRequest, "CSV")
	if wrong := v.get(exportOf + "?format=csv&from=x").is(http.StatusUnprocessableEntity); wrong.errorOf("from") == "" {
		t.Error("no sentence about the date")
	}
	v.get(exportOf+"?from=2026-01-01&to=2026-01-02").is(http.StatusOK, "沒有符合條件的交易", "0 筆").lacks("format=csv")
	v.do(http.MethodHead, exportOf+"?format=csv", nil).is(http.StatusOK)
	if n := len(s.logged(audit.TransactionsExported)); n != 4 {
		t.Errorf("%d exports are recorded", n)
	}
}

func TestNothingIsExportedThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	s.run("ALTER TABLE audit_entries RENAME TO audit_entries_gone")
	got := v.get(exportOf+"?format=csv").is(http.StatusInternalServerError).lacks("A1", "\ufeff")
	if got.Header.Get("Content-Disposition") != "" {
		t.Error("the error page is a file")
	}
	s.run("ALTER TABLE audit_entries_gone RENAME TO audit_entries")
	v.get(exports).is(http.StatusOK, "尚未匯出")
}

// job starts an export in the background, and returns its page and its number.
func (v *visitor) job(filter, format string) (link string, id int64) {
	v.site.t.Helper()
	started := v.post(exportOf, url.Values{"filter": {filter}, "format": {format}}).is(http.StatusSeeOther)
	must(v.site.t, v.site.db.SQL().QueryRow("SELECT max(id) FROM exports").Scan(&id))
	return started.Header.Get("Location"), id
}

func TestALargeExportIsWrittenByAJobAndFetchedWithinADay(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	s.trade(2, "SISTER", 100, noon)
	v := s.signedIn("12345675", "clerk01")
	link, id := v.job("from=2026-11-24&to=2026-11-24&cursor=", "csv")
	waiting := v.get(link).is(http.StatusOK, "排隊中", "等待中").lacks("/file", "/manifest")
	if waiting.Header.Get("Refresh") == "" {
		t.Error("the page of a job does not refresh itself")
	}
	v.get(link+"/file").is(http.StatusConflict, "排隊中")
	if len(s.logged(audit.TransactionsExported)) != 0 {
		t.Error("recorded before there is a file")
	}
	s.clock.Advance(time.Minute)
	must(t, s.exports.Run(t.Context(), id))
	must(t, s.exports.Run(t.Context(), id)) // a second time changes nothing
	done := v.get(link).is(http.StatusOK, "已完成", link+"/file", "1 筆")
	if done.Header.Get("Refresh") != "" {
		t.Error("a page that is done refreshes itself")
	}
	file := v.get(link + "/file").is(http.StatusOK)
	if rows := cellsOf(t, file.body); len(rows) != 2 || rows[1][2] != "A1" {
		t.Errorf("%q", rows)
	}
	if !strings.Contains(done.body, sumOf(file.body)) {
		t.Error("the page tells another SHA-256")
	}
	if logged := s.logged(audit.TransactionsExported); len(logged) != 1 {
		t.Errorf("%q", logged)
	}
	for _, other := range []*visitor{s.signedIn("12345675", "owner01"), s.signedIn("22099131", "owner01")} {
		for _, path := range []string{link, link + "/file", link + "/manifest"} {
			other.get(path).is(http.StatusNotFound)
		}
	}
	s.clock.Advance(export.FileLife - time.Minute)
	v = s.signedIn("12345675", "clerk01")
	v.get(link + "/file").is(http.StatusOK)
	s.clock.Advance(time.Minute)
	v.get(link+"/file").is(http.StatusGone, "下載期限已過")
	v.get(link+"/manifest").is(http.StatusOK, sumOf(file.body))
	removed, err := s.db.Exports().Prune(t.Context(), s.clock.Now())
	must(t, err)
	if removed != 1 {
		t.Errorf("%d parts removed", removed)
	}
}

func TestAnExportEndsWithThePermission(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "clerk01")
	done, id := v.job("", "csv")
	must(t, s.exports.Run(t.Context(), id))
	waiting, id := v.job("", "csv")
	s.run("UPDATE account_stores SET store_id = 2 WHERE account_id = 2")
	must(t, s.exports.Run(t.Context(), id))
	v.get(done+"/file").is(http.StatusForbidden, "管理商店或權限已變更")
	v.get(done + "/manifest").is(http.StatusForbidden)
	v.get(done).is(http.StatusOK, "管理商店或權限已變更").lacks(done+"/file", done+"/manifest")
	v.get(waiting).is(http.StatusOK, "未完成", "管理商店或權限已變更")
	s.run("DELETE FROM account_grants WHERE account_id = 2")
	v.get(done + "/file").is(http.StatusForbidden)
	suspended, id := s.signedIn("12345675", "owner01").job("", "csv")
	s.run("UPDATE members SET status = 'suspended' WHERE id = 1")
	must(t, s.exports.Run(t.Context(), id))
	s.run("UPDATE members SET status = 'active' WHERE id = 1")
	s.signedIn("12345675", "owner01").get(suspended).is(http.StatusOK, "未完成")
}

func TestAMemberIsToldThatItsExportsAreTooMany(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	for range export.JobsMax {
		v.job("", "xlsx")
	}
	v.post(exportOf, url.Values{"format": {"csv"}}).is(http.StatusTooManyRequests, "同時進行的匯出已達上限")
	v.post(exportOf, url.Values{"format": {"pdf"}}).is(http.StatusBadRequest)
	if wrong := v.post(exportOf, url.Values{"format": {"csv"}, "filter": {"from=x"}}); wrong.StatusCode != 422 {
		t.Errorf("a bad filter: %d", wrong.StatusCode)
	}
}

// A job that fails is tried again from the start, and told as failed in the end.
func TestAJobThatFailsLeavesNoFile(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	link, id := v.job("", "csv")
	s.run("ALTER TABLE export_parts RENAME TO export_parts_gone")
	s.run("CREATE TABLE export_parts (LIKE export_parts_gone, CHECK (part < 0))")
	for i := range export.TriesMax {
		if err := s.exports.Run(t.Context(), id); err == nil {
			t.Errorf("run %d did not fail", i+1)
		}
	}
	must(t, s.exports.Run(t.Context(), id))
	v.get(link).is(http.StatusOK, "未完成", "沒有產生檔案").lacks("/file")
	v.get(link + "/file").is(http.StatusConflict)
	if n := len(s.logged(audit.TransactionsExported)); n != 0 {
		t.Errorf("%d exports are recorded", n)
	}
	var text sql.NullString
	must(t, s.db.SQL().QueryRow("SELECT sha256 FROM exports WHERE id = $1", id).Scan(&text))
	if text.String != "" {
		t.Error("there is a manifest of nothing")
	}
}

// A whole card number is in no address, page, record or manifest of an export.
func TestAnExportByCardTellsNoCard(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	found := v.post(list+"/card", url.Values{"card": {"4111111111111111"}}).is(http.StatusSeeOther).Header.Get("Location")
	filter := strings.TrimPrefix(found, list+"?")
	v.get(exportOf+"?"+filter).is(http.StatusOK, "411111…1111").lacks("4111111111111111")
	link, id := v.job(filter, "csv")
	must(t, s.exports.Run(t.Context(), id))
	manifest := v.get(link+"/manifest").is(http.StatusOK, "411111…1111").lacks("card_key", "4111111111111111")
	if !strings.Contains(manifest.body, `"rows": 0`) { // the fixture's rows have no index of their card
		t.Errorf("%s", manifest.body)
	}
	late, id := v.job(filter, "csv")
	s.clock.Advance(25 * time.Hour)
	must(t, s.exports.Run(t.Context(), id))
	s.signedIn("12345675", "owner01").get(late).is(http.StatusOK, "未完成", "查詢條件已失效")
}
