package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// CashSale is a sale that the seller was paid for in cash: the seller holds the
// money, and owes the platform its commission and the taxes in it.
type CashSale struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account"`
	Commission  ledger.Money      `json:"commission"`
	Tax         []Tax             `json:"tax,omitzero"`
	Description string            `json:"description,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (c *CashSale) replay() *bool { return &c.Replayed }

var cashSaleKind = ledger.Kind[CashSale]{
	Name:   "connect.cash_sale",
	Prefix: "cash_",
	Keys: func(c *CashSale) []ledger.Key {
		return []ledger.Key{
			{Name: "platform", Value: c.Platform, At: c.Created}, {Name: "account", Value: c.Account, At: c.Created},
		}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "commission", Path: "commission", Type: ledger.MoneyColumn},
		{Name: "commission_minor", Path: "commission.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "commission.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// CashSaleRequest records a sale paid in cash.
type CashSaleRequest struct {
	Key         string            `json:"-"`
	AccountID   string            `json:"account,omitzero"`
	Commission  ledger.Money      `json:"commission,omitzero"` // what the seller owes the platform; zero or more
	Tax         []Tax             `json:"tax,omitzero"`        // what the seller took for authorities
	Description string            `json:"description,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// RecordCashSale books what a seller owes for a sale paid in cash (flow C12 of
// the chart): it is set off against what they have or will earn, and may take
// them below zero, since they hold the cash already.
func (p *Platform) RecordCashSale(ctx context.Context, r CashSaleRequest) (*CashSale, error) {
	verb := simpleVerb[CashSale]{name: "record cash sale", kind: &cashSaleKind, replayed: (*CashSale).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*CashSale, error) {
		owed, err := p.checkCashSale(u, r)
		if err != nil {
			return nil, err
		}
		if err := p.expectSelling(u, r.AccountID); err != nil {
			return nil, err
		}
		cur := owed.Currency()
		c := &CashSale{
			ID: u.NewID(cashSaleKind.Prefix), Platform: p.id, Account: r.AccountID, Commission: r.Commission,
			Tax: r.Tax, Description: r.Description, Created: u.At(), Metadata: r.Metadata,
		}
		b := &books{u: u, p: p, object: cashSaleKind.ID(c.ID)}
		platform := p.of(p.id, "available", cur)
		b.post("commission", out(p.of(c.Account, "available", cur), owed), in(platform, owed))
		for _, t := range c.Tax {
			b.post("tax collected", out(platform, t.Amount), in(p.of(p.id, "tax/"+t.Authority, cur), t.Amount))
		}
		u.Emit(ledger.Event{Type: EventCashSaleRecorded, Platform: p.id, Object: cashSaleKind.ID(c.ID)})
		return c, cashSaleKind.Put(u, c.ID, c)
	})
}

// checkCashSale returns what is owed in all.
func (p *Platform) checkCashSale(u *ledger.Unit, r CashSaleRequest) (ledger.Money, error) {
	owed := r.Commission
	if _, err := p.expectProfile(u); err != nil {
		return owed, err
	}
	if owed == (ledger.Money{}) || owed.Sign() < 0 {
		return owed, badField("invalid_amount", "commission", "a commission is zero or more of a currency")
	}
	if err := p.e.checkCurrency("commission", owed.Currency(), u.At()); err != nil {
		return owed, err
	}
	tax, err := checkTax(r.Tax, owed.Currency())
	if err != nil {
		return owed, err
	}
	if owed, err = owed.Add(tax); err != nil {
		return owed, badField("amount_too_large", "commission", "commission and taxes do not fit")
	}
	if owed.IsZero() || owed.Minor() > maximum {
		return owed, badField("invalid_amount", "commission", "something is owed, of at most twelve digits")
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return owed, err
	}
	return owed, checkMetadata(r.Metadata)
}

// GetCashSale returns a cash sale of the platform.
func (p *Platform) GetCashSale(ctx context.Context, id string) (*CashSale, error) {
	return get(ctx, p, &cashSaleKind, id, "cash sale", func(c *CashSale) string { return c.Platform })
}
