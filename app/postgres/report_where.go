package postgres

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

// search is the condition of a statement on transactions t, built from a filter.
// Every value is a parameter; only fixed text is joined.
type search struct {
	column string // the time that the list is ordered by
	table  string // what is searched; "" for transactions
	terms  []string
	args   []any
}

func (q *search) and(term string, args ...any) {
	q.terms = append(q.terms, term)
	q.args = append(q.args, args...)
}

func (q *search) where() string { return strings.Join(q.terms, " AND ") }

// rows are the transactions t that the search finds, as they stand after FROM.
func (q *search) rows() string { return cmp.Or(q.table, "transactions") + " t WHERE " + q.where() }

// dateColumns says which time a date kind means. Each has its index.
var dateColumns = map[report.DateKind]string{
	report.ByTrade:      "t.created_at",
	report.ByAuthorised: "t.authorised_at",
	report.ByCaptured:   "t.captured_at",
	report.ByRefunded:   "t.refunded_at",
	report.BySettled:    "t.settled_at",
}

// scoped starts a search with what the actor may see.
// SECURITY: every report statement starts here. Member and stores both bound it:
// an owner's stores are all of the member's, anybody else's are listed, and an
// empty list finds nothing.
func scoped(s report.Scope) *search {
	q := &search{column: "t.created_at"}
	q.and("t.member_id = ?", int64(s.Member()))
	switch ids := s.StoreIDs(); {
	case s.AllStores():
	case len(ids) == 1: // which an index skips sooner than a list of one
		q.and("t.store_id = ?", int64(ids[0]))
	default:
		q.and("t.store_id = ANY (CAST(? AS bigint[]))", idArray(ids))
	}
	return q
}

// searching returns the condition of a filter within the scope.
func searching(s report.Scope, f report.TransactionFilter) *search {
	narrow := s.Narrow(f)
	q := scoped(narrow)
	if f.LooksUp() {
		q.lookUp(narrow, f)
	} else {
		q.column = dateColumns[f.DateKind]
		q.and(q.column+" >= ?", f.From.Start())
		q.and(q.column+" < ?", f.To.End())
	}
	q.among("t.status", "transaction_status", texts(f.Statuses))
	q.among("t.pay_type", "pay_type", texts(f.PayTypes))
	if f.ThreeD {
		q.and("t.three_d")
	}
	if f.Waiting {
		q.table = waitingTransactions
	}
	if f.AmountMin > 0 {
		q.and("t.amount >= ?", int64(f.AmountMin))
	}
	if f.AmountMax > 0 {
		q.and("t.amount <= ?", int64(f.AmountMax))
	}
	q.method(f)
	q.journey(f)
	switch f.Funds {
	case report.FundsReceived:
		q.and("t.settled")
	case report.FundsPending:
		q.and("NOT t.settled")
	case report.AnyFunds:
	}
	return q
}

// among finds values of an enumeration. An index skips what is not equal, or outside of a
// range, before it reads on; what is not in a list only afterwards, and that for each of
// millions of rows takes three times as long.
func (q *search) among(column, enumeration string, values []string) {
	switch len(values) {
	case 0:
	case 1:
		q.and(column+" = CAST(? AS "+enumeration+")", values[0])
	default:
		list := "CAST(? AS " + enumeration + "[])"
		q.and(column+" = ANY ("+list+") AND "+column+" >= (SELECT min(e) FROM unnest("+list+") e) AND "+
			column+" <= (SELECT max(e) FROM unnest("+list+") e)", textArray(values), textArray(values), textArray(values))
	}
}

func (q *search) method(f report.TransactionFilter) {
	switch f.Method {
	case report.ByPhone:
		q.and("t.verification = 'otp'")
	case report.ByToken:
		q.tokenKind(f.TokenKind)
	case report.AnyMethod:
	}
}

func (q *search) tokenKind(kind report.TokenKind) {
	switch kind {
	case report.TokenBind:
		q.and("t.token_bind")
	case report.TokenCharge:
		q.and("t.token_charge")
	case report.AnyToken:
		q.and("(t.token_bind OR t.token_charge)")
	}
}

// fellBack is why the Passkey of verification v was not used in the end: what came while
// it was under way, else what kept it from being tried. NULL where nothing did.
const fellBack = `coalesce(v.fell_back::text, CASE v.reason
	WHEN 'device_unsupported' THEN 'unsupported' WHEN 'phone_mismatch' THEN 'phone_mismatch' END)`

// journeySteps are the conditions on verification v of each step.
var journeySteps = map[report.Journey]string{
	report.JourneyEligible: "v.eligible",
	report.JourneyAsked:    "v.eligible AND v.asked_at IS NOT NULL",
	report.JourneyBound:    "v.eligible AND v.bound_at IS NOT NULL",
	report.JourneyUsed:     "v.eligible AND v.used_at IS NOT NULL",
	report.JourneyFellBack: "v.eligible AND " + fellBack + " IS NOT NULL",
}

// journey finds payments by their verifications. None of these is older than its order:
// of trades since a day only verifications since then need be looked at.
func (q *search) journey(f report.TransactionFilter) {
	if f.Journey == report.AnyJourney {
		return
	}
	term, args := journeySteps[f.Journey], []any(nil)
	if reason, found := f.Journey.Reason(); found {
		term, args = "v.eligible AND "+fellBack+" = ?", []any{reason}
	}
	if f.DateKind == report.ByTrade && !f.LooksUp() {
		term, args = term+" AND v.created_at >= ?", append(args, f.From.Start())
	}
	q.and("EXISTS (SELECT FROM verifications v WHERE v.transaction_id = t.id AND "+term+")", args...)
}

// waitingTransactions are those that wait for the close, for the acquirer's answer, or for a
// merchant who was not told. Of the first there are many, in the order of an index of their
// own; the others are few, each found by another index.
const waitingTransactions = `(
	SELECT * FROM transactions WHERE status IN ('capture_requested', 'refund_requested')
	UNION ALL
	SELECT * FROM transactions WHERE status NOT IN ('capture_requested', 'refund_requested') AND id IN (
		SELECT transaction_id FROM attempts WHERE state = 'unknown'
		UNION ALL SELECT transaction_id FROM payment_operations WHERE kind = 'void' AND state = 'requested'
		UNION ALL SELECT transaction_id FROM notifications WHERE state = 'failed' AND finished_at IS NOT NULL))`

// from moves the search to the rows on one side of the cursor's. The row's id is
// read in the same scope; where it cannot be seen, only its time counts.
func (q *search) from(c report.Cursor, s report.Scope) {
	if c.IsZero() {
		return
	}
	sign := " < "
	if c.Direction == report.Newer {
		sign = " > "
	}
	q.and("("+q.column+", t.id)"+sign+"(?, (SELECT id FROM transactions WHERE member_id = ? AND trade_no = ?))",
		c.At, int64(s.Member()), string(c.TradeNo))
}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}

// idArray is a bigint[] of PostgreSQL in its text form.
func idArray(ids []member.StoreID) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = strconv.FormatInt(int64(id), 10)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
