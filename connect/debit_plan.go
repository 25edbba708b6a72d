package connect

import (
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// maxAhead is how many days ahead a due date may be.
const maxAhead = 366

// earliest is the first due date that a debit can have which is announced on a day.
func (d *Debit) earliest(from payout.Day, noticed bool, c payout.Calendar) payout.Day {
	due := c.Add(from, d.Lead)
	if noticed {
		return due
	}
	announced := from + payout.Day(d.Notice.Days)
	if d.Notice.Business {
		announced = c.Add(from, d.Notice.Days)
	}
	return max(due, c.Next(announced))
}

// set makes a banking day the due date; the others follow from it. A debit is announced
// before it is handed over.
func (d *Debit) set(due payout.Day, c payout.Calendar) {
	d.CollectOn, d.SubmitOn = due, c.Sub(due, d.Lead)
	announced := due - payout.Day(d.Notice.Days)
	if d.Notice.Business {
		announced = c.Sub(due, d.Notice.Days)
	}
	d.NoticeOn = min(announced, d.SubmitOn)
}

// plan gives a new debit its days: the due date that was asked for, or the first that
// its notice and its scheme leave. One that is no banking day is the next that is.
func (p *Platform) plan(u *ledger.Unit, c *Charge, asked payout.Day) error {
	today, cal := dayOf(u), p.e.c.Calendar
	first := c.Debit.earliest(today, false, cal)
	due := first
	if asked != 0 {
		if due = cal.Next(asked); asked > today+maxAhead {
			return badField("invalid_date", "collectOn", "a debit is due within a year")
		}
	}
	if due < first {
		return badField("collect_too_early", "collectOn", "the mandate's notice and the scheme leave "+first.String()+" as the first due date")
	}
	c.Debit.set(due, cal)
	return nil
}

// start announces a new debit if its time has come, and leaves it to whoever recorded
// it or to the day on which something is to be done.
func (p *Platform) start(u *ledger.Unit, c *Charge) error {
	d, today := c.Debit, dayOf(u)
	if c.Status, c.Acquirer, c.Rail = ChargeScheduled, "", railName(p.e); c.UnderReview {
		return nil
	}
	if d.NoticeOn <= today {
		p.announce(u, c)
	}
	switch {
	case d.next() > today:
		c.Work = ledger.Work{}
		c.Work.Later(d.next().Time())
	case !p.joined:
		return c.become(ChargeProcessing, "")
	}
	return nil
}

// next is the day on which a debit that the rail does not have is to be announced or
// handed over.
func (d *Debit) next() payout.Day {
	if d.Noticed.IsZero() {
		return d.NoticeOn
	}
	return d.SubmitOn
}

// announce tells the host to announce the debit. What was announced too late is due
// later: the debtor has the days that were agreed.
func (p *Platform) announce(u *ledger.Unit, c *Charge) {
	d := c.Debit
	if first := d.earliest(dayOf(u), false, p.e.c.Calendar); d.CollectOn < first {
		d.set(first, p.e.c.Calendar)
	}
	d.Noticed = u.At()
	u.Emit(ledger.Event{Type: EventDebitNotice, Platform: p.id, Object: chargeKind.ID(c.ID)})
}

// readyCharge tells whether a charge may be carried out now. A debit that is not with
// the rail yet is announced, or handed over, on its days and not before, and only
// while its mandate is active. What it changes without going on it puts.
func readyCharge(u *ledger.Unit, p *Platform, c *Charge) (bool, error) {
	d := c.Debit
	if d == nil || c.Status != ChargeScheduled {
		return true, nil
	}
	today := dayOf(u)
	if d.next() > today {
		return false, nil
	}
	m, err := p.mandate(u, d.Mandate)
	if err != nil {
		return false, err
	}
	if m.Status != MandateActive {
		return false, p.neverSent(u, c, m)
	}
	was := d.CollectOn
	if d.Noticed.IsZero() {
		p.announce(u, c)
	}
	if first := d.earliest(today, true, p.e.c.Calendar); d.CollectOn < first {
		d.set(first, p.e.c.Calendar) // nobody drained on its day
	}
	if d.CollectOn != was {
		if err := p.postponed(u, m, c, was); err != nil {
			return false, err
		}
	}
	if d.SubmitOn > today {
		c.Work.Later(d.SubmitOn.Time())
		return false, chargeKind.Put(u, c.ID, c)
	}
	u.Emit(ledger.Event{Type: EventChargeUpdated, Platform: p.id, Object: chargeKind.ID(c.ID)})
	return true, c.become(ChargeProcessing, "")
}

// postponed keeps on the mandate that a debit is due on another day.
func (p *Platform) postponed(u *ledger.Unit, m *Mandate, c *Charge, was payout.Day) error {
	if i := slices.Index(m.Recent, was); i >= 0 && c.Debit.Attempt == 1 {
		m.Recent[i] = c.Debit.CollectOn
	}
	m.LastUse = max(m.LastUse, c.Debit.CollectOn)
	if t, ok := p.e.c.Debits.Schemes.On(m.Scheme, dayOf(u)); ok {
		m.lives(&t)
	}
	return mandateKind.Put(u, m.ID, m)
}

// neverSent ends a debit whose mandate is not good any more on its day.
func (p *Platform) neverSent(u *ledger.Unit, c *Charge, m *Mandate) error {
	if err := c.become(ChargeFailed, mandateNotActive+string(m.Status)); err != nil {
		return err
	}
	c.Settled = u.At()
	c.Work.Done()
	if err := p.withdrawn(u, c, m); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeFailed)
}

// cancelDebit lets go of a debit that the rail does not have, at once. Any other is
// refused: its money may be on its way.
func (p *Platform) cancelDebit(u *ledger.Unit, c *Charge, r *CancelRequest) (*Cancellation, error) {
	if c.Status != ChargeScheduled {
		return nil, badState("invalid_state", "charge", "a debit is canceled before it is handed over; it is "+string(c.Status))
	}
	if r.Reason == reasonExpired {
		return nil, badReason()
	}
	m, err := p.mandate(u, c.Debit.Mandate)
	if err != nil {
		return nil, err
	}
	if err := p.withdrawn(u, c, m); err != nil {
		return nil, err
	}
	if err := c.become(ChargeCanceled, r.Reason); err != nil {
		return nil, err
	}
	c.Settled = u.At()
	c.Work.Done()
	x := &Cancellation{
		ID: u.NewID(cancellationKind.Prefix), Platform: p.id, Charge: c.ID, Amount: c.Amount, Reason: r.Reason,
		Status: StepSucceeded, Created: u.At(), Settled: u.At(), Metadata: r.Metadata,
	}
	if err := p.putCharge(u, c, EventChargeCanceled); err != nil {
		return nil, err
	}
	return x, p.putCancellation(u, x, EventCancellationCreated)
}

// dayFrom is the day of a moment that somebody outside told, or of now where that
// cannot be one.
func dayFrom(at, now time.Time) payout.Day {
	if at.Year() < 2000 || at.Year() > 9999 {
		at = now
	}
	return payout.DayOf(at, time.UTC)
}
