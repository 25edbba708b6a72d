package shareddata_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/shareddata"
)

// recorder is a TB that notes how it was ended instead of ending the test.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// read calls Read where it may end its goroutine.
func read(t *testing.T, name string) (data []byte, r *recorder) {
	r = &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		data = shareddata.Read(r, name)
	}()
	<-done
	return data, r
}

func TestReadAndOpen(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(shareddata.EnvFolder, dir)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte("unpacked"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plain.txt"), []byte("plain"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", "data.csv.gz"), packed.Bytes(), 0o600))

	require.Equal(t, "plain", string(shareddata.Read(t, "plain.txt")))
	require.Equal(t, "unpacked", string(shareddata.Read(t, "sub/data.csv.gz")))

	f := shareddata.Open(t, "sub/data.csv.gz")
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "unpacked", string(data))
	stat, err := f.Stat()
	require.NoError(t, err)
	require.Equal(t, "data.csv.gz", stat.Name())
	require.EqualValues(t, len("unpacked"), stat.Size())
	require.NoError(t, f.Close())
}

func TestMissing(t *testing.T) {
	t.Setenv(shareddata.EnvRequired, "") // whatever the machine says
	t.Setenv(shareddata.EnvFolder, t.TempDir())
	_, r := read(t, "absent.txt")
	require.NotEmpty(t, r.failed, "a wrong path in a folder that is there is a mistake")
	_, r = read(t, "../escape.txt")
	require.Contains(t, r.failed, "not a path under the data folder")

	t.Setenv(shareddata.EnvFolder, filepath.Join(t.TempDir(), "nowhere"))
	_, r = read(t, "plain.txt")
	require.Contains(t, r.skipped, shareddata.EnvFolder, "the reason says how to run the test")
	require.Empty(t, r.failed)

	t.Setenv(shareddata.EnvRequired, "1")
	_, r = read(t, "plain.txt")
	require.Contains(t, r.failed, shareddata.EnvRequired)
	require.Empty(t, r.skipped)
}

func TestDefaultFolder(t *testing.T) {
	t.Setenv(shareddata.EnvFolder, "")
	root := t.TempDir()
	deep := filepath.Join(root, "souk", "nested", "pkg")
	require.NoError(t, os.MkdirAll(deep, 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "shared", "data"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "souk", "go.mod"), []byte("module github.com/soukhq/souk\n\ngo 1.25\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "souk", "nested", "go.mod"), []byte("module github.com/soukhq/souk/nested\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "shared", "data", "x.txt"), []byte("found"), 0o600))
	t.Chdir(deep)
	data, r := read(t, "x.txt")
	require.Empty(t, r.failed)
	require.Equal(t, "found", string(data), "a nested module's go.mod is passed over")
}
