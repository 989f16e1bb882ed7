package identity

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// done are the sentences that the page says after a change, by the value of the query
// parameter done.
var done = map[string]ui.Notice{
	"password_changed": {Tone: ui.ToneGood, Text: "密碼已變更，其他裝置已登出。"},
	"link_sent":        {Tone: ui.ToneGood, Text: "設定密碼的連結已寄到帳號登記的電子郵件，" + RecoveryLasts + "內有效。"},
	"passkey_added":    {Tone: ui.ToneGood, Text: "Passkey 已建立，下次可以用它登入。"},
	"passkey_missed":   {Tone: ui.ToneBad, Text: "Passkey 沒有建立完成，請重新按「新增 Passkey」。"},
	"passkey_renamed":  {Tone: ui.ToneGood, Text: "Passkey 的名稱已變更。"},
	"passkey_removed":  {Tone: ui.ToneGood, Text: "Passkey 已移除。裝置上留存的 Passkey 也可以一併刪除。"},
	"session_ended":    {Tone: ui.ToneGood, Text: "該裝置已登出。"},
	"sessions_ended":   {Tone: ui.ToneGood, Text: "其他裝置已全部登出。"},
}

// lasts says when a device signs out by itself.
var lasts = "閒置 " + strconv.Itoa(int(account.SessionIdle.Minutes())) + " 分鐘或登入滿 " +
	strconv.Itoa(int(account.SessionLifetime.Hours())) + " 小時"

// back leads to the page, which says what was done.
func (p *pages) back(c *gin.Context, what string) error { return web.Redirect(c, p.Path+"?done="+what) }

// show answers GET of the page.
func (p *pages) show(c *gin.Context) error {
	return p.answer(c, http.StatusOK, func(content *view.AccountContent) { content.Notice = done[c.Query("done")] })
}

// answer answers with the page as it is now, and what a form adds to it.
func (p *pages) answer(c *gin.Context, status int, add func(*view.AccountContent)) error {
	content, err := p.content(c.Request.Context(), web.Actor(c))
	if err != nil {
		return err
	}
	add(&content)
	return web.Page(c, status, p.Frame(c, view.TitleAccount, view.AccountScreen(content)))
}

// tell answers with the page and why something was not done.
func (p *pages) tell(c *gin.Context, status int, why string) error {
	return p.answer(c, status, func(content *view.AccountContent) {
		content.Notice = ui.Notice{Tone: ui.ToneBad, Text: why}
	})
}

// content reads the sign-in data of the person who is signed in: nothing for an owner
// who looks at the pages as an assistant.
func (p *pages) content(ctx context.Context, actor account.Actor) (view.AccountContent, error) {
	content := view.AccountContent{Path: p.Path, Account: actor.Account.Login, Lasts: lasts}
	if actor.Viewing() {
		content.ViewedAs = actor.Account.Login
		return content, nil
	}
	ways, err := p.waysIn(ctx, actor)
	if err != nil {
		return view.AccountContent{}, err
	}
	open, err := p.Accounts.Sessions(ctx, actor)
	if err != nil {
		return view.AccountContent{}, err
	}
	content.Password = view.PasswordContent{Offered: p.Passwords, Set: ways.password, Rules: PasswordRules}
	content.Passkeys = presentPasskeys(ways)
	content.Devices = presentDevices(open, actor.Session.ID)
	return content, nil
}

// waysIn are how somebody can sign in.
type waysIn struct {
	passkeys []passkey.Passkey
	password bool
	mayHave  bool // a password
}

func (p *pages) waysIn(ctx context.Context, actor account.Actor) (ways waysIn, err error) {
	ways.mayHave = p.Passwords
	if ways.passkeys, err = p.Passkeys.List(ctx, account.PasskeyHolder(actor).ID); err != nil {
		return waysIn{}, err
	}
	if p.Passwords {
		ways.password, err = p.Accounts.HasPassword(ctx, actor)
	}
	return ways, err
}

