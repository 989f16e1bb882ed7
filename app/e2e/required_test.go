package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// TestMain ends what tests share: the browsers and the built binary.
func TestMain(m *testing.M) {
	status := m.Run()
	closeBrowsers()
	if builtIn != "" {
		_ = os.RemoveAll(builtIn)
	}
	os.Exit(status)
}

// lacking skips the test because the machine lacks something, loudly, or fails
// it where everything is required.
func lacking(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("MEMBERZONE_E2E") == "required" {
		t.Fatal("MEMBERZONE_E2E=required: " + reason)
	}
	fmt.Fprintf(os.Stderr, "SKIP %s: %s\n", t.Name(), reason)
	t.Skip(reason)
}

// needBrowserAndNode skips a test early, before it has started anything.
func needBrowserAndNode(t *testing.T) {
	t.Helper()
	if _, err := chromium(); err != nil {
		lacking(t, err.Error())
	}
	if _, err := installSDK(); errors.Is(err, errNoNode) {
		lacking(t, err.Error())
	}
}

// slow skips the test in short runs.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("end to end: left out of -short runs")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// builtIn is the folder of the built binary, empty before it is built.
var builtIn string

// binary builds the product once per run of the tests.
var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "memberzone-e2e-")
	if err != nil {
		return "", err
	}
	builtIn = folder
	path := filepath.Join(folder, "memberzone")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./cmd/memberzone")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/memberzone: %w\n%s", err, out)
	}
	return path, nil
})
