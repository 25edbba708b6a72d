package postgres_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
)

// The SQL in docs/operations.md does what is said there.
func TestOperations(t *testing.T) {
	dsn := pgtest.DSN(t)
	p := pool(t, dsn)
	require.NoError(t, open(t, p).Migrate(t.Context(), connect.Kinds()...))
	blocks := viewtest.SQL(t, "../../docs/operations.md", "## PostgreSQL", "## SQLite")
	require.Len(t, blocks, 3, "roles, what returns nothing, and what returns numbers")

	// Roles are of the whole server, so they get names of this database's.
	var name string
	require.NoError(t, p.QueryRow(t.Context(), `select current_database()`).Scan(&name))
	app, reader, keeper := name+"_app", name+"_reader", name+"_keeper"
	for _, role := range []string{app, reader, keeper} {
		_, err := p.Exec(t.Context(), `create role `+role)
		require.NoError(t, err)
		t.Cleanup(func() {
			_, err := p.Exec(context.Background(), `drop owned by `+role+`; drop role `+role)
			require.NoError(t, err)
		})
	}
	for _, grant := range blocks[0] {
		_, err := p.Exec(t.Context(), strings.NewReplacer("souk_app", app, "souk_reader", reader, "souk_keeper", keeper).Replace(grant))
		require.NoError(t, err, grant)
	}

	as := poolAs(t, dsn, app)
	s := open(t, as)
	require.NoError(t, s.CheckSchema(t.Context()))
	viewtest.Fill(t, s)
	striped(t, as, s, 9) // which adds a stripe
	for _, change := range []string{`update souk.entries set amount = 1`, `delete from souk.accounts`, `truncate souk.events`, `drop view souk.balances`,
		`alter table souk.entries disable trigger all`, `delete from souk.changes`, `update souk.transactions set reason = ''`, `create table souk.mine ()`} {
		_, err := as.Exec(t.Context(), change)
		require.Error(t, err, change)
	}
	closes(t, s, "plat_s", viewed.Add(time.Minute))
	_, err := s.Archive(t.Context(), ledger.ArchiveRequest{Book: "plat_s", Before: viewed.Add(time.Minute), To: io.Discard})
	require.ErrorContains(t, err, "permission denied")
	done, _ := moves(t, open(t, poolAs(t, dsn, keeper)), "plat_s", viewed.Add(time.Minute))
	require.Equal(t, []bool{true, true}, []bool{done.Transactions == 18, done.Merged > 0})
	read := poolAs(t, dsn, reader)
	for query, may := range map[string]bool{"balances": true, "journal": true, "event_log": true, "objects": false, "entries": false, "connect_account": false} {
		_, err := read.Exec(t.Context(), `select * from souk.`+query)
		require.Equal(t, may, err == nil, "%s: %v", query, err)
	}

	db := stdlib.OpenDBFromPool(p)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, query := range blocks[1] {
		if strings.Contains(query, "'due'") {
			continue // the day is in the past
		}
		require.Empty(t, viewtest.Rows(t, db, query), query)
	}
	for _, query := range append(blocks[2], blocks[1]...) {
		viewtest.Rows(t, db, query)
	}
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	_, err = s.Join(tx).Commit(t.Context(), viewtest.Paid("hangs"))
	require.NoError(t, err)
	hung := strings.Replace(blocks[1][len(blocks[1])-1], "interval '10 seconds'", "interval '0 seconds'", 1)
	require.Len(t, viewtest.Rows(t, db, hung), 1)
}

// poolAs opens a pool of a role's.
func poolAs(t *testing.T, dsn, role string) *pgxpool.Pool {
	t.Helper()
	c, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	c.MaxConns = 20
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `set role `+role)
		return err
	}
	p, err := pgxpool.NewWithConfig(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}
