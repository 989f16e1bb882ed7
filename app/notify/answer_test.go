package notify_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTheBeginningOfAnAnswerIsKept(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                   "",
		"1|OK":                               "1|OK",
		"  a\x00\n\n b\t":                    "a b",
		"\xff錯誤":                             "\uFFFD錯誤",
		"card=4111-1111-1111-1111&order=123": "card=411111******1111&order=123",
		strings.Repeat("字", 300):             strings.Repeat("字", 200) + "…",
		strings.Repeat("字", 190) + "4111111111111111": strings.Repeat("字", 190) + "411111****…",
	} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		d := local(0).Deliver(t.Context(), url, form)
		if d.Answer != want || !utf8.ValidString(d.Answer) {
			t.Errorf("of %q is kept %q, want %q", body, d.Answer, want)
		}
	}
}
