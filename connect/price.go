package connect

import (
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// checkPricing refuses what a price list cannot be asked.
func checkPricing(r *ChargeRequest, share ledger.Money) error {
	switch {
	case r.NoFee && r.ApplicationFee.Sign() > 0:
		return badField("invalid_request", "noFee", "a commission is stated, too")
	case r.Category != "" && !pricing.Word(r.Category):
		return badField("invalid_category", "category", "a category is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case r.Method != "" && !pricing.Word(r.Method):
		return badField("invalid_method", "method", "a method is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	for _, part := range []struct {
		field  string
		amount ledger.Money
	}{{"priceOf", r.PriceOf}, {"total", r.Total}} {
		if err := checkPart(part.amount, r.Amount, part.field); err != nil {
			return err
		}
	}
	if _, err := checkTax(r.FeeTax, r.Amount.Currency()); err != nil {
		return inField("feeTax", err)
	}
	if r.PriceOf != (ledger.Money{}) && (r.PriceOf.IsZero() || r.PriceOf.Minor() > share.Minor()) {
		return badField("invalid_amount", "priceOf", "it is more than zero and at most the amount less taxes")
	}
	return nil
}

// priceCharge puts the prices on a new charge: the commission, unless it was
// stated, and the service fee, which the buyer pays on top.
func (p *Platform) priceCharge(u *ledger.Unit, prof *Profile, r *ChargeRequest, c *Charge) error {
	if c.Account != "" && prof.Prices != nil {
		if err := p.priceSale(u, prof, r, c); err != nil {
			return err
		}
	}
	if err := p.taxFee(u, prof, r, c); err != nil {
		return err
	}
	if err := c.checkFee(); err != nil {
		return err
	}
	if r.Total != (ledger.Money{}) && r.Total != c.Amount {
		return badState("price_changed", "total", "the buyer would pay "+c.Amount.String()+" in all, not "+r.Total.String())
	}
	return nil
}

func (p *Platform) priceSale(u *ledger.Unit, prof *Profile, r *ChargeRequest, c *Charge) error {
	share := c.share()
	s, err := p.saleOf(u, prof, r)
	if err != nil {
		return err
	}
	if s.Amount, s.Of = c.Amount, share; r.PriceOf != (ledger.Money{}) {
		s.Of = r.PriceOf
	} else if r.laid != nil {
		s.Of = r.laid.base()
	}
	if r.laid != nil {
		err = p.priceLines(prof, r, c, s)
	} else if r.NoFee || r.ApplicationFee.Sign() > 0 {
		c.Service, err = prof.Prices.Service.Price(s)
	} else {
		var q pricing.Quote
		q, err = prof.Prices.Quote(s)
		c.Commission, c.Service = q.Commission, q.Service
	}
	if err != nil {
		return err
	}
	if c.Commission != nil {
		c.ApplicationFee = c.Commission.Amount
	}
	if c.Service == nil {
		return nil
	}
	c.ServiceFee = c.Service.Amount
	if c.Amount, err = c.Amount.Add(c.ServiceFee); err != nil {
		return err
	}
	if r.BuyerCountry != "" || len(r.Tenders) > 0 {
		return p.e.checkMoney(c.Amount, u.At()) // and checkBuyer and tender all else
	}
	return p.e.checkAmount(c.Amount, u.At())
}

// checkFee refuses a commission that takes more, with its taxes, than the seller
// has of the charge.
func (c *Charge) checkFee() error {
	tax, share := addTax(c.FeeTax), c.share()
	switch {
	case tax > 0 && c.ApplicationFee.IsZero():
		return badField("invalid_tax", "feeTax", "there is no commission that is taxed")
	case c.ApplicationFee.Minor() > share.Minor()+c.Discount.Minor() || tax > share.Minor()+c.Discount.Minor()-c.ApplicationFee.Minor():
		return badField("fee_exceeds_amount", c.feeField(), "the commission is "+c.ApplicationFee.String()+" before taxes; the seller's share is "+share.String())
	}
	return nil
}

// saleOf is what the platform's prices may depend on, but for the amounts.
func (p *Platform) saleOf(u *ledger.Unit, prof *Profile, r *ChargeRequest) (pricing.Sale, error) {
	s := pricing.Sale{
		Country: prof.Country, Books: prof.Base, Seller: r.AccountID, Category: r.Category, Method: r.Method, At: u.At(),
	}
	var err error
	if prof.Prices.NeedsSellerCountry() {
		var seller sighting
		seller, err = p.lasting(u, r.AccountID)
		s.SellerCountry = seller.country
	}
	return s, err
}

// grossUp finds the amount that leaves the seller what was stated.
func (p *Platform) grossUp(u *ledger.Unit, prof *Profile, r *ChargeRequest) error {
	switch {
	case r.Amount != ledger.Money{}:
		return badField("invalid_request", "net", "a charge states its amount or the seller's net")
	case r.AccountID == "":
		return badField("invalid_request", "net", "a net is a seller's")
	case r.Net.Sign() <= 0 || r.Net.Minor() > maximum:
		return badField("invalid_amount", "net", "it is more than zero, of at most twelve digits")
	}
	if err := p.e.checkCurrency("net", r.Net.Currency(), u.At()); err != nil {
		return err
	}
	for _, part := range []struct {
		field  string
		amount ledger.Money
	}{{"applicationFee", r.ApplicationFee}, {"priceOf", r.PriceOf}} {
		if err := checkPart(part.amount, r.Net, part.field); err != nil {
			return err
		}
	}
	tax, err := checkTax(r.Tax, r.Net.Currency())
	if err != nil {
		return err
	}
	onFee, err := checkTax(r.FeeTax, r.Net.Currency())
	if err != nil {
		return inField("feeTax", err)
	}
	net, err := r.Net.Add(onFee) // what the commission itself is to leave
	if err != nil {
		return err
	}
	gross, err := p.grossOf(u, prof, r, net)
	if err == nil {
		r.Amount, err = gross.Add(tax)
	}
	return err
}

// grossOf is a net and the commission on what both are together.
func (p *Platform) grossOf(u *ledger.Unit, prof *Profile, r *ChargeRequest, net ledger.Money) (ledger.Money, error) {
	switch {
	case r.ApplicationFee.Sign() > 0:
		return net.Add(r.ApplicationFee)
	case r.NoFee || prof.Prices == nil:
		return net, nil
	}
	s, err := p.saleOf(u, prof, r)
	if err != nil {
		return net, err
	}
	if r.PriceOf == (ledger.Money{}) {
		q, err := prof.Prices.Gross(s, net)
		return q.Amount, err
	}
	s.Amount, s.Of = net, r.PriceOf
	q, err := prof.Prices.Quote(s)
	if err != nil || q.Commission == nil {
		return net, err
	}
	return net.Add(q.Commission.Amount)
}

// priceProcessing says what the house takes for a charge that was approved, by
// the prices of when it was asked for.
func (p *Platform) priceProcessing(u *ledger.Unit, prof *Profile, c *Charge, a Answer) error {
	line, err := p.processing(u, prof, c, a)
	c.ProcessingFee, c.Processing = line.Amount, &line
	return err
}

// processing computes the processing fee: by the country and currency of the
// seller whose own the charge is, else by the platform's.
func (p *Platform) processing(u *ledger.Unit, prof *Profile, c *Charge, a Answer) (pricing.Line, error) {
	if c.outside().IsZero() { // nobody processes anything
		return pricing.Line{Amount: c.outside()}, nil
	}
	s := pricing.Sale{
		Amount: c.outside(), Country: prof.Country, Books: prof.Base, Seller: c.Account, Category: c.Category, Method: c.Method,
		CardCountry: a.Country, At: c.Created,
	}
	if merchant := c.merchant(); merchant != "" {
		m, err := p.lasting(u, merchant)
		if err != nil {
			return pricing.Line{}, err
		}
		s.Country, s.Books = m.country, m.currency
	}
	if c.Account != "" && p.e.c.Prices.NeedsSellerCountry() {
		seller, err := p.lasting(u, c.Account)
		if err != nil {
			return pricing.Line{}, err
		}
		s.SellerCountry = seller.country
	}
	return p.e.c.Prices.Price(s)
}
