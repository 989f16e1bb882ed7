package onboarding_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/onboarding"
)

// ready is a 3D store that has nothing to do.
func ready() onboarding.Facts {
	return onboarding.Facts{
		Store:  member.Store{MerchantID: "MS100000002", Status: member.Active, Mode: member.Live, ThreeD: true},
		Orders: 12, P3D: 0, Major: 12,
		Hosted:    onboarding.Versions{Orders: 12, Recent: 12, Newest: "2.3", Oldest: "2.3"},
		ReturnURL: "https://shop.example/return", NotifyURL: "https://shop.example/notify?key=s3cret",
		Notified: onboarding.Notified{Delivered: 12},
		Probe:    notify.Probe{HTTPStatus: 200, Duration: 35 * time.Millisecond},
	}
}

func TestAStoreThatIsReadyHasNothingToDo(t *testing.T) {
	t.Parallel()
	want := []onboarding.ItemCode{
		onboarding.ItemStore, onboarding.ItemThreeD, onboarding.ItemVersion, onboarding.ItemPayer,
		onboarding.ItemReturnURL, onboarding.ItemNotifyURL, onboarding.ItemNotifyAnswer, onboarding.ItemBrands,
	}
	check := onboarding.Check{Items: onboarding.Readiness(ready())}
	var codes []onboarding.ItemCode
	for _, item := range check.Items {
		codes = append(codes, item.Code)
		if item.Verdict != onboarding.Pass || item.Todo != "" || item.Label == "" || item.Found == "" {
			t.Errorf("%+v", item)
		}
		if strings.Contains(item.Found, "s3cret") {
			t.Errorf("%s shows what may be secret: %s", item.Code, item.Found)
		}
	}
	if !slices.Equal(codes, want) || !check.Ready() || check.Worst() != onboarding.Pass {
		t.Errorf("items %v, ready %t, worst %s", codes, check.Ready(), check.Worst())
	}
}

// readinessCase changes the facts of a store that is ready, and tells what comes of one item.
type readinessCase struct {
	name    string
	change  func(f *onboarding.Facts)
	item    onboarding.ItemCode
	verdict onboarding.Verdict
	found   string // part of it
	todo    string // part of it; empty for nothing to do
}

func (tt readinessCase) check(t *testing.T) {
	t.Helper()
	f := ready()
	tt.change(&f)
	items := onboarding.Readiness(f)
	at := slices.IndexFunc(items, func(i onboarding.Item) bool { return i.Code == tt.item })
	got := items[at]
	if got.Verdict != tt.verdict || !strings.Contains(got.Found, tt.found) || !strings.Contains(got.Todo, tt.todo) ||
		(got.Todo == "") != (tt.todo == "") {
		t.Errorf("%s: %+v", tt.name, got)
	}
}

func nonThreeD(f *onboarding.Facts) { f.Store.ThreeD = false }

// noOrders is a store that nobody has paid at yet.
func noOrders(f *onboarding.Facts) {
	*f = onboarding.Facts{Store: f.Store, ReturnURL: f.ReturnURL, NotifyURL: f.NotifyURL, Probe: f.Probe}
}

