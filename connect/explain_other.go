package connect

import (
	"cmp"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// transfer explains a transfer with its reversals and its share that waits.
func (x *explain) transfer(t *Transfer) error {
	id := transferKind.ID(t.ID)
	o := ExplainedObject{ID: id, What: "transfer", Status: string(t.Status), Amount: t.Amount, Created: t.Created}
	if t.Charge != "" {
		o.Of = chargeKind.ID(t.Charge)
	}
	x.show(o)
	if t.Status != TransferMade {
		x.ruled(id, t.Decision, t.Limits)
		return nil
	}
	refs := append(x.balances(t.From, t.Amount.Currency(), t.FromIn), x.balances(t.To, t.Amount.Currency(), t.ToIn)...)
	if err := x.at(id, t.Created, refs...); err != nil {
		return err
	}
	err := children(x, &transferReversalKind, "transfer", t.ID, func(r *TransferReversal) error { return x.reversalOf(t, r) })
	if err == nil {
		err = x.shareOf(t.ID)
	}
	if err != nil {
		return err
	}
	x.converted(id, t.Conversion, t.received(), t.To)
	x.rest(id, "reversed", t.Reversed)
	x.rest(id, "reversible", minus(t.Amount, t.Reversed))
	x.ruled(id, t.Decision, t.Limits)
	x.said.transfer(t)
	return nil
}

func (x *explain) converted(id ledger.ID, c *payout.Conversion, m ledger.Money, by string) {
	if c != nil {
		how := c.Rate
		if !c.Spread.IsZero() {
			how += ", of which the house kept " + c.Spread.String()
		}
		x.term(id, "conversion", m, by, how)
	}
}

func (x *explain) reversalOf(t *Transfer, r *TransferReversal) error {
	id := transferReversalKind.ID(r.ID)
	x.show(ExplainedObject{ID: id, Of: transferKind.ID(t.ID), What: "transfer reversal", Amount: r.Amount, Created: r.Created})
	x.said.reversal(r)
	x.converted(id, r.Conversion, r.Returned, r.To)
	refs := append(x.balances(r.From, t.received().Currency(), t.ToIn), x.balances(r.To, t.received().Currency(), t.FromIn)...)
	return x.at(id, r.Created, refs...)
}

// reversal explains one reversal.
func (x *explain) reversal(r *TransferReversal) error {
	o, err := x.get(transferKind.ID(r.Transfer))
	if err != nil {
		return err
	}
	t, err := transferKind.Decode(o)
	if err != nil {
		return err
	}
	x.rest(transferKind.ID(t.ID), "reversed", t.Reversed)
	x.rest(transferKind.ID(t.ID), "reversible", minus(t.Amount, t.Reversed))
	return x.reversalOf(t, r)
}

func (x *explain) payout(o *payout.Payout) error {
	id, cur := payoutKind.ID(o.ID), o.Amount.Currency()
	x.show(ExplainedObject{ID: id, What: "payout", Status: string(o.Status), Code: o.Code, Amount: o.Amount, Created: o.Created})
	x.converted(id, o.Conversion, o.Bought, o.Owner)
	x.said.payout(o)
	source, transit := x.p.of(o.Owner, o.Source, cur), x.p.of(o.Owner, "in_transit", cur)
	if err := x.at(id, o.Created, source, transit); err != nil {
		return err
	}
	if err := x.at(id, o.PaidAt, transit, source, x.p.house("bank_clearing/"+o.Rail, cur)); err != nil {
		return err
	}
	if err := x.at(id, o.ReturnedAt, source, x.p.house("bank_clearing/"+o.Rail, cur)); err != nil {
		return err
	}
	if o.Status != payout.Failed && o.Status != payout.Canceled {
		return nil
	}
	return x.all(id, o.Created, transit)
}

func (x *explain) topUp(t *TopUp) error {
	id := topUpKind.ID(t.ID)
	x.show(ExplainedObject{ID: id, What: "top-up", Status: string(t.Status), Code: t.Code, Amount: t.Amount, Created: t.Created})
	x.said.topUp(t)
	refs := x.balances(x.p.id, t.Amount.Currency())
	if err := x.at(id, t.Created, refs...); err != nil {
		return err
	}
	return x.at(id, t.Reversed, refs...)
}

func (x *explain) cashSale(c *CashSale) error {
	id := cashSaleKind.ID(c.ID)
	x.show(ExplainedObject{ID: id, What: "cash sale", Amount: c.Commission, Created: c.Created})
	x.term(id, "commission", c.Commission, c.Account, "of a sale that was paid in cash")
	x.taxes(id, "tax", c.Tax, c.Account)
	x.said.cashSale(c)
	return x.at(id, c.Created, x.balances(c.Account, c.Commission.Currency())...)
}

func (x *explain) grant(g *CreditGrant) error {
	id := creditGrantKind.ID(g.ID)
	x.show(ExplainedObject{ID: id, Of: creditKind.ID(g.Credit), What: "credit grant", Code: g.Reason, Amount: g.Amount, Created: g.Created})
	x.rest(id, "taken back", g.Back)
	x.said.creditGrant(g)
	return x.all(id, g.Created, x.p.creditAccount(g.Credit, g.Amount.Currency()))
}

// creditAlone explains a buyer's credit: all that was posted to it.
func (x *explain) creditAlone(w *Credit) error {
	id := creditKind.ID(w.ID)
	x.credit = w.ID
	x.show(ExplainedObject{ID: id, What: "credit", Amount: w.Balance, Created: w.Created})
	for _, l := range w.Lots {
		x.rest(id, "left of "+string(l.Origin)+" "+l.ID, l.Left)
		x.rest(id, "set aside of "+string(l.Origin)+" "+l.ID, l.Reserved)
		x.said.add(w.ID, "credit", sum(l.Left, l.Reserved), 1)
	}
	return x.through(x.p.creditAccount(w.ID, w.Balance.Currency()), time.Time{}, func(e *ledger.Posted) error {
		if err := x.steps.load([]string{e.Transaction}); err != nil {
			return err
		}
		x.found[e.Transaction] = x.steps.read[e.Transaction] != nil
		return nil
	})
}

func (x *explain) voucher(v *Voucher) error {
	id, cur := voucherKind.ID(v.ID), v.Amount.Currency()
	o := ExplainedObject{ID: id, What: "voucher", Status: string(v.Status), Amount: v.Amount, Created: v.Created}
	if v.Charge != "" {
		o.Of = chargeKind.ID(v.Charge)
	}
	x.show(o)
	x.rest(id, "can be spent", v.Left)
	x.rest(id, "set aside", v.Reserved)
	x.rest(id, "taken back", v.Claimed)
	if !v.Prepaid {
		x.term(id, "promotion", v.Amount, x.p.id, "the platform pays it with each use")
		return nil
	}
	x.said.voucher(v)
	return x.all(id, v.Created, x.p.creditAccount(v.ID, cur))
}

func (x *explain) payment(y *Payment) error {
	x.show(ExplainedObject{ID: paymentKind.ID(y.ID), What: "payment", Status: string(y.Status), Code: y.Code, Amount: y.Amount, Created: y.Created})
	for _, part := range y.Parts {
		if err := x.chargeOf(part.Charge); err != nil {
			return err
		}
	}
	return nil
}

// receiver explains a receiver of coins with every payment that its coins became, and
// what went back: its account names them.
func (x *explain) receiver(r *Receiver) error {
	x.coins = true
	id := receiverKind.ID(r.ID)
	x.show(ExplainedObject{ID: id, What: "receiver", Status: string(r.Status), Code: r.Code, Amount: r.Amount, Created: r.Created})
	if !r.Rate.Base.IsZero() {
		x.term(id, "rate", r.Satoshi, "buyer", r.Rate.String()+", until "+r.Until.Format(time.RFC3339))
	}
	x.rest(id, "received", r.Received)
	x.rest(id, "free", r.Free())
	var others []ledger.ID
	err := x.through(x.p.unapplied(r), time.Time{}, func(e *ledger.Posted) error {
		if e.Object != id {
			others = append(others, e.Object)
			return nil
		}
		return x.take(e.Transaction)
	})
	if err != nil {
		return err
	}
	if r.Charge != "" {
		others = append(others, chargeKind.ID(r.Charge))
	}
	for _, o := range others {
		if err := x.addID(o); err != nil {
			return err
		}
	}
	var back coinsBack
	if b := x.back[r.ID]; b != nil {
		back = *b
	}
	back.returning = r.Returning.Minor() // those under way have posted nothing by which they are found
	x.said.receiver(r, back)
	return nil
}

func (x *explain) coinReturn(r *CoinReturn) error {
	id := coinReturnKind.ID(r.ID)
	x.show(ExplainedObject{ID: id, Of: receiverKind.ID(r.Receiver), What: "coin return", Status: string(r.Status), Code: r.Code, Amount: r.Satoshi, Created: r.Created})
	x.rest(id, "arrived", r.Sent)
	x.rest(id, "taken by the network", r.Cost)
	if r.Refund != "" {
		return x.addID(refundKind.ID(r.Refund)) // whose steps it is
	}
	if x.back[r.Receiver] == nil {
		x.back[r.Receiver] = new(coinsBack)
	}
	x.said.coinReturn(r, x.back[r.Receiver])
	if !x.coins {
		x.said.sums = make(map[tallyKey]ledger.Money) // what it is of counts with it
	}
	return x.all(id, r.Created, x.p.of(r.Receiver, "unapplied", ledger.BTC))
}

// payer names who bears the processing of a charge.
func (c *Charge) payer() string {
	if c.sellerPays() {
		return c.Account
	}
	return cmp.Or(c.Platform, "platform")
}
