// Package migrations holds the database schema as versioned SQL, one purpose a file, and brings a
// database up to it. It is apart from package postgres so that a test database can be made without
// the records and queries built on the schema.
//
// Its invariants: a file that has been released is never changed; numbers only grow (a missing one
// below the newest applied is refused); there is no way down; every table has a COMMENT.
// It must not know the domain, gorm, or what the tables mean.
package migrations
