package connect_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func (m *market) refund(r connect.RefundRequest) *connect.Refund {
	m.t.Helper()
	r.Key = m.key()
	o, err := m.platform.Refund(m.ctx, r)
	require.NoError(m.t, err)
	return o
}

func (m *market) getRefund(id string) *connect.Refund {
	m.t.Helper()
	o, err := m.platform.GetRefund(m.ctx, id)
	require.NoError(m.t, err)
	return o
}

// waitingRefund is a refund that waits for what its seller lacks.
func (m *market) waitingRefund() *connect.Refund {
	m.t.Helper()
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortWait })
	r := m.refund(connect.RefundRequest{ChargeID: m.charge(a.ID, 1000, 100, connect.TestCard).ID, ReverseTransfer: true})
	require.Equal(m.t, connect.RefundWaiting, r.Status)
	return r
}

// failedNews is the buyer's bank refusing a refund after it had succeeded.
func failedNews(r *connect.Refund) connect.News {
	return connect.News{Key: r.ID, Answer: connect.Answer{Status: connect.Failed, Code: "account_closed", Amount: r.Amount}}
}

// owed is what the buyer of a charge is owed, in minor units.
func owed(c *connect.Charge) (n int64) {
	for _, o := range c.Owed {
		n += o.Amount.Minor()
	}
	return n
}

// A refund in parts comes to the same as one at once, to the unit, whatever becomes of
// the commission, whose own the charge is and how many digits its currency has (promises
// 7, 8 and 12, edge-cases 33, 34 and 41). Each part that fails later is as if it had not
// been (edge-case 39).
func TestPartsOfARefundAreTheWhole(t *testing.T) {
	const amount, fee = 10_007, 1_003
	for i, cur := range []ledger.Currency{ledger.JPY, ledger.USD, ledger.KWD} {
		m := newMarket(t, connecttest.Config{Config: connect.Config{Prices: &pricing.Table{}}})
		for j, policy := range []connect.FeePolicy{connect.FeeKeep, connect.FeeProportional, connect.FeeExact} {
			for k, shape := range []string{"direct", "fee", "amount"} {
				if shape == "amount" && policy != connect.FeeKeep { // which states no commission
					continue
				}
				var ends [2][2]int64
				for n, parts := range [][]int64{{amount}, {int64(1 + i), 3333, int64(500 * (j + 1)), int64(17 + k), 0}} {
					before := m.sumsByOwner()[m.platform.ID()]
					a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID
					r := connect.ChargeRequest{Amount: ledger.Minor(amount, cur), AccountID: a, Direct: shape == "direct", Source: connect.TestCard}
					if shape == "amount" {
						r.TransferAmount = ledger.Minor(amount-fee, cur)
					} else {
						r.ApplicationFee = ledger.Minor(fee, cur)
					}
					c, err := m.try(r)
					require.NoError(t, err)
					left, feeLeft := int64(amount), int64(700)
					for at, part := range parts {
						if part == 0 {
							part = left
						}
						re := connect.RefundRequest{ChargeID: c.ID, Amount: ledger.Minor(part, cur), ReverseTransfer: shape != "direct", Fee: policy}
						if policy == connect.FeeExact {
							step := int64(99)
							if at == len(parts)-1 {
								step = feeLeft
							}
							feeLeft -= step
							re.FeeAmount = ledger.Minor(step, cur)
						}
						if at == 1 { // of which the bank thinks better
							require.NoError(t, m.News(m.ctx, failedNews(m.refund(re))))
							m.Acquirer.RefuseRefund(m.now(c).Owed[0].Refund, "account_closed")
						}
						m.refund(re)
						left -= part
					}
					sums := m.sumsByOwner()
					ends[n] = [2]int64{sums[a], sums[m.platform.ID()] - before}
					require.Zero(t, owed(m.now(c)))
				}
				require.Equal(t, ends[0], ends[1], "%v, %s, %s: seller and platform", cur, policy, shape)
			}
		}
		m.verify()
	}
}

