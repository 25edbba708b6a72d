package connect_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// counting is a store that counts what is read of it.
type counting struct {
	ledger.Store
	reads int
	rows  int // transactions and objects asked for, which stores on databases read one by one
}

func (c *counting) Read(ctx context.Context, fn func(ledger.View) error) error {
	return c.Store.Read(ctx, func(v ledger.View) error { return fn(&countingView{v, c}) })
}

type countingView struct {
	ledger.View
	c *counting
}

func (v *countingView) AccountsOf(q ledger.AccountQuery) ([]ledger.Account, error) {
	v.c.reads++
	return v.View.AccountsOf(q)
}

func (v *countingView) BalanceAt(r ledger.Ref, at time.Time) (ledger.Money, error) {
	v.c.reads++
	return v.View.BalanceAt(r, at)
}

func (v *countingView) Entries(r ledger.Ref, p ledger.Page) ([]ledger.Posted, error) {
	v.c.reads++
	return v.View.Entries(r, p)
}

func (v *countingView) Transactions(ids ...string) ([]ledger.Transaction, error) {
	v.c.reads++
	v.c.rows += len(ids)
	return v.View.Transactions(ids...)
}

func (v *countingView) Objects(ids ...ledger.ID) ([]ledger.Object, error) {
	v.c.reads++
	v.c.rows += len(ids)
	return v.View.Objects(ids...)
}

// lines walks an owner's balance transactions.
func (m *market) lines(r connect.BalanceTransactionsRequest) (list []*connect.BalanceTransaction) {
	m.t.Helper()
	for l, err := range m.platform.BalanceTransactions(m.ctx, r) {
		require.NoError(m.t, err)
		list = append(list, l)
	}
	return list
}

func ids(list []*connect.BalanceTransaction) (ids []string) {
	for _, l := range list {
		ids = append(ids, l.ID)
	}
	return ids
}

// A direct charge is one line of its seller's: 1000, less 59 for processing and 123
// for the platform, is 818 (flow C1 of the chart).
func TestAChargeIsOneLine(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a, ApplicationFee: usd(123), Direct: true, Source: connect.TestCard})
	require.NoError(t, err)
	list := m.lines(connect.BalanceTransactionsRequest{AccountID: a})
	require.Len(t, list, 1)
	l := list[0]
	require.Equal(t, &connect.BalanceTransaction{
		ID: l.ID, Platform: m.platform.ID(), Owner: a, Type: connect.TypeCharge, Category: connect.CategoryCharge, Currency: ledger.USD,
		Amount: usd(1000), Fee: usd(182), Net: usd(818),
		Fees: []connect.FeeDetail{
			{Type: connect.FeeProcessing, Amount: usd(59), Transaction: l.Transactions[0]},
			{Type: connect.FeeApplication, Amount: usd(123), Transaction: l.Transactions[1]},
		},
		Available: c.Available, Pending: true, Source: ledger.ID{Kind: "connect.charge", ID: c.ID}, Reason: "charge", Created: l.Created,
		Changes: []connect.PurposeChange{{Purpose: "pending", Amount: usd(818)}}, Transactions: l.Transactions,
	}, l)
	m.pass(72 * time.Hour)
	got, err := m.platform.GetBalanceTransaction(m.ctx, l.ID)
	require.NoError(t, err)
	require.False(t, got.Pending, "its day has come")
	got.Pending = true
	require.Equal(t, l, got, "it is the same for ever")
	of := m.lines(connect.BalanceTransactionsRequest{})
	require.Len(t, of, 1)
	require.Equal(t, connect.TypeApplicationFee, of[0].Type)
}

