package connect

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Advance is what a platform has paid for a seller who had too little to give back
// (ShortAdvance), in one currency: the seller pays it back out of what becomes available
// to them, before anything is paid out.
type Advance struct {
	ID       string       `json:"id"`
	Platform string       `json:"platform"`
	Account  string       `json:"account"`
	Given    ledger.Money `json:"given"`
	Repaid   ledger.Money `json:"repaid"`
	Created  time.Time    `json:"created"`
	Changed  time.Time    `json:"changed"`

	Work ledger.Work `json:"work,omitzero"`
}

// Left is what the seller still has to pay back.
func (a *Advance) Left() ledger.Money { return minus(a.Given, a.Repaid) }

// The ids of advances are made of those of their accounts, so that nobody has to look for
// them.
const advancePrefix = "adv_"

func advanceID(account string, c ledger.Currency) string {
	return advancePrefix + account + "_" + c.String()
}

var advanceKind = ledger.Kind[Advance]{
	Name:   "connect.advance",
	Prefix: advancePrefix,
	Loaded: func(a *Advance) { asZero(ledger.Zero(a.Given.Currency()), &a.Repaid) },
	Keys: func(a *Advance) []ledger.Key {
		return a.Work.Keys(ledger.Key{Name: "platform", Value: a.Platform, At: a.Created}, ledger.Key{Name: "account", Value: a.Account, At: a.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "given", Path: "given", Type: ledger.MoneyColumn}, {Name: "given_minor", Path: "given.amountMinor", Type: ledger.IntegerColumn},
		{Name: "repaid_minor", Path: "repaid.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "given.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// advanceLook is how often Drain looks whether a seller can pay an advance back.
const advanceLook = time.Hour

// advancedLeg takes from a seller what they have, and the rest from the platform, who must
// have it available unless the seller's part comes to it in the same change.
func (p *Platform) advancedLeg(u *ledger.Unit, prof *Profile, a *Account, c *Charge, r *Refund, owes int64) error {
	cur := r.Amount.Currency()
	purpose, enough, err := p.sellerHas(u, c, owes)
	if err != nil {
		return err
	}
	enough = enough || owes <= 0 // what waits gives all of it, whatever else the seller owes
	has := owes
	if !enough {
		if purpose, has, err = p.sellerMost(u, c); err != nil {
			return err
		}
	}
	r.FromAccount = p.hold(u, r, RefundLeg{Purpose: purpose, Short: ShortRefuse}, a.ID, ledger.Minor(has, cur))
	if enough {
		return nil
	}
	r.Advanced = ledger.Minor(owes-has, cur)
	if r.FromAdvance = (RefundLeg{Short: ShortRefuse}); r.Reverses && prof.ShortBalance == ShortNegative {
		return nil // it comes out of what the seller's part brings
	}
	ref := p.of(p.id, "available", cur)
	r.FromAdvance = RefundLeg{Purpose: "available", Hold: "hold_" + r.ID + "_advance", Held: r.Advanced, Short: ShortRefuse}
	u.Open(ledger.Account{Ref: ref})
	u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: r.FromAdvance.Hold, Account: ref, Amount: r.Advanced, Object: refundKind.ID(r.ID)})
	return nil
}

// sellerMost returns where a seller has most of what they may spend: where the money of a
// charge is now, or available; and how much.
func (p *Platform) sellerMost(u *ledger.Unit, c *Charge) (purpose string, has int64, err error) {
	now, err := p.inNow(u, c, c.Account)
	if err != nil {
		return "", 0, err
	}
	purpose = "available"
	for _, from := range []string{"available", now} {
		free, err := u.Spendable(p.of(c.Account, from, c.Amount.Currency()))
		if err != nil {
			return "", 0, err
		}
		if from != purposeHeld && free.Minor() > has {
			purpose, has = from, free.Minor()
		}
	}
	return purpose, has, nil
}

// postAdvance pays the seller of a refund what they lack, just before they give it.
func (p *Platform) postAdvance(b *books, r *Refund) error {
	if r.Advanced.IsZero() {
		return nil
	}
	from := r.FromAdvance.Purpose
	if r.FromAdvance.Hold == "" {
		from = r.FromPlatform.Purpose
	}
	return p.payAdvance(b, r.Account, from, r.FromAccount.Purpose, r.Advanced)
}

// payAdvance pays a seller what they lack, and counts it.
func (p *Platform) payAdvance(b *books, account, from, to string, m ledger.Money) error {
	u, cur := b.u, m.Currency()
	b.post("transfer", out(p.of(p.id, from, cur), m), in(p.of(account, to, cur), m))
	a, err := advanceKind.Get(u, advanceID(account, cur))
	if errors.Is(err, ledger.NotFound) {
		a, err = &Advance{
			ID: advanceID(account, cur), Platform: p.id, Account: account, Given: ledger.Zero(cur), Repaid: ledger.Zero(cur), Created: u.At(),
		}, nil
	}
	if err != nil {
		return err
	}
	a.Given, a.Changed = sum(a.Given, m), u.At()
	a.Work.Later(u.At().Add(advanceLook))
	u.Emit(ledger.Event{Type: EventAdvanceGiven, Platform: p.id, Object: advanceKind.ID(a.ID)})
	return advanceKind.Put(u, a.ID, a)
}

// repayAdvance takes what a seller owes of an advance in a currency out of what is
// available to them.
func (p *Platform) repayAdvance(u *ledger.Unit, account string, cur ledger.Currency) error {
	a, err := advanceKind.Get(u, advanceID(account, cur))
	if err != nil || a.Left().IsZero() {
		if errors.Is(err, ledger.NotFound) {
			err = nil
		}
		return err
	}
	ref := p.of(account, "available", cur)
	free, err := u.Spendable(ref)
	if err != nil {
		return err
	}
	step := ledger.Minor(min(max(free.Minor(), 0), a.Left().Minor()), cur)
	if step.Sign() > 0 {
		b := &books{u: u, p: p, object: advanceKind.ID(a.ID)}
		b.post("transfer reversal", out(ref, step), in(p.of(p.id, "available", cur), step))
		a.Repaid, a.Changed = sum(a.Repaid, step), u.At()
		u.Emit(ledger.Event{Type: EventAdvanceRepaid, Platform: p.id, Object: advanceKind.ID(a.ID)})
	}
	if a.Work.Done(); a.Left().Sign() > 0 {
		a.Work.Later(u.At().Add(advanceLook))
	}
	return advanceKind.Put(u, a.ID, a)
}

// lookAtAdvance is what Drain does for an advance that is not paid back.
func (p *Platform) lookAtAdvance(u *ledger.Unit, id string) error {
	a, err := advanceKind.Get(u, id)
	if err != nil {
		return err
	}
	return p.repayAdvance(u, a.Account, a.Given.Currency())
}

// advanced adds up what was paid for a seller with a refund.
func (t *tally) advanced(r *Refund) {
	if m := r.Advanced; !m.IsZero() {
		t.add(r.Account, "balance", m, 1)
		t.add(t.platform, "balance", m, -1)
		t.countAdvance(r.Account, m.Currency(), m.Minor())
	}
}

// countAdvance counts what was advanced to a seller.
func (t *tally) countAdvance(account string, cur ledger.Currency, n int64) {
	if t.advances == nil {
		t.advances = make(map[string]int64)
	}
	if id := advanceID(account, cur); t.mine(id) {
		t.advances[id] += n
	}
}

// advance adds up what was paid back of an advance, and reports where it counts something
// else than was paid.
func (t *tally) advance(a *Advance) {
	t.add(a.Account, "balance", a.Repaid, -1)
	t.add(t.platform, "balance", a.Repaid, 1)
	if n := t.advances[a.ID]; n != a.Given.Minor() || a.Left().Sign() < 0 || a.Repaid.Sign() < 0 {
		t.report.Add("advance "+a.ID, "it counts %v as given and %v as paid back; refunds add up to %d minor units", a.Given, a.Repaid, n)
	}
	delete(t.advances, a.ID)
}

// advance explains what was paid for a seller, and came back.
func (x *explain) advance(a *Advance) error {
	id, cur := advanceKind.ID(a.ID), a.Given.Currency()
	x.show(ExplainedObject{ID: id, What: "advance", Amount: a.Given, Created: a.Created})
	x.rest(id, "paid back", a.Repaid)
	x.rest(id, "to be paid back", a.Left())
	x.said.add(a.Account, "balance", a.Repaid, -1)
	x.said.add(x.p.id, "balance", a.Repaid, 1)
	return x.all(id, a.Created, x.p.of(a.Account, "available", cur))
}

var advanceLister = &lister[Advance]{what: "advances", kind: &advanceKind, account: "account", platform: func(a *Advance) string { return a.Platform }}

// GetAdvance returns what the platform has paid for a seller, by its id.
func (p *Platform) GetAdvance(ctx context.Context, id string) (*Advance, error) {
	return get(ctx, p, &advanceKind, id, "advance", func(a *Advance) string { return a.Platform })
}

// ListAdvances returns a page of what the platform has paid for its sellers, one for each
// seller and currency.
func (p *Platform) ListAdvances(ctx context.Context, r ListRequest) (*List[Advance], error) {
	return advanceLister.page(ctx, p, r)
}

// Advances walks it, newest first.
func (p *Platform) Advances(ctx context.Context, r ListRequest) iter.Seq2[*Advance, error] {
	return advanceLister.each(ctx, p, r, func(a *Advance) string { return a.ID })
}
