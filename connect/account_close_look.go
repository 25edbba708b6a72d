package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// closeAccounts lets Drain look at a closing: what it waits for, and whether the last
// payouts can be made. They have keys of the closing's, so that they are made once.
func (e *Engine) closeAccounts(ctx context.Context, _ ledger.Store, o ledger.Object) error {
	c, err := accountClosingKind.Decode(o)
	if err != nil {
		return err
	}
	p, err := e.Platform(ctx, c.Platform)
	if err != nil {
		return err
	}
	if _, err := p.unit(ctx, func(u *ledger.Unit) error { return p.lookAtClosing(u, c.ID) }); err != nil {
		return err
	}
	if c, err = p.GetAccountClosing(ctx, c.ID); err != nil || c.Status != AccountClosingOpen {
		return err
	}
	for _, m := range c.Pays {
		key := fmt.Sprintf("closing %s %d %s", c.ID, c.Round, m.Currency())
		o, err := p.Payout(ctx, PayoutRequest{Key: key, AccountID: c.Account, Amount: ledger.Zero(m.Currency())})
		if err := p.closingPaid(ctx, c.ID, m, o, err); err != nil {
			return err
		}
	}
	return nil
}

// closingPaid keeps what became of a payout.
func (p *Platform) closingPaid(ctx context.Context, id string, m ledger.Money, o *payout.Payout, refused error) error {
	var e *ledger.Error
	if refused != nil && (!errors.As(refused, &e) || !slices.Contains(closingRefusals, e.Class)) {
		return refused // it is tried again
	}
	_, err := p.unit(ctx, func(u *ledger.Unit) error {
		c, err := accountClosingKind.Get(u, id)
		if err != nil || c.Status != AccountClosingOpen {
			return err
		}
		c.Pays = slices.DeleteFunc(c.Pays, func(x ledger.Money) bool { return x.Currency() == m.Currency() })
		if refused != nil {
			c.Waits = append(c.Waits, ClosingWait{e.Code, m})
		} else if !slices.Contains(c.Payouts, o.ID) {
			c.Payouts = append(c.Payouts, o.ID)
			c.Waits = append(c.Waits, ClosingWait{"in_transit", o.Amount})
		}
		return accountClosingKind.Put(u, id, c)
	})
	return err
}

// closingRefusals are the classes of what keeps a payout from being made for longer, and
// holds up no other: NotFound is of a rate that nobody has.
var closingRefusals = []ledger.Class{ledger.NotFound, ledger.State, ledger.Invalid, ledger.InsufficientFunds}

// lookAtClosing finds out what a closing waits for, and closes the account when that is
// nothing. What an earlier look was about to pay is paid first.
func (p *Platform) lookAtClosing(u *ledger.Unit, id string) error {
	c, err := accountClosingKind.Get(u, id)
	if err != nil || c.Status != AccountClosingOpen || u.At().Before(c.Work.Due) {
		return err
	}
	a, err := p.account(u, c.Account)
	if err != nil {
		return err
	}
	c.Work.Later(u.At().Add(closingLook))
	if len(c.Pays) > 0 {
		return accountClosingKind.Put(u, c.ID, c)
	}
	exposed, err := p.closingExposed(u, a) // what comes of charges after this is seen in what it has
	if err != nil {
		return err
	}
	waits, has, err := p.closingWaits(u, a)
	if err != nil {
		return err
	}
	if len(waits) == 0 {
		waits = exposed
	}
	if len(waits) == 0 {
		if waits, err = p.freeForClosing(u, a); err != nil {
			return err
		}
	}
	if len(waits) == 0 {
		for _, m := range has {
			w, err := p.closingRemainder(u, a, c, m)
			if err != nil {
				return err
			}
			waits = append(waits, w...)
		}
	}
	if len(waits) == 0 && len(c.Pays) == 0 {
		if waits, err = c.mayReturn(u); err != nil {
			return err
		}
	}
	changed := !slices.Equal(waits, c.Waits)
	if c.Waits = waits; len(waits) > 0 || len(c.Pays) > 0 {
		if len(c.Pays) > 0 {
			c.Round++
		}
		if !changed {
			return accountClosingKind.Put(u, c.ID, c)
		}
		return p.putAccountClosing(u, c, c.Signed, EventAccountClosingUpdated)
	}
	return p.closeForGood(u, a, c)
}

