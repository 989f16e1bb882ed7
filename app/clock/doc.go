// Package clock tells the time to the rest of the program.
//
// Invariant: a Clock's time is UTC, truncated to milliseconds, the precision
// that the database keeps. Taipei time exists only at the edge: pages, the wire
// and files. No other package calls time.Now.
package clock
