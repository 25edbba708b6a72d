package connect

import (
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// refundPresented says how much a refund of a payment in another currency is for:
// what the buyer gets, and what that is of the charge, at the rate of the charge.
// Parts add up to the whole, whichever fail.
func (c *Charge) refundPresented(r *Refund, asked ledger.Money, day *rates) error {
	s := c.Settlement
	if c.Status != ChargeSucceeded {
		return badState("invalid_state", "charge", "only a charge that succeeded can be refunded; it is "+string(c.Status))
	}
	was := sum(s.Refunded, s.Refunding)
	left := ledger.Minor(max(s.Presented.Minor()-was.Minor()-c.DisputedExcess.Minor(), 0), was.Currency())
	switch {
	case asked == ledger.Money{}:
		if asked = left; !c.kept().IsZero() {
			asked = minus(left, s.keptLeft(was))
		}
	case asked.Currency() != s.Presented.Currency():
		return badField("currency_mismatch", "amount", "the buyer paid in "+s.Presented.Currency().String())
	}
	if asked.Minor() > left.Minor() || asked.Sign() <= 0 {
		return badState("refund_exceeds_charge", "amount", left.String()+" of the charge can still be refunded")
	}
	back := sum(was, asked)
	target, err := c.refundedOf(back)
	if err != nil {
		return err
	}
	gross, err := s.Gross.Proportion(back, s.Presented)
	if err != nil {
		return err
	}
	value, err := s.Value.Proportion(back, s.Presented)
	if err != nil {
		return err
	}
	step := func(target, was ledger.Money) ledger.Money {
		return ledger.Minor(max(target.Minor()-was.Minor(), 0), target.Currency())
	}
	r.Amount = step(target, sum(c.Refunded, c.Refunding))
	r.Exchanged = &Exchanged{Presented: asked, Gross: step(gross, s.GrossBack), Value: step(value, s.ValueBack)}
	s.Refunding, s.GrossBack, s.ValueBack = sum(s.Refunding, asked), sum(s.GrossBack, r.Exchanged.Gross), sum(s.ValueBack, r.Exchanged.Value)
	return c.refundAtDay(r, day)
}

// keptLeft is what of a service fee that is kept has not gone back to the buyer,
// once so much has.
func (s *Settlement) keptLeft(back ledger.Money) ledger.Money {
	rest := minus(s.Presented, s.Terms.ServiceFee)
	beyond := max(back.Minor()-rest.Minor(), 0)
	return ledger.Minor(s.Terms.ServiceFee.Minor()-beyond, s.Presented.Currency())
}

// refundedOf is what of the charge has gone back once so much of what the buyer
// paid has. A service fee that is kept goes last, here as there.
func (c *Charge) refundedOf(back ledger.Money) (ledger.Money, error) {
	s := c.Settlement
	if c.kept().IsZero() {
		return c.Amount.Proportion(back, s.Presented)
	}
	rest, all := minus(s.Presented, s.Terms.ServiceFee), minus(c.Amount, c.ServiceFee)
	if back.Minor() <= rest.Minor() {
		return all.Proportion(back, rest)
	}
	part, err := c.ServiceFee.Proportion(minus(back, rest), s.Terms.ServiceFee)
	return sum(all, part), err
}

// presented is what the buyer gets, in the buyer's currency.
func (r *Refund) presented() ledger.Money {
	if r.Exchanged != nil {
		return r.Exchanged.Presented
	}
	return r.outside()
}

// endExchanged counts what the buyer of a charge in another currency got of a
// refund, or takes it off again.
func (c *Charge) endExchanged(r *Refund, done bool) {
	s, x := c.Settlement, r.Exchanged
	if s == nil || x == nil {
		return
	}
	s.Refunding = minus(s.Refunding, x.Presented)
	if done {
		s.Refunded = sum(s.Refunded, x.Presented)
		return
	}
	s.GrossBack, s.ValueBack = minus(s.GrossBack, x.Gross), minus(s.ValueBack, x.Value)
	s.without(r)
}

// takenBack are the lines by which an acquirer has taken a failed payment back: all
// of it, less what was booked of that before.
func (p *Platform) takenBack(c *Charge, amount ledger.Money) []line {
	x, f := c.Settlement.whole(), c.Failure
	if x == nil {
		return p.givenBack(c.clearing(), amount, nil)
	}
	step := *x
	if was := f.Exchanged; was != nil {
		step = Exchanged{minus(x.Presented, was.Presented), minus(x.Gross, was.Gross), minus(x.Value, was.Value)}
	}
	f.Exchanged = x
	return p.givenBack(c.clearing(), amount, &step)
}

// exchangedBack is what the refunds of a payment in another currency add up to, in
// minor units of the buyer's, the charge's and the books' currency.
type exchangedBack struct {
	done, underWay, gross, value int64
	ofDay, ofCharge              int // how many are at the rate of their day, and of the charge

	// What those of their day have bought back and released, and by group: what stands.
	bought, released int64
	groups           map[int]*RefundsOfDay
}

func (b *exchangedBack) add(r *Refund) {
	if r.Exchanged == nil {
		return
	}
	if r.Status == RefundSucceeded {
		b.done += r.Exchanged.Presented.Minor()
	} else {
		b.underWay += r.Exchanged.Presented.Minor()
	}
	b.gross += r.Exchanged.Gross.Minor()
	b.value += r.Exchanged.Value.Minor()
	if r.Day == nil {
		b.ofCharge++
		return
	}
	b.ofDay++
	b.day(r)
}

// day adds a refund at the rate of its day to what stands at that rate.
func (b *exchangedBack) day(r *Refund) {
	d := r.Day
	if d.Booked {
		b.bought += d.Gross.Minor()
		b.released += d.Releases.Minor()
	}
	if b.groups == nil {
		b.groups = make(map[int]*RefundsOfDay)
	}
	g := b.groups[d.Group]
	if g == nil {
		b.groups[d.Group] = &RefundsOfDay{d.Group, d.Rate, d.InBase, r.Exchanged.Presented, d.Cost, d.Gross, d.Value}
		return
	}
	if !sameRate(g.Rate, d.Rate) || !sameRate(g.InBase, d.InBase) {
		g.Rate = fx.Rate{} // which is none
	}
	g.Presented, g.Cost = sum(g.Presented, r.Exchanged.Presented), sum(g.Cost, d.Cost)
	g.Gross, g.Value = sum(g.Gross, d.Gross), sum(g.Value, d.Value)
}

// compareSettlement reports where a payment in another currency is not what its
// refunds add up to, or where all of it has gone back and the house's position in
// it has not.
func (t *tally) compareSettlement(c *Charge, b exchangedBack) {
	s := c.Settlement
	if s == nil {
		if b.ofDay+b.ofCharge > 0 {
			t.report.Add("charge "+c.ID, "it was paid in its own currency, and its refunds were not")
		}
		return
	}
	if gross, value, err := s.worth(s.Presented); err != nil || gross != s.Gross || value != s.Value {
		t.report.Add("charge "+c.ID, "%v are worth %v and %v, which is not what its rate says", s.Presented, s.Gross, s.Value)
	}
	is, counted := [4]int64{b.done, b.underWay, b.gross, b.value}, [4]int64{s.Refunded.Minor(), s.Refunding.Minor(), s.GrossBack.Minor(), s.ValueBack.Minor()}
	if counted != is || b.done+b.underWay > s.Presented.Minor() || b.gross > s.Gross.Minor() || b.value > s.Value.Minor() {
		t.report.Add("charge "+c.ID, "it counts %v and %v as refunded of %v; its refunds add up to %v", s.Refunded, s.Refunding, s.Presented, is)
	}
	t.compareDays(c, b)
	if b.done == s.Presented.Minor() && (s.GrossBack != s.Gross || s.ValueBack != s.Value || c.Refunded != c.Amount) {
		t.report.Add("charge "+c.ID, "all of it went back, and of its worth %v, %v and %v did not", minus(s.Gross, s.GrossBack), minus(s.Value, s.ValueBack),
			minus(c.Amount, c.Refunded))
	}
}

// compareDays reports where refunds at the rate of their day are not of a charge of that
// policy, or not what it counts of them.
func (t *tally) compareDays(c *Charge, b exchangedBack) {
	s := c.Settlement
	if s.ofDay() && b.ofCharge > 0 || !s.ofDay() && b.ofDay > 0 {
		t.report.Add("charge "+c.ID, "its refunds are at the rate %q, and some were not", s.RefundRate)
	}
	if s.Bought.Minor() != b.bought || s.Released.Minor() != b.released {
		t.report.Add("charge "+c.ID, "it counts %v as bought back and %v as released; its refunds add up to %d and %d", s.Bought, s.Released, b.bought, b.released)
	}
	last := s.Day
	if last == nil {
		last = &RefundsOfDay{}
	}
	for n, g := range b.groups {
		same := n < last.Group || n == last.Group && g.Presented == last.Presented && g.Cost == last.Cost && g.Gross == last.Gross && g.Value == last.Value &&
			sameRate(g.Rate, last.Rate) && sameRate(g.InBase, last.InBase)
		if !same {
			t.report.Add("charge "+c.ID, "refunds at one rate are not what it counts of them")
		}
	}
}

// buyers is what a part of what is left of a charge is in the currency in which its
// buyer paid: all that is left of it for all that is left.
func (c *Charge) buyers(part, left ledger.Money) (ledger.Money, error) {
	s := c.Settlement
	if s == nil {
		return part, nil
	}
	was := sum(s.Refunded, s.Refunding)
	rest := minus(s.Presented, was)
	if !c.kept().IsZero() {
		rest = minus(rest, s.keptLeft(was))
	}
	if part == left && part.Sign() > 0 {
		return rest, nil
	}
	m, err := s.Presented.Proportion(part, c.Amount)
	return ledger.Minor(min(m.Minor(), rest.Minor()), rest.Currency()), err
}
