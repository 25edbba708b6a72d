package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A buyer's bank reports payments as fraud. The platform's rule refunds what is cheaper
// than 50.00 USD before it becomes a dispute; about the other a person decides.
func ExamplePlatform_ActOnWarning() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	if err != nil {
		panic(err)
	}
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US", Warnings: &connect.WarningPolicy{
		Fraud: connect.WarningRule{Refund: connect.RefundBelow, Below: []ledger.Money{ledger.Minor(5000, ledger.USD)}},
	}})
	if err != nil {
		panic(err)
	}
	for i, minor := range []int64{2000, 9000} {
		_, err := p.Charge(ctx, connect.ChargeRequest{Key: fmt.Sprint("order-", i), Amount: ledger.Minor(minor, ledger.USD), Source: connect.TestWarned})
		if err != nil {
			panic(err)
		}
	}
	for _, n := range m.Acquirer.WarningNotifications() { // an acquirer that posts tells Engine.Notify
		if err := m.WarningNews(ctx, n); err != nil {
			panic(err)
		}
	}
	if _, err := m.Drain(ctx); err != nil {
		panic(err)
	}
	for w := range p.Warnings(ctx, connect.ListRequest{}) {
		fmt.Println(w.Amount, w.FraudType, w.Status, w.Code)
		if w.Status == connect.WarningOpen {
			ann := connect.Actor{ID: "ann", Rights: []connect.Right{connect.RightRisk}}
			w, err = p.ActOnWarning(ctx, connect.ActOnWarningRequest{Key: "act", By: ann, WarningID: w.ID, Reason: "the same card"})
			if err != nil {
				panic(err)
			}
			fmt.Println(w.Status, "by", w.Signed.Author)
		}
	}
	// Unordered output:
	// 20.00 USD unauthorized_use_of_card acted
	// 90.00 USD unauthorized_use_of_card open not_below
	// acted by ann
}
