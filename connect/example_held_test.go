package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A shop takes the money with the order, and the seller has it three days after
// the delivery, unless the buyer complains.
func ExamplePlatform_Release() {
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
	c, err := p.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", Amount: ledger.Minor(10000, ledger.USD), AccountID: seller.ID, ApplicationFee: ledger.Minor(1000, ledger.USD),
		Source: connect.TestCard, Hold: &connect.HoldTerms{Until: connect.HoldEvent, Days: 3, LongestDays: 60, AtEnd: connect.HoldRefunds},
	})
	if err != nil {
		panic(err)
	}
	s, err := p.ReportEvent(ctx, connect.EventRequest{Key: "parcel-1", ChargeID: c.ID})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Status, s.Left().Account, "until", s.ReleaseAt.Format("Jan 2"))
	// Half of it now: the shop trusts this seller.
	r, err := p.Release(ctx, connect.ReleaseRequest{Key: "early-1", ChargeID: c.ID, Amount: ledger.Minor(5000, ledger.USD)})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Cause, r.ToAccount, r.ToPlatform)
	// Output:
	// waiting 90.00 USD until Mar 5
	// host 45.00 USD 5.00 USD
}
