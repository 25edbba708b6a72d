package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// RefundTender is a part of a refund that does not go back to the charge's source.
type RefundTender struct {
	Of     string       `json:"of"`            // what had paid it: the id of a Credit or Voucher, or TenderSource
	Into   string       `json:"into,omitzero"` // the Credit or Voucher that gets it; empty: the platform, who had paid it
	Amount ledger.Money `json:"amount"`
}

// TenderSource names the Source of a charge among what paid for it.
const TenderSource = "source"

// outside is what of a refund the acquirer gives back.
func (r *Refund) outside() ledger.Money {
	m := r.Amount.Minor()
	for i := range r.Tenders {
		m -= r.Tenders[i].Amount.Minor()
	}
	return ledger.Minor(m, r.Amount.Currency())
}

// promoted is what of a refund goes to the platform, who had paid it.
func (r *Refund) promoted() int64 {
	m := int64(0)
	for i := range r.Tenders {
		if r.Tenders[i].Into == "" {
			m += r.Tenders[i].Amount.Minor()
		}
	}
	return m
}

// checkRefundTo refuses what does not say where a refund goes.
func checkRefundTo(c *Charge, r *RefundRequest) error {
	switch {
	case r.BuyerID != "" && !r.IntoCredit:
		return badField("invalid_request", "buyer", "it says into whose credit a refund goes")
	case r.IntoCredit && c.Settlement != nil:
		return badField("invalid_request", "intoCredit", "the buyer paid in another currency than the charge settled in, and gets that back")
	case r.IntoCredit && c.Direct && c.Hold != nil:
		return badField("invalid_request", "intoCredit", "what waits of a direct charge goes back as it was paid")
	case r.IntoCredit && c.CreditSale != nil:
		return badField("invalid_request", "intoCredit", "what the charge sold is credit already")
	case !r.IntoCredit && c.Acquirer == "" && len(c.Tenders) == 0 && c.Method == MethodBitcoin:
		return badState("paid_in_coins", "charge", "the charge was paid in bitcoin, and RefundCoins gives it back")
	}
	for i, of := range r.To {
		if slices.Contains(r.To[:i], of) {
			return badField("invalid_request", "to", "each of what paid is named once")
		}
		if of != TenderSource && c.tenderOf(of) == nil {
			return badField("invalid_request", "to", "it names what paid for the charge: source, or the id of a credit or voucher")
		}
	}
	return nil
}

func (c *Charge) tenderOf(of string) *Tender {
	for i := range c.Tenders {
		if c.Tenders[i].Of == of {
			return &c.Tenders[i]
		}
	}
	return nil
}

// sentTo divides a refund among what had paid, and counts it there: in the order
// that was asked for, or back from the source to what paid first. None gets more
// than it paid, whatever is under way.
func (p *Platform) sentTo(u *ledger.Unit, c *Charge, r *Refund, req *RefundRequest) error {
	if len(c.Tenders) == 0 && !req.IntoCredit {
		return nil
	}
	into, err := p.intoCredit(u, c, req)
	if err != nil {
		return err
	}
	order := req.To
	if len(order) == 0 {
		order = append(order, TenderSource)
		for i := len(c.Tenders) - 1; i >= 0; i-- {
			order = append(order, c.Tenders[i].Of)
		}
	}
	left := r.Amount
	for _, of := range order {
		part := ledger.Minor(min(c.leftOf(of).Minor(), left.Minor()), left.Currency())
		if part.IsZero() {
			continue
		}
		left = minus(left, part)
		t := c.tenderOf(of)
		if t == nil {
			c.SourceBack = sum(c.SourceBack, part)
		} else {
			t.Refunded = sum(t.Refunded, part)
		}
		to := into
		switch {
		case t == nil && into == "":
			continue // by the acquirer
		case t != nil && t.Promotion:
			to = ""
		case t != nil && into == "":
			to = t.Of
			if err := p.canTake(u, t); err != nil {
				return err
			}
		}
		r.Tenders = append(r.Tenders, RefundTender{Of: of, Into: to, Amount: part})
	}
	if left.Sign() > 0 {
		return badState("refund_exceeds_tender", "to", left.String()+" of the refund is more than what is named has paid")
	}
	return nil
}

// leftOf is what can still be given back of what paid for a charge.
func (c *Charge) leftOf(of string) ledger.Money {
	if t := c.tenderOf(of); t != nil {
		return minus(t.Amount, t.Refunded)
	}
	return minus(c.outside(), c.SourceBack)
}

