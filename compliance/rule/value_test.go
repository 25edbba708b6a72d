package rule_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

const (
	yes   = compliance.True
	no    = compliance.False
	maybe = compliance.Unknown
)

// one is a payment of which something of each type is known.
func one() compliance.Payment {
	score, _ := compliance.OfDecimal(decimal.RequireFromString("74.5"))
	return compliance.Payment{
		At: noon, Kind: compliance.ChargePayment, Platform: "plat_1", Amount: usd(50000), Fee: usd(1000), Description: "A Gift card, twice",
		Card:  compliance.Card{Country: "us", Brand: "Visa", Fingerprint: "fp_A"},
		Buyer: compliance.Buyer{Email: "Ann@Example.COM", Customer: "cus_1"},
		Seller: compliance.Seller{
			ID: "acct_1", Country: "US", Countries: []string{"US", "CA"}, Currencies: []ledger.Currency{ledger.USD, ledger.JPY},
			Created: noon.Add(-6*24*time.Hour - time.Second), Verified: compliance.True, Exposure: usd(120000),
		},
		Lines:         []compliance.PaymentLine{{Category: "Books", Seller: "acct_1"}, {Category: "toys", Seller: "acct_2"}},
		Metadata:      map[string]string{"risk": "7.50", "word": "seven", "order type": "B", "zip": "00501", "country": "US", "brand": "visa", "Brand": "Visa"},
		BuyerMetadata: map[string]string{"m": "of the customer"}, SellerMetadata: map[string]string{"m": "of the seller"}, PlatformMetadata: map[string]string{"m": "of the platform"},
		Host: map[string]compliance.Value{"risk.score": score, "host.loyalty": compliance.OfWhole(3)},
	}
}

// Every operator on every type.
func TestConditions(t *testing.T) {
	for cond, want := range map[string]compliance.Truth{
		"amount = 500 USD": yes, "amount = 500.00 USD": yes, "amount != 500 USD": no, "amount > 500 USD": no, "amount >= 500 USD": yes, "amount < 500 USD": no,
		"amount <= 500 USD": yes, "amount > 499.99 USD": yes, "amount < 500.01 USD": yes, "amount in (1 USD, 500 USD)": yes, "amount not in (1 USD, 2 USD)": yes,
		"amount > -1 USD": yes, "fee < amount": yes, "seller.exposure > amount": yes,
		// Another currency has no rate: nothing can be said, but of what settles it.
		"amount > 500 EUR": maybe, "amount = 500 EUR": maybe, "amount != 500 EUR": maybe, "amount in (5 EUR, 500 USD)": yes, "amount in (5 EUR, 5 USD)": maybe,
		"risk.score > 74": yes, "risk.score = 74.5": yes, "risk.score = 74.50": yes, "risk.score < 74.49999999999999999": no, "risk.score in (74, 74.500)": yes,
		"seller.age_days = 6": yes, "seller.age_days < 7": yes, "seller.age > 6d": yes, "seller.age < 144h": no, "seller.age <= 7d": yes, "seller.age < 1w": yes,
		"seller.age > 8640m": yes, "seller.age > 518400s": yes, "lines.count = 2": yes,
		`card.country = "US"`: yes, `card.country = "us"`: yes, `card.country != "US"`: no, `card.country in ("CA", "Us")`: yes, "card.country = seller.country": yes,
		"card.country in seller.countries": yes, "card.country not in seller.countries": no, `seller.countries includes "ca"`: yes, `seller.countries includes "FR"`: no,
		"seller.countries includes card.country": yes, `currency = "USD"`: yes, "currency in seller.currencies": yes, `seller.currencies includes "EUR"`: no,
		`card.brand = "VISA"`: yes, `card.brand like "v%A"`: yes, `card.brand like "v%B"`: no, `card.brand like "visa"`: yes, `card.brand like "%"`: yes, `card.brand like "vi"`: no,
		`card.brand like "%vis%sa"`: no, `card.brand like "vi%is%"`: no, `card.brand like "v%i%s%a"`: yes, `description includes "GIFT CARD"`: yes, `description like "%gift%twice"`: yes,
		`description not like "%voucher%"`: yes, `description not includes "card"`: no, `email.domain = "example.com"`: yes, `email like "ann@%"`: yes,
		`card.brand like "vis%sa"`: no, `card.brand like "vi%sa"`: yes, // no letter counts twice
		// Case makes a difference to these.
		`card.fingerprint = "fp_A"`: yes, `card.fingerprint = "fp_a"`: no, `card.fingerprint like "fp%a"`: no, `customer = "cus_1"`: yes, `customer = "CUS_1"`: no, `seller = "acct_1"`: yes,
		`metadata.word = "seven"`: yes, `metadata.word = "Seven"`: no, `metadata["order type"] = "B"`: yes, `metadata.word includes "eve"`: yes,
		"card.brand = metadata.brand": no, "card.brand = metadata.Brand": yes, "metadata.Brand = card.brand": yes,
		// But not where a country is compared.
		"metadata.country = card.country": yes, "card.country = metadata.country": yes, `metadata.country in ("us")`: no,
		// Metadata is a number where it is compared with one.
		"metadata.risk > 7": yes, "metadata.risk = 7.5": yes, `metadata.risk = "7.5"`: no, "metadata.risk in (1, 7.5)": yes, "metadata.word > 7": maybe, "metadata.zip > 7": maybe,
		"metadata.none > 7": maybe, "metadata.risk < risk.score": yes, "risk.score > metadata.risk": yes, "risk.score > metadata.word": maybe,
		`lines.categories includes "BOOKS"`: yes, `lines.categories includes "weapons"`: no, "seller in lines.sellers": yes, `kind = "charge"`: yes, `kind in ("transfer")`: no,
		"seller.verified": yes, "not seller.verified": no, "seller.short": maybe, "not seller.short": maybe, "seller.short is missing": yes, "seller.verified is not missing": yes,
		"buyer.country is missing": yes, "seller.countries is missing": no, "metadata.none is missing": yes, `metadata["order type"] is missing`: no, "ip.country != card.country": maybe,
		`ip.country in ("US")`: maybe, `ip.country not in ("US")`: maybe, `buyer.name like "%"`: maybe, "ip.country in seller.countries": maybe, "seller.countries includes ip.country": maybe,
		`customer.metadata.m = "of the customer"`: yes, `seller.metadata.m = "of the seller"`: yes, `platform.metadata.m = "of the platform"`: yes, "metadata.m is missing": yes,
		"since(charges by customer) is missing": yes, "count(charges by customer in all) < 5": maybe,
	} {
		require.Equal(t, want, truthOf(t, cond, one()), cond)
	}
}

