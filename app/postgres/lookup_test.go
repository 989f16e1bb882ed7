package postgres_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/lookup"
	"github.com/memberzone/memberzone/app/member"
)

func TestMembersAreFoundByNumberAndByName(t *testing.T) {
	t.Parallel()
	s := openStrongroom(t)
	run(t, s.db, `INSERT INTO members (kind, code, name, status, created_at) VALUES
		('enterprise', '90000001', '晴川選物股份有限公司', 'active', $1),
		('enterprise', '90000002', '遠岸科技股份有限公司', 'suspended', $1),
		('individual', 'A100000001', '100%_手作', 'active', $1)`, noon)
	run(t, s.db, `INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode,
			three_d, passkey, amount_max, created_at) VALUES
		(2, 'MS2', '門市', 'a@example.test', '', '', 'platform', 'live', true, false, 1, $1),
		(2, 'MS1', '官網', 'a@example.test', '', '', 'gateway', 'test', false, true, 1, $1)`, noon)
	l := s.db.LookUps()
	for typed, want := range map[string]string{
		"90000001": "90000001 2", "ms1": "90000001 2", "選物": "90000001 2", "股份有限": "90000001 2, 90000002 0",
		"a100000001": "A100000001 0", "%_": "A100000001 0", "1234567": "", "MS3": "", "__": "",
	} {
		q, err := lookup.ParseQuery(typed)
		noError(t, err)
		found, err := l.FindMembers(t.Context(), q, 5)
		noError(t, err)
		got := ""
		for i, one := range found {
			if i > 0 {
				got += ", "
			}
			got += one.Code + " " + string(rune('0'+one.Stores))
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", typed, got, want)
		}
	}
	want := lookup.Member{
		Member: member.Member{
			ID: 2, Kind: member.Enterprise, Code: "90000001", Name: "晴川選物股份有限公司", Status: member.Active,
		},
		Since: noon,
		Stores: []lookup.Store{
			{
				ID: 2, MerchantID: "MS1", Name: "官網", Kind: member.Gateway, Mode: member.Test, Status: member.Active,
				Passkey: true,
			},
			{
				ID: 1, MerchantID: "MS2", Name: "門市", Kind: member.Platform, Mode: member.Live, Status: member.Active,
				ThreeD: true,
			},
		},
	}
	for name, find := range map[string]func() (lookup.Member, error){
		"by code":  func() (lookup.Member, error) { return l.MemberByCode(t.Context(), "90000001") },
		"by store": func() (lookup.Member, error) { return l.MemberOfStore(t.Context(), "MS2") },
	} {
		got, err := find()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if _, err := l.MemberByCode(t.Context(), "MS1"); !errors.Is(err, lookup.ErrMember) {
		t.Errorf("an unknown code: %v", err)
	}
	if _, err := l.MemberOfStore(t.Context(), "MS3"); !errors.Is(err, member.ErrStoreNotFound) {
		t.Errorf("an unknown store: %v", err)
	}
}
