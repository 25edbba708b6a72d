package connect

import (
	"time"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// lookedAt books what a chain says of a whole address.
func (p *Platform) lookedAt(u *ledger.Unit, r *Receiver, l bitcoin.Look) error {
	for _, s := range l.Sightings {
		if s.Address != r.Address {
			return badState("invalid_answer", "address", "the chain answered for another address")
		}
	}
	coins, changed, err := bitcoin.SeeAll(r.Coins, l)
	if err != nil {
		return badState("invalid_answer", "chain", err.Error())
	}
	return p.bookCoins(u, r, coins, changed)
}

// bookCoins books the coins as they now stand: receipts, the payment that they
// make, and what is undone of both. All of it follows from the coins and from what
// is booked, never from the order in which they were seen.
func (p *Platform) bookCoins(u *ledger.Unit, r *Receiver, coins []bitcoin.Coin, changed bool) error {
	was := r.Status
	r.Coins = coins
	terms := bitcoin.Terms{Satoshi: r.Satoshi.Minor(), Until: r.Until, Need: r.Need, Tiers: p.e.c.Bitcoin.Confirmations}
	filled := terms.Filled(coins)
	b := &books{u: u, p: p, object: receiverKind.ID(r.ID)}
	for i := range coins {
		if c := &coins[i]; !c.Booked && terms.Counts(*c) {
			p.received(b, r, c)
		}
	}
	if r.Charge != "" && !filled {
		if err := p.paymentFailed(u, r); err != nil {
			return err
		}
	}
	for i := range coins {
		if c := &coins[i]; c.Booked && !terms.Counts(*c) {
			p.receiptUndone(b, r, c)
		}
	}
	if r.Charge == "" && filled && r.Free().Minor() >= r.Satoshi.Minor() {
		c := r.Terms
		r.Paid = r.Satoshi
		if err := p.coinCharge(u, r, &c, r.Satoshi, r.Value); err != nil {
			return err
		}
		r.Charge = c.ID
	}
	switch {
	case r.Charge != "":
		r.Status = ReceiverFilled
	case u.At().After(r.Until) && !terms.Hoped(coins):
		r.Status = ReceiverExpired
	default:
		r.Status = ReceiverOpen
	}
	return p.watch(u, r, was, changed)
}

// watch puts a receiver after its coins were booked, and says when its address is
// looked at again. Whoever is looking at this moment decides that.
func (p *Platform) watch(u *ledger.Unit, r *Receiver, was ReceiverStatus, changed bool) error {
	if next := p.nextLook(u, r); next.IsZero() {
		r.Work.Done()
	} else {
		r.Work.Later(next)
	}
	switch {
	case r.Status == was && changed:
		return p.putReceiver(u, r, EventReceiverUpdated)
	case r.Status == was:
		return receiverKind.Put(u, r.ID, r)
	case r.Status == ReceiverFilled:
		return p.putReceiver(u, r, EventReceiverFilled)
	case r.Status == ReceiverExpired:
		return p.putReceiver(u, r, EventReceiverExpired)
	}
	return p.putReceiver(u, r, EventReceiverUpdated)
}

// unapplied names where the coins of a receiver are, before they are a payment.
func (p *Platform) unapplied(r *Receiver) ledger.Ref { return p.of(r.ID, "unapplied", ledger.BTC) }

func (p *Platform) wallet(name string) ledger.Ref { return p.house("wallet/"+name, ledger.BTC) }

// received posts a coin that has the confirmations it needs (flow B1). What was
// missing of this receiver is made good first.
func (p *Platform) received(b *books, r *Receiver, c *bitcoin.Coin) {
	back := min(r.Missing.Minor(), c.Satoshi)
	b.post("receipt", line{account: p.wallet(r.Wallet), minor: -c.Satoshi},
		line{account: p.house("suspense", ledger.BTC), minor: back}, line{account: p.unapplied(r), minor: c.Satoshi - back})
	c.Booked = true
	r.Missing, r.Received = minus(r.Missing, ledger.Minor(back, ledger.BTC)), sum(r.Received, ledger.Minor(c.Satoshi, ledger.BTC))
}

// receiptUndone takes a receipt back that the chain has undone. What was applied or
// sent back meanwhile, or is being sent, is not there to be taken: it goes to
// suspense, and somebody must look.
func (p *Platform) receiptUndone(b *books, r *Receiver, c *bitcoin.Coin) {
	taken := min(max(r.Free().Minor(), 0), c.Satoshi)
	b.undo(line{account: p.unapplied(r), minor: -taken},
		line{account: p.house("suspense", ledger.BTC), minor: taken - c.Satoshi}, line{account: p.wallet(r.Wallet), minor: c.Satoshi})
	c.Booked = false
	r.Received = minus(r.Received, ledger.Minor(c.Satoshi, ledger.BTC))
	r.Missing = sum(r.Missing, ledger.Minor(c.Satoshi-taken, ledger.BTC))
}

// coinCharge makes a payment of coins that a receiver has: flow B1 of the chart,
// for a seller with the transfer and the commission of flow C3.
func (p *Platform) coinCharge(u *ledger.Unit, r *Receiver, c *Charge, coins, value ledger.Money) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	c.ID, c.Status, c.Settled, c.AtOnce = u.NewID(chargeKind.Prefix), ChargeSucceeded, u.At(), p.e.c.Bitcoin.AtOnce
	if err := p.priceProcessing(u, prof, c, Answer{}); err != nil {
		return err
	}
	day := payout.DayOf(u.At(), time.UTC)
	if c.Available = prof.Delay.After(day, p.e.c.Calendar); c.AtOnce {
		c.Available = day
	}
	c.loaded()
	if err := p.land(u, c); err != nil {
		return err
	}
	s := p.sides(c, c.PlatformIn, c.AccountIn)
	b := &books{u: u, p: p, object: chargeKind.ID(c.ID)}
	lines := append([]line{out(p.unapplied(r), coins)}, p.bought(prof.Base, coins, value, c.Amount)...)
	b.post("charge", append(lines, line{account: s.platform, minor: c.Amount.Minor() - c.ProcessingFee.Minor()},
		in(p.house("processing_fees", c.Amount.Currency()), c.ProcessingFee))...)
	p.postTax(b, s, c.Tax)
	p.postShare(b, s, c)
	return p.putCharge(u, c, EventChargeSucceeded)
}

