package assistant

import (
	"slices"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

// What changes are called, by the form's labels.
const (
	emailField = "管理者信箱"
	storeField = "管理商店"
)

// settings are all that a form sets.
type settings struct {
	login  string
	email  string
	stores []account.Store // by MerchantID
	matrix Matrix          // plain
	ended  []permit.Unit   // of grants that are still stored and hold no more
}

// Matrix returns what is granted, with the grants that have ended.
func (a Assistant) Matrix() Matrix {
	m := Matrix{}
	for _, g := range a.Grants {
		if level, ok := permit.ParseLevel(g.Level); ok {
			m[permit.Unit(g.Unit)] = Cell{level, g.Until}
		}
	}
	return m.plain()
}

// Holding returns the part of a matrix that holds on a day.
func (m Matrix) Holding(day clock.Date) Matrix {
	held := m.plain()
	for unit, cell := range held {
		if !cell.Until.IsZero() && cell.Until.Before(day) {
			delete(held, unit)
		}
	}
	return held
}

// plain returns a copy without the cells that grant nothing.
func (m Matrix) plain() Matrix {
	plain := make(Matrix, len(m))
	for unit, cell := range m {
		if cell.Level != permit.None {
			plain[unit] = cell
		}
	}
	return plain
}

// grants returns the matrix as it is stored, in its order.
func (m Matrix) grants() []account.Grant {
	var grants []account.Grant
	for _, row := range permit.Rows() {
		if cell, ok := m[row.Unit]; ok {
			grants = append(grants, cell.grant(row.Unit))
		}
	}
	return grants
}

func (c Cell) grant(u permit.Unit) account.Grant {
	return account.Grant{Unit: string(u), Level: c.Level.String(), Until: c.Until}
}

// words says what a cell grants: 可瀏覽可修改（至 2026-12-31）.
func (c Cell) words() string {
	if c.Until.IsZero() {
		return c.Level.Label()
	}
	return c.Level.Label() + "（至 " + c.Until.String() + "）"
}

// storedSettings are those of an assistant as it stands on a day.
func storedSettings(a Assistant, today clock.Date) settings {
	stored := settings{login: a.Account.Login, email: a.Account.Email, stores: a.Stores, matrix: a.Matrix().Holding(today)}
	for unit := range a.Matrix() {
		if _, holds := stored.matrix[unit]; !holds {
			stored.ended = append(stored.ended, unit)
		}
	}
	return stored
}

// nothing are the settings of an assistant that has no store and no permission left.
func (s settings) nothing() settings { return settings{login: s.login, email: s.email} }

// difference returns what leads from one to the other: in words, and as what is to
// be stored. What has ended is 不可瀏覽 already: it is dropped along with other changes,
// and is none itself.
func difference(before, after settings) ([]audit.Change, Edit) {
	var changes []audit.Change
	var edit Edit
	if before.email != after.email {
		changes = append(changes, audit.Change{Field: emailField, Before: before.email, After: after.email})
		edit.Email = after.email
	}
	for _, store := range missing(before.stores, after.stores) {
		changes = append(changes, audit.Change{Field: storeField, After: storeWords(store)})
		edit.Add = append(edit.Add, store.ID)
	}
	for _, store := range missing(after.stores, before.stores) {
		changes = append(changes, audit.Change{Field: storeField, Before: storeWords(store)})
		edit.Take = append(edit.Take, store.ID)
	}
	for _, unit := range before.ended {
		if after.matrix[unit].Level == permit.None {
			edit.Drop = append(edit.Drop, unit)
		}
	}
	for _, row := range permit.Rows() {
		from, to := before.matrix[row.Unit], after.matrix[row.Unit]
		if from == to {
			continue
		}
		changes = append(changes, audit.Change{Field: row.Label, Before: from.words(), After: to.words()})
		if to.Level == permit.None {
			edit.Drop = append(edit.Drop, row.Unit)
		} else {
			edit.Put = append(edit.Put, to.grant(row.Unit))
		}
	}
	return changes, edit
}

// missing returns the stores of the second list that the first lacks.
func missing(from, of []account.Store) []account.Store {
	return slices.DeleteFunc(slices.Clone(of), func(s account.Store) bool {
		return slices.ContainsFunc(from, func(other account.Store) bool { return other.ID == s.ID })
	})
}

func storeWords(s account.Store) string { return s.MerchantID + " " + s.Name }

func storeIDs(stores []account.Store) []member.StoreID {
	ids := make([]member.StoreID, len(stores))
	for i, s := range stores {
		ids[i] = s.ID
	}
	return ids
}
