package payout_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// reasons lists what was posted to an account of the payee, oldest first.
func (b *bank) reasons(purpose string) []string {
	var list []string
	require.NoError(b, b.s.Read(b.ctx(), func(v ledger.View) error {
		posted, err := v.Entries(b.ref("acct_1", purpose), ledger.Page{})
		require.NoError(b, err)
		for _, e := range posted {
			txs, err := v.Transactions(e.Transaction)
			require.NoError(b, err)
			list = append(list, txs[0].Reason+" "+e.Amount.String())
		}
		return nil
	}))
	return list
}

// The entries of the chart's flows O1, O2, O3 and T4.
func TestFlows(t *testing.T) {
	b := newBank(t, forms[0])
	b.reach(payout.Returned)
	require.Equal(t, []string{"charge 8.77 USD", "payout -8.77 USD", "payout returned 8.77 USD"}, b.reasons("available"))
	require.Equal(t, []string{"payout 8.77 USD", "payout paid -8.77 USD"}, b.reasons("in_transit"))
	b.reach(payout.Failed)
	require.Equal(t, []string{"payout -8.77 USD", "payout failed 8.77 USD"}, b.reasons("available")[3:])
	require.Equal(t, []string{"payout 8.77 USD", "payout failed -8.77 USD"}, b.reasons("in_transit")[2:])

	b = newBank(t, forms[1])
	b.reach(payout.Failed) // a hold that was given back leaves no line
	require.Equal(t, []string{"charge 8.77 USD"}, b.reasons("tax/state"))
	b.reach(payout.Returned)
	require.Equal(t, []string{"charge 8.77 USD", "tax remitted -8.77 USD", "payout returned 8.77 USD"}, b.reasons("tax/state"))
	require.Empty(t, b.reasons("in_transit"))
}

func TestClaim(t *testing.T) {
	each(t, func(t *testing.T, b *bank) {
		b.claim()
		b.stands(payout.Pending)
		p := b.get()
		require.Equal(t, noon, p.Created)
		require.Equal(t, b.form.source != "available", p.Hold != "")
		require.True(t, p.Work.Open()) // as the caller gave it
		list := map[string]string{ledger.DueKey: "", "platform": "plat_1", "owner": "plat_1/acct_1"}
		require.NoError(t, b.s.Read(t.Context(), func(v ledger.View) error {
			for name, value := range list {
				found, err := v.Find(ledger.Query{Kind: payout.Kind.Name, Name: name, Value: value})
				require.NoError(t, err)
				require.Len(t, found, 1, name)
			}
			return nil
		}))
	})
}

// What is not there is not claimed, and nothing of a claim stays without the
// rest of it.
func TestClaimRefuses(t *testing.T) {
	each(t, func(t *testing.T, b *bank) {
		claim := func(m ledger.Money) error {
			return b.try(func(u *ledger.Unit) error {
				return payout.Claim(u, &payout.Payout{Platform: "plat_1", Owner: "acct_1", Source: b.form.source, Amount: m, Rail: b.name})
			})
		}
		before := b.read()
		for _, m := range []ledger.Money{{}, ledger.Zero(ledger.USD), ledger.Minor(-1, ledger.USD)} {
			var e *ledger.Error
			require.ErrorAs(t, claim(m), &e)
			require.Equal(t, []string{"invalid_amount", "amount"}, []string{e.Code, e.Field})
		}
		require.Error(t, claim(ledger.Minor(1, 0)))
		if b.form.source == "available" { // taxes have no floor; whoever claims them looks first
			require.ErrorIs(t, claim(ledger.Minor(878, ledger.USD)), ledger.InsufficientFunds)
			require.ErrorIs(t, claim(ledger.Minor(1, ledger.EUR)), ledger.InsufficientFunds)
		}
		stop := errors.New("stop")
		require.ErrorIs(t, b.try(func(u *ledger.Unit) error {
			p := &payout.Payout{Platform: "plat_1", Owner: "acct_1", Source: b.form.source, Amount: amount, Rail: b.name}
			require.NoError(t, payout.Claim(u, p))
			return stop
		}), stop)
		require.Equal(t, before, b.read())
	})
}

// Of two who pay the same balance one does: edge-case 65.
func TestClaimOnce(t *testing.T) {
	b := newBank(t, forms[0])
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = b.env.Update(t.Context(), b.s, func(u *ledger.Unit) error {
				return payout.Claim(u, &payout.Payout{Platform: "plat_1", Owner: "acct_1", Source: "available", Amount: amount, Rail: b.name})
			})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, ledger.InsufficientFunds)
	}
	require.Equal(t, 1, won)
	got := b.read()
	require.Equal(t, []int64{0, 877}, []int64{got.source, got.transit})
}

// Only what nobody has begun to hand over can be withdrawn: the rail may have
// the rest, whoever is at it now. Promise 15.
func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, b *bank) {
		b.reach(payout.Canceled)
		require.False(t, b.get().Work.Open())
		stateError(t, b.do(payout.Cancel), "invalid_state") // once
		b.stands(payout.Canceled)

		b.claim()
		require.NoError(t, b.do(func(u *ledger.Unit, p *payout.Payout) error {
			p.Work.Take("claim", u.At(), time.Minute)
			return payout.Kind.Put(u, p.ID, p)
		}))
		stateError(t, b.do(payout.Cancel), "invalid_state")
		b.clock.now = b.clock.now.Add(time.Hour) // the lease is over
		stateError(t, b.do(payout.Cancel), "invalid_state")
		require.NoError(t, b.do(func(u *ledger.Unit, p *payout.Payout) error {
			p.Work.Later(u.At()) // no answer came, and it will be asked again
			return payout.Kind.Put(u, p.ID, p)
		}))
		stateError(t, b.do(payout.Cancel), "invalid_state")
		b.stands(payout.Pending)
	})
}

// Accepted, Lost and Cancel keep to the table of states, and a refusal changes
// nothing: promises 10 and 64.
func TestStepsByState(t *testing.T) {
	steps := map[payout.Status]func(u *ledger.Unit, p *payout.Payout) error{
		payout.InTransit: func(u *ledger.Unit, p *payout.Payout) error { return payout.Accepted(u, p, "ref-2") },
		payout.Unknown:   lost,
		payout.Canceled:  payout.Cancel,
	}
	for _, from := range statuses[:7] {
		for to, step := range steps {
			t.Run(string(from)+" "+string(to), func(t *testing.T) {
				each(t, func(t *testing.T, b *bank) {
					b.reach(from)
					before := b.read()
					err := b.do(step)
					if !from.May(to) {
						stateError(t, err, "invalid_state")
						require.Equal(t, before, b.read())
						return
					}
					require.NoError(t, err)
					b.stands(to)
					p := b.get()
					require.False(t, p.Work.Open())
					require.Equal(t, to == payout.InTransit, p.Reference == "ref-2")
					require.Equal(t, before.events+1, b.read().events)
				})
			})
		}
	}
}

func lost(u *ledger.Unit, p *payout.Payout) error { return payout.Lost(u, p, "no_answer") }