// intoCredit names the credit that a refund goes into; empty if it does not.
func (p *Platform) intoCredit(u *ledger.Unit, c *Charge, r *RefundRequest) (string, error) {
	if !r.IntoCredit {
		return "", nil
	}
	buyer := r.BuyerID
	for i := range c.Tenders {
		if buyer == "" {
			buyer = c.Tenders[i].Buyer
		}
	}
	if buyer == "" {
		return "", badField("buyer_required", "buyer", "the charge does not say whose credit it is")
	}
	if err := checkBuyerID("buyer", buyer); err != nil {
		return "", err
	}
	w, err := p.creditOf(u, buyer, c.Amount.Currency())
	if err != nil {
		return "", err
	}
	if err := w.full(); err != nil {
		return "", err
	}
	if len(w.Lots) == 0 { // it is made with its buyer's id now, for the refund knows it by its own
		err = p.putCredit(u, w)
	}
	return w.ID, err
}

// canTake refuses to give back to a voucher that nobody can use any more.
func (p *Platform) canTake(u *ledger.Unit, t *Tender) error {
	if t.Buyer != "" {
		return nil
	}
	v, err := voucherKind.Get(u, t.Of)
	if err == nil && (v.Status == VoucherExpired || v.Status == VoucherCanceled || !v.Expires.IsZero() && !u.At().Before(v.Expires)) {
		err = badState("voucher_expired", "to", "a voucher that paid for it has ended: the refund can go into credit")
	}
	return err
}

// sentBack takes a refund that failed off what it was counted on.
func (c *Charge) sentBack(r *Refund) {
	if len(c.Tenders) == 0 && len(r.Tenders) == 0 {
		return
	}
	c.SourceBack = minus(c.SourceBack, r.outside())
	for _, x := range r.Tenders {
		if t := c.tenderOf(x.Of); t != nil {
			t.Refunded = minus(t.Refunded, x.Amount)
		} else {
			c.SourceBack = minus(c.SourceBack, x.Amount)
		}
	}
}

// refundTenders posts what of a refund does not go to the source, out of the account
// that gives it, and adds it to the credit or voucher that it goes into.
func (p *Platform) refundTenders(b *books, c *Charge, r *Refund, from ledger.Ref, short ShortPolicy) error {
	cur := r.Amount.Currency()
	for _, x := range r.Tenders {
		if x.Into == "" {
			if c.Direct { // else it is with the platform already
				b.post("refund", out(from, x.Amount).force(short), in(p.of(p.id, r.FromPlatform.Purpose, cur), x.Amount))
			}
			continue
		}
		b.post("refund", out(from, x.Amount).force(short), in(p.creditAccount(x.Into, cur), x.Amount))
		if voucherKind.Fits(x.Into) {
			if err := p.changeVoucher(b.u, x.Into, x.Amount, (*Voucher).giveBack); err != nil {
				return err
			}
			continue
		}
		w, err := creditKind.Get(b.u, x.Into)
		if err != nil {
			return err
		}
		if t := c.tenderOf(x.Of); t != nil && t.Of == x.Into {
			w.giveBack(t.From, x.Amount, b.u.At())
		} else {
			w.add(CreditLot{ID: r.ID, Origin: CreditRefunded}, x.Amount)
		}
		if err := p.putCredit(b.u, w); err != nil {
			return err
		}
	}
	return nil
}

// tendersUndone gives back what credit and vouchers had paid of a charge whose
// source's part has failed after it had succeeded, as far as refunds have not. What has
// just landed was given back when the failure was heard of.
func (p *Platform) tendersUndone(b *books, c *Charge, platform, seller ledger.Ref, landed bool) error {
	from, f := platform, c.Failure
	if c.Direct {
		from = seller
	}
	for i := range c.Tenders {
		t := &c.Tenders[i]
		if i == len(f.Tenders) {
			f.Tenders = append(f.Tenders, ledger.Zero(t.Amount.Currency()))
		}
		step := minus(minus(t.Amount, t.Refunded), f.Tenders[i])
		if step.IsZero() {
			continue
		}
		first := f.Tenders[i].IsZero()
		f.Tenders[i] = sum(f.Tenders[i], step)
		switch {
		case !t.Promotion:
			b.undo(out(from, step), in(p.creditAccount(t.Of, step.Currency()), step))
		case c.Direct:
			b.undo(out(from, step), in(platform, step))
		}
		if landed || t.State != TenderUsed {
			continue
		}
		if err := p.returnTender(b.u, t, step, first); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) returnTender(u *ledger.Unit, t *Tender, m ledger.Money, first bool) error {
	if t.Buyer == "" {
		change := (*Voucher).giveBack
		if first {
			change = (*Voucher).unuse
		}
		return p.changeVoucher(u, t.Of, m, change)
	}
	w, err := creditKind.Get(u, t.Of)
	if err != nil {
		return err
	}
	w.giveBack(t.From, m, u.At())
	return p.putCredit(u, w)
}
