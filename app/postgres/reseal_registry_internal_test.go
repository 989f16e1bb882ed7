package postgres

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

// Every column that is sealed by its name must be known to the rotation of keys.
func TestEverySealedColumnIsSealedAnew(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `
		SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
		JOIN information_schema.columns i ON i.table_schema = c.table_schema AND i.table_name = c.table_name
			AND i.column_name = 'id' AND i.data_type = 'bigint'
		WHERE c.table_schema = 'public' AND c.data_type = 'bytea' AND c.column_name ~ '(^|_)sealed$' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range sealedColumns {
		known[c.table+"."+c.column] = true
	}
	for _, name := range found {
		if !known[name] {
			t.Errorf("%s is sealed and not in sealedColumns: `memberzone keys rotate` would leave it", name)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s is in sealedColumns and is no bytea column of a table with a bigint id", name)
	}
}

// sealedElsewhere are contexts of what is sealed and not stored.
var sealedElsewhere = map[string]string{
	"cardKeyContext": "part of an address, for an hour",
}

// Whatever the package seals, a column of any name, must be known to the rotation.
func TestEverySealHasItsColumn(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used, registered := map[string]string{}, map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if name == "reseal.go" {
				return false
			}
			if name == "reseal_columns.go" {
				if id, ok := node.(*ast.Ident); ok {
					registered[id.Name] = true
				}
				return true
			}
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			if selector, ok := call.Fun.(*ast.SelectorExpr); !ok || selector.Sel.Name != "Seal" {
				return true
			}
			at := fset.Position(call.Pos()).String()
			place, ok := call.Args[1].(*ast.CallExpr)
			if !ok {
				t.Errorf("%s: give Seal the context by a function that sealedColumns uses too", at)
				return true
			}
			if id, ok := place.Fun.(*ast.Ident); ok {
				used[id.Name] = at
			}
			return true
		})
	}
	if len(used) < 5 {
		t.Errorf("only %d contexts found: this test does not see the package", len(used))
	}
	for context, at := range used {
		if !registered[context] && sealedElsewhere[context] == "" {
			t.Errorf("%s: what %s binds is in no row of sealedColumns", at, context)
		}
	}
}
