package seeds

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// site is a store with its habits.
type site struct {
	store       member.Store
	style       orderStyle
	autoCapture bool     // asks for the money by itself soon after the authorisation
	bound       []holder // cards with a Token, at most keptMax
	mandates    []mandate
}

// keptMax bounds the memory: a card or a mandate that is forgotten never comes again.
const keptMax = 64

// keep adds one more, in the place of another where there are too many.
func keep[T any](rnd *rand.Rand, list []T, one T) []T {
	if len(list) < keptMax {
		return append(list, one)
	}
	list[rnd.IntN(keptMax)] = one
	return list
}

// sites picks stores by their share.
type sites struct {
	list   []*site
	shares []int64 // running totals
}

// add takes a store in. Its share counts against the sum of all.
func (s *sites) add(store member.Store, share int64) {
	total := share
	if n := len(s.shares); n > 0 {
		total += s.shares[n-1]
	}
	style := styleOf(store.MerchantID)
	s.list = append(s.list, &site{store: store, style: style, autoCapture: style != styleYear})
	s.shares = append(s.shares, total)
}

func (s *sites) pick(rnd *rand.Rand) *site {
	at := rnd.Int64N(s.shares[len(s.shares)-1])
	return s.list[sort.Search(len(s.shares), func(i int) bool { return s.shares[i] > at })]
}

// ErrNoDemo tells that the demonstration's stores are not there.
var ErrNoDemo = errors.New("seeds: no demonstration store is there: load the demonstration first, or set Members")

// findSites returns the stores that the rows go to.
func findSites(ctx context.Context, stores Stores, members int, opened time.Time) (*sites, error) {
	found := &sites{}
	if members > 0 {
		return found, addGenerated(ctx, stores, found, generatedOptions{members, opened})
	}
	for _, m := range DemoMembers() {
		for _, s := range m.Stores {
			store, err := stores.StoreByMerchantID(ctx, s.Store.MerchantID)
			if errors.Is(err, member.ErrStoreNotFound) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("find store %s: %w", s.Store.MerchantID, err)
			}
			found.add(store, int64(s.share))
		}
	}
	if len(found.list) == 0 {
		return nil, ErrNoDemo
	}
	return found, nil
}

type generatedOptions struct {
	members int
	opened  time.Time
}

const (
	giantShare  = 30 // per cent of all rows, for the first generated member
	giantStores = 8
)

// addGenerated adds generated members and their stores. The share of the n-th
// falls as 1/(n+4).
func addGenerated(ctx context.Context, stores Stores, found *sites, o generatedOptions) error {
	const unit = int64(1_000_000_000)
	rest := int64(0)
	for n := 1; n < o.members; n++ {
		rest += unit / int64(n+4)
	}
	for n := range o.members {
		share, count := unit/int64(n+4), 1+int(mix(uint64(n))%3)
		if n == 0 {
			share, count = max(rest*giantShare/(100-giantShare), 1), giantStores
		}
		id, err := ensureMember(ctx, stores, generatedMember(n), o.opened)
		if err != nil {
			return err
		}
		for k := range count {
			s := generatedStore(n, k)
			s.MemberID, s.CreatedAt = id, o.opened
			if s, err = ensureStore(ctx, stores, s); err != nil {
				return err
			}
			found.add(s, max(share/int64(count), 1))
		}
	}
	return nil
}

var (
	firmNames = strings.Fields("青禾 遠山 晨光 海岸 木白 日和 湧泉 星河 禾豐 島嶼 雲起 沐田 拾光 良食 北辰 南風 曉月 松果 光合 大稻")
	firmKinds = strings.Fields("生活 科技 文創 食品 國際 設計 數位 運動 書房 旅行 選品 農產 影像 樂器 健康 寵物")
)

// generatedMember is the n-th generated member. One in five is an individual.
func generatedMember(n int) member.Member {
	scattered := mix(uint64(n) + 1)
	name := firmNames[scattered%uint64(len(firmNames))] + firmKinds[scattered>>16%uint64(len(firmKinds))]
	m := member.Member{Kind: member.Enterprise, Code: taxID(n), Name: name + "股份有限公司", Status: member.Active}
	if n%5 == 4 {
		m.Kind, m.Code, m.Name = member.Individual, fmt.Sprintf("B%09d", 200_000_000+n), name+"小舖"
	}
	return m
}

// GeneratedCode is the 統一編號 or 會員代號 of the n-th generated member, from 0. The first
// one has the most transactions.
func GeneratedCode(n int) string { return generatedMember(n).Code }

// taxID is a 統一編號 whose check digit holds: the digits are weighted 1 2 1 2 1 2 4 1,
// the digits of the products are added, and the sum is a multiple of ten.
func taxID(n int) string {
	digits := fmt.Sprintf("%07d", 7_000_000+n%1_000_000)
	sum := 0
	for i, weight := range []int{1, 2, 1, 2, 1, 2, 4} {
		product := int(digits[i]-'0') * weight
		sum += product/10 + product%10
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}

const generatedAmountMax money.TWD = 500_000

// generatedStore is the k-th store of the n-th generated member. Its keys are
// random: nobody is to know them.
func generatedStore(n, k int) member.Store {
	scattered := mix(uint64(n)<<8 + uint64(k) + 7)
	s := member.Store{
		MerchantID: fmt.Sprintf("MS4%08d", n*10+k+1), Name: fmt.Sprintf("線上商店 %d", k+1),
		HashKey: secret.New((cryptorand.Text() + cryptorand.Text())[:hashKeySize]),
		HashIV:  secret.New(cryptorand.Text()[:hashKeySize/2]),
		Kind:    member.Platform, Mode: member.Live, Status: member.Active,
		ThreeD: scattered%4 != 0, Passkey: scattered>>8%2 == 0, Bonus: true, Amex: true, AmountMax: generatedAmountMax,
	}
	if scattered>>16%4 == 0 {
		s.Kind = member.Gateway
	}
	s.Email = strings.ToLower(s.MerchantID) + "@example.test"
	s.Instalments = instalmentTerms(s.Kind)
	return s
}
