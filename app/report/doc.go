// Package report holds the read models of the back office: the filter of
// 信用卡交易專用查詢, the rows it finds, one transaction with everything that
// happened to it, and the figures of the day.
//
// Invariant: nothing is read without a Scope, which says whose member and which
// stores; the zero Scope finds nothing. What is outside the scope cannot be told
// from what does not exist. The package holds no rules of the business and
// changes nothing; it knows no SQL and no pages.
package report