// Approved, failed and each of them again, in any order, come to one end: the refund has
// failed, nobody has lost or won by it, and the buyer is owed it once (promises 10 and 31,
// edge-cases 38 and 39).
func TestNewsOfARefundInAnyOrder(t *testing.T) {
	approved, failed := connect.Answer{Status: connect.Approved}, connect.Answer{Status: connect.Failed, Code: "account_closed"}
	for _, order := range [][]connect.Answer{{approved, failed}, {failed, approved}, {approved, failed, approved, failed}, {failed, failed, approved}, {approved, approved, failed}} {
		m := newMarket(t, connecttest.Config{})
		a := m.seller()
		c := m.charge(a.ID, 1000, 123, connect.TestRefundPending)
		r := m.refund(connect.RefundRequest{ChargeID: c.ID, Amount: usd(400), ReverseTransfer: true, RefundFee: true})
		for _, answer := range order {
			answer.Amount = usd(400)
			require.NoError(t, m.News(m.ctx, connect.News{Key: r.ID, Answer: answer}))
		}
		require.Equal(t, connect.RefundFailed, m.getRefund(r.ID).Status)
		require.Equal(t, usd(877), m.has(a.ID).Pending)
		require.Equal(t, int64(400), owed(m.now(c)))
		m.verify()
	}
}

// What was refused can be undone though nobody has anything left: the chain through the
// platform, which was paid out, comes to nothing (edge-case 47).
func TestARefusedRefundNeedsNothing(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	m.pass(72 * time.Hour)
	r := m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true})
	m.refund(connect.RefundRequest{ChargeID: m.charge(a.ID, 2000, 0, connect.TestCardAtOnce).ID}) // and the platform owes
	m.pass(72 * time.Hour)
	require.Negative(t, m.has("").Available.Minor())
	before := m.has("")
	require.NoError(t, m.News(m.ctx, failedNews(r)))
	require.Equal(t, before, m.has(""))
	m.verify()
}

// The buyer is paid another way once, however many try, and is owed until then: also while
// that is under way, and after it has failed (promises 9 and 10, edge-case 42).
func TestAnOwedBuyerIsPaidOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	first := m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, m.News(m.ctx, failedNews(first)))
	list, err := m.platform.ListOwed(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Equal(t, []string{c.ID}, []string{list.Items[0].ID})

	bank := &connect.BankDetails{Token: payout.TestReturned, Country: "US", Currency: ledger.USD}
	again := m.refund(connect.RefundRequest{ChargeID: c.ID, Repays: first.ID, Bank: bank})
	require.Equal(t, connect.RefundPending, again.Status)
	require.Equal(t, int64(1000), owed(m.now(c)))
	m.pass(10 * 24 * time.Hour) // paid, and returned
	require.Equal(t, connect.RefundFailed, m.getRefund(again.ID).Status)
	require.Equal(t, int64(1000), owed(m.now(c)))

	_, other := m.second()
	unpaid := m.now(c).Owed[0].Refund
	done := m.both(func(i int) error {
		p := []*connect.Platform{m.platform, other}[i%2]
		_, err := p.Refund(m.ctx, connect.RefundRequest{Key: nthKey("paid", i), ChargeID: c.ID, Repays: unpaid, Paid: "cheque"})
		return err
	})
	require.Equal(t, 1, done)
	require.Zero(t, owed(m.now(c)))
	list, err = m.platform.ListOwed(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
	m.verify()
}

// A refund that waits is called off or carried out, never both, and nobody is asked before
// (promise 10, edge-case 46). A transaction of the host's only records it, and a preview
// leaves no trace.
func TestARefundThatWaitsEndsOnce(t *testing.T) {
	for i := range 3 {
		m := newMarket(t, connecttest.Config{})
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortWait })
		c := m.charge(a.ID, 1000, 123, connect.TestCardAtOnce)
		_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "all", AccountID: a.ID})
		require.NoError(t, err)
		r := connect.RefundRequest{Key: "r", ChargeID: c.ID, ReverseTransfer: true, RefundFee: true}
		before := snapshot(t, m.Store())
		seen, err := m.platform.Preview().Refund(m.ctx, r)
		require.NoError(t, err)
		require.Equal(t, connect.RefundWaiting, seen.Status)
		require.Equal(t, before, snapshot(t, m.Store()))
		waits, err := m.platform.In(m.Store()).Refund(m.ctx, r)
		require.NoError(t, err)
		require.Equal(t, connect.RefundWaiting, waits.Status)
		require.Zero(t, m.Acquirer.Taken(waits.ID))
		require.NoError(t, m.platform.Finish(m.ctx, waits.ID))
		require.Equal(t, connect.RefundWaiting, m.getRefund(waits.ID).Status)

		m.charge(a.ID, 5000, 0, connect.TestCardAtOnce)
		_, other := m.second()
		called := m.both(func(n int) error {
			if n%2 == i%2 {
				return other.Finish(m.ctx, waits.ID)
			}
			_, err := m.platform.CancelRefund(m.ctx, connect.CancelRefundRequest{Key: nthKey("c", n), RefundID: waits.ID})
			return err
		})
		require.GreaterOrEqual(t, called, 4)
		m.pass(time.Hour)
		got := m.getRefund(waits.ID)
		require.Contains(t, []connect.RefundStatus{connect.RefundSucceeded, connect.RefundCanceled}, got.Status)
		require.Equal(t, map[connect.RefundStatus]int{connect.RefundSucceeded: 1}[got.Status], m.Acquirer.Taken(waits.ID))
		told := 0
		for _, e := range m.told(waits.ID) {
			if e == connect.EventRefundCreated {
				told++
			}
		}
		require.Equal(t, 1, told)
		m.verify()
	}
}

