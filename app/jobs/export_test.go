package jobs_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/apptest"
)

// asked asks for an export in the background and returns the client and the export's page.
func asked(t *testing.T, a *apptest.App) (client *http.Client, page string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	client = &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	post := func(path string, form url.Values) string {
		resp, err := client.PostForm(a.URL+path, form)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d", path, resp.StatusCode)
		}
		return resp.Header.Get("Location")
	}
	post("/login", url.Values{"member": {"12345675"}, "account": {"owner01"}, "password": {"Demo-Only-2026"}})
	return client, post("/member/sales/credit-cards/export", url.Values{"format": {"csv"}})
}

func fetched(t *testing.T, client *http.Client, address string) (int, string) {
	t.Helper()
	resp, err := client.Get(address)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(body)
}

func TestAnExportIsWrittenByTheQueue(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	pay(t, a, "http://127.0.0.1:1/notify")
	client, page := asked(t, a)
	must(t, a.StartJobs(t.Context()))
	until(t, "written", func() bool { return text(t, db, "SELECT state::text FROM exports") == "done" })
	status, file := fetched(t, client, a.URL+page+"/file")
	if status != http.StatusOK || !strings.Contains(file, ",Tea_1,MS100000004,") || strings.Count(file, "\r\n") != 2 {
		t.Errorf("%d\n%s", status, file)
	}
}

// The process died while it wrote: the export is written anew, and holds nothing of before.
func TestAnExportOutlivesTheProcessThatWroteIt(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	db := open(t, a)
	pay(t, a, "http://127.0.0.1:1/notify")
	client, page := asked(t, a)
	for _, left := range []string{
		"UPDATE exports SET state = 'running', run = 1, lease_until = to_timestamp(0), rows = 1, total = 9",
		"INSERT INTO export_parts SELECT id, 1, 0, 'half a file' FROM exports",
		"DELETE FROM river_job WHERE kind = 'write_export'",
	} {
		_, err := db.ExecContext(t.Context(), left)
		must(t, err)
	}
	if status, body := fetched(t, client, a.URL+page+"/file"); status != http.StatusConflict ||
		strings.Contains(body, "half") {
		t.Errorf("half a file is offered: %d %s", status, body)
	}
	must(t, a.StartJobs(t.Context()))
	until(t, "written", func() bool { return text(t, db, "SELECT state::text FROM exports") == "done" })
	_, file := fetched(t, client, a.URL+page+"/file")
	if strings.Contains(file, "half") || !strings.Contains(file, "Tea_1") {
		t.Errorf("the file:\n%s", file)
	}
	if got := text(t, db, "SELECT run || ' ' || tries || ' ' || rows FROM exports"); got != "2 1 1" {
		t.Errorf("run, tries and rows: %s", got)
	}
}
