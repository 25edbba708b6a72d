package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

// TaxCalculator says what taxes are due on a sale: a table (tax.Table) or a
// provider. It is asked before a payment and outside any transaction, but for a verb
// that works in the host's own. An error refuses the charge before anything is
// written; one without a class is Unavailable.
type TaxCalculator interface {
	Tax(ctx context.Context, s tax.Sale) (tax.Result, error)
}

// TaxPlaces say where a sale takes place, for the tax calculator. The seller is where
// their account is, or the platform for itself.
type TaxPlaces struct {
	From  tax.Place `json:"from,omitzero"`  // where it is sent from; zero: where the seller is
	To    tax.Place `json:"to,omitzero"`    // where it is sent to; zero: where the buyer is
	Buyer tax.Party `json:"buyer,omitzero"` // without a country: in BuyerCountry
}

// TaxQuote is what a buyer would pay with taxes.
type TaxQuote struct {
	Amount ledger.Money // of all lines, before a service fee
	Lines  []Line       // the request's, filled in, and one of each tax and line
	Taxes  []Tax        // what the platform would remit
}

// QuoteTax says what taxes a charge would have, and writes nothing. It needs Lines and
// Taxed. Errors are those of Charge.
func (p *Platform) QuoteTax(ctx context.Context, r ChargeRequest) (*TaxQuote, error) {
	if err := p.may(ctx, "QuoteTax"); err != nil {
		return nil, err
	}
	q, err := p.quoteTax(ctx, &r)
	if err != nil {
		return nil, fmt.Errorf("connect: quote tax: %w", err)
	}
	return q, nil
}

func (p *Platform) quoteTax(ctx context.Context, r *ChargeRequest) (*TaxQuote, error) {
	if err := p.e.start(ctx); err != nil {
		return nil, err
	}
	if r.Taxed == nil {
		return nil, badField("invalid_request", "taxed", "it says where the sale takes place")
	}
	if err := askTaxes(ctx, p, r); err != nil {
		return nil, err
	}
	if err := p.lay(r); err != nil {
		return nil, err
	}
	return &TaxQuote{Amount: r.Amount, Lines: r.laid.lines, Taxes: r.Tax}, nil
}

// after is a task that asks the outside first.
func (t *task[Req, Obj, News]) after(prepare func(context.Context, *Platform, *Req) error) *task[Req, Obj, News] {
	c := *t
	c.prepare = prepare
	return &c
}

// askTaxes asks the calculator for the taxes of a request, and keeps them on it as
// lines.
func askTaxes(ctx context.Context, p *Platform, r *ChargeRequest) error {
	switch {
	case p.e.c.Tax == nil:
		return badField("no_tax_calculator", "taxed", "the engine has none (Config.Tax); the request states its taxes")
	case len(r.Lines) == 0:
		return badField("invalid_request", "taxed", "taxes are on lines")
	case slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Kind == LineTax }):
		return badField("invalid_request", "lines", "taxes are stated or asked for, not both")
	}
	l, err := p.layOut(r)
	if err != nil {
		return err
	}
	s, err := p.taxable(ctx, r, l)
	if err != nil {
		return err
	}
	result, err := p.e.c.Tax.Tax(ctx, s)
	if err != nil {
		if codeOf(err) == "" && ctx.Err() == nil {
			return &ledger.Error{Class: ledger.Unavailable, Code: "tax_unavailable", Field: "taxed", Msg: "the tax calculator does not answer", Err: err}
		}
		return err
	}
	if err := l.answered(&result); err != nil {
		return err
	}
	return l.decide(r)
}

// taxable is a request as the calculator sees it.
func (p *Platform) taxable(ctx context.Context, r *ChargeRequest, l *layout) (tax.Sale, error) {
	prof, err := p.current(ctx)
	if err != nil {
		return tax.Sale{}, err
	}
	platform := tax.Party{Place: tax.Place{Country: prof.Country}, Business: true, Number: prof.TaxNumber}
	s := tax.Sale{At: p.e.env.Time(), Platform: platform, Seller: platform, Buyer: r.Taxed.Buyer, ShipFrom: r.Taxed.From, ShipTo: r.Taxed.To}
	if r.AccountID != "" {
		a, err := p.owned(ctx, r.AccountID)
		if err != nil {
			return s, err
		}
		s.Seller = tax.Party{Place: tax.Place{Country: a.Country}, Business: a.Type != compliance.Individual || a.TaxNumber != "", Number: a.TaxNumber}
	}
	if s.Buyer.Country == "" {
		s.Buyer.Country = r.BuyerCountry
	}
	for _, place := range []struct {
		field string
		of    tax.Place
	}{{"taxed.from", s.ShipFrom}, {"taxed.to", s.ShipTo}, {"taxed.buyer", s.Buyer.Place}} {
		if err := checkPlace(place.of, place.field); err != nil {
			return s, err
		}
	}
	if s.Buyer.Country == "" && s.ShipTo.Country == "" {
		return s, badField("invalid_country", "taxed.buyer", "where the buyer is, or what is sold goes to, is missing")
	}
	if number := s.Buyer.Number; number != "" {
		if err := checkTaxNumber(number); err != nil {
			return s, inField("taxed.buyer.number", err)
		}
	}
	for i := range l.lines {
		if x := &l.lines[i]; x.sold() {
			s.Lines = append(s.Lines, tax.Line{Name: x.Name, Kind: string(x.Kind), Category: x.category(r.Category), Amount: ledger.Minor(l.left[i], l.cur)})
		}
	}
	return s, nil
}

