package connect_test

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// negativePolicy is another one for each seed.
func negativePolicy(seed uint64) *connect.NegativePolicy {
	return &connect.NegativePolicy{Uncovered: seed%4 == 3, CollectAfter: []int{0, 3, 10, -1, 30}[seed%5]}
}

// owes has a seller owe something, pay it by a plan, or be debited for it.
func (w *wild) owes(who own, cur ledger.Currency) {
	if who.id == "" {
		return
	}
	x, err := who.NegativeReport(w.ctx, connect.NegativeReportRequest{AccountID: who.id, Limit: 10})
	require.NoError(w.t, err)
	if len(x.Debts) == 0 || w.one(3) {
		_, err := who.RecordCashSale(w.ctx, connect.CashSaleRequest{Key: w.key(), AccountID: who.id, Commission: ledger.Minor(1+w.Int64N(5000), cur)})
		w.note(err)
		return
	}
	d := pick(w, x.Debts...)
	mandate := w.sellersMandate(who, d.Owed.Currency())
	if w.one(2) {
		_, err := who.DebitNegative(w.ctx, connect.NegativeDebitRequest{
			Key: w.key(), AccountID: who.id, MandateID: mandate, Amount: ledger.Minor(w.Int64N(d.Owed.Minor()+2), d.Owed.Currency()),
		})
		w.note(err)
		return
	}
	for l, err := range who.PaymentPlans(w.ctx, connect.ListRequest{AccountID: who.id}) {
		require.NoError(w.t, err)
		if w.one(4) {
			_, err := who.CancelPaymentPlan(w.ctx, connect.CancelPaymentPlanRequest{Key: w.key(), By: boss, PaymentPlanID: l.ID})
			w.note(err)
			return
		}
	}
	r := connect.PaymentPlanRequest{Key: w.key(), By: boss, AccountID: who.id, GraceDays: w.IntN(4)}
	if w.one(2) {
		r.MandateID = mandate
	}
	left, due := d.Owed.Minor(), payout.DayOf(w.Clock.Now(), time.UTC)
	for left > 0 {
		part := left
		if len(r.Instalments) < 3 {
			part = 1 + w.Int64N(left)
		}
		due += payout.Day(1 + w.IntN(9))
		r.Instalments = append(r.Instalments, connect.PlanInstalment{Due: due, Amount: ledger.Minor(part, d.Owed.Currency())})
		left -= part
	}
	_, err = who.AgreePaymentPlan(w.ctx, r)
	w.note(err)
}

// sellersMandate is one for the platform to debit a seller's own bank; empty where no
// scheme has its currency.
func (w *wild) sellersMandate(who own, cur ledger.Currency) string {
	a, err := who.GetAccount(w.ctx, who.id)
	require.NoError(w.t, err)
	i := slices.IndexFunc(a.Banks, func(b connect.BankAccount) bool { return b.Currency == cur })
	r := achMandate(w.key(), payout.TestAccount)
	if cur == ledger.EUR {
		r = sepaMandate(w.key(), payout.TestAccount)
		r.ShortNotice = w.one(2)
	}
	if i >= 0 {
		r.Bank.Token = a.Banks[i].Token
	}
	m, err := who.CreateMandate(w.ctx, r)
	if !w.note(err) {
		return ""
	}
	return m.ID
}
