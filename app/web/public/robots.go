package public

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/views/applicant"
	"github.com/memberzone/memberzone/views/ui"
)

// Seals hides a text in a form so that it comes back unchanged, or not at all.
type Seals interface {
	Seal(plain, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// robots tells forms that people filled in from those of programs, without asking anybody
// outside. Whoever it doubts gets the form back, with what was typed, and can go on.
type robots struct {
	seals Seals
	clock clock.Clock
}

// The fields of the guard.
const (
	fieldSeal = "seal"
	fieldTrap = "website" // that no person sees
)

// How long people take to fill in the form.
const (
	fillLeast = 2 * time.Second
	fillMost  = 24 * time.Hour
)

// sealPlace is what a form's seal is bound to: one of another place does not open.
var sealPlace = []byte("public application form")

// doubt is why a form may come from a program.
type doubt int

const (
	certain doubt = iota
	trapped       // what no person sees was filled in
	hasty         // nobody types so fast
	stale         // it is too old, or its seal is not ours
)

// doubts are how they are told.
var doubts = map[doubt]string{
	trapped: "有一個隱藏、應留白的欄位被填入，可能是瀏覽器自動填入的內容。該欄位已清空，請再送出一次。",
	hasty:   "送出得太快，無法確認是由人員填寫。請確認內容後再送出一次。",
	stale:   "表單開啟過久或已失效，已為您更新。請確認內容後再送出一次。",
}

func (d doubt) notice() ui.Notice {
	return ui.Notice{Tone: ui.ToneWait, Title: "尚未送出", Text: doubts[d]}
}

// guard returns what a form handed out now carries.
func (r robots) guard() (applicant.Guard, error) {
	sealed, err := r.seals.Seal([]byte(strconv.FormatInt(r.clock.Now().UnixMilli(), 10)), sealPlace)
	if err != nil {
		return applicant.Guard{}, err
	}
	return applicant.Guard{Seal: base64.RawURLEncoding.EncodeToString(sealed)}, nil
}

// judge looks at a form that was posted.
func (r robots) judge(form url.Values) doubt {
	handedOut, ok := r.handedOut(form.Get(fieldSeal))
	took := r.clock.Now().Sub(handedOut)
	switch {
	case !ok || took < 0 || took > fillMost:
		return stale
	case form.Get(fieldTrap) != "":
		return trapped
	case took < fillLeast:
		return hasty
	}
	return certain
}

func (r robots) handedOut(seal string) (at time.Time, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(seal)
	if err != nil {
		return time.Time{}, false
	}
	plain, err := r.seals.Open(sealed, sealPlace)
	if err != nil {
		return time.Time{}, false
	}
	millis, err := strconv.ParseInt(string(plain), 10, 64)
	return time.UnixMilli(millis), err == nil
}

// again is the guard of a form that is shown once more: the same seal where it is good,
// so that whoever was too fast need not wait again.
func (r robots) again(form url.Values, d doubt) (applicant.Guard, error) {
	if d == stale {
		return r.guard()
	}
	return applicant.Guard{Seal: form.Get(fieldSeal)}, nil
}
