package connect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// DisputeWindow says for how long buyers may dispute what they paid by a method through
// an acquirer. Of bank debits the schemes say it (package debit), and coins are never
// disputed.
type DisputeWindow struct {
	Method string     // of charges, such as pricing.Card; empty: every other one
	From   payout.Day // charges that succeed on that day or later have it; zero: from the beginning
	Days   int        // after the payment, or after the delivery where that comes later: 0–540; 0 is not at all
	// Longest bounds it where the delivery comes much later: days after the payment,
	// 0–540; 0 is 540.
	Longest int
	Source  string // where it is published
}

// disputeReach is the most days after a charge was made for which it counts as
// disputable, whatever its window: older ones are not looked at.
const disputeReach = 540

// DefaultDisputeWindows returns what holds unless Config.DisputeWindows says otherwise.
// What networks really let come differs by their reason codes: a host that knows more
// says so.
func DefaultDisputeWindows() []DisputeWindow {
	return []DisputeWindow{{
		Days: 120, Longest: disputeReach,
		Source: "Stripe, how disputes work (2024): usually 120 days from the payment or the expected delivery; that networks stop at 540 days is general knowledge without a look-up",
	}}
}

func checkDisputeWindows(list []DisputeWindow) error {
	for i, w := range list {
		twice := slices.ContainsFunc(list[:i], func(x DisputeWindow) bool { return x.Method == w.Method && x.From == w.From })
		if w.Days < 0 || w.Days > disputeReach || w.Longest < 0 || w.Longest > disputeReach || w.Method != "" && !validName(w.Method) || twice {
			return &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: "disputeWindows", Op: "connect: config",
				Msg: fmt.Sprintf("a window is 0 to %d days, of one method from one day on", disputeReach)}
		}
	}
	return nil
}

// disputeWindow is the window of a method on a day: the last to begin of those that name
// it, or else of those that name none.
func (e *Engine) disputeWindow(method string, on payout.Day) DisputeWindow {
	best := DisputeWindow{}
	for _, w := range e.c.DisputeWindows {
		if w.From > on || w.Method != "" && w.Method != method || w.Method == "" && best.Method != "" {
			continue
		}
		if w.Method != best.Method || w.From >= best.From {
			best = w
		}
	}
	return best
}

// disputableFrom says until when a charge that succeeds now may be disputed.
func (p *Platform) disputableFrom(u *ledger.Unit, c *Charge) {
	paid := dayOf(u)
	last := paid
	switch {
	case c.Debit != nil:
		if c.Debit.SettledOn != 0 {
			paid = c.Debit.SettledOn
		}
		last = p.returnableUntil(c.Debit, paid)
	case c.Acquirer != "" && c.outside().Sign() > 0:
		w := p.e.disputeWindow(cmp.Or(c.Method, pricing.Card), paid)
		if w.Days == 0 {
			c.DisputableUntil = 0
			return
		}
		last = min(max(paid, c.DeliverOn)+payout.Day(w.Days), paid+payout.Day(cmp.Or(w.Longest, disputeReach)))
	default:
		return // coins, or credit of the buyer's
	}
	c.DisputableUntil = min(last, payout.DayOf(c.Created, time.UTC)+disputeReach)
}

// returnableUntil is the last day on which a debit may come back for any reason of its
// scheme. For reasons without a limit it is far away.
func (p *Platform) returnableUntil(d *Debit, settled payout.Day) payout.Day {
	last := settled
	t, _ := p.e.c.Debits.Schemes.On(d.Scheme, d.CollectOn)
	for _, r := range t.Returns {
		switch day, ever := r.Until(settled, p.e.c.Calendar); {
		case !ever:
			last = max(last, day)
		case r.ByPayer:
			last = max(last, settled+disputeReach)
		}
	}
	return last
}

// checkDeliverOn refuses a day of delivery that buyers would have no time after.
func checkDeliverOn(u *ledger.Unit, day payout.Day) error {
	if day < 0 || day > dayOf(u)+disputeReach {
		return badField("invalid_date", "deliverOn", fmt.Sprintf("what is bought is delivered within %d days", disputeReach))
	}
	return nil
}

// exposed is what of a charge may still be disputed, in the currency in which it settles:
// what the source has paid, and refunds and disputes, under way or done, have left.
func (c *Charge) exposed(today payout.Day) ledger.Money {
	zero := ledger.Zero(c.Amount.Currency())
	if c.DisputableUntil < today || c.disputable().IsZero() {
		return zero
	}
	left := minus(c.Amount, sum(c.Refunded, c.Refunding))
	switch {
	case c.Settlement != nil:
	case len(c.Tenders) > 0:
		left = minus(c.leftOf(TenderSource), c.DisputedExcess)
	default:
		left = minus(left, c.DisputedExcess)
	}
	if left.Sign() < 0 {
		return zero
	}
	return left
}

// disputableUntil reports a charge that nobody can dispute and that says otherwise, or
// one whose day is out of reach.
func (t *tally) disputableUntil(c *Charge) {
	made, last := payout.DayOf(c.Created, time.UTC), c.DisputableUntil
	if last != 0 && (last < made || last > made+disputeReach || c.Debit == nil && (c.Acquirer == "" || c.outside().IsZero())) {
		t.report.Add("charge "+c.ID, "it can be disputed until %s, which its payment does not allow", last)
	}
}
