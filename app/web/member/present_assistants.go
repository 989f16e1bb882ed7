package member

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// What was just done, as it stands in the address that a post leads to.
const (
	doneCreated   = "created"
	doneSaved     = "saved"
	doneSuspended = "suspended"
	doneResumed   = "resumed"
	doneRemoved   = "removed"
	doneInvited   = "invited"
	doneReset     = "reset"
	doneGranted   = "granted"
	doneRefused   = "refused"
	doneAsked     = "asked"
	doneSet       = "set"
)

var doneTexts = map[string]string{
	doneCreated:   "已新增助理帳號，邀請信已寄出，連結 72 小時內有效。",
	doneSaved:     "已儲存，這個帳號的下一個動作起生效。",
	doneSuspended: "已停用，這個帳號的所有登入都已結束。",
	doneResumed:   "已恢復，這個帳號可以再次登入。",
	doneRemoved:   "已移除助理帳號。",
	doneInvited:   "已重新寄出邀請信，先前的連結已失效。",
	doneReset:     "已結束這個帳號的所有登入，並寄出重新設定密碼的連結。",
	doneGranted:   "已開通，申請的帳號下一個動作起即可使用。",
	doneRefused:   "已拒絕這件申請，並通知申請的帳號。",
	doneAsked:     "已送出申請，會員擁有者開通後即可使用。",
	doneSet:       "設定已儲存。",
}

// doneNotice tells what was just done; nothing for a word that means nothing.
func doneNotice(done string) ui.Notice { return ui.Notice{Tone: ui.ToneGood, Text: doneTexts[done]} }

var stateTags = map[assistant.State]ui.Tag{
	assistant.Invited:   {Word: "邀請中", Tone: ui.ToneWait},
	assistant.Active:    {Word: "使用中", Tone: ui.ToneGood},
	assistant.Suspended: {Word: "已停用", Tone: ui.ToneOff},
}

const labelNever = "從未登入"

func presentAssistants(list assistant.List, today clock.Date) view.AssistantListPage {
	page := view.AssistantListPage{Used: list.Used, Limit: assistant.Limit}
	if list.Used >= assistant.Limit {
		page.Full = assistant.ErrFull.Public
	}
	for _, a := range list.Assistants {
		page.Rows = append(page.Rows, view.AssistantRow{
			Login: a.Account.Login, Href: assistantHref(a.Account.Login), Email: a.Account.Email,
			Stores: storesText(a.Stores), StoresTip: strings.Join(storeNames(a.Stores), "、"), State: stateTags[a.State],
			LastSignIn: timeText(a.LastSignInAt), Summary: summaryText(a, today),
		})
	}
	return page
}

func storeNames(stores []account.Store) []string {
	names := make([]string, len(stores))
	for i, store := range stores {
		names[i] = store.Name
	}
	return names
}

// storesNamed is how many stores the list names before it counts the rest.
const storesNamed = 2

func storesText(stores []account.Store) string {
	names := storeNames(stores)
	if len(names) <= storesNamed {
		return strings.Join(names, "、")
	}
	return strings.Join(names[:storesNamed], "、") + "，另 " + strconv.Itoa(len(names)-storesNamed) + " 家"
}

// summaryText counts what holds today: 可瀏覽可修改 3、僅可瀏覽 2.
func summaryText(a assistant.Assistant, today clock.Date) string {
	counts := map[permit.Level]int{}
	for _, cell := range a.Matrix().Holding(today) {
		counts[cell.Level]++
	}
	var parts []string
	for _, level := range []permit.Level{permit.Manage, permit.View} {
		if counts[level] > 0 {
			parts = append(parts, level.Label()+" "+strconv.Itoa(counts[level]))
		}
	}
	if len(parts) == 0 {
		return "全部" + permit.None.Label()
	}
	return strings.Join(parts, "、")
}

