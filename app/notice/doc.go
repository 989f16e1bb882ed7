// Package notice tells a member's accounts on their own pages what has happened to the
// member or to one of its stores: 通知.
//
// Invariant: a notice is written in the database transaction of what it tells of, and is
// seen within the account's scope alone: an account that manages some stores sees the
// notices of these and none of the member as a whole. Whether it was read is each
// account's own. The package knows nothing of why a notice is written, and no pages.
package notice
