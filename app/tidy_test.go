package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The tidy tests read the whole repository and hold it to the house rules. Each failure is a place
// and the sentence of the rule it breaks.

// modulePath is what import paths inside the repository start with.
const modulePath = "github.com/memberzone/memberzone/"

// sourceFile is a Go file of the repository.
type sourceFile struct {
	path  string // from the top, with slashes
	lines []string
	fset  *token.FileSet
	ast   *ast.File
}

func (f sourceFile) dir() string       { return filepath.ToSlash(filepath.Dir(f.path)) }
func (f sourceFile) isTest() bool      { return strings.HasSuffix(f.path, "_test.go") }
func (f sourceFile) isGenerated() bool { return ast.IsGenerated(f.ast) }

// under reports whether the file is in one of the folders or below.
func (f sourceFile) under(folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return inside(f.dir(), folder) })
}

// at is the place of a node for a failure's message.
func (f sourceFile) at(node ast.Node) string {
	position := f.fset.Position(node.Pos())
	return position.String()
}

// inside reports whether a slashed path is a folder or below it.
func inside(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// repository parses every Go file once for all tidy tests.
var repository = sync.OnceValues(func() ([]sourceFile, error) {
	var files []sourceFile
	err := walk(func(path string) error {
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		content, err := os.ReadFile(filepath.Join("..", path))
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, path, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, sourceFile{
			path: path, lines: strings.Split(string(content), "\n"), fset: fset, ast: parsed,
		})
		return nil
	})
	return files, err
})

// walk calls do for each file of the repository that is ours: no dot folders, no installed packages,
// no run-time files, no test data.
func walk(do func(path string) error) error {
	left := []string{"node_modules", "testdata", "var"}
	return filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != ".." && (strings.HasPrefix(name, ".") || slices.Contains(left, name)) {
			return filepath.SkipDir
		}
		if entry.IsDir() {
			return nil
		}
		return do(filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator))))
	})
}

// source returns the repository's files that pass all the filters.
func source(t *testing.T, keep ...func(sourceFile) bool) []sourceFile {
	t.Helper()
	files, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	const fewerThanThereAre = 50
	if len(files) < fewerThanThereAre {
		t.Fatalf("found only %d Go files: this test does not see the repository", len(files))
	}
	var kept []sourceFile
	for _, file := range files {
		if !slices.ContainsFunc(keep, func(passes func(sourceFile) bool) bool { return !passes(file) }) {
			kept = append(kept, file)
		}
	}
	return kept
}

func written(f sourceFile) bool { return !f.isGenerated() }
func product(f sourceFile) bool { return !f.isTest() }
