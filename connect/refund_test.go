package connect_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Fifty refunds of 60 % at once: one of them happens (promise 9, edge-case 31).
func TestRefundsNeverExceedTheCharge(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	var group sync.WaitGroup
	var mu sync.Mutex
	done, refused := 0, 0
	for i := range 50 {
		group.Add(1)
		go func() {
			defer group.Done()
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{
				Key: fmt.Sprint("r", i), ChargeID: c.ID, Amount: usd(600), ReverseTransfer: true, RefundFee: true,
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
				return
			}
			refused++
			requireCode(t, err, ledger.State, "refund_exceeds_charge")
		}()
	}
	group.Wait()
	require.Equal(t, 1, done)
	require.Equal(t, 49, refused)
	m.verify()
}

// A charge refunded in parts ends as one refunded at once, to the unit, for any
// amounts, commission and taxes; and no part ever takes more than was given
// (promises 7, 8 and 12, edge-cases 9, 33 and 34).
func TestPartsOfARefundAddUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		amount := rapid.Int64Range(50, 100000).Draw(r, "amount")
		taxes := rapid.SliceOfN(rapid.Int64Range(1, max(1, amount/20)), 0, 10).Draw(r, "taxes")
		request := connect.ChargeRequest{Key: "c", Amount: usd(amount), Source: connect.TestCard}
		share := amount
		for i, tax := range taxes {
			if share-tax < 1 {
				break
			}
			share -= tax
			request.Tax = append(request.Tax, connect.Tax{Authority: fmt.Sprint("a", i), Amount: usd(tax)})
		}
		request.ApplicationFee = usd(rapid.Int64Range(0, share).Draw(r, "fee"))

		once, parts := newRefunds(t, request), newRefunds(t, request)
		once.refund(amount)
		for left := amount; left > 0; {
			step := rapid.Int64Range(1, left).Draw(r, "part")
			parts.refund(step)
			left -= step
			c := parts.get()
			require.GreaterOrEqual(r, share, c.Reversed.Minor())
			require.GreaterOrEqual(r, request.ApplicationFee.Minor(), c.FeeBack.Minor())
			parts.verify()
		}
		require.Equal(r, once.has(once.seller.ID), parts.has(parts.seller.ID))
		require.Equal(r, once.has(""), parts.has(""))
		require.Equal(r, usd(0), parts.has(parts.seller.ID).Pending)
		_, err := parts.platform.Refund(parts.ctx, connect.RefundRequest{Key: "more", ChargeID: parts.charged, Amount: usd(1)})
		requireCode(t, err, ledger.State, "refund_exceeds_charge")
	})
}

// refunds is a market with one charge.
type refunds struct {
	*market
	seller  *connect.Account
	charged string
}

func newRefunds(t *testing.T, request connect.ChargeRequest) *refunds {
	f := &refunds{market: newMarket(t, connecttest.Config{})}
	f.seller = f.market.seller()
	request.AccountID = f.seller.ID
	c, err := f.platform.Charge(f.ctx, request)
	require.NoError(t, err)
	f.charged = c.ID
	return f
}

func (f *refunds) refund(minor int64) {
	f.t.Helper()
	_, err := f.platform.Refund(f.ctx, connect.RefundRequest{Key: f.key(), ChargeID: f.charged, Amount: usd(minor), ReverseTransfer: true, RefundFee: true})
	require.NoError(f.t, err)
}

func (f *refunds) get() *connect.Charge {
	c, err := f.platform.GetCharge(f.ctx, f.charged)
	require.NoError(f.t, err)
	return c
}

