package connect_test

import (
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// debited makes some random charges in dollars and euros debits, by a new mandate of
// whoever is their creditor; now and then one that came back is presented again.
func (w *wild) debited(who own, r *connect.ChargeRequest) {
	cur := r.Amount.Currency()
	if cur != ledger.USD && cur != ledger.EUR || !w.one(3) {
		return
	}
	if len(w.charges) > 0 && w.one(3) {
		of := pick(w, w.charges...)
		c, err := of.Represent(w.ctx, connect.RepresentRequest{Key: w.key(), ChargeID: of.id})
		if w.note(err) {
			w.charges = append(w.charges, own{of.Platform, c.ID})
		}
	}
	token := pick(w, payout.TestAccount, payout.TestToldTwice, payout.TestLostAnswer, payout.TestLostRequest, payout.TestPaidAfterReturned,
		payout.TestDebitReordered, payout.TestDebitReturn+"R01", payout.TestDebitReturn+"AM04", payout.TestDebitFail+"MD01", payout.TestRefused)
	ask := achMandate(w.key(), token)
	if cur == ledger.EUR {
		ask = sepaMandate(w.key(), token)
		ask.ShortNotice = w.one(2)
	}
	switch {
	case r.Direct:
		ask.AccountID = r.AccountID
	default:
		ask.AccountID = r.OnBehalfOf
	}
	ask.OneOff = w.one(2)
	m, err := who.CreateMandate(w.ctx, ask)
	if !w.note(err) {
		return
	}
	r.MandateID, r.Source, r.Method, r.CaptureLater = m.ID, "", debitMethod(w), false
	r.Initiation, r.Exemption = connect.Initiation{}, ""
}

// debitMethod may be said, and need not be.
func debitMethod(w *wild) string { return pick(w, "", connect.MethodBankDebit) }
