package market_test

import (
	"fmt"
	"time"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// A platform takes bank debits in the Netherlands, first and from 25 euros on. All
// else stays as it is built in.
func Example() {
	over, err := market.ParseList([]byte(`{"rules": [{
		"country": "NL",
		"methods": {"bank_debit": {"offered": [{"value": true, "from": "2026-04-01"}], "place": [{"value": 1}]}},
		"limits": {"EUR": {"min": [{"value": 2500}]}}
	}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	cart := &market.Sale{Amount: ledger.Minor(2503, ledger.EUR), Seller: "DE"}
	for _, date := range []string{"2026-03-31", "2026-04-01"} {
		at, _ := time.Parse(time.DateOnly, date)
		v := market.Builtin().View("NL", at, over)
		fmt.Println(date)
		shown, hidden := v.Offers(cart)
		for _, o := range shown {
			fmt.Println("  shown:", o.Method, o.Scheme, "from", o.Min, "authentication", o.Authentication)
		}
		for _, h := range hidden {
			fmt.Println("  not shown:", h.Method, h.Reason)
		}
	}
	v := market.Builtin().View("NL", time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), over)
	cash, _ := v.Cash(ledger.EUR).Value.Round(cart.Amount)
	fmt.Println("in cash:", cash)
	fmt.Println(v.Refuse(&market.Sale{Amount: ledger.Minor(2499, ledger.EUR), Seller: "DE"}))
	// Output:
	// 2026-03-31
	//   shown: card  from 25.00 EUR authentication required
	//   not shown: bank_debit method_not_yet_offered
	//   not shown: bitcoin method_not_confirmed
	// 2026-04-01
	//   shown: bank_debit sepa from 25.00 EUR authentication optional
	//   shown: card  from 25.00 EUR authentication required
	//   not shown: bitcoin method_not_confirmed
	// in cash: 25.05 EUR
	// invalid: amount: at least 25.00 EUR is charged
}
