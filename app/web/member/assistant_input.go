package member

import (
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
)

// The form fields of an assistant. The matrix has one of each of the last two for
// every unit.
const (
	fieldLogin    = "login"
	fieldEmail    = "email"
	fieldStores   = "stores"
	fieldRevision = "revision"
	fieldCopyFrom = "copy_from"
	fieldUnit     = "unit."
	fieldUntil    = "until."
)

var (
	errCopyFrom = fault.New(fault.Invalid, "assistant_copy_from", "請選擇要複製的帳號。").At(fieldCopyFrom)
	// errUntil tells that a row's last day is no day.
	errUntil = fault.New(fault.Invalid, "assistant_until_unreadable", "期限請以 YYYY-MM-DD 填寫，例如 2026-12-31。")
	// errState and errStore tell that the list is asked for what does not exist.
	errState = fault.New(fault.Invalid, "assistant_filter_state", "沒有這個狀態。").At("state")
	errStore = fault.New(fault.Invalid, "assistant_filter_store", "查無此商店代號。").At("store")
)

// assistantInput is the form as it was typed, right or wrong.
type assistantInput struct {
	login, email string
	stores       []string
	levels       map[permit.Unit]string
	untils       map[permit.Unit]string
	unknown      []string // units of the matrix that do not exist
	revision     string
	copyFrom     string
}

// postedInput is what came with a post.
func postedInput(form url.Values) assistantInput {
	in := assistantInput{
		login: form.Get(fieldLogin), email: form.Get(fieldEmail), stores: form[fieldStores],
		levels: map[permit.Unit]string{}, untils: map[permit.Unit]string{},
		revision: form.Get(fieldRevision), copyFrom: form.Get(fieldCopyFrom),
	}
	for _, row := range permit.Rows() {
		in.levels[row.Unit] = form.Get(fieldUnit + string(row.Unit))
		in.untils[row.Unit] = form.Get(fieldUntil + string(row.Unit))
	}
	for name := range form {
		unit, isUnit := strings.CutPrefix(name, fieldUnit)
		if _, known := permit.RowOf(permit.Unit(unit)); isUnit && !known {
			in.unknown = append(in.unknown, unit)
		}
	}
	slices.Sort(in.unknown)
	return in
}

// storedInput is the form of an assistant as it stands. A permission that has ended
// is 不可瀏覽 today, and stands so.
func storedInput(a assistant.Assistant, today clock.Date) assistantInput {
	in := assistantInput{login: a.Account.Login, email: a.Account.Email, revision: revisionText(a)}
	for _, store := range a.Stores {
		in.stores = append(in.stores, store.MerchantID)
	}
	in.levels, in.untils = matrixInput(a, today)
	return in
}

func revisionText(a assistant.Assistant) string { return strconv.FormatInt(a.Revision, 10) }

func matrixInput(a assistant.Assistant, today clock.Date) (levels, untils map[permit.Unit]string) {
	levels, untils = map[permit.Unit]string{}, map[permit.Unit]string{}
	for unit, cell := range a.Matrix().Holding(today) {
		levels[unit], untils[unit] = cell.Level.String(), cell.Until.String()
	}
	return levels, untils
}

// noLevel is a level that does not exist; the service refuses it by its row.
const noLevel = permit.Level(-1)

// form reads what was typed. It returns only those faults that lie in the reading
// itself; the service tells the others.
func (in assistantInput) form() (assistant.Form, fault.Group) {
	var faults fault.Group
	f := assistant.Form{Login: in.login, Email: in.email, Stores: in.stores, Matrix: assistant.Matrix{}}
	// A revision that is none equals none that is stored: the service answers that the
	// settings have changed.
	f.Revision, _ = strconv.ParseInt(in.revision, 10, 64)
	for _, row := range permit.Rows() {
		cell, err := readCell(in.levels[row.Unit], in.untils[row.Unit])
		if err != nil {
			faults = append(faults, errUntil.At(fieldUntil+string(row.Unit)).Because(err))
		}
		f.Matrix[row.Unit] = cell
	}
	for _, unit := range in.unknown {
		f.Matrix[permit.Unit(unit)] = assistant.Cell{Level: noLevel}
	}
	return f, faults
}

func readCell(level, until string) (cell assistant.Cell, err error) {
	if parsed, ok := permit.ParseLevel(level); ok {
		cell.Level = parsed
	} else if level != "" {
		cell.Level = noLevel
	}
	if until = account.Fold(until); until != "" {
		cell.Until, err = clock.ParseDate(until)
	}
	return cell, err
}

// fields are what the page of the differences carries along.
func (in assistantInput) fields() []view.HiddenField {
	fields := []view.HiddenField{{Name: fieldRevision, Value: in.revision}, {Name: fieldEmail, Value: in.email}}
	for _, store := range in.stores {
		fields = append(fields, view.HiddenField{Name: fieldStores, Value: store})
	}
	for _, row := range permit.Rows() {
		fields = append(fields, view.HiddenField{Name: fieldUnit + string(row.Unit), Value: in.levels[row.Unit]})
		if until := in.untils[row.Unit]; until != "" {
			fields = append(fields, view.HiddenField{Name: fieldUntil + string(row.Unit), Value: until})
		}
	}
	return fields
}

// readAssistantFilter reads the filter of the list.
func readAssistantFilter(query url.Values, stores []account.Store) (assistant.Filter, fault.Group) {
	var faults fault.Group
	f := assistant.Filter{
		Query: query.Get("q"), State: assistant.State(query.Get("state")), Store: query.Get("store"),
	}
	if _, known := stateTags[f.State]; f.State != "" && !known {
		faults = append(faults, errState)
		f.State = ""
	}
	known := slices.ContainsFunc(stores, func(s account.Store) bool { return s.MerchantID == f.Store })
	if f.Store != "" && !known {
		faults = append(faults, errStore)
		f.Store = ""
	}
	return f, faults
}
