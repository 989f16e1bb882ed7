// Package lockout counts failures towards a lock: sign-ins per account name,
// queries without a find per store.
//
// Invariant: within one window no more than the policy's limit of tries gets
// past a Guard, however many arrive at once: the count is taken in one statement
// before the try, never read first and written later. What is counted is stored
// only as a hash, whether it exists or not, so that a lock tells nothing about
// what exists. The package knows no accounts, no stores and no storage.
package lockout
