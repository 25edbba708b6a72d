package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// BulkFilter says which charges of the platform are meant: those that are all of what
// it says. The zero value of a field says nothing.
type BulkFilter struct {
	AccountID     string            `json:"account,omitzero"`
	TransferGroup string            `json:"transferGroup,omitzero"`
	From          time.Time         `json:"from,omitzero"` // made at or after
	To            time.Time         `json:"to,omitzero"`   // made before
	Currency      ledger.Currency   `json:"currency,omitzero"`
	Least         ledger.Money      `json:"least,omitzero"` // of at least so much, in that currency
	Largest       ledger.Money      `json:"largest,omitzero"`
	Status        ChargeStatus      `json:"status,omitzero"` // empty: succeeded
	Metadata      map[string]string `json:"metadata,omitzero"`
}

func (f *BulkFilter) check(p *Platform, u *ledger.Unit) error {
	if f.AccountID != "" {
		if err := p.expectAccount(u, f.AccountID); err != nil {
			return err
		}
	}
	if f.Status == "" {
		f.Status = ChargeSucceeded
	}
	if _, ok := chargeLife[f.Status]; !ok {
		return badField("invalid_request", "filter.status", "charges have no such status")
	}
	if !f.To.IsZero() && !f.From.Before(f.To) {
		return badField("invalid_time", "filter.to", "a range ends after it begins")
	}
	if err := checkText("filter.transferGroup", f.TransferGroup, 100); err != nil {
		return err
	}
	for _, x := range []struct {
		field string
		m     ledger.Money
	}{{"filter.least", f.Least}, {"filter.largest", f.Largest}} {
		switch {
		case x.m == ledger.Money{}:
		case x.m.Sign() < 0:
			return badField("invalid_amount", x.field, "charges are of more than zero")
		case !f.Currency.IsZero() && x.m.Currency() != f.Currency:
			return badField("currency_mismatch", x.field, "the charges are in "+f.Currency.String())
		}
		if x.m != (ledger.Money{}) {
			f.Currency = x.m.Currency()
		}
	}
	if f.Least != (ledger.Money{}) && f.Largest != (ledger.Money{}) && f.Least.Currency() != f.Largest.Currency() {
		return badField("currency_mismatch", "filter.largest", "both bounds are in one currency")
	}
	if !f.Currency.IsZero() {
		if err := p.e.checkCurrency("filter.currency", f.Currency, u.At()); err != nil {
			return err
		}
	}
	return checkMetadata(f.Metadata)
}

// query finds the narrowest list of charges, oldest first, before a moment.
func (f *BulkFilter) query(platform string, before time.Time) ledger.Query {
	q := ledger.Query{Kind: chargeKind.Name, Name: "platform", Value: platform, From: f.From, To: before, Limit: bulkPage}
	if !f.To.IsZero() && f.To.Before(before) {
		q.To = f.To
	}
	switch {
	case f.TransferGroup != "":
		q.Name, q.Value = "group", groupID(platform, f.TransferGroup)
	case f.AccountID != "":
		q.Name, q.Value = "account", f.AccountID
	}
	return q
}

// fits tells whether a charge is meant.
func (f *BulkFilter) fits(c *Charge) bool {
	switch {
	case f.AccountID != "" && c.Account != f.AccountID,
		f.TransferGroup != "" && c.TransferGroup != f.TransferGroup,
		c.Status != f.Status,
		!f.Currency.IsZero() && c.Amount.Currency() != f.Currency,
		f.Least != (ledger.Money{}) && c.Amount.Minor() < f.Least.Minor(),
		f.Largest != (ledger.Money{}) && c.Amount.Minor() > f.Largest.Minor():
		return false
	}
	for k, v := range f.Metadata {
		if c.Metadata[k] != v {
			return false
		}
	}
	return true
}
