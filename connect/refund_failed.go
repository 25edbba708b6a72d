package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// FailedRefundPolicy says what is undone of a refund that the buyer's bank refuses after
// it had succeeded.
type FailedRefundPolicy string

// The policies (flow R8 of the chart).
const (
	// FailedRestores undoes all of it: what the seller gave and got back, and taxes, too.
	FailedRestores FailedRefundPolicy = "restore"
	// FailedStands undoes only that money went out: whoever gave the refund, the platform
	// or the seller of a direct charge, has it again, and the rest stands.
	FailedStands FailedRefundPolicy = "platform"
)

func (f FailedRefundPolicy) or(def FailedRefundPolicy) (FailedRefundPolicy, error) {
	switch f {
	case "":
		return def, nil
	case FailedRestores, FailedStands:
		return f, nil
	}
	return "", badField("invalid_failed_refunds", "failedRefunds", "a refund that fails later is undone as a whole, or only for whoever gave it")
}

// RefusedRefund is what became of a refund that failed after it had succeeded, or was
// heard to have before that.
type RefusedRefund struct {
	At time.Time `json:"at"`
	// Stands: only the money itself came back. What the seller gave, and what went back of
	// commission and taxes, stays so, until the buyer is paid another way.
	Stands bool `json:"stands,omitzero"`
	// Kept is what a refund at the rate of its day had released of the house's position
	// that others were cut for since, in minor units of the books' base currency.
	Kept int64 `json:"kept,omitzero"`
	Late bool  `json:"late,omitzero"` // it had succeeded
}

// refusedLater tells a refund that succeeded and failed later.
func (r *Refund) refusedLater() bool { return r.Refused != nil && r.Refused.Late }

// openRefund tells what an answer is to a refund: news, nothing, or a contradiction.
func openRefund(r *Refund, a Answer) (bool, error) {
	switch {
	case a.Status == Failed:
		return r.Status != RefundFailed && r.Status != RefundCanceled, nil
	case r.Refused != nil: // which is later than whatever is heard now
		return false, nil
	}
	return stillOpen(r.Status == RefundPending || r.Status == RefundUnknown, r.Status == RefundSucceeded, a)
}

// clearing is the purpose of the account that a refund's money leaves the books by.
func (r *Refund) clearing(c *Charge) string {
	if r.Way != nil {
		return "bank_clearing/" + r.Rail
	}
	return c.clearing()
}

// refusedAfterAll books that a refund failed after it had succeeded: flow R8 of the
// chart. All of it is forced.
func (p *Platform) refusedAfterAll(u *ledger.Unit, c *Charge, r *Refund, a Answer) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	if err := r.become(RefundFailed, a.Code); err != nil {
		return err
	}
	// What came out of held, or was sent to several tenders of which the source is one, is
	// not put together again: no share waits for what the buyer is owed.
	r.Refused = &RefusedRefund{At: u.At(), Late: true, Stands: r.CreditOf == "" && (prof.FailedRefunds == FailedStands || r.FromHeld != nil || len(r.Tenders) > 0)}
	if s := c.Settlement; s != nil {
		kept, err := s.sellsAgain(r.Day)
		if err != nil {
			return err
		}
		r.Refused.Kept = kept.Minor()
	}
	now := *r // where its money goes back to
	now.FromHeld = nil
	if err := p.legsNow(u, c, &now); err != nil {
		return err
	}
	first, rest, err := p.refundPostings(c, &now)
	if err != nil {
		return err
	}
	b := &books{u: u, p: p, object: refundKind.ID(r.ID)}
	b.refuse(first)
	if r.CreditOf != "" {
		if err := p.saleAgain(u, c, r); err != nil {
			return err
		}
	}
	if r.Refused.Stands {
		c.moneyBack(r)
	} else {
		b.refuse(rest)
		c.reopen(r)
		c.end(r, false)
		if err := p.failRest(u, c, false); err != nil { // of a charge that has failed by now
			return err
		}
	}
	c.owes(r, u.At())
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return err
	}
	return p.putRefund(u, r, EventRefundFailed)
}