// Every reason of the chart that touches a seller or platform has a type; a new one
// that is not listed here or there fails this test.
func TestEveryReasonHasAType(t *testing.T) {
	elsewhere := []string{ // they move the accounts of the house, of buyers and of authorities alone
		"allowance filled", "allowance returned", "allowance used", "cover deal", "dispute reinstated", "dispute withdrawn", "fx result", "own funds", "receipt",
		"receipt returned", "revaluation", "settlement", "statement", "tax remitted",
	}
	for _, r := range ledger.Reasons() {
		require.NotEqual(t, slices.Contains(elsewhere, r.Name), connect.HasLine(r.Name), "%s: a reason has a type, or is of no seller's concern", r.Name)
	}
	for _, name := range connect.LineReasons() {
		require.True(t, slices.ContainsFunc(ledger.Reasons(), func(r ledger.Reason) bool { return r.Name == name }), "%s is no reason of the chart", name)
	}
}

// Pages of any size show the same lines, newest first, while others are posted.
func TestBalanceTransactionsLoseNothing(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	for i := range 43 {
		m.charge(a, 1000+int64(i), 100, []string{connect.TestCard, connect.TestCardAtOnce}[i%2])
		switch {
		case i%7 == 6:
			m.pass(24 * time.Hour)
		case i%10 == 5: // else many are of the same moment
			m.Clock.Advance(time.Second)
		}
	}
	for _, owner := range []string{a, ""} {
		want := ids(m.lines(connect.BalanceTransactionsRequest{AccountID: owner, Limit: 100}))
		require.Len(t, want, map[string]int{a: 43, "": 3 * 43}[owner])
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(want))), len(want), "none is shown twice")
		for _, byID := range []bool{false, true} {
			for _, limit := range []int{1, 2, 5, 42, 43} {
				var got []string
				r := connect.BalanceTransactionsRequest{AccountID: owner, Limit: limit}
				for {
					page, err := m.platform.ListBalanceTransactions(m.ctx, r)
					require.NoError(t, err)
					got = append(got, ids(page.Items)...)
					if !page.More {
						require.Empty(t, page.Next)
						break
					}
					if r.After = page.Next; byID {
						r.After = got[len(got)-1]
					}
				}
				require.Equal(t, want, got, "pages of %d", limit)
			}
		}
	}
	all := ids(m.lines(connect.BalanceTransactionsRequest{AccountID: a}))
	page, err := m.platform.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: a, Limit: 20})
	require.NoError(t, err)
	m.charge(a, 1000, 100, connect.TestCard)
	m.charge(a, 1000, 100, connect.TestCardAtOnce)
	m.pass(72 * time.Hour)
	rest := ids(m.lines(connect.BalanceTransactionsRequest{AccountID: a, After: page.Next}))
	require.Equal(t, all[20:], rest, "what is new comes before the first page")
}

// What a list is narrowed to.
func TestBalanceTransactionsAreNarrowed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	first := m.charge(a, 1000, 100, connect.TestCardAtOnce)
	m.pass(24 * time.Hour)
	second := m.charge(a, 2000, 200, connect.TestCard)
	back, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: second.ID, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	m.Clock.Advance(time.Second)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a, Amount: usd(300)})
	require.NoError(t, err)
	m.pass(72 * time.Hour)
	list := func(r connect.BalanceTransactionsRequest) (net []int64) {
		r.AccountID = a
		for _, l := range m.lines(r) {
			net = append(net, l.Net.Minor())
		}
		return net
	}
	start := payout.DayOf(connecttest.Start, time.UTC)
	for name, x := range map[string]struct {
		r    connect.BalanceTransactionsRequest
		want []int64
	}{
		"all":            {connect.BalanceTransactionsRequest{}, []int64{-300, -1800, 1800, 900}},
		"with moves":     {connect.BalanceTransactionsRequest{Moves: true}, []int64{0, -300, -1800, 1800, 900}},
		"moves alone":    {connect.BalanceTransactionsRequest{Type: connect.TypeMove}, []int64{0}},
		"by type":        {connect.BalanceTransactionsRequest{Type: connect.TypePayment}, []int64{1800, 900}},
		"by category":    {connect.BalanceTransactionsRequest{Category: connect.CategoryRefund}, []int64{-1800}},
		"of a payout":    {connect.BalanceTransactionsRequest{SourceID: po.ID}, []int64{-300}},
		"of a refund":    {connect.BalanceTransactionsRequest{SourceID: back.ID, Limit: 1}, []int64{-1800}},
		"of a charge":    {connect.BalanceTransactionsRequest{SourceID: first.ID}, []int64{900}},
		"from a day":     {connect.BalanceTransactionsRequest{From: start + 1}, []int64{-300, -1800, 1800}},
		"to a day":       {connect.BalanceTransactionsRequest{To: start + 1}, []int64{900}},
		"of a day":       {connect.BalanceTransactionsRequest{From: start + 1, To: start + 2}, []int64{-300, -1800, 1800}},
		"in a currency":  {connect.BalanceTransactionsRequest{Currency: ledger.USD}, []int64{-300, -1800, 1800, 900}},
		"in another":     {connect.BalanceTransactionsRequest{Currency: ledger.EUR}, nil},
		"none of a type": {connect.BalanceTransactionsRequest{Type: connect.TypeAdvance}, nil},
	} {
		got := list(x.r)
		if name == "with moves" || name == "moves alone" { // one for what was paid, one for what was released
			got = slices.Compact(got)
		}
		require.Equal(t, x.want, got, name)
	}
}