func TestEachItemTellsWhatToDoAboutTheStore(t *testing.T) {
	t.Parallel()
	for _, tt := range []readinessCase{
		{
			"suspended", func(f *onboarding.Facts) { f.Store.Status = member.Suspended },
			onboarding.ItemStore, onboarding.Fail, "已停用", "恢復商店",
		},
		{
			"test mode", func(f *onboarding.Facts) { f.Store.Mode = member.Test },
			onboarding.ItemStore, onboarding.Fail, "測試環境", "正式環境",
		},
		{
			"on already", func(f *onboarding.Facts) { f.Store.Passkey = true },
			onboarding.ItemStore, onboarding.Warn, "已開通", "不需再申請",
		},
		{
			"non-3D without P3D", nonThreeD,
			onboarding.ItemThreeD, onboarding.Fail, "12 筆訂單皆未帶入 P3D=1", "帶入 P3D=1",
		},
		{
			"non-3D with P3D at times", func(f *onboarding.Facts) { nonThreeD(f); f.P3D = 5 },
			onboarding.ItemThreeD, onboarding.Pass, "12 筆訂單中有 5 筆帶入 P3D=1", "不會進行驗證",
		},
		{
			"non-3D with P3D", func(f *onboarding.Facts) { nonThreeD(f); f.P3D = 12 },
			onboarding.ItemThreeD, onboarding.Pass, "皆帶入 P3D=1", "",
		},
		{
			"non-3D without orders", func(f *onboarding.Facts) { nonThreeD(f); noOrders(f) },
			onboarding.ItemThreeD, onboarding.Unknown, "近 30 天沒有交易", "帶入 P3D=1",
		},
		{
			"American Express alone", func(f *onboarding.Facts) { f.Major = 0 },
			onboarding.ItemBrands, onboarding.Fail, "未開放 Visa、Mastercard", "CREDIT=1",
		},
		{
			"American Express at times", func(f *onboarding.Facts) { f.Major = 7 },
			onboarding.ItemBrands, onboarding.Pass, "12 筆訂單中有 7 筆", "",
		},
		{"no orders", noOrders, onboarding.ItemBrands, onboarding.Pass, "Visa、Mastercard", ""},
	} {
		tt.check(t)
	}
}

func TestEachItemTellsWhatToDoAboutTheAPI(t *testing.T) {
	t.Parallel()
	hosted := func(recent int, oldest, newest string) func(*onboarding.Facts) {
		return func(f *onboarding.Facts) {
			f.Hosted = onboarding.Versions{Orders: 12, Recent: recent, Oldest: oldest, Newest: newest}
		}
	}
	server := func(recent, payers int, newest string) func(*onboarding.Facts) {
		return func(f *onboarding.Facts) {
			f.Hosted = onboarding.Versions{}
			f.Server = onboarding.Versions{Orders: 12, Recent: recent, Oldest: newest, Newest: newest}
			f.Payers = payers
		}
	}
	for _, tt := range []readinessCase{
		{"hosted 1.6", hosted(0, "1.4", "1.6"), onboarding.ItemVersion, onboarding.Fail, "幕前 1.4 至 1.6（12 筆）", "2.0 以上"},
		{"hosted 1.6 at times", hosted(9, "1.6", "2.0"), onboarding.ItemVersion, onboarding.Warn, "1.6 至 2.0", "3 筆訂單使用舊版"},
		{"hosted 2.0", hosted(12, "2.0", "2.0"), onboarding.ItemVersion, onboarding.Pass, "幕前 2.0（12 筆）", ""},
		{"server 2.4", server(0, 0, "2.4"), onboarding.ItemVersion, onboarding.Fail, "幕後 2.4（12 筆）", "2.5 以上"},
		{"server 2.5", server(12, 12, "2.5"), onboarding.ItemVersion, onboarding.Pass, "幕後 2.5（12 筆）", ""},
		{"no version", hosted(0, "", ""), onboarding.ItemVersion, onboarding.Fail, "版本不明", "2.0 以上"},
		{"no orders", noOrders, onboarding.ItemVersion, onboarding.Unknown, "近 30 天沒有交易", "2.5 以上"},

		{"hosted", hosted(12, "2.0", "2.0"), onboarding.ItemPayer, onboarding.Pass, "付款頁", ""},
		{"server with all", server(12, 12, "2.5"), onboarding.ItemPayer, onboarding.Pass, "皆帶入", ""},
		{
			"server with some", server(12, 9, "2.5"),
			onboarding.ItemPayer, onboarding.Warn, "9 筆帶入姓氏、名字與電話（75%）", "CardHolderPhone",
		},
		{"server with none", server(12, 0, "2.5"), onboarding.ItemPayer, onboarding.Fail, "12 筆訂單皆未", "CardHolderLastName"},
		{
			"server with none, and hosted", func(f *onboarding.Facts) { server(12, 0, "2.5")(f); hosted(12, "2.0", "2.0")(f) },
			onboarding.ItemPayer, onboarding.Warn, "皆未", "CardHolderFirstName",
		},
		{"no orders", noOrders, onboarding.ItemPayer, onboarding.Unknown, "近 30 天沒有交易", "付款頁"},
	} {
		tt.check(t)
	}
}

