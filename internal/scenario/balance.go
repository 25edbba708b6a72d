package scenario

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// requireBalances checks the law of balance transactions for every owner: their net
// adds up to what the owner has, and what they changed to what each purpose holds; an
// amount is its net and its fees; and each is found by its id, the same.
func (r *runner) requireBalances() {
	owners := []string{""}
	for _, id := range r.sellers {
		owners = append(owners, id)
	}
	for _, owner := range owners {
		b, err := r.platform.Balance(r.ctx, owner)
		require.NoError(r.t, err, r.flow.Name)
		net, of := map[string]int64{}, map[string]int64{}
		for l, err := range r.platform.BalanceTransactions(r.ctx, connect.BalanceTransactionsRequest{AccountID: owner, Moves: true, Limit: 3}) {
			require.NoError(r.t, err, r.flow.Name)
			r.requireLine(l)
			net[l.Currency.String()] += l.Net.Minor()
			for _, c := range l.Changes {
				of[c.Purpose+" "+l.Currency.String()] += c.Amount.Minor()
			}
		}
		for _, c := range b.Currencies {
			code := c.Currency.String()
			require.Equal(r.t, c.Pending.Minor()+c.Available.Minor()+c.Waiting.Minor(), net[code], "%s: what %q has in %s", r.flow.Name, owner, code)
			delete(net, code)
			for purpose, has := range map[string]ledger.Money{
				"pending": c.Pending, "available": c.Available, "held": c.Waiting, "in_transit": c.InTransit,
				"reserved": c.Reserved, "cover": c.Cover, "frozen": c.Frozen, "unclaimed": c.Unclaimed,
			} {
				require.Equal(r.t, has.Minor(), of[purpose+" "+code], "%s: %s of %q in %s", r.flow.Name, purpose, owner, code)
				delete(of, purpose+" "+code)
			}
		}
		for what, left := range net {
			require.Zero(r.t, left, "%s: %q has no %s", r.flow.Name, owner, what)
		}
		for what, left := range of {
			require.Zero(r.t, left, "%s: %q has no %s", r.flow.Name, owner, what)
		}
	}
}

func (r *runner) requireLine(l *connect.BalanceTransaction) {
	require.Equal(r.t, l.Amount.Minor()-l.Fee.Minor(), l.Net.Minor(), l.ID)
	fees := int64(0)
	for _, f := range l.Fees {
		fees += f.Amount.Minor()
	}
	require.Equal(r.t, l.Fee.Minor(), fees, l.ID)
	require.NotEmpty(r.t, l.Type, l.ID)
	require.NotEmpty(r.t, l.Transactions, l.ID)
	got, err := r.platform.GetBalanceTransaction(r.ctx, l.ID)
	require.NoError(r.t, err, l.ID)
	require.Equal(r.t, l, got)
}
