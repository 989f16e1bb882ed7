package app

import (
	"fmt"
	"net/url"
	"time"

	"github.com/memberzone/memberzone/app/jobs"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/sms"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/receipts"
)

// How long the rows of one-time codes are kept.
const (
	codesKept = time.Hour // longer than any payment page
	textsKept = 90 * 24 * time.Hour
)

// texts are one-time codes and the gateway that brings them to phones.
type texts struct {
	codes   *otp.Service
	gateway *sms.Client
}

func (a *App) texts(c Config) (t texts, err error) {
	c.SMS.Clock = c.Clock
	if t.gateway, err = sms.New(c.SMS); err != nil {
		return texts{}, err
	}
	site, err := url.Parse(c.PublicURL)
	if err != nil {
		return texts{}, fmt.Errorf("MEMBERZONE_PUBLIC_URL: %w", err)
	}
	t.codes = otp.New(otp.Options{
		Store: a.db.Codes(), Lockouts: a.db.Lockouts(), Keyed: a.cipher, Sender: t.gateway, Clock: c.Clock,
		Host: site.Hostname(),
	})
	a.codes = t.codes
	return t, nil
}

// codesOver are the rows of one-time codes that the hourly job forgets.
func (a *App) codesOver() jobs.Old { return jobs.Old{Rows: a.db.Codes(), Kept: codesKept} }

// textsOver are the text messages that the daily job forgets.
func (a *App) textsOver() jobs.Old { return jobs.Old{Rows: a.db.Texts(), Kept: textsKept} }

// mount adds the address of the gateway's receipts.
func (t texts) mount(s *web.Server) error {
	return receipts.Mount(s, receipts.Options{Gateway: t.gateway, Texts: t.codes})
}