func presentAssistantFilter(query url.Values, stores []account.Store, faults fault.Group) view.AssistantFilter {
	get, problems := query.Get, faultTexts(faults)
	f := view.AssistantFilter{
		Query: ui.Input{Value: get("q")},
		State: ui.Choices{Error: problems["state"], Options: []ui.Option{{Label: "不限定"}}},
		Store: ui.Choices{Error: problems["store"], Options: []ui.Option{{Label: "不限定"}}},
		Used:  get("q") != "" || get("state") != "" || get("store") != "",
	}
	for _, state := range []assistant.State{assistant.Invited, assistant.Active, assistant.Suspended} {
		f.State.Options = append(f.State.Options, ui.Option{
			Value: string(state), Label: stateTags[state].Word, Selected: get("state") == string(state),
		})
	}
	for _, store := range stores {
		f.Store.Options = append(f.Store.Options, ui.Option{
			Value: store.MerchantID, Label: store.MerchantID + " " + store.Name, Selected: get("store") == store.MerchantID,
		})
	}
	return f
}

// faultTexts are the sentences of faults by their field.
func faultTexts(faults fault.Group) map[string]string {
	texts := map[string]string{}
	for _, f := range faults {
		texts[f.Field] = f.Public
	}
	return texts
}

func presentAssistantForm(form assistantForm, stores []account.Store) view.AssistantFormPage {
	problems := faultTexts(form.faults)
	var faults []view.FieldFault
	take := func(field string) string { // each stands beside its field, and in the summary
		text := problems[field]
		delete(problems, field)
		if text != "" {
			faults = append(faults, view.FieldFault{Field: field, Text: rowLabel(field) + text})
		}
		return text
	}
	page := view.AssistantFormPage{
		New: form.stored == nil, Heading: "新增管理帳號", Action: pathAssistants, CopyHref: pathAssistants + "/new",
		Revision: form.typed.revision,
		Login:    ui.Input{Value: form.typed.login, Error: take(fieldLogin)},
		Email:    ui.Input{Value: form.typed.email, Error: take(fieldEmail)}, Copied: form.copied,
	}
	page.Stores.Error = take(fieldStores)
	for _, store := range stores {
		page.Stores.Options = append(page.Stores.Options, ui.Option{
			Value: store.MerchantID, Label: store.MerchantID, Hint: store.Name,
			Selected: slices.Contains(form.typed.stores, store.MerchantID),
		})
	}
	take(fieldCopyFrom)
	page.Matrix = presentMatrix(form, take)
	page.Problem, page.Faults = form.problem, faults
	for _, text := range slices.Sorted(maps.Values(problems)) { // of fields that the page does not have
		page.Problem = text
	}
	if form.stored != nil {
		presentStored(&page, *form.stored)
	}
	return page
}

// rowLabel says which row a field of the matrix belongs to: many have the same sentence.
func rowLabel(field string) string {
	_, unit, inRow := strings.Cut(field, ".")
	row, known := permit.RowOf(permit.Unit(unit))
	if !inRow || !known {
		return ""
	}
	return row.Label + "："
}

// presentMatrix groups the rows by 單元 and 目錄. A row that came without a level is
// 不可瀏覽, as the service takes it.
func presentMatrix(form assistantForm, take func(field string) string) view.Matrix {
	var m view.Matrix
	for _, row := range permit.Rows() {
		if n := len(m.Areas); n == 0 || m.Areas[n-1].Name != row.Area {
			m.Areas = append(m.Areas, view.MatrixArea{Name: row.Area})
		}
		area := &m.Areas[len(m.Areas)-1]
		if n := len(area.Sections); n == 0 || area.Sections[n-1].Name != row.Section {
			area.Sections = append(area.Sections, view.MatrixSection{Name: row.Section})
		}
		section := &area.Sections[len(area.Sections)-1]
		level := form.typed.levels[row.Unit]
		if level == "" {
			level = permit.None.String()
		}
		section.Rows = append(section.Rows, view.MatrixRow{
			Unit: string(row.Unit), Label: row.Label, Level: level, Note: endedText(form, row.Unit),
			Error: take(fieldUnit + string(row.Unit)),
			Until: ui.Input{Value: form.typed.untils[row.Unit], Error: take(fieldUntil + string(row.Unit))},
		})
	}
	return m
}

