// Package public holds the pages anybody may see: the home page and the error page.
//
// Invariant: an error page says what happened in one clear sentence, what to do next, and the request id to
// quote; it never shows an internal cause. The package must know nothing of members or payments.
package public