// Any mix of refunds that take this leg or not, fail or not, leaves everything
// within what was given, and an error changes nothing (promise 10).
func TestAnyMixOfRefunds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		card := rapid.SampledFrom([]string{connect.TestCard, connect.TestRefundDeclined, connect.TestRefundPending}).Draw(r, "card")
		f := newRefunds(t, connect.ChargeRequest{
			Key: "c", Amount: usd(1001), ApplicationFee: usd(100), Source: card,
			Tax: []connect.Tax{{Authority: "a", Amount: usd(7)}, {Authority: "b", Amount: usd(3)}},
		})
		for range rapid.IntRange(1, 8).Draw(r, "refunds") {
			reverse := rapid.Bool().Draw(r, "reverse")
			request := connect.RefundRequest{
				Key: f.key(), ChargeID: f.charged, Amount: usd(rapid.Int64Range(1, 500).Draw(r, "amount")),
				ReverseTransfer: reverse, RefundFee: reverse && rapid.Bool().Draw(r, "fee"),
			}
			before := snapshot(t, f.Store())
			if _, err := f.platform.Refund(f.ctx, request); err != nil {
				require.Equal(r, before, snapshot(t, f.Store()), "an error changes nothing")
			}
			if rapid.Bool().Draw(r, "wait") {
				f.pass(time.Duration(rapid.IntRange(1, 72).Draw(r, "hours")) * time.Hour)
			}
			f.verify()
		}
		f.pass(96 * time.Hour)
		f.verify()
		require.Equal(r, usd(0), f.has(f.seller.ID).Held)
		require.Equal(r, usd(0), f.get().Refunding)
	})
}

// A refund under way keeps its day open: what it will take is not released, and
// comes from where it was set aside.
func TestRefundAcrossTheRelease(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 100, connect.TestRefundPending)
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(400), ReverseTransfer: true})
	require.NoError(t, err)
	require.Equal(t, connect.RefundPending, r.Status)
	m.Clock.Advance(2*24*time.Hour - 10*time.Hour + time.Second) // past midnight of the day, with Drain at rest until now
	// The release comes first in this drain, the refund's answer after it.
	m.pass(time.Second)
	m.pass(time.Hour)
	r, err = m.platform.GetRefund(m.ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	require.Equal(t, usd(500), m.has(a.ID).Available)
	require.Equal(t, usd(0), m.has(a.ID).Pending)
	m.verify()
}

func TestRefundRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	failed := m.charge(a.ID, 1000, 123, connect.TestDeclined)
	for code, r := range map[string]connect.RefundRequest{
		"invalid_request":           {Key: "k"},
		"invalid_amount":            {Key: "k", ChargeID: c.ID, Amount: usd(-1)},
		"currency_mismatch":         {Key: "k", ChargeID: c.ID, Amount: ledger.Minor(1, ledger.EUR)},
		"reverse_transfer_required": {Key: "k", ChargeID: c.ID, RefundFee: true},
		"invalid_reason":            {Key: "k", ChargeID: c.ID, Reason: "mood"},
		"invalid_state":             {Key: "k", ChargeID: failed.ID},
		"not_found":                 {Key: "k", ChargeID: "ch_nothing"},
		"invalid_idempotency_key":   {ChargeID: c.ID},
	} {
		before := snapshot(t, m.Store())
		_, err := m.platform.Refund(m.ctx, r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, code)
		require.Equal(t, code, e.Code, "%v", err)
		require.Equal(t, before, snapshot(t, m.Store()))
	}
	// A refund of a charge without commission returns none (edge-case 35).
	free := m.charge(a.ID, 500, 0, connect.TestCard)
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "free", ChargeID: free.ID, ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.True(t, r.FeeBack.IsZero())
	m.verify()
}

// All of a charge goes back with its commission, though a first capture without one
// was refunded before the second had it.
func TestRefundsBetweenCapturesReturnTheWholeCommission(t *testing.T) {
	for _, direct := range []bool{false, true} {
		m := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: []connect.CaptureRule{{Captures: 2}}}})
		seller := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
		c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
			Key: m.key(), Amount: usd(1000), AccountID: seller.ID, Direct: direct, Source: connect.TestCard, CaptureLater: true,
		})
		require.NoError(t, err)
		for _, fee := range []int64{0, 100} {
			_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{
				Key: m.key(), ChargeID: c.ID, Amount: usd(500), ApplicationFee: usd(fee), KeepRest: fee == 0,
			})
			require.NoError(t, err)
			_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, ReverseTransfer: !direct, RefundFee: true})
			require.NoError(t, err)
		}
		c = m.now(c)
		require.Equal(t, []ledger.Money{usd(1000), usd(100)}, []ledger.Money{c.Refunded, c.FeeBack})
		m.verify()
	}
}
