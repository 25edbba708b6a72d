package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A rule sees what buyers may still dispute of the seller, in the currency of the payment.
func TestRulesSeeExposure(t *testing.T) {
	m, _ := ruled(t, `much: block if seller.exposure >= 20 USD`)
	a, b := m.seller().ID, m.seller().ID
	m.charge(b, 5000, 0, connect.TestCard)
	c := m.charge(a, 1500, 0, connect.TestCard)
	require.Equal(t, connect.ChargeSucceeded, m.charge(a, 500, 0, connect.TestCard).Status, "fifteen dollars so far")
	require.Equal(t, connect.ChargeFailed, m.charge(a, 500, 0, connect.TestCard).Status)
	m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true})
	require.Equal(t, connect.ChargeSucceeded, m.charge(a, 500, 0, connect.TestCard).Status)
	m.verify()
}

// A refund for a warning that was called off while it waited for money is no refund: the
// warning can be acted on again.
func TestWarningsOfRefundsThatWereCalledOff(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortWait })
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, Direct: true, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "o", AccountID: a.ID})
	require.NoError(t, err)
	require.NoError(t, m.WarningNews(m.ctx, connect.WarningNews{ID: "w", Key: c.ID}))
	w := m.warned(c)
	act := func() error {
		_, err := m.platform.ActOnWarning(m.ctx, connect.ActOnWarningRequest{Key: m.key(), By: boss, WarningID: w.ID})
		return err
	}
	require.NoError(t, act())
	r := m.refundsOf(c)[0]
	require.Equal(t, connect.RefundWaiting, r.Status)
	requireCode(t, act(), ledger.State, "already_acted")
	_, err = m.platform.CancelRefund(m.ctx, connect.CancelRefundRequest{Key: "x", RefundID: r.ID})
	require.NoError(t, err)
	require.NoError(t, act(), "nothing was given back")
	require.Len(t, m.refundsOf(c), 2)
	m.verify()
}

// A closing waits for refunds that wait for money: what the account has is not paid out
// from under them.
func TestClosingWaitsForRefunds(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortWait })
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, Direct: true, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "o", AccountID: a.ID, Amount: usd(500)})
	require.NoError(t, err)
	r := m.refund(connect.RefundRequest{ChargeID: c.ID})
	require.Equal(t, connect.RefundWaiting, r.Status)
	m.pass(5 * day)
	x := m.closing(a.ID)
	m.pass(2 * time.Hour)
	m.pass(2 * time.Hour)
	require.Contains(t, m.waits(x), "refund")
	require.NotEqual(t, usd(0), m.has(a.ID).Owed, "what is left of it was not paid out")
	m.adjusted(a.ID, 600)
	m.pass(2 * time.Hour)
	require.Equal(t, connect.RefundSucceeded, m.getRefund(r.ID).Status)
	for range 10 {
		m.pass(day)
	}
	require.Equal(t, []string{"closed"}, m.waits(x))
	m.verify()
}

// A refund of an account that closes takes what is kept back of the charge for it.
func TestRefundsWhileAnAccountCloses(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, Direct: true, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	m.closing(a.ID)
	require.Equal(t, usd(941), m.has(a.ID).Reserved)
	r := m.refund(connect.RefundRequest{ChargeID: c.ID, Amount: usd(400)})
	require.Equal(t, connect.RefundSucceeded, r.Status)
	require.Equal(t, []ledger.Money{usd(0), usd(541)}, []ledger.Money{m.has(a.ID).Available, m.has(a.ID).Reserved})
	m.verify()
}

// A closing waits for a debit of the seller's bank that is under way: what it brings comes
// before the last payout, not after it.
func TestClosingWaitsForDebits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	r := achMandate("", payout.TestAccount)
	a, mandate := m.short(100), m.mandate(r).ID
	d := m.debitsNegative(a, mandate, 0)
	m.adjusted(a, 100)
	x := m.closing(a)
	m.pass(2 * time.Hour)
	require.Contains(t, m.waits(x), "debit", string(d.Status))
	for range 14 {
		m.pass(day)
	}
	require.Equal(t, []string{"closed"}, m.waits(x))
	require.Equal(t, usd(0), m.has(a).Available)
	m.verify()
}

// What the seller's bank is about to pay is not written off: it would be given to the
// seller, at the house's cost.
func TestWriteOffsWaitForDebits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.short(100, func(r *connect.AccountRequest) { r.LossesBearer = connect.PartyHouse })
	ask := func() (*connect.WriteOff, error) {
		return m.platform.WriteOff(m.ctx, connect.WriteOffRequest{Key: m.key(), By: boss, AccountID: a, Amount: usd(0), Description: "d"})
	}
	w, err := ask()
	require.NoError(t, err)
	d := m.debitsNegative(a, m.ownMandate(payout.TestAccount), 0)
	_, err = m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: m.key(), ProposalID: w.Signed.Proposal, By: aid})
	requireCode(t, err, ledger.State, "debit_under_way")
	_, err = ask()
	requireCode(t, err, ledger.State, "debit_under_way")
	m.pass(14 * day)
	d, err = m.platform.GetNegativeDebit(m.ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, connect.NegativeDebitSucceeded, d.Status)
	require.Equal(t, usd(0), m.has(a).Available)
	m.verify()
}

// A closing waits for what the platform has advanced to the seller, until it comes back or
// the platform gives it up by an adjustment.
func TestClosingWaitsForAdvances(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortAdvance }).ID
	c := m.charge(a, 1000, 0, connect.TestCardAtOnce)
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "all", AccountID: a})
	require.NoError(t, err)
	m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true})
	m.pass(5 * day)
	x := m.closing(a)
	m.pass(130 * day)
	require.Equal(t, []string{"advance", "closing"}, m.waits(x))
	m.adjusted(a, 1000)
	for range 10 {
		m.pass(day)
	}
	require.Equal(t, []string{"closed"}, m.waits(x))
	m.verify()
}
