// Package shop simulates a merchant's site: it sells one product, sends the
// cardholder to the payment page, and shows what the gateway tells it.
//
// It is a client like any merchant's: it has a MerchantID, a HashKey and a
// HashIV, and speaks nothing but the wire API (the provider's manual
// NDNF-1.1.9): the payment form by the browser, ReturnURL by the browser,
// NotifyURL from server to server, and QueryTradeInfo; or, with a card form of its own, the
// server-to-server API, with the Passkey asked for on its own page or in a frame.
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
//	POST /notify             NotifyURL; 200 when taken or empty, 400 when refused
//	GET  /orders             the orders
//	GET  /orders/{order_no}  one order: both ways, and what a query says
//	GET  /backend            the card form of the shop's own page (幕後授權)
//	POST /backend/pay        sends order and card to /API/CreditCard
//	GET  /backend/{order_no} asks for the Passkey on the shop's page; /frame in a frame
//	POST /backend/{order_no}/verify  hands the answer to PasskeyVerify
//	GET  /backend/{order_no}/page    the gateway's page, as it came
//	POST /notify-failures    lets the next notifications fail with 500
package shop
