package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

func TestNarrowNeverWidens(t *testing.T) {
	t.Parallel()
	actor := account.Actor{
		Account: account.Account{ID: 1, Kind: account.Owner}, Member: member.Member{ID: 3},
		Stores: []account.Store{
			{ID: 1, MerchantID: "MS1", Kind: member.Platform}, {ID: 2, MerchantID: "MS2", Kind: member.Gateway},
		},
	}
	all := report.TransactionFilter{StoreType: report.AnyStoreType}
	one, gateways, strange := all, all, all
	one.Stores, gateways.StoreType, strange.Stores = []string{"MS1"}, report.GatewayStores, []string{"MS9"}
	tests := []struct {
		name   string
		filter report.TransactionFilter
		all    bool
		want   []member.StoreID
	}{
		{"no condition", all, true, []member.StoreID{1, 2}},
		{"one store", one, false, []member.StoreID{1}},
		{"a kind of store", gateways, false, []member.StoreID{2}},
		{"a store that is not seen", strange, false, []member.StoreID{}},
	}
	scope := report.ScopeOf(actor)
	for _, tt := range tests {
		narrow := scope.Narrow(tt.filter)
		if narrow.AllStores() != tt.all || narrow.Member() != 3 || cmp.Diff(tt.want, narrow.StoreIDs()) != "" {
			t.Errorf("%s: all %v, stores %v", tt.name, narrow.AllStores(), narrow.StoreIDs())
		}
	}
	if diff := cmp.Diff([]string{"MS9"}, scope.Unseen([]string{"MS1", "MS9", "MS2"})); diff != "" {
		t.Error(diff)
	}
}

func TestCursorRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(1577836800_000000, 4070908799_999999).Draw(t, "µs")).UTC()
		c := report.Cursor{
			Direction: rapid.SampledFrom([]report.Direction{report.Older, report.Newer}).Draw(t, "direction"),
			At:        at, TradeNo: ident.NewTradeNo(at, rapid.Int64Range(0, 99999).Draw(t, "sequence")),
		}
		back, err := report.ParseCursor(c.String())
		if err != nil || back != c {
			t.Fatalf("%+v became %+v, %v", c, back, err)
		}
	})
}

func TestParseCursorRefuses(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_795_000_000, 0).UTC()
	good := report.Cursor{Direction: report.Older, At: at, TradeNo: "26111900000000001"}.String()
	for _, in := range []string{"x", good + "A", good[:len(good)-1], "A" + good[1:], "_____________________w", " "} {
		if c, err := report.ParseCursor(in); err == nil {
			t.Errorf("ParseCursor(%q) = %+v", in, c)
		}
	}
}
