package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// pgbench runs PostgreSQL's own load generator: what the database alone can do.
type pgbench struct {
	program string
	url     string
}

// errNoPgbench tells that the limit cannot be measured.
var errNoPgbench = errors.New("pgbench is not beside PostgreSQL's programs: install the package that holds it " +
	"(Debian: postgresql), or name its folder with --postgres")

// findPgbench looks in the folder of PostgreSQL's programs, in PATH, and in Debian's
// folders.
func findPgbench(binaries string) (string, error) {
	if binaries != "" {
		if path := filepath.Join(binaries, "pgbench"); isFile(path) {
			return path, nil
		}
		return "", errNoPgbench
	}
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench") // the only error is a bad pattern
	for i := len(places) - 1; i >= 0; i-- {
		if isFile(places[i]) {
			return places[i], nil
		}
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	return "", errNoPgbench
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// pgOptions are what the program sets on its connections.
const pgOptions = "PGOPTIONS=-c timezone=UTC -c random_page_cost=1.1 -c jit=off"

// scriptsMax is how many scripts pgbench takes.
const scriptsMax = 128

var tpsLine = regexp.MustCompile(`tps = ([0-9.]+) `)

// run sends the statements in random order, prepared, over the Unix socket.
func (p pgbench) run(ctx context.Context, o loadOptions, statements []string) (Load, error) {
	dir, err := os.MkdirTemp("", "mzbench")
	if err != nil {
		return Load{}, fmt.Errorf("make a folder for pgbench: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	args := []string{
		"-n", "-M", "prepared", "-c", strconv.Itoa(o.clients), "-j", strconv.Itoa(min(o.clients, 2)),
		"-T", strconv.Itoa(max(1, int(o.within.Round(time.Second).Seconds()))),
		"--random-seed", strconv.FormatUint(o.seed, 10),
		"--log", "--log-prefix", filepath.Join(dir, "log"),
	}
	for i, statement := range statements[:min(len(statements), scriptsMax)] {
		file := filepath.Join(dir, fmt.Sprintf("%03d.sql", i))
		if err := os.WriteFile(file, []byte(statement+";\n"), 0o600); err != nil {
			return Load{}, fmt.Errorf("write a script for pgbench: %w", err)
		}
		args = append(args, "-f", file)
	}
	cmd := exec.CommandContext(ctx, p.program, append(args, p.url)...)
	cmd.Env = append(cmd.Environ(), pgOptions)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Load{}, fmt.Errorf("pgbench: %w: %s", err, strings.Join(strings.Fields(string(out)), " "))
	}
	rate := tpsLine.FindSubmatch(out)
	if rate == nil {
		return Load{}, fmt.Errorf("pgbench tells no rate: %s", strings.Join(strings.Fields(string(out)), " "))
	}
	took, err := readTimes(filepath.Join(dir, "log"))
	if err != nil {
		return Load{}, err
	}
	l := loadOf(took, o.within)
	l.Rate, err = strconv.ParseFloat(string(rate[1]), 64)
	return l, err
}

// readTimes reads pgbench's logs: of each transaction client, number, microseconds and
// more.
func readTimes(prefix string) (took []time.Duration, err error) {
	files, err := filepath.Glob(prefix + ".*")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			if len(fields) < 3 {
				continue
			}
			micros, err := strconv.ParseInt(fields[2], 10, 64)
			if err != nil {
				continue // "skipped" or "failed"
			}
			took = append(took, time.Duration(micros)*time.Microsecond)
		}
		if err := errors.Join(lines.Err(), file.Close()); err != nil {
			return nil, fmt.Errorf("read pgbench's log: %w", err)
		}
	}
	return took, nil
}
