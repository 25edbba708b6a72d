package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// Processes of the test's own are the test binary, run again with these set:
// what to do, the database, a name of theirs and a file to write to.
const (
	doVariable   = "SOUK_TEST_DO"
	dsnVariable  = "SOUK_TEST_DSN"
	nameVariable = "SOUK_TEST_NAME"
	fileVariable = "SOUK_TEST_FILE"
)

func TestMain(m *testing.M) {
	do, ok := map[string]func(*pgxpool.Pool, *postgres.Store) error{"load": load, "keys": useKeys, "hold": hold}[os.Getenv(doVariable)]
	if !ok {
		pgtest.Main(m)
	}
	if err := child(do); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(do func(*pgxpool.Pool, *postgres.Store) error) error {
	p, err := pgxpool.New(context.Background(), os.Getenv(dsnVariable))
	if err != nil {
		return err
	}
	defer p.Close()
	s, err := postgres.New(p, nil)
	if err != nil {
		return err
	}
	return errors.Join(do(p, s), s.Close())
}

// process is one that was started.
type process struct {
	*exec.Cmd
	in   io.Closer // it ends in order when this is closed
	file string
}

func start(t *testing.T, do, dsn, name string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0]), file: filepath.Join(t.TempDir(), "acknowledged")}
	p.Env = append(os.Environ(), doVariable+"="+do, dsnVariable+"="+dsn, nameVariable+"="+name, fileVariable+"="+p.file)
	p.Stderr = os.Stderr
	in, err := p.StdinPipe()
	require.NoError(t, err)
	p.in = in
	require.NoError(t, os.WriteFile(p.file, nil, 0o600))
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill() }) // if it has not ended
	return p
}

// end lets it finish what it does.
func (p *process) end(t *testing.T) {
	t.Helper()
	require.NoError(t, p.in.Close())
	require.NoError(t, p.Wait())
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Kill())
	_ = p.Wait() // it was killed
}

// lines returns what it wrote so far, line by line.
func (p *process) lines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(p.file)
	require.NoError(t, err)
	whole := string(text[:strings.LastIndexByte(string(text), '\n')+1])
	return strings.Fields(whole)
}

// output opens the file of a child. What is written is with the kernel when a
// call returns, so that it outlives the process.
func output() (*os.File, error) {
	return os.OpenFile(os.Getenv(fileVariable), os.O_APPEND|os.O_WRONLY, 0)
}

// ended is closed when the parent closes the child's input, or is gone.
func ended() <-chan struct{} {
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return over
}

// insist hands in a change until its outcome is known to be good, and says how
// often it was not known.
func insist(s ledger.Store, c *ledger.Change) (unknown int, err error) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		_, err := s.Commit(context.Background(), c)
		switch {
		case err == nil:
			return unknown, nil
		case errors.Is(err, ledger.Unknown):
			unknown++
		case !errors.Is(err, ledger.Unavailable):
			return unknown, err
		}
		if time.Now().After(end) {
			return unknown, err
		}
	}
}

// load pays sellers from 16 goroutines until it is told to end, and writes the
// name of each payment that was acknowledged.
func load(_ *pgxpool.Pool, s *postgres.Store) error {
	f, err := output()
	if err != nil {
		return err
	}
	over, errs := ended(), make([]error, 16)
	var group sync.WaitGroup
	for w := range errs {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; errs[w] == nil; i++ {
				select {
				case <-over:
					return
				default:
				}
				id := fmt.Sprint(os.Getenv(nameVariable), "-", w, "-", i)
				if _, errs[w] = insist(s, pay(available(fmt.Sprint("acct_", w%5)), id, 1)); errs[w] == nil {
					_, errs[w] = f.WriteString(id + "\n")
				}
			}
		}()
	}
	group.Wait()
	return errors.Join(append(errs, f.Close())...)
}

const sharedKeys = 40

