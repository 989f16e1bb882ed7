package support

import (
	"slices"

	"github.com/memberzone/memberzone/app/onboarding"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// moves are those of the case as a whole. Merging has a form of its own.
func (d desk) moves() (list []view.Move) {
	for _, m := range onboarding.Allowed(d.Application) {
		if !m.ForStore() && m != onboarding.Merge {
			list = append(list, d.move(m, nil))
		}
	}
	return list
}

// move offers a move, or says why this person cannot take it now. store is nil for the
// case as a whole.
func (d desk) move(m onboarding.Move, store *onboarding.Store) view.Move {
	o, id := offers[m], ""
	if store != nil {
		id = store.MerchantID
	}
	one := view.Move{
		Name: string(m), Suffix: id, Label: m.Label(), Text: o.text, Yes: o.yes, Primary: o.primary, Words: o.words,
		Why: d.why(m, store),
	}
	one.Words.Required = m.NeedsText()
	chosen := ""
	if r := d.refused; r != nil && r.part == part(m) && (id == "" || r.form.Get("store") == id) {
		one.Open = true
		chosen, one.Reasons.Error = r.answers(part(m), "reason", moveField("reason", m, id))
		one.Words.Input.Value, one.Words.Input.Error = r.answers(part(m), "text", moveField("text", m, id))
	}
	one.Reasons.Options = reasonOptions(m, chosen)
	return one
}

func reasonOptions(m onboarding.Move, chosen string) (options []ui.Option) {
	if len(m.Reasons()) == 0 {
		return nil
	}
	options = []ui.Option{{Label: "請選擇", Selected: chosen == ""}}
	for _, r := range m.Reasons() {
		options = append(options, ui.Option{Value: string(r), Label: r.Label(), Selected: string(r) == chosen})
	}
	return options
}

// why says why this person cannot take a move now; "" when they can.
func (d desk) why(m onboarding.Move, store *onboarding.Store) string {
	switch {
	case !d.allows(offers[m].gate()), !onboarding.MayTake(d.me.Role, m, d.State):
		return "需由" + rolesFrom(m.Role(d.State)) + "執行。"
	case m == onboarding.Confirm && (d.MemberID == 0 || len(d.Stores) == 0):
		return onboarding.ErrNotLinked.Public
	case m == onboarding.Confirm && !slices.ContainsFunc(d.Contacts, reached):
		return onboarding.ErrNotReached.Public
	case m == onboarding.Activate && store.ProposedBy == d.me.ID && !d.alone:
		return "這是您提出的，需由另一位" + rolesFrom(m.Role(d.State)) + "確認。"
	}
	return ""
}

func reached(c onboarding.Contact) bool { return c.Result == onboarding.Reached }

// stores are those of the application, each with what can be done with it.
func (d desk) stores() (list []view.ApplicationStore) {
	for _, s := range d.Stores {
		one := view.ApplicationStore{
			MerchantID: s.MerchantID, Name: s.Name, Href: storeHref(s.MerchantID), State: standingTag(s.Standing),
			Note: standingNote(s), Moves: d.storeMoves(s),
		}
		list = append(list, one)
	}
	return list
}

// storeMoves are those of one store by where it stands.
func (d desk) storeMoves(s onboarding.Store) (list []view.Move) {
	fits := map[onboarding.Move][]onboarding.Standing{
		onboarding.Propose:    {onboarding.StoreWaiting, onboarding.StoreOff},
		onboarding.Activate:   {onboarding.StoreProposed},
		onboarding.Deactivate: {onboarding.StoreActive},
	}
	for _, m := range onboarding.Allowed(d.Application) {
		if !slices.Contains(fits[m], s.Standing) {
			continue
		}
		one := d.move(m, &s)
		if m == onboarding.Propose && s.Standing == onboarding.StoreOff {
			one.Label, one.Primary = "重新開通", false
		}
		list = append(list, one)
	}
	return list
}

func standingNote(s onboarding.Store) string {
	switch s.Standing {
	case onboarding.StoreProposed:
		return s.Proposer + " 於 " + timeText(s.ProposedAt) + " 提出"
	case onboarding.StoreActive:
		return "自 " + timeText(s.ActiveAt)
	case onboarding.StoreOff:
		return timeText(s.OffAt) + "，" + s.OffReason.Label()
	case onboarding.StoreWaiting:
	}
	return ""
}

var hows = []struct{ value, label string }{
	{onboarding.ByPhone, "電話"}, {onboarding.ByMail, "信件"}, {onboarding.ByMeeting, "會面"},
}

var results = []struct {
	value string
	tag   ui.Tag
}{
	{onboarding.Reached, ui.Tag{Word: "已聯絡上", Tone: ui.ToneGood}},
	{onboarding.NotAnswered, ui.Tag{Word: "無人接聽", Tone: ui.ToneOff}},
	{onboarding.CallBack, ui.Tag{Word: "請對方回電", Tone: ui.ToneWait}},
	{onboarding.WrongNumber, ui.Tag{Word: "號碼有誤", Tone: ui.ToneBad}},
}

func (d desk) contacts() view.Contacts {
	v := view.Contacts{Withheld: d.withheld()}
	for _, c := range d.Contacts {
		row := view.ContactRow{At: timeText(c.At), By: c.Login, Note: c.Note}
		for _, how := range hows {
			if how.value == c.How {
				row.How = how.label
			}
		}
		for _, result := range results {
			if result.value == c.Result {
				row.Result = result.tag
			}
		}
		v.Rows = append(v.Rows, row)
	}
	how, _ := d.refused.answers(partContact, "", "how")
	result, _ := d.refused.answers(partContact, "", "result")
	for _, one := range hows {
		v.How.Options = append(v.How.Options, ui.Option{Value: one.value, Label: one.label, Selected: one.value == how})
	}
	for _, one := range results {
		v.Result.Options = append(v.Result.Options, ui.Option{
			Value: one.value, Label: one.tag.Word, Selected: one.value == result,
		})
	}
	v.Date.Value, v.Time.Value = timeText(d.now)[:len("2006-01-02")], timeText(d.now)[len("2006-01-02 "):]
	if d.refused != nil && d.refused.part == partContact {
		v.Open = true
		v.Date.Value, v.Date.Error = d.refused.answers(partContact, "date", "date")
		v.Time.Value, v.Time.Error = d.refused.answers(partContact, "time", "time")
		v.Note.Value, v.Note.Error = d.refused.answers(partContact, "note", "contact_note")
	}
	return v
}

func (d desk) notes() view.Notes {
	v := view.Notes{Withheld: d.withheld()}
	for _, n := range d.Notes {
		v.Rows = append(v.Rows, view.NoteRow{At: timeText(n.At), By: n.Login, Text: n.Text})
	}
	v.Text.Value, v.Text.Error = d.refused.answers(partNote, "note", "note")
	return v
}

var fileKinds = map[string]string{"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}

func (d desk) files() view.Files {
	v := view.Files{
		Withheld: d.withheld(), Limits: "PDF、JPEG 或 PNG，每個 5 MB 以內，每件申請最多 " + number(onboarding.FilesMax) + " 個",
		Accept: "application/pdf,image/jpeg,image/png,.pdf,.jpg,.jpeg,.png",
	}
	for _, a := range d.Attachments {
		id := number(int(a.ID))
		by := "申請人"
		if a.By == onboarding.ByStaff {
			by = a.Login
		}
		v.Rows = append(v.Rows, view.FileRow{
			ID: id, Name: a.Name, Href: applicationHref(d.Receipt) + "/attachments/" + id, Kind: fileKinds[a.Type],
			Size: sizeText(a.Size), At: timeText(a.At), By: by,
		})
	}
	_, v.Error = d.refused.answers(partFiles, "files", "attachments")
	return v
}

// sizeText shows a size in KB, rounded up: a file is never shown as nothing.
func sizeText(bytes int) string { return number((bytes+1023)/1024) + " KB" }
