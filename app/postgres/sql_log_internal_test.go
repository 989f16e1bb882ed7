package postgres

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

func TestFailedStatementsAreLoggedWithoutTheirValues(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	db, err := Open(t.Context(), Options{URL: dbtest.New(t), Log: slog.New(slog.NewJSONHandler(&logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	const value = "王小明 0912345678"
	var found []string
	if err := db.gorm.Raw("SELECT name FROM no_such_table WHERE name = ?", value).Scan(&found).Error; err == nil {
		t.Fatal("the statement did not fail")
	}
	if err := db.gorm.Exec("DELETE FROM no_such_table WHERE name = ?", value).Error; err == nil {
		t.Fatal("the statement did not fail")
	}
	got := logged.String()
	if strings.Count(got, "no_such_table WHERE name = ") != 2 || strings.Contains(got, "0912345678") {
		t.Errorf("logged %s", got)
	}
}

func TestWhatCallersHandleIsNotLoggedAsAnError(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	db, err := Open(t.Context(), Options{URL: dbtest.New(t), Log: slog.New(slog.NewJSONHandler(&logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	const statement = "INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '晴川', now())"
	if err := db.gorm.Exec(statement).Error; err != nil {
		t.Fatal(err)
	}
	if err := db.gorm.Exec(statement).Error; err == nil {
		t.Fatal("the same code was taken twice")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.gorm.WithContext(gone).Exec("SELECT 1").Error; err == nil {
		t.Fatal("nobody waits, and it was answered")
	}
	if logged.Len() != 0 {
		t.Errorf("logged %s", logged.String())
	}
}
