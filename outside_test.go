package souk

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFromOutside builds a program in a module of its own that imports souk and
// runs the quickstart, and looks at what its binary links: souk, and the two
// modules that souk needs.
func TestFromOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program; left out of short runs")
	}
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	program, err := os.ReadFile("examples/quickstart/main.go")
	require.NoError(t, err)
	sums, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	write("main.go", string(program))
	write("go.sum", string(sums))
	write("go.mod", "module example.com/host\n\ngo 1.25.0\n\nrequire "+module+" v0.0.0\n\nreplace "+module+" => "+root+"\n")

	run := func(args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %v: %s", args, out)
		return string(out)
	}
	run("build", "-o", "host", ".")
	var linked []string
	for line := range strings.Lines(run("version", "-m", "host")) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "dep" {
			linked = append(linked, f[1])
		}
	}
	require.Equal(t, []string{"github.com/shopspring/decimal", module, "golang.org/x/text"}, linked)

	out, err := exec.Command(filepath.Join(dir, "host")).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "adds up to [0.00 EUR 0.00 USD]")
}
