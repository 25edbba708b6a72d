package vault_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
	"github.com/soukhq/souk/ledger/sqlite"
)

// In the host's transaction, a token is used and an account is created together or not at
// all; on SQLite as in memory.
func TestATokenIsUsedInTheHostsTransaction(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "shop.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_txlock=immediate")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, sqlite.Migrate(t.Context(), db, vault.Kinds()...))
	books, err := sqlite.New(t.Context(), db)
	require.NoError(t, err)
	defer func() { require.NoError(t, books.Close()) }()
	s := newShop(t, books, true)
	tok, err := s.vault.Tokenise(s.ctx, vault.TokeniseRequest{
		Platform: s.platform.ID(), Kind: vault.Bank, Country: "US", Currency: ledger.USD,
		Fields: sealed.NewClear(map[string]string{"routing_number": "110000000", "account_number": "000123456789"}),
	})
	require.NoError(t, err)
	try := func(commit bool) (*vault.Reference, string) {
		tx, err := db.BeginTx(s.ctx, nil)
		require.NoError(t, err)
		joined := sqlite.Join(tx)
		ref, err := s.vault.In(joined).Use(s.ctx, vault.UseRequest{Key: "u", Platform: s.platform.ID(), Token: tok.Token, Account: "ann"})
		require.NoError(t, err)
		require.False(t, ref.Replayed)
		request, details := connecttest.Seller("US"), ref.BankDetails()
		request.Key, request.Bank = "ann", &details
		a, err := s.platform.In(joined).CreateAccount(s.ctx, request)
		require.NoError(t, err)
		if commit {
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, tx.Rollback())
		}
		return ref, a.ID
	}
	_, none := try(false)
	_, err = s.platform.GetAccount(s.ctx, none)
	require.ErrorIs(t, err, ledger.NotFound)
	ref, id := try(true) // the token is as it was
	a, err := s.platform.GetAccount(s.ctx, id)
	require.NoError(t, err)
	require.Equal(t, ref.ID, a.Banks[0].Token)
	opened, err := s.rail.open.Detokenise(s.ctx, sealed.Request{Tokens: []string{ref.ID}, Purpose: "p"})
	require.NoError(t, err)
	require.Equal(t, "000123456789", opened[0].Fields.Reveal()["account_number"])
	var last4 string // and the host reads what may be seen in a view
	require.NoError(t, db.QueryRowContext(s.ctx, `select last4 from souk_vault_reference where status = 'used'`).Scan(&last4))
	require.Equal(t, "6789", last4)
	verify(t, s)
}
