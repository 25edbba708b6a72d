package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

// handDay is a day of fees and of what people do by hand, each step under its own key.
func (w *world) handDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	_, _ = p.RecordTopUp(ctx, connect.TopUpRequest{Key: "up", Amount: usd(5000)})
	limits := []connect.RightLimit{{Right: connect.RightSupport, Alone: usd(5000)}}
	if o, err := p.ProposeLimits(ctx, connect.LimitsRequest{Key: "limits", By: boss, Limits: limits}); err == nil {
		if _, err = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "limits yes", ProposalID: o.ID, By: aid}); err == nil {
			w.handed(ctx, p, a.ID)
		}
	}
	r := connect.FreezeRequest{Key: "freeze", By: legal, AccountID: a.ID, Amount: usd(450), Cause: connect.FreezeCourt, Authority: "c", Document: "o"}
	if f, err := p.Freeze(ctx, r); err == nil {
		_, _ = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "freeze yes", ProposalID: f.Signed.Proposal, By: boss})
	}
	r.Key, r.AccountID = "freeze and lift", a.ID
	if f, err := p.Freeze(ctx, r); err == nil {
		if _, err := p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "lift freeze", ProposalID: f.Signed.Proposal, By: boss}); err == nil {
			if f, err = p.Unfreeze(ctx, connect.UnfreezeRequest{Key: "lift", By: legal, FreezeID: f.ID, Document: "o"}); err == nil {
				_, _ = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "lift yes", ProposalID: f.Lift.Signed.Proposal, By: boss})
			}
		}
	}
	_, _ = p.Charge(ctx, connect.ChargeRequest{Key: "later", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard})
	w.once(eng, 3*24*time.Hour)
	if f, err := p.ChargeFee(ctx, connect.FeeRequest{Key: "fee", AccountID: a.ID, Kind: connect.FeePlan, Amount: usd(300), Tax: taxes(31)}); err == nil {
		_, _ = p.ReturnFee(ctx, connect.ReturnFeeRequest{Key: "fee back", FeeID: f.ID, Amount: usd(100)})
	}
	w.once(eng, 3*24*time.Hour)
}

// handed gives and takes back.
func (w *world) handed(ctx context.Context, p *connect.Platform, seller string) {
	r := connect.AdjustRequest{Key: "alone", By: clerk, AccountID: seller, Amount: usd(400), Reason: connect.AdjustGoodwill}
	if x, err := p.Adjust(ctx, r); err == nil {
		_, _ = p.UndoAdjustment(ctx, connect.UndoAdjustmentRequest{Key: "undo", By: clerk, AdjustmentID: x.ID, Reason: connect.AdjustCorrection})
	}
	r.Key, r.Amount, r.Bearer = "house", usd(700), connect.PartyHouse
	if x, err := p.Adjust(ctx, r); err == nil {
		_, _ = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "house yes", ProposalID: x.Signed.Proposal, By: chief})
	}
	r.Key = "refused"
	if x, err := p.Adjust(ctx, r); err == nil {
		_, _ = p.RefuseProposal(ctx, connect.RefuseProposalRequest{Key: "house no", ProposalID: x.Signed.Proposal, By: chief})
	}
}

// Whatever fails between any two steps, the same keys bring what people do to the same
// end (promises 24, 26 and 35, edge-case 95).
func TestFaultsByHand(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.handDay(t) }, func(w *world) map[string]string { return w.balances(t) })
	require.Equal(t, "-7.00 USD held 0.00", want["hous losses"])
	require.Equal(t, "10.29 USD held 0.00", want["acct available"], "700 - 331 + 110, and 1000 - 450")
}

// once lets time pass and drains once: days are gone through again.
func (w *world) once(eng *connect.Engine, d time.Duration) {
	w.clock.Advance(d)
	_, _ = eng.Drain(context.Background())
}
