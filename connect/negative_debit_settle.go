package connect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// coverStays is for how many banking days cover stays after a debit: what hosted
// marketplaces keep it for (facts of their documentation, 2024).
const coverStays = 3

func submitNegativeDebit(ctx context.Context, p *Platform, d *NegativeDebit, first bool) (payout.Ack, error) {
	return handOver(ctx, p, d.charge().instruction(), &d.Work, first)
}

// settleNegativeDebit books the rail's acknowledgement: the rest is news.
func settleNegativeDebit(u *ledger.Unit, p *Platform, d *NegativeDebit, ack payout.Ack) error {
	if !ack.Accepted {
		m, err := p.mandate(u, d.Debit.Mandate)
		if err != nil {
			return err
		}
		return p.neverDebited(u, d, m, NegativeDebitFailed, ack.Code)
	}
	if err := d.become(NegativeDebitProcessing, ""); err != nil {
		return err
	}
	d.Reference, d.Debit.Submitted = cmp.Or(ack.Reference, d.Reference), u.At()
	d.Work.Done()
	return p.putNegativeDebit(u, d, EventNegativeDebitUpdated)
}

// neverDebited ends a debit that the seller's bank never had.
func (p *Platform) neverDebited(u *ledger.Unit, d *NegativeDebit, m *Mandate, to NegativeDebitStatus, code string) error {
	if err := d.become(to, code); err != nil {
		return err
	}
	d.Work.Done()
	if err := p.withdrawn(u, d.charge(), m); err != nil {
		return err
	}
	if _, err := p.debitEnded(u, d, nil); err != nil {
		return err
	}
	event := EventNegativeDebitFailed
	if to == NegativeDebitCanceled {
		event = EventNegativeDebitCanceled
	}
	return p.putNegativeDebit(u, d, event)
}

// debitEnded tells the balance that a debit of it is not under way any more, and what
// else has changed.
func (p *Platform) debitEnded(u *ledger.Unit, d *NegativeDebit, change func(*NegativeBalance)) (*NegativeBalance, error) {
	n, err := negativeKind.Get(u, negativeID(d.Account, d.Amount.Currency()))
	if err != nil {
		return nil, err
	}
	if n.Debit == d.ID {
		n.Debit = ""
	}
	if change != nil {
		change(n)
	}
	if n.Status == NegativeOpen {
		n.Stale = true
		n.Work.Later(u.At())
	}
	return n, p.putNegative(u, n, "")
}

// negativeDebitUpdate books one piece of a rail's news of a debit of a seller's bank.
func (e *Engine) negativeDebitUpdate(ctx context.Context, id string, n payout.Update) error {
	d, err := negativeDebitKind.Read(ctx, e.c.Store, id)
	if err != nil {
		return notFoundOr(err, "negative debit")
	}
	if d.Rail != railName(e) || railKey(d.ID) != n.Key {
		return notFound("negative debit")
	}
	p, err := e.Platform(ctx, d.Platform)
	if err != nil {
		return err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		d, err := negativeDebitKind.Get(u, id)
		if err != nil {
			return err
		}
		return p.hearNegativeDebit(u, d, n)
	})
	return err
}

// hearNegativeDebit books news in whatever order it comes: that the bank has paid, and
// that it took the money back, are each booked once.
func (p *Platform) hearNegativeDebit(u *ledger.Unit, d *NegativeDebit, n payout.Update) error {
	switch {
	case n.Amount != d.Amount:
		return badState("amount_mismatch", "amount", "the news is of "+n.Amount.String()+", the debit of "+d.Amount.String())
	case n.Kind != payout.UpdateSettled && n.Kind != payout.UpdateFailed && n.Kind != payout.UpdateReturned:
		return badField("invalid_update", "kind", "a debit is settled, fails or is returned")
	case d.Work.First.IsZero():
		return contradiction() // the rail does not have it
	case n.Kind == payout.UpdateSettled && d.Status == NegativeDebitFailed:
		return contradiction()
	}
	d.Work.Done()
	if n.Kind == payout.UpdateSettled {
		return p.negativePaid(u, d, n)
	}
	return p.negativeBack(u, d, n)
}

