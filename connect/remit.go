package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// RemitTaxRequest pays an authority what was collected for it.
type RemitTaxRequest struct {
	Key       string
	Authority string // as charges name it
	// Amount is at most what was owed at the end of the period, less what has been
	// remitted of that, and at most what is there now. With zero minor units it is all
	// of that in the currency; the zero Money is all in the currency of Bank.
	Amount ledger.Money
	// PeriodEnd is the last day of the period that is paid for, which is over in UTC.
	// Zero: all that is owed now.
	PeriodEnd  payout.Day
	Bank       *BankDetails // the authority's
	Descriptor string       // on its statement, such as the tax number: at most 22 ASCII characters
	Metadata   map[string]string
}

// RemitTax pays an authority the tax that was collected for it (flow T4 of the chart):
// it is a payout whose payee is the authority. Its money stays in the authority's
// account under a hold, since nobody else may take it, and moves once it was paid; a
// payout that fails leaves it there, and one that comes back brings it back. Errors
// are those of Payout; of class State is period_not_over (periodEnd).
func (p *Platform) RemitTax(ctx context.Context, r RemitTaxRequest) (*payout.Payout, error) {
	if err := p.may(ctx, "RemitTax"); err != nil {
		return nil, err
	}
	if r.Authority == "" {
		return nil, payoutTask.wrap("", badField("invalid_request", "authority", "it names the authority that is paid"))
	}
	return p.Payout(ctx, PayoutRequest{
		Key: r.Key, Amount: r.Amount, Authority: r.Authority, PeriodEnd: r.PeriodEnd, Bank: r.Bank, Descriptor: r.Descriptor, Metadata: r.Metadata,
	})
}

// lookBack is how long before the end of a period payouts are looked for that were
// under way then.
const lookBack = 366 * 24 * time.Hour

// ofPeriod is what of a tax was owed at the end of a period and can be paid: what
// stood there then, less what payouts took of it since, and no more than is free. The
// free amount was asked for, so that nobody else claims at the same time.
func (p *Platform) ofPeriod(u *ledger.Unit, r *PayoutRequest, o *payout.Payout, ref ledger.Ref, free ledger.Money) (ledger.Money, error) {
	if o.PeriodEnd = r.PeriodEnd; r.PeriodEnd == 0 {
		return free, nil
	}
	end := (r.PeriodEnd + 1).Time()
	if end.After(u.At()) {
		return free, badState("period_not_over", "periodEnd", "the day is not over")
	}
	var then ledger.Money
	err := u.View(func(v ledger.View) (err error) {
		then, err = v.BalanceAt(ref, end.Add(-1))
		return err
	})
	if err != nil {
		return free, err
	}
	owed := then.Minor()
	q := ledger.Query{Kind: payoutKind.Name, Name: "owner", Value: p.id + "/" + p.id, From: end.Add(-lookBack), Limit: ledger.MaxPage}
	for {
		list, err := u.Find(q)
		if err != nil {
			return free, err
		}
		for _, x := range list {
			was, err := payoutKind.Decode(x)
			if err != nil {
				return free, err
			}
			if was.Source == o.Source && was.Amount.Currency() == o.Amount.Currency() {
				owed -= takenSince(was, end)
			}
		}
		if len(list) < q.Limit {
			return ledger.Minor(min(max(owed, 0), free.Minor()), free.Currency()), nil
		}
		q.After = list[len(list)-1].PlaceIn(q)
	}
}

// takenSince is what a payout to an authority has taken, or is about to take, of what
// stood there at a moment; below zero is what it had taken and has come back since.
func takenSince(o *payout.Payout, end time.Time) int64 {
	before := !o.PaidAt.IsZero() && o.PaidAt.Before(end)
	switch o.Status {
	case payout.Pending, payout.InTransit, payout.Unknown:
		return o.Amount.Minor()
	case payout.Paid:
		if !before {
			return o.Amount.Minor()
		}
	case payout.Returned:
		if before && !o.ReturnedAt.Before(end) {
			return -o.Amount.Minor()
		}
	}
	return 0
}
