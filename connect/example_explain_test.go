package connect_test

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// What became of an order of 10.00 of which a quarter was given back.
func ExamplePlatform_Explain() {
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
		Key: "order-1", Amount: ledger.Minor(1000, ledger.USD), AccountID: seller.ID, ApplicationFee: ledger.Minor(123, ledger.USD), Source: connect.TestCard,
	})
	if err != nil {
		panic(err)
	}
	_, err = p.Refund(ctx, connect.RefundRequest{
		Key: "back-1", ChargeID: c.ID, Amount: ledger.Minor(250, ledger.USD), ReverseTransfer: true, RefundFee: true,
	})
	if err != nil {
		panic(err)
	}
	e, err := p.Explain(ctx, c.ID)
	if err != nil {
		panic(err)
	}
	fmt.Println(e)
	// Output:
	// charge ch_000010, succeeded, 10.00 USD, 2026-03-02T09:00:00Z
	//
	// With it
	//   refund re_000014 of ch_000010, succeeded, 2.50 USD, 2026-03-02T09:00:00Z
	//
	// Booked
	//   2026-03-02 09:00:00 charge of ch_000010: the buyer paid; what processing costs is kept of it (chg_000011.1)
	//       house     acquirer/simulated  -10.00 USD
	//       platform  pending/2026-03-04  +9.41 USD
	//       house     processing_fees     +0.59 USD
	//   2026-03-02 09:00:00 transfer of ch_000010: the platform hands on what is somebody else's (chg_000011.2)
	//       platform     pending/2026-03-04  -10.00 USD
	//       acct_000006  pending/2026-03-04  +10.00 USD
	//   2026-03-02 09:00:00 application fee of ch_000010: the platform takes its commission from the seller, with the tax on it (chg_000011.3)
	//       acct_000006  pending/2026-03-04  -1.23 USD
	//       platform     pending/2026-03-04  +1.23 USD
	//   2026-03-02 09:00:00 refund of re_000014: the buyer gets money back (chg_000015.1)
	//       platform  pending/2026-03-04  -2.50 USD
	//       house     acquirer/simulated  +2.50 USD
	//   2026-03-02 09:00:00 transfer reversal of re_000014: what was handed on is taken back (chg_000015.2)
	//       acct_000006  pending/2026-03-04  -2.50 USD
	//       platform     pending/2026-03-04  +2.50 USD
	//   2026-03-02 09:00:00 fee refund of re_000014: the platform gives the commission back to the seller, with the tax on it (chg_000015.3)
	//       platform     pending/2026-03-04  -0.31 USD
	//       acct_000006  pending/2026-03-04  +0.31 USD
	//
	// Applied
	//   processing fee  0.59 USD  by platform     rule USD, of 10.00 USD: percentage 0.29 USD, fixed 0.30 USD
	//   commission      1.23 USD  by acct_000006  as it was stated
	//
	// Counted and open
	//   ch_000010  refunded                                   2.50 USD
	//   ch_000010  taken back of what was transferred         2.50 USD
	//   ch_000010  given back of the commission               0.31 USD
	//   ch_000010  refundable                                 7.50 USD
	//   ch_000010  can be taken back of what was transferred  7.50 USD
	//   ch_000010  can be given back of the commission        0.92 USD
	//
	// Left
	//   acct_000006  pending             +6.58 USD
	//   house        acquirer/simulated  -7.50 USD
	//   house        processing_fees     +0.59 USD
	//   platform     pending             +0.33 USD
	//
	// All of it adds up.
}
