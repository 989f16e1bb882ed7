package layout

import (
	"github.com/memberzone/memberzone/static"
	"github.com/memberzone/memberzone/views/ui"
)

// Brand is the product's name on every page.
const Brand = "Memberzone"

// MemberShell is what the shell of 會員專區 shows around a page.
type MemberShell struct {
	Title      string // the page's own title, without the brand
	MemberName string
	MemberNo   string // 統一編號 or 會員代號
	Account    string // who is signed in
	Role       string // such as 擁有者 or 助理帳號
	ViewAs     string // the assistant whose pages the owner looks at, read-only; "" normally
	Unread     string // how many notices were not read; "" for none
	Nav        []NavGroup
	Trail      []Crumb // the way to this page; the last one is the page itself and has no address
	Notice     ui.Notice
	Scripts    []string // file names in package static, beyond those of every page
	RequestID  string
	Demo       bool // says that this is a demonstration with invented data
}

// frame is what the shell shows around the pages of an account, whatever page it is.
func (s MemberShell) frame() MemberShell {
	return MemberShell{
		MemberName: s.MemberName, MemberNo: s.MemberNo, Account: s.Account, Role: s.Role, ViewAs: s.ViewAs,
		Unread: s.Unread, Nav: s.Nav, Demo: s.Demo,
	}
}

// NavGroup is a titled group of the side navigation, such as 銷售中心. Only what is given is shown.
type NavGroup struct {
	Label string
	Items []NavItem
}

// NavItem is one entry of the side navigation.
type NavItem struct {
	Label   string
	Href    string
	Badge   string // how many things wait there; "" for none
	Current bool
}

// Crumb is one step of the trail. An empty Href makes it plain text.
type Crumb struct {
	Label string
	Href  string
}

// PlainShell is what the shell of sign-in, public and error pages shows.
type PlainShell struct {
	Title    string
	Narrow   bool // one centred column, for a form or a message
	SignedIn bool // offers 會員專區 in place of 登入
	NoLinks  bool // leaves the links of the head out, on the sign-in page itself
	Demo     bool
	Scripts  []string // file names in package static, beyond those of every page
}

// CheckoutShell is what the shell of the hosted payment page shows. Every text is in the page's language.
type CheckoutShell struct {
	Lang           string // of the html element: zh-Hant-TW, en or ja
	Title          string
	MerchantName   string
	SkipLabel      string // text of the skip link
	SecureLabel    string // what the lock in the head says
	FootLabel      string // who runs this page
	RefreshSeconds string // loads RefreshURL after so many seconds; "" never
	RefreshURL     string
	Scripts        []string // file names in package static
	TestMode       string   // the words of the test-store ribbon; "" for a live store
}

// ShopShell is what the shell of the demonstration shop shows.
type ShopShell struct {
	Title   string
	Name    string   // of the shop
	Scripts []string // file names in package static
}

// The addresses that the shell of 會員專區 leads to by itself.
const (
	AccountPath    = "/member/account" // 帳號與登入安全
	NoticesPath    = "/member/notices" // 通知
	EndViewAsPath  = "/member/view-as/end"
	ReadOnlyReason = "檢視其他帳號時只能看，不能變更。" // why buttons are disabled meanwhile
)

// memberScripts run on every page of 會員專區, in this order.
var memberScripts = []string{
	"htmx.min.js", "query.js", "date-range.js", "menu.js", "copy.js", "dialog.js", "submit-once.js",
	"passkey.js", "first-error.js",
}

// plainScripts run on sign-in, public and error pages.
var plainScripts = []string{"submit-once.js", "copy.js", "dialog.js", "passkey.js", "first-error.js"}

// htmxConfig keeps htmx inside the content security policy, keeps card data out of the browser's storage
// (no history snapshots: back asks the server again) and lets a refused form (422) be shown.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,` +
	`"historyCacheSize":0,"refreshOnHistoryMiss":true,"scrollIntoViewOnBoost":false,"responseHandling":[` +
	`{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"422","swap":true},` +
	`{"code":"[45]..","swap":false,"error":true}]}`

func asset(name string) string { return static.URL(name) }
