package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/postgres/embedded"
	"github.com/memberzone/memberzone/app/postgres/migrations"
)

const (
	templateName = "memberzone_template"
	dataName     = "data" // the data directory's name in a run's folder
	// imageFormat changes when images are made in another way.
	imageFormat = "1"
	// keepFor is how long images of other schemas and the folders of runs that were not cleaned up
	// (the machine was switched off) stay.
	keepFor = 24 * time.Hour
)

// schemaHash names the schema: it changes with any migration.
func schemaHash() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrations.Files, path)
		fmt.Fprintf(sum, "%s %d\n%s\n", path, len(content), content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the migrations: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// machineImage returns a data directory with the migrated template, made once per schema and
// PostgreSQL version; test binaries that start at the same time wait for the first of them.
func machineImage(ctx context.Context) (string, error) {
	hash, err := schemaHash()
	if err != nil {
		return "", err
	}
	major, err := embedded.Version(ctx, "")
	if err != nil {
		return "", fmt.Errorf("find the test server's binaries: %w", err)
	}
	root, err := imageRoot(ctx)
	if err != nil {
		return "", err
	}
	image := filepath.Join(root, fmt.Sprintf("image-%s-%d-%s", imageFormat, major, hash))
	if _, err := os.Stat(image); err == nil {
		return image, nil
	}
	lock, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("lock the test images: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock the test images: %w", err)
	}
	if _, err := os.Stat(image); err == nil {
		return image, nil
	}
	sweep(root)
	return image, buildImage(ctx, image)
}

// imageRoot is a folder of ours that the server's user can enter.
func imageRoot(ctx context.Context) (string, error) {
	wanted := filepath.Join(os.TempDir(), fmt.Sprintf("memberzone-dbtest-%d", os.Getuid()))
	root, err := embedded.Locate(ctx, wanted)
	if err != nil {
		return "", fmt.Errorf("find a place for the test images: %w", err)
	}
	if err := os.Mkdir(root, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the folder of the test images: %w", err)
	}
	// SECURITY: others may write to the temporary folder, so the name alone proves nothing.
	info, err := os.Lstat(root)
	if err != nil {
		return "", fmt.Errorf("look at the folder of the test images: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(stat.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s belongs to somebody else: remove it or set TMPDIR", root)
	}
	return root, nil
}

func buildImage(ctx context.Context, image string) error {
	building := image + ".building"
	if err := os.RemoveAll(building); err != nil {
		return fmt.Errorf("remove a half-made test image: %w", err)
	}
	running, err := embedded.Start(ctx, embedded.Options{DataDir: building, Settings: testSettings})
	if err != nil {
		return fmt.Errorf("start a server for the test image: %w", err)
	}
	err = ensureTemplate(ctx, running.URL(maintenance), running.URL, templateName)
	if err = errors.Join(err, running.Stop(ctx)); err != nil {
		return err
	}
	_ = os.Remove(building + ".lock") // the next start makes it again
	if err := os.Rename(building, image); err != nil {
		return fmt.Errorf("move the test image into place: %w", err)
	}
	return nil
}

// sweep removes what is of no use any more; what cannot be removed stays.
func sweep(root string) {
	entries, _ := os.ReadDir(root)
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && entry.IsDir() && time.Since(info.ModTime()) > keepFor {
			_ = os.RemoveAll(filepath.Join(root, entry.Name()))
		}
	}
}

// ensureTemplate makes the migrated template database unless it is there. It gets its name when it
// is complete, and nobody may connect to it: CREATE DATABASE refuses a template in use.
func ensureTemplate(ctx context.Context, adminURL string, urlOf func(string) string, name string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer conn.Close(ctx)
	// Held until the connection closes; other test binaries wait here.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext('memberzone dbtest'))"); err != nil {
		return fmt.Errorf("lock the test template: %w", err)
	}
	var exists bool
	const query = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, query, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for the test template: %w", err)
	}
	if exists {
		return nil
	}
	building := name + "_building"
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quote(building),
		"CREATE DATABASE " + quote(building) + " TEMPLATE template0",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make the test template: %w", err)
		}
	}
	if _, err := migrations.Apply(ctx, urlOf(building)); err != nil {
		return fmt.Errorf("make the test template: %w", err)
	}
	for _, statement := range []string{
		"ALTER DATABASE " + quote(building) + " WITH ALLOW_CONNECTIONS false",
		"ALTER DATABASE " + quote(building) + " RENAME TO " + quote(name),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make the test template: %w", err)
		}
	}
	return nil
}
