package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// FeeRefund gives a seller a part of the commission of a charge back by itself: no
// buyer gets anything.
type FeeRefund struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account"`
	Charge      string            `json:"charge"`
	Amount      ledger.Money      `json:"amount"`           // of the commission, in the charge's currency
	Tax         []Tax             `json:"tax,omitzero"`     // that goes back with it
	FeeStep     *FeeStep          `json:"feeStep,omitzero"` // what it cost of the platform's own currency, where the commission was converted
	Description string            `json:"description,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	FromPlatform string `json:"fromPlatform"` // the purposes of the accounts that it came from and went to
	ToAccount    string `json:"toAccount"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (r *FeeRefund) replay() *bool { return &r.Replayed }

var feeRefundKind = ledger.Kind[FeeRefund]{
	Name:   "connect.fee_refund",
	Prefix: "fr_",
	Loaded: func(r *FeeRefund) {
		asZero(ledger.Zero(r.Amount.Currency()), &r.Amount)
		taxLoaded(r.Tax)
	},
	Keys: func(r *FeeRefund) []ledger.Key {
		return []ledger.Key{
			{Name: "platform", Value: r.Platform, At: r.Created}, {Name: "account", Value: r.Account, At: r.Created}, {Name: "charge", Value: r.Charge, At: r.Created},
		}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "charge", Path: "charge"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// FeeRefundRequest gives a commission back.
type FeeRefundRequest struct {
	Key      string `json:"-"`
	ChargeID string `json:"charge,omitzero"`
	// Amount is of the commission, in the charge's currency and without the taxes on it,
	// which go back with it; the zero Money is all that is left.
	Amount      ledger.Money      `json:"amount,omitzero"`
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// RefundApplicationFee gives all or part of the commission of a charge back to its
// seller, without refunding the charge (flow R9 of the chart). Together with what refunds
// give back it is at most the commission, else it is of class State, code
// fee_refund_exceeds_fee (amount). It counts for no refund: one that gives the same part
// of the commission back as of its amount does so as if this had not been, as far as
// there is any left. What waits with the seller's share goes back to it there. Of a
// charge without a commission nothing goes back, which is no error. What the platform
// does not have is refused with insufficient_funds or leaves a debt, as its short-balance
// policy says.
func (p *Platform) RefundApplicationFee(ctx context.Context, r FeeRefundRequest) (*FeeRefund, error) {
	verb := simpleVerb[FeeRefund]{name: "refund application fee", kind: &feeRefundKind, replayed: (*FeeRefund).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*FeeRefund, error) { return p.newFeeRefund(u, &r) })
}

func (p *Platform) newFeeRefund(u *ledger.Unit, r *FeeRefundRequest) (*FeeRefund, error) {
	if r.ChargeID == "" {
		return nil, badField("invalid_request", "charge", "it names the charge")
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return nil, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	c, err := p.charge(u, r.ChargeID)
	if err != nil {
		return nil, err
	}
	o := &FeeRefund{
		ID: u.NewID(feeRefundKind.Prefix), Platform: p.id, Account: c.Account, Charge: c.ID,
		Description: r.Description, Created: u.At(), Metadata: r.Metadata,
	}
	if o.Amount, err = c.feeRefundable(r.Amount); err != nil {
		return nil, err
	}
	if o.Tax, err = c.stateFee(o.Amount); err != nil {
		return nil, err
	}
	if c.FeeSettlement != nil && !o.Amount.IsZero() {
		step, err := c.FeeSettlement.feeBack(o.Amount)
		if err != nil {
			return nil, err
		}
		o.FeeStep = &step
	}
	if err := p.postFeeRefund(u, prof, c, o); err != nil {
		return nil, err
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return nil, err
	}
	u.Emit(ledger.Event{Type: EventFeeRefundCreated, Platform: p.id, Object: feeRefundKind.ID(o.ID)})
	return o, feeRefundKind.Put(u, o.ID, o)
}

// feeRefundable returns how much of a charge's commission is given back.
func (c *Charge) feeRefundable(asked ledger.Money) (ledger.Money, error) {
	switch {
	case c.Account == "":
		return asked, badField("no_commission", "charge", "the platform charged for itself, and took no commission")
	case c.Status != ChargeSucceeded:
		return asked, badState("invalid_state", "charge", "only of a charge that succeeded a commission was taken; it is "+string(c.Status))
	case asked != ledger.Money{} && asked.Sign() <= 0:
		return asked, badField("invalid_amount", "amount", "more than zero is given back")
	case asked == ledger.Money{}:
		if asked = minus(c.ApplicationFee, c.FeeBack); asked.IsZero() && !c.ApplicationFee.IsZero() {
			return asked, badState("fee_refund_exceeds_fee", "amount", "all of the commission has been given back")
		}
	}
	return asked, c.feeLeft(asked, "amount")
}

// postFeeRefund moves the money: out of what waits first, and to there as much.
func (p *Platform) postFeeRefund(u *ledger.Unit, prof *Profile, c *Charge, o *FeeRefund) error {
	cur, tax := o.Amount.Currency(), addTax(o.Tax)
	var err error
	if o.FromPlatform = "available"; prof.ShortBalance == ShortNegative {
		if o.FromPlatform, err = p.inNow(u, c, p.id); err != nil {
			return err
		}
		if o.FeeStep != nil {
			if o.FromPlatform, err = p.dayNow(u, p.id, c.FeeSettlement.In, o.FeeStep.Credited.Currency()); err != nil {
				return err
			}
		}
	}
	if o.ToAccount, err = p.inNow(u, c, c.Account); err != nil {
		return err
	}
	x := &sources{platform: p.of(p.id, o.FromPlatform, cur), seller: p.of(c.Account, o.ToAccount, cur), short: [2]ShortPolicy{prof.ShortBalance, ShortRefuse}}
	if o.FeeStep != nil {
		x.converted = p.fromPlatform(o.FromPlatform, prof.ShortBalance, *o.FeeStep)
	}
	s, err := p.shareOf(u, c)
	if err != nil {
		return err
	}
	if s != nil && s.Free().Platform.Sign() > 0 && !o.Amount.IsZero() {
		part := s.take(0, 0, o.Amount.Minor())
		x.part = &part
		part.Account = ledger.Minor(-x.credit(o.Amount.Minor(), tax), cur)
		s.Back = s.Back.plus(part)
		if err := p.settleShare(u, s); err != nil {
			return err
		}
	}
	lines := x.feeBack(o.Amount, tax)
	for _, t := range o.Tax {
		lines = append(lines, out(p.of(p.id, "tax/"+t.Authority, cur), t.Amount))
	}
	(&books{u: u, p: p, object: feeRefundKind.ID(o.ID)}).post("fee refund", lines...)
	return nil
}

// feeRefund adds up what was given back of a commission by itself.
func (t *tally) feeRefund(r *FeeRefund) {
	g := t.givenOf(r.Charge)
	g.feeBack += r.Amount.Minor()
	g.feeStated += r.Amount.Minor()
	for _, x := range r.Tax {
		g.feeTax[x.Authority] += x.Amount.Minor()
		t.add(r.Account, "balance", x.Amount, 1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, -1)
	}
	t.add(r.Account, "balance", r.Amount, 1)
	if r.FeeStep == nil {
		t.add(t.platform, "balance", r.Amount, -1)
		return
	}
	g.converted.add(*r.FeeStep)
	t.add(t.platform, "balance", r.FeeStep.Credited, -1)
}

// feeRefund explains one, which the charge shows.
func (x *explain) feeRefund(r *FeeRefund) error {
	id, cur := feeRefundKind.ID(r.ID), r.Amount.Currency()
	x.show(ExplainedObject{ID: id, Of: chargeKind.ID(r.Charge), What: "fee refund", Amount: r.Amount, Created: r.Created})
	x.said.feeRefund(r)
	return x.at(id, r.Created, x.balances(r.Account, cur, r.ToAccount)...)
}

var feeRefundLister = &lister[FeeRefund]{
	what: "fee refunds", kind: &feeRefundKind, account: "account", charge: "charge", platform: func(r *FeeRefund) string { return r.Platform },
}

// GetFeeRefund returns what was given back of a commission of the platform by itself.
func (p *Platform) GetFeeRefund(ctx context.Context, id string) (*FeeRefund, error) {
	return get(ctx, p, &feeRefundKind, id, "fee refund", func(r *FeeRefund) string { return r.Platform })
}

// ListFeeRefunds returns a page of what was given back of commissions by itself.
func (p *Platform) ListFeeRefunds(ctx context.Context, r ListRequest) (*List[FeeRefund], error) {
	return feeRefundLister.page(ctx, p, r)
}

// FeeRefunds walks it, newest first.
func (p *Platform) FeeRefunds(ctx context.Context, r ListRequest) iter.Seq2[*FeeRefund, error] {
	return feeRefundLister.each(ctx, p, r, func(x *FeeRefund) string { return x.ID })
}