// closeForGood closes an account that has nothing any more.
func (p *Platform) closeForGood(u *ledger.Unit, a *Account, c *AccountClosing) error {
	if err := c.become(AccountClosingDone); err != nil {
		return err
	}
	c.Ended, a.Closing, a.Closed = u.At(), "", u.At()
	if err := p.putFreezes(u, a); err != nil {
		return err
	}
	return p.putAccountClosing(u, c, c.Signed, EventAccountClosed)
}

// closingWaits lists what an account has besides what is available to it, and that.
// Fixed reserves are free at the end, and are waited for by nobody.
func (p *Platform) closingWaits(u *ledger.Unit, a *Account) (waits []ClosingWait, has []ledger.Money, err error) {
	var list []ledger.Account
	err = u.View(func(v ledger.View) error {
		list = nil
		return ledger.EachAccount(v, ledger.AccountQuery{Book: p.id, Owner: a.ID, Open: true}, func(x ledger.Account) error {
			list = append(list, x)
			return nil
		})
	})
	for _, x := range list {
		if err != nil {
			return nil, nil, err
		}
		purpose, ok := ledger.PurposeOf(x.Purpose)
		if !ok || purpose.Group != ledger.GroupSellers {
			continue
		}
		if x, err = u.Account(x.Ref); err != nil { // expected unchanged from here on
			return nil, nil, err
		}
		switch {
		case !x.Held.IsZero():
			waits = append(waits, ClosingWait{"refund", x.Held})
		case x.Posted.IsZero():
		case purpose.Name == "available":
			has = append(has, x.Posted)
		case purpose.Name == "reserved":
			left, err := p.waitsReserved(u, a, x.Posted)
			if err != nil {
				return nil, nil, err
			}
			if !left.IsZero() {
				waits = append(waits, ClosingWait{"reserved", left})
			}
		default:
			waits = append(waits, ClosingWait{purpose.Name, x.Posted})
		}
	}
	if err != nil {
		return nil, nil, err
	}
	debits, err := p.closingDebits(u, a)
	if err != nil {
		return nil, nil, err
	}
	advances, err := p.closingAdvances(u, a)
	return slices.Concat(waits, debits, advances), has, err
}

// closingAdvances lists what the platform has paid for the account and not got back: what
// comes in, or an adjustment at the platform's cost, ends it.
func (p *Platform) closingAdvances(u *ledger.Unit, a *Account) (waits []ClosingWait, err error) {
	err = u.View(func(v ledger.View) error {
		waits = nil
		return eachObject(v, ledger.Query{Kind: advanceKind.Name, Name: "account", Value: a.ID}, func(o ledger.Object) error {
			x, err := advanceKind.Decode(o)
			if err == nil && x.Left().Sign() > 0 {
				waits = append(waits, ClosingWait{"advance", x.Left()})
			}
			return err
		})
	})
	return waits, err
}

// closingDebits lists the debits of the account's bank that are under way: what they bring
// is the account's, though it may owe nothing by now.
func (p *Platform) closingDebits(u *ledger.Unit, a *Account) (waits []ClosingWait, err error) {
	err = u.View(func(v ledger.View) error {
		waits = nil
		return eachObject(v, ledger.Query{Kind: negativeKind.Name, Name: "account", Value: a.ID}, func(o ledger.Object) error {
			n, err := negativeKind.Decode(o)
			if err != nil || n.Debit == "" {
				return err
			}
			list, err := v.Objects(negativeDebitKind.ID(n.Debit))
			if err != nil {
				return err
			}
			d, err := negativeDebitKind.Decode(list[0])
			if err == nil {
				waits = append(waits, ClosingWait{"debit", d.Amount})
			}
			return err
		})
	})
	return waits, err
}

// waitsReserved is what is kept back of an account that is not fixed.
func (p *Platform) waitsReserved(u *ledger.Unit, a *Account, m ledger.Money) (ledger.Money, error) {
	list, err := p.openReserves(u, a.ID, m.Currency())
	return ledger.Minor(m.Minor()-keptBack(list, ReserveFixed), m.Currency()), err
}

