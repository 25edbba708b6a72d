package connect

import (
	"errors"
	"time"

	"github.com/soukhq/souk/ledger"
)

// waitsAs is what of a charge, or a capture as a charge, waits in held: what is the
// seller's before commission, what that leaves them, and the commission. A seller
// who is left less than nothing, since the card cost more than was to be expected,
// waits for nothing; nor does a commission that a capture makes less.
func (c *Charge) waitsAs() HeldPart {
	zero := ledger.Zero(c.Amount.Currency())
	part := HeldPart{zero, zero, zero}
	if c.Hold == nil {
		return part
	}
	gross, net, fee := c.given(), c.sellerNet(), c.commission()
	if c.Direct {
		gross = c.share()
	}
	if net.Sign() < 0 || gross.Sign() <= 0 {
		return part
	}
	if part.Amount, part.Account = gross, net; fee.Sign() > 0 {
		part.Platform = fee
	}
	return part
}

// landsIn returns the accounts that the seller's share and the commission of a
// charge come into.
func (p *Platform) landsIn(c *Charge, platform, seller ledger.Ref) (commission, share ledger.Ref) {
	if w := c.waitsAs(); w.Amount.Sign() > 0 {
		seller.Purpose = purposeHeld
		if c.commission().Sign() >= 0 {
			platform.Purpose = purposeHeld
		}
	}
	return platform, seller
}

const purposeHeld = "held"

// holdShare counts on the share of a charge what now, which is the charge or a
// capture of it, brought to wait (flow C9 of the chart).
func (p *Platform) holdShare(u *ledger.Unit, c, now *Charge) error {
	part := now.waitsAs()
	if part.Amount.IsZero() {
		return nil
	}
	s, err := p.shareOf(u, c)
	if err != nil {
		return err
	}
	if s == nil {
		s = newShare(u, p, c.Hold, c.Account)
		s.ID, s.Charge, s.Group = shareID(c.ID), c.ID, c.TransferGroup
		s.loadedAs(part.Amount.Currency())
	}
	s.In, s.Available = s.In.plus(part), now.Available
	return p.beginWait(u, s)
}

// newShare is a share that has just come in.
func newShare(u *ledger.Unit, p *Platform, h *HoldTerms, account string) *HeldShare {
	s := &HeldShare{Platform: p.id, Account: account, Terms: *h.clone(), Created: u.At()}
	s.End = u.At().Add(time.Duration(h.LongestDays) * day)
	s.ReleaseAt = h.Date
	return s
}

func (s *HeldShare) loadedAs(cur ledger.Currency) {
	s.In.Amount = ledger.Zero(cur)
	s.loaded()
}

// beginWait puts a share into which money has come. What it waits for may have
// happened already: its group is decided, or its seller verified.
func (p *Platform) beginWait(u *ledger.Unit, s *HeldShare) error {
	if s.Group != "" {
		g, err := groupKind.Get(u, groupID(p.id, s.Group))
		if err == nil {
			s.Then = g.Decision
		} else if !errors.Is(err, ledger.NotFound) {
			return err
		}
	}
	if s.Terms.Until == HoldVerified {
		missing, err := p.unverified(u, s.Account)
		if err != nil {
			return err
		}
		if !missing && s.ReleaseAt.IsZero() {
			s.ReleaseAt = u.At()
		}
	}
	return p.putShare(u, s, EventShareHeld)
}

// shareOf returns the share of a charge, expected unchanged; nil if none of it ever
// waited.
func (p *Platform) shareOf(u *ledger.Unit, c *Charge) (*HeldShare, error) {
	if c.Hold == nil {
		return nil, nil
	}
	return p.shareFor(u, c.ID)
}

// shareFor is the same for the id of a charge or transfer.
func (p *Platform) shareFor(u *ledger.Unit, of string) (*HeldShare, error) {
	s, err := heldKind.Get(u, shareID(of))
	if errors.Is(err, ledger.NotFound) {
		return nil, nil
	}
	return s, err
}

// landLater says where a share that waits lands once it is released: on the day of
// availability, or at once if that has come.
func (c *Charge) landLater(u *ledger.Unit) string {
	if !c.AtOnce && c.Available.Time().After(u.At()) {
		return pendingPrefix + c.Available.String()
	}
	return "available"
}
