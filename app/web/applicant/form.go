package applicant

import (
	"net/url"
	"slices"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/views/applicant"
	"github.com/memberzone/memberzone/views/ui"
)

// ReadForm reads what was posted.
func ReadForm(form url.Values) onboarding.Form {
	f := onboarding.Form{
		Kind: KindOf(form), Subject: onboarding.Subject(form.Get("subject")), Name: form.Get("name"),
		Phone: form.Get("phone"), Email: form.Get("email"), Message: form.Get("message"),
		Consent: form.Get("consent") != "", Stores: form["stores"],
	}
	for _, slot := range form["slots"] {
		f.Slots = append(f.Slots, onboarding.Slot(slot))
	}
	return f
}

// KindOf returns the kind that a form or an address asks for: an application unless it
// says otherwise.
func KindOf(values url.Values) onboarding.Kind {
	if values.Get("kind") == string(onboarding.Consult) {
		return onboarding.Consult
	}
	return onboarding.Apply
}

// Form is the form with what was typed, and what is wrong beside each field.
func Form(action string, typed url.Values, faults fault.Group) applicant.Form {
	wrong := func(field string) string {
		for _, f := range faults {
			if f.Field == field {
				return f.Public
			}
		}
		return ""
	}
	input := func(field string) ui.Input { return ui.Input{Value: typed.Get(field), Error: wrong(field)} }
	kind := KindOf(typed)
	f := applicant.Form{
		Action: action, Kind: string(kind), Consult: kind == onboarding.Consult,
		Name: input("name"), Phone: input("phone"), Email: input("email"), Message: input("message"),
		Subject: ui.Choices{Error: wrong("subject")}, Slots: ui.Choices{Error: wrong("slots")},
		Stores:  ui.Choices{Error: wrong("stores")},
		Consent: ui.Check{Checked: typed.Get("consent") != "", Error: wrong("consent")},
	}
	for _, s := range onboarding.Subjects {
		f.Subject.Options = append(f.Subject.Options, ui.Option{
			Value: string(s), Label: s.Label(), Selected: typed.Get("subject") == string(s),
		})
	}
	for _, s := range onboarding.Slots {
		f.Slots.Options = append(f.Slots.Options, ui.Option{
			Value: string(s), Label: s.Label(), Selected: slices.Contains(typed["slots"], string(s)),
		})
	}
	return f
}

// Refused says on top of a form that it was not sent.
var Refused = ui.Notice{Tone: ui.ToneBad, Title: "尚未送出", Text: "請修正標示的欄位後再送出，其他內容已保留。"}
