package connect

import (
	"cmp"
	"errors"
	"slices"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// facts gathers what rules see of a charge or transfer. What is costly to find out is
// looked up only where one of them uses it.
type facts struct {
	u     *ledger.Unit
	p     *Platform
	rules []compliance.Rule
	of    compliance.Payment
}

// uses reports whether any rule looks at one of some facts.
func (f *facts) uses(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return compliance.Uses(f.rules, name) })
}

// chargeFacts are what is known of a new charge, priced by now. The amount is what the
// buyer pays; of a charge that is one of several of a payment, all that they pay.
func (p *Platform) chargeFacts(u *ledger.Unit, prof *Profile, rules []compliance.Rule, r *ChargeRequest, c *Charge) (*compliance.Payment, error) {
	f := &facts{u: u, p: p, rules: rules, of: c.payment()}
	f.of.PlatformMetadata, f.of.Rates = prof.Metadata, r.ruleRates
	if r.ofWhole.Sign() > 0 {
		f.of.Amount = r.ofWhole
	}
	if asked := r.Facts; asked != nil {
		f.of.Card, f.of.Buyer, f.of.Billing, f.of.Shipping = asked.Card, asked.Buyer, asked.Billing, asked.Shipping
		f.of.Host, f.of.Auth.Secure = asked.Host, asked.Secure
	}
	f.of.Buyer.Customer, f.of.Buyer.Country = cmp.Or(c.Customer, f.of.Buyer.Customer), cmp.Or(f.of.Buyer.Country, c.BuyerCountry, r.BuyerCountry)
	if c.Customer == "" {
		if err := p.notForgotten(u, f.of.Buyer.Customer); err != nil {
			return nil, err
		}
	}
	if err := f.source(c); err != nil {
		return nil, err
	}
	if err := f.buyer(c); err != nil {
		return nil, err
	}
	return f.done(c.Account, c.Amount.Currency())
}

// payment is what a charge itself says to rules.
func (c *Charge) payment() compliance.Payment {
	p := compliance.Payment{
		ID: c.ID, Platform: c.Platform, Kind: compliance.ChargePayment, At: c.Created, Amount: c.whole(), Fee: c.ApplicationFee,
		Method: cmp.Or(c.Method, pricing.Card), Category: c.Category, Description: c.Description, TransferGroup: c.TransferGroup,
		OnBehalfOf: c.OnBehalfOf, Direct: compliance.TruthOf(c.Direct), Metadata: c.Metadata,
	}
	p.Buyer.Customer, p.Buyer.Country, p.Seller.ID = c.Customer, c.BuyerCountry, c.Account
	p.Auth.OffSession = compliance.TruthOf(c.Initiation.absent())
	p.Auth.Recurring = compliance.TruthOf(c.Initiation != nil && c.Initiation.By == Recurring)
	p.Lines = make([]compliance.PaymentLine, 0, len(c.Lines))
	for i := range c.Lines {
		p.Lines = append(p.Lines, compliance.PaymentLine{Category: c.Lines[i].Category, Seller: c.Lines[i].Owner})
	}
	return p
}

// payment is what a transfer itself says to rules.
func (t *Transfer) payment() compliance.Payment {
	p := compliance.Payment{
		ID: t.ID, Platform: t.Platform, Kind: compliance.TransferPayment, At: t.Created, Amount: t.Amount, Description: t.Description,
		TransferGroup: t.TransferGroup, From: t.From, Metadata: t.Metadata,
	}
	p.Seller.ID = t.To
	return p
}

// transferFacts are what is known of a new transfer. Its seller is who gets it.
func (p *Platform) transferFacts(u *ledger.Unit, prof *Profile, rules []compliance.Rule, r *TransferRequest, t *Transfer) (*compliance.Payment, error) {
	f := &facts{u: u, p: p, rules: rules, of: t.payment()}
	f.of.PlatformMetadata, f.of.Rates = prof.Metadata, r.ruleRates
	return f.done(t.To, t.Amount.Currency())
}

