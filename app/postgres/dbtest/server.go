package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/memberzone/memberzone/app/postgres/embedded"
)

// server is where this test binary's databases are.
type server struct {
	admin        *pgxpool.Pool // on the maintenance database
	url          func(database string) string
	template     string // the migrated database that New clones
	strategy     string // how: a clause of CREATE DATABASE
	afterFailure string // what becomes of a failed test's database
	reaper       *reaper
}

func openCluster() (*server, error) {
	ctx := context.Background()
	if given := os.Getenv(urlEnv); given != "" {
		return openGiven(ctx, given)
	}
	return openPrivate(ctx)
}

// openGiven uses a server that somebody else runs; the template's name holds the schema's hash.
func openGiven(ctx context.Context, given string) (*server, error) {
	address, err := url.Parse(given)
	if err != nil || address.Scheme == "" {
		return nil, fmt.Errorf("%s must look like postgres://user:password@host:5432/database", urlEnv)
	}
	urlOf := func(database string) string {
		other := *address
		other.Path = "/" + database
		return other.String()
	}
	hash, err := schemaHash()
	if err != nil {
		return nil, err
	}
	c := &server{url: urlOf, template: "memberzone_template_" + hash, afterFailure: "look at it on the given server"}
	if err := ensureTemplate(ctx, given, urlOf, c.template); err != nil {
		return nil, err
	}
	return c, c.connect(ctx, given)
}

// openPrivate starts a server on a copy of the machine's image for this schema.
func openPrivate(ctx context.Context) (*server, error) {
	image, err := machineImage(ctx)
	if err != nil {
		return nil, err
	}
	run, err := os.MkdirTemp(filepath.Dir(image), "run-")
	if err != nil {
		return nil, fmt.Errorf("make the test server's folder: %w", err)
	}
	if err := os.Chmod(run, 0o755); err != nil {
		return nil, fmt.Errorf("open the test server's folder: %w", err)
	}
	afterFailure := "set " + keepEnv + "=1 and run again to keep the server's files"
	var reaper *reaper
	if os.Getenv(keepEnv) == "" {
		if reaper, err = startReaper(run); err != nil {
			return nil, err
		}
	} else {
		afterFailure = "start postgres -D " + filepath.Join(run, dataName)
	}
	data := filepath.Join(run, dataName)
	if err := copyDirectory(image, data); err != nil {
		return nil, err
	}
	// The server ends with this process; the reaper then removes its files.
	running, err := embedded.Start(ctx, embedded.Options{DataDir: data, Settings: testSettings})
	if err != nil {
		return nil, fmt.Errorf("start the test server: %w", err)
	}
	if reaper != nil {
		reaper.tellSocket(running.URL(""))
	}
	c := &server{url: running.URL, template: templateName, afterFailure: afterFailure, reaper: reaper}
	return c, c.connect(ctx, running.URL(maintenance))
}

// maintenance is the database that exists on every server.
const maintenance = "postgres"

// testSettings suit many short-lived small databases.
var testSettings = map[string]string{
	"max_connections": "300",
	"shared_buffers":  "64MB",
	"autovacuum":      "off",
	"wal_level":       "minimal",
	"max_wal_senders": "0",
}

// connect opens the maintenance connections. There are few: cloning is the server's work.
func (c *server) connect(ctx context.Context, adminURL string) error {
	config, err := pgxpool.ParseConfig(adminURL)
	if err != nil {
		return fmt.Errorf("read the test server's address: %w", err)
	}
	config.MaxConns = 4
	if c.admin, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	const firstWithStrategy = 150_000
	var version int
	const query = "SELECT current_setting('server_version_num')::int"
	if err := c.admin.QueryRow(ctx, query).Scan(&version); err != nil {
		return fmt.Errorf("ask the test server's version: %w", err)
	}
	if version >= firstWithStrategy {
		c.strategy = " STRATEGY FILE_COPY" // twice as fast as the default for a template of this size
	}
	return nil
}
