package connect

import (
	"github.com/soukhq/souk/ledger"
)

// tallyCredit adds up grants, vouchers and what credits say of their lots.
func tallyCredit(v ledger.View, t *tally) error {
	if err := tallyKind(v, t, &creditGrantKind, (*tally).creditGrant); err != nil {
		return err
	}
	if err := tallyKind(v, t, &creditKind, (*tally).credit); err != nil {
		return err
	}
	return tallyKind(v, t, &voucherKind, (*tally).voucher)
}

func (t *tally) creditGrant(g *CreditGrant) {
	left := minus(g.Amount, g.Back)
	t.add(t.platform, "balance", left, -1)
	t.add(g.Credit, "credit", left, 1)
	if g.Back.Sign() < 0 || left.Sign() < 0 {
		t.report.Add("credit grant "+g.ID, "%v of %v was taken back", g.Back, g.Amount)
	}
}

// credit compares a buyer's lots with their account.
func (t *tally) credit(w *Credit) {
	left := ledger.Zero(w.Balance.Currency())
	for _, l := range w.Lots {
		left = sum(left, l.Left)
		t.lot(w.ID, l.Left, l.Reserved)
		if l.Left.Sign() < 0 || l.Reserved.Sign() < 0 {
			t.report.Add("credit "+w.ID, "its lot %s has %v, and %v set aside", l.ID, l.Left, l.Reserved)
		}
	}
	if left != w.Balance {
		t.report.Add("credit "+w.ID, "its balance is %v; its lots have %v", w.Balance, left)
	}
}

// lot is what an owner says of their credit; the ledger says it too (creditHeld).
func (t *tally) lot(owner string, left, reserved ledger.Money) {
	t.add(owner, "lots", sum(left, reserved), 1)
	t.add(owner, "reserved lots", reserved, 1)
}

// creditHeld is what the ledger says of credit.
func (t *tally) creditHeld(a ledger.Account) {
	t.add(a.Owner, "credit", a.Posted, 1)
	t.add(a.Owner, "lots", a.Posted, 1)
	t.add(a.Owner, "reserved lots", a.Held, 1)
}

func (t *tally) voucher(v *Voucher) {
	if v.Left.Sign() < 0 || v.Reserved.Sign() < 0 || v.Using < 0 || v.Used < 0 || !v.Prepaid && v.Used+v.Using > v.Uses {
		t.report.Add("voucher "+v.ID, "it has %v, %v set aside, and %d of %d uses", v.Left, v.Reserved, v.Used+v.Using, v.Uses)
	}
	if !v.Prepaid {
		return
	}
	left := minus(v.Amount, v.Claimed)
	t.add(t.platform, "balance", left, -1)
	t.add(v.ID, "credit", left, 1)
	t.lot(v.ID, v.Left, v.Reserved)
	if v.Charge != "" && t.mine(v.Charge) {
		t.moved[v.Charge] += v.Amount.Minor()
	}
}

// tenders adds up what credit and vouchers pay of a charge.
func (t *tally) tenders(c *Charge) {
	booked := c.Status == ChargeSucceeded || c.Failure.booked()
	for i := range c.Tenders {
		x := &c.Tenders[i]
		if x.Hold != "" {
			t.add(x.Of, "held credit", x.Reserved, 1)
		}
		if (x.State == TenderReserved) != (c.waiting() || c.Status == ChargeAuthorized) || booked && x.State == TenderReturned && c.Failure == nil {
			t.report.Add("charge "+c.ID, "it is %s, and its tender of %s is %s", c.Status, x.Of, x.State)
		}
		switch {
		case !booked:
		case x.Promotion:
			t.add(t.platform, "balance", x.Amount, -1)
		default:
			t.add(x.Of, "credit", x.Amount, -1)
		}
	}
	if c.CreditSale != nil && booked {
		t.add(t.platform, "balance", c.Amount, -1)
		t.add(c.CreditSale.Credit, "credit", c.Amount, 1)
	}
}

// compareTenders reports where a tender paid more than there was, or counts other
// refunds than there are (edge-case 33).
func (t *tally) compareTenders(c *Charge, g *given) {
	if len(c.Tenders) == 0 {
		return
	}
	if c.outside().Sign() < 0 {
		t.report.Add("charge "+c.ID, "its tenders are more than its amount")
	}
	check := func(of string, counted, most ledger.Money) {
		if n := counted.Minor(); n != g.tenders[of] || n < 0 || n > most.Minor() {
			t.report.Add("charge "+c.ID, "it counts %v as given back to %s; its refunds add up to %d minor units, of at most %v", counted, of, g.tenders[of], most)
		}
	}
	check(TenderSource, c.SourceBack, c.outside())
	for i := range c.Tenders {
		check(c.Tenders[i].Of, c.Tenders[i].Refunded, c.Tenders[i].Amount)
	}
}

// refundTenders adds up where a refund goes besides the source.
func (t *tally) refundTenders(r *Refund, g *given) {
	if g.tenders == nil {
		g.tenders = make(map[string]int64)
	}
	g.tenders[TenderSource] += r.outside().Minor()
	for _, x := range r.Tenders {
		g.tenders[x.Of] += x.Amount.Minor()
		switch {
		case r.Status != RefundSucceeded:
		case x.Into == "":
			t.add(t.platform, "balance", x.Amount, 1)
		default:
			t.add(x.Into, "credit", x.Amount, 1)
		}
	}
	switch {
	case r.CreditOf == "":
	case r.Status == RefundSucceeded: // the credit gave it, and not the platform
		t.add(t.platform, "balance", r.Amount, 1)
		t.add(r.CreditOf, "credit", r.Amount, -1)
	default:
		t.add(r.CreditOf, "held credit", r.FromCredit.Held, 1)
	}
}

// failedTenders adds up what a failure gave back to credit and vouchers.
func (t *tally) failedTenders(c *Charge, owner string) {
	f := c.Failure
	for i, m := range f.Tenders {
		x := &c.Tenders[i]
		if m != minus(x.Amount, x.Refunded) {
			t.report.Add("charge "+c.ID, "it failed, and %v was given back to %s; it is of %v", m, x.Of, minus(x.Amount, x.Refunded))
		}
		switch {
		case !x.Promotion:
			t.add(owner, "balance", m, -1)
			t.add(x.Of, "credit", m, 1)
		case c.Direct:
			t.add(owner, "balance", m, -1)
			t.add(t.platform, "balance", m, 1)
		}
	}
	if c.CreditSale != nil {
		t.add(c.CreditSale.Credit, "credit", f.Credit, -1)
		t.add(t.platform, "balance", f.Credit, 1)
	}
}
