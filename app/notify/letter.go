package notify

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
	"time"
)

// letter is what a mail says. It is written once, and set as text and as HTML.
type letter struct {
	to        string
	subject   string
	at        time.Time
	hello     string // "您好：" where it is empty
	blocks    []block
	automatic bool // nobody reads an answer
}

// block is a part of a letter: lines, facts or a link.
type block struct {
	lines []string
	facts []fact
	link  *link
}

// fact is a value with its label. One whose value is an address that the reader is to
// open says in open what the link is called.
type fact struct{ label, value, open string }

// link leads the reader on: what for, what the link is called, and the address.
type link struct{ lead, label, url string }

func (l link) block() block { return block{link: &l} }

func lines(texts ...string) block { return block{lines: texts} }

func facts(all ...fact) block { return block{facts: all} }

const (
	helloDefault  = "您好："
	automaticNote = "本信件由系統自動發送，請勿直接回覆。"
)

// mail sets a letter in both ways. A letter that cannot be set as HTML goes out as text
// alone, which says everything.
func (l letter) mail() Mail {
	if l.hello == "" {
		l.hello = helloDefault
	}
	return Mail{To: l.to, Subject: l.subject, Text: l.text(), HTML: l.html(), At: l.at}
}

func (l letter) text() string {
	parts := []string{l.hello}
	for _, b := range l.blocks {
		parts = append(parts, strings.Join(b.text(), "\n"))
	}
	text := strings.Join(parts, "\n\n")
	switch {
	case !l.automatic:
	case len(l.blocks) > 0 && len(l.blocks[len(l.blocks)-1].lines) > 0: // it closes the last words
		text += "\n" + automaticNote
	default:
		text += "\n\n" + automaticNote
	}
	return text
}

func (b block) text() []string {
	all := b.lines
	for _, f := range b.facts {
		all = append(all, f.label+"："+f.value)
	}
	if b.link != nil {
		all = append(all, b.link.lead, b.link.url)
	}
	return all
}

//go:embed letter.html
var letterHTML string

// SECURITY: what people and merchants wrote is escaped by the place where it stands, and
// an address that is none of the web's is left out.
var letterTemplate = template.Must(template.New("letter").Parse(letterHTML))

// html names no picture, style sheet or script of another place: opening a mail tells
// nobody of it.
func (l letter) html() string {
	type row struct{ Label, Value, Open string }
	type part struct {
		Lines                []string
		Facts                []row
		Lead, LinkLabel, URL string
	}
	page := struct {
		Subject, Hello, Note string
		Parts                []part
	}{Subject: l.subject, Hello: l.hello}
	if l.automatic {
		page.Note = automaticNote
	}
	for _, b := range l.blocks {
		p := part{Lines: b.lines}
		for _, f := range b.facts {
			p.Facts = append(p.Facts, row{f.label, f.value, f.open})
		}
		if b.link != nil {
			p.Lead, p.LinkLabel, p.URL = b.link.lead, b.link.label, b.link.url
		}
		page.Parts = append(page.Parts, p)
	}
	var set bytes.Buffer
	if err := letterTemplate.Execute(&set, page); err != nil {
		return ""
	}
	return set.String()
}
