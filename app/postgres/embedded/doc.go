// Package embedded supervises a private PostgreSQL server for the demo and the tests: it finds the
// binaries, makes the data directory once, starts the server, and stops it cleanly.
//
// Its invariants:
//   - a data directory is never wiped and never overwritten: one of another major version, of
//     another owner, or with foreign files in it is an error that says what to do;
//   - the server listens on a Unix socket in a folder of mode 0700, never on a port;
//   - the server does not outlive the process that started it, not even after kill -9 of that
//     process (on Linux), and loses no acknowledged row whichever of the two is killed;
//   - a second process on the same directory attaches to the running server.
//
// It must not know the schema, the migrations, gorm, or anything of the business.
package embedded
