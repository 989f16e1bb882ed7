// Package applicant holds what the public pages and 會員專區 show alike of an application for the Passkey服務:
// its form and its progress.
//
// Invariant: it is content only, without a page around it; whoever frames it decides who may see it. The
// package must know nothing of states or of working days: words, tones and addresses arrive ready.
package applicant
