package app

import (
	"context"
	"crypto/rand"
	"net/http"
	"path/filepath"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/phone"
	"github.com/memberzone/memberzone/app/sms"
	"github.com/memberzone/memberzone/app/web/receipts"
)

// smsPrefix is where the SMS gateway stands on the bank simulator's port.
const smsPrefix = "/sms"

// demoPhones are the demonstration's SMS gateway: how to reach it, and what it shows.
type demoPhones struct {
	options sms.Options
	page    http.Handler
}

// phones opens the SMS gateway beside the bank, on its port.
func (d *demo) phones(ctx context.Context, beside *origin, bank http.Handler) (demoPhones, error) {
	shared, err := d.keep(phoneSecret, func() (secret.String, error) { return secret.New(rand.Text()), nil })
	if err != nil {
		return demoPhones{}, err
	}
	gateway, err := phone.New(phone.Options{
		Secret: shared, ReceiptURL: baseURL(d.Listen.Main) + receipts.Path,
		File: filepath.Join(d.Data, phoneFile), Clock: clock.System{}, Log: d.Log,
	})
	if err != nil {
		return demoPhones{}, err
	}
	d.onClose(gateway.Close)
	context.AfterFunc(ctx, func() { _ = gateway.Close() }) // as with the bank: it holds connections
	mux := http.NewServeMux()
	mux.Handle("/", bank)
	mux.Handle(smsPrefix+"/", http.StripPrefix(smsPrefix, gateway.Handler()))
	beside.handler = mux
	return demoPhones{
		page: gateway,
		options: sms.Options{
			URL: baseURL(d.Bank) + smsPrefix, Account: phone.DefaultAccount, Secret: shared,
			AllowHTTP: true, // --listen-bank may name any address
		},
	}, nil
}
