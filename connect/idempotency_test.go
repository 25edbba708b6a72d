package connect_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// The same key and request returns what the first made, as it is now, marked as
// a replay, also years later (promise 21).
func TestReplayReturnsWhatIs(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	r := connect.ChargeRequest{Key: "once", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard}
	first, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.False(t, first.Replayed)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: "refund", ChargeID: first.ID, Amount: usd(250), ReverseTransfer: true})
	require.NoError(t, err)
	m.Clock.Advance(400 * 24 * time.Hour)
	again, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, usd(250), again.Refunded, "as it is now")
	require.Equal(t, 1, m.Acquirer.Taken(first.ID))
}

// A replay is answered even where the request would be refused by now: the
// whole charge is refunded, and the same refund is asked for again.
func TestReplayOfWhatIsImpossibleNow(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	r := connect.RefundRequest{Key: "all", ChargeID: c.ID, ReverseTransfer: true, RefundFee: true}
	first, err := m.platform.Refund(m.ctx, r)
	require.NoError(t, err)
	before := snapshot(t, m.Store())
	again, err := m.platform.Refund(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, before, snapshot(t, m.Store()))
}

// The same key and another request, or another verb, is refused and writes
// nothing (promise 22).
func TestKeyOfAnotherRequest(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	r := connect.ChargeRequest{Key: "once", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard}
	_, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	before := snapshot(t, m.Store())
	r.Amount = usd(1001)
	_, err = m.platform.Charge(m.ctx, r)
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "once", To: a.ID, Amount: usd(1)})
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "once", AccountID: a.ID})
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
	require.Equal(t, before, snapshot(t, m.Store()))
}

// Payouts of everything in two currencies are two requests.
func TestKeyTellsCurrenciesOfNothingApart(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "all", AccountID: a.ID, Amount: ledger.Zero(ledger.USD)})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "all", AccountID: a.ID, Amount: ledger.Zero(ledger.EUR)})
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
}

// A refusal stores no key: the corrected request may use it (promise 28).
func TestRefusalStoresNoKey(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	r := connect.ChargeRequest{Key: "once", Amount: usd(1), AccountID: a.ID, Source: connect.TestCard}
	_, err := m.platform.Charge(m.ctx, r)
	requireCode(t, err, ledger.Invalid, "amount_below_minimum")
	r.Amount = usd(1000)
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.False(t, c.Replayed)
}

// Keys belong to a platform: the same key elsewhere is independent (promise 25).
func TestKeysAreScoped(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "DE"})
	require.NoError(t, err)
	r := connect.ChargeRequest{Key: "same", Amount: usd(1000), Source: connect.TestCard}
	one, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	two, err := other.Charge(m.ctx, r)
	require.NoError(t, err)
	require.False(t, two.Replayed)
	require.NotEqual(t, one.ID, two.ID)
}

// Many callers with one new key: one effect, and the others get it or are told
// that it is being worked on (promise 23).
func TestOneKeyManyCallers(t *testing.T) {
	for _, delivery := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		t.Run(delivery.String(), func(t *testing.T) {
			m := newMarket(t, connecttest.Config{AcquirerDelivery: delivery})
			a := m.seller()
			charges := make([]*connect.Charge, 50)
			var group sync.WaitGroup
			for i := range charges {
				group.Add(1)
				go func() {
					defer group.Done()
					c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
						Key: "one", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard,
					})
					if err != nil {
						t.Error(err)
						return
					}
					charges[i] = c
				}()
			}
			group.Wait()
			first := 0
			for _, c := range charges {
				require.Equal(t, charges[0].ID, c.ID)
				require.Contains(t, []connect.ChargeStatus{connect.ChargeProcessing, connect.ChargeSucceeded}, c.Status)
				if !c.Replayed {
					first++
				}
			}
			require.Equal(t, 1, first)
			require.Equal(t, 1, m.Acquirer.Taken(charges[0].ID))
			require.Equal(t, usd(877), m.has(a.ID).Pending)
			m.verify()
		})
	}
}

// The same for a verb that only records.
func TestOneKeyManyTransfers(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	m.charge(a.ID, 10000, 0, connect.TestCardAtOnce)
	var group sync.WaitGroup
	for i := range 50 {
		group.Add(1)
		go func() {
			defer group.Done()
			// Two keys, so that two transfers race as well.
			_, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: fmt.Sprint("t", i%2), From: a.ID, To: b.ID, Amount: usd(500)})
			if err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	require.Equal(t, usd(1000), m.has(b.ID).Available)
	m.verify()
}

func requireCode(t testing.TB, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, class, e.Class, "%v", err)
	require.Equal(t, code, e.Code, "%v", err)
}
