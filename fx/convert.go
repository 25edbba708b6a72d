package fx

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Order is a conversion to be computed and booked.
type Order struct {
	Book   string          // the platform whose books hold the position
	From   ledger.Ref      // what pays, in the currency sold
	To     ledger.Ref      // what is credited, in the currency bought
	Amount ledger.Money    // what is sold, more than zero
	Base   ledger.Currency // the base currency of the book
	Rate   Rate            // of From's currency in To's, without spread
	InBase Rate            // of From's currency in the base; needed where neither side is the base
	Spread decimal.Decimal // a fraction of 0 to less than 1 that the house keeps, 0.01 for one percent; at most 30 digits
}

// Conversion is what an order comes to, and its entries.
type Conversion struct {
	Sold     ledger.Money
	Value    ledger.Money // what the position cost, in the base currency
	Gross    ledger.Money // what Sold is worth at the rate
	Credited ledger.Money // what the customer gets
	Spread   ledger.Money // Gross less Credited
	Entries  []ledger.Entry
}

// Convert computes a conversion and its entries: value at the rate without
// spread and credit at the customer's rate, each rounded once, half to even;
// the spread is the difference, so no unit is left over. An amount so small
// that nothing would be credited is refused with amount_below_minimum.
func Convert(o Order) (*Conversion, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Conversion{Sold: o.Amount}
	var err error
	if c.Gross, err = o.Rate.Of(o.Amount, ledger.RoundHalfEven); err != nil {
		return nil, err
	}
	if c.Credited, err = o.Rate.Less(o.Spread).Of(o.Amount, ledger.RoundHalfEven); err != nil {
		return nil, err
	}
	if c.Credited.Sign() <= 0 {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "amount_below_minimum", Field: "amount",
			Msg: o.Amount.String() + " is worth less than one minor unit of " + o.To.Currency.String()}
	}
	if c.Spread, err = c.Gross.Sub(c.Credited); err != nil {
		return nil, err
	}
	switch o.Base {
	case o.From.Currency:
		c.Value = o.Amount
	case o.To.Currency:
		c.Value = c.Gross
	default:
		if c.Value, err = o.InBase.Of(o.Amount, ledger.RoundHalfEven); err != nil {
			return nil, err
		}
	}
	c.Entries, err = o.entries(c)
	return c, err
}

func (o *Order) check() error {
	bad := func(code, field, msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Msg: msg}
	}
	one := decimal.New(1, 0)
	switch {
	case o.From.Currency == o.To.Currency:
		return bad("same_currency", "currency", "a conversion has two currencies")
	case o.Amount.Currency() != o.From.Currency || o.Amount.Sign() <= 0:
		return bad("invalid_amount", "amount", "a conversion sells more than zero of the account's currency")
	case o.Rate.Base != o.From.Currency || o.Rate.Quote != o.To.Currency:
		return bad("invalid_rate", "rate", "the rate is of another pair")
	case o.Spread.Sign() < 0 || !bounded(o.Spread) || o.Spread.Cmp(one) >= 0:
		return bad("invalid_spread", "spread", "a spread is a fraction of zero to less than one")
	case !o.Base.Valid():
		return bad("invalid_currency", "base", "the books have a base currency")
	}
	if err := o.Rate.Check(); err != nil {
		return err
	}
	if o.Base != o.From.Currency && o.Base != o.To.Currency {
		if o.InBase.Base != o.From.Currency || o.InBase.Quote != o.Base {
			return bad("invalid_rate", "in_base", "the rate into the base currency is of another pair")
		}
		if o.InBase.Check() != nil {
			return bad("invalid_rate", "in_base", "the rate into the base currency is not above zero, or has more than 30 digits")
		}
	}
	return nil
}

// entries books the conversion as the chart has it (F1, F2): a position in each
// currency that is not the base, its value in the base, and the spread in the
// currency bought. What is zero is left out. Assets are named with their digits:
// those of USDC/6 and USDC/8 are two positions.
func (o *Order) entries(c *Conversion) ([]ledger.Entry, error) {
	house := func(purpose string, cur ledger.Currency) ledger.Ref {
		return ledger.Ref{Book: o.Book, Owner: ledger.House, Purpose: purpose, Currency: cur}
	}
	var list []ledger.Entry
	var failed error
	add := func(r ledger.Ref, m ledger.Money, sign int) {
		if sign < 0 {
			neg, err := m.Neg()
			if err != nil {
				failed = err
			}
			m = neg
		}
		if !m.IsZero() {
			list = append(list, ledger.Entry{Account: r, Amount: m})
		}
	}
	from, to := o.From.Currency, o.To.Currency
	add(o.From, c.Sold, -1)
	if from != o.Base {
		add(house("fx_position", from), c.Sold, 1)
		add(house("fx_value/"+from.String(), o.Base), c.Value, -1)
	}
	if to != o.Base {
		add(house("fx_value/"+to.String(), o.Base), c.Value, 1)
		add(house("fx_position", to), c.Gross, -1)
	}
	add(o.To, c.Credited, 1)
	add(house("fx_spread", to), c.Spread, 1)
	return list, failed
}
