// Package bench measures what the program costs beside the limit that it cannot
// beat: both in one run, in turns, so that the ratio holds on any machine.
//
// Invariant: the work is what the program does for a request, through the same
// calls, and its answers are checked: pages before they are timed, an export by its
// rows. The order of the work comes from a seed and is made beforehand. The package
// changes nothing but databases of its own, and nothing imports it but a command.
package bench
