// Package postgres keeps everything in PostgreSQL. It is the only importer of
// gorm and pgx.
//
// Record structs live here and never leave: each file maps one aggregate to the
// domain type that its package declares, and implements the store interface
// declared there. The database checks what it can (enums, ranges, uniqueness,
// append-only); unique violations come back as the fault of the rule they break.
// The package decides nothing about the business.
package postgres
