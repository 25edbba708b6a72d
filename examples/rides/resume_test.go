package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// processFile names, to a process of its own, the file in which it replays.
const processFile = "SOUK_TEST_RIDES"

func TestMain(m *testing.M) {
	path := os.Getenv(processFile)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := replayFew(context.Background(), path, nil, io.Discard); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// replayFew replays a sixteenth of the trips, which is some of every day, on the
// books in a file, and writes the report. end puts something between the engine
// and the store.
func replayFew(ctx context.Context, path string, end func(ledger.Store) ledger.Store, report io.Writer) error {
	trips, err := readTrips()
	if err != nil {
		return err
	}
	var few []trip
	for i := 0; i < len(trips); i += 16 {
		few = append(few, trips[i])
	}
	books, err := sqlite.Open(context.Background(), path, nil)
	if err != nil {
		return err
	}
	defer books.Close()
	store := ledger.Store(books)
	if end != nil {
		store = end(store)
	}
	r, err := newReplay(ctx, connect.Config{Store: store}, 2019, time.Date(2019, 2, 28, 0, 0, 0, 0, time.UTC), io.Discard)
	if err != nil {
		return err
	}
	if err := r.run(ctx, few); err != nil {
		return err
	}
	if err := r.report.close(ctx, r, &fileSums{}); err != nil {
		return err
	}
	r.report.text(report)
	verified, err := r.engine.Verify(ctx)
	if err != nil {
		return err
	}
	return verified.Err()
}

// final is what is in a file of books in the end: every account that is not
// empty, by the name of its zone, and how many transactions there are.
func final(t *testing.T, path string) (accounts []string, transactions int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRow("select count(*) from souk_transactions").Scan(&transactions))

	books, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer books.Close()
	engine, err := connect.New(connect.Config{Store: books})
	require.NoError(t, err)
	for p, err := range engine.Platforms(t.Context()) {
		require.NoError(t, err)
		zones := map[string]string{p.ID(): "platform"}
		for a, err := range p.Accounts(t.Context(), page) {
			require.NoError(t, err)
			zones[a.ID] = a.Metadata["zone"]
		}
		accounts = append(accounts, balances(t, books, p.ID(), zones)...)
	}
	return accounts, transactions
}

func balances(t *testing.T, books ledger.Store, book string, zones map[string]string) (list []string) {
	t.Helper()
	require.NoError(t, books.Read(t.Context(), func(v ledger.View) error {
		q := ledger.AccountQuery{Book: book, Limit: ledger.MaxPage}
		for {
			page, err := v.AccountsOf(q)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, a := range page {
				if !a.Posted.IsZero() || !a.Held.IsZero() {
					list = append(list, fmt.Sprintf("%s %s: %v, %v held", zones[a.Owner], a.Purpose, a.Posted, a.Held))
				}
			}
			q.After = page[len(page)-1].Ref
		}
	}))
	return list
}

// outcome is what a replay comes to.
type outcome struct {
	Report       string
	Accounts     []string
	Transactions int
}

// finish replays to the end and returns what that came to.
func finish(t *testing.T, path string) outcome {
	t.Helper()
	var report bytes.Buffer
	require.NoError(t, replayFew(t.Context(), path, nil, &report))
	accounts, transactions := final(t, path)
	return outcome{report.String(), accounts, transactions}
}

// mortal is a store whose process ends with its n-th commit: before it, after
// it, or as a person ends it who presses the keys for that.
type mortal struct {
	ledger.Store
	n    int
	way  int
	stop context.CancelFunc
}

const (
	diesBefore = iota
	diesAfter
	isAsked
	ways
)

// errDead is what a process that is dead hears: nothing is tried again.
var errDead = &ledger.Error{Class: ledger.Unavailable, Code: "dead", Final: true}

func (m *mortal) Read(ctx context.Context, fn func(ledger.View) error) error {
	if m.n <= 0 && m.way != isAsked {
		return errDead
	}
	return m.Store.Read(ctx, fn)
}

func (m *mortal) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	m.n--
	switch {
	case m.n > 0:
	case m.way == isAsked:
		m.stop()
	case m.way == diesBefore || m.n < 0:
		return nil, errDead
	default:
		_, _ = m.Store.Commit(ctx, c)
		return nil, errDead
	}
	return m.Store.Commit(ctx, c)
}

// A replay that is stopped anywhere, in whatever way and again and again, goes
// on and ends with the books and the report of one that was not; and after the
// end it adds nothing.
func TestStoppedAnywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := finish(t, filepath.Join(dir, "whole.db"))
	require.NotEmpty(t, want.Accounts)
	require.Greater(t, want.Transactions, 800)
	require.Contains(t, want.Report, "week of")
	require.Equal(t, want, finish(t, filepath.Join(dir, "whole.db")), "a second run adds nothing")

	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(dir, "stopped.db")
	for way := range 12 {
		ctx, stop := context.WithCancel(t.Context())
		m := &mortal{n: 1 + random.IntN(200), way: way % ways, stop: stop}
		err := replayFew(ctx, path, func(s ledger.Store) ledger.Store { m.Store = s; return m }, io.Discard)
		stop()
		if err == nil {
			break // it came to the end
		}
	}
	require.Equal(t, want, finish(t, path))

	path = filepath.Join(dir, "killed.db")
	for wait := 50 * time.Millisecond; killed(t, path, wait+rand.N(wait)); wait *= 2 {
	}
	require.Equal(t, want, finish(t, path))
}

// killed starts a process that replays and kills it after a while. It returns
// false if that process had come to its end.
func killed(t *testing.T, path string, after time.Duration) bool {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), processFile+"="+path)
	cmd.Stderr = &said
	require.NoError(t, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	timer.Stop()
	require.Empty(t, said.String())
	return err != nil
}

// Books that were begun with another seed are not gone on with, and a file that
// cannot be is told of.
func TestOtherBooksAreRefused(t *testing.T) {
	t.Parallel()
	store := ledger.NewMemory()
	replayOf(t, connect.Config{Store: store})
	_, err := newReplay(t.Context(), connect.Config{Store: store}, 2020, time.Date(2019, 2, 28, 0, 0, 0, 0, time.UTC), io.Discard)
	require.ErrorIs(t, err, ledger.Exists)

	_, progress := rides(t, 1, "-db", filepath.Join(t.TempDir(), "no", "market.db"))
	require.Contains(t, progress, "cannot_open")
}
