package connect

import (
	"cmp"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// settleCharge books the acquirer's answer to a charge.
func settleCharge(u *ledger.Unit, p *Platform, c *Charge, a Answer) error {
	if done, err := p.debitAnswered(u, c, a); done || err != nil {
		return err
	}
	switch a.Status {
	case Received:
		return p.chargeReceived(u, c, a)
	case RequiresAction:
		return p.actionRequired(u, c, a)
	case Declined:
		return p.chargeDeclined(u, c, a)
	case Canceled:
		return p.chargeCanceled(u, c, a.Code)
	case Failed:
		return p.chargeFailed(u, c, a)
	case Approved:
		if asked := c.presented(); a.Amount != asked {
			return badState("amount_mismatch", "amount", "the acquirer answered for "+a.Amount.String()+", not for "+asked.String())
		}
		c.heard(a)
		if err := p.sourceUsed(u, c, a); err != nil {
			return err
		}
		if c.Authorization != nil {
			return p.authorized(u, c, a)
		}
		return p.chargeApproved(u, c, a)
	}
	return badField("invalid_answer", "status", "the acquirer's answer is none")
}

// chargeReceived keeps the charge waiting: for the next question, or for news
// if the acquirer cannot be asked.
func (p *Platform) chargeReceived(u *ledger.Unit, c *Charge, a Answer) error {
	fresh := c.Status != ChargeProcessing || c.Reference == "" && a.Reference != ""
	if err := c.become(ChargeProcessing, ""); err != nil {
		return err
	}
	c.Reference = cmp.Or(a.Reference, c.Reference)
	p.e.received(u, &c.Work)
	if fresh {
		return p.putCharge(u, c, EventChargeUpdated)
	}
	return chargeKind.Put(u, c.ID, c)
}

// received lets work wait for a later answer: until it is asked for, or for
// ever if only news can bring it.
func (e *Engine) received(u *ledger.Unit, w *ledger.Work) {
	if e.c.Acquirer.Info().silent() {
		w.Done()
	} else {
		w.Later(u.At().Add(e.backOff(w.Attempt)))
	}
}

// chargeApproved books that a charge was paid: what its processing cost, where its
// money lands, what its tenders paid, what it sold and what of it waits. One that was
// heard to have failed before is undone in the same change.
func (p *Platform) chargeApproved(u *ledger.Unit, c *Charge, a Answer) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	if err := p.priceProcessing(u, prof, c, a); err != nil {
		return err
	}
	if c.Failure == nil {
		if err := c.become(ChargeSucceeded, ""); err != nil {
			return err
		}
	}
	c.Settled = u.At()
	p.disputableFrom(u, c)
	c.Reference = cmp.Or(a.Reference, c.Reference)
	c.Work.Done()
	if err := p.land(u, prof, c, a.AtOnce); err != nil {
		return err
	}
	if err := p.spendTenders(u, c, nil); err != nil {
		return err
	}
	if err := p.postCharge(&books{u: u, p: p, object: chargeKind.ID(c.ID)}, c); err != nil {
		return err
	}
	if err := p.creditBought(u, c); err != nil {
		return err
	}
	if err := p.keepCharged(u, c); err != nil {
		return err
	}
	if err := p.holdShare(u, c, c); err != nil {
		return err
	}
	if c.Failure != nil { // which was heard of before
		return p.fail(u, c, c.PlatformIn, c.AccountIn)
	}
	return p.putCharge(u, c, EventChargeSucceeded)
}

