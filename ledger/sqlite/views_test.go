package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// What people read in the views is what the store says.
func TestViewsShowTheBooks(t *testing.T) {
	path := file(t)
	s, err := sqlite.Open(t.Context(), path, &sqlite.Options{Kinds: connect.Kinds()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	d := viewtest.Fill(t, s)
	usdc, err := ledger.Asset("USDC/6")
	require.NoError(t, err)
	commit(t, s, viewtest.Odd("odd", noon, ledger.JPY, ledger.EUR, ledger.KWD, ledger.BTC, usdc))
	db := pool(t, path, good)
	viewtest.Compare(t, s, db, "souk_")
	for query, want := range map[string]string{
		`select amount, refunded, amount_minor, currency, status, account, created from souk_connect_charge`: "100.00 | 25.05 | 10000 | USD | succeeded | " + d.Seller.ID + " | 2026-03-02T09:00:00Z",
		`select id, version > 1, charge, amount from souk_connect_refund`:                                    d.Refund.ID + " | 1 | " + d.Charge.ID + " | 25.05",
		`select amount, currency, status, owner from souk_payout`:                                            "50.00 | USD | paid | " + d.Seller.ID,
		`select name, country, base from souk_connect_platform`:                                              "Atelier | US | USD",
		`select count(*), max(country) from souk_compliance_entity`:                                          "1 | US",
		`select platform from souk_connect_release where due > '2026'`:                                       d.Shop.ID(),
		`select sum(posted_minor) from souk_balances where currency = 'USD'`:                                 "0",
	} {
		require.Equal(t, []string{want}, viewtest.Rows(t, db, query), query)
	}
}

// Each currency is shown with its digits.
func TestViewsKnowTheCurrencies(t *testing.T) {
	viewtest.Currencies(t, migrated(t, file(t)), "souk_")
}

func TestViewsOfKinds(t *testing.T) {
	viewtest.Kinds(t, func(t *testing.T) viewtest.Database {
		db := migrated(t, file(t))
		s, err := sqlite.New(t.Context(), db)
		require.NoError(t, err)
		return viewtest.Database{DB: db, Store: s, Prefix: "souk_", Migrate: func(kinds ...ledger.KindInfo) error { return sqlite.Migrate(t.Context(), db, kinds...) }}
	})
}