// A payment in another currency is compared by the rate it carries, exactly, and by
// no inverse of one: edge-case 83.
func TestAmountsOfTwoCurrencies(t *testing.T) {
	rate := func(base, quote ledger.Currency, value, per string) compliance.PaymentRate {
		return compliance.PaymentRate{Base: base, Quote: quote, Value: decimal.RequireFromString(value), Per: decimal.RequireFromString(per)}
	}
	p := compliance.Payment{Amount: ledger.Minor(100000, ledger.EUR), Rates: []compliance.PaymentRate{
		rate(ledger.EUR, ledger.JPY, "163.5555", "1"), rate(ledger.EUR, ledger.USD, "10", "9"), rate(ledger.GBP, ledger.EUR, "1.2", "1"), rate(ledger.EUR, ledger.CHF, "0", "1"),
		{Base: ledger.EUR, Quote: ledger.CAD, Value: decimal.New(1, 2_000_000_000), Per: decimal.New(1, 0)}, // reckoning with it would take for ever
	}}
	for cond, want := range map[string]compliance.Truth{
		"amount = 163555 JPY": no, "amount > 163555 JPY": yes, "amount < 163556 JPY": yes, // 163,555.5, not rounded
		"amount > 1111.11 USD": yes, "amount < 1111.12 USD": yes, "amount != 1111.11 USD": yes,
		"amount > 1 GBP": maybe, "amount > 1 CHF": maybe, "amount > 1 CAD": maybe, "amount > 1000 EUR": no,
	} {
		require.Equal(t, want, truthOf(t, cond, p), cond)
	}
	s := compile(t, "block if amount > 1 USD or amount in (2 EUR, 1 JPY) or sum(charges by email in all) > 0.5 KWD")
	require.Equal(t, []ledger.Currency{ledger.EUR, ledger.JPY, ledger.KWD, ledger.USD}, s.Currencies())
	d := decide(t, compile(t, "block if amount > 1 GBP or amount in (1 EUR, 2 CHF)"), p)
	require.Equal(t, []string{"rate EUR/GBP", "rate EUR/CHF"}, d.Undecided[0].Missing)
}

// A seller who was created after the payment is new, and a domain follows the last @.
func TestDerivedFacts(t *testing.T) {
	p := compliance.Payment{Buyer: compliance.Buyer{Email: `"a@b"@Example.com`}, Seller: compliance.Seller{Created: noon.Add(25 * time.Hour)}}
	p.Shipping = compliance.Address{Line1: "1 Main St", City: "Brooklyn", State: "NY", PostalCode: "11201", Country: "US"}
	for cond, want := range map[string]compliance.Truth{
		`email.domain = "example.com"`: yes, "seller.age = 0s": yes, "seller.age_days = 0": yes, `shipping = "1 main st brooklyn ny 11201 us"`: yes, "billing is missing": yes,
		"currency is missing": yes, "amount > 1 USD": maybe, "lines.count > 0": maybe,
	} {
		require.Equal(t, want, truthOf(t, cond, p), cond)
	}
}

// A list of the payment with a gap in it may have anything there.
func TestListsWithGaps(t *testing.T) {
	p := compliance.Payment{Lines: []compliance.PaymentLine{{Category: "books"}, {}}, Seller: compliance.Seller{Countries: []string{}}, Card: compliance.Card{Country: "US"}}
	require.Equal(t, yes, truthOf(t, `lines.categories includes "books"`, p))
	require.Equal(t, maybe, truthOf(t, `lines.categories includes "toys"`, p))
	require.Equal(t, no, truthOf(t, "card.country in seller.countries", p)) // empty is known
	p.Seller.Countries = nil
	require.Equal(t, maybe, truthOf(t, "card.country in seller.countries", p))
	d := decide(t, compile(t, `block if lines.categories includes "toys" or card.country in seller.countries or lines.count > 5`), p)
	require.Equal(t, []string{"lines.categories", "seller.countries"}, d.Undecided[0].Missing)
}

