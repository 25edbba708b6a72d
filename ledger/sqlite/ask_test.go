package sqlite_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// A process that asks for changes is the test binary, run again with these set
// besides: the file of what it was told, which life of the books' file it is in,
// and how many keys each goroutine asks for.
const toldVariable, lifeVariable, keysVariable = "SOUK_TEST_TOLD", "SOUK_TEST_LIFE", "SOUK_TEST_KEYS"

// askers are the goroutines that ask; two of them always use the same keys.
const askers = 16

// ask opens the books and asks for changes until it is killed, or has what it
// wanted.
func ask(path, told string) error {
	life, _ := strconv.Atoi(os.Getenv(lifeVariable))
	keys, _ := strconv.Atoi(os.Getenv(keysVariable))
	s, err := sqlite.Open(context.Background(), path, nil)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(told, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	errs := make(chan error, askers)
	for g := range askers {
		go func() {
			for n := range keys {
				if err := askOnce(s, out, g, life, n); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range askers {
		if err := <-errs; err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return s.Close()
}

// askOnce asks for a key's change and writes the answer down before it goes on.
// Some keys are of the life before: a client that got no answer asks again.
func askOnce(s ledger.Store, out io.Writer, g, life, n int) error {
	key := fmt.Sprint(life, "-", g%(askers/2), "-", n)
	if life > 0 && n%5 == 4 {
		key = fmt.Sprint(life-1, "-", g%(askers/2), "-", n/5)
	}
	id := fmt.Sprint(os.Getenv(nameVariable), "-", life, "-", g, "-", n)
	r, err := s.Commit(context.Background(), keyed(id, key))
	if err != nil {
		return err
	}
	if len(r.Made) != 1 {
		return fmt.Errorf("%s made %v", id, r.Made)
	}
	_, err = fmt.Fprintf(out, "%s %s\n", key, r.Made[0].ID) // one write
	return err
}

// keyed is a change of one cent under an idempotency key, which its object names.
func keyed(id, key string) *ledger.Change {
	c := topUp(id, 1)
	c.Idem = ledger.Idem{Scope: book, Key: key, Hash: sha256.Sum256([]byte(key))}
	c.Put[0].Data = []byte(`"` + key + `"`)
	return c
}

// asker is such a process, as its parent sees it.
type asker struct {
	cmd   *exec.Cmd
	told  string
	err   bytes.Buffer
	ended chan error
}

// startAsker starts one; keys 0 is without end.
func startAsker(t *testing.T, path, name string, life, keys int) *asker {
	t.Helper()
	if keys == 0 {
		keys = math.MaxInt
	}
	a := &asker{cmd: exec.CommandContext(t.Context(), os.Args[0]), told: path + "-told-" + name, ended: make(chan error, 1)}
	a.cmd.Env = append(os.Environ(), pathVariable+"="+path, nameVariable+"="+name, toldVariable+"="+a.told,
		lifeVariable+"="+strconv.Itoa(life), keysVariable+"="+strconv.Itoa(keys))
	a.cmd.Stderr = &a.err
	require.NoError(t, a.cmd.Start())
	go func() { a.ended <- a.cmd.Wait() }()
	return a
}

// heard returns how much the process has been told.
func (a *asker) heard() int64 {
	info, err := os.Stat(a.told)
	if err != nil {
		return 0
	}
	return info.Size()
}

// hear waits until the processes have been told more, all together.
func hear(t *testing.T, more int64, list ...*asker) {
	t.Helper()
	heard := func() (n int64) {
		for _, a := range list {
			a.works(t)
			n += a.heard()
		}
		return n
	}
	for until := heard() + more; heard() < until; {
		time.Sleep(100 * time.Microsecond)
	}
}

// works fails if the process has ended by itself.
func (a *asker) works(t *testing.T) {
	t.Helper()
	select {
	case err := <-a.ended:
		require.Fail(t, "a process ended by itself", "%v\n%s", err, &a.err)
	default:
	}
}

// kill ends the process without a warning: SIGKILL.
func (a *asker) kill(t *testing.T) {
	t.Helper()
	a.works(t)
	require.NoError(t, a.cmd.Process.Kill())
	<-a.ended
}

// answers reads what processes were told: of each key the thing that it made. A
// key never gets two answers.
func answers(t *testing.T, files ...string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // killed before it was told anything
		}
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			key, thing, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if all[key] == "" {
				all[key] = thing
			}
			require.Equal(t, all[key], thing, "two answers to key %s", key)
		}
	}
	return all
}

// requireAnswered checks the books against what processes were told: each answer
// is true, each key has one effect, and gives the same answer again. It returns
// how many keys were answered.
func requireAnswered(t *testing.T, path string, files ...string) int {
	t.Helper()
	whole(t, path)
	s, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	has, all := kept(t, s), answers(t, files...)
	keys := make(map[string]string)
	for thing, data := range has {
		key := strings.Trim(data, `"`)
		require.Empty(t, keys[key], "key %s has two effects", key)
		keys[key] = thing
	}
	asked := 0
	for key, thing := range all {
		require.Equal(t, thing, keys[key], "what key %s made", key)
		remembers(t, s, key, thing)
		if asked++; asked <= 5 {
			r := commit(t, s, keyed("again", key))
			require.True(t, r.ByKey)
			require.Equal(t, []ledger.ID{{Kind: "thing", ID: thing}}, r.Made)
			r = commit(t, s, keyed(thing, key))
			require.True(t, r.Replayed && !r.ByKey, "the change itself, handed in again")
		}
	}
	require.Len(t, kept(t, s), len(has))
	return len(all)
}

// remembers: the object of a key is there and names what the key made.
func remembers(t *testing.T, s ledger.Store, key, thing string) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		o, err := v.Objects(ledger.ID{Kind: ledger.IdemKind, ID: book + "|" + key})
		if err == nil {
			require.EqualValues(t, 1, o[0].Version)
			require.Contains(t, string(o[0].Data), strconv.Quote(thing))
		}
		return err
	}))
}
