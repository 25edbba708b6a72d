package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// What a unit has posted is told by account, on balance, and whether anything of it is
// booked whatever the balance.
func TestUnitTellsWhatItMoved(t *testing.T) {
	s, e, a, b := shop(t)
	held := euros("acct_1", "held")
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		require.Empty(t, u.Moved("available"))
		u.Open(ledger.Account{Ref: held})
		u.Post(transfer("transfer", a, b, 300))
		u.Post(transfer("dispute", b, a, 100))
		u.Post(transfer("reserve", a, held, 50))
		require.Equal(t, []ledger.Moved{{Account: a, Minor: -250, Forced: true}, {Account: b, Minor: 200, Forced: true}}, u.Moved("available"))
		require.Equal(t, []ledger.Moved{{Account: held, Minor: 50}}, u.Moved("held"))
	})
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		x := transfer("refund", a, b, 10)
		x.Entries[0].Forced = true
		u.Post(x)
		require.True(t, u.Moved("available")[0].Forced || u.Moved("available")[1].Forced)
		require.Len(t, u.Moved("available"), 2)
	})
}
