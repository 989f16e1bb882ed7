package app_test

import (
	"go/ast"
	"go/token"
	"path"
	"strings"
	"testing"
	"unicode"
)

// emptyWords say nothing about what a thing does.
var emptyWords = map[string]bool{
	"manager": true, "helper": true, "helpers": true, "util": true, "utils": true, "impl": true, "data": true,
	"base": true,
}

func TestNamesSaySomething(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written) {
		stem := strings.TrimSuffix(path.Base(file.path), ".go")
		for _, word := range append(strings.Split(stem, "_"), path.Base(file.dir())) {
			if emptyWords[word] {
				t.Errorf("%s: %q says nothing: name a file and a folder after a noun of the business", file.path, word)
			}
		}
		for _, name := range declaredTypes(file.ast) {
			for _, word := range camelWords(name.Name) {
				if emptyWords[word] {
					t.Errorf("%s: type %s: %q says nothing: name it after what it does", file.at(name), name.Name, word)
				}
			}
		}
	}
}

func TestNamesDoNotRepeatTheirPackage(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written, product) {
		for _, name := range exportedNames(file.ast) {
			rest, repeats := strings.CutPrefix(strings.ToLower(name.Name), file.ast.Name.Name)
			if repeats && rest != "" && unicode.IsUpper(rune(name.Name[len(file.ast.Name.Name)])) {
				t.Errorf("%s: %s.%s says it twice: call it %s", file.at(name), file.ast.Name.Name, name.Name,
					name.Name[len(file.ast.Name.Name):])
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	said, packages := map[string]bool{}, map[string]bool{}
	for _, file := range source(t, written, product) {
		packages[file.dir()] = true
		if path.Base(file.path) != "doc.go" || file.ast.Doc == nil {
			continue
		}
		opening := strings.Fields(file.ast.Doc.Text())
		said[file.dir()] = len(opening) > 1 && (opening[0] == "Package" || opening[0] == "Command")
	}
	for dir := range packages {
		if !said[dir] {
			t.Errorf("%s: every package has a doc.go that opens with \"Package …\" or \"Command …\" and says "+
				"what it is, its invariant, and what it must not know", dir)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, file := range source(t, written, product) {
		if file.ast.Name.Name == "main" {
			continue
		}
		for _, name := range undocumented(file.ast) {
			t.Errorf("%s: %s: every exported name has a comment: units, formats, errors, source of a rule",
				file.at(name), name.Name)
		}
	}
}

// exportedNames lists the exported types, functions, constants and variables, without methods.
func exportedNames(file *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				for _, name := range namesOf(spec) {
					if name.IsExported() {
						names = append(names, name)
					}
				}
			}
		}
	}
	return names
}

// undocumented lists the exported names, methods of exported types included, without a comment. One
// comment over a group of constants or variables serves them all.
func undocumented(file *ast.File) []*ast.Ident {
	var bare []*ast.Ident
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
				bare = append(bare, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if d.Doc != nil && (d.Tok != token.TYPE || len(d.Specs) == 1) || commented(spec) {
					continue
				}
				for _, name := range namesOf(spec) {
					if name.IsExported() {
						bare = append(bare, name)
					}
				}
			}
		}
	}
	return bare
}

func commented(spec ast.Spec) bool {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return s.Doc != nil || s.Comment != nil
	case *ast.ValueSpec:
		return s.Doc != nil || s.Comment != nil
	}
	return true // an import
}

func namesOf(spec ast.Spec) []*ast.Ident {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return []*ast.Ident{s.Name}
	case *ast.ValueSpec:
		return s.Names
	}
	return nil
}

func declaredTypes(file *ast.File) []*ast.Ident {
	var names []*ast.Ident
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.TypeSpec); ok {
			names = append(names, spec.Name)
		}
		return true
	})
	return names
}

// receiver is the name of a method's type.
func receiver(method *ast.FuncDecl) string {
	of := method.Recv.List[0].Type
	for {
		switch inner := of.(type) {
		case *ast.StarExpr:
			of = inner.X
		case *ast.IndexExpr:
			of = inner.X
		case *ast.IndexListExpr:
			of = inner.X
		case *ast.Ident:
			return inner.Name
		default:
			return ""
		}
	}
}

// camelWords splits an identifier into lower-case words: "HTTPServer" gives http and server.
func camelWords(name string) []string {
	var words []string
	runes := []rune(name)
	start := 0
	for i := 1; i <= len(runes); i++ {
		startsWord := i < len(runes) && unicode.IsUpper(runes[i]) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if i == len(runes) || startsWord {
			words = append(words, strings.ToLower(string(runes[start:i])))
			start = i
		}
	}
	return words
}
