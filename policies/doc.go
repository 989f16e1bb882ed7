// Package policies holds the fixed part of the permissions: the model, what each
// level of a unit allows, and which level each screen needs (one line a screen,
// so that an operator can relax one without touching code), and which role of our staff may
// open which screen of the console.
//
// Invariant: assignments to accounts are never here; they live in the database.
// The package only carries the files; package permit reads and checks them.
package policies
