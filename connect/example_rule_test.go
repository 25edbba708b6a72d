package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/compliance"
	rulelang "github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// An operator's rules are asked about every charge. What they block has failed before
// the card was asked, and says why.
func ExampleConfig_rules() {
	ctx := context.Background()
	set, err := rulelang.Compile(`
		fresh: block if amount > 500 USD and seller.age_days < 7 and not card.country in ("US", "CA")
		"too often": block if count(charges by card.fingerprint in 1h) >= 3
	`, rulelang.Options{})
	if err != nil {
		panic(err)
	}
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Rules: []compliance.Rule{set}}})
	if err != nil {
		panic(err)
	}
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	if err != nil {
		panic(err)
	}
	seller, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		panic(err)
	}
	charge := func(key string, minor int64, country string) *connect.Charge {
		c, err := p.Charge(ctx, connect.ChargeRequest{
			Key: key, Amount: ledger.Minor(minor, ledger.USD), AccountID: seller.ID, Source: connect.TestCard,
			Facts: &connect.PaymentFacts{Card: compliance.Card{Country: country, Fingerprint: "card-1"}},
		})
		if err != nil {
			panic(err)
		}
		return c
	}
	fmt.Println(charge("1", 620_00, "US").Status)
	c := charge("2", 620_00, "NG")
	fmt.Println(c.Status, c.Code)
	fmt.Println(c.Decision.Explain())
	charge("3", 10_00, "US")
	c = charge("4", 10_00, "US")
	fmt.Println(c.Status, c.Decision.Rule)
	// Output:
	// succeeded
	// failed blocked_by_rule
	// block by fresh (version d61abbd9da4ce4ba)
	//   amount > 500 USD, as amount is 620.00 USD
	//   seller.age_days < 7, as seller.age_days is 0
	//   card.country not in ("US", "CA"), as card.country is "NG"
	// failed too often
}
