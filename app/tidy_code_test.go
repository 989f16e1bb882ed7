package app_test

import (
	"go/ast"
	"strings"
	"testing"
)

// clockFolders are where the real time may be read: the clock itself, commands, test support, and
// the outside parties, whose clock is not ours; a measurement reads it too.
var clockFolders = []string{
	"app/clock", "app/bench", "app/simulator", "app/postgres/dbtest", "app/apptest", "app/sim", "cmd",
}

// measuring are single files that read the real time, floating-point numbers or a panic for the
// operators' sake, each with the reason.
var measuring = map[string]string{
	"app/web/metrics/metrics.go": "durations of requests, seconds for Prometheus",
	"app/export/xlsx.go":         "the width of a sheet's column, as the library takes it",
}

func TestTimeComesFromTheClock(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written, product) {
		if file.under(clockFolders...) || measuring[file.path] != "" {
			continue
		}
		ast.Inspect(file.ast, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, ok := selector.X.(*ast.Ident)
			if ok && from.Name == "time" && readsClock[selector.Sel.Name] {
				t.Errorf("%s: time.%s: take a clock.Clock, so that a test can set the time", file.at(node), selector.Sel.Name)
			}
			return true
		})
	}
}

var readsClock = map[string]bool{"Now": true, "Since": true, "Until": true}

// floatFolders are where a floating-point number may be: nothing in them is money.
var floatFolders = []string{"cmd", "app/bench"}

func TestMoneyIsNeverFloatingPoint(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written, product) {
		if file.under(floatFolders...) || measuring[file.path] != "" {
			continue
		}
		ast.Inspect(file.ast, func(node ast.Node) bool {
			name, ok := node.(*ast.Ident)
			if ok && (name.Name == "float64" || name.Name == "float32") {
				t.Errorf("%s: %s: amounts are whole dollars in money.TWD; a measurement's file is named in measuring",
					file.at(node), name.Name)
			}
			return true
		})
	}
}

func TestNothingIsLeftForLater(t *testing.T) {
	t.Parallel()
	// Written apart, or this file would break its own rule.
	marks := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:"}
	for _, file := range source(t, written) {
		for i, line := range file.lines {
			for _, mark := range marks {
				if strings.Contains(line, mark) {
					t.Errorf("%s:%d: %s: do it now, or file an issue and leave the code clean", file.path, i+1, mark)
				}
			}
		}
	}
}

func TestPanicIsForBugsOnly(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written, product) {
		if measuring[file.path] != "" {
			continue
		}
		for _, declaration := range file.ast.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || strings.HasPrefix(strings.ToLower(function.Name.Name), "must") || function.Name.Name == "init" {
				continue
			}
			ast.Inspect(function, func(node ast.Node) bool {
				call, ok := node.(*ast.CallExpr)
				if !ok {
					return true
				}
				if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "panic" {
					t.Errorf("%s: panic in %s: return an error; a bug check is in a function named must…",
						file.at(node), function.Name.Name)
				}
				return true
			})
		}
	}
}

func TestExceptionsAreStillThere(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, file := range source(t) {
		have[file.path] = true
	}
	for path := range measuring {
		if !have[path] {
			t.Errorf("%s has an exception from the rules but does not exist: remove the exception", path)
		}
	}
}
