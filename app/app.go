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

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/jobs"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/gateway"
	"github.com/memberzone/memberzone/app/web/member"
	"github.com/memberzone/memberzone/app/web/public"
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

	// PublicURL is the address by which people reach the site, such as
	// https://pay.example.com. Mailed links lead there, and passkeys belong to its host.
	PublicURL string
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
	Timing         payment.Timing
	// RetryPause overrides how long to wait before a notification is sent again.
	RetryPause func(failed int) time.Duration

	Demo  *DemoPages // nil outside a demonstration
	Clock clock.Clock
	Log   *slog.Logger
}

// App is the program, ready to serve.
type App struct {
	db     *postgres.DB
	server *web.Server
	runner *jobs.Runner
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
	a := &App{db: db}
	if err := a.build(c); err != nil {
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
	payments := payment.New(payment.Options{
		Store: a.db.Payments(), Stores: a.db.Stores(), Acquirer: bank,
		Clock: c.Clock, Log: c.Log, Timing: c.Timing,
	})
	rooms, err := a.rooms(c)
	if err != nil {
		return err
	}
	a.runner, err = jobs.NewRunner(jobs.Options{
		Pool: a.db.Pool(), Payments: payments, Recoveries: rooms.accounts, Clock: c.Clock,
		Log: c.Log, RetryPause: c.RetryPause,
		Prune: []jobs.Old{
			{Rows: a.db.Lockouts(), Kept: lockoutsKept},
			{Rows: a.db.Accounts(), Kept: signInsKept},
			{Rows: a.db.Notifications(), Kept: mailsKept},
		},
		PruneSoon: []jobs.Old{{Rows: a.db.Passkeys()}},
		Notify: notify.New(notify.Options{
			Store: a.db.Notifications(), Mailer: post, Clock: c.Clock,
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
)

// rooms are the services of people who sign in.
type rooms struct {
	passkeys   *passkey.Service
	accounts   *account.Service
	assistants *assistant.Service
}

func (a *App) rooms(c Config) (r rooms, err error) {
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
	return r, nil
}

// mount builds the web server with all its pages.
func (a *App) mount(c Config, payments *payment.Service, r rooms) error {
	permits, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens,
	})
	if err != nil {
		return err
	}
	a.server, err = web.New(web.Options{
		Log: c.Log, Clock: c.Clock, Accounts: r.accounts, Permits: permits, Audit: a.db.Audit(), Uses: r.assistants,
		Secure: c.Secure, Demo: c.Demo != nil, TrustedProxies: c.TrustedProxies,
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
		Transactions: a.db.Reports(), Actions: payments, Audit: a.db.Audit(), Clock: c.Clock, Demo: c.Demo != nil,
	}
	console := support.Options{
		Server: a.server, Accounts: r.accounts, Passkeys: r.passkeys, Clock: c.Clock, Passwords: c.StaffPasswords,
		Demo: c.Demo != nil,
	}
	home := public.Options{Server: a.server, Demo: c.Demo != nil}
	if c.Demo != nil {
		pages.DemoAccounts, console.DemoAccounts, home.Roles = c.Demo.Accounts, c.Demo.Staff, c.Demo.Roles
		a.server.Site().Handler("/demo/mailbox", permit.Public(), c.Demo.Mailbox)
	}
	member.Mount(pages)
	support.Mount(console)
	public.Mount(home)
	return gateway.Mount(a.server, gateway.Options{
		Payments: payments, Stores: a.db.Stores(), Clock: c.Clock, Log: c.Log, AnyPort: c.LocalMerchants,
		Trades: a.db.Reports(), Lockouts: a.db.Lockouts(),
	})
}

// Handler answers everything on the main origin.
func (a *App) Handler() http.Handler { return a.server }

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
	case c.Mail.Host == "" || c.Mail.From == "":
		return fmt.Errorf("%w: set MEMBERZONE_SMTP_HOST and MEMBERZONE_MAIL_FROM", errMissing)
	}
	return nil
}
