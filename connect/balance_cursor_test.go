package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// FuzzBalanceCursor reads what callers send as cursors and ids: what is accepted is what
// would have been written, and all else is an invalid cursor.
func FuzzBalanceCursor(f *testing.F) {
	for _, s := range []string{
		"", "after_", "after_abc:chg_1.1:USD:2026-03-04 USD,2026-03-05 USD", "after_0:a:b:c:", "after_-zz::::", "txn_chg_1.1:acct_1:USD",
		"txn_a:b:acct_1:BTC", "txn_::USD", "txn_x", "txn_chg_1.1:acct_1:usd", "after_zzzzzzzzzzzzzzzz:a:USD:",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := connect.ReadCursor(text)
		if err != nil {
			requireCode(t, err, ledger.Invalid, "invalid_cursor")
		} else {
			again, err := connect.ReadCursor(once)
			require.NoError(t, err)
			require.Equal(t, once, again)
		}
		if id, ok := connect.ReadLineID(text); ok {
			require.Equal(t, text, id)
		}
	})
}
