package connect_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// byHand posts past the engine: amounts by account, which add up to zero.
func (m *market) byHand(reason string, entries ...ledger.Entry) {
	m.t.Helper()
	_, err := ledger.Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		for _, e := range entries {
			list, err := u.Peek(e.Account)
			if err != nil {
				return err
			}
			if list[0].Version == 0 {
				u.Open(ledger.Account{Ref: e.Account})
			}
		}
		u.Post(ledger.Transaction{Book: m.platform.ID(), Reason: reason, Entries: entries})
		return nil
	})
	require.NoError(m.t, err)
}

func (m *market) entry(owner, purpose string, amount ledger.Money) ledger.Entry {
	return ledger.Entry{Account: ledger.Ref{Book: m.platform.ID(), Owner: owner, Purpose: purpose, Currency: amount.Currency()}, Amount: amount}
}

// requireDifference requires that Verify says something.
func (m *market) requireDifference(says string) {
	m.t.Helper()
	r, err := m.Verify(m.ctx)
	require.NoError(m.t, err)
	var text strings.Builder
	for _, d := range r.Differences {
		text.WriteString(d.String() + "\n")
	}
	require.Contains(m.t, text.String(), says)
}

// Identity 2 of the chart: a seller below zero owes that by an entry whose reason may take
// them there. One that says otherwise of itself is found.
func TestVerifyFindsADebtThatNothingExplains(t *testing.T) {
	store := &unforced{Store: ledger.NewMemory()}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller()
	_, err := m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "cash", AccountID: a.ID, Commission: usd(250)})
	require.NoError(t, err)
	m.verify()
	store.on = true
	m.requireDifference(a.ID + ": -2.50 USD in available is below zero, and 2.50 USD of that by no entry that may take it there")
}

// unforced is a store that shows no entry as forced.
type unforced struct {
	ledger.Store
	on bool
}

func (s *unforced) Read(ctx context.Context, fn func(ledger.View) error) error {
	return s.Store.Read(ctx, func(v ledger.View) error {
		if s.on {
			v = unforcedView{v}
		}
		return fn(v)
	})
}

type unforcedView struct{ ledger.View }

func (v unforcedView) Transactions(ids ...string) ([]ledger.Transaction, error) {
	list, err := v.View.Transactions(ids...)
	for i := range list {
		for j := range list[i].Entries {
			list[i].Entries[j].Forced = false
		}
	}
	return list, err
}

// Identities 6 and 8: what is held for no share, bridges a dispute that is not there, or
// is with an acquirer for no payment, is found.
func TestVerifyFindsWhatStandsForNothing(t *testing.T) {
	for name, x := range map[string]struct {
		owner, purpose string
		says           string
	}{
		"a share that nobody waits for": {"", "held", "held: the ledger has 1.00 USD, the objects add up to 0.00 USD"},
		"a dispute that is not there":   {ledger.House, "disputed/simulated", "house disputed/simulated: the ledger has 1.00 USD"},
		"nobody knows what":             {ledger.House, "suspense", "house suspense: the ledger has 1.00 USD"},
		"a payment at an acquirer":      {ledger.House, "acquirer/simulated", "house acquirer/simulated: the ledger has 1.00 USD"},
		"money at a bank":               {ledger.House, "bank_clearing/simulated", "house bank_clearing/simulated: the ledger has 1.00 USD"},
		"a payout that nobody made":     {"", "in_transit", "in_transit: the ledger has 1.00 USD"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarket(t, connecttest.Config{})
			owner := x.owner
			if owner == "" {
				owner = m.seller().ID
			}
			m.byHand("by hand", m.entry(owner, x.purpose, usd(100)), m.entry(ledger.House, "rounding", usd(-100)))
			m.requireDifference(x.says)
		})
	}
}

// Identity 7: the value of a position that is closed is found, by who asks for it.
func TestVerifyPositions(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	one, euro := func(minor int64) ledger.Entry { return m.entry(ledger.House, "fx_value/EUR", usd(minor)) }, ledger.Minor(100, ledger.EUR)
	requireReport := func(want ...string) {
		t.Helper()
		r, err := m.VerifyPositions(m.ctx)
		require.NoError(t, err)
		var got []string
		for _, d := range r.Differences {
			got = append(got, d.Msg)
		}
		require.Equal(t, want, got)
	}
	requireReport()
	m.byHand("by hand", one(-110), m.entry(ledger.House, "rounding", usd(110)),
		m.entry(ledger.House, "fx_position", euro), m.entry(ledger.House, "rounding", ledger.Minor(-100, ledger.EUR)))
	requireReport()
	m.byHand("by hand", m.entry(ledger.House, "fx_position", ledger.Minor(-100, ledger.EUR)), m.entry(ledger.House, "rounding", euro))
	requireReport("its position in EUR is closed, and -1.10 USD of what it cost is not")
	m.byHand("by hand", one(110), m.entry(ledger.House, "rounding", usd(-110)))
	requireReport()
}

// The two checks of a day (section 7 of the chart): what is at banks and with acquirers
// covers what is owed, where one seller's debt lessens nothing; and what is at banks, the
// payouts under way.
func TestClientMoney(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	check := func(r connect.ClientMoneyRequest, want string) {
		t.Helper()
		list, err := m.platform.ClientMoney(m.ctx, r)
		require.NoError(t, err)
		require.Len(t, list, 1)
		x := list[0]
		got, err := json.Marshal([]int64{x.Held.Minor(), x.Due.Minor(), x.Owed.Minor(), x.InTransit.Minor(), x.Surplus.Minor(), x.Payable.Minor()})
		require.NoError(t, err)
		require.JSONEq(t, want, string(got))
	}
	list, err := m.platform.ClientMoney(m.ctx, connect.ClientMoneyRequest{})
	require.NoError(t, err)
	require.Empty(t, list)

	a := m.seller()
	m.charge(a.ID, 10000, 1000, connect.TestCardAtOnce) // 320 for processing are the house's
	check(connect.ClientMoneyRequest{}, `[0, 10000, 9680, 0, 320, 0]`)
	check(connect.ClientMoneyRequest{OwnPlatform: true}, `[0, 10000, 9000, 0, 1000, 0]`)

	// A driver who owes 250 of commission to the platform lessens what is owed to nobody:
	// the platform's 250 are there once they are paid.
	b := m.seller()
	_, err = m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "cash", AccountID: b.ID, Commission: usd(250)})
	require.NoError(t, err)
	check(connect.ClientMoneyRequest{}, `[0, 10000, 9930, 0, 70, 0]`)

	// Under way and paid: nothing is at a bank yet, and a run waits for that.
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(4000)})
	require.NoError(t, err)
	check(connect.ClientMoneyRequest{}, `[0, 10000, 9930, 4000, 70, -4000]`)
	m.pass(24 * time.Hour)
	check(connect.ClientMoneyRequest{}, `[-4000, 10000, 5930, 0, 70, -4000]`)
	_, err = m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "top", Amount: usd(5000)})
	require.NoError(t, err)
	check(connect.ClientMoneyRequest{}, `[1000, 10000, 10930, 0, 70, 1000]`)
	m.verify()

	// Money that is gone is short.
	m.byHand("by hand", m.entry(ledger.House, "bank_clearing/simulated", usd(600)), m.entry(ledger.House, "losses", usd(-600)))
	check(connect.ClientMoneyRequest{}, `[400, 10000, 10930, 0, -530, 400]`)

	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	list, err = other.ClientMoney(m.ctx, connect.ClientMoneyRequest{})
	require.NoError(t, err)
	require.Empty(t, list, "it sees its own book alone")
}
