// Package approval is 覆核: from an amount on that a member sets, what one person asks
// for on the pages waits until another of the member's people has approved it.
//
// Invariant: nobody approves what they asked for. A request ends once: approved,
// refused, withdrawn or expired; with the approval, in the same database transaction,
// goes the operation that it stands for, judged anew by payment.Judge and known by the
// request's key. What is waiting keeps waiting when the amount is changed. The package
// knows no pages and no storage, and the wire API does not come here.
package approval
