// Package assistant is 助理帳號設定: an enterprise member's owner creates up to sixty
// assistant accounts, gives each its stores and its permission matrix, and looks
// over what they were given and what they asked for.
//
// Invariant: every change of an assistant is one database transaction with its
// audit entry and its mail; the sixty are enforced by the database; an account of
// another member is unknown here. What a permission allows, package permit says.
// The package knows no pages and no storage.
package assistant
