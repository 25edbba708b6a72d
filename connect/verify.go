package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Verify adds everything up again: the ledger by itself (ledger.Verify), and
// every balance of every platform from its charges, refunds, transfers, top-ups,
// cash sales and payouts, what is held for those under way, and what charges count of
// their captures, refunds, tenders and transfers, transfers of their reversals, shares
// that wait of their releases and refunds, and what buyers' credits and vouchers say
// that they have. It reports
// all differences, money that is still pending a
// day after it should have become available, and balances below zero that nothing
// explains. A host can run it every night.
//
// It reads a page at a time, and what it keeps is bounded, whatever the size of the books:
// of those with more than some hundred thousand sellers and payments that were refunded,
// transferred or captured in parts, all objects are read several times, in one moment.
func (e *Engine) Verify(ctx context.Context) (*ledger.Report, error) {
	r, _, _, err := e.verify(ctx, tallied)
	return r, err
}

// verify keeps at most so much at once, and also returns how many passes that took for the
// largest platform, and the most that one has kept.
func (e *Engine) verify(ctx context.Context, most int) (r *ledger.Report, passes, peak int, err error) {
	r, err = ledger.Verify(ctx, e.c.Store)
	if err != nil {
		return nil, 0, 0, err
	}
	err = e.c.Store.Read(ctx, func(v ledger.View) error {
		return eachObject(v, ledger.Query{Kind: platformKind.Name, Name: "platforms"}, func(o ledger.Object) error {
			p, err := platformKind.Decode(o)
			if err != nil {
				return err
			}
			n, kept, err := inPasses(r, most, func(x *pass) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return verifyPlatform(v, x, p, payout.DayOf(e.env.Time(), time.UTC))
			})
			passes, peak = max(passes, n), max(peak, kept)
			return err
		})
	})
	if err != nil {
		return nil, 0, 0, fmt.Errorf("connect: verify: %w", err)
	}
	err = e.c.Store.Read(ctx, func(v ledger.View) error {
		return verifyActs(v, r)
	})
	if err != nil {
		return nil, 0, 0, fmt.Errorf("connect: verify: %w", err)
	}
	return r, passes, peak, nil
}

// eachObject pages through a list.
func eachObject(v ledger.View, q ledger.Query, fn func(ledger.Object) error) error {
	q.Limit = ledger.MaxPage
	for {
		list, err := v.Find(q)
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := fn(o); err != nil {
				return err
			}
		}
		if len(list) < q.Limit {
			return nil
		}
		q.After = list[len(list)-1].PlaceIn(q)
	}
}

func verifyPlatform(v ledger.View, x *pass, p *Profile, today payout.Day) error {
	said := x.tally(p.ID, today)
	for _, add := range []func() error{
		func() error { return tallyKind(v, said, &refundKind, (*tally).refund) },
		func() error { return tallyKind(v, said, &advanceKind, (*tally).advance) },
		func() error { return tallyKind(v, said, &disputeKind, (*tally).dispute) },
		func() error { return tallyKind(v, said, &feeRefundKind, (*tally).feeRefund) },
		func() error { return tallyKind(v, said, &transferReversalKind, (*tally).reversal) },
		func() error { return tallyKind(v, said, &shareReleaseKind, (*tally).shareRelease) },
		func() error { return tallyKind(v, said, &heldKind, (*tally).share) },
		func() error { return tallyKind(v, said, &captureKind, (*tally).capture) },
		func() error { return tallyKind(v, said, &increaseKind, (*tally).increase) },
		func() error { return tallyKind(v, said, &transferKind, (*tally).transfer) },
		func() error { return tallyCredit(v, said) },
		func() error { return tallyKind(v, said, &chargeKind, (*tally).charge) },
		func() error { return tallyKind(v, said, &topUpKind, (*tally).topUp) },
		func() error { return tallyKind(v, said, &cashSaleKind, (*tally).cashSale) },
		func() error { return tallyKind(v, said, &payoutKind, (*tally).payout) },
		func() error { return tallyCoins(v, said) },
		func() error { return tallyWarnings(v, said) },
		func() error { return tallyFees(v, said) },
		func() error { return tallySigned(v, said) },
		func() error { return tallyNegatives(v, said) },
		func() error { return tallyLimits(v, said) },
	} {
		if err := add(); err != nil {
			return err
		}
	}
	said.report = x.report
	said.orphans()
	is := x.tally(p.ID, today)
	s := &standing{v, is}
	err := ledger.EachAccount(v, ledger.AccountQuery{Book: p.ID, Open: true}, func(a ledger.Account) error {
		if err := is.begins(a.Owner); err != nil {
			return err
		}
		if err := is.account(a); err != nil {
			return err
		}
		return s.account(a)
	})
	if err != nil {
		return err
	}
	is.report = x.report
	said.compare(is)
	return nil
}

// tallyKind adds up the objects of one kind.
func tallyKind[T any](v ledger.View, t *tally, kind *ledger.Kind[T], add func(*tally, *T)) error {
	return eachObject(v, ledger.Query{Kind: kind.Name, Name: "platform", Value: t.platform}, func(o ledger.Object) error {
		if err := t.begins(o.ID.ID); err != nil {
			return err
		}
		item, err := kind.Decode(o)
		if err == nil {
			add(t, item)
		}
		return err
	})
}
