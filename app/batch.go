package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

// BatchOptions say on what `memberzone batch` works.
type BatchOptions struct {
	DatabaseURL string
	Acquirer    acquirer.Options // with a DatabaseURL
	Data        string           // the demo's directory, where there is no DatabaseURL: the demo must be running
	Bank        string           // host:port of the demo's bank
	Day         clock.Date       // zero: the latest that is possible
	Clock       clock.Clock
	Out         io.Writer // gets the counts
	Log         *slog.Logger
}

// CloseBatch closes a day by hand, and writes what it did. Again it does nothing.
func CloseBatch(ctx context.Context, o BatchOptions) error {
	if o.Day.IsZero() {
		o.Day = payment.CloseDayOf(o.Clock.Now()).AddDays(-1)
	}
	return o.run(ctx, func(s *payment.Service) error {
		done, err := s.Close(ctx, o.Day)
		_, _ = fmt.Fprintf(o.Out, "close %s: captures %d, refunds %d, batches %d\n",
			o.Day, done.Captures, done.Refunds, done.Batches)
		return err
	})
}

// SettleBatch settles a day by hand, and writes what it did. Again it does nothing.
func SettleBatch(ctx context.Context, o BatchOptions) error {
	if o.Day.IsZero() {
		o.Day = clock.DateOf(o.Clock.Now())
	}
	return o.run(ctx, func(s *payment.Service) error {
		done, err := s.Settle(ctx, o.Day)
		_, _ = fmt.Fprintf(o.Out, "settle %s: batches %d, captured %d, refunded %d, refused %d, paid out %d\n",
			o.Day, done.Batches, done.Captured, done.Refunded, done.Refused, done.PaidOut)
		return err
	})
}

// run gives do a payment core without a server around it.
func (o BatchOptions) run(ctx context.Context, do func(*payment.Service) error) (err error) {
	if o.DatabaseURL == "" {
		stop, err := o.attachDemo(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = stop() }()
	}
	if o.Acquirer.URL == "" || o.Acquirer.Account == "" || o.Acquirer.Secret.IsEmpty() {
		return fmt.Errorf("%w: set MEMBERZONE_ACQUIRER_URL, MEMBERZONE_ACQUIRER_ACCOUNT and MEMBERZONE_ACQUIRER_SECRET",
			errMissing)
	}
	if err := postgres.CheckSchema(ctx, o.DatabaseURL); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: o.DatabaseURL, Log: o.Log})
	if err != nil {
		return err
	}
	defer db.Close()
	timing := payment.Timing{}.WithDefaults()
	o.Acquirer.Clock, o.Acquirer.Timeout = o.Clock, cmp.Or(o.Acquirer.Timeout, timing.Authorise)
	desk, err := acquirer.New(o.Acquirer)
	if err != nil {
		return err
	}
	return do(payment.New(payment.Options{
		Store: db.Payments(), Stores: db.Stores(), Acquirer: desk, Clock: o.Clock, Log: o.Log, Timing: timing,
	}))
}

// attachDemo points the options at the demo, and returns what lets go of it.
func (o *BatchOptions) attachDemo(ctx context.Context) (func() error, error) {
	server, err := openDemoDatabase(ctx, VerifyAuditOptions{Data: o.Data})
	if err != nil {
		return nil, err
	}
	stop := func() error {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return server.Stop(stopping)
	}
	text, err := os.ReadFile(filepath.Join(o.Data, secretFile))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the secret of the demo's bank: %w", err), stop())
	}
	o.DatabaseURL = server.URL("memberzone")
	o.Acquirer = acquirer.Options{
		URL: baseURL(o.Bank), Account: bank.DefaultAccount, Secret: secret.New(strings.TrimSpace(string(text))),
		Timeout: 5 * time.Second,
	}
	return stop, nil
}
