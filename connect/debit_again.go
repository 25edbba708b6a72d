package connect

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// RepresentRequest presents a debit again that came back.
type RepresentRequest struct {
	Key       string     `json:"-"`
	ChargeID  string     `json:"charge,omitzero"`    // the charge that failed
	CollectOn payout.Day `json:"collectOn,omitzero"` // zero: as soon as can be
}

// Represent presents a failed debit again, by the same mandate, for the same amount and
// as it was priced: as a charge of its own, whose Debit says the how manieth
// attempt it is. What may be presented again, how often and until when is the
// scheme's to say: of class State, codes not_retriable, retry_limit and
// retry_window_over. A charge is presented again once; then the next one is.
func (p *Platform) Represent(ctx context.Context, r RepresentRequest) (*Charge, error) {
	if err := p.may(ctx, "Represent"); err != nil {
		return nil, err
	}
	return representTask.do(ctx, p, r.Key, r)
}

var representTask = &task[RepresentRequest, Charge, Answer]{
	verb: "represent", kind: &chargeKind, head: chargeHead, partner: acquirerName, record: recordRepresent, ready: readyCharge,
	carryOut: authorize, settle: settleCharge, rest: restCharge, open: (*Charge).open, late: lateCharge,
}

func recordRepresent(u *ledger.Unit, p *Platform, r *RepresentRequest, w ledger.Work) (*Charge, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	old, err := p.charge(u, r.ChargeID)
	if err != nil {
		return nil, err
	}
	if err := old.mayRepresent(); err != nil {
		return nil, err
	}
	m, err := p.mandate(u, old.Debit.Mandate)
	if err != nil {
		return nil, err
	}
	t, err := p.e.scheme(m.Scheme, dayOf(u))
	if err != nil {
		return nil, err
	}
	if err := old.retriable(&t); err != nil {
		return nil, err
	}
	if err := m.mayDebit(old); err != nil {
		return nil, err
	}
	for _, id := range []string{old.Account, old.OnBehalfOf} {
		if id != "" {
			if err := p.mayCharge(u, id); err != nil {
				return nil, err
			}
		}
	}
	c := old.again(u, w)
	c.Debit.Destination, c.Debit.Creditor, c.Debit.Reference = m.Debtor.Bank, m.Creditor, m.Reference
	c.Debit.Amendment, c.Debit.Lead = m.Untold, t.LeadDays(c.Debit.Sequence != payout.Recurring)
	if err := p.plan(u, c, r.CollectOn); err != nil {
		return nil, err
	}
	if last := c.Debit.FirstOn + payout.Day(t.Retry.Days); t.Retry.Days > 0 && c.Debit.CollectOn > last {
		return nil, badState("retry_window_over", "collectOn", "the scheme lets it be presented again until "+last.String()+"; it would be due on "+c.Debit.CollectOn.String())
	}
	if err := p.notBlocked(u, c, &t); err != nil {
		return nil, err
	}
	m.LastUse, m.Untold, m.Uses = max(m.LastUse, c.Debit.CollectOn), payout.Amendment{}, m.Uses+1
	if m.lives(&t); m.OneOff {
		m.Charge = c.ID
	}
	if err := p.putMandate(u, m, EventMandateUpdated); err != nil {
		return nil, err
	}
	if err := p.start(u, c); err != nil {
		return nil, err
	}
	old.Debit.Again = c.ID
	if err := p.putCharge(u, old, EventDebitRepresented); err != nil {
		return nil, err
	}
	return c, p.putCharge(u, c, EventChargePending)
}

// mayRepresent refuses a charge that cannot be presented again in its state.
func (c *Charge) mayRepresent() error {
	switch d := c.Debit; {
	case d == nil:
		return badState("not_a_debit", "charge", "only a bank debit is presented again")
	case c.Status != ChargeFailed || d.ReturnedOn == 0:
		return badState("invalid_state", "charge", "only a debit that came back is presented again; it is "+string(c.Status))
	case d.Again != "":
		return badState("already_represented", "charge", "it has been presented again, as "+d.Again)
	case !c.Refunded.IsZero() || !c.Refunding.IsZero():
		return badState("already_refunded", "charge", "the buyer has had money back for it")
	}
	return nil
}

// retriable refuses what the scheme does not let be presented again.
func (c *Charge) retriable(t *debit.Terms) error {
	switch d := c.Debit; {
	case !t.Returns[d.Reason].Retry:
		return badState("not_retriable", "charge", "what came back as "+d.Reason+" is not presented again")
	case d.Attempt > t.Retry.Times:
		return badState("retry_limit", "charge", "the scheme lets a debit be presented again "+strconv.Itoa(t.Retry.Times)+" times")
	}
	return nil
}

// again is a new charge on the terms of one that failed. No notice is due for what was
// announced before, but the host is told.
func (c *Charge) again(u *ledger.Unit, w ledger.Work) *Charge {
	d := c.Debit
	n := &Charge{
		ID: u.NewID(chargeKind.Prefix), Platform: c.Platform, Account: c.Account, Amount: c.Amount, ApplicationFee: c.ApplicationFee,
		ServiceFee: c.ServiceFee, Tax: slices.Clone(c.Tax), FeeTax: slices.Clone(c.FeeTax), Category: c.Category, Method: c.Method,
		Descriptor: c.Descriptor, BuyerCountry: c.BuyerCountry, Description: c.Description, Created: u.At(), Metadata: c.Metadata,
		Commission: c.Commission, Service: c.Service, Direct: c.Direct, FeesPayer: c.FeesPayer, OnBehalfOf: c.OnBehalfOf,
		TransferAmount: c.TransferAmount, TransferGroup: c.TransferGroup, Work: w, Customer: c.Customer, Hold: c.Hold.clone(),
		CreditSale: c.CreditSale,
	}
	c.linesAgain(n)
	for _, list := range [][]Tax{n.Tax, n.FeeTax} {
		for i := range list {
			list[i].Refunded = ledger.Zero(n.Amount.Currency())
		}
	}
	n.loaded()
	next := *d
	next.Attempt, next.Of, next.Again, next.Counted, next.CountedBack = d.Attempt+1, c.ID, "", false, false
	if next.FirstOn == 0 {
		if next.FirstOn = d.SettledOn; next.FirstOn == 0 {
			next.FirstOn = d.CollectOn
		}
	}
	next.Notice.Days, next.Noticed, next.Submitted = 0, time.Time{}, time.Time{}
	next.SettledOn, next.ReturnedOn, next.Reason, next.Means, next.Until, next.Flag = 0, 0, "", "", 0, ""
	n.Debit = &next
	return n
}
