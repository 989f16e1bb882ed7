package app_test

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

func TestStaffAreSuspendedByTheCommandAndToldInThePlatformsLog(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), `INSERT INTO accounts (kind, role, login, email, created_at)
		VALUES ('staff', 'admin', 'chen01', 'chen@example.com', now())`)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []app.StaffStatus{app.StaffSuspended, app.StaffActive, app.StaffRemoved} {
		if err := app.SetStaffStatus(t.Context(), url, "chen01", to); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	if err := app.SetStaffStatus(t.Context(), url, "chen01", app.StaffActive); err == nil {
		t.Error("who was removed came back")
	}
	if err := app.SetStaffStatus(t.Context(), "", "chen01", app.StaffActive); err == nil ||
		!strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("without a database: %v", err)
	}
	var told string
	err = db.QueryRowContext(t.Context(), `SELECT string_agg(kind || ' ' || login, ', ' ORDER BY sequence)
		FROM audit_entries WHERE chain = 0`).Scan(&told)
	if want := "staff_suspended chen01, staff_resumed chen01, staff_removed chen01"; err != nil || told != want {
		t.Errorf("the log says %q, %v", told, err)
	}
}
