package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/postgres/embedded"
)

// The environment variables that doc.go describes.
const (
	urlEnv      = "MEMBERZONE_TEST_DATABASE_URL"
	requiredEnv = "MEMBERZONE_TESTDB"
	keepEnv     = "MEMBERZONE_TESTDB_KEEP"
)

// stepTimeout bounds the making and the dropping of one database on a busy machine.
const stepTimeout = 60 * time.Second

var theCluster = sync.OnceValues(openCluster)

// New returns the address of a fresh database with the current schema. It is dropped at the end of
// the test unless that failed. Safe in parallel tests.
func New(t testing.TB) string {
	t.Helper()
	c := cluster(t)
	return c.create(t, c.template)
}

// Empty returns the address of a fresh database without any schema, else like New.
func Empty(t testing.TB) string {
	t.Helper()
	return cluster(t).create(t, "template0")
}

func cluster(t testing.TB) *server {
	t.Helper()
	c, err := theCluster()
	if errors.Is(err, embedded.ErrNoBinaries) && os.Getenv(requiredEnv) != "required" {
		t.Skipf("SKIPPED, no database: %v (%s=required makes this a failure)", err, requiredEnv)
	}
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	return c
}

func (c *server) create(t testing.TB, template string) string {
	t.Helper()
	name := databaseName(t.Name())
	ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
	defer cancel()
	statement := "CREATE DATABASE " + quote(name) + " TEMPLATE " + quote(template) + c.strategy
	if _, err := c.admin.Exec(ctx, statement); err != nil {
		t.Fatalf("make the test's database: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the test's database %s is not dropped: %s", name, c.afterFailure)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
		defer cancel()
		if _, err := c.admin.Exec(ctx, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return c.url(name)
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// databaseName makes an unused name that tells the test, within PostgreSQL's 63 bytes.
func databaseName(test string) string {
	const testBytesMax = 40
	name := notInName.ReplaceAllString(strings.ToLower(strings.TrimPrefix(test, "Test")), "_")
	if len(name) > testBytesMax {
		name = name[:testBytesMax]
	}
	return "t_" + name + "_" + strings.ToLower(rand.Text()[:10])
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
