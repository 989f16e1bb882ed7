// Package naive is a list page as it is often written with gorm. The measurement of the
// query screen runs beside it, to show what the difference is worth.
//
// Invariant: it does less than the product's page: no session, no permission, no scope of
// stores, no compression. Nothing but a measurement imports it, and no route leads to it.
package naive
