package postgres_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
)

// Promise 44: a dump made while others write is one moment of the books. They go
// on from it: old keys are remembered, what was reversed stays so, the rest is
// reversed once, and everything adds up.
func TestADumpIsRestored(t *testing.T) {
	from, to := pgtest.DSN(t), pgtest.DSN(t)
	s := open(t, pool(t, from))
	require.NoError(t, s.Migrate(t.Context(), connect.Kinds()...))
	d := viewtest.Fill(t, s)
	require.NoError(t, dumpReverse(t, s, dumpSale(t, s, "given-back")))
	sold := dumpSale(t, s, "sold")

	w := startDumpWriter(t, s)
	w.await(t, 5)
	before := w.done.Load()
	dump := filepath.Join(t.TempDir(), "books.dump")
	postgresTool(t, "pg_dump", "--format=custom", "--file="+dump, "--dbname="+from)
	w.await(t, 5) // nobody was held up for good
	w.stop()
	postgresTool(t, "pg_restore", "--exit-on-error", "--single-transaction", "--dbname="+to, dump)

	p := pool(t, to)
	c := open(t, p)
	require.NoError(t, c.CheckSchema(t.Context()))
	r, err := ledger.Verify(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, r.Err())
	for n := range before {
		require.Error(t, dumpExists(t, c, n), "it was acknowledged before the dump began")
	}
	var views int
	require.NoError(t, p.QueryRow(t.Context(), `select (select count(*) from souk.connect_charge) + (select count(*) from souk.kind_views)`).Scan(&views))
	require.Equal(t, 1+len(connect.Kinds()), views)

	// The marketplace goes on where it was.
	m, err := connect.New(connect.Config{Store: c, Acquirer: d.Acquirer, Rail: d.Rail, Now: d.Clock.Now})
	require.NoError(t, err)
	shop, err := m.Platform(t.Context(), d.Shop.ID())
	require.NoError(t, err)
	again, err := shop.Charge(t.Context(), connect.ChargeRequest{Key: "order-1", Amount: d.Charge.Amount, AccountID: d.Seller.ID,
		ApplicationFee: d.Charge.ApplicationFee, Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, []any{true, d.Charge.ID}, []any{again.Replayed, again.ID})
	d.Clock.Advance(48 * time.Hour)
	_, err = m.Drain(t.Context())
	require.NoError(t, err)
	report, err := m.Verify(t.Context())
	require.NoError(t, err)
	require.NoError(t, report.Err())

	errs := make([]error, 4)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { errs[i] = dumpReverse(t, c, sold) })
	}
	group.Wait()
	first := slices.Index(errs, nil)
	require.GreaterOrEqual(t, first, 0, "%v", errs)
	for _, err := range append(slices.Delete(errs, first, first+1), dumpReverse(t, c, "tx_given-back")) {
		hasCode(t, err, ledger.State, "already_reversed")
	}
	r, err = ledger.Verify(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, r.Err())
}

// postgresTool runs a program of PostgreSQL's. Where there is none the test is
// skipped, or fails if the tests need PostgreSQL.
func postgresTool(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		list, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
		if len(list) == 0 {
			if os.Getenv("SOUK_TEST_POSTGRES_REQUIRED") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
		path = list[len(list)-1]
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, "%s: %s", name, out)
}

func dumpChange(n int64) *ledger.Change { return viewtest.Paid("dumped-" + strconv.FormatInt(n, 10)) }

// dumpExists commits a change of the writer under another id and key: it is
// refused because its transaction is there.
func dumpExists(t *testing.T, s ledger.Store, n int64) error {
	t.Helper()
	c := dumpChange(n)
	c.ID = "again-" + c.ID
	_, err := s.Commit(t.Context(), c)
	return err
}

// dumpSale pays somebody and returns the transaction.
func dumpSale(t *testing.T, s ledger.Store, id string) string {
	t.Helper()
	_, err := s.Commit(t.Context(), viewtest.Paid(id))
	require.NoError(t, err)
	return "tx_" + id
}

func dumpReverse(t *testing.T, s ledger.Store, tx string) error {
	t.Helper()
	_, err := ledger.Update(t.Context(), s, func(u *ledger.Unit) error {
		_, err := u.Reverse(ledger.Reversal{Transaction: tx})
		return err
	})
	return err
}

// dumpWriter commits until it is stopped.
type dumpWriter struct {
	done  atomic.Int64 // acknowledged
	quit  atomic.Bool
	group sync.WaitGroup
	err   error
}

func startDumpWriter(t *testing.T, s ledger.Store) *dumpWriter {
	t.Helper()
	w := &dumpWriter{}
	w.group.Go(func() {
		for n := int64(0); !w.quit.Load(); n++ {
			if _, w.err = s.Commit(context.Background(), dumpChange(n)); w.err != nil {
				return
			}
			w.done.Add(1)
		}
	})
	t.Cleanup(func() { w.stop(); require.NoError(t, w.err) })
	return w
}

func (w *dumpWriter) stop() {
	w.quit.Store(true)
	w.group.Wait()
}

// await waits until more was acknowledged.
func (w *dumpWriter) await(t *testing.T, more int64) {
	t.Helper()
	until := w.done.Load() + more
	require.Eventually(t, func() bool { return w.done.Load() >= until }, time.Minute, time.Millisecond)
}
