// Package mailbox is the demonstration's mail server: a real SMTP server that
// keeps the last mails instead of passing them on, and the page that shows them.
//
// Invariants: it keeps a bounded number of mails of bounded size, in memory and,
// if there is a file, across a restart; what it cannot read as a mail it still
// keeps and shows as it came. It must not run outside the demonstration, and
// rings 0 to 3 never import it.
package mailbox
