// Package support serves 支援主控台, the console of our own staff: sign-in, home and the
// page of one's own account.
//
// Invariant: every route but those of signing in needs one of our staff (permit.Staff);
// staff sign in by passkey, by password only where Options.Passwords says so. The package
// knows no member's data, no database and nothing about who may see what.
package support
