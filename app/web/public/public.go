package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/public"
)

// Options say what the pages are built from.
type Options struct {
	Server *web.Server
	Demo   bool            // pages say that this is a demonstration
	Roles  []view.DemoRole // who can sign in to a demonstration; none otherwise

	Keyring Keyring // nil leaves the pages of cardholders' passkeys out

	Applications Applications // nil leaves the pages of the Passkey服務 out
	Seals        Seals        // of its form

	Clock clock.Clock
}

// pages serves the public pages.
type pages struct {
	Options
	asks, links *web.AddressLimiter

	sends, progressAsks, progressLinks *web.AddressLimiter

	guards robots
}

// Mount mounts the public pages on the server's site.
func Mount(o Options) {
	p := &pages{Options: o}
	o.Server.Site().GET("/", permit.Public(), p.home)
	if o.Keyring != nil {
		p.mountKeyring(o.Server.Site())
	}
	if o.Applications != nil {
		p.mountPasskey(o.Server.Site())
	}
}

// endpoints are the addresses of the wire API that a merchant's engineer looks for.
var endpoints = []view.Endpoint{
	{
		Name: "幕前支付 MPG", Method: http.MethodPost, Path: "/MPG/mpg_gateway", Versions: "1.4–2.3",
		Note: "將持卡人帶到付款頁；結果以 ReturnURL 與 NotifyURL 回傳。",
	},
	{
		Name: "單筆交易查詢", Method: http.MethodPost, Path: "/API/QueryTradeInfo", Versions: "1.1–1.3",
		Note: "以商店訂單編號與金額查詢交易狀態。",
	},
}

// home answers GET /.
func (p *pages) home(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.Home(view.HomePage{
		SignedIn: p.Server.SignedIn(c), Endpoints: endpoints, Roles: p.Roles, Demo: p.Demo,
	}))
}
