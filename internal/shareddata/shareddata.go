// Package shareddata opens the real-world data sets and third-party cases that
// tests read. They stand outside the project, because many may not be copied
// into it; a machine without them skips the tests that need them.
package shareddata

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// EnvFolder names the environment variable that holds the folder of the
	// data; without it the folder is ../shared/data beside the module root.
	EnvFolder = "SOUK_TEST_DATA"
	// EnvRequired names the variable that, set to 1, makes a missing folder a
	// failure. Continuous integration sets it.
	EnvRequired = "SOUK_TEST_DATA_REQUIRED"

	module = "module github.com/soukhq/souk"
)

// Open opens a file by its slash-separated path under the data folder, such as
// "decimal/rounding.decTest.gz". The content of a .gz file comes unpacked. If
// the folder is not there the test is skipped, or fails where the data is
// required; a file that is missing in a folder that is there always fails,
// since that is a wrong path. The caller closes the file.
func Open(t testing.TB, name string) fs.File {
	t.Helper()
	data := Read(t, name)
	return &file{bytes.NewReader(data), info{path.Base(name), int64(len(data))}}
}

// Read returns the whole content of a file, as Open does.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	if !fs.ValidPath(name) {
		t.Fatalf("shareddata: %q is not a path under the data folder", name)
	}
	data, err := os.ReadFile(filepath.Join(folder(t), filepath.FromSlash(name)))
	if err == nil && path.Ext(name) == ".gz" {
		data, err = unzip(data)
	}
	if err != nil {
		t.Fatalf("shareddata: %v", err)
	}
	return data
}

// folder finds the data, or ends the test.
func folder(t testing.TB) string {
	t.Helper()
	dir := os.Getenv(EnvFolder)
	if dir == "" {
		root, err := moduleRoot()
		if err != nil {
			t.Fatalf("shareddata: %v", err)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	if s, err := os.Stat(dir); err != nil || !s.IsDir() {
		if os.Getenv(EnvRequired) == "1" {
			t.Fatalf("shareddata: no data folder at %s, and %s is set", dir, EnvRequired)
		}
		t.Skipf("shareddata: no data folder at %s; set %s to run this test", dir, EnvFolder)
	}
	return dir
}

// moduleRoot walks up to the go.mod of souk. Nested modules have one of their
// own, which is passed over.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && declares(data, module) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod of souk above the working directory")
		}
		dir = up
	}
}

func declares(gomod []byte, line string) bool {
	for s := bufio.NewScanner(bytes.NewReader(gomod)); s.Scan(); {
		if strings.TrimSpace(s.Text()) == line {
			return true
		}
	}
	return false
}

func unzip(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// file is an fs.File over bytes that are read already.
type file struct {
	*bytes.Reader
	info info
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }

type info struct {
	name string
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
