package embedded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// archive writes a .tgz with one entry.
func archive(t *testing.T, header tar.Header, content string) string {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	entries := tar.NewWriter(zipped)
	header.Size = int64(len(content))
	for _, err := range []error{
		entries.WriteHeader(&header), second(entries.Write([]byte(content))), entries.Close(), zipped.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func second(_ int, err error) error { return err }

func TestUnpackWritesFilesAndRefusesEverythingElse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header tar.Header
		want   error
	}{
		{"a program", tar.Header{Name: "package/native/bin/initdb", Mode: 0o755, Typeflag: tar.TypeReg}, nil},
		{"a way out", tar.Header{Name: "package/../../passwd", Mode: 0o644, Typeflag: tar.TypeReg}, errArchive},
		{"an absolute name", tar.Header{Name: "/etc/passwd", Mode: 0o644, Typeflag: tar.TypeReg}, errArchive},
		{"a link", tar.Header{Name: "package/x", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}, errArchive},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			content := ""
			if test.header.Typeflag == tar.TypeReg {
				content = "#!/bin/sh\n"
			}
			into := t.TempDir()
			if err := unpack(archive(t, test.header, content), into); !errors.Is(err, test.want) {
				t.Fatalf("unpack: %v, want %v", err, test.want)
			}
			if test.want != nil {
				return
			}
			info, err := os.Stat(filepath.Join(into, test.header.Name))
			if err != nil || info.Mode().Perm()&0o100 == 0 {
				t.Errorf("the program was not unpacked to run: %v, %v", info, err)
			}
		})
	}
}

func TestPackageWithAnotherChecksumIsNotUsed(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	packed := archive(t, tar.Header{Name: "package/native/bin/initdb", Mode: 0o755, Typeflag: tar.TypeReg}, "#!/bin/sh\n")
	npm := filepath.Join(t.TempDir(), "npm")
	script := "#!/bin/sh\ncp " + packed + " . && echo package.tgz\n"
	if err := os.WriteFile(npm, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := fetchInto(t.Context(), npm, work); !errors.Is(err, errChecksum) {
		t.Errorf("fetch: %v, want %v", err, errChecksum)
	}
	if exists(filepath.Join(work, "package")) {
		t.Error("the package was unpacked all the same")
	}
}

func TestLibraryLinksStayInsideThePackage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, list string
		want       error
	}{
		{"beside the library", `[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]`, nil},
		{"to the outside", `[{"source":"../../etc/passwd","target":"native/lib/libpq.so.5"}]`, errArchive},
		{"from the outside", `[{"source":"native/lib/libpq.so.5.17","target":"/usr/lib/libpq.so.5"}]`, errArchive},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			writeFile(t, filepath.Join(root, "native", "lib"), "libpq.so.5.17", "library")
			writeFile(t, filepath.Join(root, "native"), "pg-symlinks.json", test.list)
			if err := linkLibraries(root); !errors.Is(err, test.want) {
				t.Fatalf("link: %v, want %v", err, test.want)
			}
			if test.want == nil && !exists(filepath.Join(root, "native", "lib", "libpq.so.5")) {
				t.Error("the link is not there")
			}
		})
	}
}

func TestVersionedDirsAreOfSupportedVersionsNewestFirst(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, version := range []string{"9.6", "13", "14", "17", "16", "common"} {
		if err := os.MkdirAll(filepath.Join(root, version, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for _, version := range []string{"17", "16", "14"} {
		want = append(want, filepath.Join(root, version, "bin"))
	}
	if got := versionedDirs(root + "/%s/bin"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestExistingDirectoryTakesTheBinariesOfItsVersion(t *testing.T) {
	t.Parallel()
	installed := []binaries{{major: 17}, {major: 15}}
	for want, fails := range map[int]bool{0: false, 15: false, 17: false, 16: true} {
		if err := matchMajor(installed, want); errors.Is(err, ErrVersion) != fails {
			t.Errorf("version %d: %v", want, err)
		}
	}
}
