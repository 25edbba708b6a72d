package connect

import (
	"github.com/soukhq/souk/ledger"
)

// take is what of a giving back comes out of held, first of all: of a part of the
// seller's share, of what the seller owes after commission, and of the commission
// that goes back. Amounts are in minor units.
func (s *HeldShare) take(gross, account, platform int64) HeldPart {
	cur, free := s.In.Amount.Currency(), s.Free()
	return HeldPart{
		Amount:   ledger.Minor(min(gross, free.Amount.Minor()), cur),
		Account:  ledger.Minor(min(account, free.Account.Minor()), cur),
		Platform: ledger.Minor(min(platform, free.Platform.Minor()), cur),
	}
}

// sources are the accounts that a giving back comes out of: those where money lands,
// and held before them, for as much as part says.
type sources struct {
	platform, seller ledger.Ref
	short            [2]ShortPolicy // of platform and seller
	part             *HeldPart      // nil: nothing waits
	converted        []line         // of the commission, where it comes out of the platform's own currency
}

// credit is how much of what the seller gets back of commission and taxes on it
// goes to held, as the reversal took it from there.
func (x *sources) credit(fee, tax int64) int64 {
	switch {
	case x.part == nil:
		return 0
	case x.part.Platform.Minor() == fee:
		return fee + tax
	}
	return x.part.Platform.Minor()
}

// held returns an account's namesake in held.
func held(r ledger.Ref) ledger.Ref {
	r.Purpose = purposeHeld
	return r
}

// fromSeller are the lines by which the seller gives an amount, of which back comes
// back in other lines and to held as far as it was taken from there.
func (x *sources) fromSeller(m ledger.Money, toHeld int64) []line {
	if x.part == nil {
		return []line{out(x.seller, m).force(x.short[1])}
	}
	h := x.part.Account.Minor() + toHeld
	return []line{
		{account: held(x.seller), minor: -h},
		line{account: x.seller, minor: h - m.Minor()}.force(x.short[1]),
	}
}

// feeBack are the lines by which the platform gives a commission back, and the
// seller gets it with the taxes on it.
func (x *sources) feeBack(fee ledger.Money, tax int64) []line {
	if x.converted != nil {
		return append(x.converted, line{account: x.seller, minor: fee.Minor() + tax})
	}
	if x.part == nil {
		return []line{out(x.platform, fee).force(x.short[0]), {account: x.seller, minor: fee.Minor() + tax}}
	}
	p, h := x.part.Platform.Minor(), x.credit(fee.Minor(), tax)
	return []line{
		{account: held(x.platform), minor: -p},
		line{account: x.platform, minor: p - fee.Minor()}.force(x.short[0]),
		{account: held(x.seller), minor: h},
		{account: x.seller, minor: fee.Minor() + tax - h},
	}
}

// taxesTo is where the seller of a direct charge gets taxes back that come with a
// refund: to held, as the refund takes them from there.
func (x *sources) taxesTo() ledger.Ref {
	if x.part != nil {
		return held(x.seller)
	}
	return x.seller
}

// sources are those of a refund, decided when it was recorded.
func (r *Refund) sources(p *Platform) *sources {
	cur := r.Amount.Currency()
	var converted []line
	if r.FeeStep != nil {
		converted = p.fromPlatform(r.FromPlatform.Purpose, r.FromPlatform.Short, *r.FeeStep)
	}
	return &sources{
		converted: converted,
		platform:  p.of(p.id, r.FromPlatform.Purpose, cur), seller: p.of(r.Account, r.FromAccount.Purpose, cur),
		short: [2]ShortPolicy{r.FromPlatform.Short, r.FromAccount.Short}, part: r.FromHeld,
	}
}

