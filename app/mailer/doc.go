// Package mailer sends mails through an SMTP server: it implements notify.Mailer.
//
// Invariants: one mail, one recipient; nothing that a person or merchant typed
// can add a header or a recipient; the Message-ID, and each byte besides the
// date, depends on the mail alone, so that a mail sent twice can be recognised.
// It never retries: the job that calls it does. Its errors name no recipient
// and quote no text. It must not know why a mail is sent.
package mailer