// kept says why a passkey that works cannot be removed: the last way in stays.
func (w waysIn) kept() string {
	switch {
	case w.password || passkey.Usable(w.passkeys) > 1:
		return ""
	case w.mayHave:
		return "這是唯一的登入方式。請先新增另一個 Passkey，或設定密碼。"
	default:
		return "這是唯一的登入方式。請先新增另一個 Passkey。"
	}
}

func presentPasskeys(ways waysIn) []view.PasskeyRow {
	rows := make([]view.PasskeyRow, 0, len(ways.passkeys))
	for _, held := range ways.passkeys {
		row := view.PasskeyRow{
			ID: strconv.FormatInt(held.ID, 10), Name: held.Name, Synced: held.Synced, Cloned: held.Cloned,
		}
		if !held.Cloned {
			row.Kept = ways.kept()
		}
		row.CreatedDate, row.CreatedTime = timeText(held.CreatedAt)
		if !held.LastUsedAt.IsZero() {
			row.UsedDate, row.UsedTime = timeText(held.LastUsedAt)
		}
		rows = append(rows, row)
	}
	return rows
}

var methodLabels = map[account.Method]string{
	account.ByPassword: "密碼", account.ByPasskey: "Passkey",
}

// presentDevices lists the sign-ins, the one that shows the page first.
func presentDevices(open []account.Session, here account.SessionID) []view.DeviceRow {
	rows := make([]view.DeviceRow, 0, len(open))
	for _, s := range open {
		row := view.DeviceRow{
			ID: strconv.FormatInt(int64(s.ID), 10), Device: DeviceAndBrowser(s.Agent), Method: methodLabels[s.Method],
			Address: s.Address, Here: s.ID == here,
		}
		row.StartedDate, row.StartedTime = timeText(s.StartedAt)
		row.SeenDate, row.SeenTime = timeText(s.SeenAt)
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b view.DeviceRow) int { return cmp.Compare(rank(a), rank(b)) })
	return rows
}

func rank(row view.DeviceRow) int {
	if row.Here {
		return 0
	}
	return 1
}

// changePassword answers POST of the password form.
func (p *pages) changePassword(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	questions := PasswordQuestions()
	questions["current"] = "請輸入目前密碼。"
	if err = TypedPassword(form, questions); err == nil {
		err = p.Accounts.ChangePassword(c.Request.Context(), web.Actor(c), secret.New(form.Get("current")),
			secret.New(form.Get("password")), web.Origin(c))
	}
	if err == nil {
		return p.changed(c)
	}
	wrong, ok := FieldErrors(err)
	if !ok {
		return err
	}
	return p.answer(c, http.StatusUnprocessableEntity, func(content *view.AccountContent) {
		content.Password.Current.Error = wrong["current"]
		content.Password.Password.Error = wrong["password"]
		content.Password.Again.Error = wrong["password_again"]
	})
}

// changed goes on under a fresh token: one that was stolen with the old password is
// worth nothing.
func (p *pages) changed(c *gin.Context) error {
	if err := p.Server.SignIn(c, web.Actor(c).Session); err != nil {
		return err
	}
	return p.back(c, "password_changed")
}

// sendLink mails a link to set a password to who has none.
func (p *pages) sendLink(c *gin.Context) error {
	err := p.Accounts.AskOwnRecovery(c.Request.Context(), web.Actor(c), web.Origin(c))
	if f := fault.From(err); f != nil && (f.Kind == fault.Refused || f.Kind == fault.Throttled) {
		return p.tell(c, web.Status(f), f.Public)
	}
	if err != nil {
		return err
	}
	return p.back(c, "link_sent")
}

// endSession signs another device of the same person out.
func (p *pages) endSession(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("session"), 10, 64)
	if err != nil {
		return account.ErrSessionNotFound
	}
	err = p.Accounts.EndSession(c.Request.Context(), web.Actor(c), account.SessionID(id), web.Origin(c))
	if err != nil {
		return err
	}
	return p.back(c, "session_ended")
}

// endOtherSessions signs all other devices of the same person out.
func (p *pages) endOtherSessions(c *gin.Context) error {
	if err := p.Accounts.EndOtherSessions(c.Request.Context(), web.Actor(c), web.Origin(c)); err != nil {
		return err
	}
	return p.back(c, "sessions_ended")
}
