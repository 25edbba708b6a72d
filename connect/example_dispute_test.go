package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A buyer disputes a payment at their bank. The platform pulls the seller's part back at
// once, answers, and wins: the seller has it again.
func ExamplePlatform_AnswerDispute() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	if err != nil {
		panic(err)
	}
	p, err := m.Register(ctx, connect.PlatformRequest{
		Key: "shop", Name: "Shop", Country: "US", Disputes: &connect.DisputePolicy{ClawBack: connect.ClawBackOpened, ReturnFee: true},
	})
	if err != nil {
		panic(err)
	}
	seller, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		panic(err)
	}
	_, err = p.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", Amount: ledger.Minor(10000, ledger.USD), AccountID: seller.ID, ApplicationFee: ledger.Minor(1000, ledger.USD),
		Source: connect.TestDisputed,
	})
	if err != nil {
		panic(err)
	}
	show := func() {
		for _, n := range m.Acquirer.DisputeNotifications() { // an acquirer that posts tells Engine.Notify
			if err := m.DisputeNews(ctx, n); err != nil {
				panic(err)
			}
		}
		for d := range p.Disputes(ctx, connect.ListRequest{}) {
			b, err := p.Balance(ctx, seller.ID)
			if err != nil {
				panic(err)
			}
			fmt.Println(d.Status, d.Reason, d.Amount, "the seller has", b.Currencies[0].Pending)
		}
	}
	show()
	for d := range p.Disputes(ctx, connect.ListRequest{}) {
		_, err := p.AnswerDispute(ctx, connect.AnswerDisputeRequest{
			Key: "answer-1", DisputeID: d.ID, Evidence: connect.Evidence{Text: map[string]string{"uncategorized_text": connect.TestWinningEvidence}},
		})
		if err != nil {
			panic(err)
		}
	}
	show()
	// Output:
	// needs_response fraudulent 100.00 USD the seller has 0.00 USD
	// won fraudulent 100.00 USD the seller has 90.00 USD
}
