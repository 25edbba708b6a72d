package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	books, err := sqlite.Open(context.Background(), path, nil)
	if err == nil {
		_, err = replayTrips(context.Background(), books, every(100))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// every returns each n-th trip of the month.
func every(n int) (few []trip) {
	trips, err := readTrips()
	if err != nil {
		panic(err)
	}
	for i := 0; i < len(trips); i += n {
		few = append(few, trips[i])
	}
	return few
}

// replayTrips replays trips and returns the report.
func replayTrips(ctx context.Context, books ledger.Store, trips []trip) (string, error) {
	r, err := newReplay(ctx, connect.Config{Store: books}, 2019, trips[0].pickup.Truncate(24*time.Hour), io.Discard)
	if err != nil {
		return "", err
	}
	if err := r.run(ctx, trips); err != nil {
		return "", err
	}
	if err := r.report.close(ctx, r, &fileSums{}); err != nil {
		return "", err
	}
	verified, err := r.engine.Verify(ctx)
	if err != nil {
		return "", err
	}
	var report bytes.Buffer
	r.report.text(&report)
	return report.String(), verified.Err()
}

// outcome is what a replay comes to: the report, every account that is not
// empty, by the name of its zone, and how many transactions there are.
type outcome struct {
	Report       string
	Accounts     []string
	Transactions int
}

// finish replays to the end and returns what that came to.
func finish(t *testing.T, books ledger.Store, trips []trip) outcome {
	t.Helper()
	report, err := replayTrips(t.Context(), books, trips)
	require.NoError(t, err)
	o := outcome{Report: report}
	engine, err := connect.New(connect.Config{Store: books})
	require.NoError(t, err)
	zones := make(map[string]string)
	for p, err := range engine.Platforms(t.Context()) {
		require.NoError(t, err)
		zones[p.ID()] = "the platform"
		for a, err := range p.Accounts(t.Context(), page) {
			require.NoError(t, err)
			zones[a.ID] = a.Metadata["zone"]
		}
	}
	transactions := make(map[string]bool)
	require.NoError(t, books.Read(t.Context(), func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) error {
			if !a.Posted.IsZero() || !a.Held.IsZero() {
				o.Accounts = append(o.Accounts, fmt.Sprintf("%s, %s: %v, %v held", zones[a.Owner], a.Purpose, a.Posted, a.Held))
			}
			return eachEntry(v, a.Ref, func(e ledger.Posted) { transactions[e.Transaction] = true })
		})
	}))
	slices.Sort(o.Accounts) // their owners' ids differ from run to run
	o.Transactions = len(transactions)
	return o
}

func eachEntry(v ledger.View, r ledger.Ref, fn func(ledger.Posted)) error {
	p := ledger.Page{Limit: ledger.MaxPage}
	for {
		list, err := v.Entries(r, p)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, e := range list {
			fn(e)
		}
		p.After = list[len(list)-1].Place(p.By)
	}
}

// mortal is a store whose process ends with its n-th commit: it dies once that is
// made, or a person has asked it to stop.
type mortal struct {
	ledger.Store
	n    int
	stop context.CancelFunc // nil: it dies
}

// errDead is what a process that is dead hears: nothing is tried again.
var errDead = &ledger.Error{Class: ledger.Unavailable, Code: "dead", Final: true}

func (m *mortal) Read(ctx context.Context, fn func(ledger.View) error) error {
	if m.n <= 0 && m.stop == nil {
		return errDead
	}
	return m.Store.Read(ctx, fn)
}

func (m *mortal) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	m.n--
	switch {
	case m.n > 0:
		return m.Store.Commit(ctx, c)
	case m.stop != nil:
		m.stop()
		return m.Store.Commit(ctx, c)
	case m.n == 0:
		_, _ = m.Store.Commit(ctx, c)
	}
	return nil, errDead
}

// A replay that is stopped at any of its commits goes on and ends with the books and the report of one that was not.
func TestStoppedAtEachCommit(t *testing.T) {
	t.Parallel()
	var trips []trip
	refunded := 0
	for i, x := range every(1)[4300:] { // of the last ten days, to be quick
		if refund := x.kind == "credit card" && refunds(2019, x.row); refund {
			refunded++
			if refunded%20 != 1 {
				continue
			}
		} else if i%600 != 0 {
			continue
		}
		trips = append(trips, x)
	}
	count := &mortal{Store: ledger.NewMemory(), n: math.MaxInt}
	want := finish(t, count, trips)
	commits := math.MaxInt - count.n
	t.Log(len(trips), "trips,", commits, "commits")
	require.Greater(t, commits, 40)
	for n := 1; n <= commits; n++ {
		for _, asked := range []bool{false, true} {
			ctx, stop := context.WithCancel(t.Context())
			m := &mortal{Store: ledger.NewMemory(), n: n}
			if asked {
				m.stop = stop
			}
			_, err := replayTrips(ctx, m, trips)
			stop()
			require.True(t, err != nil || n == commits, "commit %d, asked %t", n, asked)
			require.Equal(t, want, finish(t, m.Store, trips), "commit %d, asked %t", n, asked)
		}
	}
}

// A process that is killed, again and again, loses nothing and does nothing
// twice; and after the end another run adds nothing.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir, trips := t.TempDir(), every(100)
	path := filepath.Join(dir, "killed.db")
	kills := 0
	for wait := 100 * time.Millisecond; killed(t, path, wait+rand.N(wait)); wait *= 3 {
		kills++
	}
	t.Log("killed", kills, "times")
	want := finish(t, ledger.NewMemory(), trips)
	require.Greater(t, want.Transactions, 100)
	books, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer books.Close()
	require.Equal(t, want, finish(t, books, trips))
	require.Equal(t, want, finish(t, books, trips))
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