// category is a line's own, or its charge's.
func (l *Line) category(of string) string {
	if l.Category != "" {
		return l.Category
	}
	return of
}

func checkPlace(at tax.Place, field string) error {
	switch {
	case at == tax.Place{}:
		return nil
	case len(at.Country) != 2 || at.Country[0] < 'A' || at.Country[0] > 'Z' || at.Country[1] < 'A' || at.Country[1] > 'Z':
		return badField("invalid_country", field, "a country is its two capital letters (ISO 3166-1)")
	case len(at.Region) > 3 || !alphanumeric(at.Region):
		return badField("invalid_region", field, "a region is the second part of ISO 3166-2, at most three letters and digits")
	}
	return checkText(field, at.PostalCode, 12)
}

// taxNumber is the number that is to be kept: what was asked for, "none" being no
// number, or what there is.
func taxNumber(asked, have string) (string, error) {
	switch asked {
	case "":
		return have, nil
	case "none":
		return "", nil
	}
	return asked, checkTaxNumber(asked)
}

// checkTaxNumber refuses what is no number.
func checkTaxNumber(number string) error {
	bad := len(number) < 2 || len(number) > 20
	for i := range len(number) {
		c := number[i]
		bad = bad || (c < 'A' || c > 'Z') && (c < '0' || c > '9')
	}
	if bad {
		return badField("invalid_tax_number", "taxNumber", "a number is 2 to 20 capital letters and digits, without spaces")
	}
	return nil
}

// answered adds the calculator's answer to the lines, one for each tax on each line,
// and checks it as if a request had stated them.
func (l *layout) answered(result *tax.Result) error {
	wrong := func(msg string) error {
		return &ledger.Error{Class: ledger.Unavailable, Code: "invalid_tax_answer", Field: "taxed", Msg: "the tax calculator's answer: " + msg}
	}
	if len(result.Taxes) > maxAllLines-maxLines {
		return wrong("too many taxes")
	}
	lines := make([]Line, 0, len(result.Taxes))
	for i, a := range result.Taxes {
		n := l.find(a.Line)
		switch {
		case n < 0 || !l.lines[n].sold():
			return wrong("a tax is on no line of the sale")
		case a.Remitter != tax.BySeller && a.Remitter != tax.ByPlatform:
			return wrong("nobody remits a tax")
		}
		lines = append(lines, Line{
			Name: "tax." + strconv.Itoa(i+1), Kind: LineTax, Amount: a.Amount, On: []string{a.Line}, Authority: a.Authority, Included: a.Included,
			SellerRemits: a.Remitter == tax.BySeller, Rate: a.Rate, Jurisdiction: a.Jurisdiction, Note: a.Note, Rounding: a.Rounding,
		})
	}
	err := l.read(lines)
	if e := (*ledger.Error)(nil); errors.As(err, &e) {
		return wrong(e.Msg)
	}
	return err
}

// taxFee puts the tax on the commission on a new charge, unless the request states
// one: by the numbers and places of platform and seller.
func (p *Platform) taxFee(u *ledger.Unit, prof *Profile, r *ChargeRequest, c *Charge) error {
	if prof.TaxNumber == "" || len(r.FeeTax) > 0 || c.Account == "" || c.ApplicationFee.Sign() <= 0 {
		return nil
	}
	if r.Net != (ledger.Money{}) {
		return badField("invalid_request", "net", "the commission is taxed, so that another net would be left; state the amount, or feeTax")
	}
	s, err := p.expectSeller(u, c.Account)
	if err != nil {
		return err
	}
	fee := p.onFee(prof, s, u.At())
	amount, err := fee.On(c.ApplicationFee)
	if err != nil {
		return err
	}
	if c.FeeTaxed = &fee; amount.Sign() > 0 {
		c.FeeTax = []Tax{{Authority: fee.Authority, Amount: amount}}
	}
	return nil
}

// onFee is what is due on a fee that the platform takes of a seller.
func (p *Platform) onFee(prof *Profile, s sighting, at time.Time) tax.Fee {
	party := func(country, number string) tax.Party {
		return tax.Party{Place: tax.Place{Country: country}, Business: true, Number: number}
	}
	return p.e.c.Taxes.OnFee(party(prof.Country, prof.TaxNumber), party(s.country, s.taxNumber), at)
}
