package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/postgresstore"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/jobs"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/lookup"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/sms"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/gateway"
	"github.com/memberzone/memberzone/app/web/member"
	"github.com/memberzone/memberzone/app/web/metrics"
	"github.com/memberzone/memberzone/app/web/public"
	"github.com/memberzone/memberzone/app/web/rp"
	"github.com/memberzone/memberzone/app/web/support"
	"github.com/memberzone/memberzone/policies"
)

// Config is everything that an App needs to know. Good zero values where there
// are any; Validate tells what is missing.
type Config struct {
	DatabaseURL string
	Keyset      secret.String // made by `memberzone keys new`
	Acquirer    acquirer.Options
	Mail        mailer.Options
	SMS         sms.Options

	// PublicURL is the address by which people reach the site, such as
	// https://pay.example.com. Mailed links lead there, and passkeys belong to its host.
	PublicURL string
	// RelyingPartyURL is the address of the relying party of card payments, such as
	// https://passkey.example.com: cardholders' passkeys belong to its host. The site's own
	// when it is empty.
	RelyingPartyURL string
	// Secure tells that people reach the site by https.
	Secure bool
	// TrustedProxies are CIDRs whose X-Forwarded-For is believed.
	TrustedProxies []string
	// LocalMerchants lets merchants' URLs name any port and notifications reach
	// private addresses: for the demo and for tests on one machine.
	LocalMerchants bool
	// StaffPasswords lets our staff sign in by password, not by passkey alone: for the
	// demo and for tests.
	StaffPasswords bool
	// OnePersonActivates lets one of our staff alone switch a store's Passkey on; else a
	// second person confirms it.
	OnePersonActivates bool
	Timing             payment.Timing
	// RetryPause overrides how long to wait before a notification or a text message is
	// sent again.
	RetryPause func(failed int) time.Duration

	Demo  *DemoPages // nil outside a demonstration
	Clock clock.Clock
	Log   *slog.Logger
}

// App is the program, ready to serve.
type App struct {
	db     *postgres.DB
	cipher *fieldcrypt.Cipher
	codes  *otp.Service
	server *web.Server
	rp     http.Handler
	runner *jobs.Runner

	verifications *verification.Service
	registry      *prometheus.Registry
	alerts        *metrics.Alerts
}

// New connects to the database and builds every service. It does not migrate
// and starts nothing.
func New(ctx context.Context, c Config) (*App, error) {
	cipher, err := fieldcrypt.New(c.Keyset)
	if err != nil {
		return nil, fmt.Errorf("MEMBERZONE_KEYSET: %w", err)
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: c.DatabaseURL, Cipher: cipher, Log: c.Log})
	if err != nil {
		return nil, err
	}
	a := &App{db: db, cipher: cipher, registry: prometheus.NewRegistry()}
	a.alerts, err = metrics.NewAlerts(a.registry, string(cardholder.Cloned), string(cardholder.BackupChanged))
	if err == nil {
		err = a.build(c)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return a, nil
}

func (a *App) build(c Config) error {
	queue, err := jobs.NewQueue(a.db.SQL())
	if err != nil {
		return err
	}
	a.db.UseQueue(queue)
	c.Acquirer.Clock, c.Mail.Clock = c.Clock, c.Clock
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	c.Timing = c.Timing.WithDefaults()
	c.Acquirer.Timeout = cmp.Or(c.Acquirer.Timeout, c.Timing.Authorise)
	bank, err := acquirer.New(c.Acquirer)
	if err != nil {
		return err
	}
	post, err := mailer.New(c.Mail)
	if err != nil {
		return err
	}
	tokens := a.tokens(c, bank)
	payments := payment.New(payment.Options{
		Store: a.db.Payments(), Stores: a.db.Stores(), Acquirer: bank, Tokens: tokens,
		Clock: c.Clock, Log: c.Log, Timing: c.Timing,
	})
	rooms, err := a.rooms(c)
	if err != nil {
		return err
	}
	rooms.cardholders, err = a.cardholders(c, bank, payments, tokens, rooms.texts)
	if err != nil {
		return err
	}
	a.verifications = rooms.cardholders.verifications
	a.runner, err = jobs.NewRunner(jobs.Options{
		Pool: a.db.Pool(), Payments: payments, Recoveries: rooms.accounts, Texts: rooms.texts.codes,
		Sums: a.db.Reports(), Clock: c.Clock, Log: c.Log, RetryPause: c.RetryPause, MailPause: c.RetryPause,
		TextPause: c.RetryPause,
		Exports:   rooms.exports, Approvals: a.db.Approvals(), Sweeps: rooms.cardholders.sweeps(),
		Prune: []jobs.Old{
			{Rows: a.db.Lockouts(), Kept: lockoutsKept},
			{Rows: a.db.Accounts(), Kept: signInsKept},
			{Rows: a.db.Notifications(), Kept: mailsKept},
			{Rows: a.db.Notices(), Kept: noticesKept},
			a.textsOver(),
		},
		PruneSoon: []jobs.Old{
			a.codesOver(),
			{Rows: a.db.Passkeys()},
			{Rows: a.db.Credentials()},
			{Rows: a.db.Exports()},
			{Rows: a.db.Keyring()},
			{Rows: a.db.Onboarding()},
		},
		Notify: notify.New(notify.Options{
			Store: a.db.Notifications(), Mailer: post, Clock: c.Clock, MailGivenUp: a.alerts.MailGivenUp,
			Client: notify.NewClient(notify.ClientOptions{
				Clock: c.Clock, AllowPrivate: c.LocalMerchants, AnyPort: c.LocalMerchants,
			}),
		}),
	})
	if err != nil {
		return err
	}
	return a.mount(c, payments, rooms)
}

