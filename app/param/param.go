package param

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// Reader reads values and gathers what is wrong with them.
type Reader struct {
	Options
	values url.Values
	faults fault.Group
}

// Options say how a Reader reads.
type Options struct {
	Invalid *fault.Fault              // what Refuse tells, with the field and its sentence
	Clean   func(value string) string // applied to each value before it is looked at
	Excerpt func(value string) string // the beginning of a value, fit to be shown in a sentence
}

// New returns a Reader.
func New(values url.Values, o Options) *Reader { return &Reader{Options: o, values: values} }

// Faults returns what is wrong, at most one for each field.
func (r *Reader) Faults() fault.Group { return r.faults }

// Refuse tells that a field's value cannot be.
func (r *Reader) Refuse(field, sentence string) { r.RefuseWith(r.Invalid, field, sentence) }

// RefuseWith tells a fault unless the field has one already.
func (r *Reader) RefuseWith(what *fault.Fault, field, sentence string) {
	if r.Refused(field) {
		return
	}
	f := what.At(field)
	f.Public = sentence
	r.faults = append(r.faults, f)
}

// Refused tells that the field has a fault.
func (r *Reader) Refused(field string) bool {
	return slices.ContainsFunc(r.faults, func(f *fault.Fault) bool { return f.Field == field })
}

// RefuseUnknown tells parameters that are none of the known ones.
func (r *Reader) RefuseUnknown(known []string) {
	var unknown []string
	for name := range r.values {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	const toldMax = 5
	for _, name := range unknown[:min(len(unknown), toldMax)] {
		r.Refuse(name, fmt.Sprintf("網址中有不認得的條件「%s」。", r.Excerpt(name)))
	}
}

// All returns the values of a field that are not empty, cleaned, each once.
func (r *Reader) All(field string) []string {
	var given []string
	for _, value := range r.values[field] {
		if value = r.Clean(value); value != "" && !slices.Contains(given, value) {
			given = append(given, value)
		}
	}
	return given
}

// One returns the value of a field that may be given once; "" if it is absent.
func (r *Reader) One(field string) string {
	given := r.All(field)
	if len(given) > 1 {
		r.Refuse(field, "這個條件只能給一個值。")
		return ""
	}
	if len(given) == 0 {
		return ""
	}
	return given[0]
}

// Flag reads 1; nothing is false.
func (r *Reader) Flag(field string) bool {
	switch value := r.One(field); value {
	case "":
		return false
	case "1":
		return true
	default:
		r.refuseChoice(field, value)
		return false
	}
}

// Choice returns one of the known values, the first of them by default.
func Choice[T ~string](r *Reader, field string, known []T) T {
	value := T(r.One(field))
	switch {
	case value == "":
		return known[0]
	case slices.Contains(known, value):
		return value
	}
	r.refuseChoice(field, string(value))
	return known[0]
}

// Choices returns the known values that were given, none by default.
func Choices[T ~string](r *Reader, field string, known []T) []T {
	var chosen []T
	for _, value := range r.All(field) {
		if !slices.Contains(known, T(value)) {
			r.refuseChoice(field, value)
			continue
		}
		chosen = append(chosen, T(value))
	}
	return chosen
}

func (r *Reader) refuseChoice(field, value string) {
	r.Refuse(field, fmt.Sprintf("「%s」不是可用的選項。", r.Excerpt(value)))
}

// Range says which days a range may be.
type Range struct {
	Label   string // of the range, for the sentence
	Default int    // days when none is given, today included
	Max     int    // days of the longest
}

// Days reads the parameters from and to, both inclusive. With one end given, the range
// ends today, or covers the default number of days.
func (r *Reader) Days(today clock.Date, within Range) (from, to clock.Date) {
	from, to = r.date("from"), r.date("to")
	if r.Refused("from") || r.Refused("to") {
		return today.AddDays(1 - within.Default), today
	}
	switch {
	case to.IsZero() && !from.IsZero() && today.Before(from):
		to = from
	case to.IsZero():
		to = today
	}
	if from.IsZero() {
		from = to.AddDays(1 - within.Default)
	}
	days := from.DaysUntil(to) + 1
	switch {
	case days < 1:
		r.Refuse("to", "結束日期不可早於開始日期。")
	case days > within.Max:
		r.Refuse("to", fmt.Sprintf("%s最長 %d 天，目前為 %d 天。", within.Label, within.Max, days))
	default:
		return from, to
	}
	return today.AddDays(1 - within.Default), today
}

// date reads one end; the zero date if it is absent or wrong.
func (r *Reader) date(field string) clock.Date {
	value := r.One(field)
	if value == "" {
		return clock.Date{}
	}
	d, err := clock.ParseDate(value)
	if err != nil {
		r.Refuse(field, "請輸入正確的日期，格式為 YYYY-MM-DD。")
	}
	return d
}
