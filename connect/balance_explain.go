package connect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// BalanceExplanation says what an owner's balance in one currency comes from: what all
// balance transactions of each type came to.
type BalanceExplanation struct {
	Owner    string          `json:"owner"`
	Currency ledger.Currency `json:"currency"`
	Parts    []BalancePart   `json:"parts,omitzero"` // by category, then by type
	Archived ledger.Money    `json:"archived"`       // what was moved to an archive came to
	Has      ledger.Money    `json:"has"`            // pending, available and held
	// Unexplained is what Has is more than all of that. It is zero, or something is
	// wrong.
	Unexplained ledger.Money `json:"unexplained"`
}

// BalancePart is what the balance transactions of one type came to.
type BalancePart struct {
	Category ReportingCategory      `json:"reportingCategory"`
	Type     BalanceTransactionType `json:"type"`
	Count    int                    `json:"count"`
	Amount   ledger.Money           `json:"amount"`
	Fee      ledger.Money           `json:"fee"`
	Net      ledger.Money           `json:"net"`
}

// ExplainBalance says what an account's balances come from, or the platform's own for
// its id or the empty one, by currency. Unlike a page of the list it reads all of them,
// at one moment.
func (p *Platform) ExplainBalance(ctx context.Context, accountID string) ([]*BalanceExplanation, error) {
	if err := p.may(ctx, "ExplainBalance"); err != nil {
		return nil, err
	}
	b, err := p.emptyBalance(ctx, accountID)
	if err != nil {
		return nil, err
	}
	var list []*BalanceExplanation
	err = p.store.Read(ctx, func(v ledger.View) error {
		list = nil
		return ledger.EachAccount(v, ledger.AccountQuery{Book: p.id, Owner: b.Owner}, func(a ledger.Account) error {
			purpose, ok := ledger.PurposeOf(a.Purpose)
			if !ok || purpose.Group != ledger.GroupSellers {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			return p.explainAccount(v, &list, a, counted(purpose.Name))
		})
	})
	if err == nil {
		for _, x := range list {
			if err = x.end(); err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("connect: explain balance: %w", err)
	}
	return list, nil
}

func (p *Platform) explainAccount(v ledger.View, list *[]*BalanceExplanation, a ledger.Account, counts bool) error {
	i, found := slices.BinarySearchFunc(*list, a.Currency, func(x *BalanceExplanation, c ledger.Currency) int {
		return strings.Compare(x.Currency.String(), c.String())
	})
	if !found {
		zero := ledger.Zero(a.Currency)
		*list = slices.Insert(*list, i, &BalanceExplanation{Owner: a.Owner, Currency: a.Currency, Archived: zero, Has: zero, Unexplained: zero})
	}
	x := (*list)[i]
	if counts {
		c, err := v.Carried(a.Ref)
		if err == nil && c.Entries > 0 {
			x.Archived, err = x.Archived.Add(c.Balance)
		}
		if err == nil {
			x.Has, err = x.Has.Add(a.Posted)
		}
		if err != nil {
			return err
		}
	}
	var page []*BalanceTransaction
	flush := func() error { // what sources say, for many at once
		err := p.tellSources(v, page)
		for _, l := range page {
			if err == nil {
				err = x.add(l)
			}
		}
		page = page[:0]
		return err
	}
	err := eachLine(v, a, func(l *BalanceTransaction) error {
		if l.Type == TypeMove {
			return nil
		}
		if page = append(page, l); len(page) < ledger.MaxPage {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

func (x *BalanceExplanation) add(l *BalanceTransaction) error {
	zero := ledger.Zero(x.Currency)
	part := BalancePart{Category: l.Category, Type: l.Type, Amount: zero, Fee: zero, Net: zero}
	i, found := slices.BinarySearchFunc(x.Parts, part, func(a, b BalancePart) int {
		return cmp.Or(strings.Compare(string(a.Category), string(b.Category)), strings.Compare(string(a.Type), string(b.Type)))
	})
	if !found {
		x.Parts = slices.Insert(x.Parts, i, part)
	}
	is := &x.Parts[i]
	is.Count++
	var err error
	if is.Amount, err = is.Amount.Add(l.Amount); err == nil {
		is.Fee, err = is.Fee.Add(l.Fee)
	}
	if err == nil {
		is.Net, err = is.Net.Add(l.Net)
	}
	return err
}

// end finds what is not explained.
func (x *BalanceExplanation) end() error {
	left, err := x.Has.Sub(x.Archived)
	for _, part := range x.Parts {
		if err == nil {
			left, err = left.Sub(part.Net)
		}
	}
	x.Unexplained = left
	return err
}
