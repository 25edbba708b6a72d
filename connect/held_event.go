package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Complaint is a buyer's, about what they paid for. While it is open nothing is
// released by itself; if it still is when the longest wait is over, what waits goes
// back to the buyer.
type Complaint struct {
	Opened time.Time `json:"opened"`
	Reason string    `json:"reason,omitzero"`
	Closed time.Time `json:"closed,omitzero"`
	Then   HoldEnd   `json:"then,omitzero"` // what was decided; empty: the wait went on
}

// changeShare runs a verb that changes a share which waits.
func (p *Platform) changeShare(ctx context.Context, name, key, charge, transfer string, r any, fn func(*ledger.Unit, *HeldShare) error) (*HeldShare, error) {
	verb := simpleVerb[HeldShare]{name: name, kind: &heldKind, replayed: (*HeldShare).replay, target: shareID(charge + transfer)}
	return simple(ctx, p, verb, key, r, func(u *ledger.Unit) (*HeldShare, error) {
		s, err := p.share(u, charge, transfer)
		if err != nil {
			return nil, err
		}
		if err := s.open(); err != nil {
			return nil, err
		}
		return s, fn(u, s)
	})
}

// EventRequest reports an event that a share waits for.
type EventRequest struct {
	Key        string    `json:"-"`
	ChargeID   string    `json:"charge,omitzero"`   // whose share it is,
	TransferID string    `json:"transfer,omitzero"` // or the transfer that waits
	Event      string    `json:"event,omitzero"`    // as in the terms; empty: HoldDelivered
	At         time.Time `json:"at,omitzero"`       // when it happened: not before the money came in; zero: now
}

// ReportEvent tells that what a share waits for has happened, such as the delivery.
// The days of its terms run from then on, unless a complaint is open or opens.
// Errors: invalid_event and invalid_date of class Invalid, nothing_held and
// event_reported of class State.
func (p *Platform) ReportEvent(ctx context.Context, r EventRequest) (*HeldShare, error) {
	if err := p.may(ctx, "ReportEvent"); err != nil {
		return nil, err
	}
	return p.changeShare(ctx, "report event", r.Key, r.ChargeID, r.TransferID, &r, func(u *ledger.Unit, s *HeldShare) error {
		event, at := r.Event, r.At
		if event == "" {
			event = HoldDelivered
		}
		if at.IsZero() {
			at = u.At()
		}
		switch {
		case s.Terms.Until != HoldEvent || s.Terms.Event != event:
			return badField("invalid_event", "event", "the share does not wait for this event")
		case !s.Happened.IsZero():
			return badState("event_reported", "event", "it happened at "+s.Happened.Format(time.RFC3339))
		case at.After(u.At()) || at.Before(s.Created):
			return badField("invalid_date", "at", "it has happened, and not before the money came in at "+s.Created.Format(time.RFC3339))
		}
		s.Happened = at.UTC()
		s.ReleaseAt = s.Happened.Add(time.Duration(s.Terms.Days) * day)
		return p.putShare(u, s, EventShareUpdated)
	})
}

// ComplaintRequest opens a complaint.
type ComplaintRequest struct {
	Key        string `json:"-"`
	ChargeID   string `json:"charge,omitzero"`   // whose share it is,
	TransferID string `json:"transfer,omitzero"` // or the transfer that waits
	Reason     string `json:"reason,omitzero"`   // for people, at most 1,000 characters
}

// OpenComplaint stops the clock of a share: nothing of it is released by itself until
// CloseComplaint. The host can still release it, and refund the charge.
func (p *Platform) OpenComplaint(ctx context.Context, r ComplaintRequest) (*HeldShare, error) {
	if err := p.may(ctx, "OpenComplaint"); err != nil {
		return nil, err
	}
	return p.changeShare(ctx, "open complaint", r.Key, r.ChargeID, r.TransferID, &r, func(u *ledger.Unit, s *HeldShare) error {
		if err := checkText("reason", r.Reason, 1000); err != nil {
			return err
		}
		if s.complained() {
			return badState("complaint_open", "charge", "a complaint is open already")
		}
		s.Complaint = &Complaint{Opened: u.At(), Reason: r.Reason}
		return p.putShare(u, s, EventShareUpdated)
	})
}

