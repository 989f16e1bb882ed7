package identity_test

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/web/identity"
)

func TestFieldErrorsAreToldOnlyWhenEachHasItsField(t *testing.T) {
	t.Parallel()
	general := fault.New(fault.Refused, "x", "不行。")
	tests := []struct {
		name string
		err  error
		want map[string]string // nil for an error that is told elsewhere
	}{
		{"none", nil, nil},
		{"one", account.ErrCurrent, map[string]string{"current": account.ErrCurrent.Public}},
		{"wrapped group", fmt.Errorf("change: %w", fault.Group{account.ErrCurrent, identity.ErrMismatch}), map[string]string{
			"current": account.ErrCurrent.Public, "password_again": identity.ErrMismatch.Public,
		}},
		{"general", general, nil},
		{"mixed", fault.Group{account.ErrCurrent, general}, nil},
		{"a defect", errors.New("broken"), nil},
	}
	for _, tt := range tests {
		got, ok := identity.FieldErrors(tt.err)
		if ok != (tt.want != nil) || ok && !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v", tt.name, got, ok)
		}
	}
}

func TestATypedPasswordIsCompleteAndRepeated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		first, second string
		wrong         []string
	}{
		{"a", "a", nil},
		{"a", "b", []string{"password_again"}},
		{"", "b", []string{"password"}},
		{"a", "", []string{"password_again"}},
		{"", "", []string{"password", "password_again"}},
	}
	for _, tt := range tests {
		form := url.Values{"password": {tt.first}, "password_again": {tt.second}}
		wrong, _ := identity.FieldErrors(identity.TypedPassword(form, identity.PasswordQuestions()))
		if len(wrong) != len(tt.wrong) {
			t.Errorf("%q, %q: %v", tt.first, tt.second, wrong)
		}
		for _, field := range tt.wrong {
			if wrong[field] == "" {
				t.Errorf("%q, %q: nothing beside %s", tt.first, tt.second, field)
			}
		}
	}
}
