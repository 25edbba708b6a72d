package scenario

import (
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// requireExplained explains everything that a flow posted for: each adds up, has all
// transactions of its object, and is the same when it is asked for again.
func (r *runner) requireExplained() {
	of := map[string][]string{}
	require.NoError(r.t, r.store.Read(r.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: r.platform.ID()}, func(a ledger.Account) error {
			list, err := v.Entries(a.Ref, ledger.Page{Limit: ledger.MaxPage})
			for _, e := range list {
				if e.Reason != "available" {
					of[e.Object.ID] = append(of[e.Object.ID], e.Transaction)
				}
			}
			return err
		})
	}))
	for id, want := range of {
		x, err := r.platform.Explain(r.ctx, id)
		require.NoError(r.t, err, "%s: %s", r.flow.Name, id)
		require.Empty(r.t, x.Differences, "%s: %s\n%s", r.flow.Name, id, x)
		has := map[string]bool{}
		for _, s := range x.Steps {
			has[s.Transaction.ID] = true
		}
		for _, t := range want {
			require.True(r.t, has[t], "%s: the explanation of %s lacks %s\n%s", r.flow.Name, id, t, x)
		}
		again, err := r.platform.Explain(r.ctx, id)
		require.NoError(r.t, err)
		require.Equal(r.t, x, again)
		require.Equal(r.t, x.String(), again.String())
	}
	for name, id := range r.ids { // also of what posted nothing
		x, err := r.platform.Explain(r.ctx, id)
		if !errors.Is(err, ledger.NotFound) { // customers, mandates and the like move nothing
			require.NoError(r.t, err, "%s: %s", r.flow.Name, name)
			require.Empty(r.t, x.Differences, "%s: %s\n%s", r.flow.Name, name, x)
		}
	}
}
