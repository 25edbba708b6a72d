package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// RefundStatus is where a refund stands.
type RefundStatus string

// The states of a refund.
const (
	RefundPending   RefundStatus = "pending" // recorded, its money set aside; the acquirer's answer is still to come
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"  // declined; nothing moved
	RefundUnknown   RefundStatus = "unknown" // sent blind, and the answer was lost: only news can tell
)

// Refund gives all or part of a charge back to the buyer.
type Refund struct {
	ID       string       `json:"id"`
	Platform string       `json:"platform"`
	Charge   string       `json:"charge"`
	Account  string       `json:"account,omitzero"`
	Acquirer string       `json:"acquirer"`
	Rail     string       `json:"rail,omitzero"` // of a bank debit: the money is paid to the account that was debited
	Amount   ledger.Money `json:"amount"`
	Reversal ledger.Money `json:"reversal"` // pulled back from the seller
	FeeBack  ledger.Money `json:"feeBack"`  // of the application fee, given back to the seller
	// Exchanged is what the buyer gets where the charge settles in another currency,
	// which all other amounts are in.
	Exchanged *Exchanged `json:"exchanged,omitzero"`
	// ServiceBack is what of the service fee goes back to the buyer.
	ServiceBack ledger.Money      `json:"serviceBack,omitzero"`
	FeeStep     *FeeStep          `json:"feeStep,omitzero"` // how much of the platform's own currency FeeBack and ServiceBack cost it
	FeeTax      []Tax             `json:"feeTax,omitzero"`  // of the taxes on the application fee, given back to the seller
	Tax         []Tax             `json:"tax,omitzero"`
	Reverses    bool              `json:"reverses,omitzero"`    // asked to pull the seller's part back
	Returns     bool              `json:"returns,omitzero"`     // asked to give the commission back
	Direct      bool              `json:"direct,omitzero"`      // of a direct charge: the seller gives it
	ReverseBase ledger.Money      `json:"reverseBase,omitzero"` // of the share, what goes back with a part of a stated TransferAmount
	Reason      string            `json:"reason,omitzero"`
	Status      RefundStatus      `json:"status"`
	Code        string            `json:"code,omitzero"`
	Reference   string            `json:"reference,omitzero"`
	Created     time.Time         `json:"created"`
	Settled     time.Time         `json:"settled,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Of a charge with lines: which lines it named, what went back of the platform's own,
	// and what the seller gave back of the platform's part of discounts.
	Lines        []RefundedLine `json:"lines,omitzero"`
	PlatformBack ledger.Money   `json:"platformBack,omitzero"`
	DiscountBack ledger.Money   `json:"discountBack,omitzero"`

	// Where the money is taken from, decided when it is set aside.
	FromPlatform RefundLeg `json:"fromPlatform"`
	FromAccount  RefundLeg `json:"fromAccount,omitzero"`
	FromHeld     *HeldPart `json:"fromHeld,omitzero"` // what of the share waits and goes back first; nil: nothing
	Held         bool      `json:"held,omitzero"`     // made by Drain, since the share had waited too long or that was decided

	// What does not go back to the charge's source; and for a charge that sold store
	// credit, the Credit that it is taken from.
	Tenders    []RefundTender `json:"tenders,omitzero"`
	CreditOf   string         `json:"creditOf,omitzero"`
	FromCredit RefundLeg      `json:"fromCredit,omitzero"`

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// RefundLeg is one party's side of a refund.
type RefundLeg struct {
	Purpose string       `json:"purpose"`        // of the ledger account: pending/<day> or available
	Hold    string       `json:"hold,omitzero"`  // what is set aside there, if anything
	Held    ledger.Money `json:"held,omitzero"`  // how much
	Short   ShortPolicy  `json:"short,omitzero"` // what happens if it is not enough
}

// loaded gives amounts of nothing their currency back, which storage leaves out.
func (r *Refund) loaded() {
	for _, m := range []*ledger.Money{&r.ServiceBack, &r.ReverseBase, &r.PlatformBack, &r.DiscountBack} {
		if m.IsZero() {
			*m = ledger.Zero(r.Amount.Currency())
		}
	}
	if r.FromHeld != nil {
		r.FromHeld.loaded(ledger.Zero(r.Amount.Currency()))
	}
}

var refundKind = ledger.Kind[Refund]{
	Name:   "connect.refund",
	Prefix: "re_",
	Loaded: (*Refund).loaded,
	Keys: func(r *Refund) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4),
			ledger.Key{Name: "platform", Value: r.Platform, At: r.Created},
			ledger.Key{Name: "charge", Value: r.Charge, At: r.Created})
		if r.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: r.Account, At: r.Created})
		}
		return r.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// RefundRequest refunds a charge.
type RefundRequest struct {
	Key      string `json:"-"`
	ChargeID string `json:"charge,omitzero"`
	// Amount goes back to the buyer; the zero Money is all that is left, but for a
	// service fee that is kept (pricing.Rule.Kept). An amount that is stated may
	// give that back too, once all else has gone back.
	Amount ledger.Money `json:"amount,omitzero"`
	// Lines name what is given back of a charge that has lines: the amount is what the
	// buyer paid for that, with its taxes and less its discounts, and the commission
	// goes back as it was taken of them. A service fee stays. Without them all of the
	// charge that refunds by lines have left goes back in proportion.
	Lines []RefundLine `json:"lines,omitzero"`
	// ReverseTransfer pulls the seller's part of the amount back; without it
	// the platform bears the refund. It needs a charge of the platform for a seller:
	// a direct charge is the seller's to refund, and what was transferred of a charge
	// for the platform comes back by ReverseTransfer.
	ReverseTransfer bool `json:"reverseTransfer,omitzero"`
	// RefundFee gives the seller the same part of the commission back. It needs
	// ReverseTransfer, or a direct charge.
	RefundFee bool `json:"refundFee,omitzero"`
	// IntoCredit gives store credit instead of money: to BuyerID, or if that is empty
	// to the buyer whose credit paid for some of the charge. No acquirer has a part
	// in it.
	IntoCredit bool   `json:"intoCredit,omitzero"`
	BuyerID    string `json:"buyer,omitzero"`
	// To is the order in which what paid for the charge gets its money back:
	// TenderSource and the ids of credits and vouchers (Tender.Of). What is not named
	// gets nothing. Empty is the source first, and then tenders, the last first. What
	// a voucher at the platform's cost had paid goes to the platform.
	To       []string          `json:"to,omitzero"`
	Reason   string            `json:"reason,omitzero"` // duplicate, fraudulent or requested_by_customer
	Metadata map[string]string `json:"metadata,omitzero"`

	held bool // by Drain, of a share that has waited
}

// Refund gives money back to a buyer. Refunds of a charge add up to at most its
// amount, pending ones included. The taxes and the service fee in it go back in
// proportion; the processing fee does not.
func (p *Platform) Refund(ctx context.Context, r RefundRequest) (*Refund, error) {
	return refundTask.do(ctx, p, r.Key, r)
}

// GetRefund returns a refund of the platform.
func (p *Platform) GetRefund(ctx context.Context, id string) (*Refund, error) {
	return get(ctx, p, &refundKind, id, "refund", func(r *Refund) string { return r.Platform })
}

var refundTask = &task[RefundRequest, Refund, Answer]{
	verb: "refund",
	kind: &refundKind,
	head: func(r *Refund) head {
		return head{id: r.ID, platform: r.Platform, partner: r.Acquirer, rail: r.Rail, work: &r.Work, replayed: &r.Replayed}
	},
	partner:  acquirerName,
	record:   recordRefund,
	carryOut: askRefund,
	settle:   settleRefund,
	rest: func(u *ledger.Unit, p *Platform, r *Refund, code string) error {
		r.Work.Done()
		if err := r.become(RefundUnknown, code); err != nil {
			return err
		}
		return p.putRefund(u, r, EventRefundUpdated)
	},
	open: func(r *Refund, a Answer) (bool, error) {
		return stillOpen(r.Status == RefundPending || r.Status == RefundUnknown, r.Status == RefundSucceeded, a)
	},
	late: func(u *ledger.Unit, p *Platform, r *Refund, a Answer) error {
		if r.Reference != "" || a.Reference == "" {
			return nil
		}
		r.Reference = a.Reference
		return p.putRefund(u, r, EventRefundUpdated)
	},
}

// charge returns a charge of the platform, expected unchanged.
func (p *Platform) charge(u *ledger.Unit, id string) (*Charge, error) {
	c, err := chargeKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "charge")
	}
	if c.Platform != p.id {
		return nil, notFound("charge")
	}
	return c, nil
}

func recordRefund(u *ledger.Unit, p *Platform, req *RefundRequest, w ledger.Work) (*Refund, error) {
	if err := checkRefund(req); err != nil {
		return nil, err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	c, err := p.charge(u, req.ChargeID)
	if err != nil {
		return nil, err
	}
	if err := checkRefundTo(c, req); err != nil {
		return nil, err
	}
	if c.Rail != "" && c.Rail != railName(p.e) && !req.IntoCredit {
		return nil, badState("other_rail", "charge", "the charge was debited by another rail, "+c.Rail+"; its own pays money back")
	}
	if c.Acquirer != "" && c.Acquirer != acquirerName(p.e) && !req.IntoCredit {
		return nil, badState("other_acquirer", "charge", "the charge was made at another acquirer, "+c.Acquirer+"; its own gives money back")
	}
	if err := c.takesBack(req); err != nil {
		return nil, err
	}
	r := &Refund{
		ID: u.NewID(refundKind.Prefix), Platform: p.id, Charge: c.ID, Account: c.Account, Acquirer: c.Acquirer, Rail: c.Rail, Reason: req.Reason,
		Status: RefundPending, Created: u.At(), Metadata: req.Metadata, Work: w, Held: req.held,
	}
	amount, err := c.nameLines(r, req)
	if err != nil {
		return nil, err
	}
	if c.Settlement != nil {
		err = c.refundPresented(r, amount)
	} else {
		r.Amount, err = c.refundable(amount)
	}
	if err != nil {
		return nil, err
	}
	if c.CreditSale != nil {
		if err := p.refundsSale(u, c, r, req.Amount); err != nil {
			return nil, err
		}
	}
	if err := c.begin(r, req); err != nil {
		return nil, err
	}
	if err := p.sentTo(u, c, r, req); err != nil {
		return nil, err
	}
	if c.CreditSale == nil {
		if err := p.setAside(u, prof, c, r); err != nil {
			return nil, err
		}
	}
	if r.presented().IsZero() {
		return r, p.refundedWithin(u, c, r)
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return nil, err
	}
	return r, p.putRefund(u, r, EventRefundCreated)
}

func checkRefund(r *RefundRequest) error {
	if r.ChargeID == "" {
		return badField("invalid_request", "charge", "a refund names its charge")
	}
	if r.Amount != (ledger.Money{}) && r.Amount.Sign() <= 0 {
		return badField("invalid_amount", "amount", "a refund is more than zero")
	}
	switch r.Reason {
	case "", "duplicate", "fraudulent", "requested_by_customer":
	default:
		return badField("invalid_reason", "reason", "a refund is a duplicate, fraudulent or requested_by_customer")
	}
	return checkMetadata(r.Metadata)
}

// takesBack refuses a refund that asks back what its charge did not give.
func (c *Charge) takesBack(r *RefundRequest) error {
	switch {
	case r.ReverseTransfer && c.Account == "":
		return badField("no_transfer", "reverseTransfer", "the platform charged for itself: there is no transfer to reverse")
	case r.ReverseTransfer && c.Direct:
		return badField("no_transfer", "reverseTransfer", "a direct charge is refunded by its seller: there is no transfer to reverse")
	case r.RefundFee && !r.ReverseTransfer && !c.Direct:
		return badField("reverse_transfer_required", "refundFee", "the commission goes back to the seller who gives the share back")
	}
	return nil
}

// refundable returns how much a refund of a charge is for.
func (c *Charge) refundable(asked ledger.Money) (ledger.Money, error) {
	if c.Status != ChargeSucceeded {
		return asked, badState("invalid_state", "charge", "only a charge that succeeded can be refunded; it is "+string(c.Status))
	}
	left := ledger.Minor(c.Amount.Minor()-c.Refunded.Minor()-c.Refunding.Minor(), c.Amount.Currency())
	switch {
	case asked == ledger.Money{}:
		if asked = left; !c.kept().IsZero() {
			asked = minus(left, minus(c.ServiceFee, c.ServiceBack))
		}
	case asked.Currency() != c.Amount.Currency():
		return asked, badField("currency_mismatch", "amount", "the charge is in "+c.Amount.Currency().String())
	}
	if asked.Minor() > left.Minor() || asked.Sign() <= 0 {
		return asked, badState("refund_exceeds_charge", "amount", left.String()+" of the charge can still be refunded")
	}
	return asked, nil
}

// begin counts a refund as pending on its charge and computes its parts.
func (c *Charge) begin(r *Refund, req *RefundRequest) error {
	zero := ledger.Zero(c.Amount.Currency())
	r.Reversal, r.FeeBack, r.ServiceBack, r.ReverseBase = zero, zero, zero, zero
	r.PlatformBack, r.DiscountBack = zero, zero
	var err error
	if c.Refunding, err = c.Refunding.Add(r.Amount); err != nil {
		return err
	}
	aside, err := c.asideBack(r)
	if err != nil {
		return err
	}
	if c.Direct {
		if err := c.returnDiscount(r); err != nil {
			return err
		}
		return c.beginDirect(r, req)
	}
	if r.Reverses = req.ReverseTransfer; !r.Reverses {
		return nil
	}
	if err := c.takeBack(r, minus(r.Amount, aside)); err != nil {
		return err
	}
	if err := c.returnDiscount(r); err != nil {
		return err
	}
	if r.Returns = req.RefundFee && c.mayReturn(); !r.Returns {
		return nil
	}
	return c.returnFee(r)
}

// takeBack computes how much the seller gives of a refund. What is neither tax nor
// service fee was theirs; of an amount that was stated it is the same part.
func (c *Charge) takeBack(r *Refund, part ledger.Money) error {
	cur := c.Amount.Currency()
	if !c.byAmount() {
		r.Reversal = ledger.Minor(min(part.Minor(), c.share().Minor()-c.Reversed.Minor()), cur)
		c.Reversed = sum(c.Reversed, r.Reversal)
		return nil
	}
	r.ReverseBase = ledger.Minor(min(part.Minor(), c.share().Minor()-c.ReverseBase.Minor()), cur)
	c.ReverseBase = sum(c.ReverseBase, r.ReverseBase)
	target, err := c.TransferAmount.Proportion(c.ReverseBase, c.share())
	if err != nil {
		return err
	}
	r.Reversal = ledger.Minor(max(target.Minor()-c.Reversed.Minor(), 0), cur)
	c.Reversed = sum(c.Reversed, r.Reversal)
	return nil
}

// mayReturn tells whether refunds can give a commission back. What is captured later
// may have one though what was captured so far has not; then they count for it.
func (c *Charge) mayReturn() bool { return !c.ApplicationFee.IsZero() || c.Authorization != nil }

// returnFee computes how much of the commission goes back with a refund.
func (c *Charge) returnFee(r *Refund) error {
	part, err := c.feeStep(r)
	if err != nil {
		return err
	}
	r.FeeBack = part
	c.FeeBack, c.FeeBase = sum(c.FeeBack, r.FeeBack), sum(c.FeeBase, r.Amount)
	return c.feeTaxBack(r)
}

// feeTaxBack computes how much of each tax on the commission goes back with it.
func (c *Charge) feeTaxBack(r *Refund) error {
	for i := range c.FeeTax {
		t := &c.FeeTax[i]
		target, err := c.due(t.Amount, c.FeeBase)
		if len(c.Lines) > 0 { // which have parts of the commission of their own
			target, err = t.Amount.Proportion(c.FeeBack, c.ApplicationFee)
		}
		if err != nil {
			return err
		}
		part := ledger.Minor(max(target.Minor()-t.Refunded.Minor(), 0), c.Amount.Currency())
		t.Refunded = sum(t.Refunded, part)
		r.FeeTax = append(r.FeeTax, Tax{Authority: t.Authority, Amount: part, Refunded: minus(part, part)})
	}
	return nil
}

// kept is the service fee if refunds give it back last, after all else.
func (c *Charge) kept() ledger.Money {
	if c.Service != nil && c.Service.Kept {
		return c.ServiceFee
	}
	return ledger.Zero(c.Amount.Currency())
}

// due is how much of a part has gone back once so much of the amount has. A
// service fee that is kept has no share in it.
func (c *Charge) due(part, back ledger.Money) (ledger.Money, error) {
	return c.dueBut(part, back, ledger.Zero(c.Amount.Currency()))
}

// dueBut is due where some of both went back with refunds that named lines.
func (c *Charge) dueBut(part, back, by ledger.Money) (ledger.Money, error) {
	all := minus(minus(c.Amount, c.kept()), by)
	back = ledger.Minor(back.Minor()-by.Minor(), all.Currency())
	if all.IsZero() {
		return all, nil
	}
	return part.Proportion(ledger.Minor(min(back.Minor(), all.Minor()), all.Currency()), all)
}

// asideBack computes how much of what never was the seller's goes back with a
// refund, the taxes and the service fee: one cumulative target for all of them,
// shared out by what is left of each.
func (c *Charge) asideBack(r *Refund) (ledger.Money, error) {
	if len(r.Lines) > 0 {
		return c.asideOfLines(r)
	}
	cur, n := c.Amount.Currency(), len(c.Tax)
	whole, given := c.ServiceFee.Minor()-c.kept().Minor(), c.ServiceBack.Minor()
	if !c.kept().IsZero() {
		given = 0
	}
	left := make([]int64, n+2)
	left[n] = whole - given
	whole, given = whole+c.PlatformPart.Minor(), given+c.PlatformBack.Minor()
	left[n+1] = c.PlatformPart.Minor() - c.PlatformBack.Minor()
	for i, t := range c.Tax {
		whole += t.Amount.Minor()
		given += t.Refunded.Minor()
		left[i] = t.Amount.Minor() - t.Refunded.Minor()
	}
	last := c.keptBack(r)
	if whole == given {
		return last, nil
	}
	by := c.byLine()
	whole, given = whole-by.Aside.Minor(), given-by.Aside.Minor()
	target, err := c.dueBut(ledger.Minor(whole, cur), sum(c.Refunded, c.Refunding), by.Amount)
	if err != nil {
		return last, err
	}
	step := ledger.Minor(min(max(target.Minor()-given, 0), r.Amount.Minor()-last.Minor()), cur)
	parts, err := step.Allocate(left...)
	if err != nil {
		return step, err
	}
	for i, part := range parts[:n] {
		c.Tax[i].Refunded = sum(c.Tax[i].Refunded, part)
		r.Tax = append(r.Tax, Tax{Authority: c.Tax[i].Authority, Amount: part, Refunded: ledger.Zero(cur)})
	}
	r.ServiceBack = sum(r.ServiceBack, parts[n])
	c.ServiceBack = sum(c.ServiceBack, parts[n])
	r.PlatformBack, c.PlatformBack = parts[n+1], sum(c.PlatformBack, parts[n+1])
	return sum(step, last), nil
}

// keptBack is what goes back of a service fee that is kept: what a refund takes
// beyond all else.
func (c *Charge) keptBack(r *Refund) ledger.Money {
	cur := c.Amount.Currency()
	if c.kept().IsZero() {
		return ledger.Zero(cur)
	}
	beyond := c.Refunded.Minor() + c.Refunding.Minor() - minus(c.Amount, c.kept()).Minor() - c.ServiceBack.Minor()
	step := ledger.Minor(min(max(beyond, 0), r.Amount.Minor()), cur)
	r.ServiceBack, c.ServiceBack = step, sum(c.ServiceBack, step)
	return step
}

// sum adds parts of one charge. They never exceed its amount, which fits.
func sum(a, b ledger.Money) ledger.Money { return ledger.Minor(a.Minor()+b.Minor(), a.Currency()) }

// minus takes a part of a charge off again.
func minus(a, b ledger.Money) ledger.Money { return ledger.Minor(a.Minor()-b.Minor(), a.Currency()) }

// end takes a pending refund off its charge: done, or undone as if it had never
// been.
func (c *Charge) end(r *Refund, done bool) {
	c.Refunding = minus(c.Refunding, r.Amount)
	c.endExchanged(r, done)
	if r.FeeStep != nil && !done {
		c.FeeSettlement.Back = c.FeeSettlement.Back.less(*r.FeeStep)
	}
	if done {
		c.Refunded = sum(c.Refunded, r.Amount)
		return
	}
	c.sentBack(r)
	c.ServiceBack = minus(c.ServiceBack, r.ServiceBack)
	c.linesUndone(r)
	taxUndone(c.Tax, r.Tax)
	taxUndone(c.FeeTax, r.FeeTax)
	if r.Reverses {
		c.Reversed, c.ReverseBase = minus(c.Reversed, r.Reversal), minus(c.ReverseBase, r.ReverseBase)
	}
	if r.Returns {
		c.FeeBack, c.FeeBase = minus(c.FeeBack, r.FeeBack), minus(c.FeeBase, r.Amount)
	}
}

// taxUndone takes what a refund gave back of taxes off what was.
func taxUndone(list, back []Tax) {
	for _, t := range back {
		for i := range list {
			if list[i].Authority == t.Authority {
				list[i].Refunded = minus(list[i].Refunded, t.Amount)
			}
		}
	}
}

func (p *Platform) putRefund(u *ledger.Unit, r *Refund, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: refundKind.ID(r.ID)})
	return refundKind.Put(u, r.ID, r)
}

// askRefund asks the acquirer to give the money back.
func askRefund(ctx context.Context, p *Platform, r *Refund, send bool) (Answer, error) {
	c, err := chargeKind.Read(ctx, p.store, r.Charge)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errUnsent, err)
	}
	if c.Debit != nil {
		return askRail(ctx, p, r.instruction(c), &r.Work, send)
	}
	refund := func(ctx context.Context) (Answer, error) {
		return p.e.c.Acquirer.Refund(ctx, r.ID, RefundOrder{Reference: c.Reference, Amount: r.presented()})
	}
	return p.e.askAbout(ctx, r.ID, r.Reference, attemptOf(&r.Work, send, r.Reference != ""), refund)
}
