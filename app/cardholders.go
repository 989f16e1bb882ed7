package app

import (
	"cmp"
	"fmt"

	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/jobs"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/token"
	"github.com/memberzone/memberzone/app/verification"
)

// relyingPartyName is what devices and pages call the relying party.
const relyingPartyName = "Memberzone 持卡人驗證"

// cardholders are the services that verify who pays.
type cardholders struct {
	tokens        *token.Service
	credentials   *cardholder.Service
	verifications *verification.Service
	keyring       *keyring.Service
}

func (a *App) tokens(c Config, bank *acquirer.Client) *token.Service {
	return token.New(token.Options{Store: a.db.Tokens(), Network: bank.Network(), Clock: c.Clock})
}

// cardholders builds the verification of cardholders on the payment core.
func (a *App) cardholders(
	c Config, bank *acquirer.Client, payments *payment.Service, tokens *token.Service, t texts,
) (all cardholders, err error) {
	all.tokens = tokens
	relyingParty := cmp.Or(c.RelyingPartyURL, c.PublicURL)
	all.credentials, err = cardholder.New(cardholder.Options{
		Origin: relyingParty, Name: relyingPartyName, Store: a.db.Credentials(), Clock: c.Clock,
	})
	if err != nil {
		return cardholders{}, fmt.Errorf("MEMBERZONE_RP_URL: %w", err)
	}
	all.verifications, err = verification.New(verification.Options{
		Store: a.db.Verifications(), Stores: a.db.Stores(), Payments: payments, Codes: t.codes, Issuer: bank,
		Credentials: all.credentials, Tokens: tokens, Keyed: a.cipher, Clock: c.Clock, Log: c.Log,
		PublicURL: c.PublicURL, RelyingPartyURL: relyingParty,
		Distrusted: func(why cardholder.Distrust) { a.alerts.Passkey(string(why)) },
	})
	if err != nil {
		return cardholders{}, err
	}
	all.keyring = keyring.New(keyring.Options{
		Store: a.db.Keyring(), Credentials: all.credentials, Clock: c.Clock, PublicURL: c.PublicURL,
		Limit: lockout.New(lockout.Keyring, a.db.Lockouts(), c.Clock),
	})
	return all, nil
}

// sweeps are what the verification of cardholders leaves to the job runner.
func (h cardholders) sweeps() []jobs.Sweep {
	return []jobs.Sweep{
		{Name: "end verifications", Do: h.verifications.EndDue},
		{Name: "mail links to the passkeys of cards", Do: h.keyring.SendAsked},
		{Name: "follow the card network", Do: h.tokens.Follow, Ticks: 5},
	}
}

// Verifications lead cardholders to their payments.
func (a *App) Verifications() *verification.Service { return a.verifications }
