// Package notify delivers what the gateway owes: notifications to merchants'
// NotifyURLs and mails to people.
//
// Invariant: what is owed is a row that was written with the change it tells
// of; a delivery never decides anything about that change. Every try is kept.
// The package knows no queue: something else calls Deliver and Send and calls
// again after an error.
package notify
