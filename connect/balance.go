package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Balance is what one owner has, by currency.
type Balance struct {
	Owner      string            `json:"owner"`
	Currencies []CurrencyBalance `json:"currencies"` // in the order of their codes
}

// CurrencyBalance is what one owner has in one currency.
type CurrencyBalance struct {
	Currency    ledger.Currency `json:"currency"`
	Pending     ledger.Money    `json:"pending"`     // earned, not yet available
	Available   ledger.Money    `json:"available"`   // posted; may be negative
	Held        ledger.Money    `json:"held"`        // of Available, set aside for refunds under way
	HeldPending ledger.Money    `json:"heldPending"` // of Pending, likewise
	InTransit   ledger.Money    `json:"inTransit"`   // paid out and not confirmed
	Waiting     ledger.Money    `json:"waiting"`     // shares, or commissions in them, that wait for their release (HeldShare)
	Other       ledger.Money    `json:"other"`       // reserved, frozen and the like
}

// Spendable is what could be paid out or transferred now.
func (b CurrencyBalance) Spendable() ledger.Money {
	free, err := b.Available.Sub(b.Held)
	if err != nil || free.Sign() < 0 {
		return ledger.Zero(b.Currency)
	}
	return free
}

// In returns the balance in a currency, zero if there is none.
func (b *Balance) In(c ledger.Currency) CurrencyBalance {
	for _, x := range b.Currencies {
		if x.Currency == c {
			return x
		}
	}
	return newCurrencyBalance(c)
}

func newCurrencyBalance(c ledger.Currency) CurrencyBalance {
	z := ledger.Zero(c)
	return CurrencyBalance{Currency: c, Pending: z, Available: z, Held: z, HeldPending: z, InTransit: z, Waiting: z, Other: z}
}

// Balance returns what an account of the platform has, or the platform itself
// for its own id or the empty one, at one moment.
func (p *Platform) Balance(ctx context.Context, accountID string) (*Balance, error) {
	owner := p.id
	if accountID != "" && accountID != p.id {
		if _, err := p.GetAccount(ctx, accountID); err != nil {
			return nil, err
		}
		owner = accountID
	}
	b := &Balance{Owner: owner}
	err := p.store.Read(ctx, func(v ledger.View) error {
		b.Currencies = nil
		return ledger.EachAccount(v, ledger.AccountQuery{Book: p.id, Owner: owner, Open: true}, b.add)
	})
	if err != nil {
		return nil, fmt.Errorf("connect: balance: %w", err)
	}
	return b, nil
}

// add puts one account where people look for it.
func (b *Balance) add(a ledger.Account) error {
	purpose, ok := ledger.PurposeOf(a.Purpose)
	if !ok || purpose.Group != ledger.GroupSellers {
		return nil
	}
	i, found := slices.BinarySearchFunc(b.Currencies, a.Currency, func(x CurrencyBalance, c ledger.Currency) int {
		return strings.Compare(x.Currency.String(), c.String())
	})
	if !found {
		b.Currencies = slices.Insert(b.Currencies, i, newCurrencyBalance(a.Currency))
	}
	c := &b.Currencies[i]
	sum, held := &c.Other, new(ledger.Money)
	*held = ledger.Zero(a.Currency)
	switch purpose.Name {
	case "pending":
		sum, held = &c.Pending, &c.HeldPending
	case "available":
		sum, held = &c.Available, &c.Held
	case "in_transit":
		sum = &c.InTransit
	case purposeHeld:
		sum = &c.Waiting
	}
	var err error
	if *sum, err = sum.Add(a.Posted); err != nil {
		return err
	}
	*held, err = held.Add(a.Held)
	return err
}

// TrialBalance adds up the platform's book: zero in every currency.
func (p *Platform) TrialBalance(ctx context.Context) (*ledger.TrialBalance, error) {
	t, err := ledger.NewTrialBalance(ctx, p.store, p.id)
	if err != nil {
		return nil, fmt.Errorf("connect: trial balance: %w", err)
	}
	return t, nil
}

// Statement returns what happened in one account of the platform's book, which
// is the one meant where the request names none.
func (p *Platform) Statement(ctx context.Context, r ledger.StatementRequest) (*ledger.Statement, error) {
	if r.Account.Book == "" {
		r.Account.Book = p.id
	}
	if r.Account.Book != p.id {
		return nil, fmt.Errorf("connect: statement: %w", notFound("account"))
	}
	s, err := ledger.NewStatement(ctx, p.store, r)
	if err != nil {
		return nil, fmt.Errorf("connect: statement: %w", err)
	}
	return s, nil
}

// Events returns up to limit events of the platform after a cursor, oldest
// first, and the cursor to go on from. The empty cursor is the beginning.
// Following the cursor never misses one. limit is 1–1,000; 0 is 100.
func (p *Platform) Events(ctx context.Context, after ledger.Cursor, limit int) (list []ledger.Event, next ledger.Cursor, err error) {
	err = p.store.Read(ctx, func(v ledger.View) (err error) {
		list, next, err = v.Events(after, p.id, limit)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("connect: events: %w", err)
	}
	return list, next, nil
}
