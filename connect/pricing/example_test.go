package pricing_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// A marketplace's prices: 8 % + 0.30 of books and 12 % of all else, half of it in a
// promotion, at least 0.50; and 5 % that the buyer pays on top.
// connect.PlatformRequest.Prices takes the list, and each charge its prices.
func ExampleList() {
	percent := func(text string) decimal.Decimal { return decimal.RequireFromString(text) }
	dollars := pricing.Match{Currency: ledger.USD}
	books := pricing.Match{Currency: ledger.USD, Categories: []string{"books"}}
	least := ledger.Minor(50, ledger.USD)

	list := &pricing.List{
		Commission: pricing.Prices{
			Rules: []pricing.Rule{ // the first that fits
				{Name: "books", When: books, Price: pricing.Price{Percent: percent("8"), Fixed: ledger.Minor(30, ledger.USD), Min: least}},
				{Name: "all else", When: dollars, Price: pricing.Price{Percent: percent("12"), Min: least}},
			},
			Modifiers: []pricing.Modifier{{Name: "promotion", Percent: percent("-50")}}, // all that fit, in their order
		},
		Service: pricing.Prices{Rules: []pricing.Rule{{Name: "buyers", Price: pricing.Price{Percent: percent("5")}}}},
	}
	if err := list.Check(); err != nil {
		fmt.Println(err)
		return
	}

	// What a page shows before anybody pays.
	quote, err := list.Quote(pricing.Sale{Amount: ledger.Minor(40_00, ledger.USD), Category: "books"})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := quote.Commission
	fmt.Println("the buyer pays", quote.Total, "and the seller has", quote.Net)
	fmt.Println(c.Rule+":", c.Percentage, "+", c.Fixed, c.Modifiers[0].Name, c.Modifiers[0].Amount, "=", c.Amount)

	// What to ask for so that the seller has 40.00.
	quote, err = list.Gross(pricing.Sale{Category: "books"}, ledger.Minor(40_00, ledger.USD))
	fmt.Println("ask for", quote.Amount, "to leave", quote.Net, err)
	// Output:
	// the buyer pays 42.00 USD and the seller has 38.25 USD
	// books: 3.20 USD + 0.30 USD promotion -1.75 USD = 1.75 USD
	// ask for 41.82 USD to leave 40.00 USD <nil>
}

// What processing costs: bank debits less than cards, cards from abroad more.
func ExampleParseTable() {
	table, err := pricing.ParseTable([]byte(`{
		"rules": [
			{"name": "debits", "when": {"methods": ["bank_debit"], "currency": "USD"},
			 "price": {"percent": "0.8", "cap": {"amountMinor": 500, "currency": "USD"}}},
			{"name": "cards", "when": {"currency": "USD"},
			 "price": {"percent": "2.9", "fixed": {"amountMinor": 30, "currency": "USD"}, "crossBorder": "1.5"}}
		],
		"otherwise": "2.9", "conversion": "1"
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, sale := range []pricing.Sale{
		{Amount: ledger.Minor(1000_00, ledger.USD), Method: pricing.BankDebit},
		{Amount: ledger.Minor(100_00, ledger.USD), Country: "US", CardCountry: "GB"},
		{Amount: ledger.Minor(10000, ledger.JPY)},
	} {
		line, err := table.Price(sale)
		fmt.Println(line.Rule, line.Amount, err)
	}
	// Output:
	// debits 5.00 USD <nil>
	// cards 4.70 USD <nil>
	// otherwise 290 JPY <nil>
}
