package connect_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// BenchmarkCharge is a whole charge on the memory store: recorded, carried out
// by the simulated acquirer, settled with its entries and events.
func BenchmarkCharge(b *testing.B) {
	benchCharge(b, nil, ledger.Minor(123, ledger.USD))
}

// BenchmarkPricedCharge is the same with a price list: a commission, a promotion
// and a service fee on top.
func BenchmarkPricedCharge(b *testing.B) {
	l := &pricing.List{Commission: rule("12.3"), Service: rule("5")}
	l.Commission.Modifiers = []pricing.Modifier{{Name: "promotion", Percent: decimal.New(-50, 0)}}
	benchCharge(b, l, ledger.Money{})
}

func benchCharge(b *testing.B, prices *pricing.List, fee ledger.Money) {
	for _, n := range []int{1, 64} {
		b.Run("callers="+strconv.Itoa(n), func(b *testing.B) {
			ctx := context.Background()
			eng, err := connect.New(connect.Config{})
			if err != nil {
				b.Fatal(err)
			}
			p, err := eng.Register(ctx, connect.PlatformRequest{Key: "bench", Name: "Bench", Country: "US", Prices: prices})
			if err != nil {
				b.Fatal(err)
			}
			a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
			if err != nil {
				b.Fatal(err)
			}
			var next atomic.Int64
			done := make(chan error, n)
			b.ReportAllocs()
			b.ResetTimer()
			for range n {
				go func() {
					for {
						i := next.Add(1)
						if i > int64(b.N) {
							done <- nil
							return
						}
						_, err := p.Charge(ctx, connect.ChargeRequest{
							Key: "charge-" + strconv.FormatInt(i, 10), Amount: ledger.Minor(1000, ledger.USD), AccountID: a.ID,
							ApplicationFee: fee, Source: connect.TestCard,
						})
						if err != nil {
							done <- err
							return
						}
					}
				}()
			}
			for range n {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
