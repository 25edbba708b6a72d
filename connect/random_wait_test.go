package connect_test

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// decideBulks approves and refuses the bulks of a platform that wait for a second person.
func (w *wild) decideBulks(p *Platform) {
	bulks := []connect.ManualAction{connect.ManualBulkRefund, connect.ManualBulkHold, connect.ManualBulkRelease}
	for o, err := range p.Proposals(w.ctx, connect.ListRequest{Limit: 20}) {
		require.NoError(w.t, err)
		switch {
		case !slices.Contains(bulks, o.Action) || o.Status != connect.ProposalOpen:
			continue
		case w.one(3):
			_, err = p.RefuseProposal(w.ctx, connect.RefuseProposalRequest{Key: w.key(), ProposalID: o.ID, By: boss})
		default:
			_, err = p.ApproveProposal(w.ctx, connect.ApproveProposalRequest{Key: w.key(), ProposalID: o.ID, By: pick(w, boss, another)})
		}
		w.note(err)
	}
}

// another is somebody else who may do everything.
var another = connect.Actor{ID: "another", Rights: []connect.Right{connect.RightAdmin}}

// letWait has a refund wait for a seller who was paid out, or calls one off that waits.
func (w *wild) letWait(who own, cur ledger.Currency) {
	list, err := who.ListRefunds(w.ctx, connect.ListRequest{Limit: 20})
	require.NoError(w.t, err)
	for _, r := range list.Items {
		if r.Status == connect.RefundWaiting && w.one(2) || w.one(20) {
			_, err = who.CancelRefund(w.ctx, connect.CancelRefundRequest{Key: w.key(), RefundID: r.ID})
			w.note(err)
			return
		}
	}
	who = w.patient(who.Platform)
	c, err := who.Charge(w.ctx, connect.ChargeRequest{
		Key: w.key(), Amount: ledger.Minor(20000, cur), AccountID: who.id, Direct: true, Source: connect.TestCardAtOnce,
	})
	if !w.note(err) {
		return
	}
	w.charges = append(w.charges, own{who.Platform, c.ID})
	_, err = who.Payout(w.ctx, connect.PayoutRequest{Key: w.key(), AccountID: who.id, Amount: ledger.Zero(cur)})
	w.note(err)
	_, err = who.Refund(w.ctx, connect.RefundRequest{Key: w.key(), ChargeID: c.ID, WaitDays: w.IntN(4)})
	w.note(err)
}

// patient is a seller of the platform whose refunds wait until they have enough: a new one
// if there is none.
func (w *wild) patient(p *Platform) own {
	for _, x := range w.sellers {
		if x.ID() != p.ID() {
			continue
		}
		a, err := x.GetAccount(w.ctx, x.id)
		require.NoError(w.t, err)
		if a.ShortBalance == connect.ShortWait {
			return x
		}
	}
	r := connecttest.Seller("US")
	r.Key, r.ShortBalance = w.key(), connect.ShortWait
	a, err := p.CreateAccount(w.ctx, r)
	require.NoError(w.t, err)
	x := own{p, a.ID}
	w.sellers = append(w.sellers, x)
	return x
}
