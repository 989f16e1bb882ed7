package migrations

import "embed"

// Files holds the migrations: NNNNN_purpose.sql in goose's form, forward only.
//
//go:embed *.sql
var Files embed.FS
