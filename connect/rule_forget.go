package connect

import (
	"context"
	"errors"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Bounds of the work of one look at a customer who was deleted: facts that are
// forgotten in one commit, and commits.
const (
	forgetPage  = 100
	forgetPages = 20
)

// customerWorker lets Drain forget what rules were told of customers who were deleted.
func (e *Engine) customerWorker() ledger.Worker {
	return ledger.Worker{Kind: customerKind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		k, err := customerKind.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, k.Platform)
		if err != nil {
			return err
		}
		for range forgetPages {
			more, err := p.forgetFacts(ctx, k.ID)
			if err != nil || !more {
				return err
			}
		}
		return nil
	}}
}

// forgetFacts forgets a page of what rules were told of a customer. What is forgotten is
// not found by the customer any more, so the next page begins where this one ended. A
// charge expects its customer unchanged, and so do facts that name one, so none comes
// after the deletion.
func (p *Platform) forgetFacts(ctx context.Context, id string) (more bool, err error) {
	_, err = p.nobody().unit(ctx, func(u *ledger.Unit) error {
		more = false
		k, err := customerKind.Get(u, id)
		if err != nil || !k.Work.Open() {
			return err
		}
		list, err := u.Find(ledger.Query{Kind: decidedKind.Name, Name: "customer", Value: countKey(p.id, id), Limit: forgetPage})
		if err != nil {
			return err
		}
		for _, o := range list {
			d, err := decidedKind.Get(u, o.ID.ID)
			if err != nil {
				return err
			}
			d.forget()
			if err := decidedKind.Put(u, o.ID.ID, d); err != nil {
				return err
			}
		}
		if more = len(list) == forgetPage; more {
			return nil
		}
		k.Work.Done()
		return customerKind.Put(u, k.ID, k)
	})
	return more, err
}

// forget drops what says who the buyer is. The card's fingerprint stays, as it does of
// a saved source: who is deleted must not be able to begin again with a card that was
// counted. So do countries, and what the charge says itself.
func (d *decided) forget() {
	p := &d.Payment
	p.Buyer = compliance.Buyer{Country: p.Buyer.Country, IPCountry: p.Buyer.IPCountry}
	p.Billing, p.Shipping = compliance.Address{Country: p.Billing.Country}, compliance.Address{Country: p.Shipping.Country}
	p.Card.BIN, p.Card.Last4 = "", ""
	p.BuyerMetadata, p.Host = nil, nil
}

// notForgotten refuses facts of a customer of the platform who was deleted, where the
// charge itself has none: nobody would forget them. The customer is expected unchanged.
// Facts may name a buyer as the host does.
func (p *Platform) notForgotten(u *ledger.Unit, customer string) error {
	if !customerKind.Fits(customer) {
		return nil
	}
	k, err := customerKind.Get(u, customer)
	switch {
	case errors.Is(err, ledger.NotFound):
		return nil
	case err != nil:
		return err
	case k.Platform == p.id && !k.Deleted.IsZero():
		return badState("customer_deleted", "facts.buyer.customer", "the customer was deleted")
	}
	return nil
}
