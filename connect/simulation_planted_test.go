package connect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// misfits are bugs of a store and a rail that the simulation has to find.
var misfits = []string{
	"the store answers for what it did not commit", "the store books twice", "the store forgets keys", "the store loses events",
	"the store moves a unit astray", "the store forgets to release", "what is sent to the rail is sent twice",
}

// misbehave is a store with a bug.
func (w *watch) misbehave(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	to, change := w.Store, *c
	switch w.s.planted {
	case "the store answers for what it did not commit":
		if w.s.one(60) {
			to = ledger.Overlay(to)
		}
	case "the store forgets keys":
		change.Idem = ledger.Idem{}
	case "the store loses events":
		if w.s.one(60) {
			change.Emit = nil
		}
	case "the store moves a unit astray":
		if len(c.Post) > 0 && w.s.one(20) {
			change.Post = slices.Clone(c.Post)
			list := slices.Clone(c.Post[0].Entries)
			one, other := list[0].Amount, list[1].Amount
			if one.Currency() == other.Currency() && one.Minor() != -1 && other.Minor() != 1 {
				list[0].Amount, list[1].Amount = ledger.Minor(one.Minor()+1, one.Currency()), ledger.Minor(other.Minor()-1, other.Currency())
			}
			change.Post[0].Entries = list
		}
	case "the store books twice":
		if len(c.Post) > 0 && w.s.one(20) {
			change.Post = slices.Clone(c.Post)
			for i, x := range c.Post {
				x.ID = fmt.Sprint("again_", c.ID, "_", i)
				change.Post = append(change.Post, x)
			}
		}
	case "the store forgets to release":
		change.Holds = slices.DeleteFunc(slices.Clone(c.Holds), func(h ledger.HoldStep) bool { return h.Op == ledger.ReleaseHold })
	}
	r, err := to.Commit(ctx, &change)
	if err != nil || r.Replayed {
		return r, err
	}
	if to == w.Store {
		w.see(&change)
	}
	return r, nil
}

// A store and a rail that misbehave are found, and without them nothing is.
func TestSimulationFindsMisfits(t *testing.T) {
	const worlds = 8
	simulate(t, 3, worlds*worldSteps, func() ledger.Store { return ledger.NewMemory() })
	for _, name := range misfits {
		found := ""
		for world := uint64(0); world < 4*worlds && found == ""; world++ {
			l := newLifetime(3, world, worldSteps)
			l.planted = name
			found = l.live(t, ledger.NewMemory(), newCover())
		}
		require.NotEmpty(t, found, name)
		t.Log(name, found)
	}
}

// plantedBug is one of testdata/simulation/planted.table.
type plantedBug struct{ name, file, was, is string }

func plantedBugs(t *testing.T) (list []plantedBug) {
	text, err := os.ReadFile("testdata/simulation/planted.table")
	require.NoError(t, err)
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n")[1:] {
		lines := strings.Split(block, "\n")
		require.Len(t, lines, 4, block)
		list = append(list, plantedBug{lines[0], lines[1], strings.TrimPrefix(lines[2], "- "), strings.TrimPrefix(lines[3], "+ ")})
	}
	return list
}

// Each bug of the table still has its place in the source, once, and its name stands in
// what is planted there.
func TestPlantedBugsHaveTheirPlaces(t *testing.T) {
	list := plantedBugs(t)
	require.GreaterOrEqual(t, len(list)+len(misfits), 30)
	for _, b := range list {
		source, err := os.ReadFile(filepath.Join("..", b.file))
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(source), b.was), "%s in %s", b.was, b.file)
		require.Contains(t, b.is, `"`+b.name+`")`, b.name)
	}
}

// plantedHelp is added to each package that has planted bugs.
const plantedHelp = `

import "os"

func planted(name string) bool { return os.Getenv("SOUK_PLANTED") == name }

func or[T any](right, wrong T, name string) T {
	if planted(name) {
		return wrong
	}
	return right
}
`

// Each of them is found within its steps. It takes one compilation and some minutes.
func TestSimulationFindsPlantedBugs(t *testing.T) {
	if os.Getenv("SOUK_LONG") == "" || os.Getenv("SOUK_PLANTED") != "" {
		t.Skip("it takes minutes; SOUK_LONG=1 runs it")
	}
	program := buildPlanted(t, plantedBugs(t))
	for _, b := range append(plantedBugs(t), plantedBug{}) { // the last is none
		t.Run(b.name, func(t *testing.T) {
			var out []byte
			var err error
			for seed := 5; seed < 10 && err == nil; seed++ { // a rare one may want more than one
				run := exec.Command(program, "-test.run", "TestSimulation$", "-seed", strconv.Itoa(seed), "-steps", "60000", "-least=false")
				run.Env = append(os.Environ(), "SOUK_PLANTED="+b.name)
				if out, err = run.CombinedOutput(); b.name == "" {
					require.NoError(t, err, "%s", out)
					return
				}
			}
			require.Error(t, err, "it was not found")
			require.Regexp(t, `seed [5-9], marketplace`, string(out), "it failed otherwise")
			for _, line := range strings.Split(string(out), "\n") {
				if strings.Contains(line, ", marketplace") || strings.Contains(line, "Error:  ") || strings.Contains(line, "Messages:") {
					t.Log(strings.TrimSpace(line))
				}
			}
		})
	}
}

// buildPlanted builds the tests with all bugs in them, of copies of the files.
func buildPlanted(t *testing.T, bugs []plantedBug) string {
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	replace, copies := map[string]string{}, map[string]string{}
	for _, b := range bugs {
		path := filepath.Join(root, b.file)
		if copies[path] == "" {
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			copies[path] = string(source)
			help := filepath.Join(filepath.Dir(path), "planted_help.go")
			copies[help] = "package " + filepath.Base(filepath.Dir(path)) + plantedHelp
		}
		copies[path] = strings.Replace(copies[path], b.was, b.is, 1)
	}
	for path, text := range copies {
		to := filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(path, root), string(filepath.Separator), "_"))
		require.NoError(t, os.WriteFile(to, []byte(text), 0o600))
		replace[path] = to
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	program := filepath.Join(dir, "planted.test")
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}
