package connect

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Verify adds everything up again: the ledger by itself (ledger.Verify), and
// every balance of every platform from its charges, refunds, transfers, cash
// sales and payouts. It reports all differences. A host can run it every night.
func (e *Engine) Verify(ctx context.Context) (*ledger.Report, error) {
	r, err := ledger.Verify(ctx, e.c.Store)
	if err != nil {
		return nil, err
	}
	err = e.c.Store.Read(ctx, func(v ledger.View) error {
		return eachObject(v, ledger.Query{Kind: platformKind.Name, Name: "platforms"}, func(o ledger.Object) error {
			p, err := platformKind.Decode(o)
			if err != nil {
				return err
			}
			return verifyPlatform(v, r, p)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("connect: verify: %w", err)
	}
	return r, nil
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

// tally adds up what the objects of a platform say its accounts hold.
type tally struct {
	platform string
	report   *ledger.Report
	sums     map[tallyKey]ledger.Money
}

// tallyKey is an account, or for "balance" an owner's pending, available and
// in_transit together.
type tallyKey struct {
	owner, what string
	cur         ledger.Currency
}

func (t *tally) add(owner, what string, m ledger.Money, sign int64) {
	if m.IsZero() {
		return
	}
	k := tallyKey{owner, what, m.Currency()}
	have, ok := t.sums[k]
	if !ok {
		have = ledger.Zero(k.cur)
	}
	next, err := have.Add(ledger.Minor(sign*m.Minor(), k.cur))
	if err != nil {
		t.report.Add("platform "+t.platform, "what its objects say of %s %s overflows", owner, what)
		return
	}
	t.sums[k] = next
}

func verifyPlatform(v ledger.View, r *ledger.Report, p *Profile) error {
	said := &tally{p.ID, r, make(map[tallyKey]ledger.Money)}
	for _, add := range []func() error{
		func() error { return tallyKind(v, said, &chargeKind, (*tally).charge) },
		func() error { return tallyKind(v, said, &refundKind, (*tally).refund) },
		func() error { return tallyKind(v, said, &transferKind, (*tally).transfer) },
		func() error { return tallyKind(v, said, &cashSaleKind, (*tally).cashSale) },
		func() error { return tallyKind(v, said, &payoutKind, (*tally).payout) },
	} {
		if err := add(); err != nil {
			return err
		}
	}
	is := &tally{p.ID, r, make(map[tallyKey]ledger.Money)}
	if err := eachAccount(v, p.ID, is.account); err != nil {
		return err
	}
	said.compare(is)
	return nil
}

// tallyKind adds up the objects of one kind.
func tallyKind[T any](v ledger.View, t *tally, kind *ledger.Kind[T], add func(*tally, *T)) error {
	return eachObject(v, ledger.Query{Kind: kind.Name, Name: "platform", Value: t.platform}, func(o ledger.Object) error {
		item, err := kind.Decode(o)
		if err == nil {
			add(t, item)
		}
		return err
	})
}

func (t *tally) charge(c *Charge) {
	if c.Status != ChargeSucceeded {
		return
	}
	t.add(ledger.House, "acquirer/"+c.Acquirer, c.Amount, -1)
	t.add(ledger.House, "processing_fees", c.ProcessingFee, 1)
	t.add(t.platform, "balance", c.Amount, 1)
	t.add(t.platform, "balance", c.ProcessingFee, -1)
	for _, x := range c.Tax {
		t.add(t.platform, "balance", x.Amount, -1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, 1)
	}
	if c.Account != "" {
		t.add(t.platform, "balance", c.share(), -1)
		t.add(c.Account, "balance", c.share(), 1)
		t.add(c.Account, "balance", c.ApplicationFee, -1)
		t.add(t.platform, "balance", c.ApplicationFee, 1)
	}
	what := "charge " + c.ID
	switch out := sum(c.Refunded, c.Refunding); {
	case out.Minor() > c.Amount.Minor() || c.Refunded.Sign() < 0 || c.Refunding.Sign() < 0:
		t.report.Add(what, "%v is refunded or being refunded of %v", out, c.Amount)
	case c.Reversed.Given.Minor() > c.share().Minor():
		t.report.Add(what, "%v is taken back of the %v that was given", c.Reversed.Given, c.share())
	case c.FeeBack.Given.Minor() > c.ApplicationFee.Minor():
		t.report.Add(what, "%v of its commission of %v is given back", c.FeeBack.Given, c.ApplicationFee)
	}
}

func (t *tally) refund(r *Refund) {
	if r.Status != RefundSucceeded {
		return
	}
	t.add(t.platform, "balance", r.Amount, -1)
	for _, x := range r.Tax {
		t.add(t.platform, "balance", x.Amount, 1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, -1)
	}
	t.add(t.platform, "balance", r.Reversal, 1)
	t.add(t.platform, "balance", r.FeeBack, -1)
	if r.Account != "" {
		t.add(r.Account, "balance", r.Reversal, -1)
		t.add(r.Account, "balance", r.FeeBack, 1)
	}
	t.add(ledger.House, "acquirer/"+r.Acquirer, r.Amount, 1)
}

func (t *tally) transfer(x *Transfer) {
	t.add(x.From, "balance", x.Amount, -1)
	t.add(x.To, "balance", x.Amount, 1)
}

func (t *tally) cashSale(c *CashSale) {
	t.add(c.Account, "balance", c.Commission, -1)
	t.add(t.platform, "balance", c.Commission, 1)
	for _, x := range c.Tax {
		t.add(c.Account, "balance", x.Amount, -1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, 1)
	}
}

func (t *tally) payout(o *payout.Payout) {
	t.add(o.Owner, "balance", o.From, -1)
	t.add(o.Owner, "balance", o.Bought, 1)
	fromBalance := o.Source == "available"
	switch o.Status {
	case payout.Paid:
		t.add(ledger.House, "bank_clearing/"+o.Rail, o.Amount, 1)
		if fromBalance {
			t.add(o.Owner, "balance", o.Amount, -1)
		} else {
			t.add(o.Owner, o.Source, o.Amount, -1)
		}
	case payout.Pending, payout.InTransit, payout.Unknown:
		if fromBalance {
			t.add(o.Owner, "in_transit", o.Amount, 1)
		}
	}
}

// eachAccount pages through a book.
func eachAccount(v ledger.View, book string, fn func(ledger.Account)) error {
	q := ledger.AccountQuery{Book: book, Open: true, Limit: ledger.MaxPage}
	for {
		list, err := v.AccountsOf(q)
		if err != nil {
			return err
		}
		for _, a := range list {
			fn(a)
		}
		if len(list) < q.Limit {
			return nil
		}
		q.After = list[len(list)-1].Ref
	}
}

// account adds up what the ledger says. Purposes that no object accounts for
// are left to the ledger's own checks.
func (t *tally) account(a ledger.Account) {
	p, ok := ledger.PurposeOf(a.Purpose)
	if !ok {
		return
	}
	switch p.Name {
	case "pending", "available", "in_transit":
		t.add(a.Owner, "balance", a.Posted, 1)
		if p.Name == "in_transit" {
			t.add(a.Owner, "in_transit", a.Posted, 1)
		}
	case "acquirer", "processing_fees", "tax", "bank_clearing":
		t.add(a.Owner, a.Purpose, a.Posted, 1)
	}
}

// compare reports where what the objects say is not what the ledger says.
func (t *tally) compare(is *tally) {
	keys := make(map[tallyKey]bool)
	for k := range t.sums {
		keys[k] = true
	}
	for k := range is.sums {
		keys[k] = true
	}
	order := func(a, b tallyKey) int {
		return cmp.Or(strings.Compare(a.owner, b.owner), strings.Compare(a.what, b.what), strings.Compare(a.cur.String(), b.cur.String()))
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), order) {
		if said, has := t.sums[k].Minor(), is.sums[k].Minor(); said != has {
			t.report.Add("platform "+t.platform+", "+k.owner+" "+k.what, "the ledger has %v, the objects add up to %v",
				ledger.Minor(has, k.cur), ledger.Minor(said, k.cur))
		}
	}
}
