package sqlstore

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Promise 41: a pool that the host has used up is waited for, but not for ever.
func TestAPoolThatIsUsedUp(t *testing.T) {
	db := pool(t)
	require.NoError(t, Migrate(t.Context(), db, real))
	db.SetMaxOpenConns(1)
	s := New(db, real, Options{Wait: 20 * time.Millisecond})
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), put("1"))
	requireCode(t, err, ledger.Unavailable, "overloaded")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	requireCode(t, s.Read(ctx, func(ledger.View) error { return nil }), ledger.Unavailable, "canceled")
	require.NoError(t, conn.Close())
	r, err := s.Commit(t.Context(), put("1"))
	require.NoError(t, err)
	require.False(t, r.Replayed)
	require.Equal(t, 0, db.Stats().InUse, "every connection was given back")
	require.NoError(t, s.Close())
	require.NoError(t, db.Ping(), "the pool stays the host's")
	_, err = s.Commit(t.Context(), put("2"))
	requireCode(t, err, ledger.Unavailable, "store_closed")
	requireCode(t, s.Read(t.Context(), func(ledger.View) error { return nil }), ledger.Unavailable, "store_closed")
}
