package applicant

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/applicant"
	"github.com/memberzone/memberzone/views/ui"
)

// Wrong is why an applicant's answer or withdrawal was not taken, with what was typed.
type Wrong struct {
	Status int // of HTTP
	fault  *fault.Fault
	text   string
}

// WrongOf returns what is told on the page about an error; refused is false for no error
// and for one that is nobody's input.
func WrongOf(err error, form url.Values) (w *Wrong, refused bool) {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil, false
	}
	var status int
	switch f.Kind {
	case fault.Invalid, fault.Refused:
		status = http.StatusUnprocessableEntity
	case fault.Conflict:
		status = http.StatusConflict
	default:
		return nil, false
	}
	return &Wrong{Status: status, fault: f, text: form.Get("text")}, true
}

// Show tells on a page what is wrong, beside its field if the page still has it.
func (w *Wrong) Show(p *applicant.Progress) {
	switch {
	case w == nil:
	case p.Ask.Action != "" && w.fault.Field == "text":
		p.Ask.Text = ui.Input{Value: w.text, Error: w.fault.Public}
	case p.Ask.Action != "" && w.fault.Field == "files":
		p.Ask.Text.Value, p.Ask.Files = w.text, w.fault.Public
	default:
		p.Ask.Text.Value = w.text
		p.Problem = ui.Notice{Tone: ui.ToneBad, Text: w.fault.Public}
	}
}

// Uploads returns the files of an answer.
func Uploads(c *gin.Context) ([]onboarding.Upload, error) {
	files, err := web.Files(c, "attachments")
	if err != nil {
		return nil, err
	}
	uploads := make([]onboarding.Upload, len(files))
	for i, f := range files {
		uploads[i] = onboarding.Upload{Name: f.Name, Content: f.Content}
	}
	return uploads, nil
}
