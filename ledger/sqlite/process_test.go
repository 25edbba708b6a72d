package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger/sqlite"
)

// Processes of the test's own are the test binary, run again with this set to
// the path of the file and SOUK_TEST_NAME to a name of theirs.
const pathVariable, nameVariable = "SOUK_TEST_FILE", "SOUK_TEST_NAME"

const each = 40 // cents that a process pays in

func TestMain(m *testing.M) {
	if told := os.Getenv(toldVariable); told != "" {
		if err := ask(os.Getenv(pathVariable), told); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if path := os.Getenv(pathVariable); path != "" {
		if err := payIn(path, os.Getenv(nameVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// payIn opens the file, which may be new, and pays in cent by cent.
func payIn(path, name string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	for i := range each {
		if _, err := s.Commit(ctx, topUp(fmt.Sprint(name, i), 1)); err != nil {
			return err
		}
		if _, err := s.Commit(ctx, topUp(fmt.Sprint("shared", i), 1)); err != nil { // whoever is first
			return err
		}
	}
	return s.Close()
}

// Processes that set up one new file at once and write to it neither lose nor
// double anything.
func TestProcessesShareAFile(t *testing.T) {
	path := file(t)
	const processes = 3
	var running []*exec.Cmd
	for i := range processes {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), pathVariable+"="+path, nameVariable+"="+string(rune('a'+i)))
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		running = append(running, cmd)
	}
	for _, cmd := range running {
		require.NoError(t, cmd.Wait())
	}
	s := open(t, path)
	require.EqualValues(t, (processes+1)*each, balance(t, s))
	addsUp(t, s)
}

// Promise 32, in short: a process that is killed loses nothing that it was told,
// and leaves books that add up without any repair.
func TestAProcessIsKilled(t *testing.T) {
	path := file(t)
	for i := range 5 {
		s := open(t, path)
		before := balance(t, s)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), pathVariable+"="+path, nameVariable+"="+string(rune('a'+i)))
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool { return balance(t, s) >= before+4 }, time.Minute, time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
		commit(t, s, topUp(fmt.Sprint("after", i), 1))
		addsUp(t, s)
		require.NoError(t, s.Close())
	}
}

// Two processes that ask for the same keys at once get one result each.
func TestProcessesShareKeys(t *testing.T) {
	path := file(t)
	require.NoError(t, open(t, path).Close())
	const keys = 20
	a, b := startAsker(t, path, "a", 0, keys), startAsker(t, path, "b", 0, keys)
	for _, p := range []*asker{a, b} {
		require.NoError(t, <-p.ended, &p.err)
	}
	require.Equal(t, keys*askers/2, requireAnswered(t, path, a.told, b.told))
	require.Len(t, answers(t, a.told), keys*askers/2)
	require.Len(t, answers(t, b.told), keys*askers/2)
}

// Whoever opens a new file at the same moment as others has to wait for them at
// most, and is not refused: SQLite does not wait by itself where two turn on the
// log at once.
func TestManySetUpOneFile(t *testing.T) {
	rounds := 20
	if long() {
		rounds = 1000
	}
	for range rounds {
		path := file(t)
		const n = 4
		errs := make([]error, n)
		start := make(chan struct{})
		var group sync.WaitGroup
		for i := range n {
			group.Add(1)
			go func() {
				defer group.Done()
				<-start
				s, err := sqlite.Open(context.Background(), path, nil)
				errs[i] = err
				if err == nil {
					errs[i] = s.Close()
				}
			}()
		}
		close(start)
		group.Wait()
		require.NoError(t, errors.Join(errs...))
	}
}