// The platform's lines of one charge come in pages too.
func TestBalanceTransactionsOfASource(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	c := m.charge(a, 1000, 100, connect.TestCard)
	m.charge(a, 2000, 100, connect.TestCard)
	var types []connect.BalanceTransactionType
	for _, l := range m.lines(connect.BalanceTransactionsRequest{SourceID: c.ID, Limit: 1}) {
		types = append(types, l.Type)
	}
	require.Equal(t, []connect.BalanceTransactionType{connect.TypeApplicationFee, connect.TypeTransfer, connect.TypeCharge}, types)
}

// A page costs the same however long the history is, at its top and deep in it.
func TestBalanceTransactionsCostTheSame(t *testing.T) {
	store := &counting{Store: ledger.NewMemory()}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller().ID
	page := func(after string) (string, int) {
		store.reads, store.rows = 0, 0
		list, err := m.platform.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: a, After: after, Limit: 5})
		require.NoError(t, err)
		require.Len(t, list.Items, 5)
		return list.Next, store.reads
	}
	for _, days := range []int{20, 80} {
		for range days {
			for range 3 {
				m.charge(a, 1000, 100, connect.TestCard)
			}
			m.pass(24 * time.Hour)
		}
		after := ""
		for n := range 3 * days / 5 {
			next, reads := page(after)
			require.LessOrEqual(t, reads, 20, "page %d of %d days", n, days)
			require.LessOrEqual(t, store.rows, 50, "page %d of %d days", n, days)
			after = next
		}
	}
}

// What is asked wrongly, and what is another's, is refused.
func TestBalanceTransactionsRefuse(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller().ID, m.seller().ID
	m.charge(a, 1000, 100, connect.TestCard)
	m.charge(b, 1000, 100, connect.TestCard)
	mine := m.lines(connect.BalanceTransactionsRequest{AccountID: a})[0].ID
	theirs := m.lines(connect.BalanceTransactionsRequest{AccountID: b})[0].ID
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	for _, id := range []string{mine, "txn_none:" + a + ":USD", "txn_::", "txn_", "", mine + "x", "txn_" + a + ":USD", "ch_1", mine[:len(mine)-3] + "EUR"} {
		_, err := m.platform.GetBalanceTransaction(m.ctx, id)
		if id != mine {
			requireCode(t, err, ledger.NotFound, "not_found")
		}
		_, err = other.GetBalanceTransaction(m.ctx, id)
		requireCode(t, err, ledger.NotFound, "not_found")
	}
	_, err = other.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: a})
	requireCode(t, err, ledger.NotFound, "not_found")
	theirOwn, err := other.CreateAccount(m.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	for _, source := range []string{"ch_none", "x", m.lines(connect.BalanceTransactionsRequest{AccountID: a})[0].Source.ID} {
		_, err = other.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: theirOwn.ID, SourceID: source})
		requireCode(t, err, ledger.NotFound, "not_found")
	}
	for code, list := range map[string][]connect.BalanceTransactionsRequest{
		"invalid_limit":  {{Limit: -1}, {Limit: 101}},
		"invalid_range":  {{From: 10, To: 10}, {From: 11, To: 10}},
		"invalid_cursor": {{After: "x"}, {After: "after_"}, {After: "after_?:a:USD:"}, {After: theirs}, {After: "txn_none:" + a + ":USD"}},
	} {
		for _, r := range list {
			r.AccountID = a
			_, err := m.platform.ListBalanceTransactions(m.ctx, r)
			requireCode(t, err, ledger.Invalid, code)
		}
	}
}

