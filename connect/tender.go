package connect

import (
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// Tender is a part of a charge that is not paid by its Source: with store credit or
// a voucher.
type Tender struct {
	// Of names whose it is: the id of a Credit, or of a Voucher.
	Of    string `json:"of"`
	Buyer string `json:"buyer,omitzero"` // whose store credit it is
	// Promotion tells a voucher that the platform pays for: nobody was owed anything.
	Promotion bool         `json:"promotion,omitzero"`
	Amount    ledger.Money `json:"amount"`
	From      []CreditPart `json:"from,omitzero"`     // what was taken from each lot of store credit
	State     TenderState  `json:"state"`             // where it stands
	Hold      string       `json:"hold,omitzero"`     // what is set aside in the ledger, while it is
	Reserved  ledger.Money `json:"reserved,omitzero"` // how much is still set aside
	// Authorized is what it was to pay of a charge that is captured later. From the
	// first capture on Amount is what it has paid.
	Authorized ledger.Money `json:"authorized,omitzero"`
	Refunded   ledger.Money `json:"refunded,omitzero"` // given back by refunds, and about to be
}

// TenderState is where a tender stands.
type TenderState string

// The states of a tender. One that was given back since its charge failed or was
// canceled stays so.
const (
	TenderReserved TenderState = "reserved" // set aside until its charge succeeds or not
	TenderUsed     TenderState = "used"
	TenderReturned TenderState = "returned" // its charge did not come about
)

// TenderRequest pays a part of a charge with store credit or a voucher: one of the
// two is named.
type TenderRequest struct {
	BuyerID string `json:"buyer,omitzero"` // whose store credit, in the currency of the charge
	Code    string `json:"code,omitzero"`  // of a voucher, as the buyer has it
	// Amount is what it pays; the zero Money is as much as there is and as is needed.
	Amount ledger.Money `json:"amount,omitzero"`
}

// maxTenders bounds the tenders of a charge.
const maxTenders = 10

func tendersLoaded(list []Tender) {
	for i := range list {
		t := &list[i]
		zero := ledger.Zero(t.Amount.Currency())
		asZero(zero, &t.Amount, &t.Refunded, &t.Reserved, &t.Authorized)
		for j := range t.From {
			asZero(zero, &t.From[j].Amount, &t.From[j].Back, &t.From[j].Open)
		}
	}
}

// outside is what of a charge its Source pays: what the acquirer is asked for.
func (c *Charge) outside() ledger.Money {
	m := c.Amount.Minor()
	for i := range c.Tenders {
		m -= c.Tenders[i].Amount.Minor()
	}
	return ledger.Minor(m, c.Amount.Currency())
}

// checkTenders refuses what does not go together with tenders, before anything is
// looked up.
func checkTenders(r *ChargeRequest) error {
	if len(r.Tenders) == 0 {
		return nil
	}
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	switch {
	case len(r.Tenders) > maxTenders:
		return bad("tenders", fmt.Sprintf("a charge has at most %d tenders beside its source", maxTenders))
	case r.Method == MethodBitcoin:
		return bad("tenders", "a payment in bitcoin is paid with coins alone")
	case r.SellsCredit != "":
		return bad("tenders", "credit is sold for money, not for credit")
	}
	for i, t := range r.Tenders {
		switch field := tenderField(i); {
		case (t.BuyerID == "") == (t.Code == ""):
			return bad(field, "a tender is a buyer's credit or a voucher's code")
		case t.Amount != (ledger.Money{}) && t.Amount.Currency() != r.Amount.Currency():
			return badField("currency_mismatch", field, "it is in "+t.Amount.Currency().String()+", the amount in "+r.Amount.Currency().String())
		case t.Amount != (ledger.Money{}) && t.Amount.Sign() <= 0:
			return badField("invalid_amount", field, "a tender is more than zero")
		case t.BuyerID != "":
			if err := checkBuyerID(field, t.BuyerID); err != nil {
				return err
			}
		}
	}
	return nil
}

func tenderField(i int) string { return fmt.Sprintf("tenders[%d]", i) }

// tender sets the tenders of a new charge aside, in the order in which they were
// named. What they leave is its source's to pay; if that is nothing, no acquirer has
// a part in it.
func (p *Platform) tender(u *ledger.Unit, r *ChargeRequest, c *Charge) error {
	if len(r.Tenders) == 0 {
		return nil
	}
	left := c.Amount
	for i, ask := range r.Tenders {
		t, err := p.offer(u, c, ask, left)
		if err != nil {
			return inFieldOr(tenderField(i), err)
		}
		for _, other := range c.Tenders {
			if other.Of == t.Of {
				return badField("invalid_request", tenderField(i), "each credit and each voucher is named once")
			}
		}
		c.Tenders = append(c.Tenders, t)
		left = minus(left, t.Amount)
	}
	tendersLoaded(c.Tenders)
	if left.IsZero() && r.CaptureLater {
		return badField("invalid_request", "captureLater", "what credit and vouchers pay whole is not authorized by anybody")
	}
	if left.IsZero() {
		c.Acquirer, c.Source, c.SavedSource = "", "", ""
		if c.Save != nil { // nothing is charged with which it could be
			c.SaveCode = "not_saved"
		}
		c.within()
		return p.reserve(u, c, c.UnderReview)
	}
	if r.Source == "" {
		return badField("tenders_too_small", "source", "credit and vouchers leave "+left.String()+" to be paid")
	}
	if r.BuyerCountry == "" { // else its market says how much
		if err := p.e.checkAmount(left, u.At()); err != nil {
			return err
		}
	}
	return p.reserve(u, c, true)
}

// inFieldOr is inField for errors that name no field of their own.
func inFieldOr(field string, err error) error {
	if codeOf(err) == "" {
		return err
	}
	return inField(field, err)
}

// offer finds out how much a tender pays of what is left of an amount.
func (p *Platform) offer(u *ledger.Unit, c *Charge, ask TenderRequest, left ledger.Money) (Tender, error) {
	cur := c.Amount.Currency()
	t := Tender{Buyer: ask.BuyerID, State: TenderReserved}
	var has ledger.Money
	if ask.BuyerID != "" {
		t.Of, has = p.creditID(ask.BuyerID, cur), ledger.Zero(cur)
		w, err := p.credit(u, t.Of)
		if err != nil {
			return t, err
		}
		if w != nil {
			has = w.Spendable(u.At())
		}
	} else {
		v, err := p.voucherOf(u, ask.Code)
		if err != nil {
			return t, err
		}
		if err := v.usable(cur, u.At()); err != nil {
			return t, err
		}
		t.Of, t.Promotion, has = v.ID, !v.Prepaid, v.offers()
	}
	switch t.Amount = ask.Amount; {
	case ask.Amount == ledger.Money{}:
		t.Amount = ledger.Minor(min(has.Minor(), left.Minor()), cur)
	case ask.Amount.Minor() > has.Minor():
		return t, badState("insufficient_credit", "", "there is "+has.String())
	case ask.Amount.Minor() > left.Minor():
		return t, badField("tenders_exceed_amount", "", left.String()+" is left to be paid")
	}
	if t.Amount.IsZero() && left.IsZero() {
		return t, badField("tenders_exceed_amount", "", "nothing is left to be paid")
	}
	if t.Amount.IsZero() {
		return t, badState("insufficient_credit", "", "there is nothing to pay with")
	}
	return t, nil
}

// reserve takes the tenders out of what their owners can spend: also in the ledger,
// where the charge has to wait for an answer.
func (p *Platform) reserve(u *ledger.Unit, c *Charge, waits bool) error {
	for i := range c.Tenders {
		t := &c.Tenders[i]
		if t.Buyer != "" {
			w, err := creditKind.Get(u, t.Of)
			if err != nil {
				return err
			}
			t.From = w.reserve(t.Amount, u.At())
			if err := p.putCredit(u, w); err != nil {
				return err
			}
		} else if err := p.changeVoucher(u, t.Of, t.Amount, (*Voucher).reserve); err != nil {
			return err
		}
		if t.Reserved = t.Amount; c.Authorization != nil {
			t.Authorized = t.Amount
		}
		if waits && !t.Promotion {
			t.Hold = fmt.Sprintf("hold_%s_%d", c.ID, i)
			u.Hold(ledger.HoldStep{
				Op: ledger.PlaceHold, ID: t.Hold, Account: p.creditAccount(t.Of, t.Amount.Currency()), Amount: t.Amount, Object: chargeKind.ID(c.ID),
			})
		}
	}
	return nil
}

// spendTenders ends what is set aside of each tender by what it has paid: nil is all
// of it. The change posts it. What was given back before stays so.
func (p *Platform) spendTenders(u *ledger.Unit, c *Charge, steps []ledger.Money) error {
	if c.Failure != nil { // it was heard of before, and nothing is set aside any more
		return nil
	}
	for i := range c.Tenders {
		t := &c.Tenders[i]
		if t.State == TenderReturned {
			continue
		}
		step, first := t.Reserved, t.State == TenderReserved
		if steps != nil {
			step = steps[i]
		}
		t.State = TenderUsed
		if err := p.endTender(u, t, step, true, first); err != nil {
			return err
		}
	}
	return nil
}

// endTender ends what is set aside of a tender by an amount.
func (p *Platform) endTender(u *ledger.Unit, t *Tender, m ledger.Money, spent, first bool) error {
	op, end := ledger.ReleaseHold, (*Voucher).release
	if spent {
		op, end = ledger.CaptureHold, (*Voucher).spend
	}
	if t.Reserved = minus(t.Reserved, m); t.Hold != "" && !m.IsZero() {
		u.Hold(ledger.HoldStep{Op: op, ID: t.Hold, Account: p.creditAccount(t.Of, m.Currency()), Amount: m})
	}
	switch {
	case t.Promotion && !first, !t.Promotion && m.IsZero(): // a promotion is one use, however often it is captured
		return nil
	case t.Buyer == "":
		return p.changeVoucher(u, t.Of, m, end)
	}
	w, err := creditKind.Get(u, t.Of)
	if err != nil {
		return err
	}
	w.end(t.From, m, spent)
	return p.putCredit(u, w)
}

// settleTenders gives back what is set aside and will not be used: of a charge that
// did not come about, or the rest of an authorization.
func (p *Platform) settleTenders(u *ledger.Unit, c *Charge) error {
	a := c.Authorization
	ended := c.Status == ChargeFailed || c.Status == ChargeCanceled
	if len(c.Tenders) == 0 || !ended && (c.Status != ChargeSucceeded || a == nil || !a.Ended || a.Capturing.Sign() > 0) {
		return nil
	}
	for i := range c.Tenders {
		t := &c.Tenders[i]
		first := t.State == TenderReserved
		if first {
			t.State = TenderReturned
		}
		if !first && t.Reserved.IsZero() {
			continue
		}
		if err := p.endTender(u, t, t.Reserved, false, first); err != nil {
			return err
		}
		t.Hold = ""
	}
	return nil
}

// postCredit posts what credit and prepaid vouchers pay of a charge (flow S3 of the
// chart): to the seller up to what they are given, and the rest to the platform. It
// returns what of that is still to be transferred.
func (p *Platform) postCredit(b *books, c *Charge, platform, seller ledger.Ref, given ledger.Money) ledger.Money {
	for i := range c.Tenders {
		t := &c.Tenders[i]
		if t.Promotion {
			continue
		}
		part := ledger.Minor(min(t.Amount.Minor(), given.Minor()), given.Currency())
		b.post("credit used", out(p.creditAccount(t.Of, given.Currency()), t.Amount), in(seller, part), in(platform, minus(t.Amount, part)))
		given = minus(given, part)
	}
	return given
}

// postDiscount posts what the platform pays of a charge itself (flow C13). Of what
// was its own anyhow there is nothing to post.
func (p *Platform) postDiscount(b *books, c *Charge, platform, seller ledger.Ref, given ledger.Money) {
	m := ledger.Minor(min(c.promoted().Minor(), given.Minor()), given.Currency())
	b.post("discount", out(platform, m), in(seller, m))
}

// promoted is what vouchers at the platform's cost pay of a charge.
func (c *Charge) promoted() ledger.Money {
	m := ledger.Zero(c.Amount.Currency())
	for i := range c.Tenders {
		if c.Tenders[i].Promotion {
			m = sum(m, c.Tenders[i].Amount)
		}
	}
	return m
}

// paidWithin settles a charge of which no acquirer has a part.
func (p *Platform) paidWithin(u *ledger.Unit, c *Charge) error {
	u.Emit(ledger.Event{Type: EventChargePending, Platform: p.id, Object: chargeKind.ID(c.ID)})
	return p.chargeApproved(u, c, Answer{})
}
