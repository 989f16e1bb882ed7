package identity

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// The form fields of a ceremony's answer.
const (
	fieldCeremony = "ceremony"
	fieldResponse = "response"
	fieldName     = "name" // of a new passkey
)

// Answer reads what the browser answered a ceremony with.
func Answer(form url.Values) passkey.Answer {
	return passkey.Answer{
		Token: form.Get(fieldCeremony), Response: []byte(form.Get(fieldResponse)), Name: form.Get(fieldName),
	}
}

// PresentNewPasskey presents a ceremony that registers a passkey.
func PresentNewPasskey(begun passkey.Ceremony, action, name string) view.NewPasskey {
	return view.NewPasskey{
		Action: action, Ceremony: begun.Token, Options: string(begun.Options), Name: ui.Input{Value: name},
	}
}

// newPasskey begins the registration of a passkey. Its gate has asked who is there.
func (p *pages) newPasskey(c *gin.Context) error {
	return p.registration(c, http.StatusOK, view.PasskeyContent{
		Passkey: view.NewPasskey{Name: ui.Input{Value: Device(c.Request.UserAgent())}},
	})
}

// registration answers with a fresh ceremony.
func (p *pages) registration(c *gin.Context, status int, content view.PasskeyContent) error {
	begun, err := p.Passkeys.BeginRegistration(c.Request.Context(), account.PasskeyHolder(web.Actor(c)))
	if f := fault.From(err); f != nil && f.Kind == fault.Refused {
		return p.tell(c, http.StatusUnprocessableEntity, f.Public)
	}
	if err != nil {
		return err
	}
	name := content.Passkey.Name
	content.Path = p.Path
	content.Passkey = PresentNewPasskey(begun, p.Path+"/passkeys", "")
	content.Passkey.Name = name
	return web.Page(c, status, p.Frame(c, "新增 Passkey", view.PasskeyScreen(content)))
}

// addPasskey stores the passkey that the browser made.
func (p *pages) addPasskey(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	actor := web.Actor(c)
	_, err = p.Accounts.AddPasskey(c.Request.Context(), actor, Answer(form), web.Origin(c))
	if err == nil {
		return p.back(c, "passkey_added")
	}
	f := fault.From(err)
	if f.Kind != fault.Refused && f.Field != fieldName {
		return err
	}
	// SECURITY: a second try begins a registration, as newPasskey does, and so needs a
	// fresh proof of identity like that.
	if !actor.Session.SteppedUp(p.Clock.Now()) {
		return p.back(c, "passkey_missed")
	}
	content := view.PasskeyContent{Passkey: view.NewPasskey{Name: ui.Input{Value: form.Get(fieldName)}}}
	if f.Field == fieldName {
		content.Passkey.Name.Error = f.Public
	} else {
		content.Problem = f.Public
	}
	return p.registration(c, http.StatusUnprocessableEntity, content)
}

// passkeyID reads which passkey a form is about.
func passkeyID(c *gin.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("passkey"), 10, 64)
	if err != nil {
		return 0, passkey.ErrNotFound
	}
	return id, nil
}

// renamePasskey gives a passkey another name.
func (p *pages) renamePasskey(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	id, err := passkeyID(c)
	if err != nil {
		return err
	}
	name, holder := form.Get(fieldName), account.PasskeyHolder(web.Actor(c))
	err = p.Passkeys.Rename(c.Request.Context(), holder.ID, id, name, audit.Entry{By: web.By(c)})
	if err == nil {
		return p.back(c, "passkey_renamed")
	}
	f := fault.From(err)
	if f.Field != fieldName {
		return err
	}
	return p.answer(c, http.StatusUnprocessableEntity, func(content *view.AccountContent) {
		for i := range content.Passkeys {
			if content.Passkeys[i].ID == strconv.FormatInt(id, 10) {
				content.Passkeys[i].NewName = ui.Input{Value: name, Error: f.Public}
			}
		}
	})
}

// removePasskey removes a passkey, but not the last way in.
func (p *pages) removePasskey(c *gin.Context) error {
	id, err := passkeyID(c)
	if err != nil {
		return err
	}
	actor, ctx := web.Actor(c), c.Request.Context()
	err = p.Accounts.RemovePasskey(ctx, actor, id, web.Origin(c))
	if errors.Is(err, passkey.ErrLast) {
		ways, err := p.waysIn(ctx, actor)
		if err != nil {
			return err
		}
		return p.tell(c, http.StatusUnprocessableEntity, cmp.Or(ways.kept(), passkey.ErrLast.Public))
	}
	if err != nil {
		return err
	}
	return p.back(c, "passkey_removed")
}
