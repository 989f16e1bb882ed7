// Package app puts the program together: it is the one place that sees every
// ring. Commands and tests build an App from a Config and run it.
//
// It decides nothing about the business and holds no handlers and no SQL.
package app
