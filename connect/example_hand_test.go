package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Somebody in support gives a seller what went wrong back, at the house's cost, and
// somebody in finance approves it.
func ExamplePlatform_Adjust() {
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
	// The host knows who is logged in, and what they may do.
	ann := connect.Actor{ID: "ann", Rights: []connect.Right{connect.RightSupport}}
	bob := connect.Actor{ID: "bob", Rights: []connect.Right{connect.RightFinance}}
	a, err := p.Adjust(ctx, connect.AdjustRequest{
		Key: "case-7", By: ann, AccountID: seller.ID, Amount: ledger.Minor(5000, ledger.USD), Bearer: connect.PartyHouse,
		Reason: connect.AdjustCompensation, Document: "case 7",
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(a.Status)
	_, err = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "case-7-own", ProposalID: a.Signed.Proposal, By: ann})
	fmt.Println(err)
	if _, err = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "case-7-yes", ProposalID: a.Signed.Proposal, By: bob}); err != nil {
		panic(err)
	}
	if a, err = p.GetAdjustment(ctx, a.ID); err != nil {
		panic(err)
	}
	b, err := p.Balance(ctx, seller.ID)
	if err != nil {
		panic(err)
	}
	fmt.Println(a.Status, a.Signed.Author, a.Signed.Approver, b.In(ledger.USD).Available)
	// Output:
	// proposed
	// connect: approve proposal: forbidden: by.rights: for house_adjustment one has to have the right of finance or admin
	// made ann bob 50.00 USD
}
