package assistant

import (
	"net/mail"
	"slices"
	"strings"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
)

// The longest login (the manual's 助理帳號設定) and mail address (RFC 5321, §4.5.3.1.3).
const (
	loginMax = 20
	emailMax = 254
)

// untilYears is how far ahead a grant may end: later is a slip of the pen.
const untilYears = 5

// Check tells every fault of a form at once, without looking at the database:
// what it refuses is a fault.Group. isNew is whether the form makes an assistant.
func (s *Service) Check(owner account.Actor, f Form, isNew bool) error {
	if err := mayManage(owner); err != nil {
		return err
	}
	_, err := s.read(owner, f, isNew)
	return err
}

// read checks a form and returns what it asks for. The login of a new assistant is
// in the settings.
func (s *Service) read(owner account.Actor, f Form, isNew bool) (settings, error) {
	want := settings{login: account.Fold(f.Login), email: account.Fold(f.Email), matrix: f.Matrix.plain()}
	var faults fault.Group
	if isNew && !isLogin(want.login) {
		faults = append(faults, ErrLogin)
	}
	if !isEmail(want.email) {
		faults = append(faults, ErrEmail)
	}
	stores, refused := chosen(owner.Stores, f.Stores)
	if refused != nil {
		faults = append(faults, refused)
	}
	want.stores = stores
	faults = append(faults, checkMatrix(f.Matrix, s.today())...)
	return want, faults.OrNil()
}

// isLogin tells that a text is letters and digits, at least one of each.
func isLogin(s string) bool {
	var letters, digits int
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z':
			letters++
		default:
			return false
		}
	}
	return letters > 0 && digits > 0 && letters+digits <= loginMax
}

// isEmail tells that a text is one address and nothing around it.
func isEmail(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s && len(s) <= emailMax
}

// chosen returns the member's stores that were chosen, by MerchantID.
// SECURITY: only the owner's own stores are looked through.
func chosen(of []account.Store, merchantIDs []string) ([]account.Store, *fault.Fault) {
	var stores []account.Store
	for _, id := range slices.Compact(slices.Sorted(slices.Values(merchantIDs))) {
		i := slices.IndexFunc(of, func(s account.Store) bool { return s.MerchantID == id })
		if i < 0 {
			return nil, ErrUnknownStore
		}
		stores = append(stores, of[i])
	}
	if len(stores) == 0 {
		return nil, ErrStores
	}
	return stores, nil
}

// checkMatrix returns the faults of a matrix in its order, unknown rows last.
func checkMatrix(m Matrix, today clock.Date) fault.Group {
	var faults fault.Group
	for _, row := range permit.Rows() {
		if cell, ok := m[row.Unit]; ok {
			faults = append(faults, checkCell(row.Unit, cell, today)...)
		}
	}
	var unknown []string
	for unit := range m {
		if _, ok := permit.RowOf(unit); !ok {
			unknown = append(unknown, string(unit))
		}
	}
	slices.SortFunc(unknown, strings.Compare)
	for _, unit := range unknown {
		faults = append(faults, ErrLevel.At("unit."+unit))
	}
	return faults
}

func checkCell(u permit.Unit, c Cell, today clock.Date) fault.Group {
	if c.Level < permit.None || c.Level > permit.Manage {
		return fault.Group{ErrLevel.At("unit." + string(u))}
	}
	if c.Until.IsZero() {
		return nil
	}
	latest := clock.DateOf(today.Start().In(clock.Taipei).AddDate(untilYears, 0, 0))
	if c.Level == permit.None || c.Until.Before(today) || latest.Before(c.Until) {
		return fault.Group{ErrUntil.At("until." + string(u))}
	}
	return nil
}
