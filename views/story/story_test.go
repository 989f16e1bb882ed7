package story

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/memberzone/memberzone/static"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, one Story) string {
	t.Helper()
	var out strings.Builder
	if err := one.Page.Render(t.Context(), &out); err != nil {
		t.Fatalf("%s: %v", one.Name, err)
	}
	return out.String()
}

func TestStoriesHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z0-9-]+$`)
	seen := map[string]bool{}
	for _, one := range All() {
		if seen[one.Name] || !name.MatchString(one.Name) || one.Title == "" || one.Group == "" {
			t.Errorf("%+v: the name is taken or not plain, or a word is missing", one)
		}
		seen[one.Name] = true
		if found, ok := Find(one.Name); !ok || found.Title != one.Title {
			t.Errorf("Find(%q) = %q, %v", one.Name, found.Title, ok)
		}
	}
	if _, ok := Find("no-such-story"); ok {
		t.Error("Find found a story that does not exist")
	}
}

// TestPagesMatchTheirGoldenFiles shows every change of a page in a review. Run with -update after looking.
func TestPagesMatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, one := range All() {
		t.Run(one.Name, func(t *testing.T) {
			t.Parallel()
			got := golden(render(t, one))
			file := filepath.Join("testdata", one.Name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs from %s%s", one.Name, file, firstDifference(string(want), got))
			}
		})
	}
}

// golden puts every tag on a line of its own and takes the hashes of static files out.
func golden(page string) string {
	page = regexp.MustCompile(static.Prefix+`[0-9a-f]+/`).ReplaceAllString(page, static.Prefix+"HASH/")
	return strings.ReplaceAll(page, "><", ">\n<") + "\n"
}

func firstDifference(want, got string) string {
	wantLines, gotLines := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wantLines), len(gotLines)) {
		if wantLines[i] != gotLines[i] {
			return "\nwant " + wantLines[i] + "\ngot  " + gotLines[i]
		}
	}
	return ": one is longer"
}

func TestPagesAreAccessibleAndKeepThePolicy(t *testing.T) {
	t.Parallel()
	index := Story{Name: "index", Page: Index("/page/", "")}
	for _, one := range append(All(), index) {
		t.Run(one.Name, func(t *testing.T) {
			t.Parallel()
			root, err := html.Parse(strings.NewReader(render(t, one)))
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range newPage(root).problems() {
				t.Error(problem)
			}
		})
	}
}

func TestRulesFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	wrong := map[string]string{
		`<input name="a">`:  "has no label",
		`<button></button>`: "has no name",
		`<a href="/"><svg aria-hidden="true"></svg></a>`: "has no name",
		`<p id="x"></p><p id="x"></p>`:                   "id x twice",
		`<p style="color:red"></p>`:                      "style attribute",
		`<p onclick="a()"></p>`:                          "handler attribute",
		`<script>a()</script>`:                           "inline script",
		`<script src="/static/0/app.js"></script>`:       "unknown file",
		`<input aria-label="a" aria-describedby="no">`:   "points at no",
		`<fieldset></fieldset>`:                          "without a legend",
		`<table><tr><th>a</th></tr></table>`:             "without a scope",
		`<h1>a</h1><h3>b</h3>`:                           "heading jumps",
		`<p data-error-for="a"></p>`:                     "marked as invalid",
		`<svg></svg>`:                                    "svg that is not hidden",
		`<svg role="img"><title></title></svg>`:          "not a named image",
	}
	for body, want := range wrong {
		root, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Join(newPage(root).problems(), "\n"); !strings.Contains(found, want) {
			t.Errorf("%s: found %q, want %q", body, found, want)
		}
	}
}
