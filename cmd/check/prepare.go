package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// need is something of the machine that the tests use, and the Debian packages that bring it.
type need struct {
	what     string
	packages []string
	present  func() bool
}

var needs = []need{
	{"PostgreSQL 14 or later", []string{"postgresql"}, func() bool {
		return onPath("postgres") || matches("/usr/lib/postgresql/*/bin/postgres")
	}},
	{"Chromium", []string{"chromium"}, func() bool {
		return onPath("chromium", "chromium-browser", "google-chrome", "headless-shell")
	}},
	{"a font with Chinese characters", []string{"fonts-noto-cjk"}, func() bool {
		return matches("/usr/share/fonts/*/*/NotoSansCJK*", "/usr/share/fonts/*/NotoSansCJK*",
			"/System/Library/Fonts/PingFang*")
	}},
	{"Node.js", []string{"nodejs"}, func() bool { return onPath("node") }},
	{"npm", []string{"npm"}, func() bool { return onPath("npm") }},
	{"a C compiler for the race detector", []string{"gcc", "libc6-dev"}, func() bool {
		return onPath("gcc", "clang", "cc")
	}},
}

// prepare installs what is missing where it may, and says what to install where it may not.
func prepare(ctx context.Context, j *job) error {
	missing, packages := missingNeeds()
	if len(missing) == 0 {
		fmt.Fprintln(j.out, "nothing is missing")
		return nil
	}
	install := "apt-get install --yes --no-install-recommends " + strings.Join(packages, " ")
	if os.Geteuid() != 0 || !onPath("apt-get") {
		return skipError{fmt.Sprintf("missing: %s; as root: %s", strings.Join(missing, ", "), install)}
	}
	fmt.Fprintf(j.out, "missing: %s\n", strings.Join(missing, ", "))
	apt := command{env: []string{"DEBIAN_FRONTEND=noninteractive"}}
	if err := j.exec(ctx, apt, "apt-get", "update", "--quiet"); err != nil {
		return err
	}
	words := strings.Fields(install)
	if err := j.exec(ctx, apt, words[0], words[1:]...); err != nil {
		return err
	}
	if missing, _ = missingNeeds(); len(missing) > 0 {
		return fmt.Errorf("still missing after %s: %s", install, strings.Join(missing, ", "))
	}
	return nil
}

func missingNeeds() (what, packages []string) {
	for _, n := range needs {
		if !n.present() {
			what = append(what, n.what)
			packages = append(packages, n.packages...)
		}
	}
	return what, packages
}

func onPath(programs ...string) bool {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err == nil {
			return true
		}
	}
	return false
}

func matches(patterns ...string) bool {
	for _, pattern := range patterns {
		if found, _ := filepath.Glob(pattern); len(found) > 0 { // the only error is a bad pattern
			return true
		}
	}
	return false
}
