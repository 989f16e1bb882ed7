// Package public serves the pages that anybody may open.
//
// Invariant: nothing on them depends on who is signed in, but for whether the way
// to 會員專區 or to the sign-in page is offered.
package public