// In a host's own transaction, and in a preview, the list shows what was just done.
func TestBalanceTransactionsWithin(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	m.charge(a, 1000, 100, connect.TestCardAtOnce)
	p := m.platform.Preview()
	_, err := p.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a, Amount: usd(300)})
	require.NoError(t, err)
	page, err := p.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: a})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	require.Equal(t, connect.TypePayout, page.Items[0].Type)
	require.Len(t, m.lines(connect.BalanceTransactionsRequest{AccountID: a}), 1)
}

// skewed is a store whose transactions are not what its accounts were posted.
type skewed struct {
	ledger.Store
	skew func(*ledger.Transaction)
}

func (s *skewed) Read(ctx context.Context, fn func(ledger.View) error) error {
	return s.Store.Read(ctx, func(v ledger.View) error { return fn(skewedView{v, s.skew}) })
}

type skewedView struct {
	ledger.View
	skew func(*ledger.Transaction)
}

func (v skewedView) Transactions(ids ...string) ([]ledger.Transaction, error) {
	list, err := v.View.Transactions(ids...)
	for i := range list {
		list[i].Entries = slices.Clone(list[i].Entries)
		v.skew(&list[i])
	}
	return list, err
}

// VerifyBalances finds where balance transactions are not the balance (identity 2 of
// the chart).
func TestVerifyBalancesFindsADifference(t *testing.T) {
	store := &skewed{ledger.NewMemory(), func(*ledger.Transaction) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller().ID
	m.charge(a, 1000, 100, connect.TestCard)
	m.pass(72 * time.Hour)
	m.verifyBalances()
	for name, skew := range map[string]func(*ledger.Transaction){
		"a fee of more":         func(x *ledger.Transaction) { m.more(x, "application fee") },
		"a charge of more":      func(x *ledger.Transaction) { m.more(x, "charge") },
		"a release of more":     func(x *ledger.Transaction) { m.more(x, "available") },
		"a transfer of another": func(x *ledger.Transaction) { m.toAnother(x, "transfer", a) },
	} {
		store.skew = skew
		r, err := m.VerifyBalances(m.ctx)
		require.NoError(t, err)
		require.ErrorContains(t, r.Err(), "balance transactions add up to", name)
	}
}

func (m *market) more(x *ledger.Transaction, reason string) {
	for i := range x.Entries {
		if e := &x.Entries[i]; x.Reason == reason {
			e.Amount = ledger.Minor(e.Amount.Minor()+1, e.Amount.Currency())
		}
	}
}

func (m *market) toAnother(x *ledger.Transaction, reason, of string) {
	for i := range x.Entries {
		if e := &x.Entries[i]; x.Reason == reason && e.Account.Owner == of {
			e.Account.Purpose = "available"
		}
	}
}

// verifyBalances requires that balance transactions are what the balances say.
func (m *market) verifyBalances() {
	m.t.Helper()
	r, err := m.VerifyBalances(m.ctx)
	require.NoError(m.t, err)
	require.NoError(m.t, r.Err())
}
