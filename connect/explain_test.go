package connect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Every reason of the chart has words.
func TestEveryReasonIsExplained(t *testing.T) {
	for _, r := range ledger.Reasons() {
		require.NotEqual(t, r.Name, connect.Why(r.Name), r.Name)
	}
}

// requireExplained explains every object that something was posted for: each adds up
// and has all the transactions that name it.
func (m *market) requireExplained() {
	m.t.Helper()
	of, books := map[ledger.ID]map[string]bool{}, map[ledger.ID]string{}
	require.NoError(m.t, m.Store().Read(m.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) error {
			if a.Book == "limits" {
				return nil // they are no money
			}
			list, err := v.Entries(a.Ref, ledger.Page{Limit: ledger.MaxPage})
			for _, e := range list {
				if e.Reason == "available" {
					continue // a day is released for all that came in for it
				}
				if of[e.Object] == nil {
					of[e.Object] = map[string]bool{}
				}
				of[e.Object][e.Transaction], books[e.Object] = true, a.Book
			}
			return err
		})
	}))
	for id, want := range of {
		p, err := m.Platform(m.ctx, books[id])
		require.NoError(m.t, err)
		x, err := p.Explain(m.ctx, id.ID)
		require.NoError(m.t, err, id)
		require.Empty(m.t, x.Differences, "%s", x)
		for _, s := range x.Steps {
			delete(want, s.Transaction.ID)
		}
		require.Empty(m.t, want, "not in the explanation of %s\n%s", id, x)
	}
}

// What an explanation of a charge says, and that a refund, a capture, a balance
// transaction and a ledger transaction lead to it.
func TestExplainACharge(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	c := m.charge(a, 1000, 123, connect.TestCard)
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	x, err := m.platform.Explain(m.ctx, c.ID)
	require.NoError(t, err)
	require.Empty(t, x.Differences)
	var reasons []string
	for _, s := range x.Steps {
		reasons = append(reasons, s.Transaction.Reason)
	}
	require.Equal(t, []string{"charge", "transfer", "application fee", "refund", "transfer reversal", "fee refund"}, reasons)
	require.Equal(t, []connect.ExplainedObject{
		{ID: ledger.ID{Kind: "connect.charge", ID: c.ID}, What: "charge", Status: "succeeded", Amount: usd(1000), Created: c.Created},
		{ID: ledger.ID{Kind: "connect.refund", ID: r.ID}, Of: ledger.ID{Kind: "connect.charge", ID: c.ID}, What: "refund", Status: "succeeded", Amount: usd(250), Created: r.Created},
	}, x.Objects)
	open := map[string]ledger.Money{}
	for _, o := range x.Open {
		open[o.What] = o.Amount
	}
	require.Equal(t, map[string]ledger.Money{
		"refunded": usd(250), "taken back of what was transferred": usd(250), "given back of the commission": usd(31), "refundable": usd(750),
		"can be taken back of what was transferred": usd(750), "can be given back of the commission": usd(92),
	}, open)
	require.Contains(t, x.Left, connect.ExplainedLeft{Owner: a, Purpose: "pending", Amount: usd(658)})
	require.Contains(t, x.Left, connect.ExplainedLeft{Owner: m.platform.ID(), Purpose: "pending", Amount: usd(33)})

	line := m.lines(connect.BalanceTransactionsRequest{AccountID: a})[1]
	for _, id := range []string{line.ID, line.Transactions[0]} {
		again, err := m.platform.Explain(m.ctx, id)
		require.NoError(t, err)
		require.Equal(t, x, again, id)
	}
	alone, err := m.platform.Explain(m.ctx, r.ID)
	require.NoError(t, err)
	require.Empty(t, alone.Differences)
	require.Equal(t, x.Steps[3:], alone.Steps)
}

// What moved no money is explained as such, and what may be captured told.
func TestExplainWhatMovedNothing(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	declined := m.charge(a, 1000, 0, connect.TestDeclined)
	authorized := m.authorize(a, 1000, 0, connect.TestCard)
	for _, id := range []string{declined.ID, authorized.ID} {
		x, err := m.platform.Explain(m.ctx, id)
		require.NoError(t, err)
		require.Empty(t, x.Steps)
		require.Empty(t, x.Differences)
		require.Contains(t, x.String(), "Nothing was posted.")
		require.Equal(t, id == authorized.ID, slices.ContainsFunc(x.Open, func(o connect.ExplainedRest) bool { return o.What == "capturable" && o.Amount == usd(1000) }))
	}
}

// What others own, what does not exist and what moves no money is not found; a preview
// is explained, and leaves nothing.
func TestExplainWhatIsNotThere(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	c := m.charge(a, 1000, 100, connect.TestCard)
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	line := m.lines(connect.BalanceTransactionsRequest{AccountID: a})[0]
	for _, id := range []string{c.ID, line.ID, line.Transactions[0], "ch_none", "", "x", a, "chg_1.1", "txn_chg_1.1:a:USD"} {
		_, err := other.Explain(m.ctx, id)
		requireCode(t, err, ledger.NotFound, "not_found")
	}
	p := m.platform.Preview()
	r, err := p.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID})
	require.NoError(t, err)
	x, err := p.Explain(m.ctx, c.ID)
	require.NoError(t, err)
	require.Empty(t, x.Differences)
	require.Len(t, x.Objects, 2)
	_, err = m.platform.Explain(m.ctx, r.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
}

// A difference between what objects say and what was posted is told, not hidden.
func TestExplainTellsDifferences(t *testing.T) {
	store := &skewed{ledger.NewMemory(), func(*ledger.Transaction) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller().ID
	c := m.charge(a, 1000, 100, connect.TestCardAtOnce)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a, Amount: usd(300)})
	require.NoError(t, err)
	for id, reason := range map[string]string{c.ID: "application fee", po.ID: "payout"} {
		store.skew = func(*ledger.Transaction) {}
		x, err := m.platform.Explain(m.ctx, id)
		require.NoError(t, err)
		require.Empty(t, x.Differences)
		require.Contains(t, x.String(), "All of it adds up.")
		store.skew = func(x *ledger.Transaction) { m.more(x, reason) }
		x, err = m.platform.Explain(m.ctx, id)
		require.NoError(t, err)
		require.NotEmpty(t, x.Differences, reason)
		require.Contains(t, x.String(), "Does not add up")
	}
}

// An explanation of one charge costs the same in a busy market.
func TestExplainCostsTheSame(t *testing.T) {
	store := &counting{Store: ledger.NewMemory()}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller().ID
	var charges []string
	for i := range 300 {
		charges = append(charges, m.charge(a, 1000, 100, connect.TestCard).ID)
		if i%50 == 49 {
			m.pass(24 * time.Hour)
		}
		m.Clock.Advance(time.Second)
	}
	for _, id := range []string{charges[0], charges[150], charges[299]} {
		store.reads = 0
		x, err := m.platform.Explain(m.ctx, id)
		require.NoError(t, err)
		require.Len(t, x.Steps, 3)
		require.LessOrEqual(t, store.reads, 10)
	}
}
