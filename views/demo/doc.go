// Package demo holds the pages that only the demonstration has: the mails and the text messages that
// were sent.
//
// Invariant: it shows what was sent, word for word, and changes nothing. The package must not be mounted
// outside the demonstration; whoever mounts it sees to that.
package demo
