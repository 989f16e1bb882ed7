// Package gateway is the wire API and the hosted checkout: where merchants'
// programs and cardholders' browsers meet the payment core.
//
// Invariant: merchants are known by their store's keys, cardholders by the
// token in the address of their checkout; there is no session. Errors leave by
// one door: codes.go maps every fault to a code of the provider's manual.
package gateway