// endedText tells that a permission has ended, on the untouched form.
func endedText(form assistantForm, unit permit.Unit) string {
	if form.stored == nil || form.typed.levels[unit] != "" {
		return ""
	}
	cell, had := form.stored.Matrix()[unit]
	if !had || cell.Until.IsZero() {
		return ""
	}
	return "原" + cell.Level.Label() + "，已於 " + cell.Until.String() + " 到期"
}

func presentCopyFrom(all []assistant.Assistant, form assistantForm) ui.Choices {
	choices := ui.Choices{Error: faultTexts(form.faults)[fieldCopyFrom], Options: []ui.Option{{Label: "請選擇"}}}
	for _, a := range all {
		if form.stored != nil && a.Account.ID == form.stored.Account.ID {
			continue
		}
		choices.Options = append(choices.Options, ui.Option{
			Value: a.Account.Login, Label: a.Account.Login, Selected: a.Account.Login == form.typed.copyFrom,
		})
	}
	if len(choices.Options) == 1 {
		return ui.Choices{}
	}
	return choices
}

// presentStored adds what the page of one that exists has besides the form.
func presentStored(page *view.AssistantFormPage, a assistant.Assistant) {
	login := a.Account.Login
	page.Heading, page.Action, page.CopyHref = "管理帳號 "+login, assistantHref(login), ""
	page.Login.Value, page.State = login, stateTags[a.State]
	signedIn := timeText(a.LastSignInAt)
	if signedIn == "" {
		signedIn = labelNever
	}
	page.Facts = []ui.Term{{Label: "上次登入", Value: signedIn}, {Label: "建立時間", Value: timeText(a.CreatedAt)}}
	if a.State == assistant.Invited && !a.InvitedUntil.IsZero() {
		page.Facts = append(page.Facts, ui.Term{Label: "邀請有效至", Value: timeText(a.InvitedUntil)})
	}
	if a.Passkeys > 0 {
		page.Facts = append(page.Facts, ui.Term{Label: "Passkey", Value: strconv.Itoa(a.Passkeys) + " 組"})
	}
	page.Actions = presentActions(a.State, login)
}

// presentActions are what can be done in a state, and what it does.
func presentActions(state assistant.State, login string) []view.AssistantAction {
	var actions []view.AssistantAction
	add := func(name, label, text string) {
		actions = append(actions, view.AssistantAction{
			Name: name, Label: label, Text: text, Action: assistantHref(login) + "/" + name,
		})
	}
	if state != assistant.Suspended {
		add("view-as", "以此帳號檢視", "以這個帳號能看到的範圍開啟會員專區，只能看、不能變更。")
	}
	switch state {
	case assistant.Invited:
		add("invite", "重新寄送邀請", "寄出新的邀請信，72 小時內有效；先前的連結會失效。")
	case assistant.Active:
		add("reset-password", "重設密碼", "結束這個帳號的所有登入，並寄出重新設定密碼的連結。")
	case assistant.Suspended:
		add("resume", "恢復", "讓這個帳號可以再次登入，設定與停用前相同。")
	}
	if state != assistant.Suspended {
		add("suspend", "停用", "立即結束這個帳號的所有登入，恢復之前不能再登入。設定會保留。")
	}
	add("remove", "移除", "帳號會從清單消失且不能恢復；稽核紀錄會保留。")
	last := &actions[len(actions)-1]
	last.Ask, last.Confirm = "移除後不能恢復，也會結束這個帳號的所有登入。確定要移除嗎？", "確定移除 "+login
	return actions
}
