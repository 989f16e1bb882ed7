package lookup_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/lookup"
	"github.com/memberzone/memberzone/app/member"
)

var (
	noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	by   = audit.By{AccountID: 9, Login: "agent01", RequestID: "REQUEST"}
)

// books are members that stand still, and the log.
type books struct {
	found []lookup.Found
	asked lookup.Query
	log   []audit.Entry
	full  error // what the log answers
}

var shop = lookup.Member{
	Member: member.Member{ID: 7, Code: "12345675", Name: "晴川選物股份有限公司"},
	Stores: []lookup.Store{{ID: 1, MerchantID: "MS1"}, {ID: 2, MerchantID: "MS2", Passkey: true}},
}

func (b *books) FindMembers(_ context.Context, q lookup.Query, limit int) ([]lookup.Found, error) {
	b.asked = q
	return b.found[:min(len(b.found), limit)], nil
}

func (b *books) MemberByCode(_ context.Context, code string) (lookup.Member, error) {
	if code != shop.Code {
		return lookup.Member{}, lookup.ErrMember
	}
	return shop, nil
}

func (b *books) MemberOfStore(_ context.Context, merchantID string) (lookup.Member, error) {
	if merchantID != "MS2" {
		return lookup.Member{}, member.ErrStoreNotFound
	}
	return shop, nil
}

func (b *books) Record(_ context.Context, e audit.Entry) error {
	if b.full == nil {
		b.log = append(b.log, e)
	}
	return b.full
}

func service(b *books) *lookup.Service { return lookup.New(b, b, clock.NewFake(noon)) }

func TestEveryLookUpIsInTheLogOfWhoseItIs(t *testing.T) {
	t.Parallel()
	b := &books{found: []lookup.Found{{Member: shop.Member, Stores: 2}}}
	s := service(b)
	found, more, err := s.Find(t.Context(), by, " 晴川 ")
	if err != nil || more || len(found) != 1 || b.asked != (lookup.Query{Name: "晴川"}) {
		t.Errorf("Find = %v, %v, %v; asked %+v", found, more, err, b.asked)
	}
	if m, err := s.Member(t.Context(), by, "12345675"); err != nil || len(m.Stores) != 2 {
		t.Errorf("Member = %+v, %v", m, err)
	}
	store, of, err := s.Store(t.Context(), by, "MS2")
	if err != nil || store.ID != 2 || of.ID != 7 {
		t.Errorf("Store = %+v, %+v, %v", store, of, err)
	}
	entry := func(chain int64, login, subject string) audit.Entry {
		who := by
		who.Chain, who.Login = chain, login
		return audit.Entry{By: who, At: noon, Kind: audit.MemberLookedUp, Subject: subject}
	}
	want := []audit.Entry{
		entry(audit.Platform, "agent01", "搜尋 晴川"), entry(7, "支援人員 agent01", "12345675"),
		entry(7, "支援人員 agent01", "MS2"),
	}
	if diff := cmp.Diff(want, b.log); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutTheLogNothingIsTold(t *testing.T) {
	t.Parallel()
	full := errors.New("the log is full")
	b := &books{found: []lookup.Found{{Member: shop.Member}}, full: full}
	s := service(b)
	if found, _, err := s.Find(t.Context(), by, "晴川"); !errors.Is(err, full) || len(found) != 0 {
		t.Errorf("Find = %v, %v", found, err)
	}
	if m, err := s.Member(t.Context(), by, "12345675"); !errors.Is(err, full) || m.ID != 0 {
		t.Errorf("Member = %+v, %v", m, err)
	}
	if store, of, err := s.Store(t.Context(), by, "MS2"); !errors.Is(err, full) || store.ID != 0 || of.ID != 0 {
		t.Errorf("Store = %+v, %+v, %v", store, of, err)
	}
}

func TestWhatDoesNotExistIsNotFound(t *testing.T) {
	t.Parallel()
	b := &books{}
	s := service(b)
	if _, err := s.Member(t.Context(), by, "00000000"); !errors.Is(err, lookup.ErrMember) {
		t.Errorf("Member: %v", err)
	}
	if _, _, err := s.Store(t.Context(), by, "MS9"); !errors.Is(err, member.ErrStoreNotFound) {
		t.Errorf("Store: %v", err)
	}
	for _, typed := range []string{"", " ", "晴", strings.Repeat("川", lookup.QueryMax+1)} {
		if _, _, err := s.Find(t.Context(), by, typed); !errors.Is(err, lookup.ErrQuery) {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if len(b.log) != 0 {
		t.Errorf("the log has %v", b.log)
	}
}

func TestASearchTellsThatThereAreMore(t *testing.T) {
	t.Parallel()
	b := &books{found: slices.Repeat([]lookup.Found{{Member: shop.Member}}, lookup.FoundMax+5)}
	found, more, err := service(b).Find(t.Context(), by, "ms100000001")
	if err != nil || !more || len(found) != lookup.FoundMax || b.asked.Number != "MS100000001" {
		t.Errorf("%d, %v, %v; asked %+v", len(found), more, err, b.asked)
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add("１２３４５６７５")
	f.Add("晴川")
	f.Fuzz(func(t *testing.T, typed string) {
		q, err := lookup.ParseQuery(typed)
		if err != nil {
			if q != (lookup.Query{}) {
				t.Errorf("%q: %+v and %v", typed, q, err)
			}
			return
		}
		if again, err := lookup.ParseQuery(q.Name); err != nil || again != q {
			t.Errorf("%q read twice is %+v, %v", typed, again, err)
		}
	})
}

func TestANumberIsFoldedAndANameIsNone(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]lookup.Query{
		"１２３４５６７５":    {Number: "12345675", Name: "12345675"},
		" a100000001": {Number: "A100000001", Name: "a100000001"},
		"林小舖":         {Name: "林小舖"},
		"MS 1":        {Name: "MS 1"},
	} {
		if got, err := lookup.ParseQuery(typed); err != nil || got != want {
			t.Errorf("%q = %+v, %v; want %+v", typed, got, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringMatching(`[A-Z0-9]{2,20}`).Draw(t, "number")
		if q, err := lookup.ParseQuery(typed); err != nil || q.Number != typed {
			t.Fatalf("%+v, %v", q, err)
		}
	})
}
