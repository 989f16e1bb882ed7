package member

import (
	"slices"
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// presentNotices shows an account its notices, which are the newest first.
func presentNotices(list []notice.Notice, actor account.Actor) (page view.NoticesPage) {
	if len(list) > 0 {
		page.Newest = strconv.FormatInt(int64(list[0].ID), 10)
	}
	for _, n := range list {
		id := strconv.FormatInt(int64(n.ID), 10)
		row := view.NoticeRow{
			ID: id, Title: n.Title, Time: minuteText(n.At), Store: "會員",
			Href: n.Href, ReadHref: layout.NoticesPath + "/" + id + "/read", Unread: n.ReadAt.IsZero(),
		}
		if n.Text != "" {
			row.Lines = strings.Split(n.Text, "\n")
		}
		if actor.Account.Kind != account.Owner { // notices lead to pages of the owner
			row.Href = ""
		}
		i := slices.IndexFunc(actor.Stores, func(s account.Store) bool { return s.ID == n.StoreID })
		if i >= 0 {
			row.Store = actor.Stores[i].Name
		}
		page.Unread = page.Unread || row.Unread
		page.Rows = append(page.Rows, row)
	}
	if actor.Viewing() {
		page.Withheld = layout.ReadOnlyReason
	}
	return page
}
