package postgres_test

import "testing"

// Whoever remembers permissions compares the revision, which TRUNCATE would not move.
func TestGrantsAndStoresAreNeverTruncated(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	for _, statement := range []string{
		"TRUNCATE account_grants", "TRUNCATE account_stores", "TRUNCATE accounts CASCADE",
	} {
		if _, err := db.SQL().ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
	run(t, db, "DELETE FROM account_grants")
	run(t, db, "DELETE FROM account_stores")
}
