package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/migrations"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/seeds"
)

// demoSeed makes the demonstration's generated rows the same on every machine.
const demoSeed = 1

// seed loads the demonstration's members once, and generates transactions if
// there are none yet.
func (d *demo) seed(ctx context.Context, c Config) error {
	db, now := d.app.db, c.Clock.Now()
	if err := d.app.LoadDemo(ctx, now, LocalURL(d.Shop)); err != nil {
		return err
	}
	workdays, err := d.app.workdays(c)
	if err != nil {
		return err
	}
	err = seeds.Applications(ctx, seeds.ApplicationsOptions{
		Records: db.Onboarding(), Calendar: workdays, Readiness: d.app.readier(c), Now: now,
	})
	if err != nil {
		return err
	}
	empty, err := db.Payments().None(ctx)
	if err != nil || !empty || d.Transactions == 0 {
		return err
	}
	return seeds.Generate(ctx, seeds.Talk(db.Bulk()), seeds.GenerateOptions{
		Transactions: d.Transactions, Seed: demoSeed, Now: now, Progress: progress(d.Out),
	})
}

// LoadDemo adds the demonstration's members, stores and accounts that are not
// there yet. The pages of the shop at the origin may confirm payments themselves, and
// frame the relying party.
func (a *App) LoadDemo(ctx context.Context, now time.Time, shop string) error {
	if err := loadDemo(ctx, a.db, now); err != nil {
		return err
	}
	for _, m := range seeds.DemoMembers() {
		for _, s := range m.Stores {
			if err := a.db.Stores().SetPayeeOrigins(ctx, s.Store.MerchantID, []string{shop}); err != nil {
				return err
			}
		}
	}
	return nil
}

func loadDemo(ctx context.Context, db *postgres.DB, now time.Time) error {
	return seeds.Load(ctx, seeds.LoadOptions{Stores: db.Stores(), Accounts: db.Accounts(), Now: now})
}

// SeedOptions say what `memberzone seed` generates.
type SeedOptions struct {
	DatabaseURL  string
	Keyset       secret.String
	Transactions int
	Members      int
	Months       int
	Seed         uint64
	Bare         bool // transactions alone, without their attempts and events
	Out          io.Writer
}

// Seed fills a database with generated transactions.
func Seed(ctx context.Context, o SeedOptions) error {
	cipher, err := fieldcrypt.New(o.Keyset)
	if err != nil {
		return fmt.Errorf("MEMBERZONE_KEYSET: %w", err)
	}
	if err := postgres.CheckSchema(ctx, o.DatabaseURL); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: o.DatabaseURL, Cipher: cipher})
	if err != nil {
		return err
	}
	defer db.Close()
	now := clock.System{}.Now()
	if o.Members == 0 {
		if err := loadDemo(ctx, db, now); err != nil {
			return err
		}
	}
	target := db.Bulk()
	if o.Bare {
		target = target.Bare()
	}
	return seeds.Generate(ctx, target, seeds.GenerateOptions{
		Transactions: o.Transactions, Members: o.Members, Months: o.Months, Seed: o.Seed, Now: now,
		Progress: progress(o.Out),
	})
}

// Migrate brings a database's schema up to date and returns what it applied.
func Migrate(ctx context.Context, databaseURL string) ([]string, error) {
	return postgres.Migrate(ctx, databaseURL)
}

// MigrationStatus lists the migrations, each with whether the database has it.
func MigrationStatus(ctx context.Context, databaseURL string) ([]migrations.State, error) {
	return postgres.MigrationStatus(ctx, databaseURL)
}

// NewKeyset makes a fresh keyset for MEMBERZONE_KEYSET.
func NewKeyset() (secret.String, error) { return fieldcrypt.NewKeyset() }

// barWidth is the length of the progress bar in characters.
const barWidth = 30

// progress draws a bar that is redrawn in place, at most ten times a second.
func progress(out io.Writer) func(done, total int) {
	var last time.Time
	return func(done, total int) {
		now := clock.System{}.Now()
		if done < total && now.Sub(last) < 100*time.Millisecond {
			return
		}
		last = now
		filled := barWidth * done / max(total, 1)
		end := ""
		if done == total {
			end = "\n"
		}
		_, _ = fmt.Fprintf(out, "\r產生交易 [%s%s] %d / %d%s",
			strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), done, total, end)
	}
}
