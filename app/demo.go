package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/embedded"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/simulator/mailbox"
	"github.com/memberzone/memberzone/app/simulator/shop"
	"github.com/memberzone/memberzone/seeds"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/public"
	console "github.com/memberzone/memberzone/views/support"
)

// DemoPages is what a demonstration shows besides the product.
type DemoPages struct {
	Accounts []view.DemoAccount    // on the sign-in page
	Staff    []console.DemoAccount // on the sign-in page of staff
	Roles    []public.DemoRole     // on the home page
	Mailbox  http.Handler          // /demo/mailbox
	Phone    http.Handler          // /demo/phone
}

// DemoOptions say how the demonstration runs.
type DemoOptions struct {
	Data         string // its directory
	Reset        bool   // start over
	Transactions int    // generated on the first run
	Listen       Listen
	Shop         string    // host:port of the demo shop
	Bank         string    // host:port of the bank simulator
	Binaries     string    // folder of PostgreSQL's programs; empty: look for them
	Out          io.Writer // for people: progress and the table of who can try what
	Log          *slog.Logger
}

// demoTiming lets nobody wait long for the card whose answer is lost.
var demoTiming = payment.Timing{Authorise: 5 * time.Second, Inquire: time.Second, Reverse: 15 * time.Second}

// Demo runs everything in one process, with simulators in place of the outside
// parties, until ctx ends.
func Demo(ctx context.Context, o DemoOptions) (err error) {
	ctx, d := newDemo(ctx, o)
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.start(ctx); err != nil {
		return err
	}
	d.tell()
	if err := serveAll(ctx, d.origins); err != nil {
		return err
	}
	if errors.Is(context.Cause(ctx), errDatabaseGone) {
		return errDatabaseGone
	}
	return nil
}

// errDatabaseGone tells that the private PostgreSQL ended by itself.
var errDatabaseGone = errors.New("the private database has stopped: start the demo again, it recovers by itself")

// demo is a demonstration that runs.
type demo struct {
	DemoOptions
	app     *App
	origins []*origin
	closers []func() error // in the order of opening
	end     context.CancelCauseFunc
}

func newDemo(ctx context.Context, o DemoOptions) (context.Context, *demo) {
	ctx, end := context.WithCancelCause(ctx)
	return ctx, &demo{DemoOptions: o, end: end}
}

func (d *demo) close() error {
	var errs []error
	for i := len(d.closers) - 1; i >= 0; i-- {
		errs = append(errs, d.closers[i]())
	}
	return errors.Join(errs...)
}

func (d *demo) onClose(do func() error) { d.closers = append(d.closers, do) }

// start brings everything up, the ports first: a port that is taken must not
// cost the time of starting a database.
func (d *demo) start(ctx context.Context) error {
	main := &origin{flag: "--listen", address: d.Listen.Main}
	shopOrigin := &origin{flag: "--listen-shop", address: d.Shop}
	bankOrigin := &origin{flag: "--listen-bank", address: d.Bank}
	relyingParty := &origin{flag: "--listen-rp", address: d.Listen.RelyingParty}
	d.origins = []*origin{main, shopOrigin, bankOrigin, relyingParty}
	if err := openAll(d.origins); err != nil {
		return err
	}
	for _, o := range d.origins {
		d.onClose(func() error { _ = o.listen.Close(); return nil }) // the server has closed it before, as a rule
	}
	if err := d.prepareData(ctx); err != nil {
		return err
	}
	config, err := d.simulators(ctx, bankOrigin)
	if err != nil {
		return err
	}
	if config.DatabaseURL, err = d.database(ctx); err != nil {
		return err
	}
	if d.app, err = New(ctx, config); err != nil {
		return err
	}
	d.onClose(func() error { d.app.close(d.Log); return nil })
	if err := d.seed(ctx, config); err != nil {
		return err
	}
	main.handler, relyingParty.handler = d.app.Handler(), d.app.RelyingParty()
	if shopOrigin.handler, err = d.shop(config.Clock); err != nil {
		return err
	}
	return d.app.StartJobs(ctx)
}

