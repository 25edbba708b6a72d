package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// disclosed returns what a platform sees of an object of a connected account: all of what it
// has made there, and of the rest how much, when and what. Bank details, customers,
// commissions and names of other platforms are in none of it.
func disclosed[T any](ctx context.Context, p *Platform, o *T) (*T, error) {
	if !p.on.connected() || o == nil {
		return o, nil
	}
	var x any
	switch o := any(o).(type) {
	case *Account:
		x = &Account{
			ID: o.ID, Country: o.Country, Type: o.Type, Email: o.Email, Currency: o.Currency, Descriptor: o.Descriptor,
			Created: o.Created, Closed: o.Closed, Replayed: o.Replayed,
		}
	case *Charge:
		if o.Via == p.on.as {
			return any(o).(*T), nil
		}
		x = &Charge{ID: o.ID, Account: o.Account, Amount: o.Amount, Refunded: o.Refunded, Status: o.Status, Created: o.Created, Settled: o.Settled}
	case *Refund:
		if o.Via == p.on.as {
			return any(o).(*T), nil
		}
		x = &Refund{ID: o.ID, Account: o.Account, Charge: o.Charge, Amount: o.Amount, Status: o.Status, Created: o.Created, Settled: o.Settled}
	case *Dispute:
		made, err := p.made(ctx, chargeKind.ID(o.Charge))
		if err != nil || made {
			return any(o).(*T), err
		}
		x = &Dispute{ID: o.ID, Account: o.Account, Charge: o.Charge, Amount: o.Amount, Status: o.Status, DueBy: o.DueBy, Created: o.Created, Decided: o.Decided}
	case *Transfer:
		x = &Transfer{ID: o.ID, Amount: o.Amount, Created: o.Created}
	case *payout.Payout:
		x = &payout.Payout{ID: o.ID, Owner: o.Owner, Amount: o.Amount, Status: o.Status, Arrival: o.Arrival, Created: o.Created, PaidAt: o.PaidAt, ReturnedAt: o.ReturnedAt, Replayed: o.Replayed}
	case *BalanceTransaction:
		made, err := p.made(ctx, o.Source)
		if err != nil || made {
			return any(o).(*T), err
		}
		x = &BalanceTransaction{
			ID: o.ID, Owner: o.Owner, Type: o.Type, Category: o.Category, Currency: o.Currency, Amount: o.Amount,
			Available: o.Available, Pending: o.Pending, Source: o.Source, Created: o.Created,
		}
	case *Capture, *Cancellation, *Increase, *DisputeAnswer: // answers to what the platform itself asks, of its own charges
		return any(o).(*T), nil
	default:
		return nil, &ledger.Error{Class: ledger.Forbidden, Code: "scope_missing", Field: "scope", Msg: "a connection does not show that"}
	}
	return x.(*T), nil
}

// made tells whether the platform has made an object, or the charge that it is of.
func (p *Platform) made(ctx context.Context, id ledger.ID) (bool, error) {
	switch id.Kind {
	case chargeKind.Name:
		c, err := chargeKind.Read(ctx, p.store, id.ID)
		return err == nil && c.Via == p.on.as, err
	case refundKind.Name:
		r, err := refundKind.Read(ctx, p.store, id.ID)
		return err == nil && r.Via == p.on.as, err
	case disputeKind.Name:
		d, err := disputeKind.Read(ctx, p.store, id.ID)
		if err != nil {
			return false, err
		}
		return p.made(ctx, chargeKind.ID(d.Charge))
	}
	return false, nil
}

// toldOf returns what a connection shows of events: what happened to which object of the
// account that it opens.
func (a *acting) toldOf(list []ledger.Event) []ledger.Event {
	if !a.connected() {
		return list
	}
	var told []ledger.Event
	for _, e := range list {
		switch e.Object.Kind {
		case chargeKind.Name, refundKind.Name, disputeKind.Name, transferKind.Name, payoutKind.Name:
		case accountKind.Name:
			if e.Object.ID != a.account || e.Type != EventAccountUpdated && e.Type != EventBalanceAvailable {
				continue
			}
		default:
			continue
		}
		e.Data = nil
		told = append(told, e)
	}
	return told
}
