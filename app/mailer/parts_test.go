package mailer_test

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
)

// The text comes first: a reader shows the last part that it can.
func TestAMailHoldsItsTextAndItsHTML(t *testing.T) {
	t.Parallel()
	var in inbox
	m := open(t, &in)
	l := letter()
	l.At = noon
	l.HTML = "<!DOCTYPE html><p>您的訂單已付款。</p>\n" + strings.Repeat("<p>很長</p>", 2000)
	for range 2 {
		if err := m.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if in.mails[0] != in.mails[1] {
		t.Error("a re-send must be the same mail")
	}
	got, err := mail.ReadMessage(strings.NewReader(in.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	if id := got.Header.Get("Message-Id"); id != "<mail-42-1784088000000000@memberzone.example>" {
		t.Errorf("Message-ID %q", id)
	}
	kind, parameters, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q, %v", kind, err)
	}
	parts := multipart.NewReader(got.Body, parameters["boundary"])
	for _, want := range [][2]string{{"text/plain; charset=UTF-8", l.Text}, {"text/html; charset=UTF-8", l.HTML}} {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil || string(content) != want[1] || part.Header.Get("Content-Type") != want[0] {
			t.Errorf("%s: %q, %v", part.Header.Get("Content-Type"), content, err)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("more parts: %v", err)
	}
}

// The first mail of a new database is none of the mails of the one before.
func TestTheSameNumberAtAnotherTimeIsAnotherMail(t *testing.T) {
	t.Parallel()
	var in inbox
	m := open(t, &in)
	seen := map[string]bool{}
	for _, at := range []int{0, 1, 1} {
		l := letter()
		l.At = noon.AddDate(0, 0, at)
		if err := m.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	for _, raw := range in.mails {
		got, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		seen[got.Header.Get("Message-Id")] = true
	}
	if len(seen) != 2 {
		t.Errorf("three mails, of which two are the same, have the IDs %v", seen)
	}
}