// postCharge posts a charge, or a capture as a charge: flows C1 and C2 of the chart for
// a direct one, C3, C4, C13, C14, S3 and T2 for a seller, the first lines of them for the
// platform itself. A service fee stays where the charge came in: with the platform.
func (p *Platform) postCharge(b *books, c *Charge) error {
	cur := c.Amount.Currency()
	platform, seller := p.of(p.id, c.PlatformIn, cur), p.of(c.Account, c.AccountIn, cur)
	if c.Direct {
		return p.postDirect(b, c)
	}
	b.post("charge", append(p.acquired(c.clearing(), c.outside(), c.Settlement.whole()),
		line{account: platform, minor: c.outside().Minor() - c.ProcessingFee.Minor()},
		in(p.house("processing_fees", cur), c.ProcessingFee))...)
	given := p.postCredit(b, c, platform, seller, c.given())
	for _, t := range c.Tax {
		b.post("tax collected", out(platform, t.Amount), in(p.of(p.id, "tax/"+t.Authority, cur), t.Amount))
	}
	if c.Account != "" {
		fees, seller := p.landsIn(c, platform, seller)
		sent := minus(given, ledger.Minor(min(c.promoted().Minor(), given.Minor()), cur))
		b.post("transfer", out(platform, sent), in(seller, sent))
		p.postDiscount(b, c, platform, seller, given)
		b.post("discount", out(platform, c.Discount), in(seller, c.Discount)) // flow C13
		p.postFee(b, c, fees, seller, c.ApplicationFee)
	}
	return nil
}

// land decides where a charge's money lands: pending for its day, or available
// if it is so at once. A charge may leave the platform with less than it had
// (the processing fee without a commission), and the card has been charged by
// now; so the platform's side always goes through a pending day, which has no
// floor, and is available the day after at the earliest. So does the seller's of a
// charge that leaves them less than nothing: a direct one by its processing fee, a
// small capture by how its taxes round.
func (p *Platform) land(u *ledger.Unit, prof *Profile, c *Charge, atOnce bool) error {
	day := payout.DayOf(u.At(), time.UTC)
	if c.AtOnce, c.Available = atOnce, day; !atOnce {
		delay, err := p.delay(u, prof, c)
		if err != nil {
			return err
		}
		c.Available = delay.After(day, p.e.c.Calendar)
	}
	var err error
	if c.AccountIn = "available"; c.waitsAs().Amount.Sign() > 0 {
		c.AccountIn = c.landLater(u)
	} else if !c.AtOnce && c.Account != "" {
		c.AccountIn, err = p.openDay(u, c.Account, c.Amount.Currency(), c.Available, "available")
	}
	if err == nil && c.AccountIn == "available" && c.sellerNet().Sign() < 0 {
		c.AccountIn, err = p.nextDay(u, c, c.Account)
	}
	if err != nil {
		return err
	}
	if c.Account == "" && c.AtOnce && c.CreditSale == nil && len(c.Tenders) == 0 && c.share().Minor() >= c.ProcessingFee.Minor() {
		c.PlatformIn = "available"
		return nil
	}
	c.PlatformIn, err = p.nextDay(u, c, p.id)
	return err
}

// nextDay returns the purpose of the first day that is open for an owner.
func (p *Platform) nextDay(u *ledger.Unit, c *Charge, owner string) (string, error) {
	for day := c.Available; ; day++ {
		if purpose, err := p.openDay(u, owner, c.Amount.Currency(), day, ""); err != nil || purpose != "" {
			return purpose, err
		}
	}
}

// openDay returns the purpose of an owner's pending day, or another if that day
// has come or been released.
func (p *Platform) openDay(u *ledger.Unit, owner string, cur ledger.Currency, day payout.Day, released string) (string, error) {
	if day <= payout.DayOf(u.At(), time.UTC) {
		return released, nil
	}
	return whileOpen(u, p.of(owner, pendingPrefix+day.String(), cur), released)
}

// whileOpen returns the purpose of an account, or another if it is closed. The first
// try takes it to be open, as it almost always is.
func whileOpen(u *ledger.Unit, ref ledger.Ref, closed string) (string, error) {
	if u.First() {
		u.AssumeOpen(ref)
		return ref.Purpose, nil
	}
	list, err := u.Peek(ref)
	if err == nil && list[0].Closed {
		return closed, nil
	}
	return ref.Purpose, err
}