// heldFirst counts on the share of a charge what a refund is about to take from it,
// and returns what is left for platform and seller to give: a refund takes from held
// first, and from where it landed what held does not have.
func (p *Platform) heldFirst(u *ledger.Unit, c *Charge, r *Refund, platform, seller int64) (owes, gives int64, err error) {
	if !r.Reverses && !r.Direct {
		return platform, seller, nil
	}
	s, err := p.shareOf(u, c)
	if err != nil || s == nil || s.Free().none() {
		return platform, seller, err
	}
	gross, fee := r.Reversal.Minor(), r.FeeBack.Minor()
	if r.Direct {
		aside := r.ServiceBack.Minor() + r.PlatformBack.Minor()
		gross, fee = r.Amount.Minor()-addTax(r.Tax)-aside, r.FeeBack.Minor()+aside
	}
	part := s.take(gross, seller, fee)
	if part.none() {
		return platform, seller, nil
	}
	r.FromHeld, s.Going = &part, s.Going.plus(part)
	return platform - part.Platform.Minor(), seller - part.Account.Minor(), p.putShare(u, s, EventShareUpdated)
}

// heldEnd ends what a refund was about to take from a share: taken, or back where it
// came from.
func (p *Platform) heldEnd(u *ledger.Unit, c *Charge, r *Refund, done bool) error {
	if r.FromHeld == nil {
		return nil
	}
	s, err := heldKind.Get(u, shareID(c.ID))
	if err != nil {
		return err
	}
	if s.Going = s.Going.less(*r.FromHeld); done {
		s.Back = s.Back.plus(*r.FromHeld)
	} else if s.Code = r.Code; r.Held {
		s.Retry = u.At().Add(declineRetry)
	}
	return p.settleShare(u, s)
}

// failedFrom are the sources of a failed payment: held first, and all else forced
// out of where it landed. It counts there what is taken, now.
func (p *Platform) failedFrom(u *ledger.Unit, c *Charge, platform, seller ledger.Ref, gross, account, fee int64) (*sources, error) {
	x := &sources{platform: platform, seller: seller, short: [2]ShortPolicy{ShortNegative, ShortNegative}}
	s, err := p.shareOf(u, c)
	if err != nil || s == nil || s.Free().none() {
		return x, err
	}
	part := s.take(gross, account, fee)
	x.part, s.Back = &part, s.Back.plus(part)
	return x, p.settleShare(u, s)
}

// refundOf is what of a charge goes back to the buyer with what waits of a share, as
// far as the charge was not refunded already: all of it if nothing was released.
func (c *Charge) refundOf(s *HeldShare) (ledger.Money, error) {
	whole, of := minus(c.Amount, c.kept()), c.share()
	if c.byAmount() {
		of = c.TransferAmount
	}
	left := ledger.Minor(max(whole.Minor()-c.Refunded.Minor()-c.Refunding.Minor(), 0), c.Amount.Currency())
	if s.Transfer != "" {
		back, err := whole.Proportion(s.Free().Amount, of)
		if err != nil {
			return back, err
		}
		return c.buyers(ledger.Minor(min(back.Minor(), left.Minor()), left.Currency()), left)
	}
	keep, err := whole.Proportion(s.Out.Amount, of)
	if err != nil {
		return keep, err
	}
	return c.buyers(ledger.Minor(max(left.Minor()-keep.Minor(), 0), left.Currency()), left)
}

// heldReversal takes what of a reversal waits out of held, and returns the line for
// that and how much is left to be given.
func (p *Platform) heldReversal(u *ledger.Unit, t *Transfer, taken ledger.Money) (line, ledger.Money, error) {
	if t.Hold == nil {
		return line{}, taken, nil
	}
	s, err := p.shareFor(u, t.ID)
	if err != nil || s == nil || s.Free().none() {
		return line{}, taken, err
	}
	part := s.take(taken.Minor(), taken.Minor(), 0)
	s.Back = s.Back.plus(part)
	return out(p.of(t.To, purposeHeld, taken.Currency()), part.Account), minus(taken, part.Account), p.settleShare(u, s)
}
