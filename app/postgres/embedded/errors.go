package embedded

import "errors"

// The reasons why a private server cannot be had. Each error that Start, Locate or Reset returns for
// one of them wraps the sentinel and is one line that says what to do.
var (
	// ErrNoBinaries: no PostgreSQL 14 or later on this machine, and none could be fetched.
	ErrNoBinaries = errors.New("no PostgreSQL 14 or later was found")
	// ErrVersion: the data directory was made by a major version that is not installed here.
	ErrVersion = errors.New("the data directory is of another PostgreSQL version")
	// ErrNotADataDirectory: the folder has files in it, but no PG_VERSION.
	ErrNotADataDirectory = errors.New("the folder is not a PostgreSQL data directory")
	// ErrOwner: the data directory belongs to a user that this process may not act as.
	ErrOwner = errors.New("the data directory belongs to another user")
	// ErrNoAccount: the process is root, and there is no ordinary user to run the server as.
	ErrNoAccount = errors.New("no user to run PostgreSQL as")
	// ErrStart: the server did not come up; the error ends with the server's last words.
	ErrStart = errors.New("PostgreSQL did not start")
	// ErrRunning: Reset was asked to remove a directory that a live server uses.
	ErrRunning = errors.New("a PostgreSQL server is running on the data directory")
)