// useKeys sends the same requests as all its like, each from several goroutines,
// and writes what became of each: the thing that the first of them made.
func useKeys(_ *pgxpool.Pool, s *postgres.Store) error {
	f, err := output()
	if err != nil {
		return err
	}
	errs := make([]error, 6)
	var group sync.WaitGroup
	for w := range errs {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range sharedKeys {
				c := pay(seller, fmt.Sprint(os.Getenv(nameVariable), w, "-", i), 1)
				c.Idem = key(fmt.Sprint("key", i))
				r, err := s.Commit(context.Background(), c)
				for errors.Is(err, ledger.Conflict) {
					r, err = s.Commit(context.Background(), c)
				}
				if err == nil {
					_, err = fmt.Fprintf(f, "%d=%s\n", i, r.Made[0].ID)
				}
				if errs[w] = err; err != nil {
					return
				}
			}
		}()
	}
	group.Wait()
	return errors.Join(append(errs, f.Close())...)
}

// hold takes all stripes that are there, says so, and waits to be killed.
func hold(p *pgxpool.Pool, _ *postgres.Store) error {
	tx, err := p.Begin(context.Background())
	if err != nil {
		return err
	}
	if _, err := tx.Exec(context.Background(), "select id from souk.stripes where id >= 0 order by id for update"); err != nil {
		return err
	}
	f, err := output()
	if err == nil {
		_, err = f.WriteString("held\n")
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return err
}

// Promise 23: of many requests with one key, from three processes, one has an
// effect, and all get its result.
func TestProcessesShareKeys(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	dsn := p.Config().ConnString()
	var running []*process
	for _, name := range []string{"a", "b", "c"} {
		running = append(running, start(t, "keys", dsn, name))
	}
	results, answers := make(map[string]string), 0
	for _, one := range running {
		require.NoError(t, one.Wait())
		for _, line := range one.lines(t) {
			key, made, _ := strings.Cut(line, "=")
			if first, ok := results[key]; ok {
				require.Equal(t, first, made, "the result of key %s", key)
			}
			results[key] = made
			answers++
		}
	}
	require.Equal(t, 3*6*sharedKeys, answers)
	require.Len(t, results, sharedKeys)
	require.EqualValues(t, sharedKeys, balance(t, s))
	require.Equal(t, sharedKeys, whole(t, p))
	addsUp(t, s)
}

// Processes that write to the same few accounts all get on, and none is ended by
// the database because they wait for each other.
func TestProcessesNeitherBlockNorStarve(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	dsn := p.Config().ConnString()
	var running []*process
	for _, name := range []string{"a", "b", "c"} {
		running = append(running, start(t, "load", dsn, name))
	}
	for i, one := range running {
		eventually(t, fmt.Sprint("process ", i, " starves"), func() bool { return len(one.lines(t)) >= 100 })
	}
	for _, one := range running {
		require.NoError(t, one.in.Close())
	}
	var acknowledged []string
	for _, one := range running {
		require.NoError(t, one.Wait())
		acknowledged = append(acknowledged, one.lines(t)...)
	}
	thereOnce(t, s, acknowledged)
	require.Equal(t, len(acknowledged), whole(t, p), "who ended in order was told of everything")
	deadlocks := "select deadlocks from pg_stat_database where datname = current_database()"
	require.Zero(t, count(t, p, deadlocks))
}

// A process that is killed while it holds stripes leaves them free, and keeps
// nobody waiting until then.
func TestAKilledProcessLeavesItsStripes(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	one := start(t, "hold", p.Config().ConnString(), "a")
	eventually(t, "it holds nothing", func() bool { return len(one.lines(t)) > 0 })
	free := "select count(*) from (select id from souk.stripes where id between 0 and 7 for update skip locked) f"
	require.Zero(t, count(t, p, free))
	commit(t, s, topUp("beside", 1))
	require.Zero(t, count(t, p, free), "it took another stripe")
	one.kill(t)
	eventually(t, "its stripes stay locked", func() bool { return count(t, p, free) == 8 })
	commit(t, s, topUp("after", 1))
	require.Equal(t, 2, whole(t, p))
	addsUp(t, s)
}
