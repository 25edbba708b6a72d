package connect_test

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A concert does not take place, and all that was paid for it goes back: somebody in
// support asks for it, somebody in finance approves, and Drain carries it out. The audit
// trail says who did what.
func ExamplePlatform_StartBulk() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
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
	for i, minor := range []int64{4000, 2500} {
		if _, err := p.Charge(ctx, connect.ChargeRequest{
			Key: fmt.Sprint("ticket-", i), Amount: ledger.Minor(minor, ledger.USD), AccountID: seller.ID,
			Source: connect.TestCardAtOnce, Metadata: map[string]string{"event": "concert"},
		}); err != nil {
			panic(err)
		}
	}
	m.Clock.Advance(time.Second) // what a bulk is of was made before it
	r := connect.BulkRequest{
		Key: "off", By: connect.Actor{ID: "ann", Rights: []connect.Right{connect.RightSupport}}, Action: connect.BulkRefund,
		Filter: connect.BulkFilter{Metadata: map[string]string{"event": "concert"}}, ReverseTransfer: true, Reason: "requested_by_customer",
	}
	would, err := p.PreviewBulk(ctx, r)
	if err != nil {
		panic(err)
	}
	fmt.Println("it would give back", would.Sums, "of", would.Count)
	r.Most = would.Sums[0]
	b, err := p.StartBulk(ctx, r)
	if err != nil {
		panic(err)
	}
	bob := connect.Actor{ID: "bob", Rights: []connect.Right{connect.RightFinance}}
	if _, err := p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "off-yes", ProposalID: b.Signed.Proposal, By: bob}); err != nil {
		panic(err)
	}
	if _, err := m.Drain(ctx); err != nil {
		panic(err)
	}
	if b, err = p.GetBulk(ctx, b.ID); err != nil {
		panic(err)
	}
	fmt.Println(b.Status, b.Count, b.Moved)
	for a, err := range p.Acts(ctx, connect.ActsRequest{ObjectID: b.ID}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(a.Actor, a.Did[len(a.Did)-1].Event)
	}
	// Output:
	// it would give back [65.00 USD] of 2
	// done 2 65.00 USD
	// bob proposal.carried_out
	// ann bulk.proposed
}

// By is the platform as one person uses it: the audit trail has what they did.
func ExamplePlatform_By() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	if err != nil {
		panic(err)
	}
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	if err != nil {
		panic(err)
	}
	k, err := p.By(connect.Actor{ID: "ann"}).CreateCustomer(ctx, connect.CustomerRequest{Key: "k", Email: "buyer@example.com"})
	if err != nil {
		panic(err)
	}
	if _, err := p.By(connect.Actor{ID: "bob"}).DeleteCustomer(ctx, connect.DeleteCustomerRequest{Key: "gone", CustomerID: k.ID}); err != nil {
		panic(err)
	}
	for a, err := range p.Acts(ctx, connect.ActsRequest{ObjectID: k.ID}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(a.Actor, a.Did[0].Event)
	}
	// Output:
	// bob customer.deleted
	// ann customer.created
}
