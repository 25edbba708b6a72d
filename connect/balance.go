package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Balance is what one owner has, by currency.
type Balance struct {
	Owner      string            `json:"owner"`
	Currencies []CurrencyBalance `json:"currencies"` // in the order of their codes
	// LossesBearer is who bears what an account owes and does not pay
	// (Account.LossesBearer); of the platform's own it is the house.
	LossesBearer Party `json:"lossesBearer"`
	// At is the moment that it was asked for; zero is now.
	At time.Time `json:"at,omitzero"`
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
	Other       ledger.Money    `json:"other"`       // reserved, frozen and the like: the four below, and the host's own purposes

	Reserved  ledger.Money `json:"reserved"`  // kept back against what may come
	Cover     ledger.Money `json:"cover"`     // of a platform: stands behind its sellers' negative balances
	Frozen    ledger.Money `json:"frozen"`    // blocked by law
	Unclaimed ledger.Money `json:"unclaimed"` // since the owner is not to be reached
	// Owed is what is owed to the owner in all: the purposes that are above zero.
	// Negative is what the owner owes: those below zero, as a positive amount.
	Owed     ledger.Money `json:"owed"`
	Negative ledger.Money `json:"negative"`
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
	return CurrencyBalance{
		Currency: c, Pending: z, Available: z, Held: z, HeldPending: z, InTransit: z, Waiting: z, Other: z,
		Reserved: z, Cover: z, Frozen: z, Unclaimed: z, Owed: z, Negative: z,
	}
}

// Balance returns what an account of the platform has, or the platform itself
// for its own id or the empty one, at one moment. BalanceAt is the same of the past.
func (p *Platform) Balance(ctx context.Context, accountID string) (*Balance, error) {
	if err := p.may(ctx, "Balance"); err != nil {
		return nil, err
	}
	b, err := p.emptyBalance(ctx, accountID)
	if err != nil {
		return nil, err
	}
	err = p.store.Read(ctx, func(v ledger.View) error {
		b.Currencies = nil
		return ledger.EachAccount(v, ledger.AccountQuery{Book: p.id, Owner: b.Owner, Open: true}, b.add)
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
	return b.Currencies[i].add(purpose.Name, a)
}

// add counts one account of the purpose.
func (c *CurrencyBalance) add(purpose string, a ledger.Account) error {
	sums, held := []*ledger.Money{&c.Other}, new(ledger.Money)
	*held = ledger.Zero(a.Currency)
	switch purpose {
	case "pending":
		sums[0], held = &c.Pending, &c.HeldPending
	case "available":
		sums[0], held = &c.Available, &c.Held
	case "in_transit":
		sums[0] = &c.InTransit
	case purposeHeld:
		sums[0] = &c.Waiting
	case "reserved":
		sums = append(sums, &c.Reserved)
	case "cover":
		sums = append(sums, &c.Cover)
	case "frozen":
		sums = append(sums, &c.Frozen)
	case "unclaimed":
		sums = append(sums, &c.Unclaimed)
	}
	for _, sum := range sums {
		var err error
		if *sum, err = sum.Add(a.Posted); err != nil {
			return err
		}
	}
	owes, err := &c.Owed, error(nil)
	if a.Posted.Sign() < 0 {
		owes = &c.Negative
		*owes, err = owes.Sub(a.Posted)
	} else {
		*owes, err = owes.Add(a.Posted)
	}
	if err != nil {
		return err
	}
	*held, err = held.Add(a.Held)
	return err
}

// TrialBalance adds up the platform's book: zero in every currency.
func (p *Platform) TrialBalance(ctx context.Context) (*ledger.TrialBalance, error) {
	if err := p.may(ctx, "TrialBalance"); err != nil {
		return nil, err
	}
	t, err := ledger.NewTrialBalance(ctx, p.store, p.id)
	if err != nil {
		return nil, fmt.Errorf("connect: trial balance: %w", err)
	}
	return t, nil
}

// Statement returns what happened in one account of the platform's book, which
// is the one meant where the request names none.
func (p *Platform) Statement(ctx context.Context, r ledger.StatementRequest) (*ledger.Statement, error) {
	if err := p.may(ctx, "Statement"); err != nil {
		return nil, err
	}
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
	if err := p.may(ctx, "Events"); err != nil {
		return nil, "", err
	}
	err = p.store.Read(ctx, func(v ledger.View) (err error) {
		list, next, err = v.Events(after, p.id, limit)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("connect: events: %w", err)
	}
	return p.on.toldOf(list), next, nil
}
