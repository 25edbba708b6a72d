package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

var viewed = time.Date(2026, 3, 9, 12, 0, 0, 123_456_000, time.UTC)

// What people read in the views is what the store says, of accounts in several
// stripes too.
func TestViewsShowTheBooks(t *testing.T) {
	p := pool(t, pgtest.DSN(t))
	s := open(t, p)
	require.NoError(t, s.Migrate(t.Context(), connect.Kinds()...))
	d := viewtest.Fill(t, s)
	usdc, err := ledger.Asset("USDC/6")
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), viewtest.Odd("odd", viewed, ledger.JPY, ledger.EUR, ledger.KWD, ledger.BTC, usdc))
	require.NoError(t, err)
	striped(t, p, s, 3)
	db := stdlib.OpenDBFromPool(p)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.Equal(t, []string{"true"}, viewtest.Rows(t, db, `select (count(*) > 3)::text from souk.accounts where book = 'plat_s' and owner = 'house'`))
	viewtest.Compare(t, s, db, "souk.")
	for query, want := range map[string]string{
		`select amount, refunded, amount_minor, currency, status, account, created from souk.connect_charge`: "100.00 | 25.05 | 10000 | USD | succeeded | " + d.Seller.ID + " | 2026-03-02T09:00:00.000000Z",
		`select id, version > 1, charge, amount from souk.connect_refund`:                                    d.Refund.ID + " | 1 | " + d.Charge.ID + " | 25.05",
		`select amount, currency, status, owner from souk.payout`:                                            "50.00 | USD | paid | " + d.Seller.ID,
		`select name, country, base from souk.connect_platform`:                                              "Atelier | US | USD",
		`select count(*), max(country) from souk.compliance_entity`:                                          "1 | US",
		`select platform from souk.connect_release where due > '2026-01-01'`:                                 d.Shop.ID(),
		`select sum(posted) from souk.balances where currency = 'USD'`:                                       "0.00",
	} {
		require.Equal(t, []string{want}, viewtest.Rows(t, db, query), query)
	}
}

// striped pays in from transactions that are open at once, so that each
// takes a stripe of its own.
func striped(t *testing.T, p *pgxpool.Pool, s *postgres.Store, n int) {
	t.Helper()
	bank := ledger.Ref{Book: "plat_s", Owner: "house", Purpose: "bank/main", Currency: ledger.EUR}
	_, err := s.Commit(t.Context(), &ledger.Change{ID: "open", At: viewed, Open: []ledger.Account{{Ref: bank, Shared: true}}})
	require.NoError(t, err)
	for round := range 2 {
		var ends []func()
		for i := range n {
			tx, err := p.Begin(t.Context())
			require.NoError(t, err)
			t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // it may have ended
			seller := ledger.Ref{Book: "plat_s", Owner: "acct_" + string(rune('a'+i)), Purpose: "available", Currency: ledger.EUR}
			id := string(rune('a'+i)) + string(rune('0'+round))
			_, err = s.Join(tx).Commit(t.Context(), &ledger.Change{ID: id, At: viewed.Add(time.Duration(round) * time.Second),
				Open: []ledger.Account{{Ref: seller, Floor: ledger.Floor{Kind: ledger.Guarded}}},
				Post: []ledger.Transaction{{ID: id + ".1", Book: "plat_s", Reason: "top-up", Entries: []ledger.Entry{
					{Account: bank, Amount: ledger.Minor(-100, ledger.EUR)}, {Account: seller, Amount: ledger.Minor(100, ledger.EUR)},
				}}}})
			require.NoError(t, err)
			ends = append(ends, func() { require.NoError(t, tx.Commit(t.Context())) })
		}
		for _, end := range ends {
			end()
		}
	}
}

// Each currency is shown with its digits.
func TestViewsKnowTheCurrencies(t *testing.T) {
	_, dsn := migrated(t)
	db := stdlib.OpenDBFromPool(pool(t, dsn))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	viewtest.Currencies(t, db, "souk.")
}

func TestViewsOfKinds(t *testing.T) {
	viewtest.Kinds(t, func(t *testing.T) viewtest.Database {
		s, dsn := migrated(t)
		db := stdlib.OpenDBFromPool(pool(t, dsn))
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return viewtest.Database{DB: db, Store: s, Prefix: "souk.", Migrate: func(kinds ...ledger.KindInfo) error { return s.Migrate(t.Context(), kinds...) }}
	})
}

// A view of a kind lies in the schema of the tables, and one that a view of the
// host's stands on is not taken from under it.
func TestViewsOfKindsInASchema(t *testing.T) {
	p := pool(t, pgtest.DSN(t)+" pool_max_conns=12")
	s, err := postgres.New(p, &postgres.Options{Schema: `What's my "souk_"?`})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(t.Context(), connect.Kinds()...))
	require.NoError(t, s.Migrate(t.Context(), connect.Kinds()...))
	require.NoError(t, s.CheckSchema(t.Context()))
	viewtest.Fill(t, s)
	striped(t, p, s, 9) // which adds a stripe, that has to know the gates
	_, err = p.Exec(t.Context(), `create view mine as select amount from "What's my ""souk_""?".connect_charge`)
	require.NoError(t, err)
	err = s.Migrate(t.Context(), ledger.KindInfo{Name: "connect.charge"})
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{ledger.State, "view_in_use"}, []any{e.Class, e.Code}, "%v", err)
	_, err = p.Exec(t.Context(), `select * from mine`)
	require.NoError(t, err)
}