// What an advance was given for and paid back never exceeds it, and what is paid out is
// what is left of the income (promise 20, edge-case 37).
func TestAnAdvanceComesBackBeforePayouts(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortAdvance })
	c := m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "all", AccountID: a.ID})
	require.NoError(t, err)
	m.refund(connect.RefundRequest{ChargeID: c.ID, Amount: usd(600), ReverseTransfer: true})
	m.refund(connect.RefundRequest{ChargeID: c.ID, ReverseTransfer: true})
	list, err := m.platform.ListAdvances(m.ctx, connect.ListRequest{AccountID: a.ID})
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(1000), usd(0)}, []ledger.Money{list.Items[0].Given, list.Items[0].Repaid})
	m.charge(a.ID, 1500, 0, connect.TestCardAtOnce)
	_, other := m.second()
	paid := m.both(func(i int) error {
		p := []*connect.Platform{m.platform, other}[i%2]
		_, err := p.Payout(m.ctx, connect.PayoutRequest{Key: nthKey("p", i), AccountID: a.ID, Amount: usd(500)})
		return err
	})
	require.Equal(t, 1, paid)
	got, err := m.platform.GetAdvance(m.ctx, list.Items[0].ID)
	require.NoError(t, err)
	require.True(t, got.Left().IsZero())
	require.Equal(t, usd(0), m.has(a.ID).Available)
	m.verify()
}

func TestWholeRefundRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	r, own := m.refund(connect.RefundRequest{ChargeID: c.ID, Amount: usd(10)}), m.charge("", 100, 0, connect.TestCard)
	fin := connect.Actor{ID: "f", Rights: []connect.Right{connect.RightFinance}}
	var tries []func() error
	var want []string
	refuse := func(about string, try func() error) { tries, want = append(tries, try), append(want, about) }
	refund := func(about string, q connect.RefundRequest) {
		q.Key = "k"
		if q.ChargeID == "" {
			q.ChargeID = c.ID
		}
		refuse(about, func() error { _, err := m.platform.Refund(m.ctx, q); return err })
	}
	refund("fee invalid_fee_policy", connect.RefundRequest{Fee: "some"})
	refund("refundFee invalid_fee_policy", connect.RefundRequest{RefundFee: true, Fee: connect.FeeKeep})
	refund("feeAmount invalid_fee_policy", connect.RefundRequest{FeeAmount: usd(1)})
	refund("feeAmount invalid_fee_policy", connect.RefundRequest{Fee: connect.FeeExact})
	refund("feeAmount invalid_amount", connect.RefundRequest{Fee: connect.FeeExact, FeeAmount: usd(-1)})
	refund("feeAmount fee_refund_exceeds_fee", connect.RefundRequest{Fee: connect.FeeExact, FeeAmount: usd(124), ReverseTransfer: true})
	refund("feeAmount currency_mismatch", connect.RefundRequest{Fee: connect.FeeExact, FeeAmount: ledger.Minor(1, ledger.EUR), ReverseTransfer: true})
	refund("fee reverse_transfer_required", connect.RefundRequest{Fee: connect.FeeExact, FeeAmount: usd(1)})
	refund("waitDays invalid_request", connect.RefundRequest{WaitDays: 181})
	refund("repays invalid_request", connect.RefundRequest{Paid: "by hand"})
	refund("repays invalid_request", connect.RefundRequest{Repays: r.ID, Amount: usd(1)})
	refund("repays invalid_request", connect.RefundRequest{Repays: r.ID, IntoCredit: true, Paid: "by hand"})
	refund("repays nothing_owed", connect.RefundRequest{Repays: r.ID})
	refund("stated invalid_request", connect.RefundRequest{Stated: &connect.StatedRate{Rate: decimal.NewFromInt(1), By: fin}})
	refund("stated.rate invalid_rate", connect.RefundRequest{Stated: &connect.StatedRate{By: fin}})
	refund("stated right_missing", connect.RefundRequest{Stated: &connect.StatedRate{Rate: decimal.NewFromInt(1), By: connect.Actor{ID: "f"}}})
	for about, q := range map[string]connect.FeeRefundRequest{
		"charge invalid_request": {}, "amount invalid_amount": {ChargeID: c.ID, Amount: usd(-1)}, "amount currency_mismatch": {ChargeID: c.ID, Amount: ledger.Minor(1, ledger.EUR)},
		"amount fee_refund_exceeds_fee": {ChargeID: c.ID, Amount: usd(124)}, "charge no_commission": {ChargeID: own.ID},
	} {
		q.Key = "k"
		refuse(about, func() error { _, err := m.platform.RefundApplicationFee(m.ctx, q); return err })
	}
	refuse("refund invalid_request", func() error {
		_, err := m.platform.CancelRefund(m.ctx, connect.CancelRefundRequest{Key: "k"})
		return err
	})
	refuse("refund not_waiting", func() error {
		_, err := m.platform.CancelRefund(m.ctx, connect.CancelRefundRequest{Key: "k", RefundID: r.ID})
		return err
	})
	for about, q := range map[string]connect.PlatformUpdate{
		"refundFees invalid_fee_policy": {RefundFees: connect.FeeExact}, "failedRefunds invalid_failed_refunds": {FailedRefunds: "x"},
		"shortBalance invalid_short_balance": {ShortBalance: connect.ShortAdvance}, "sellersShort invalid_short_balance": {SellersShort: "x"},
	} {
		q.Key = "k"
		refuse(about, func() error { _, err := m.platform.UpdatePlatform(m.ctx, q); return err })
	}
	before := snapshot(t, m.Store())
	for i, try := range tries {
		var e *ledger.Error
		require.ErrorAs(t, try(), &e, want[i])
		require.Equal(t, want[i], e.Field+" "+e.Code, "%v", e)
		require.Equal(t, before, snapshot(t, m.Store()), want[i])
	}
}

