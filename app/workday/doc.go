// Package workday counts working days by Taiwan's calendar: weekends, national holidays
// and make-up days.
//
// Invariant: a day of a year that the calendar has is told exactly; for a year that it
// lacks, weekends alone are free and the answer says so. The package reads no file and no
// database: it is given what others have read.
package workday