// What the host declares is typed, and known by its own name alone.
func TestHostAttributes(t *testing.T) {
	o := rule.Options{Host: []rule.Attribute{{Name: "host.loyalty", Type: rule.Number}, {Name: "host.tier", Type: rule.Text, Values: []string{"gold", "silver"}}}}
	require.Equal(t, yes, truthOf(t, "host.loyalty >= 3", one(), o))
	require.Equal(t, maybe, truthOf(t, `host.tier = "Gold"`, one(), o))
	_, err := rule.Compile(`block if host.tier = "iron"`, o)
	require.Equal(t, `"gold" or "silver"`, refused(t, err, "1:22").Expected)
	_, err = rule.Compile("block if host.loyalty = 1", rule.Options{})
	require.Equal(t, "unknown_attribute", refused(t, err, "1:10").Code)

	p := one()
	p.Host = map[string]compliance.Value{"host.loyalty": compliance.OfText("many")}
	_, err = compile(t, "block if host.loyalty > 1", o).Decide(context.Background(), &p)
	typed(t, err, "fact_type", "host.loyalty")
	for _, a := range []rule.Attribute{
		{Name: "loyalty", Type: rule.Number}, {Name: "host.", Type: rule.Number}, {Name: "host.a b", Type: rule.Number}, {Name: "host.x"}, {Name: "host.x", Type: 99},
		{Name: "host.x", Type: rule.Text, List: true}, {Name: "host.x", Type: rule.Text, Late: true},
	} {
		_, err := rule.Compile("", rule.Options{Host: []rule.Attribute{a}})
		typed(t, err, "invalid_attribute", "host")
	}
	_, err = rule.Compile("", rule.Options{Host: []rule.Attribute{{Name: "host.x", Type: rule.Text}, {Name: "host.x", Type: rule.Bool}}})
	typed(t, err, "invalid_attribute", "host")
}

// The catalogue: each attribute has what messages and documents need, a name that is
// one word and none that is reserved, and changing what is returned changes nothing.
func TestAttributes(t *testing.T) {
	all := rule.Attributes()
	require.Greater(t, len(all), 70)
	seen := map[string]bool{}
	for i, a := range all {
		require.False(t, seen[a.Name], a.Name)
		seen[a.Name] = true
		require.NotEmpty(t, a.About, a.Name)
		require.NotZero(t, a.Source, a.Name)
		require.NotEqual(t, "nothing", a.Type.String(), a.Name)
		require.True(t, i == 0 || all[i-1].Name < a.Name)
		s := compile(t, "block if "+a.Name+" is missing")
		require.Equal(t, "block if "+a.Name+" is missing\n", s.Text())
		p := compliance.Payment{}
		if a.Late {
			p.Stage = compliance.AfterAuthorization
		}
		require.Equal(t, compliance.Block, decide(t, s, p).Action, a.Name)
		if a.Values != nil {
			all[i].Values[0] = "changed"
		}
	}
	for _, a := range rule.Attributes() {
		require.NotContains(t, a.Values, "changed")
	}
	require.Equal(t, "nothing", rule.Type(0).String())
}

// Facts that are too long, and work without end, are errors and no decision: promise 70.
func TestFactsAreBounded(t *testing.T) {
	run := func(text string, p compliance.Payment) error {
		_, err := compile(t, text).Decide(context.Background(), &p)
		return err
	}
	p := one()
	p.Description = strings.Repeat("é", rule.MaxFactText/2)
	require.NoError(t, run(`block if description like "%x%"`, p))
	p.Description += "x"
	typed(t, run(`block if description like "%x%"`, p), "fact_too_long", "description")
	require.NoError(t, run(`block if description is missing or email = "x"`, one()))
	require.NoError(t, run(`block if email = "x"`, p)) // what no rule looks at is nobody's concern
	p = one()
	p.Seller.Countries = make([]string, rule.MaxFactList+1)
	typed(t, run("block if card.country in seller.countries", p), "fact_too_long", "seller.countries")
	p.Seller.Countries = make([]string, rule.MaxFactList)
	require.NoError(t, run("block if card.country in seller.countries", p))
	typed(t, run(strings.Repeat("block if card.country in seller.countries\n", rule.MaxRules), p), "rule_too_costly", "rules")
	p.At = time.Time{}
	typed(t, run("block if off_session", p), "missing_argument", "payment.at")
	_, err := compile(t, "").Decide(context.Background(), nil)
	typed(t, err, "missing_argument", "payment.at")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p = one()
	_, err = compile(t, "").Decide(ctx, &p)
	require.ErrorIs(t, err, ledger.Unavailable)
	require.ErrorIs(t, err, context.Canceled)
}
