// Package shop simulates a merchant's site: it sells one product, sends the
// cardholder to the payment page, and shows what the gateway tells it.
//
// It is a client like any merchant's: it has a MerchantID, a HashKey and a
// HashIV, and speaks nothing but the wire API (the provider's manual
// NDNF-1.1.9): the payment form by the browser, ReturnURL by the browser,
// NotifyURL from server to server, and QueryTradeInfo.
//
// Invariants: nothing counts as paid unless its TradeSha holds under the keys of
// the order's store and its order number and amount are those of the order; what
// does not is refused and changes no order. Orders are kept in memory, a bounded
// number, and a restart forgets them. Keys are never shown or logged. The
// package must not know the product: it imports values and its own pages only.
//
//	GET  /                   the product
//	POST /pay                sends the browser on to the payment page
//	POST /return             ReturnURL
//	POST /notify             NotifyURL; 200 when taken, 400 when refused
//	GET  /orders             the orders
//	GET  /orders/{order_no}  one order: both ways, and what a query says
//	POST /notify-failures    lets the next notifications fail with 500
package shop
