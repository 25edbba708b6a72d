package market

import (
	"encoding/json"

	"github.com/soukhq/souk/ledger"
)

// Rules are what is true of the buyers of a country. What is not stated is left
// to the rules of all countries, and to the layers below. They are data: not to be
// changed once a Set or a platform has them.
type Rules struct {
	Country string `json:"country,omitzero"` // the buyer's, ISO 3166-1 alpha-2; empty: of all countries

	Currency   []Fact[ledger.Currency]   `json:"currency,omitzero"`   // of the country
	Languages  []Fact[[]string]          `json:"languages,omitzero"`  // BCP 47, the one of most first
	Currencies []Fact[[]ledger.Currency] `json:"currencies,omitzero"` // in which can be charged
	Sellers    []Fact[[]string]          `json:"sellers,omitzero"`    // countries and regions whose sellers may sell there; none stated: all

	Methods map[string]*Method         `json:"methods,omitzero"` // by name, as in prices: pricing.Card
	Limits  map[ledger.Currency]*Limit `json:"limits,omitzero"`  // of one charge, by currency

	Authentication []Fact[Authentication] `json:"authentication,omitzero"`
	Prices         []Fact[TaxDisplay]     `json:"prices,omitzero"` // as they are shown to consumers
	Cash           []Fact[Cash]           `json:"cash,omitzero"`
	Descriptor     []Fact[Descriptor]     `json:"descriptor,omitzero"`

	// Holding is for how many days at most money may wait for its release to a
	// seller of the country; it is about sellers, unlike the rest.
	Holding []Fact[int] `json:"holding,omitzero"`

	// Dormancy says when a seller of the country is taken not to be reached any more.
	Dormancy []Fact[Dormancy] `json:"dormancy,omitzero"`

	// Texts are what the buyer reads and agrees to, by name ("mandate") and
	// language. {platform} in them stands for the name of who asks.
	Texts map[string]map[string][]Fact[string] `json:"texts,omitzero"`
	// Regions name lists of countries, for Sellers: "EEA".
	Regions map[string][]Fact[[]string] `json:"regions,omitzero"`
}

// Method is a way to pay.
type Method struct {
	Offered    []Fact[bool]              `json:"offered,omitzero"`    // one that is to be confirmed is not offered
	Place      []Fact[int]               `json:"place,omitzero"`      // in the order in which methods are shown; none stated: last
	Scheme     []Fact[string]            `json:"scheme,omitzero"`     // how it is called there: "sepa"
	Currencies []Fact[[]ledger.Currency] `json:"currencies,omitzero"` // none stated: all of the market
	Sellers    []Fact[[]string]          `json:"sellers,omitzero"`    // countries and regions whose sellers can take it; none stated: all
	Digits     []Fact[int]               `json:"digits,omitzero"`     // most digits of an amount in minor units, where its currency states no maximum; none stated: 12
	// Authenticated tells that the market's rule of authentication is about it.
	Authenticated []Fact[bool]      `json:"authenticated,omitzero"`
	Text          []Fact[string]    `json:"text,omitzero"` // the name of what the buyer agrees to by it
	Brands        map[string]*Brand `json:"brands,omitzero"`
}

// Brand is a kind of a method that takes less than it: "amex".
type Brand struct {
	Offered []Fact[bool]              `json:"offered,omitzero"`
	Except  []Fact[[]ledger.Currency] `json:"except,omitzero"` // currencies that it does not take
	Digits  []Fact[int]               `json:"digits,omitzero"` // most digits of an amount in minor units
}

// Limit bounds charges in a currency, in its minor units.
type Limit struct {
	// Min is the least in the currency in which a charge settles.
	Min  []Fact[int64] `json:"min,omitzero"`
	Max  []Fact[int64] `json:"max,omitzero"`
	Step []Fact[int64] `json:"step,omitzero"` // amounts are a multiple of it, for networks that know fewer digits
}

// Level says how much a market asks of buyers.
type Level string

// The levels of authentication.
const (
	Optional Level = "optional" // nobody asks for it
	Expected Level = "expected" // in force, and not enforced yet: payments without it may be declined
	Required Level = "required"
)

// Authentication is a market's rule of strong customer authentication.
type Authentication struct {
	Level Level `json:"level"`
	// Sellers are the countries and regions for whose sellers the level holds, and
	// it is Optional for others. None stated: for all.
	Sellers []string `json:"sellers,omitzero"`
	// LowValue is the amount up to which an exemption may be asked for.
	LowValue ledger.Money `json:"lowValue,omitzero"`
}

// TaxDisplay says how consumers are shown prices.
type TaxDisplay string

// The ways to show prices.
const (
	WithTax    TaxDisplay = "with_tax"
	WithoutTax TaxDisplay = "without_tax" // added at the end
)

// List are rules that a platform has otherwise. The zero value changes nothing.
type List struct {
	Rules []Rules `json:"rules,omitzero"`
}

// Empty reports whether there are no rules.
func (l *List) Empty() bool { return l == nil || len(l.Rules) == 0 }

// Clone returns rules that share nothing with these.
func (l *List) Clone() *List {
	if l.Empty() {
		return nil
	}
	data, err := json.Marshal(l)
	if err != nil {
		return nil // rules that were checked can be written
	}
	c := new(List)
	if json.Unmarshal(data, c) != nil {
		return nil
	}
	return c
}
