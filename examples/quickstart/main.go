// Quickstart: a marketplace day in thirty lines. Two sellers in two countries,
// a charge with a commission, a refund, payouts in the sellers' own currencies,
// and the books at the end of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer) (err error) {
	defer catch(&err)
	usd := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }

	// In memory, with simulated cards and banks, and a clock that we move.
	clock := connecttest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	engine := must(connect.New(connect.Config{Now: clock.Now}))
	shop := must(engine.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Atelier", Country: "US"}))
	ann := must(shop.CreateAccount(ctx, connecttest.Seller("US")))
	ben := must(shop.CreateAccount(ctx, connecttest.Seller("DE")))

	order := must(shop.Charge(ctx, connect.ChargeRequest{Key: "order-1", Amount: usd(100_00), AccountID: ann.ID, ApplicationFee: usd(12_30), Source: connect.TestCard}))
	must(shop.Charge(ctx, connect.ChargeRequest{Key: "order-2", Amount: usd(80_00), AccountID: ben.ID, ApplicationFee: usd(8_00), Source: connect.TestCard}))
	refund := must(shop.Refund(ctx, connect.RefundRequest{Key: "return-1", ChargeID: order.ID, Amount: usd(25_00), ReverseTransfer: true, RefundFee: true}))
	fmt.Fprintf(w, "charged %v, refunded %v: %v from the seller, %v of the commission\n", order.Amount, refund.Amount, refund.Reversal, refund.FeeBack)

	clock.Advance(3 * 24 * time.Hour) // two banking days later the money is available
	drained(engine.Drain(ctx))
	for _, seller := range []*connect.Account{ann, ben} {
		out := must(shop.Payout(ctx, connect.PayoutRequest{Key: "payout-" + seller.ID, AccountID: seller.ID, Amount: usd(0)}))
		fmt.Fprintf(w, "%s is paid %v\n", seller.Country, out.Amount)
	}
	clock.Advance(24 * time.Hour) // and the bank has paid
	drained(engine.Drain(ctx))

	books := must(shop.TrialBalance(ctx))
	for _, line := range books.Lines {
		fmt.Fprintf(w, "%-24s %15v\n", line.Purpose, line.Balance)
	}
	fmt.Fprintln(w, "adds up to", books.Totals)
	return must(engine.Verify(ctx)).Err()
}

// drained is for what Drain returns: an object that failed is told in Drained.
func drained(d ledger.Drained, err error) { must(d, errors.Join(err, d.Err)) }

// must keeps the example short: it hands an error to catch.
func must[T any](v T, err error) T {
	if err != nil {
		panic(failure{err})
	}
	return v
}

type failure struct{ error }

func catch(err *error) {
	switch p := recover().(type) {
	case nil:
	case failure:
		*err = p.error
	default:
		panic(p)
	}
}
