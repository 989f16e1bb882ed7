package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/errgroup"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/seeds"
)

// stopWithin is how long running requests and jobs may take to finish.
const stopWithin = 20 * time.Second

// origin is one address that is served.
type origin struct {
	flag    string // of the command line, for the error
	address string // host:port
	handler http.Handler
	listen  net.Listener
}

// open takes the port. A port that is taken is told with the flag that changes it.
func (o *origin) open() error {
	l, err := net.Listen("tcp", o.address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use by another program: choose another address with %s host:port", o.address, o.flag)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on %s (%s): %w", o.address, o.flag, err)
	}
	o.listen = l
	return nil
}

// openAll takes all ports or none.
func openAll(origins []*origin) error {
	for i, o := range origins {
		if err := o.open(); err != nil {
			for _, opened := range origins[:i] {
				_ = opened.listen.Close()
			}
			return err
		}
	}
	return nil
}

// serveAll answers on all origins until ctx ends, and then lets running
// requests finish.
func serveAll(ctx context.Context, origins []*origin) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, o := range origins {
		server := web.HTTPServer(o.handler)
		group.Go(func() error {
			if err := server.Serve(o.listen); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", o.address, err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			return server.Shutdown(stopping)
		})
	}
	return group.Wait()
}

// Listen says where the program is reached.
type Listen struct {
	Main         string // pages, console, wire API, checkout
	RelyingParty string // passkeys, on an origin of its own
}

// Serve runs the program in production until ctx ends. It refuses an incomplete
// configuration, a schema that is not current, and demonstration credentials.
func Serve(ctx context.Context, c Config, listen Listen) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if err := postgres.CheckSchema(ctx, c.DatabaseURL); err != nil {
		return err
	}
	a, err := New(ctx, c)
	if err != nil {
		return err
	}
	defer a.close(c.Log)
	if err := a.refuseDemoCredentials(ctx); err != nil {
		return err
	}
	origins := []*origin{
		{flag: "--listen", address: listen.Main, handler: a.Handler()},
		{flag: "--listen-rp", address: listen.RelyingParty, handler: a.RelyingParty()},
	}
	if err := openAll(origins); err != nil {
		return err
	}
	if err := a.StartJobs(ctx); err != nil {
		return err
	}
	c.Log.InfoContext(ctx, "serving", "listen", listen.Main, "listen_rp", listen.RelyingParty)
	return serveAll(ctx, origins)
}

// close ends what the App runs. It is called when ctx has ended.
func (a *App) close(log *slog.Logger) {
	stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := a.Close(stopping); err != nil {
		log.Error("stop", "error", err)
	}
}

// refuseDemoCredentials fails when the database holds a store key or a password
// of the demonstration, which everybody knows.
func (a *App) refuseDemoCredentials(ctx context.Context) error {
	merchantID, err := a.db.Stores().FirstStoreWhere(ctx, seeds.IsDemoKey)
	if err != nil {
		return err
	}
	if merchantID != "" {
		return fmt.Errorf("%w: change the keys of store %s", errDemo, merchantID)
	}
	accounts := a.db.Accounts()
	for _, m := range seeds.DemoMembers() {
		for _, one := range m.Accounts {
			known, err := accounts.Credential(ctx, m.Member.Code, one.Login)
			if err := refuseDemoPassword(m.Member.Code+"/"+one.Login, known, err); err != nil {
				return err
			}
		}
	}
	for _, one := range seeds.DemoStaffMembers() {
		known, err := accounts.StaffCredential(ctx, one.Login)
		if err := refuseDemoPassword(one.Login, known, err); err != nil {
			return err
		}
	}
	return nil
}

// refuseDemoPassword fails for an account that was found with the demonstration's
// password.
func refuseDemoPassword(name string, known account.Credential, err error) error {
	if errors.Is(err, account.ErrNotFound) || err == nil && known.PasswordHash.IsEmpty() {
		return nil
	}
	if err != nil {
		return err
	}
	same, err := argon2id.ComparePasswordAndHash(seeds.DemoPassword, known.PasswordHash.Expose())
	if err != nil {
		return fmt.Errorf("read the password of %s: %w", name, err)
	}
	if same {
		return fmt.Errorf("%w: change the password of %s", errDemo, name)
	}
	return nil
}

// errDemo starts the refusal of a database with demonstration credentials.
var errDemo = errors.New("this database holds demonstration credentials")

// MailTLS reads MEMBERZONE_SMTP_TLS: starttls, implicit or none.
func MailTLS(name string) mailer.TLS {
	switch name {
	case "implicit":
		return mailer.Implicit
	case "none":
		return mailer.Plain
	default:
		return mailer.StartTLS
	}
}