// source fills what is known of a saved source.
func (f *facts) source(c *Charge) error {
	if c.SavedSource == "" {
		return nil
	}
	s, err := f.p.savedSource(f.u, c.SavedSource)
	if err != nil {
		return err
	}
	k, d := &f.of.Card, &s.Details
	k.Brand, k.Last4 = cmp.Or(k.Brand, d.Brand), cmp.Or(k.Last4, d.Last4)
	k.Fingerprint, k.Country = cmp.Or(k.Fingerprint, d.Fingerprint), cmp.Or(k.Country, d.Country)
	if !k.New.Known() {
		k.New = compliance.False
	}
	return nil
}

// buyer fills what is known of the customer.
func (f *facts) buyer(c *Charge) error {
	if c.Customer == "" || !f.uses("customer.metadata", "email", "email.domain", "buyer.name") {
		return nil
	}
	k, err := f.p.customer(f.u, c.Customer)
	if err != nil {
		return err
	}
	f.of.BuyerMetadata = k.Metadata
	f.of.Buyer.Email, f.of.Buyer.Name = cmp.Or(f.of.Buyer.Email, k.Email), cmp.Or(f.of.Buyer.Name, k.Name)
	return nil
}

// mostExposing is how many of a seller's charges are looked through for what buyers may
// still dispute of them; of more it is missing.
const mostExposing = 10_000

// exposure finds out what buyers may still dispute of the seller's charges in a currency.
func (f *facts) exposure(seller string, c ledger.Currency) error {
	return f.u.View(func(v ledger.View) error {
		f.of.Seller.Exposure = ledger.Money{}
		x, err := exposureWithin(v, seller, f.u.At(), mostExposing)
		if errors.Is(err, errTooMany) {
			return nil
		}
		if err == nil {
			f.of.Seller.Exposure = x.In(c).Amount
		}
		return err
	})
}

// done fills what is known of the seller: an account, the platform itself (of whom
// nothing but the id is), or nobody. What buyers may still dispute (Exposure) is in the
// currency in which the payment settles.
func (f *facts) done(seller string, settles ledger.Currency) (*compliance.Payment, error) {
	f.of.Counter = &counter{f.u, f.p}
	if f.of.Seller.ID = seller; seller == "" || seller == f.p.id {
		return &f.of, nil
	}
	if !f.uses("seller.country", "seller.countries", "seller.currencies", "seller.type", "seller.age", "seller.age_days",
		"seller.verified", "seller.short", "seller.metadata", "seller.exposure", "seller.bank_sharers") {
		return &f.of, nil
	}
	a, err := f.p.account(f.u, seller)
	if err != nil {
		return nil, err
	}
	s := &f.of.Seller
	s.Country, s.Type, s.Created, s.Currencies = a.Country, string(a.Type), a.Created, a.settles()
	f.of.SellerMetadata = a.Metadata
	if f.uses("seller.verified") {
		ent, err := compliance.Kind.Get(f.u, a.Entity)
		if err != nil {
			return nil, err
		}
		s.Verified = compliance.TruthOf(len(ent.Missing()) == 0)
	}
	if f.uses("seller.bank_sharers") {
		if err := f.u.View(func(v ledger.View) (err error) {
			s.BankSharers, err = bankSharers(v, a)
			return err
		}); err != nil {
			return nil, err
		}
	}
	if f.uses("seller.exposure") {
		if err := f.exposure(seller, settles); err != nil {
			return nil, err
		}
	}
	if f.uses("seller.short") {
		return &f.of, f.short(seller)
	}
	return &f.of, nil
}

// short finds out whether anything that is available to the seller is below zero.
func (f *facts) short(seller string) error {
	f.of.Seller.Short = compliance.False
	return f.u.View(func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: f.p.id, Owner: seller, Purpose: "available"}, func(a ledger.Account) error {
			if a.Posted.Sign() < 0 {
				f.of.Seller.Short = compliance.True
			}
			return nil
		})
	})
}