// How long rows are kept that only tell of the past.
const (
	lockoutsKept = 48 * time.Hour // longer than any window or lock
	signInsKept  = 90 * 24 * time.Hour
	mailsKept    = 90 * 24 * time.Hour
	noticesKept  = 365 * 24 * time.Hour
)

// rooms are the services of people who sign in, and of those who pay.
type rooms struct {
	passkeys    *passkey.Service
	accounts    *account.Service
	assistants  *assistant.Service
	texts       texts
	exports     *export.Service
	workdays    *onboarding.Workdays
	onboarding  *onboarding.Service
	cardholders cardholders
}

func (a *App) rooms(c Config) (r rooms, err error) {
	if r.texts, err = a.texts(c); err != nil {
		return rooms{}, err
	}
	if r.workdays, err = a.workdays(c); err != nil {
		return rooms{}, err
	}
	r.onboarding = a.onboardings(c, r.workdays)
	r.passkeys, err = passkey.New(passkey.Options{
		Origin: c.PublicURL, Name: "會員專區", Store: a.db.Passkeys(), Clock: c.Clock,
	})
	if err != nil {
		return rooms{}, fmt.Errorf("MEMBERZONE_PUBLIC_URL: %w", err)
	}
	guard := func(p lockout.Policy) account.Lock { return lockout.New(p, a.db.Lockouts(), c.Clock) }
	r.accounts, err = account.New(account.Options{
		Store: a.db.Accounts(), Passkeys: r.passkeys, Clock: c.Clock,
		Lock: guard(lockout.SignIn), NameLock: guard(lockout.SignInName),
		StepUpLock: guard(lockout.StepUp), RecoveryLock: guard(lockout.Recovery),
		PublicURL: c.PublicURL, StaffPasswords: c.StaffPasswords,
	})
	if err != nil {
		return rooms{}, err
	}
	r.assistants = assistant.New(assistant.Options{Store: a.db.Assistants(), Clock: c.Clock, PublicURL: c.PublicURL})
	r.exports = export.New(export.Options{
		Store: a.db.Exports(), Cards: a.db.Reports(), Clock: c.Clock, Words: member.ExportWords(),
	})
	return r, nil
}

