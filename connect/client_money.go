package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// ClientMoney is the check of a day, in one currency: whether what is at banks, with what
// acquirers still owe, covers what is owed to sellers, the platform, buyers and
// authorities; and whether what is at banks covers the payouts under way.
type ClientMoney struct {
	Currency ledger.Currency `json:"currency"`
	// Held is what banks have for clients, and coins on the chain: on a statement, or told
	// by a rail or an acquirer and not on one yet. Below zero banks have paid out more.
	Held ledger.Money `json:"held"`
	Due  ledger.Money `json:"due"` // what acquirers owe, less what is owed to them
	// Owed is what each owner has in all their accounts, where that is more than nothing:
	// one debtor does not lessen what is owed to the others.
	Owed      ledger.Money `json:"owed"`
	InTransit ledger.Money `json:"inTransit"` // of Owed: what payouts under way have claimed
	Surplus   ledger.Money `json:"surplus"`   // Held and Due less Owed; below zero it is short
	Payable   ledger.Money `json:"payable"`   // Held less InTransit: what a further run may pay; below zero what is missing for that under way
}

// ClientMoneyRequest asks for the check.
type ClientMoneyRequest struct {
	// OwnPlatform leaves the platform's own accounts out: house and platform are one
	// company, which owes itself nothing.
	OwnPlatform bool
}

// ClientMoney makes the two checks that a finance team runs every day (sections 6 and 7
// of the chart), by currency in the order of their codes, at one moment. What is at banks
// is what the books say of them: of statements as far as they were booked. It writes
// nothing, and takes no notice of the book of another platform.
func (p *Platform) ClientMoney(ctx context.Context, r ClientMoneyRequest) ([]*ClientMoney, error) {
	if err := p.may(ctx, "ClientMoney"); err != nil {
		return nil, err
	}
	var c *clientMoney
	err := p.store.Read(ctx, func(v ledger.View) error {
		c = &clientMoney{p: p, r: r}
		if err := ledger.EachAccount(v, ledger.AccountQuery{Book: p.id, Open: true}, c.account); err != nil {
			return err
		}
		return c.end()
	})
	if err != nil {
		return nil, fmt.Errorf("connect: client money: %w", err)
	}
	return c.list, nil
}

// clientMoney adds up accounts, which come owner by owner.
type clientMoney struct {
	p     *Platform
	r     ClientMoneyRequest
	list  []*ClientMoney
	owner string
	has   []ledger.Money // the owner's, by currency
}

func (c *clientMoney) in(cur ledger.Currency) *ClientMoney {
	i, found := slices.BinarySearchFunc(c.list, cur, func(x *ClientMoney, cur ledger.Currency) int {
		return strings.Compare(x.Currency.String(), cur.String())
	})
	if !found {
		zero := ledger.Zero(cur)
		c.list = slices.Insert(c.list, i, &ClientMoney{Currency: cur, Held: zero, Due: zero, Owed: zero, InTransit: zero, Surplus: zero, Payable: zero})
	}
	return c.list[i]
}

func (c *clientMoney) account(a ledger.Account) error {
	purpose, ok := ledger.PurposeOf(a.Purpose)
	if !ok || a.Posted.IsZero() {
		return nil
	}
	if a.Owner != c.owner {
		if err := c.settle(); err != nil {
			return err
		}
		c.owner = a.Owner
	}
	x := c.in(a.Currency)
	var err error
	switch purpose.Name {
	case "bank", "bank_clearing", "wallet":
		x.Held, err = x.Held.Sub(a.Posted)
		return err
	case "acquirer":
		x.Due, err = x.Due.Sub(a.Posted)
		return err
	}
	switch purpose.Group {
	case ledger.GroupSellers, ledger.GroupBuyers:
		if purpose.Name == "in_transit" {
			if x.InTransit, err = x.InTransit.Add(a.Posted); err != nil {
				return err
			}
		}
		if c.r.OwnPlatform && a.Owner == c.p.id {
			return nil
		}
		i := slices.IndexFunc(c.has, func(m ledger.Money) bool { return m.Currency() == a.Currency })
		if i < 0 {
			c.has = append(c.has, a.Posted)
			return nil
		}
		c.has[i], err = c.has[i].Add(a.Posted)
	case ledger.GroupTax: // each authority is owed its own
		err = x.owes(a.Posted)
	}
	return err
}

// settle ends an owner.
func (c *clientMoney) settle() error {
	for _, m := range c.has {
		if err := c.in(m.Currency()).owes(m); err != nil {
			return err
		}
	}
	c.has = c.has[:0]
	return nil
}

func (x *ClientMoney) owes(m ledger.Money) (err error) {
	if m.Sign() > 0 {
		x.Owed, err = x.Owed.Add(m)
	}
	return err
}

func (c *clientMoney) end() error {
	if err := c.settle(); err != nil {
		return err
	}
	for _, x := range c.list {
		all, err := x.Held.Add(x.Due)
		if err == nil {
			x.Surplus, err = all.Sub(x.Owed)
		}
		if err == nil {
			x.Payable, err = x.Held.Sub(x.InTransit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
