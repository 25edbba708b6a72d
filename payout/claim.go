package payout

import (
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Claim takes a payout's money out of the balance and stores the payout, in the
// caller's unit: the claim and the object commit together. p has its Platform,
// Owner, Source, Amount, Rail and Destination, and its Work as the caller wants
// it, and its ID where the caller has given it one; the rest is filled in.
//
// Money of a balance goes in transit. Money of an authority (Source tax/…, and
// unclaimed or frozen) stays where it is under a hold, since nobody else may take it, and moves when
// it was paid.
func Claim(u *ledger.Unit, p *Payout) error {
	if p.Amount.Sign() <= 0 {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_amount", Field: "amount", Msg: "a payout is more than zero"}
	}
	if p.ID == "" {
		p.ID = u.NewID(Kind.Prefix)
	}
	p.Status, p.Created = Pending, u.At()
	if p.toAuthority() {
		p.Hold = "hold_" + p.ID
		u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: p.Hold, Account: p.source(), Amount: p.Amount, Object: Kind.ID(p.ID)})
	} else if err := p.move(u, "payout", p.source(), p.transit()); err != nil {
		return err
	}
	return p.put(u, EventCreated)
}

func (p *Payout) toAuthority() bool {
	return strings.HasPrefix(p.Source, "tax/") || p.Source == "unclaimed" || p.Source == "frozen"
}

// move posts the whole amount from one account to another.
func (p *Payout) move(u *ledger.Unit, reason string, from, to ledger.Ref) error {
	out, err := p.Amount.Neg()
	if err != nil {
		return err
	}
	for _, r := range []ledger.Ref{from, to} {
		u.Open(ledger.Account{Ref: r, Shared: r.Owner == ledger.House})
	}
	u.Post(ledger.Transaction{Book: p.Platform, Reason: reason, Object: Kind.ID(p.ID), Entries: []ledger.Entry{
		{Account: from, Amount: out}, {Account: to, Amount: p.Amount},
	}})
	return nil
}

// put stores the payout and tells of it.
func (p *Payout) put(u *ledger.Unit, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.Platform, Object: Kind.ID(p.ID)})
	return Kind.Put(u, p.ID, p)
}

// Accepted records that the rail has the payout.
func Accepted(u *ledger.Unit, p *Payout, reference string) error {
	if err := p.to(InTransit); err != nil {
		return err
	}
	p.Reference, p.Code = reference, ""
	p.Work.Done()
	return p.put(u, EventUpdated)
}

// Named records the rail's own name for a payout of which news was faster than
// the acknowledgement.
func Named(u *ledger.Unit, p *Payout, reference string) error {
	p.Reference = reference
	return p.put(u, EventUpdated)
}

// Lost records that a blind rail was handed the payout and nobody knows what
// became of it, or that its answer can be none; code says why, if anybody does.
// Its money waits until news comes.
func Lost(u *ledger.Unit, p *Payout, code string) error {
	if err := p.to(Unknown); err != nil {
		return err
	}
	p.Code = code
	p.Work.Done()
	return p.put(u, EventUpdated)
}

func (p *Payout) to(next Status) error {
	if !p.Status.May(next) {
		return &ledger.Error{Class: ledger.State, Code: "invalid_state", Op: "payout: " + p.ID,
			Msg: "it is " + string(p.Status) + " and cannot become " + string(next)}
	}
	p.Status = next
	return nil
}

// Cancel withdraws a payout that the rail cannot have yet, and gives the money
// back. One that somebody has begun to hand over is refused, also when no answer
// came and nobody is at it any more: the rail may have it, and pay.
func Cancel(u *ledger.Unit, p *Payout) error {
	if p.Status.May(Canceled) && p.Work.Attempt > 0 {
		return &ledger.Error{Class: ledger.State, Code: "invalid_state", Op: "payout: " + p.ID, Msg: "the bank may have it already"}
	}
	if err := p.to(Canceled); err != nil {
		return err
	}
	return p.giveBack(u, EventCanceled)
}

// giveBack undoes the claim of a payout that was never paid.
func (p *Payout) giveBack(u *ledger.Unit, event string) error {
	p.Work.Done()
	if p.Hold != "" {
		u.Hold(ledger.HoldStep{Op: ledger.ReleaseHold, ID: p.Hold, Account: p.source()})
	} else if err := p.move(u, "payout failed", p.transit(), p.source()); err != nil {
		return err
	}
	return p.put(u, event)
}

// Apply books news of a payout. The same news again changes nothing, whatever
// was heard since; news that can no longer be true (paid after returned) is
// parked on the payout, with an event, and moves no money. News of another
// amount is refused.
func Apply(u *ledger.Unit, p *Payout, n Update) error {
	if n.Amount != p.Amount {
		return &ledger.Error{Class: ledger.State, Code: "amount_mismatch", Op: "payout: " + p.ID,
			Msg: "the news is of " + n.Amount.String() + ", the payout of " + p.Amount.String()}
	}
	next, ok := map[UpdateKind]Status{UpdatePaid: Paid, UpdateFailed: Failed, UpdateReturned: Returned}[n.Kind]
	if !ok {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_update", Field: "kind", Op: "payout: " + p.ID}
	}
	switch was := p.Status == Paid || p.Status == Returned; {
	case next == Failed && was:
		next = Returned // rails say "failed" for what comes back days after it was paid
	case next == Returned && !was:
		next = Failed // and "returned" for what never was
	}
	switch {
	case p.Status == next || n.ID != "" && slices.Contains(p.Heard, n.ID):
		return nil
	case !p.Status.May(next):
		return p.park(u, n)
	}
	p.Status, p.Code, p.Heard = next, n.Code, append(p.Heard, n.ID)
	p.Work.Done()
	switch next {
	case Paid:
		return p.paid(u)
	case Failed:
		return p.giveBack(u, EventFailed)
	}
	p.ReturnedAt = u.At()
	if err := p.move(u, "payout returned", p.clearing(), p.source()); err != nil {
		return err
	}
	return p.put(u, EventReturned)
}

func (p *Payout) paid(u *ledger.Unit) error {
	from, reason := p.transit(), "payout paid"
	p.PaidAt = u.At()
	if p.Hold != "" {
		if from, reason = p.source(), "tax remitted"; p.Source == "unclaimed" || p.Source == "frozen" {
			reason = "surrender"
		}
		u.Hold(ledger.HoldStep{Op: ledger.CaptureHold, ID: p.Hold, Account: from, Amount: p.Amount})
	}
	if err := p.move(u, reason, from, p.clearing()); err != nil {
		return err
	}
	return p.put(u, EventPaid)
}

func (p *Payout) park(u *ledger.Unit, n Update) error {
	note := string(n.Kind) + " " + n.ID
	if slices.Contains(p.Parked, note) {
		return nil
	}
	p.Parked = append(p.Parked, note)
	return p.put(u, EventUpdated)
}
