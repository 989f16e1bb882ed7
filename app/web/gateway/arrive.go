package gateway

import (
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/checkout"
)

// arrive is POST /checkout/:token/arrive: the browser of a cardholder whose card came from the merchant's server.
// First the merchant's page sends it, then our own page with what the browser can; where that decides nothing, the
// verification begins at once.
func (g *Gateway) arrive(c *gin.Context) error {
	token := ident.Token(c.Param("token"))
	form, err := readForm(c)
	if err != nil {
		return err
	}
	said, reported := form["device"]
	if !reported {
		view, found, err := g.o.Verifications.Current(c.Request.Context(), token)
		if err != nil {
			return err
		}
		if found && view.Asks {
			return web.Redirect(c, checkoutPath(token))
		}
	}
	err = g.o.Verifications.Arrive(c.Request.Context(), token, deviceOf(said, c.Request.UserAgent()))
	return g.afterStep(c, token, err)
}

func (g *Gateway) arrivePage(v verifyView) checkout.ArrivePage {
	page := checkout.ArrivePage{Verify: g.verifyParts(v)}
	page.Action = checkoutPath(v.Token) + "/arrive"
	return page
}