func TestEachItemTellsWhatToDoAboutTheAddresses(t *testing.T) {
	t.Parallel()
	to := func(address string) func(*onboarding.Facts) {
		return func(f *onboarding.Facts) { f.ReturnURL = address }
	}
	cases := []readinessCase{
		{"none, 3D", to(""), onboarding.ItemReturnURL, onboarding.Warn, "未設定", "ReturnURL"},
		{
			"none", func(f *onboarding.Facts) { nonThreeD(f); f.ReturnURL = "" },
			onboarding.ItemReturnURL, onboarding.Fail, "未設定", "ReturnURL",
		},
		{
			"none, no orders", func(f *onboarding.Facts) { nonThreeD(f); noOrders(f); f.NotifyURL = "" },
			onboarding.ItemNotifyURL, onboarding.Unknown, "未設定", "NotifyURL",
		},
		{
			"http", to("http://shop.example/return"),
			onboarding.ItemReturnURL, onboarding.Warn, "http://shop.example/return", "https",
		},
		{
			"both the same", func(f *onboarding.Facts) { f.ReturnURL = f.NotifyURL },
			onboarding.ItemNotifyURL, onboarding.Fail, "shop.example", "不可與 ReturnURL 相同",
		},
		{
			"the demonstration's shop",
			func(f *onboarding.Facts) { f.Local, f.ReturnURL = true, "http://localhost:8082/return" },
			onboarding.ItemReturnURL, onboarding.Pass, "http://localhost:8082/return", "",
		},
	}
	for address, todo := range map[string]string{
		"shop.example/return": "格式不正確", "ftp://shop.example/": "格式不正確", "https://": "格式不正確", "https:x": "格式不正確",
		"javascript:alert(1)": "格式不正確", "https://shop.example/\x7f": "格式不正確",
		"https://a/" + strings.Repeat("a", 2048): "格式不正確",
		"https://user:pw@shop.example/":          "帳號或密碼", "https://shop.example:8443/": "連接埠", "https://localhost/": "內部位址",
		"https://shop.local/": "內部位址", "https://shop/": "內部位址", "https://SHOP.LocalHost./": "內部位址",
		"https://127.0.0.1/":            "內部位址",
		"https://[::ffff:192.168.1.1]/": "內部位址", "https://169.254.169.254/latest": "內部位址", "https://10.1.1.1/": "內部位址",
	} {
		cases = append(cases, readinessCase{address, to(address), onboarding.ItemReturnURL, onboarding.Fail, "", todo})
	}
	for _, tt := range cases {
		tt.check(t)
	}
}

func TestTheAnswerIsHeldAgainstWhatWasDelivered(t *testing.T) {
	t.Parallel()
	answers := func(status, delivered, failed int, why string) func(*onboarding.Facts) {
		return func(f *onboarding.Facts) {
			f.Notified = onboarding.Notified{Delivered: delivered, Failed: failed}
			f.Probe = notify.Probe{HTTPStatus: status, Error: why}
		}
	}
	for _, tt := range []readinessCase{
		{"200", answers(200, 0, 0, ""), onboarding.ItemNotifyAnswer, onboarding.Pass, "HTTP 200", ""},
		{"200 now", answers(200, 9, 3, ""), onboarding.ItemNotifyAnswer, onboarding.Warn, "HTTP 200", "3 筆通知多次重送仍未送達"},
		{"careful", answers(400, 9, 0, ""), onboarding.ItemNotifyAnswer, onboarding.Warn, "HTTP 400；近 30 天已送達 9 筆", "拒絕測試連線"},
		{"400", answers(400, 0, 0, ""), onboarding.ItemNotifyAnswer, onboarding.Fail, "HTTP 400", "須回應 HTTP 200"},
		{"204", answers(204, 9, 0, ""), onboarding.ItemNotifyAnswer, onboarding.Fail, "HTTP 204", "須回應 HTTP 200"},
		{"redirect", answers(301, 9, 0, ""), onboarding.ItemNotifyAnswer, onboarding.Fail, "HTTP 301", "轉址"},
		{"silent", answers(0, 9, 0, "商店逾時未回應"), onboarding.ItemNotifyAnswer, onboarding.Fail, "商店逾時未回應", "須回應 HTTP 200"},
		{
			"none", func(f *onboarding.Facts) { f.NotifyURL = "" },
			onboarding.ItemNotifyAnswer, onboarding.Unknown, "沒有可測試的網址", "",
		},
	} {
		tt.check(t)
	}
}

