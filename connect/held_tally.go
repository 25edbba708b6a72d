package connect

import "github.com/soukhq/souk/ledger"

// heldSums are what the releases of a share and the refunds under way add up to, in
// minor units.
type heldSums struct{ out, outAccount, outPlatform, going, goingAccount, goingPlatform int64 }

func (t *tally) heldOf(share string) *heldSums {
	x := t.held[share]
	if x == nil {
		if x = new(heldSums); t.mine(share) {
			t.held[share] = x
		}
	}
	return x
}

// shareRelease adds up what was released of a share.
func (t *tally) shareRelease(o *ShareRelease) {
	x := t.heldOf(o.Share)
	x.out += o.Amount.Minor()
	x.outAccount += o.ToAccount.Minor()
	x.outPlatform += o.ToPlatform.Minor()
}

// heldRefund adds up what a refund that is under way is about to take from a share.
func (t *tally) heldRefund(r *Refund) {
	if r.FromHeld == nil || r.Status != RefundPending && r.Status != RefundUnknown && r.Status != RefundWaiting {
		return
	}
	x := t.heldOf(shareID(r.Charge))
	x.going += r.FromHeld.Amount.Minor()
	x.goingAccount += r.FromHeld.Account.Minor()
	x.goingPlatform += r.FromHeld.Platform.Minor()
}

// share adds up what waits: it is in held, and not in what an owner has otherwise.
// It reports where a share counts something else than its releases and refunds say.
func (t *tally) share(s *HeldShare) {
	left := s.Left()
	t.add(s.Account, purposeHeld, left.Account, 1)
	t.add(s.Account, "balance", left.Account, -1)
	t.add(t.platform, purposeHeld, left.Platform, 1)
	t.add(t.platform, "balance", left.Platform, -1)
	x := t.heldOf(s.ID)
	delete(t.held, s.ID)
	is := heldSums{
		s.Out.Amount.Minor(), s.Out.Account.Minor(), s.Out.Platform.Minor(), s.Going.Amount.Minor(), s.Going.Account.Minor(), s.Going.Platform.Minor(),
	}
	if is != *x {
		t.report.Add("held share "+s.ID, "it counts %v as released and going back; its releases and refunds add up to %v", is, *x)
	}
	free := s.Free()
	for _, m := range []ledger.Money{free.Amount, free.Account, free.Platform, s.Out.Amount, s.Back.Amount, s.Going.Amount} {
		if m.Sign() < 0 {
			t.report.Add("held share "+s.ID, "more of it is gone than came in: %v, %v, %v and %v", s.In, s.Out, s.Back, s.Going)
			break
		}
	}
	if s.waits() == left.none() || s.waits() != s.Work.Open() {
		t.report.Add("held share "+s.ID, "it is %s, and %v waits", s.Status, left)
	}
}