// CloseComplaintRequest closes a complaint.
type CloseComplaintRequest struct {
	Key        string  `json:"-"`
	ChargeID   string  `json:"charge,omitzero"`   // whose share it is,
	TransferID string  `json:"transfer,omitzero"` // or the transfer that waits
	Then       HoldEnd `json:"then,omitzero"`     // what becomes of what waits; empty: the wait goes on
}

// CloseComplaint ends a complaint: Drain then releases or refunds what waits, or the
// wait goes on, and what was to be released by itself is that much later as the
// complaint was open, at the end of the longest wait at the latest.
func (p *Platform) CloseComplaint(ctx context.Context, r CloseComplaintRequest) (*HeldShare, error) {
	if err := p.may(ctx, "CloseComplaint"); err != nil {
		return nil, err
	}
	return p.changeShare(ctx, "close complaint", r.Key, r.ChargeID, r.TransferID, &r, func(u *ledger.Unit, s *HeldShare) error {
		switch {
		case r.Then != "" && r.Then != HoldReleases && r.Then != HoldRefunds:
			return badField("invalid_hold", "then", "what waits is released or refunded, or waits on")
		case !s.complained():
			return badState("no_complaint", "charge", "no complaint is open")
		}
		s.Complaint.Closed, s.Complaint.Then = u.At(), r.Then
		if from := s.Complaint.Opened; !s.ReleaseAt.IsZero() {
			if from.Before(s.Happened) {
				from = s.Happened
			}
			s.ReleaseAt = s.ReleaseAt.Add(u.At().Sub(from))
		}
		if r.Then != "" {
			s.Then, s.Retry = r.Then, time.Time{}
		}
		return p.putShare(u, s, EventShareUpdated)
	})
}

// HoldChange moves the times of a share that waits. Zero times stay as they are.
type HoldChange struct {
	Key        string    `json:"-"`
	ChargeID   string    `json:"charge,omitzero"`    // whose share it is,
	TransferID string    `json:"transfer,omitzero"`  // or the transfer that waits
	ReleaseAt  time.Time `json:"releaseAt,omitzero"` // when it is released by itself: to come, and not after End
	End        time.Time `json:"end,omitzero"`       // of the wait: to come, at most the longest that the seller's country allows
}

// ChangeHold lets a share wait shorter or longer, at most as long as money for a
// seller of its country may. Errors: wait_too_long and invalid_date of class Invalid.
func (p *Platform) ChangeHold(ctx context.Context, r HoldChange) (*HeldShare, error) {
	if err := p.may(ctx, "ChangeHold"); err != nil {
		return nil, err
	}
	return p.changeShare(ctx, "change hold", r.Key, r.ChargeID, r.TransferID, &r, func(u *ledger.Unit, s *HeldShare) error {
		prof, err := p.expectProfile(u)
		if err != nil {
			return err
		}
		seller, err := p.lasting(u, s.Account)
		if err != nil {
			return err
		}
		if r.ReleaseAt.IsZero() && r.End.IsZero() {
			return badField("invalid_request", "releaseAt", "a change says when it is released, or until when it waits")
		}
		if !r.End.IsZero() {
			longest := p.e.longestWait(seller.country, s.Created, prof)
			switch most := s.Created.Add(time.Duration(longest) * day); {
			case !r.End.After(u.At()):
				return badField("invalid_date", "end", "the wait ends at a moment to come")
			case r.End.After(most):
				return badField("wait_too_long", "end", fmt.Sprintf("money for a seller of %s waits for %d days at most", seller.country, longest))
			}
			s.End = r.End.UTC()
		}
		if !r.ReleaseAt.IsZero() {
			switch {
			case !r.ReleaseAt.After(u.At()):
				return badField("invalid_date", "releaseAt", "what is to be released now is, by Release")
			case r.ReleaseAt.After(s.End):
				return badField("wait_too_long", "releaseAt", "the share waits until "+s.End.Format(time.RFC3339)+" at most")
			}
			s.ReleaseAt = r.ReleaseAt.UTC()
		}
		s.Retry = time.Time{}
		return p.putShare(u, s, EventShareUpdated)
	})
}