// bought are the lines of the house's position when it buys coins for money (flows
// F1 and F2 of the chart, without a spread).
func (p *Platform) bought(base ledger.Currency, coins, value, paid ledger.Money) []line {
	var list []line
	if base != ledger.BTC {
		list = append(list, in(p.house("fx_position", ledger.BTC), coins), out(p.house("fx_value/"+ledger.BTC.String(), base), value))
	}
	if cur := paid.Currency(); cur != base {
		list = append(list, in(p.house("fx_value/"+cur.String(), base), value), out(p.house("fx_position", cur), paid))
	}
	return list
}

// sides are the accounts of those who share in a payment.
type sides struct{ platform, seller ledger.Ref }

func (p *Platform) sides(c *Charge, platformIn, sellerIn string) sides {
	return sides{p.of(p.id, platformIn, c.Amount.Currency()), p.of(c.Account, sellerIn, c.Amount.Currency())}
}

func (p *Platform) postTax(b *books, s sides, list []Tax) {
	for _, t := range list {
		b.post("tax collected", out(s.platform, t.Amount), in(p.of(p.id, "tax/"+t.Authority, t.Amount.Currency()), t.Amount))
	}
}

// postShare posts what the seller gets, and what the platform takes of it.
func (p *Platform) postShare(b *books, s sides, c *Charge) {
	if c.Account == "" {
		return
	}
	b.post("transfer", out(s.platform, c.share()), in(s.seller, c.share()))
	fee := []line{{account: s.seller, minor: -c.ApplicationFee.Minor() - addTax(c.FeeTax)}, in(s.platform, c.ApplicationFee)}
	for _, t := range c.FeeTax {
		fee = append(fee, in(p.of(p.id, "tax/"+t.Authority, t.Amount.Currency()), t.Amount))
	}
	b.post("application fee", fee...)
}
