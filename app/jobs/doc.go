// Package jobs runs what must happen later and must not be lost: deliveries to
// merchants, mails, text messages, one-time links, inquiries for missing answers, the daily close
// and the settlement. It is the only importer of the river queue.
//
// Invariant: a job is inserted in the database transaction of the change that
// it belongs to, and calls one method of a domain service, which decides. A job
// may run twice; the services make that harmless.
package jobs