// What is another platform's is unknown (promise 65).
func TestForeignRefundsAreUnknown(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	r := m.refund(connect.RefundRequest{ChargeID: c.ID, Amount: usd(10)})
	f, err := m.platform.RefundApplicationFee(m.ctx, connect.FeeRefundRequest{Key: "f", ChargeID: c.ID, Amount: usd(1)})
	require.NoError(t, err)
	m.requireForeign(map[string]foreign{
		"fee refund": {f.ID, func(p *connect.Platform, id string) error { _, err := p.GetFeeRefund(m.ctx, id); return err }},
		"fee refund of": {c.ID, func(p *connect.Platform, id string) error {
			_, err := p.RefundApplicationFee(m.ctx, connect.FeeRefundRequest{Key: "k", ChargeID: id})
			return err
		}},
		"cancel": {r.ID, func(p *connect.Platform, id string) error {
			_, err := p.CancelRefund(m.ctx, connect.CancelRefundRequest{Key: "k", RefundID: id})
			return err
		}},
		"advance": {"adv_" + a.ID + "_USD", func(p *connect.Platform, id string) error { _, err := p.GetAdvance(m.ctx, id); return err }},
		"page of owed": {c.ID, func(p *connect.Platform, id string) error {
			_, err := p.ListOwed(m.ctx, connect.ListRequest{After: id})
			return err
		}},
		"fee refunds of": {c.ID, func(p *connect.Platform, id string) error {
			_, err := p.ListFeeRefunds(m.ctx, connect.ListRequest{ChargeID: id})
			return err
		}},
	})
}

// Banks pay forints in whole hundreds of minor units: what is owed of others is paid by
// another way.
func TestBanksRepayWholeForints(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	huf := func(n int64) ledger.Money { return ledger.Minor(n, ledger.HUF) }
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: huf(200000), AccountID: a.ID, Direct: true, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	to := connect.BankDetails{Token: payout.TestAccount, Country: "DE", Currency: ledger.HUF}
	for _, x := range []struct {
		amount int64
		field  string
	}{{67769, "amount"}, {67700, ""}} {
		r := m.refund(connect.RefundRequest{ChargeID: c.ID, Amount: huf(x.amount)})
		require.NoError(t, m.News(m.ctx, connect.News{Key: r.ID, Answer: connect.Answer{Status: connect.Failed, Code: "closed"}}))
		before := snapshot(t, m.Store())
		_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Repays: r.ID, Bank: &to})
		if x.field == "" {
			require.NoError(t, err)
			continue
		}
		requireAbout(t, err, x.field)
		require.Equal(t, "invalid_amount", codeOf(t, err))
		require.Equal(t, before, snapshot(t, m.Store()))
	}
	m.verify()
}
