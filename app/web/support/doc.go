// Package support serves 支援主控台, the console of our own staff: sign-in, today's work, the
// queue of applications and each case, look-ups of members, stores and cardholders'
// passkeys, figures, the calendar of working days, and the page of one's own account.
//
// Invariant: every route but those of signing in names a screen of our staff
// (permit.StaffScreen), and what cannot be undone asks for a fresh proof of identity;
// staff sign in by passkey, by password only where Options.Passwords says so. A form names
// the version that its page showed, and a refused one comes back with what was typed. The
// package knows no database and decides nothing: which moves there are is onboarding's,
// who may is permit's.
package support
