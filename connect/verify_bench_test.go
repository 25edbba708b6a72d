package connect_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// BenchmarkVerify verifies a marketplace of so many transactions: of 200 sellers, with a
// refund of every twentieth charge and payouts. SOUK_VERIFY says how many; 30,000 if it
// does not.
func BenchmarkVerify(b *testing.B) {
	want := 30_000
	if text := os.Getenv("SOUK_VERIFY"); text != "" {
		var err error
		want, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	m := sold(b, ledger.NewMemory(), want)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for range b.N {
		r, err := m.Verify(context.Background())
		require.NoError(b, err)
		require.NoError(b, r.Err())
		require.GreaterOrEqual(b, r.Transactions, int64(want))
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Transactions), "ns/transaction")
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/float64(want), "B/transaction")
	b.ReportMetric(float64(before.HeapAlloc)/float64(want), "store-B/transaction")
}

// sold is a marketplace that has sold until so many transactions are in its books.
func sold(t testing.TB, s ledger.Store, transactions int) *connecttest.Marketplace {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{Config: connect.Config{Store: s}})
	require.NoError(t, err)
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	sellers := make([]string, 200)
	for i := range sellers {
		r := connecttest.Seller("US")
		r.Key = strconv.Itoa(i)
		a, err := p.CreateAccount(ctx, r)
		require.NoError(t, err)
		sellers[i] = a.ID
	}
	for i, n := 0, 0; n < transactions; i++ {
		c, err := p.Charge(ctx, connect.ChargeRequest{
			Key: "c" + strconv.Itoa(i), Amount: usd(1000), AccountID: sellers[i%len(sellers)], ApplicationFee: usd(123), Source: connect.TestCard,
		})
		require.NoError(t, err)
		n += 3
		if i%20 == 19 {
			_, err := p.Refund(ctx, connect.RefundRequest{Key: "r" + strconv.Itoa(i), ChargeID: c.ID, Amount: usd(333), ReverseTransfer: true, RefundFee: true})
			require.NoError(t, err)
			n += 3
		}
		if i%2000 == 1999 {
			require.NoError(t, m.Pass(ctx, 24*time.Hour))
		}
	}
	return m
}
