package connect

import (
	"github.com/soukhq/souk/ledger"
)

// CreditSale says that a charge sells store credit.
type CreditSale struct {
	Buyer  string `json:"buyer"`
	Credit string `json:"credit"` // the id of their Credit, in which the charge is a lot
}

// sellCredit marks a charge as one whose amount becomes store credit.
func (p *Platform) sellCredit(u *ledger.Unit, r *ChargeRequest, c *Charge) error {
	if r.SellsCredit == "" {
		return nil
	}
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	if err := checkBuyerID("sellsCredit", r.SellsCredit); err != nil {
		return err
	}
	switch {
	case r.AccountID != "" || r.OnBehalfOf != "":
		return bad("sellsCredit", "store credit is the platform's to sell")
	case len(r.Tax) > 0:
		return bad("tax", "credit is no sale yet: taxes are on what is bought with it")
	case r.CaptureLater:
		return bad("captureLater", "credit is paid for at once")
	}
	w, err := p.creditOf(u, r.SellsCredit, c.Amount.Currency())
	if err != nil {
		return err
	}
	c.CreditSale = &CreditSale{Buyer: r.SellsCredit, Credit: w.ID}
	return inFieldOr("sellsCredit", w.full())
}

// creditBought gives the buyer what a charge sold: the second line of flow S3.
func (p *Platform) creditBought(u *ledger.Unit, c *Charge) error {
	s := c.CreditSale
	if s == nil {
		return nil
	}
	cur := c.Amount.Currency()
	w, err := p.creditOf(u, s.Buyer, cur)
	if err != nil {
		return err
	}
	b := &books{u: u, p: p, object: chargeKind.ID(c.ID)}
	b.post("credit sold", out(p.of(p.id, c.PlatformIn, cur), c.Amount), in(p.creditAccount(w.ID, cur), c.Amount))
	w.add(CreditLot{ID: c.ID, Origin: CreditSold}, c.Amount)
	return p.putCredit(u, w)
}

// refundsSale limits a refund of credit that was sold to what is unspent of it, and
// sets that aside. All else of such a refund is the credit's too: the platform has
// nothing of it.
func (p *Platform) refundsSale(u *ledger.Unit, c *Charge, r *Refund, asked ledger.Money) error {
	cur := c.Amount.Currency()
	w, err := creditKind.Get(u, c.CreditSale.Credit)
	if err != nil {
		return err
	}
	left := w.leftOf(c.ID)
	if asked == (ledger.Money{}) { // and a dispute may have taken some of what was paid for it
		r.Amount = ledger.Minor(min(left.Minor(), r.Amount.Minor()), cur)
	}
	if r.Amount.Minor() > left.Minor() || r.Amount.IsZero() {
		return badState("credit_spent", "amount", left.String()+" of the credit is unspent, and can go back")
	}
	l := w.lot(c.ID)
	l.Left, l.Reserved = minus(l.Left, r.Amount), sum(l.Reserved, r.Amount)
	r.CreditOf, r.FromPlatform.Purpose = w.ID, "available"
	ref := p.creditAccount(w.ID, cur)
	r.FromCredit = RefundLeg{Purpose: "credit", Hold: "hold_" + r.ID + "_credit", Held: r.Amount, Short: ShortRefuse}
	u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: r.FromCredit.Hold, Account: ref, Amount: r.Amount, Object: refundKind.ID(r.ID)})
	return p.putCredit(u, w)
}

// saleRefunded ends what a refund of sold credit has set aside.
func (p *Platform) saleRefunded(u *ledger.Unit, c *Charge, r *Refund, done bool) error {
	if r.CreditOf == "" {
		return nil
	}
	w, err := creditKind.Get(u, r.CreditOf)
	if err != nil {
		return err
	}
	w.end([]CreditPart{{Lot: c.ID, Amount: r.Amount, Open: r.Amount}}, r.Amount, done)
	return p.putCredit(u, w)
}

// saleUndone takes what is unspent of sold credit back, since its payment failed.
// What was spent is the platform's loss.
func (p *Platform) saleUndone(b *books, c *Charge, platform ledger.Ref) error {
	if c.CreditSale == nil {
		return nil
	}
	w, err := creditKind.Get(b.u, c.CreditSale.Credit)
	if err != nil {
		return err
	}
	left := w.leftOf(c.ID)
	if left.IsZero() {
		return nil
	}
	b.undo(out(p.creditAccount(w.ID, left.Currency()), left), in(platform, left))
	l := w.lot(c.ID)
	c.Failure.Credit, l.Left = sum(c.Failure.Credit, left), ledger.Zero(left.Currency())
	return p.putCredit(b.u, w)
}
