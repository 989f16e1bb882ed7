package fault

import (
	"errors"
	"fmt"
)

// Kind is the sort of trouble a Fault tells of.
type Kind int

// The kinds. The zero value is Internal: what nobody classified is our fault.
const (
	Internal    Kind = iota // a defect or a broken dependency; the cause goes to the log
	Invalid                 // input that breaks a rule; Field says where
	NotFound                // it does not exist, or not for this actor
	Conflict                // it exists already, or somebody else was faster
	Denied                  // the actor may not
	Refused                 // the rules of the business say no
	Throttled               // too often; later is fine
	Unavailable             // an outside party does not answer; later may be fine
)

var kindNames = [...]string{
	"internal", "invalid", "not_found", "conflict", "denied", "refused", "throttled", "unavailable",
}

// String names the kind as logs write it.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "internal"
	}
	return kindNames[k]
}

// Code names the rule that was broken, in snake case ("order_no_taken").
type Code string

// Fault is an error with meaning. Make one with New; wrap it with fmt.Errorf
// and %w like any error.
type Fault struct {
	Kind   Kind
	Code   Code
	Public string // a sentence for the person, zh-Hant-TW
	Field  string // the form field it belongs to, or empty
	cause  error
}

// New returns a Fault. The public sentence must be fit to be shown.
func New(kind Kind, code Code, public string) *Fault {
	return &Fault{Kind: kind, Code: code, Public: public}
}

// At returns a copy that belongs to a form field.
func (f *Fault) At(field string) *Fault {
	c := *f
	c.Field = field
	return &c
}

// Because returns a copy with a cause, which is logged and never shown.
func (f *Fault) Because(cause error) *Fault {
	c := *f
	c.cause = cause
	return &c
}

// Error writes the fault for the log.
func (f *Fault) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("%s: %v", f.Code, f.cause)
	}
	return string(f.Code)
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is reports that target is a Fault of the same code, whatever its cause.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}

// Group is several faults of one form, at most one for each field.
type Group []*Fault

// Error writes all faults for the log.
func (g Group) Error() string { return errors.Join(g.Unwrap()...).Error() }

// Unwrap returns the faults.
func (g Group) Unwrap() []error {
	errs := make([]error, len(g))
	for i, f := range g {
		errs[i] = f
	}
	return errs
}

// OrNil returns the group as an error, or nil if it is empty.
func (g Group) OrNil() error {
	if len(g) == 0 {
		return nil
	}
	return g
}

// From returns the Fault in err's chain (the first of a Group). For any other error it returns an
// Internal one with a general sentence and err as its cause; nil for nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New(Internal, "internal", "系統發生錯誤，請稍後再試。").Because(err)
}

// KindOf returns the kind of err, which must not be nil: Internal for what is
// no Fault.
func KindOf(err error) Kind { return From(err).Kind }
