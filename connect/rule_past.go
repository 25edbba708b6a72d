package connect

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// BackTestRequest says which rules are tried on which payments.
type BackTestRequest struct {
	Set     *rule.Set
	Against *rule.Set // what it is compared with, such as the rules in use; nil: nothing
	From    time.Time // of the first payment, inclusive
	To      time.Time // exclusive; zero: now
}

// BackTest tries rules on the platform's charges and transfers of a time, and says what
// they would have done, and what became of those payments: "disputed", "refunded",
// "failed", "declined", "blocked", "canceled" or nothing. It writes nothing. A payment
// has the facts that rules were told of it then, and one that no rules were asked about
// those that it says itself: what only a host or an acquirer knew is missing. Counts
// are of what was before, back to the beginning of their windows, by what has become of
// it since. It keeps what it counts in memory.
func (p *Platform) BackTest(ctx context.Context, r BackTestRequest) (*rule.Report, error) {
	if err := p.may(ctx, "BackTest"); err != nil {
		return nil, err
	}
	wrap := func(err error) error { return fmt.Errorf("connect: back-test: %w", err) }
	if r.Set == nil {
		return nil, wrap(badField("missing_argument", "set", "a back-test needs the rules to be tried"))
	}
	if err := p.e.start(ctx); err != nil {
		return nil, wrap(err)
	}
	if now := p.e.env.Time(); r.To.IsZero() || r.To.After(now) {
		r.To = now.Add(time.Microsecond)
	}
	sets := []*rule.Set{r.Set}
	if r.Against != nil {
		sets = append(sets, r.Against)
	}
	from, counts := r.From, false
	for _, s := range sets {
		for _, q := range s.Questions() {
			counts = true
			if start := r.From.Add(-q.Within); q.Within == 0 {
				from = time.Time{}
			} else if !from.IsZero() && start.Before(from) {
				from = start
			}
		}
	}
	report, err := rule.BackTest(ctx, r.Set, r.Against, p.counting(p.past(ctx, from, r.To), rule.NewHistory(sets...), r.From, counts))
	if err != nil {
		return nil, wrap(err)
	}
	return report, nil
}

// pastPayment is a payment and what became of it.
type pastPayment struct {
	rule.Past
	status   []string
	disputes []time.Time
}

// counting yields the payments of a time with a counter of what was before each.
func (p *Platform) counting(all iter.Seq2[*pastPayment, error], h *rule.History, from time.Time, counts bool) iter.Seq2[rule.Past, error] {
	return func(yield func(rule.Past, error) bool) {
		for one, err := range all {
			if err != nil {
				yield(rule.Past{}, err)
				return
			}
			pay := one.Payment
			if pay.Counter = h; !pay.At.Before(from) && !yield(one.Past, nil) {
				return
			}
			if !counts {
				continue
			}
			of := "charges"
			if pay.Kind == compliance.TransferPayment {
				of = "transfers"
			}
			h.Add(rule.Event{Of: of, At: pay.At, Payment: pay, Status: one.status})
			for _, at := range one.disputes {
				h.Add(rule.Event{Of: "disputes", At: at, Payment: pay})
			}
		}
	}
}

// past walks charges and transfers of a time together, oldest first.
func (p *Platform) past(ctx context.Context, from, to time.Time) iter.Seq2[*pastPayment, error] {
	return func(yield func(*pastPayment, error) bool) {
		charges, stop := iter.Pull2(p.pastOf(ctx, chargeKind.Name, from, to, p.pastCharge))
		defer stop()
		transfers, stopTransfers := iter.Pull2(p.pastOf(ctx, transferKind.Name, from, to, p.pastTransfer))
		defer stopTransfers()
		c, errC, okC := charges()
		t, errT, okT := transfers()
		for okC || okT {
			if errC != nil || errT != nil {
				if errC == nil {
					errC = errT
				}
				yield(nil, errC)
				return
			}
			if okC && (!okT || !t.Payment.At.Before(c.Payment.At)) {
				if !yield(c, nil) {
					return
				}
				c, errC, okC = charges()
			} else {
				if !yield(t, nil) {
					return
				}
				t, errT, okT = transfers()
			}
		}
	}
}

// pastOf walks objects of a kind by when they were made, a page of which is read at one
// moment.
func (p *Platform) pastOf(ctx context.Context, kind string, from, to time.Time, read func(ledger.View, ledger.Object) (*pastPayment, error)) iter.Seq2[*pastPayment, error] {
	return func(yield func(*pastPayment, error) bool) {
		q := ledger.Query{Kind: kind, Name: "platform", Value: p.id, From: from, To: to, Limit: 500}
		for {
			var list []ledger.Object
			var page []*pastPayment
			err := p.store.Read(ctx, func(v ledger.View) (err error) {
				page = nil
				if list, err = v.Find(q); err != nil {
					return err
				}
				for _, o := range list {
					one, err := read(v, o)
					if err != nil {
						return err
					}
					page = append(page, one)
				}
				return nil
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, one := range page {
				if !yield(one, nil) {
					return
				}
			}
			if len(list) < q.Limit {
				return
			}
			q.After = list[len(list)-1].PlaceIn(q)
		}
	}
}

// toldThen are the facts that rules were told of an object; nil if they were not asked.
func toldThen(v ledger.View, id string) (*compliance.Payment, error) {
	list, err := v.Objects(decidedKind.ID(decidedKind.Prefix + id))
	if err != nil || list[0].Version == 0 {
		return nil, err
	}
	d, err := decidedKind.Decode(list[0])
	if err != nil {
		return nil, err
	}
	return &d.Payment, nil
}

func (p *Platform) pastCharge(v ledger.View, o ledger.Object) (*pastPayment, error) {
	c, err := chargeKind.Decode(o)
	if err != nil {
		return nil, err
	}
	one := &pastPayment{}
	if one.Payment, err = toldThen(v, c.ID); err != nil {
		return nil, err
	}
	if one.Payment == nil {
		pay := c.payment()
		one.Payment = &pay
	}
	for _, status := range []string{"authorized", "successful", "declined", "failed", "blocked"} {
		if c.has(status) {
			one.status = append(one.status, status)
		}
	}
	err = eachObject(v, ledger.Query{Kind: disputeKind.Name, Name: "charge", Value: c.ID}, func(o ledger.Object) error {
		d, err := disputeKind.Decode(o)
		if err == nil {
			one.disputes = append(one.disputes, d.Created)
		}
		return err
	})
	one.Outcome = c.outcome(len(one.disputes) > 0)
	return one, err
}

// outcome is what became of a charge, in a word; empty: it was paid, or is under way.
func (c *Charge) outcome(disputed bool) string {
	switch {
	case disputed:
		return "disputed"
	case c.ruled(compliance.Block):
		return "blocked"
	case c.has("declined"):
		return "declined"
	case c.Status == ChargeFailed:
		return "failed"
	case c.Status == ChargeCanceled:
		return "canceled"
	case c.Refunded.Sign() > 0:
		return "refunded"
	}
	return ""
}

func (p *Platform) pastTransfer(v ledger.View, o ledger.Object) (*pastPayment, error) {
	t, err := transferKind.Decode(o)
	if err != nil {
		return nil, err
	}
	one := &pastPayment{}
	if one.Payment, err = toldThen(v, t.ID); err != nil {
		return nil, err
	}
	if one.Payment == nil {
		pay := t.payment()
		one.Payment = &pay
	}
	if t.Reversed.Sign() > 0 {
		one.Outcome = "reversed"
	}
	return one, nil
}
