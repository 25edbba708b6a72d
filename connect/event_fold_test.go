package connect_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// says are the states that an object may have after an event of it; what is not here
// changes none.
var says = map[string]string{
	"charge.pending": "processing scheduled", "charge.succeeded": "succeeded", "charge.failed": "failed", "charge.requires_action": "requires_action",
	"charge.authorized": "authorized", "charge.captured": "succeeded", "charge.canceled": "canceled succeeded", "charge.expired": "canceled succeeded failed",
	"refund.created": "pending", "refund.failed": "failed", "capture.created": "pending", "capture.failed": "failed", "cancellation.created": "pending",
	"cancellation.failed": "failed", "payout.created": "pending", "payout.paid": "paid", "payout.failed": "failed", "payout.returned": "returned", "payout.canceled": "canceled",
	"proposal.created": "proposed", "proposal.carried_out": "carried_out", "proposal.refused": "refused", "proposal.expired": "expired",
	"freeze.proposed": "proposed", "freeze.made": "active", "freeze.refused": "refused", "freeze.expired": "expired", "freeze.lifted": "lifted",
	"adjustment.proposed": "proposed", "adjustment.made": "made", "adjustment.undone": "undone", "adjustment.refused": "refused",
	"write_off.proposed": "proposed", "write_off.made": "made", "bulk.proposed": "proposed", "bulk.started": "running", "bulk.done": "done", "bulk.stopped": "stopped",
	"refund.updated": "pending succeeded unknown", "capture.updated": "pending succeeded unknown", "cancellation.updated": "pending succeeded unknown",
	"charge.updated": "processing unknown requires_action authorized succeeded failed scheduled canceled", "payout.updated": "pending in_transit unknown paid failed returned canceled",
}

// Whoever follows the events of a random marketplace knows how each object stands: the
// last event of an object tells its state, and its version never goes back
// (promises 56, 57).
func TestEventsFoldToStates(t *testing.T) {
	w := newWild(t, 4711)
	for range 60 {
		w.step()
	}
	m := w.market
	s := m.seller().ID
	m.adjusted(s, 50)
	c := m.charge(s, 1000, 100, connect.TestCardAtOnce)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "fold", ChargeID: c.ID})
	require.NoError(t, err)
	f := m.frozen(s, usd(10))
	m.lifted(f)
	may, seen, checked := map[ledger.ID]string{}, map[ledger.ID]int64{}, map[string]int{}
	require.NoError(t, m.Store().Read(m.ctx, func(v ledger.View) error {
		var at ledger.Cursor
		for {
			list, next, err := v.Events(at, "", ledger.MaxPage)
			if err != nil {
				return err
			}
			for _, e := range list {
				require.GreaterOrEqual(t, e.Version, seen[e.Object], "%s of %v", e.Type, e.Object)
				seen[e.Object] = e.Version
				if states, ok := says[e.Type]; ok {
					may[e.Object] = states
				}
			}
			if at = next; len(list) < ledger.MaxPage {
				break
			}
		}
		for id, states := range may {
			list, err := v.Objects(id)
			if err != nil {
				return err
			}
			var x struct{ Status string }
			require.NoError(t, json.Unmarshal(list[0].Data, &x))
			require.True(t, slices.Contains(strings.Fields(states), x.Status), "%v is %s, and its events say %s", id, x.Status, states)
			checked[id.Kind]++
		}
		return nil
	}))
	for _, kind := range []string{"connect.charge", "connect.refund", "connect.proposal", "connect.freeze"} {
		require.Positive(t, checked[kind], kind)
	}
}
