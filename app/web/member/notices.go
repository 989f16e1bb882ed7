package member

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// Notices tells an account what has happened to the member and to its stores.
type Notices interface {
	List(ctx context.Context, actor account.Actor) ([]notice.Notice, error)
	Unread(ctx context.Context, actor account.Actor) (int, error)
	MarkRead(ctx context.Context, actor account.Actor, id notice.ID) (href string, err error)
	MarkAllRead(ctx context.Context, actor account.Actor, upTo notice.ID) error
}

const titleNotices = "通知"

// mountNotices mounts 通知, which every account has.
func (p *pages) mountNotices(site *web.Router) {
	gate := permit.SignedIn()
	site.GET(layout.NoticesPath, gate, p.noticeList)
	site.POST(layout.NoticesPath+"/read", gate, p.readAllNotices)
	site.POST(layout.NoticesPath+"/:notice/read", gate, p.readNotice)
}

// noticeList answers GET /member/notices.
func (p *pages) noticeList(c *gin.Context) error {
	actor := web.Actor(c)
	list, err := p.Notices.List(c.Request.Context(), actor)
	if err != nil {
		return err
	}
	page := presentNotices(list, actor)
	page.Shell = p.shell(c, titleNotices, layout.Crumb{Label: "會員專區", Href: pathHome}, crumb(titleNotices))
	return web.Page(c, http.StatusOK, view.Notices(page))
}

// readNotice answers the POST that marks one notice as read, and leads on to where the
// notice does if the form asks for that.
func (p *pages) readNotice(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Param("notice"), 10, 64)
	if err != nil {
		return notice.ErrNotFound.Because(err)
	}
	href, err := p.Notices.MarkRead(c.Request.Context(), web.Actor(c), notice.ID(id))
	if err != nil {
		return err
	}
	if href == "" || form.Get("go") == "" {
		href = layout.NoticesPath
	}
	return web.Redirect(c, href)
}

// readAllNotices answers the POST that marks all notices as read that its page has shown.
func (p *pages) readAllNotices(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	newest, err := strconv.ParseInt(form.Get("newest"), 10, 64)
	if err != nil {
		return web.Redirect(c, layout.NoticesPath)
	}
	if err := p.Notices.MarkAllRead(c.Request.Context(), web.Actor(c), notice.ID(newest)); err != nil {
		return err
	}
	return web.Redirect(c, layout.NoticesPath)
}

// unreadNotices is what the bell says: "" for none, and for what cannot be counted.
func (p *pages) unreadNotices(c *gin.Context) string {
	w, err := p.waiting(c)
	switch {
	case err != nil || w.unread == 0:
		return ""
	case w.unread >= notice.UnreadMax:
		return strconv.Itoa(notice.UnreadMax-1) + "+"
	}
	return strconv.Itoa(w.unread)
}