// mount builds the web server with all its pages.
func (a *App) mount(c Config, payments *payment.Service, r rooms) error {
	permits, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	})
	if err != nil {
		return err
	}
	a.server, err = web.New(web.Options{
		Log: c.Log, Clock: c.Clock, Accounts: r.accounts, Permits: permits, Audit: a.db.Audit(), Uses: r.assistants,
		Secure: c.Secure, Demo: c.Demo != nil, TrustedProxies: c.TrustedProxies, Metrics: a.registry,
		Sessions: postgresstore.New(a.db.SQL()),
		Checks: []web.Check{
			{Name: "database", Probe: a.db.Ping},
			{Name: "migrations", Probe: func(ctx context.Context) error {
				return postgres.CheckSchema(ctx, c.DatabaseURL)
			}},
			{Name: "queue", Probe: func(context.Context) error { return a.runner.Healthy() }},
		},
	})
	if err != nil {
		return err
	}
	pages := member.Options{
		Server: a.server, Accounts: r.accounts, Passkeys: r.passkeys, Assistants: r.assistants, Permits: permits,
		Transactions: a.db.Reports(), Exports: r.exports, Actions: payments, Audit: a.db.Audit(), Clock: c.Clock,
		Evidence: evidence.New(a.db.Evidence()), Notices: notice.New(a.db.Notices(), c.Clock),
		Applications: r.onboarding, Readiness: a.readier(c),
		Demo: c.Demo != nil, Stores: a.db.Stores(), Approvals: approval.New(approval.Options{
			Store: a.db.Approvals(), Payments: payments, Permits: permits, Clock: c.Clock, PublicURL: c.PublicURL,
		}),
	}
	console := support.Options{
		Server: a.server, Accounts: r.accounts, Passkeys: r.passkeys, Clock: c.Clock, Passwords: c.StaffPasswords,
		Demo: c.Demo != nil, LookUps: lookup.New(a.db.LookUps(), a.db.Audit(), c.Clock), Keyring: r.cardholders.keyring,
		Queue: r.onboarding, Case: r.onboarding, Switches: r.onboarding, Workdays: r.workdays,
	}
	home := public.Options{
		Server: a.server, Demo: c.Demo != nil, Keyring: r.cardholders.keyring, Clock: c.Clock,
		Applications: r.onboarding, Seals: a.cipher,
	}
	if c.Demo != nil {
		pages.DemoAccounts, console.DemoAccounts, home.Roles = c.Demo.Accounts, c.Demo.Staff, c.Demo.Roles
		a.server.Site().Handler("/demo/mailbox", permit.Public(), c.Demo.Mailbox)
		a.server.Site().Handler("/demo/phone", permit.Public(), c.Demo.Phone)
	}
	member.Mount(pages)
	support.Mount(console)
	public.Mount(home)
	if err := r.texts.mount(a.server); err != nil {
		return err
	}
	a.rp, err = rp.Mount(rp.Options{
		Server: a.server, Verifications: r.cardholders.verifications, Name: relyingPartyName,
		Self: r.cardholders.credentials.Origin(), Checkout: c.PublicURL,
	})
	if err != nil {
		return err
	}
	return gateway.Mount(a.server, gateway.Options{
		Payments: payments, Verifications: r.cardholders.verifications, PublicURL: c.PublicURL,
		RelyingParty: r.cardholders.credentials.Origin(), Stores: a.db.Stores(), Trades: a.db.Reports(),
		Lockouts: a.db.Lockouts(), Clock: c.Clock, Log: c.Log, AnyPort: c.LocalMerchants,
	})
}

// Handler answers everything on the main origin.
func (a *App) Handler() http.Handler { return a.server }

// RelyingParty answers everything on the relying party's origin.
func (a *App) RelyingParty() http.Handler { return a.rp }

// Routes lists every route with its gate.
func (a *App) Routes() []web.Route { return a.server.Routes() }

// StartJobs begins to work the queue.
func (a *App) StartJobs(ctx context.Context) error { return a.runner.Start(ctx) }

// Close lets running jobs finish and closes the database.
func (a *App) Close(ctx context.Context) error {
	err := a.runner.Stop(ctx)
	a.db.Close()
	return err
}

// errMissing starts every complaint about the configuration.
var errMissing = errors.New("configuration")

// Validate tells in one sentence what a production configuration lacks.
func (c Config) Validate() error {
	switch {
	case c.DatabaseURL == "":
		return fmt.Errorf("%w: set DATABASE_URL, for example postgres://user:password@host:5432/memberzone", errMissing)
	case c.Keyset.IsEmpty():
		return fmt.Errorf("%w: set MEMBERZONE_KEYSET to what `memberzone keys new` prints, and keep it safe", errMissing)
	case c.Acquirer.URL == "" || c.Acquirer.Account == "" || c.Acquirer.Secret.IsEmpty():
		return fmt.Errorf("%w: set MEMBERZONE_ACQUIRER_URL, MEMBERZONE_ACQUIRER_ACCOUNT and MEMBERZONE_ACQUIRER_SECRET",
			errMissing)
	case c.PublicURL == "" || c.Secure && !strings.HasPrefix(c.PublicURL, "https://"):
		return fmt.Errorf("%w: set MEMBERZONE_PUBLIC_URL to the address of the site, for example https://pay.example.com",
			errMissing)
	case c.Secure && !strings.HasPrefix(c.RelyingPartyURL, "https://"):
		return fmt.Errorf("%w: set MEMBERZONE_RP_URL to the relying party's address, for example https://passkey.example.com",
			errMissing)
	case c.Mail.Host == "" || c.Mail.From == "":
		return fmt.Errorf("%w: set MEMBERZONE_SMTP_HOST and MEMBERZONE_MAIL_FROM", errMissing)
	case c.SMS.URL == "" || c.SMS.Account == "" || c.SMS.Secret.IsEmpty():
		return fmt.Errorf("%w: set MEMBERZONE_SMS_URL, MEMBERZONE_SMS_ACCOUNT and MEMBERZONE_SMS_SECRET", errMissing)
	}
	return nil
}
