package connect_test

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	markets "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// hand takes a fee of a seller or gives one back, and lets people adjust, freeze, approve
// and refuse.
func (w *wild) hand(who own, cur ledger.Currency) {
	if who.id == "" {
		return
	}
	actor := func() connect.Actor { return pick(w, clerk, chief, boss, aid, legal) }
	var err error
	switch w.IntN(10) {
	case 0, 1:
		w.feeOf(who, cur)
	case 2:
		m := ledger.Minor(1+w.Int64N(5000), cur)
		if w.one(2) {
			m = ledger.Minor(-m.Minor(), cur)
		}
		r := connect.AdjustRequest{Key: w.key(), By: actor(), AccountID: who.id, Amount: m, Reason: connect.AdjustCorrection, Force: m.Sign() < 0 && w.one(2)}
		if w.one(2) {
			r.Bearer = connect.PartyHouse
		}
		_, err = who.Adjust(w.ctx, r)
	case 3:
		for a, err := range who.Adjustments(w.ctx, connect.ListRequest{AccountID: who.id}) {
			require.NoError(w.t, err)
			_, err = who.UndoAdjustment(w.ctx, connect.UndoAdjustmentRequest{Key: w.key(), By: actor(), AdjustmentID: a.ID, Reason: connect.AdjustCorrection})
			w.note(err)
			break
		}
	case 4:
		r := connect.FreezeRequest{Key: w.key(), By: actor(), AccountID: who.id, Cause: connect.FreezeCourt, Authority: "c", Document: "d"}
		if !w.one(4) {
			r.Amount = ledger.Minor(1+w.Int64N(20000), cur)
		}
		_, err = who.Freeze(w.ctx, r)
	case 5:
		for f, err := range who.Freezes(w.ctx, connect.ListRequest{AccountID: who.id}) {
			require.NoError(w.t, err)
			_, err = who.Unfreeze(w.ctx, connect.UnfreezeRequest{Key: w.key(), By: actor(), FreezeID: f.ID, Document: "d"})
			w.note(err)
		}
	case 6:
		w.giveUp(who, cur, actor)
		w.silence(who, cur, actor)
	case 7:
		w.keepBack(who, cur, actor)
	default:
		w.decide(who, actor)
	}
	w.note(err)
}

// feeOf takes a fee, or gives the last one back in part or whole.
func (w *wild) feeOf(who own, cur ledger.Currency) {
	if w.one(2) {
		for f, err := range who.PlatformFees(w.ctx, connect.ListRequest{AccountID: who.id}) {
			require.NoError(w.t, err)
			r := connect.ReturnFeeRequest{Key: w.key(), FeeID: f.ID}
			if w.one(2) {
				r.Amount = ledger.Minor(1+w.Int64N(f.Amount.Minor()), f.Amount.Currency())
			}
			_, err = who.ReturnFee(w.ctx, r)
			w.note(err)
			return
		}
	}
	r := connect.FeeRequest{Key: w.key(), AccountID: who.id, Kind: connect.FeePlan, Amount: ledger.Minor(1+w.Int64N(3000), cur), Force: w.one(2)}
	if w.one(2) {
		r.Tax = []connect.Tax{{Authority: "t1", Amount: ledger.Minor(1+w.Int64N(500), cur)}}
	}
	_, err := who.UpdateAccount(w.ctx, connect.AccountUpdate{Key: w.key(), AccountID: who.id, MayOwe: []ledger.Money{ledger.Minor(w.Int64N(9000), cur)}})
	w.note(err)
	_, err = who.ChargeFee(w.ctx, r)
	w.note(err)
}

// decide approves or refuses what waits, mostly.
func (w *wild) decide(who own, actor func() connect.Actor) {
	for o, err := range who.Proposals(w.ctx, connect.ListRequest{AccountID: who.id, Limit: 5}) {
		require.NoError(w.t, err)
		by := actor()
		if w.one(6) {
			_, err = who.RefuseProposal(w.ctx, connect.RefuseProposalRequest{Key: w.key(), ProposalID: o.ID, By: by})
		} else {
			_, err = who.ApproveProposal(w.ctx, connect.ApproveProposalRequest{Key: w.key(), ProposalID: o.ID, By: by})
		}
		if w.note(err) {
			o, err = who.GetProposal(w.ctx, o.ID)
			require.NoError(w.t, err)
			require.True(w.t, o.Status == connect.ProposalRefused || o.Decider != o.Author)
		}
	}
}

// giveUp writes off what a seller owes, or recovers what was written off.
func (w *wild) giveUp(who own, cur ledger.Currency, actor func() connect.Actor) {
	if w.one(2) {
		_, err := who.WriteOff(w.ctx, connect.WriteOffRequest{Key: w.key(), By: actor(), AccountID: who.id, Amount: ledger.Minor(0, cur), Description: "gone"})
		w.note(err)
		return
	}
	for x, err := range who.WriteOffs(w.ctx, connect.ListRequest{AccountID: who.id}) {
		require.NoError(w.t, err)
		r := connect.RecoverWriteOffRequest{Key: w.key(), By: actor(), WriteOffID: x.ID}
		if w.one(2) {
			r.Amount = ledger.Minor(1+w.Int64N(x.Amount.Minor()), x.Amount.Currency())
		}
		_, err = who.RecoverWriteOff(w.ctx, r)
		w.note(err)
	}
}

// silence says that a seller cannot be reached, that they were, or asks to surrender
// what is theirs.
func (w *wild) silence(who own, cur ledger.Currency, actor func() connect.Actor) {
	if w.one(3) {
		_, err := who.MarkDormant(w.ctx, connect.DormantRequest{
			Key: w.key(), By: actor(), AccountID: who.id, Currency: cur, Since: w.Clock.Now(), Notice: connect.OwnerNotice{How: "letter"},
		})
		w.note(err)
		return
	}
	for d, err := range who.Dormancies(w.ctx, connect.ListRequest{AccountID: who.id}) {
		require.NoError(w.t, err)
		if w.one(4) {
			_, err = who.ReclaimDormant(w.ctx, connect.ReclaimRequest{Key: w.key(), By: actor(), DormancyID: d.ID})
		} else {
			bank := &connect.BankDetails{Token: w.bank(), Country: "DE", Currency: d.Currency}
			_, err = who.SurrenderUnclaimed(w.ctx, connect.SurrenderRequest{Key: w.key(), By: actor(), DormancyID: d.ID, Bank: bank, Document: "r"})
		}
		w.note(err)
	}
}

// quiet lets sellers be dormant after a day in all countries.
func quiet() *markets.List {
	return &markets.List{Rules: []markets.Rules{{Dormancy: []markets.Fact[markets.Dormancy]{{Value: markets.Dormancy{Days: 1, Notice: 1}}}}}}
}
