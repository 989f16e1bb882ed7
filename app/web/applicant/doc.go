// Package applicant reads the form of an application for the Passkey服務 and presents where
// one stands, for the pages of the public and those of 會員專區 alike.
//
// Invariant: it shows what the applicant may see and nothing of our staff's. It mounts no
// route and calls no service.
package applicant
