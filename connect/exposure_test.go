package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

const day = 24 * time.Hour

// exposed is what may still be disputed of a seller's charges, in dollars.
func (m *market) exposed(account string) int64 {
	m.t.Helper()
	x, err := m.platform.Exposure(m.ctx, account)
	require.NoError(m.t, err)
	return x.In(ledger.USD).Amount.Minor()
}

func (m *market) today() payout.Day { return payout.DayOf(m.Clock.Now(), time.UTC) }

// A charge exposes its seller from the payment to the end of its window; refunds and
// disputes, under way or done, take from that, and what fails of them gives it back.
func TestExposure(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	require.Equal(t, m.today()+120, c.DisputableUntil)
	m.charge(b.ID, 7000, 0, connect.TestCard)
	m.charge(a.ID, 500, 0, connect.TestDeclined)
	require.EqualValues(t, 1000, m.exposed(a.ID))
	m.pass(10 * day)
	late := m.charge(a.ID, 300, 0, connect.TestRefundDeclined)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "1", ChargeID: c.ID, Amount: usd(250), ReverseTransfer: true})
	require.NoError(t, err)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: "2", ChargeID: late.ID})
	require.NoError(t, err)
	x, err := m.platform.Exposure(m.ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, []connect.CurrencyExposure{{
		Currency: ledger.USD, Amount: usd(1050), Charges: 2, Falls: []connect.ExposureFall{
			{After: m.today() + 110, Amount: usd(750)}, {After: m.today() + 120, Amount: usd(300)},
		},
	}}, x.Currencies)
	d := connect.DisputeNews{ID: "d", Key: c.ID, At: m.Clock.Now(), Status: connect.DisputeNeedsResponse, Amount: usd(400)}
	require.NoError(t, m.DisputeNews(m.ctx, d))
	require.EqualValues(t, 650, m.exposed(a.ID))
	d.Status, d.At = connect.DisputeWon, d.At.Add(time.Second)
	require.NoError(t, m.DisputeNews(m.ctx, d))
	require.EqualValues(t, 1050, m.exposed(a.ID), "another may come")
	m.pass(110 * day)
	require.EqualValues(t, 1050, m.exposed(a.ID), "the last day")
	m.pass(day)
	require.EqualValues(t, 300, m.exposed(a.ID))
	require.NoError(t, m.News(m.ctx, connect.News{Key: late.ID, Answer: connect.Answer{Status: connect.Failed, Code: "lost"}}))
	require.Zero(t, m.exposed(a.ID), "it failed")
	require.Zero(t, (&connect.Exposure{}).In(ledger.JPY).Amount.Minor())
	_, err = m.platform.Exposure(m.ctx, "acct_nobody")
	requireCode(t, err, ledger.NotFound, "not_found")
	m.verify()
}

// Time begins with the capture, or with the delivery, and ends where it would be longest;
// hosts say otherwise by method and date.
func TestDisputeWindows(t *testing.T) {
	windows := append(connect.DefaultDisputeWindows(), connect.DisputeWindow{Method: "wallet", Days: 180, Longest: 200}, connect.DisputeWindow{Method: "gift"})
	m := newMarket(t, connecttest.Config{Config: connect.Config{DisputeWindows: windows}})
	a := m.seller()
	from := m.today()
	until := func(change func(*connect.ChargeRequest)) payout.Day {
		r := connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard}
		change(&r)
		c, err := m.platform.Charge(m.ctx, r)
		require.NoError(t, err)
		return c.DisputableUntil
	}
	require.Equal(t, from+90+120, until(func(r *connect.ChargeRequest) { r.DeliverOn = from + 90 }))
	require.Equal(t, from+120, until(func(r *connect.ChargeRequest) { r.DeliverOn = from - 1 }))
	require.Equal(t, from+540, until(func(r *connect.ChargeRequest) { r.DeliverOn = from + 500 }))
	require.Equal(t, from+200, until(func(r *connect.ChargeRequest) { r.Method, r.DeliverOn = "wallet", from+30 }))
	require.Zero(t, until(func(r *connect.ChargeRequest) { r.Method = "gift" }))
	r := connect.ChargeRequest{Key: "far", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard, DeliverOn: from + 541}
	_, err := m.platform.Charge(m.ctx, r)
	requireAbout(t, err, "deliverOn", "540 days")
	c := m.authorize(a.ID, 1000, 0, connect.TestCard)
	require.Zero(t, c.DisputableUntil)
	m.pass(5 * day)
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "c", ChargeID: c.ID, Amount: usd(700)})
	require.NoError(t, err)
	require.Equal(t, from+125, m.now(c).DisputableUntil)
	m.verify()
	for _, bad := range []connect.DisputeWindow{{Days: -1}, {Days: 541}, {Longest: 541}, {Method: "Not a name"}, {Days: 1}} {
		_, err := connect.New(connect.Config{DisputeWindows: append(connect.DefaultDisputeWindows(), bad)})
		requireAbout(t, err, "disputeWindows", "0 to 540 days")
	}
}

// A bank debit may come back as its scheme says.
func TestExposureOfDebits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.debits(a.ID, 1, 0, "")
	list, err := m.platform.ListCharges(m.ctx, connect.ListRequest{AccountID: a.ID})
	require.NoError(t, err)
	terms, _ := debit.Builtin().On(debit.ACH, m.today())
	longest := m.today()
	for _, r := range terms.Returns {
		if last, ever := r.Until(m.today(), payout.Calendar{}); !ever {
			longest = max(longest, last)
		}
	}
	require.Greater(t, longest, m.today()+50)
	require.Equal(t, longest, list.Items[0].DisputableUntil)
	require.EqualValues(t, 1000, m.exposed(a.ID))
	m.verify()
}
