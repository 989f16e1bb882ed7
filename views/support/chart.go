package support

import "strconv"

// The measures of the charts, in units of their view boxes.
const (
	columnSlot = 24 // a bar of a course of time, with its gap
	lineSlot   = 36 // a row of the table beside the lines, in pixels
)

func number(n int) string { return strconv.Itoa(n) }