// closingExposed lists what may still come of an account's charges: those that may be
// disputed, those whose payment is under way, disputes that are open, and refunds that
// are under way, wait for money, or were refused, so that the buyer is still owed them.
func (p *Platform) closingExposed(u *ledger.Unit, a *Account) (waits []ClosingWait, err error) {
	err = u.View(func(v ledger.View) error {
		waits = nil
		x, err := exposureOf(v, a.ID, u.At())
		if err != nil {
			return err
		}
		for _, one := range x.Currencies {
			waits = append(waits, ClosingWait{"exposure", one.Amount})
		}
		if len(waits) > 0 {
			return nil
		}
		q := ledger.Query{Kind: chargeKind.Name, Name: "account", Value: a.ID, From: (x.On - disputeReach).Time()}
		return eachObject(v, q, func(o ledger.Object) error {
			c, err := chargeKind.Decode(o)
			switch {
			case err != nil:
				return err
			case c.waiting() || c.Status == ChargeAuthorized || c.Status == ChargeScheduled:
				waits = append(waits, ClosingWait{"charge", c.Amount})
			case len(c.Disputed) > 0:
				waits = append(waits, ClosingWait{"dispute", c.Amount})
			case c.Refunding.Sign() > 0:
				waits = append(waits, ClosingWait{"refund", c.Refunding})
			case len(c.Owed) > 0:
				waits = append(waits, ClosingWait{"refund", c.owed()})
			}
			return nil
		})
	})
	return waits, err
}

// freeForClosing frees the fixed reserves of an account that nothing can come for any
// more. What they are is paid at the next look.
func (p *Platform) freeForClosing(u *ledger.Unit, a *Account) (waits []ClosingWait, err error) {
	list, err := p.openReserves(u, a.ID, 0)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.Type != ReserveFixed {
			continue
		}
		waits = append(waits, ClosingWait{"reserved", r.Left()})
		if err := p.freeReserve(u, r, r.Left()); err != nil {
			return nil, err
		}
	}
	return waits, nil
}

// closingRemainder decides about what is left in one currency at the end: it is paid out,
// or waits, below zero, for somebody who bears it. A payout that came back waits until the
// account has another bank.
func (p *Platform) closingRemainder(u *ledger.Unit, a *Account, c *AccountClosing, m ledger.Money) ([]ClosingWait, error) {
	if m.Sign() < 0 {
		return p.closingDebt(u, a, m)
	}
	for _, id := range slices.Backward(c.Payouts) {
		o, err := payoutKind.Get(u, id)
		if err != nil {
			return nil, err
		}
		from := o.Amount
		if !o.From.IsZero() {
			from = o.From
		}
		if from.Currency() != m.Currency() {
			continue
		}
		same := slices.ContainsFunc(a.Banks, func(b BankAccount) bool { return b.Destination == o.Destination })
		if same && (o.Status == payout.Failed || o.Status == payout.Returned) {
			return []ClosingWait{{"payout_failed", m}}, nil
		}
		break
	}
	c.Pays = append(c.Pays, m)
	return nil, nil
}

// closingReturn is how long banks may take to send a payout back that was paid.
const closingReturn = 7 * day

// mayReturn lists the last payouts that banks may still send back.
func (c *AccountClosing) mayReturn(u *ledger.Unit) (waits []ClosingWait, err error) {
	for _, id := range c.Payouts {
		o, err := payoutKind.Get(u, id)
		if err != nil {
			return nil, err
		}
		if o.Status == payout.Paid && u.At().Before(o.PaidAt.Add(closingReturn)) {
			waits = append(waits, ClosingWait{"paid", o.Amount})
		}
	}
	return waits, nil
}

// closingDebt has the platform pay what a closing account owes at the end, where it bears
// that (flow V3 of the chart), whatever its policy waits for otherwise: an account that
// closes earns nothing any more. Not while the account is debited or pays by a plan. What
// the house bears waits until it is paid or written off.
func (p *Platform) closingDebt(u *ledger.Unit, a *Account, m ledger.Money) ([]ClosingWait, error) {
	waits := []ClosingWait{{"owes", m}}
	if a.bearer() != PartyPlatform {
		return waits, nil
	}
	own := p.of(a.ID, "available", m.Currency())
	n, err := negativeKind.Get(u, negativeID(a.ID, m.Currency()))
	switch {
	case errors.Is(err, ledger.NotFound): // it stands since before debts were noted
		return waits, p.noteNegative(u, own, true)
	case err != nil:
		return waits, err
	}
	if n.Debit != "" || n.Plan != "" {
		return waits, nil
	}
	n.Owes, n.Looked, n.Stale = ledger.Minor(-m.Minor(), n.Currency), u.At(), true
	b := &books{u: u, p: p, object: negativeKind.ID(n.ID)}
	n.cover(b, true)
	n.collect(b, own)
	n.Work.Later(u.At()) // Drain ends it
	return waits, p.putNegative(u, n, EventNegativeCollected)
}
