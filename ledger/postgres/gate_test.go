package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// puts is a change that puts objects, of a version each, and expects others.
func puts(id string, versions map[ledger.ID]int64, expect ...ledger.Expectation) *ledger.Change {
	c := &ledger.Change{ID: id, At: noon, Expect: expect}
	for id, version := range versions {
		c.Put = append(c.Put, ledger.Object{ID: id, Version: version, Data: []byte("{}")})
	}
	return c
}

// What a change only looks at is learnt by its kind, in whichever store, and
// nobody writes one while anybody who may have looked is about to commit
// (promise 48).
func TestWhoWritesAGateTakesAllStripes(t *testing.T) {
	one, dsn := migrated(t)
	p := pool(t, dsn)
	two := open(t, p)
	ctx := t.Context()
	person, sale := ledger.ID{Kind: "person", ID: "1"}, ledger.ID{Kind: "sale", ID: "1"}
	commit := func(s ledger.Store, c *ledger.Change) {
		t.Helper()
		_, err := s.Commit(ctx, c)
		require.NoError(t, err)
	}
	commit(two, puts("a", map[ledger.ID]int64{person: 0}))
	commit(one, puts("b", map[ledger.ID]int64{sale: 0}, ledger.Expectation{Object: person, Version: 1}))
	var known bool
	require.NoError(t, p.QueryRow(ctx, `select exists (select from souk.gates where kind = 'person' and not absent)`).Scan(&known))
	require.True(t, known)

	// Somebody who holds a stripe may have looked at the person.
	looking, err := p.Begin(ctx)
	require.NoError(t, err)
	_, err = looking.Exec(ctx, `select from souk.stripes where id = 5 for update`)
	require.NoError(t, err)
	written := make(chan error, 1)
	go func() {
		_, err := two.Commit(context.Background(), puts("c", map[ledger.ID]int64{person: 1}))
		written <- err
	}()
	waits := func() (n int) {
		require.NoError(t, p.QueryRow(ctx, `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`).Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return waits() == 1 }, 10*time.Second, time.Millisecond)
	select {
	case err := <-written:
		t.Fatalf("the gate was passed: %v", err)
	default:
	}
	require.NoError(t, looking.Rollback(ctx))
	require.NoError(t, <-written)

	// A kind that nobody looks at is written past whoever holds a stripe.
	looking, err = p.Begin(ctx)
	require.NoError(t, err)
	_, err = looking.Exec(ctx, `select from souk.stripes where id = 5 for update`)
	require.NoError(t, err)
	commit(two, puts("d", map[ledger.ID]int64{sale: 1}))
	commit(two, puts("e", map[ledger.ID]int64{{Kind: "person", ID: "2"}: 0})) // nobody expects one to be absent
	require.NoError(t, looking.Rollback(ctx))
}

// With every stripe in somebody's hands a commit adds one, and a stripe whose
// holder has gone is taken by the next.
func TestStripesAreAddedAndTakenOver(t *testing.T) {
	s, dsn := migrated(t)
	p := pool(t, dsn)
	ctx := t.Context()
	count := func() (n int) {
		require.NoError(t, p.QueryRow(ctx, `select count(*) from souk.stripes where id >= 0`).Scan(&n))
		return n
	}
	before := count()
	holder, err := p.Begin(ctx)
	require.NoError(t, err)
	_, err = holder.Exec(ctx, `select from souk.stripes where id >= 0 for update`)
	require.NoError(t, err)
	_, err = s.Commit(ctx, puts("a", map[ledger.ID]int64{{Kind: "thing", ID: "1"}: 0}))
	require.NoError(t, err)
	require.Equal(t, before+1, count())
	// The holder's process dies.
	require.NoError(t, holder.Conn().Close(ctx))
	for _, id := range []string{"b", "c", "d"} {
		_, err := s.Commit(ctx, puts(id, map[ledger.ID]int64{{Kind: "thing", ID: id}: 0}))
		require.NoError(t, err)
	}
	require.Equal(t, before+1, count())
	_ = holder.Rollback(ctx) // gives the connection back
}
