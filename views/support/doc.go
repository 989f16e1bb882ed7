// Package support holds the pages of 支援主控台, the console of our own staff: sign-in, home, and the frame of
// every page.
//
// Invariant: each page is one struct of ready text, and nothing is offered that is not there. The package must
// not format money or time, ask about permission, or import anything of app.
package support
