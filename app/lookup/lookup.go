package lookup

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
)

// FoundMax is how many members a search finds at most.
const FoundMax = 20

// The limits of a search, in characters.
const (
	QueryMin = 2
	QueryMax = 60
)

var (
	// ErrQuery tells that a search is too short or too long.
	ErrQuery = fault.New(fault.Invalid, "lookup_query", "請輸入 2 到 60 個字。").At("q")
	// ErrMember tells that there is no such member.
	ErrMember = fault.New(fault.NotFound, "member_not_found", "查無此會員。")
)

// Found is a member that a search found.
type Found struct {
	member.Member
	Stores int
}

// Member is a member with its stores.
type Member struct {
	member.Member
	Since  time.Time
	Stores []Store // by MerchantID
}

// Store is a store as a case needs it.
type Store struct {
	ID         member.StoreID
	MerchantID string
	Name       string
	Kind       member.StoreKind
	Mode       member.Mode
	Status     member.Status
	ThreeD     bool
	Passkey    bool
}

// Reader reads members. What does not exist is ErrMember or member.ErrStoreNotFound.
type Reader interface {
	// FindMembers returns members by code, MerchantID or a part of the name, at most limit.
	FindMembers(ctx context.Context, q Query, limit int) ([]Found, error)
	// MemberByCode returns a member with its stores.
	MemberByCode(ctx context.Context, code string) (Member, error)
	// MemberOfStore returns the member of a store, with all its stores.
	MemberOfStore(ctx context.Context, merchantID string) (Member, error)
}

// Query is what is searched for.
type Query struct {
	Number string // a 統一編號, 會員代號 or MerchantID; empty where the text can be none
	Name   string // a part of a name
}

// number is how a code or a MerchantID is written.
var number = regexp.MustCompile(`^[A-Za-z0-9]{2,20}$`)

// ParseQuery reads what one of our staff typed. It returns ErrQuery.
func ParseQuery(typed string) (Query, error) {
	text := strings.TrimSpace(width.Fold.String(typed))
	if n := utf8.RuneCountInString(text); n < QueryMin || n > QueryMax {
		return Query{}, ErrQuery
	}
	q := Query{Name: text}
	if number.MatchString(text) {
		q.Number = strings.ToUpper(text)
	}
	return q, nil
}

// Service is safe for concurrent use.
type Service struct {
	reader Reader
	log    audit.Recorder
	clock  clock.Clock
}

// New returns a Service.
func New(r Reader, log audit.Recorder, c clock.Clock) *Service { return &Service{r, log, c} }

// Find returns members, at most FoundMax, and whether there are more. It returns ErrQuery.
func (s *Service) Find(ctx context.Context, by audit.By, typed string) (found []Found, more bool, err error) {
	q, err := ParseQuery(typed)
	if err != nil {
		return nil, false, err
	}
	by.Chain = audit.Platform
	if err := s.record(ctx, by, "搜尋 "+q.Name); err != nil {
		return nil, false, err
	}
	found, err = s.reader.FindMembers(ctx, q, FoundMax+1)
	if err != nil {
		return nil, false, fmt.Errorf("look for members: %w", err)
	}
	more = len(found) > FoundMax
	return found[:min(len(found), FoundMax)], more, nil
}

// Member returns a member by its code. It returns ErrMember.
func (s *Service) Member(ctx context.Context, by audit.By, code string) (Member, error) {
	m, err := s.reader.MemberByCode(ctx, code)
	if err != nil {
		return Member{}, fmt.Errorf("look a member up: %w", err)
	}
	if err := s.record(ctx, by.ForMember(int64(m.ID)), m.Code); err != nil {
		return Member{}, err
	}
	return m, nil
}

// Store returns a store with its member. It returns member.ErrStoreNotFound.
func (s *Service) Store(
	ctx context.Context, by audit.By, merchantID string,
) (store Store, of member.Member, err error) {
	m, err := s.reader.MemberOfStore(ctx, merchantID)
	if err != nil {
		return Store{}, member.Member{}, fmt.Errorf("look a store up: %w", err)
	}
	if err := s.record(ctx, by.ForMember(int64(m.ID)), merchantID); err != nil {
		return Store{}, member.Member{}, err
	}
	for _, one := range m.Stores {
		if one.MerchantID == merchantID {
			store = one
		}
	}
	return store, m.Member, nil
}

// record tells the audit log of a look-up.
func (s *Service) record(ctx context.Context, by audit.By, subject string) error {
	err := s.log.Record(ctx, audit.Entry{By: by, At: s.clock.Now(), Kind: audit.MemberLookedUp, Subject: subject})
	if err != nil {
		return fmt.Errorf("record a look-up: %w", err)
	}
	return nil
}
