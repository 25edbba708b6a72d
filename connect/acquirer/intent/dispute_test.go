package intent_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// disputedAt is a charge of 10.00 EUR at a server, and its market.
func disputedAt(t *testing.T) (*sandbox, *connecttest.Marketplace, *connect.Platform, *connect.Charge) {
	b := newSandbox(t, nil)
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Acquirer: b.acquirer, Now: b.clock.Now}})
	require.NoError(t, err)
	p, err := m.Register(t.Context(), connect.PlatformRequest{Key: "p", Name: "P", Country: "DE"})
	require.NoError(t, err)
	c, err := p.Charge(t.Context(), connect.ChargeRequest{Key: "c", Amount: ledger.Minor(1000, ledger.EUR), Source: intenttest.Card})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	return b, m, p, c
}

// tell posts what the server has to say, and what it says twice.
func tell(t *testing.T, b *sandbox, m *connecttest.Marketplace) {
	for _, e := range b.Events() {
		for range 2 {
			done, err := m.Notify(t.Context(), b.Post(e))
			require.NoError(t, err, e.Type)
			require.Zero(t, done.Kept, "%s %s", e.Type, e.Body)
		}
	}
}

func theDispute(t *testing.T, p *connect.Platform) *connect.Dispute {
	list, err := p.ListDisputes(t.Context(), connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	return list.Items[0]
}

// A dispute is told by events, answered by a request that is sent again after faults, and
// decided by events.
func TestDisputes(t *testing.T) {
	for name, x := range map[string]struct {
		inquiry, accept, won bool
		status               connect.DisputeStatus
		left                 int64 // of the platform, less the processing fee
	}{
		"won":     {false, false, true, connect.DisputeWon, 1000},
		"lost":    {false, false, false, connect.DisputeLost, 0},
		"given":   {false, true, false, connect.DisputeLost, 0},
		"inquiry": {true, false, false, connect.InquiryClosed, 1000},
	} {
		for _, fault := range []intenttest.Fault{intenttest.NoFault, intenttest.Broken, intenttest.BrokenAt, intenttest.TooMany, intenttest.InFlight} {
			b, m, p, c := disputedAt(t)
			id := b.Dispute(c.ID, 1000, x.inquiry)
			tell(t, b, m)
			d := theDispute(t, p)
			require.Equal(t, []any{id, "fraudulent", "10.4", ledger.Minor(1000, ledger.EUR)}, []any{d.Reference, d.Reason, d.Network, d.Amount})
			require.Equal(t, b.clock.Now().Add(7*24*time.Hour).Unix(), d.DueBy.Unix())
			r := connect.AnswerDisputeRequest{Key: "a", DisputeID: d.ID, Accept: x.accept}
			if !x.accept {
				r.Evidence = connect.Evidence{Text: map[string]string{"customer_name": "Bo"}, Files: map[string]string{"receipt": "file_1"}}
			}
			failed := false
			b.Fail(func(r *http.Request) intenttest.Fault {
				if failed || r.Method != http.MethodPost {
					return intenttest.NoFault
				}
				failed = true
				return fault
			})
			a, err := p.AnswerDispute(t.Context(), r)
			require.NoError(t, err)
			for range 30 {
				if a.Status == connect.StepSucceeded || a.Status == connect.StepFailed {
					break
				}
				b.clock.Advance(time.Hour)
				m.Clock.Advance(time.Hour)
				_, err := m.Drain(t.Context())
				require.NoError(t, err)
				a, err = p.GetDisputeAnswer(t.Context(), a.ID)
				require.NoError(t, err)
			}
			if fault == intenttest.Broken { // nothing was done, and another key is needed
				require.Equal(t, []any{connect.StepFailed, "api_error"}, []any{a.Status, a.Code})
				r.Key = "b"
				a, err = p.AnswerDispute(t.Context(), r)
				require.NoError(t, err)
			}
			require.Equal(t, connect.StepSucceeded, a.Status, "%s, fault %d", name, fault)
			if !x.accept {
				b.Decide(id, x.won)
			}
			tell(t, b, m)
			require.Equal(t, x.status, theDispute(t, p).Status, name)
			report, err := m.Verify(t.Context())
			require.NoError(t, err)
			require.True(t, report.OK(), "%v", report)
			balance, err := p.Balance(t.Context(), "")
			require.NoError(t, err)
			for _, cur := range balance.Currencies {
				if cur.Currency == ledger.EUR {
					require.Equal(t, x.left, cur.Pending.Minor()+cur.Available.Minor()+c.ProcessingFee.Minor(), "%s, fault %d", name, fault)
				}
			}
		}
	}
}

// What the API would not take is an answer that failed.
func TestAnswersThatAreNotTaken(t *testing.T) {
	b, m, p, c := disputedAt(t)
	id := b.Dispute(c.ID, 1000, false)
	tell(t, b, m)
	b.Decide(id, false)
	a, err := p.AnswerDispute(t.Context(), connect.AnswerDisputeRequest{Key: "a", DisputeID: theDispute(t, p).ID, Accept: true})
	require.NoError(t, err)
	require.Equal(t, []any{connect.StepFailed, "dispute_already_answered"}, []any{a.Status, a.Code})
	for _, reference := range []string{"", "ch_1", "dp_../x"} {
		answer, err := b.acquirer.AnswerDispute(t.Context(), "k", connect.DisputeOrder{Reference: reference})
		require.NoError(t, err)
		require.Equal(t, connect.Declined, answer.Status)
	}
}
