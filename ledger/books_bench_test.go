package ledger_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/soukhq/souk/ledger"
)

// The figures of docs/performance.md come from these.

func openAll(b testing.TB, s ledger.Store, accounts ...ledger.Account) {
	b.Helper()
	_, err := ledger.Update(context.Background(), s, func(u *ledger.Unit) error {
		for _, a := range accounts {
			u.Open(a)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func benchRef(owner, purpose string) ledger.Ref {
	return ledger.Ref{Book: "plat_1", Owner: owner, Purpose: purpose, Currency: ledger.EUR}
}

// callers runs fn from n goroutines, b.N times in all.
func callers(b *testing.B, n int, fn func(i int64) error) {
	b.Helper()
	b.ReportAllocs()
	var next atomic.Int64
	done := make(chan error, n)
	b.ResetTimer()
	for range n {
		go func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					done <- nil
					return
				}
				if err := fn(i); err != nil {
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
}

func BenchmarkPostTwoEntries(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run("callers="+strconv.Itoa(n), func(b *testing.B) {
			ctx, s := context.Background(), ledger.NewMemory()
			in, out := benchRef("acct_1", "pending/2026-01-01"), benchRef("house", "acquirer/test")
			openAll(b, s, ledger.Account{Ref: in}, ledger.Account{Ref: out, Shared: true})
			callers(b, n, func(int64) error {
				_, err := ledger.Update(ctx, s, func(u *ledger.Unit) error {
					u.Post(ledger.Transaction{Book: "plat_1", Reason: "charge", Entries: []ledger.Entry{
						{Account: out, Amount: ledger.Minor(-100, ledger.EUR)},
						{Account: in, Amount: ledger.Minor(100, ledger.EUR)},
					}})
					return nil
				})
				return err
			})
		})
	}
}

func BenchmarkPostSixEntriesFloorObject(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run("callers="+strconv.Itoa(n), func(b *testing.B) {
			ctx, s := context.Background(), ledger.NewMemory()
			acq, fees := benchRef("house", "acquirer/test"), benchRef("house", "processing_fees")
			p, a := benchRef("plat_1", "pending/2026-01-01"), benchRef("acct_1", "available")
			openAll(b, s, ledger.Account{Ref: acq, Shared: true}, ledger.Account{Ref: fees, Shared: true},
				ledger.Account{Ref: p, Shared: true}, ledger.Account{Ref: a, Floor: ledger.Floor{Kind: ledger.Guarded}})
			data := []byte(`{"amount":{"amountMinor":1000,"currency":"EUR"},"status":"succeeded"}`)
			callers(b, n, func(int64) error {
				_, err := ledger.Update(ctx, s, func(u *ledger.Unit) error {
					id := u.NewID("ch_")
					u.Post(ledger.Transaction{Book: "plat_1", Reason: "charge", Entries: []ledger.Entry{
						{Account: acq, Amount: ledger.Minor(-1000, ledger.EUR)},
						{Account: p, Amount: ledger.Minor(941, ledger.EUR)},
						{Account: fees, Amount: ledger.Minor(59, ledger.EUR)},
					}})
					u.Post(ledger.Transaction{Book: "plat_1", Reason: "transfer", Entries: []ledger.Entry{
						{Account: p, Amount: ledger.Minor(-877, ledger.EUR)},
						{Account: a, Amount: ledger.Minor(877, ledger.EUR)},
					}})
					u.Put(ledger.Object{ID: ledger.ID{Kind: "charge", ID: id}, Data: data, Keys: []ledger.Key{{Name: "platform", Value: "plat_1", At: u.At()}}})
					u.Emit(ledger.Event{Type: "charge.succeeded", Platform: "plat_1", Object: ledger.ID{Kind: "charge", ID: id}})
					return nil
				})
				return err
			})
		})
	}
}
