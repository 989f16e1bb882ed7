// Package seeds fills a database: the demonstration's members, stores and
// accounts (Load), its applications for the Passkey服務 (Applications), and generated
// transactions in bulk (Generate).
//
// Invariants: Load adds what is missing and changes nothing else, so that it may
// run on every start. Generate gives the same rows for the same options and
// stores, whatever the machine, in constant memory, and each row is one that the
// payment core could have left behind: its status, dates, amounts, attempts and
// events agree. Card numbers and payers are invented, and no card number is stored.
//
// The package declares what it needs of a database and knows none. It decides
// no rule of the business: it imitates what the rules have led to.
package seeds
