package notify_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/ledger"
)

func (m *market) dispute() *connect.Dispute {
	m.t.Helper()
	list, err := m.platform.ListDisputes(m.ctx, connect.ListRequest{})
	require.NoError(m.t, err)
	require.Len(m.t, list.Items, 1)
	return list.Items[0]
}

// paid is a charge that was captured.
func (m *market) paid() *connect.Charge {
	c := m.charge("c", false)
	m.post(m.Items()...)
	require.Equal(m.t, connect.ChargeSucceeded, m.now(c).Status)
	return c
}

// Disputes are booked from notifications, in whatever order they come and however often
// (promise 13, edge case 51).
func TestDisputes(t *testing.T) {
	type step struct{ event, status string }
	for name, x := range map[string]struct {
		steps []step
		end   connect.DisputeStatus
		moved int64 // what the API has of it at the end
	}{
		"lost by silence": {[]step{{"NOTIFICATION_OF_CHARGEBACK", "Undefended"}, {"CHARGEBACK", "Undefended"}, {"DISPUTE_DEFENSE_PERIOD_ENDED", "Lost"}}, connect.DisputeLost, 5000},
		"won": {[]step{
			{"NOTIFICATION_OF_CHARGEBACK", "Undefended"}, {"CHARGEBACK", "Pending"}, {"INFORMATION_SUPPLIED", "Pending"}, {"CHARGEBACK_REVERSED", "Pending"},
			{"ISSUER_RESPONSE_TIMEFRAME_EXPIRED", "Won"},
		}, connect.DisputeWon, 0},
		"won at once":      {[]step{{"DISPUTE_OPENED_WITH_CHARGEBACK", "Undefended"}, {"CHARGEBACK", "Undefended"}, {"CHARGEBACK_REVERSED", "Won"}}, connect.DisputeWon, 0},
		"lost after all":   {[]step{{"CHARGEBACK", "Undefended"}, {"CHARGEBACK_REVERSED", "Pending"}, {"SECOND_CHARGEBACK", "Lost"}}, connect.DisputeLost, 5000},
		"not defended":     {[]step{{"NOTIFICATION_OF_CHARGEBACK", "Undefended"}, {"INFORMATION_SUPPLIED", "Pending"}, {"PREARBITRATION_LOST", "Lost"}}, connect.DisputeLost, 5000},
		"only asked":       {[]step{{"REQUEST_FOR_INFORMATION", "Unresponded"}, {"REQUEST_FOR_INFORMATION", "Responded"}, {"REQUEST_FOR_INFORMATION", "Expired"}}, connect.InquiryClosed, 0},
		"asked, and taken": {[]step{{"REQUEST_FOR_INFORMATION", "Unresponded"}, {"CHARGEBACK", "Undefended"}, {"NOTIFICATION_OF_CHARGEBACK", "Undefended"}}, connect.DisputeNeedsResponse, 5000},
	} {
		for _, backwards := range []bool{false, true} {
			m := newMarket(t)
			c := m.paid()
			psp := m.Dispute(c.ID, x.steps[0].event, x.steps[0].status, 5000)
			for _, s := range x.steps[1:] {
				m.Disputed(psp, s.event, s.status)
			}
			items := m.Items()
			if backwards {
				slices.Reverse(items)
			}
			for _, i := range items {
				require.Equal(t, connect.Notified{Booked: 1}, m.post(i), "%s: %s", name, i.EventCode)
				require.Equal(t, connect.Notified{Ignored: 1}, m.post(i))
			}
			d := m.dispute()
			require.Equal(t, []any{psp, x.end, usd(x.moved)}, []any{d.Reference, d.Status, d.Moved}, "%s, %t", name, backwards)
			if name != "only asked" {
				require.Equal(t, []any{"fraudulent", "10.4"}, []any{d.Reason, d.Network}, name)
			}
		}
	}
}

// What an item of a dispute does not say right is kept for people; what it says of time
// and reason is kept with the dispute.
func TestItemsOfDisputes(t *testing.T) {
	m := newMarket(t)
	c := m.paid()
	psp := m.Dispute(c.ID, "NOTIFICATION_OF_CHARGEBACK", "Undefended", 5000)
	good := m.Items()[0]
	for name, change := range map[string]func(*notify.Item){
		"not true":        func(i *notify.Item) { i.Success = "false" },
		"of a refund":     func(i *notify.Item) { i.MerchantReference = c.ID + ".r00000000" },
		"of a stranger":   func(i *notify.Item) { i.MerchantReference = "order 7" },
		"of nothing":      func(i *notify.Item) { i.Amount = nil },
		"in another":      func(i *notify.Item) { i.Amount = &notify.Amount{Currency: "EUR", Value: 5000} },
		"somebody else's": func(i *notify.Item) { i.MerchantReference = "ch_gone.p00000000" },
	} {
		i := good
		i.PSPReference = "PSP" + name
		change(&i)
		require.Equal(t, connect.Notified{Kept: 1}, m.post(i), name)
	}
	require.Equal(t, connect.Notified{Booked: 1}, m.post(good))
	d := m.dispute()
	require.Equal(t, psp, d.Reference)
	require.WithinDuration(t, m.clock.Now().Add(14*24*time.Hour), d.DueBy, 2*time.Second)
	require.False(t, d.StatusAt.IsZero())
	require.Equal(t, ledger.Minor(0, ledger.USD), d.Moved)
}

// An issuer's report of fraud is a warning, which the platform's rule refunds.
func TestWarnings(t *testing.T) {
	m := newMarket(t)
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "w", Warnings: &connect.WarningPolicy{Fraud: connect.WarningRule{Refund: connect.RefundAlways}}})
	require.NoError(t, err)
	c := m.paid()
	psp := m.Warn(c.ID)
	require.Equal(t, connect.Notified{Booked: 1}, m.post(m.Items()...))
	_, err = m.Drain(m.ctx)
	require.NoError(t, err)
	m.post(m.Items()...)
	list, err := m.platform.ListWarnings(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	w := list.Items[0]
	require.Equal(t, []any{psp, connect.WarningActed, "6"}, []any{w.Reference, w.Status, w.Network})
	require.Equal(t, usd(5000), m.now(c).Refunded)
}
