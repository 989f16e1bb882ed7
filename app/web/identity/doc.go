// Package identity serves what members' people and our own staff share of proving who
// they are: signing in with a passkey, the page of one's own account (帳號與登入安全), and
// the question for a fresh proof of identity before a change.
//
// Invariant: it shows and changes only the sign-in data of the person who is signed in,
// never those of an assistant as whom an owner looks at the pages, and sends no secret
// back. The package knows no shell: whoever mounts it frames its content.
package identity
