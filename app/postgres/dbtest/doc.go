// Package dbtest gives each test a database of its own, with the schema in it, on a private
// PostgreSQL that lives as long as the test binary.
//
// Its invariants: two tests never share a database; nothing is left behind, neither a server nor a
// file, however the test binary ends; a machine without PostgreSQL skips the tests, unless
// MEMBERZONE_TESTDB=required makes that a failure.
//
// How it is fast: a data directory with the migrated template database is made once per machine and
// schema and kept in the temporary folder; each test binary starts a server on a copy of it
// (fsync off), and each test clones the template.
//
// Environment: MEMBERZONE_TEST_DATABASE_URL names a server to use instead of a private one (its role
// must be allowed to create databases); MEMBERZONE_TESTDB=required; MEMBERZONE_TESTDB_KEEP=1 keeps
// the private server's files for a look after a failure.
//
// It must not know any table. For tests only.
package dbtest