// negativePaid books that the seller's bank has paid.
func (p *Platform) negativePaid(u *ledger.Unit, d *NegativeDebit, n payout.Update) error {
	if !d.Settled.IsZero() {
		return nil
	}
	back := d.Status == NegativeDebitReturned // which was told first: both are booked
	if !back {
		if err := d.become(NegativeDebitSucceeded, ""); err != nil {
			return err
		}
	}
	d.Settled, d.Debit.SettledOn = u.At(), dayFrom(n.At, u.At())
	p.bookNegative(u, d, 1)
	if back {
		p.bookNegative(u, d, -1)
	}
	_, err := p.debitEnded(u, d, func(n *NegativeBalance) {
		if back {
			return
		}
		n.Debited = sum(n.Debited, d.Amount)
		if stays := min(d.Amount.Minor(), minus(n.Cover, n.kept()).Minor()); stays > 0 {
			until := (p.e.c.Calendar.Add(dayOf(u), coverStays) + 1).Time()
			n.Kept = append(n.Kept, KeptCover{Debit: d.ID, Amount: ledger.Minor(stays, n.Currency), Until: until})
		}
	})
	if err != nil {
		return err
	}
	if err := p.judgeNegative(u, d); err != nil {
		return err
	}
	return p.putNegativeDebit(u, d, EventNegativeDebitSucceeded)
}

// negativeBack books that the seller's bank did not pay, or took back what it had: the
// account owes it again.
func (p *Platform) negativeBack(u *ledger.Unit, d *NegativeDebit, n payout.Update) error {
	if d.over() && d.Status != NegativeDebitSucceeded {
		return nil
	}
	paid := d.Status == NegativeDebitSucceeded
	to, event := NegativeDebitReturned, EventNegativeDebitReturned
	if n.Kind == payout.UpdateFailed && !paid {
		to, event = NegativeDebitFailed, EventNegativeDebitFailed
	}
	t, _ := p.e.c.Debits.Schemes.On(d.Debit.Scheme, d.Debit.CollectOn)
	d.Debit.ReturnedOn = dayFrom(n.At, u.At())
	code := d.Debit.because(clip(n.Code), &t)
	if err := p.returned(u, d.charge(), &t); err != nil {
		return err
	}
	if err := d.become(to, code); err != nil {
		return err
	}
	if to == NegativeDebitReturned {
		d.Returned = u.At()
	}
	if paid {
		p.bookNegative(u, d, -1)
	}
	_, err := p.debitEnded(u, d, func(n *NegativeBalance) {
		if paid {
			n.Debited = minus(n.Debited, d.Amount)
			n.Kept = slices.DeleteFunc(n.Kept, func(k KeptCover) bool { return k.Debit == d.ID })
		}
	})
	if err != nil {
		return err
	}
	if err := p.judgeNegative(u, d); err != nil {
		return err
	}
	return p.putNegativeDebit(u, d, event)
}

// judgeNegative flags what came back too late, and counts the debit in the rates of
// returns of the platform, which is its creditor.
func (p *Platform) judgeNegative(u *ledger.Unit, d *NegativeDebit) error {
	t, _ := p.e.c.Debits.Schemes.On(d.Debit.Scheme, d.Debit.CollectOn)
	d.Debit.judge(&t, p.e.c.Calendar)
	return p.countDebit(u, d.charge(), &t)
}

// bookNegative books what came from the seller's bank, or forces it back.
func (p *Platform) bookNegative(u *ledger.Unit, d *NegativeDebit, sign int64) {
	c := d.Amount.Currency()
	own := line{account: p.of(d.Account, "available", c), minor: sign * d.Amount.Minor(), forced: sign < 0}
	b := &books{u: u, p: p, object: negativeDebitKind.ID(d.ID)}
	b.post("collection debit", line{account: p.house("bank_clearing/"+d.Rail, c), minor: -own.minor}, own)
}

// lookSoon is when a debit of a plan is looked at by whoever drains.
func (d *NegativeDebit) lookSoon(now time.Time, today payout.Day) {
	d.Work = ledger.Work{}
	if next := d.Debit.next(); next > today {
		d.Work.Later(next.Time())
	} else {
		d.Work.Later(now)
	}
}
