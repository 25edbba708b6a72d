package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Position is who owes what in a platform's books, in one currency. All are zero or
// more but Bridges and House, which may be either.
type Position struct {
	Currency ledger.Currency `json:"currency"`

	OwedToAccounts ledger.Money `json:"owedToAccounts"` // to sellers, whatever the purpose
	OwedByAccounts ledger.Money `json:"owedByAccounts"` // by sellers who are below zero
	OwedToPlatform ledger.Money `json:"owedToPlatform"`
	OwedByPlatform ledger.Money `json:"owedByPlatform"`
	OwedToBuyers   ledger.Money `json:"owedToBuyers"` // store credit, vouchers, what was received and not applied
	OwedToTax      ledger.Money `json:"owedToTax"`    // to authorities
	OwedByTax      ledger.Money `json:"owedByTax"`    // by them: more was given back than was collected
	WithOthers     ledger.Money `json:"withOthers"`   // what acquirers, banks and wallets hold
	OwedToOthers   ledger.Money `json:"owedToOthers"` // and what is owed to them
	Bridges        ledger.Money `json:"bridges"`      // disputes, advances and what nobody knows yet, as the chart signs them
	House          ledger.Money `json:"house"`        // what the house earned, own funds and positions in currencies, likewise
	Unlisted       ledger.Money `json:"unlisted"`     // purposes of the host's own, likewise
}

// Sum is zero, or the books are wrong: what is owed to somebody, and what was earned,
// less what others owe.
func (x *Position) Sum() ledger.Money {
	m := ledger.Zero(x.Currency)
	for _, in := range []ledger.Money{x.OwedToAccounts, x.OwedToPlatform, x.OwedToBuyers, x.OwedToTax, x.OwedToOthers, x.Bridges, x.House, x.Unlisted} {
		m = sum(m, in)
	}
	for _, by := range []ledger.Money{x.OwedByAccounts, x.OwedByPlatform, x.OwedByTax, x.WithOthers} {
		m = minus(m, by)
	}
	return m
}

// Position says who owes what to whom by currency, in the order of their codes: now, or
// with a time once all that was posted by then was. A seller who is below zero in one
// account and above it in another owes the one and is owed the other.
func (p *Platform) Position(ctx context.Context, at time.Time) ([]*Position, error) {
	if err := p.may(ctx, "Position"); err != nil {
		return nil, err
	}
	var list []*Position
	err := p.store.Read(ctx, func(v ledger.View) error {
		list = nil
		add := func(a ledger.Account) error { return p.addPosition(&list, a) }
		if at.IsZero() {
			return ledger.EachAccount(v, ledger.AccountQuery{Book: p.id, Open: true}, add)
		}
		return accountsAt(v, ledger.AccountQuery{Book: p.id}, ledger.AskedTime(at), add)
	})
	if err != nil {
		return nil, fmt.Errorf("connect: position: %w", err)
	}
	return list, nil
}

func (p *Platform) addPosition(list *[]*Position, a ledger.Account) error {
	purpose, ok := ledger.PurposeOf(a.Purpose)
	if a.Posted.IsZero() || ok && purpose.Group == ledger.GroupAllowances {
		return nil
	}
	i, found := slices.BinarySearchFunc(*list, a.Currency, func(x *Position, c ledger.Currency) int {
		return strings.Compare(x.Currency.String(), c.String())
	})
	if !found {
		x := &Position{Currency: a.Currency}
		for _, m := range []*ledger.Money{
			&x.OwedToAccounts, &x.OwedByAccounts, &x.OwedToPlatform, &x.OwedByPlatform, &x.OwedToBuyers, &x.OwedToTax, &x.OwedByTax,
			&x.WithOthers, &x.OwedToOthers, &x.Bridges, &x.House, &x.Unlisted,
		} {
			*m = ledger.Zero(a.Currency)
		}
		*list = slices.Insert(*list, i, x)
	}
	to, by := (*list)[i].sides(purpose.Group, a.Owner == p.id)
	var err error
	if by != nil && a.Posted.Sign() < 0 {
		*by, err = by.Sub(a.Posted)
	} else {
		*to, err = to.Add(a.Posted)
	}
	return err
}

// sides are where amounts above and below zero of a group of purposes are counted; by
// is nil where both are together.
func (x *Position) sides(group string, platform bool) (to, by *ledger.Money) {
	switch group {
	case ledger.GroupSellers:
		if platform {
			return &x.OwedToPlatform, &x.OwedByPlatform
		}
		return &x.OwedToAccounts, &x.OwedByAccounts
	case ledger.GroupBuyers:
		return &x.OwedToBuyers, nil
	case ledger.GroupTax:
		return &x.OwedToTax, &x.OwedByTax
	case ledger.GroupOthersHold:
		return &x.OwedToOthers, &x.WithOthers
	case ledger.GroupBridges:
		return &x.Bridges, nil
	case ledger.GroupResult, ledger.GroupPositions:
		return &x.House, nil
	}
	return &x.Unlisted, nil
}
