// Package lookup finds members and their stores for our own staff.
//
// Invariant: what is not needed for a case is not there to be shown: no transaction, no
// key, no mail address and no address of a merchant's server. Every look-up is in the audit
// log before its answer is given: a search in our own chain, a member's or a store's page in
// the member's. The package knows no pages and no storage, and not what a role may do.
package lookup
