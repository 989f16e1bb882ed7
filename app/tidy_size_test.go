package app_test

import (
	"go/ast"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// The ceilings of TigerStyle, which the good Go programs keep too.
const (
	functionLinesMax = 70
	fileLinesMax     = 500
	lineRunesMax     = 120
	parametersMax    = 5
)

func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written) {
		for _, declaration := range file.ast.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			start := file.fset.Position(function.Pos()).Line
			lines := file.fset.Position(function.End()).Line - start + 1
			if lines > functionLinesMax {
				t.Errorf("%s: %s has %d lines: a function has at most %d, so that it fits on a screen",
					file.at(function), function.Name.Name, lines, functionLinesMax)
			}
			if n := function.Type.Params.NumFields(); n > parametersMax {
				t.Errorf("%s: %s has %d parameters: at most %d, then an options struct with names",
					file.at(function), function.Name.Name, n, parametersMax)
			}
		}
	}
}

func TestFilesAndLinesAreShort(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written) {
		if n := len(file.lines) - 1; n > fileLinesMax {
			t.Errorf("%s has %d lines: a file has at most %d; split it by noun", file.path, n, fileLinesMax)
		}
		for i, line := range file.lines {
			if n := utf8.RuneCountInString(line); n > lineRunesMax {
				t.Errorf("%s:%d has %d characters: a line has at most %d", file.path, i+1, n, lineRunesMax)
			}
		}
	}
}

func TestTemplatesAndTheirGeneratedFilesArePairs(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	if err := walk(func(name string) error { have[name] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	templates := 0
	for name := range have {
		if stem, ok := strings.CutSuffix(name, "_templ.go"); ok && !have[stem+".templ"] {
			t.Errorf("%s has no %s: generated code goes when its template goes", name, path.Base(stem)+".templ")
		}
		if stem, ok := strings.CutSuffix(name, ".templ"); ok {
			templates++
			if !have[stem+"_templ.go"] {
				t.Errorf("%s is not generated: run `task generate` and commit the result", name)
			}
		}
	}
	if templates == 0 {
		t.Error("no template found: this test does not see the repository")
	}
}
