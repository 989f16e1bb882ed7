// Package member holds the merchants: members (會員) and their stores (商店).
//
// Invariant: a store belongs to one member for life, and its keys leave this
// package's types only through secret.String. The package knows no sign-in, no
// payments and no storage; it declares the store interface it needs.
package member
