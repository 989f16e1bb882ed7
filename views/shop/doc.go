// Package shop holds the pages of the demonstration shop: a merchant's own site, on its own origin, that uses
// nothing but the wire API.
//
// Invariant: every page is labelled 示範商店 and looks like somebody else's site. The package must know nothing
// of the gateway's inside: it shows what a merchant sends and what a merchant gets.
package shop
