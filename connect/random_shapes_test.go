package connect_test

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// shape makes a random charge somebody's own, or on behalf of somebody, or states
// what its seller gets.
func (w *wild) shape(who own, r *connect.ChargeRequest) {
	switch {
	case who.id != "" && w.one(3):
		r.Direct = true
	case who.id != "" && len(r.FeeTax) == 0 && w.one(3):
		r.ApplicationFee, r.TransferAmount = ledger.Money{}, ledger.Minor(1+w.Int64N(r.Amount.Minor()), r.Amount.Currency())
	}
	if of := w.sellerOf(who.Platform); !r.Direct && of != "" && w.one(4) {
		r.OnBehalfOf = of
	}
	if who.id != "" && w.one(3) {
		r.Hold, r.TransferGroup = w.terms(), pick(w, "", "g1", "g2", "g3")
	}
	if r.Direct && r.Hold == nil && w.one(3) {
		r.FeeIn = pick(w, ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF, ledger.EUR)
	}
	if w.one(4) {
		r.SettleIn = pick(w, ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF, ledger.EUR)
		r.RefundRate = pick(w, "", connect.RefundAtDay)
	}
}

// paid is what the buyer of a charge pays, or has paid.
func paid(c *connect.Charge) ledger.Money {
	if c.Settlement != nil {
		return c.Settlement.Presented
	}
	return c.Amount
}

// sellerOf returns one of a platform's sellers, if it has any.
func (w *wild) sellerOf(p *Platform) string {
	for range w.sellers {
		if s := pick(w, w.sellers...); s.Platform == p {
			return s.id
		}
	}
	return ""
}

// share transfers some of what a charge brought, in its currency or another.
func (w *wild) share() {
	if len(w.charges) == 0 {
		return
	}
	of := pick(w, w.charges...)
	to := w.sellerOf(of.Platform)
	c, err := of.GetCharge(w.ctx, of.id)
	require.NoError(w.t, err)
	if to == "" || c.Account != "" && !w.one(8) {
		return
	}
	r := connect.TransferRequest{Key: w.key(), ChargeID: of.id, To: to, Amount: ledger.Minor(1+w.Int64N(c.Amount.Minor()), c.Amount.Currency())}
	if w.one(3) {
		r.Currency = pick(w, ledger.USD, ledger.JPY, ledger.HUF, ledger.EUR)
	}
	if w.one(3) {
		r.Hold, r.TransferGroup = w.terms(), pick(w, "", "g1", "g2")
	}
	w.transfer(own{of.Platform, to}, r)
}

// transfer makes a transfer, now and then twice under its key.
func (w *wild) transfer(who own, r connect.TransferRequest) {
	t, err := who.Transfer(w.ctx, r)
	if !w.note(err) {
		return
	}
	w.transfers = append(w.transfers, own{who.Platform, t.ID})
	if w.one(3) {
		again, err := who.Transfer(w.ctx, r)
		require.NoError(w.t, err)
		require.True(w.t, again.Replayed)
		require.Equal(w.t, t.ID, again.ID)
	}
}

// takeBack reverses a transfer, debits a seller who agrees, or brings money in
// from the platform's bank, which may take it back.
func (w *wild) takeBack(who own, cur ledger.Currency) {
	switch {
	case len(w.transfers) > 0 && !w.one(3):
		w.reverse(pick(w, w.transfers...))
	case who.id != "" && w.one(2):
		g, err := who.RecordAgreement(w.ctx, connect.AgreementRequest{Key: w.key(), AccountID: who.id, Text: "yes", By: "user"})
		require.NoError(w.t, err)
		w.transfer(who, connect.TransferRequest{
			Key: w.key(), From: who.id, To: who.ID(), AgreementID: g.ID, Amount: ledger.Minor(1+w.Int64N(5000), cur),
		})
	default:
		t, err := who.RecordTopUp(w.ctx, connect.TopUpRequest{Key: w.key(), Amount: ledger.Minor(1+w.Int64N(50000), cur)})
		require.NoError(w.t, err)
		if w.one(2) {
			_, err = who.ReverseTopUp(w.ctx, connect.ReverseTopUpRequest{Key: w.key(), TopUpID: t.ID})
			require.NoError(w.t, err)
		}
	}
}

// reverse takes all or some of a transfer back, now and then twice under its key.
func (w *wild) reverse(of own) {
	t, err := of.GetTransfer(w.ctx, of.id)
	require.NoError(w.t, err)
	r := connect.ReverseTransferRequest{Key: w.key(), TransferID: of.id}
	if !w.one(3) {
		r.Amount = ledger.Minor(1+w.Int64N(t.Amount.Minor()), t.Amount.Currency())
	}
	back, err := of.ReverseTransfer(w.ctx, r)
	if w.note(err) && w.one(2) {
		again, err := of.ReverseTransfer(w.ctx, r)
		require.NoError(w.t, err)
		require.True(w.t, again.Replayed)
		require.Equal(w.t, back.ID, again.ID)
	}
}
