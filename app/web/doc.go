// Package web is the engine behind every page and every wire call: it routes,
// guards, renders, logs and measures. The packages beneath it hold the handlers.
//
// Invariant: a route cannot be mounted without naming who may pass (a permit.Gate);
// a handler answers or returns an error, which is rendered in one place and whose
// cause is logged once, with the request id that the page shows; every answer
// carries the security headers; the log never holds a query, a form or a header.
//
// Pages for people and the wire API stand on engines of their own: the wire API is
// posted to across origins by design and has neither session nor cross-origin
// protection. The package knows no business and no database.
package web
