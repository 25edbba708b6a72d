package connect

import (
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
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
// was applied and returned, never from the order in which coins were seen.
func (p *Platform) bookCoins(u *ledger.Unit, r *Receiver, coins []bitcoin.Coin, changed bool) error {
	was := r.Status
	r.Coins = coins
	terms := bitcoin.Terms{Satoshi: r.Satoshi.Minor(), Until: r.Until, Need: r.Need, Tiers: p.e.c.Bitcoin.Confirmations}
	// What the buyer has really paid and not had back or paid for something else.
	kept := terms.Received(coins) - r.Applied.Minor() - r.Returned.Minor() - r.Returning.Minor()
	pays := terms.Filled(coins) && kept >= r.Satoshi.Minor()
	if r.Charge != "" && !pays {
		if err := p.paymentFailed(u, r); err != nil {
			return err
		}
	}
	p.bookReceipts(u, r, terms, max(-kept, 0))
	if r.Charge == "" && pays {
		c := r.Terms
		r.Paid = r.Satoshi
		if err := p.coinCharge(u, r, &c, r.Satoshi, r.Value); err != nil {
			return err
		}
		r.Charge = c.ID
	}
	next := ReceiverOpen
	switch {
	case r.Charge != "":
		next = ReceiverFilled
	case u.At().After(r.Until) && !terms.Hoped(coins):
		next = ReceiverExpired
	}
	if err := r.become(next); err != nil {
		return err
	}
	return p.watch(u, r, was, changed)
}

// bookReceipts posts coins that have the confirmations they need (flow B1), and
// takes back those that the chain took back. What was applied or sent back by then,
// or is being sent, cannot be taken: it is missing, and stands in suspense until a
// person decides or the coins come again.
func (p *Platform) bookReceipts(u *ledger.Unit, r *Receiver, terms bitcoin.Terms, missing int64) {
	b := &books{u: u, p: p, object: receiverKind.ID(r.ID)}
	wallet, there, suspense := p.wallet(r.Wallet), p.unapplied(r), p.house("suspense", ledger.BTC)
	for i := range r.Coins {
		c := &r.Coins[i]
		coins := ledger.Minor(c.Satoshi, ledger.BTC)
		switch counts := terms.Counts(*c); {
		case counts == c.Booked:
			continue
		case counts:
			b.post("receipt", out(wallet, coins), in(there, coins))
			r.Received = sum(r.Received, coins)
		default:
			b.undo(out(there, coins), in(wallet, coins))
			r.Received = minus(r.Received, coins)
		}
		c.Booked = !c.Booked
	}
	more := missing - r.Missing.Minor()
	if more > 0 {
		b.undo(line{account: suspense, minor: -more}, line{account: there, minor: more})
	} else {
		b.post("suspense cleared", line{account: there, minor: more}, line{account: suspense, minor: -more})
	}
	r.Missing = ledger.Minor(missing, ledger.BTC)
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

// coinCharge makes a payment of coins that a receiver has: flow B1 of the chart,
// for a seller with the transfer and the commission of flow C3.
func (p *Platform) coinCharge(u *ledger.Unit, r *Receiver, c *Charge, coins, value ledger.Money) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	c.ID, c.Status, c.Settled = u.NewID(chargeKind.Prefix), ChargeSucceeded, u.At()
	if err := p.priceProcessing(u, prof, c, Answer{}); err != nil {
		return err
	}
	c.loaded()
	if err := p.land(u, prof, c, p.e.c.Bitcoin.AtOnce); err != nil {
		return err
	}
	s := p.sides(c, c.PlatformIn, c.AccountIn)
	b := &books{u: u, p: p, object: chargeKind.ID(c.ID)}
	lines := append([]line{out(p.unapplied(r), coins)}, p.bought(prof.Base, coins, value, c.Amount)...)
	b.post("charge", append(lines, line{account: s.platform, minor: c.Amount.Minor() - c.ProcessingFee.Minor()},
		in(p.house("processing_fees", c.Amount.Currency()), c.ProcessingFee))...)
	p.postTax(b, s, c.Tax)
	p.postShare(b, s, c)
	if err := p.keepCharged(u, c); err != nil {
		return err
	}
	return p.putCharge(u, c, EventChargeSucceeded)
}

// bought are the lines of the house's position when it buys an amount, coins or a
// currency, for money (flows F1 and F2 of the chart, without a spread).
func (p *Platform) bought(base ledger.Currency, amount, value, paid ledger.Money) []line {
	var list []line
	if sold := amount.Currency(); sold != base {
		list = append(list, in(p.house("fx_position", sold), amount), out(p.house("fx_value/"+sold.String(), base), value))
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
