package connect

import (
	"maps"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// feeReturns is what the returns of a fee add up to, in minor units.
type feeReturns struct {
	amount int64
	tax    map[string]int64
}

// tallyFees adds up the fees outside sales of a platform, and what was given back.
func tallyFees(v ledger.View, t *tally) error {
	back := make(map[string]*feeReturns)
	err := tallyKind(v, t, &platformFeeReturnKind, func(t *tally, r *PlatformFeeReturn) {
		t.feeMoved(r.Account, r.Amount, r.Tax, -1)
		b := back[r.Fee]
		if b == nil {
			b = &feeReturns{tax: make(map[string]int64)}
			if t.mine(r.Fee) {
				back[r.Fee] = b
				t.also = len(back)
			}
		}
		b.add(r)
	})
	if err != nil {
		return err
	}
	err = tallyKind(v, t, &platformFeeKind, func(t *tally, f *PlatformFee) {
		t.feeMoved(f.Account, f.Amount, f.Tax, 1)
		t.compareFee(f, back[f.ID])
		delete(back, f.ID)
	})
	t.rest()
	for _, id := range slices.Sorted(maps.Keys(back)) {
		t.report.Add("fee "+id, "it was given back and is not there")
	}
	return err
}

func (b *feeReturns) add(r *PlatformFeeReturn) {
	b.amount += r.Amount.Minor()
	for _, x := range r.Tax {
		b.tax[x.Authority] += x.Amount.Minor()
	}
}

// feeMoved adds what a fee took of a seller; a return is the same the other way.
func (t *tally) feeMoved(account string, m ledger.Money, tax []Tax, sign int64) {
	t.add(account, "balance", m, -sign)
	t.add(t.platform, "balance", m, sign)
	for _, x := range tax {
		t.add(account, "balance", x.Amount, -sign)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, sign)
	}
}

// compareFee reports where a fee counts otherwise than its returns add up, or its
// tax is not what its rate says.
func (t *tally) compareFee(f *PlatformFee, b *feeReturns) {
	if b == nil {
		b = &feeReturns{}
	}
	check := func(what string, counted ledger.Money, sum, most int64) {
		if n := counted.Minor(); n != sum || n < 0 || n > most {
			t.report.Add("fee "+f.ID, "it counts %v as given back%s; its returns add up to %d minor units, of at most %d", counted, what, sum, most)
		}
	}
	check("", f.Returned, b.amount, f.Amount.Minor())
	for _, x := range f.Tax {
		check(" of the tax "+x.Authority, x.Refunded, b.tax[x.Authority], x.Amount.Minor())
	}
	if f.Taxed == nil {
		return
	}
	if due, err := f.Taxed.On(f.Amount); err != nil || due.Minor() != addTax(f.Tax) {
		t.report.Add("fee "+f.ID, "it is taxed with %d minor units; its rate says %v", addTax(f.Tax), due)
	}
}
