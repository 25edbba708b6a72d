package connect

import (
	"context"
	"errors"
	"time"

	"github.com/soukhq/souk/ledger"
)

// What is due of a share and could not be done is tried again after this time, and
// a refund that the buyer's bank declined the next day.
const (
	shareRetry   = time.Hour
	declineRetry = day
)

// what says what is to be done with a share at a moment, and why; empty: nothing.
func (s *HeldShare) what(now time.Time) (HoldEnd, ReleaseCause) {
	switch {
	case !s.waits() || now.Before(s.due()):
		return "", ""
	case s.decided():
		return s.Then, ReleaseByDecision
	case !s.complained() && !s.ReleaseAt.IsZero() && !now.Before(s.ReleaseAt):
		if s.Terms.Until == HoldVerified {
			return HoldReleases, ReleaseByVerified
		}
		return HoldReleases, ReleaseByDate
	case now.Before(s.End):
		return "", ""
	case s.complained():
		return HoldRefunds, ""
	}
	return s.Terms.AtEnd, ReleaseByEnd
}

// shareWorker lets Drain do what is due of shares.
func (e *Engine) shareWorker() ledger.Worker {
	return ledger.Worker{Kind: heldKind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		s, err := heldKind.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, s.Platform)
		if err != nil {
			return err
		}
		err = p.shareDue(ctx, s.ID)
		var refused *ledger.Error
		if errors.As(err, &refused) && (refused.Class == ledger.State || refused.Class == ledger.InsufficientFunds || errors.Is(err, errNoRates)) {
			return p.shareLater(ctx, s.ID, refused.Code)
		}
		return err
	}}
}

// finishShare is shareDue for the host.
func (p *Platform) finishShare(ctx context.Context, id string) error {
	if _, err := p.GetHeldShare(ctx, id); err != nil {
		return err
	}
	return p.shareDue(ctx, id)
}

// shareDue does what is due of a share now. Two who do it at once do it once, since
// both put the share.
func (p *Platform) shareDue(ctx context.Context, id string) error {
	refund := false
	_, err := p.unit(ctx, func(u *ledger.Unit) error {
		refund = false
		s, err := heldKind.Get(u, id)
		if err != nil {
			return err
		}
		todo, cause, amount, err := p.decide(u, s)
		if err == nil && todo != "" {
			err = p.undisputed(u, s)
		}
		switch {
		case err != nil || todo == "":
			return err
		case todo == HoldRefunds && !amount.IsZero():
			refund = true
			return nil
		case s.Free().Amount.Sign() <= 0: // a refund is under way
			s.Retry = u.At().Add(heldUp)
			return p.putShare(u, s, EventShareUpdated)
		}
		o, err := p.releasePart(u, s, s.Free().Amount, cause)
		if err != nil {
			return err
		}
		return p.released(u, s, o)
	})
	if err != nil || !refund {
		return err
	}
	return p.shareRefund(ctx, id)
}

// undisputed refuses to end a wait by itself while the buyer disputes the charge: what
// waits may be all that the platform can have back.
func (p *Platform) undisputed(u *ledger.Unit, s *HeldShare) error {
	c, err := p.charge(u, s.Charge)
	if err == nil && len(c.Disputed) > 0 {
		err = badState("disputed", "charge", "the buyer disputes it; what waits is decided about once that is")
	}
	return err
}

// decide says what is to be done with a share, and how much of its charge goes back
// if that is a refund. A release that the seller must be verified for becomes a
// refund at the end of the wait. A charge that the platform has refunded by itself
// has nothing left to go back, and the share is the seller's.
func (p *Platform) decide(u *ledger.Unit, s *HeldShare) (todo HoldEnd, cause ReleaseCause, back ledger.Money, err error) {
	todo, cause = s.what(u.At())
	if todo == "" || s.Free().Amount.Sign() <= 0 {
		return todo, cause, back, nil
	}
	if cause == ReleaseByEnd && s.Terms.Until == HoldVerified { // it may have come to that just now
		missing, err := p.unverified(u, s.Account)
		if err != nil {
			return "", "", back, err
		}
		if !missing {
			return HoldReleases, ReleaseByVerified, back, nil
		}
	}
	if todo == HoldReleases {
		prof, err := p.expectProfile(u)
		if err != nil {
			return "", "", back, err
		}
		err = p.mustWait(u, prof, s.Account, "account")
		if codeOf(err) != "account_not_verified" {
			return todo, cause, back, err
		}
		if u.At().Before(s.End) {
			return "", "", back, err
		}
		todo = HoldRefunds
	}
	c, err := p.charge(u, s.Charge)
	if err != nil {
		return "", "", back, err
	}
	if back, err = c.refundOf(s); err == nil && back.IsZero() {
		cause = ReleaseByEnd
	}
	return todo, cause, back, err
}

// errNotDue tells that somebody was faster.
var errNotDue = errors.New("nothing is due")

// shareRefund gives what waits of a share back to the buyer, with the commission: by
// a refund as the host's are. Of a transfer that waits it is reversed in the same
// commit.
func (p *Platform) shareRefund(ctx context.Context, id string) error {
	req := &RefundRequest{held: true}
	under := func(u *ledger.Unit) error {
		s, err := heldKind.Get(u, id)
		if err != nil {
			return err
		}
		todo, _, back, err := p.decide(u, s)
		if err != nil {
			return err
		}
		if todo != HoldRefunds || back.IsZero() {
			return errNotDue
		}
		c, err := p.charge(u, s.Charge)
		if err != nil {
			return err
		}
		if c.Acquirer != "" && c.Acquirer != acquirerName(p.e) || c.Rail != "" && c.Rail != railName(p.e) {
			return errNotDue // it waits for an engine that has it
		}
		ours := s.Transfer == ""
		req.ChargeID, req.Amount, req.ReverseTransfer, req.RefundFee = c.ID, back, ours && !c.Direct, ours
		s.Code, s.Retry = "", u.At().Add(heldUp)
		if err := p.putShare(u, s, EventShareUpdated); err != nil || ours {
			return err
		}
		_, err = p.newReversal(u, &ReverseTransferRequest{TransferID: s.Transfer, Amount: s.Free().Amount})
		return err
	}
	_, err := p.withRateOfDay(ctx, req, func() (*Refund, error) { return refundTask.begin(ctx, p, req, under) })
	if errors.Is(err, errNotDue) {
		return nil
	}
	return err
}

// shareLater keeps why what is due of a share cannot be done, and tries again later.
func (p *Platform) shareLater(ctx context.Context, id, code string) error {
	_, err := p.unit(ctx, func(u *ledger.Unit) error {
		s, err := heldKind.Get(u, id)
		if err != nil {
			return err
		}
		if todo, _ := s.what(u.At()); todo == "" {
			return nil
		}
		s.Code, s.Retry = code, u.At().Add(shareRetry)
		return p.putShare(u, s, EventShareUpdated)
	})
	return err
}
