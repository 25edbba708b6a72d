package rule_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// An operator's rules, and what they say of a payment of a seller who is six days old
// to a card of a country in which they do not sell.
func Example() {
	rules, err := rule.Compile(`
		# Buyers we know may pay what they like.
		regulars: allow if customer in @known
		fresh: block if amount > 500 USD and seller.age_days < 7 and not card.country in seller.countries
		review if count(declined charges by card.fingerprint in 24h) >= 3 or ip.anonymous
	`, rule.Options{Lists: map[string]*rule.List{"known": known()}})
	if err != nil {
		panic(err)
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	d, err := rules.Decide(context.Background(), &compliance.Payment{
		At:     at,
		Amount: ledger.Minor(62000, ledger.USD),
		Card:   compliance.Card{Country: "NG"},
		Seller: compliance.Seller{Created: at.AddDate(0, 0, -6), Countries: []string{"US", "CA"}},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Explain())
	// Output:
	// block by fresh (version b578dbd98d9b0d67)
	//   amount > 500 USD, as amount is 620.00 USD
	//   seller.age_days < 7, as seller.age_days is 6
	//   card.country not in seller.countries, as card.country is "NG" and seller.countries is ("US", "CA")
	//   regulars is unknown without customer
}

func known() *rule.List {
	l, err := rule.NewList(rule.Exact, rule.Item{Text: "cus_7"})
	if err != nil {
		panic(err)
	}
	return l
}

// What is wrong is shown to whoever wrote it.
func ExampleError_Pointed() {
	_, err := rule.Compile(`block if amount > 500 USD and card.country = "Nigeria"`, rule.Options{})
	var wrong *rule.Error
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Pointed())
	}
	// Output:
	// 1:46: expected a country's code, like "US" (ISO 3166-1), found "Nigeria"
	//   block if amount > 500 USD and card.country = "Nigeria"
	//                                                ^
}

// Before new rules are used, they are tried on payments of the past.
func ExampleBackTest() {
	now, _ := rule.Compile("review if amount > 100 USD", rule.Options{})
	next, _ := rule.Compile("review if amount > 100 USD and card.country != ip.country", rule.Options{})
	past := func(yield func(rule.Past, error) bool) {
		for i, country := range []string{"US", "US", "FR"} {
			p := &compliance.Payment{ID: fmt.Sprint("ch_", i), At: time.Unix(1, 0), Amount: ledger.Minor(20000, ledger.USD)}
			p.Card.Country, p.Buyer.IPCountry = country, "US"
			if !yield(rule.Past{Payment: p}, nil) {
				return
			}
		}
	}
	report, err := rule.BackTest(context.Background(), next, now, past)
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Payments, "payments,", report.Rules[0].Decided.Payments, "to review")
	for _, c := range report.Changes {
		fmt.Printf("%d from %q to %q: %v\n", c.Payments, c.From, c.Action, c.Examples)
	}
	// Output:
	// 3 payments, 1 to review
	// 2 from "review" to "": [ch_0 ch_1]
}
