package identity

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// secretFields are never sent back; whoever posted them types them again.
var secretFields = []string{"password", "password_again", "current"}

// fieldBack carries where 取消 leads through a second try.
const fieldBack = "step_up_back"

// StepUp asks who is there: for a passkey if the account has one that works, else for
// the password. The form posts to the address that was asked for, with everything that
// was posted but secrets.
func StepUp(passkeys passkey.Ceremonies, demo bool) web.StepUpRenderer {
	return func(c *gin.Context, ask web.StepUpAsk) error {
		actor, ctx := web.Actor(c), c.Request.Context()
		page := view.StepUpPage{
			Whose: strings.TrimSpace(actor.Member.Name + "　" + actor.Account.Login), Account: actor.Account.Login,
			Action: ask.Action, Problem: ask.Problem, Back: wayBack(c, ask.Form), Demo: demo,
			Lasts: strconv.Itoa(int(account.SteppedUpFor.Minutes())) + " 分鐘",
		}
		page.Fields = append(echo(ask.Form), view.HiddenField{Name: fieldBack, Value: page.Back})
		holder := account.PasskeyHolder(actor)
		begun, err := passkeys.BeginProof(ctx, holder.ID)
		if err != nil && !errors.Is(err, passkey.ErrNotFound) {
			return err
		}
		page.Ceremony, page.Options = begun.Token, string(begun.Options)
		return web.Page(c, http.StatusForbidden, view.StepUp(page))
	}
}

// echo lists what was posted, each value of a field, by name.
func echo(form url.Values) []view.HiddenField {
	var fields []view.HiddenField
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if slices.Contains(secretFields, name) || name == fieldBack {
			continue
		}
		for _, value := range form[name] {
			fields = append(fields, view.HiddenField{Name: name, Value: value})
		}
	}
	return fields
}

// wayBack is the page that the form was on, else the first page behind the sign-in.
func wayBack(c *gin.Context, form url.Values) string {
	home := "/member"
	if web.Actor(c).Account.Kind == account.Staff {
		home = "/support"
	}
	if carried := form.Get(fieldBack); carried != "" {
		return pageBelow(home, carried)
	}
	from, err := url.Parse(c.Request.Referer())
	if err != nil || from.Host != c.Request.Host {
		return home
	}
	return pageBelow(home, from.RequestURI())
}

// pageBelow returns the address if it is home or a page below it, else home.
func pageBelow(home, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || strings.ContainsAny(address, "\\\r\n\t") {
		return home
	}
	if strings.Contains(u.Path, "..") || u.Path != home && !strings.HasPrefix(u.Path, home+"/") {
		return home
	}
	return u.RequestURI()
}