// refundPostings are the postings of a refund: of the money itself, and of the rest.
func (p *Platform) refundPostings(c *Charge, r *Refund) (first, rest []posting, err error) {
	from, cur := r.sources(p), r.Amount.Currency()
	giver := from.platform
	if r.Direct {
		giver = from.seller
	}
	if r.CreditOf != "" {
		giver = p.creditAccount(r.CreditOf, cur)
	}
	result, err := p.fxResult(r)
	if err != nil {
		return nil, nil, err
	}
	lines := append([]line{out(giver, r.cost())}, p.givenBack(r.clearing(c), r.cost(), r.exchange())...)
	first = []posting{{"refund", lines}, {"fx result", result}}
	if r.CreditOf != "" {
		return first, nil, nil
	}
	rest = p.disputedTaxes(r)
	switch {
	case r.Direct:
		rest = append(rest,
			posting{"discount returned", []line{out(from.seller, r.DiscountBack), in(from.platform, r.DiscountBack)}},
			posting{"fee refund", p.feeBackLines(r, from, sum(sum(r.FeeBack, r.ServiceBack), r.PlatformBack))})
	case r.Reverses:
		rest = append(rest, p.recovered(r)...)
	}
	return first, rest, nil
}

// refuse books the negatives of a refund's postings. Taxes have the reason of the money,
// since news of a bank cannot be refused for what the platform has.
func (b *books) refuse(list []posting) {
	reasons := map[string]string{
		"refund": "refund failed", "tax refunded": "refund failed", "fx result": "fx result",
		"transfer reversal": "transfer reversal undone", "discount returned": "transfer reversal undone", "fee refund": "fee refund undone",
	}
	for _, x := range list {
		lines := make([]line, len(x.lines))
		for i, l := range x.lines {
			lines[i] = line{account: l.account, minor: -l.minor}
		}
		b.post(reasons[x.reason], lines...)
	}
}

// saleAgain gives a buyer the credit again that a refund of its sale had taken.
func (p *Platform) saleAgain(u *ledger.Unit, c *Charge, r *Refund) error {
	w, err := creditKind.Get(u, r.CreditOf)
	if err != nil {
		return err
	}
	w.add(CreditLot{ID: c.ID, Origin: CreditSold}, r.Amount)
	return p.putCredit(u, w)
}

// moneyBack counts only the money of a refund as not given to the buyer.
func (c *Charge) moneyBack(r *Refund) {
	c.Refunded = minus(c.Refunded, r.outside())
	if len(c.Tenders) > 0 {
		c.SourceBack = minus(c.SourceBack, r.outside())
	}
	if s, x := c.Settlement, r.Exchanged; s != nil && x != nil {
		s.Refunded = minus(s.Refunded, x.Presented)
		s.GrossBack, s.ValueBack = minus(s.GrossBack, x.Gross), minus(s.ValueBack, x.Value)
		s.without(r)
	}
}

// refusedRefund adds up what is left of a refund that failed.
func (t *tally) refusedRefund(r *Refund) {
	g := t.givenOf(r.Charge)
	if g.failed == nil {
		g.failed = make(map[string]int64)
	}
	g.failed[r.ID] = r.presented().Minor()
	if r.Refused == nil {
		return
	}
	g.exchanged.released += r.Refused.Kept
	if r.Refused.Late {
		t.advanced(r) // which is owed all the same
	}
	if !r.Refused.Stands {
		return
	}
	// All but its money is as if it had succeeded.
	if r.Returns {
		g.standing += r.Amount.Minor()
	}
	x := *r
	x.Status, x.Exchanged, x.Day = RefundSucceeded, nil, nil
	out := r.outside()
	t.countRefund(&x)
	g.refunded -= out.Minor()
	t.refundTenders(&x, g)
	g.tenders[TenderSource] -= out.Minor()
	t.refundBalances(&x)
	owner := t.platform
	if r.Direct {
		owner = r.Account
	}
	t.add(owner, "balance", out, 1)
}
