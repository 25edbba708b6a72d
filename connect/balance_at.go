package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// BalanceAt returns what an account of the platform, or the platform itself, had
// once all that was posted at or before a moment was. What was set aside for refunds
// under way is not told of the past. A moment that lies in what was moved to an
// archive is refused: State, period_archived.
//
// It reads what the owner's accounts have now, and one balance for each that was
// posted to since.
func (p *Platform) BalanceAt(ctx context.Context, accountID string, at time.Time) (*Balance, error) {
	if err := p.may(ctx, "BalanceAt"); err != nil {
		return nil, err
	}
	if at.IsZero() {
		return nil, fmt.Errorf("connect: balance: %w", badField("invalid_time", "at", "it is the moment of which the balance is"))
	}
	b, err := p.emptyBalance(ctx, accountID)
	if err != nil {
		return nil, err
	}
	b.At = ledger.AskedTime(at)
	err = p.store.Read(ctx, func(v ledger.View) error {
		b.Currencies = nil
		return accountsAt(v, ledger.AccountQuery{Book: p.id, Owner: b.Owner}, b.At, b.add)
	})
	if err != nil {
		return nil, fmt.Errorf("connect: balance: %w", err)
	}
	return b, nil
}

// emptyBalance names the owner, who is of this platform.
func (p *Platform) emptyBalance(ctx context.Context, accountID string) (*Balance, error) {
	if err := p.bindOwner(&accountID); err != nil {
		return nil, fmt.Errorf("connect: balance: %w", err)
	}
	if accountID == "" || accountID == p.id {
		return &Balance{Owner: p.id, LossesBearer: PartyHouse}, nil
	}
	a, err := p.owned(ctx, accountID)
	if err != nil {
		return nil, fmt.Errorf("connect: account: %w", err)
	}
	b := &Balance{Owner: a.ID, LossesBearer: a.LossesBearer}
	if b.LossesBearer == "" {
		b.LossesBearer = PartyPlatform
	}
	return b, nil
}

// accountsAt calls fn with every account of a query as it was at a moment: what it
// held, without its holds. One that was empty then is left out.
func accountsAt(v ledger.View, q ledger.AccountQuery, at time.Time, fn func(ledger.Account) error) error {
	return ledger.EachAccount(v, q, func(a ledger.Account) error {
		a.Held = ledger.Zero(a.Currency)
		if a.Entries > 0 && a.Last.After(at) {
			var err error
			if a.Posted, err = v.BalanceAt(a.Ref, at); err != nil {
				return err
			}
		}
		if a.Posted.IsZero() {
			return nil
		}
		return fn(a)
	})
}
