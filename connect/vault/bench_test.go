package vault_test

import (
	"strconv"
	"testing"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger/sealed"
)

// BenchmarkTokenise checks, seals and commits bank details to the memory store, without
// HTTP: under a data key of their own, and under an account's.
func BenchmarkTokenise(b *testing.B) {
	for name, account := range map[string]string{"own key": "", "account's key": "acct_"} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, func(c *vault.Config) { c.Env.Now, c.Env.NewID = nil, nil })
			r := german(account)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if account != "" {
					r.Account = account + strconv.Itoa(i)
				}
				if _, err := w.Tokenise(w.ctx, r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "details/s")
		})
	}
}

// BenchmarkDetokenise opens what a file of payments has, a hundred references at once.
func BenchmarkDetokenise(b *testing.B) {
	w := newWorld(b, func(c *vault.Config) { c.Env.Now, c.Env.NewID = nil, nil })
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = w.used(german(""), "acct_1").ID
	}
	d, err := w.Detokeniser("rail", vault.Bank)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if _, err := d.Detokenise(w.ctx, sealed.Request{Tokens: ids, Purpose: "p"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "details/s")
}
