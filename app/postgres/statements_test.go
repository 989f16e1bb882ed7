package postgres

import (
	"sync/atomic"

	"gorm.io/gorm"
)

// CountStatements counts the statements of all rooms from now on.
func CountStatements(db *DB) (*atomic.Int32, error) {
	n := &atomic.Int32{}
	count := func(*gorm.DB) { n.Add(1) }
	on := db.gorm.Callback()
	for _, register := range []func(string, func(*gorm.DB)) error{
		on.Query().Register, on.Row().Register, on.Raw().Register, on.Create().Register, on.Update().Register,
		on.Delete().Register,
	} {
		if err := register("count", count); err != nil {
			return nil, err
		}
	}
	return n, nil
}
