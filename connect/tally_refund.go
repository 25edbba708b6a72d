package connect

import (
	"github.com/soukhq/souk/ledger"
)

func (t *tally) refund(r *Refund) {
	if r.Status == RefundFailed {
		t.refusedRefund(r)
		return
	}
	if r.Status == RefundCanceled {
		return
	}
	g := t.countRefund(r)
	t.heldRefund(r)
	t.refundTenders(r, g)
	if r.Status != RefundSucceeded {
		t.add(t.platform, "held "+r.FromPlatform.Purpose, r.FromPlatform.Held, 1)
		t.add(r.Account, "held "+r.FromAccount.Purpose, r.FromAccount.Held, 1)
		t.add(t.platform, "held "+r.FromAdvance.Purpose, r.FromAdvance.Held, 1)
		return
	}
	t.refundBalances(r)
	t.advanced(r)
	if r.Acquirer != "" {
		t.add(ledger.House, "acquirer/"+r.Acquirer, r.presented(), 1)
	}
	if r.Rail != "" {
		t.add(ledger.House, "bank_clearing/"+r.Rail, r.presented(), 1)
	}
}

// refundBalances adds up what a refund took from whom and gave to whom, its money apart.
func (t *tally) refundBalances(r *Refund) {
	owner, fee := t.platform, r.FeeBack
	if r.Direct {
		owner, fee = r.Account, sum(sum(r.FeeBack, r.ServiceBack), r.PlatformBack)
	}
	t.add(owner, "balance", r.Amount, -1)
	t.add(owner, "balance", ledger.Minor(r.dearer(), r.Amount.Currency()), -1)
	for _, x := range r.Tax {
		t.add(owner, "balance", x.Amount, 1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, -1)
	}
	if r.Account != "" {
		t.add(t.platform, "balance", r.Reversal, 1)
		t.add(r.Account, "balance", r.Reversal, -1)
		t.add(t.platform, "balance", r.DiscountBack, 1)
		t.add(r.Account, "balance", r.DiscountBack, -1)
		if r.FeeStep != nil {
			t.add(t.platform, "balance", r.FeeStep.Credited, -1)
		} else {
			t.add(t.platform, "balance", fee, -1)
		}
		t.add(r.Account, "balance", fee, 1)
		for _, x := range r.FeeTax {
			t.add(r.Account, "balance", x.Amount, 1)
			t.add(t.platform, "tax/"+x.Authority, x.Amount, -1)
		}
	}
}

// givenOf is what refunds of a charge add up to so far.
func (t *tally) givenOf(charge string) *given {
	g := t.given[charge]
	if g == nil {
		g = &given{tax: make(map[string]int64), feeTax: make(map[string]int64)}
		if t.mine(charge) {
			t.given[charge] = g
		}
	}
	return g
}

// countRefund adds up what the charge of a refund, or of a dispute, counts of it.
func (t *tally) countRefund(r *Refund) *given {
	g := t.givenOf(r.Charge)
	g.exchanged.add(r)
	if r.FeeStep != nil {
		g.converted.add(*r.FeeStep)
	}
	g.serviceBack += r.ServiceBack.Minor()
	g.lines(r)
	g.reversed += r.Reversal.Minor()
	g.reverseBase += r.ReverseBase.Minor()
	if g.feeBack += r.FeeBack.Minor(); r.Returns {
		g.feeBase += r.Amount.Minor()
	}
	if r.FeeStated {
		g.feeStated += r.FeeBack.Minor()
	}
	for _, x := range r.Tax {
		g.tax[x.Authority] += x.Amount.Minor()
	}
	for _, x := range r.FeeTax {
		g.feeTax[x.Authority] += x.Amount.Minor()
	}
	if r.Status != RefundSucceeded {
		g.refunding += r.Amount.Minor()
		return g
	}
	g.refunded += r.Amount.Minor()
	return g
}