// seenStores is what stores have shown, and a prober that counts.
type seenStores struct {
	list  []onboarding.Seen
	since time.Time

	mu     sync.Mutex
	called map[string]int
}

func (s *seenStores) Seen(
	_ context.Context, _ []member.StoreID, since time.Time, _ int,
) ([]onboarding.Seen, error) {
	s.since = since
	return s.list, nil
}

func (s *seenStores) Probe(_ context.Context, url string) notify.Probe {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.called[url]++
	return notify.Probe{HTTPStatus: 200}
}

func TestStoresAreCheckedInTheOrderAskedForAndEachAddressIsCalledOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	store := func(id member.StoreID, own string, orders ...onboarding.SeenOrder) onboarding.Seen {
		return onboarding.Seen{Orders: orders, Store: member.Store{
			ID: id, MerchantID: "MS" + own, Status: member.Active, Mode: member.Live, NotifyURL: own,
		}}
	}
	s := &seenStores{called: map[string]int{}, list: []onboarding.Seen{
		store(1, "https://a.example/"), store(2, ""),
		store(3, "https://a.example/",
			onboarding.SeenOrder{Version: "1.5", Major: true},
			onboarding.SeenOrder{Version: "2.0", P3D: true, Major: true, NotifyURL: "https://b.example/"},
			onboarding.SeenOrder{Version: "2.5", Server: true, Name: true, Phone: true, NotifyURL: "https://old.example/"},
			onboarding.SeenOrder{Version: "2.4", Server: true, Name: true}),
		store(4, "https://a.example/"),
	}}
	checks, err := onboarding.NewReadier(onboarding.ReadinessOptions{Seen: s, Prober: s, Clock: clock.NewFake(now)}).
		Check(t.Context(), []member.StoreID{4, 9, 3, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	var ids []member.StoreID
	for _, c := range checks {
		ids = append(ids, c.Store)
		if !c.At.Equal(now) || len(c.Items) != 8 {
			t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(ids, []member.StoreID{4, 3, 2, 1}) || !s.since.Equal(now.AddDate(0, 0, -30)) {
		t.Errorf("checked %v since %v", ids, s.since)
	}
	if len(s.called) != 2 || s.called["https://a.example/"] != 1 || s.called["https://b.example/"] != 1 {
		t.Errorf("called %v", s.called)
	}
	third := checks[1].Items
	for i, want := range map[int]string{
		1: "4 筆訂單中有 1 筆帶入 P3D=1", 2: "幕前 1.5 至 2.0（2 筆），幕後 2.4 至 2.5（2 筆）",
		3: "2 筆訂單中有 1 筆", 5: "https://b.example/", 7: "4 筆訂單中有 2 筆",
	} {
		if !strings.Contains(third[i].Found, want) {
			t.Errorf("%+v, want %s", third[i], want)
		}
	}
	if checks[1].Worst() != onboarding.Fail || checks[1].Ready() {
		t.Error("a non-3D store without ReturnURL is ready")
	}
}

func TestVerdictsHaveWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range []onboarding.Verdict{onboarding.Pass, onboarding.Warn, onboarding.Fail, onboarding.Unknown} {
		seen[v.Label()] = true
	}
	if len(seen) != 4 || seen[""] {
		t.Errorf("labels %v", seen)
	}
}

// Whatever a merchant gives as its address is judged, and shown without its query and its
// password, in a length that a page can bear.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example/notify?key=1", "http://u:p@[::1%25lo]:80/#x", "https://%zz", "//", "x:y", "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		facts := ready()
		facts.ReturnURL, facts.NotifyURL = address, address
		for _, item := range onboarding.Readiness(facts) {
			if item.Code != onboarding.ItemReturnURL && item.Code != onboarding.ItemNotifyURL {
				continue
			}
			if (item.Verdict == onboarding.Pass) != (item.Todo == "") || len([]rune(item.Found)) > 201 ||
				strings.Contains(item.Found, "?") {
				t.Errorf("%q: %+v", address, item)
			}
		}
	})
}