// prepareData makes the data directory, after emptying it if asked to. As root,
// the database runs as another user, who must be able to enter it.
func (d *demo) prepareData(ctx context.Context) error {
	if d.Reset {
		if err := embedded.Reset(ctx, d.databaseDir()); err != nil {
			return err
		}
		for _, name := range demoFiles {
			if err := os.Remove(filepath.Join(d.Data, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("reset the demo: %w", err)
			}
		}
	}
	if err := os.MkdirAll(d.Data, 0o755); err != nil {
		return fmt.Errorf("make the demo's directory: choose another with --data: %w", err)
	}
	return nil
}

// The files of the demonstration beside its database.
const (
	keysetFile  = "keyset"
	secretFile  = "bank-secret"
	journalFile = "bank.jsonl"
	mailFile    = "mail.jsonl"
	phoneSecret = "sms-secret"
	phoneFile   = "sms.jsonl"
)

var demoFiles = []string{keysetFile, secretFile, journalFile, mailFile, phoneSecret, phoneFile}

func (d *demo) databaseDir() string { return filepath.Join(d.Data, "postgres") }

// database starts the private PostgreSQL, migrates, and returns its address.
func (d *demo) database(ctx context.Context) (string, error) {
	server, err := d.startDatabase(ctx)
	if err != nil {
		return "", err
	}
	d.onClose(func() error {
		if errors.Is(context.Cause(ctx), errDatabaseGone) {
			return nil // nothing is left to stop
		}
		stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		return server.Stop(stopping)
	})
	go func() {
		select {
		case <-ctx.Done():
		case <-server.Done():
			d.end(errDatabaseGone)
		}
	}()
	if err := server.EnsureDatabase(ctx, "memberzone"); err != nil {
		return "", err
	}
	url := server.URL("memberzone")
	if _, err := postgres.Migrate(ctx, url); err != nil {
		return "", err
	}
	_, _ = fmt.Fprintf(d.Out, "資料庫：%s\n　　　　psql %q\n", server.DataDir(), url)
	return url, nil
}

// simulators starts the outside parties and returns the configuration that
// points at them.
func (d *demo) simulators(ctx context.Context, bankOrigin *origin) (Config, error) {
	keyset, err := d.keep(keysetFile, fieldcrypt.NewKeyset)
	if err != nil {
		return Config{}, err
	}
	shared, err := d.keep(secretFile, func() (secret.String, error) { return secret.New(rand.Text()), nil })
	if err != nil {
		return Config{}, err
	}
	simulated, err := bank.New(bank.Options{
		Secret: shared, Journal: filepath.Join(d.Data, journalFile), Clock: clock.System{}, Log: d.Log,
		AcceptUnknown: true, // the generated history
	})
	if err != nil {
		return Config{}, err
	}
	d.onClose(simulated.Close)
	// It holds connections whose answer is lost; its server can stop only after
	// they are let go.
	context.AfterFunc(ctx, func() { _ = simulated.Close() })
	phones, err := d.phones(ctx, bankOrigin, simulated.Handler())
	if err != nil {
		return Config{}, err
	}
	post, err := mailbox.New(mailbox.Options{
		File: filepath.Join(d.Data, mailFile), Clock: clock.System{}, Log: d.Log,
	})
	if err != nil {
		return Config{}, err
	}
	d.onClose(post.Close)
	smtp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Config{}, fmt.Errorf("listen for mail: %w", err)
	}
	go func() {
		if err := post.Serve(smtp); err != nil {
			d.Log.Error("mailbox", "error", err)
		}
	}()
	return Config{
		Keyset: keyset,
		Acquirer: acquirer.Options{
			URL: baseURL(d.Bank), Account: bank.DefaultAccount, Secret: shared, Timeout: demoTiming.Authorise,
		},
		Mail: mailer.Options{
			Host: "127.0.0.1", Port: smtp.Addr().(*net.TCPAddr).Port, TLS: mailer.Plain,
			From: "Memberzone <no-reply@memberzone.example>",
		},
		SMS:       phones.options,
		PublicURL: LocalURL(d.Listen.Main), RelyingPartyURL: LocalURL(d.Listen.RelyingParty), StaffPasswords: true,
		LocalMerchants: true, Timing: demoTiming, Clock: clock.System{}, Log: d.Log,
		Demo: &DemoPages{
			Mailbox: post, Phone: phones.page,
			Accounts: demoAccounts(d.DemoOptions), Staff: demoStaff(), Roles: demoRoles(d.DemoOptions),
		},
	}, nil
}

// keep returns the secret in a file of the data directory, made on the first run.
func (d *demo) keep(name string, fresh func() (secret.String, error)) (secret.String, error) {
	path := filepath.Join(d.Data, name)
	text, err := os.ReadFile(path)
	if err == nil {
		return secret.New(strings.TrimSpace(string(text))), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return secret.String{}, fmt.Errorf("read %s: %w", path, err)
	}
	made, err := fresh()
	if err != nil {
		return secret.String{}, err
	}
	if err := os.WriteFile(path, []byte(made.Expose()+"\n"), 0o600); err != nil {
		return secret.String{}, fmt.Errorf("keep %s: %w", path, err)
	}
	return made, nil
}

// shop builds the merchant's site, which knows the gateway by its address only.
func (d *demo) shop(c clock.Clock) (http.Handler, error) {
	var stores []shop.Store
	for _, m := range seeds.DemoMembers() {
		for _, s := range m.Stores {
			stores = append(stores, shop.Store{
				Name: s.Store.Name, MerchantID: s.Store.MerchantID, HashKey: s.Store.HashKey, HashIV: s.Store.HashIV,
			})
		}
	}
	site, err := shop.New(shop.Options{
		GatewayURL: baseURL(d.Listen.Main), PublicURL: baseURL(d.Shop), Stores: stores, Clock: c, Log: d.Log,
	})
	if err != nil {
		return nil, err
	}
	return site.Handler(), nil
}

// baseURL is how a browser on this machine reaches an address.
func baseURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://" + address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// LocalURL is the address of a site that people on this machine reach by the name
// localhost, whatever IP address it listens on: browsers make passkeys for names only.
func LocalURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://localhost"
	}
	if net.ParseIP(host) != nil {
		host = ""
	}
	return baseURL(net.JoinHostPort(host, port))
}
