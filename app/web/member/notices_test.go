package member_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	notices   = "/member/notices"
	storePath = "/member/center/stores/"
)

// tell writes a notice of a store, or of the member as a whole for 0.
func (s *site) tell(member, store int, title, href string) {
	s.t.Helper()
	s.run("INSERT INTO notices (member_id, store_id, title, text, href, at) VALUES ($1, NULLIF($2, 0), $3, $4, $5, $6)",
		member, store, title, "第一行\n第二行 <b>", href, noon)
}

// bell is the number on the bell, "" for none.
func (a *answer) bell() string {
	_, after, _ := strings.Cut(a.body, `<a class="bell"`)
	bell, _, _ := strings.Cut(after, "</a>")
	_, after, found := strings.Cut(bell, `<span class="badge">`)
	if !found {
		return ""
	}
	number, _, _ := strings.Cut(after, "<")
	return strings.TrimSpace(number)
}

func TestTheBellCountsWhatAnAccountHasNotRead(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner, clerk := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	other := s.signedIn("22099131", "owner01")
	owner.get(notices).is(http.StatusOK, "目前沒有通知")
	s.tell(1, 0, "申請已送出", "")
	s.tell(1, 1, "晴川一店已開通", storePath+"MS100000001")
	s.tell(1, 2, "晴川二店已開通", storePath+"MS100000002")
	s.tell(3, 0, "遠岸的通知", "")
	s.clock.Advance(5 * time.Second)
	for name, c := range map[string]struct {
		who  *visitor
		bell string
	}{"owner": {owner, "3"}, "clerk": {clerk, "1"}, "other member": {other, "1"}} {
		if got := c.who.get("/member").is(http.StatusOK).bell(); got != c.bell {
			t.Errorf("%s: the bell says %q, want %q", name, got, c.bell)
		}
	}
	owner.get(notices).is(http.StatusOK, "申請已送出", "晴川一店已開通", "晴川二店已開通", "第二行 &lt;b&gt;", "2026-11-24 12:00",
		`<span>會員</span>`, `<span>晴川一店</span>`).lacks("遠岸的通知", "<b>")
	// A clerk sees no link: the store's page is the owner's.
	clerk.get(notices).is(http.StatusOK, "晴川一店已開通").lacks("申請已送出", "晴川二店已開通", "遠岸的通知", storePath)

	// What is read at one's own page is read at once, and by nobody else.
	clerk.post(notices+"/2/read", nil).follow(clerk, notices).is(http.StatusOK)
	if got := clerk.get(notices).bell(); got != "" {
		t.Errorf("the clerk's bell says %q", got)
	}
	if got := owner.get(notices).bell(); got != "3" {
		t.Errorf("the owner's bell says %q", got)
	}
	owner.post(notices+"/2/read", url.Values{"go": {"1"}}).follow(owner, storePath+"MS100000001").is(http.StatusOK)
	if got := owner.get(notices).bell(); got != "2" {
		t.Errorf("the owner's bell says %q", got)
	}
	for _, id := range []string{"1", "3", "4", "99", "x", "9223372036854775808"} {
		clerk.post(notices+"/"+id+"/read", nil).is(http.StatusNotFound)
	}
}

func TestAllThatWasShownIsReadAtOnce(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	s.tell(1, 0, "第一則", "")
	s.tell(1, 1, "第二則", "")
	page := owner.get(notices).is(http.StatusOK, "全部標示已讀")
	s.tell(1, 2, "第三則", "") // came after the page
	owner.post(notices+"/read", url.Values{"newest": {page.field("newest")}}).follow(owner, notices).is(http.StatusOK)
	if got := owner.get("/member").bell(); got != "1" {
		t.Errorf("the bell says %q", got)
	}
	owner.post(notices+"/3/read", nil).follow(owner, notices).is(http.StatusOK).lacks("全部標示已讀")
	owner.post(notices+"/read", url.Values{"newest": {"x"}}).follow(owner, notices).is(http.StatusOK)
}

func TestTheBellIsNoWiderThanThreeCharacters(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	for i := range 101 {
		s.tell(1, 0, fmt.Sprint("第 ", i, " 則"), "")
	}
	page := owner.get(notices).is(http.StatusOK)
	if got, rows := page.bell(), strings.Count(page.body, "data-notice="); got != "99+" || rows != 100 {
		t.Errorf("the bell says %q, and %d are listed", got, rows)
	}
}
