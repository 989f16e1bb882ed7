package payment_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

const visaCard = "4111111111111111"

func TestWhatAServerMustSayOfTheCardholder(t *testing.T) {
	t.Parallel()
	service := payment.New(payment.Options{Clock: clock.NewFake(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC))})
	live := member.Store{Mode: member.Live, Passkey: true, ThreeD: true}
	names := []string{"last_name", "first_name"}
	all := []string{"last_name", "first_name", "phone"}
	for name, c := range map[string]struct {
		version string
		change  func(*member.Store, *payment.Request)
		card    string
		wrong   []string
	}{
		"2.5": {"2.5", nil, visaCard, all},
		"2.4": {"2.4", nil, visaCard, nil},
		"1.0": {"1.0", nil, visaCard, nil},
		"2.5 in test mode": {
			"2.5", func(s *member.Store, _ *payment.Request) { s.Mode = member.Test }, visaCard, names,
		},
		"2.5 without Passkey": {"2.5", func(s *member.Store, _ *payment.Request) { s.Passkey = false }, visaCard, names},
		"2.5 not verified":    {"2.5", func(s *member.Store, _ *payment.Request) { s.ThreeD = false }, visaCard, names},
		"2.5 with P3D": {
			"2.5", func(s *member.Store, r *payment.Request) { s.ThreeD, r.P3D = false, true }, visaCard, all,
		},
		"2.5 with another brand": {"2.5", nil, "3530111333300000", names},
		"the hosted page": {
			"2.2", func(_ *member.Store, r *payment.Request) { r.Server = false }, visaCard,
			[]string{"last_name", "first_name", "email", "phone"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, r := live, payment.Request{Version: c.version, Server: true, InFull: true, Major: true}
			in := payment.CardInput{CardNo: secret.New(c.card), ExpMonth: "12", ExpYear: "30", CVC: secret.New("123")}
			if c.change != nil {
				c.change(&store, &r)
			}
			var group fault.Group
			errors.As(service.CheckOrder(payment.NewOrder{Store: store, Request: r}, in), &group)
			var wrong []string
			for _, f := range group {
				wrong = append(wrong, f.Field)
			}
			if !slices.Equal(wrong, c.wrong) {
				t.Errorf("wrong are %q, want %q", wrong, c.wrong)
			}
		})
	}
}
