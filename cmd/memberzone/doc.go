// Command memberzone is the whole product in one binary: the demonstration, the
// server, and the operator's tools. `memberzone --help` lists them.
//
// It turns flags and the environment into an app.Config and calls package app.
// Every error is one line on stderr; the exit status is 0 for done, 1 for
// failed and 2 for bad usage.
package main
