// Command check prepares a machine and runs every check that the continuous integration runs.
//
// Its invariant: what it leaves out it says loudly, and with CI=true in the environment a check that
// cannot be made is a failure. It must not know what the checks check: it runs plain commands, which
// Taskfile.yml lists one by one too.
package main
