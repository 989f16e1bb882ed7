package member

import (
	"net/url"
	"strings"
	"testing"
)

// Whatever is carried leads to the list, and is carried on unchanged.
func FuzzListQuery(f *testing.F) {
	for _, text := range []string{
		"", "q=A1", "status=authorised&status=voided", "https://evil.test/", "//evil", "%zz", "a;b", "#x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		query := listQuery(text)
		if again := listQuery(query); again != query && len(query) <= backMax {
			t.Errorf("%q is read as %q, and that as %q", text, query, again)
		}
		href := listHref(query)
		u, err := url.Parse(href)
		if err != nil || u.Path != pathCardList || u.Host != "" || u.Fragment != "" ||
			!strings.HasPrefix(href, pathCardList) {
			t.Errorf("%q leads to %q", text, href)
		}
	})
}
