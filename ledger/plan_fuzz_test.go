package ledger_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// byteDice reads a fuzzer's bytes; once they are used up it gives zeros.
type byteDice struct{ data []byte }

func (b *byteDice) roll(n int) int {
	if len(b.data) == 0 {
		return 0
	}
	v := int(b.data[0])
	b.data = b.data[1:]
	if n > 256 && len(b.data) > 0 {
		v = v<<8 | int(b.data[0])
		b.data = b.data[1:]
	}
	return v % n
}

// text takes some bytes as they are.
func (b *byteDice) text() string {
	n := min(b.roll(40), len(b.data))
	s := string(b.data[:n])
	b.data = b.data[n:]
	return s
}

// spice puts raw bytes and wild numbers where a caller might.
func (b *byteDice) spice(c *ledger.Change) {
	switch b.roll(24) {
	case 1:
		c.ID = b.text()
	case 2:
		c.Idem = ledger.Idem{Scope: b.text(), Key: b.text()}
	case 3:
		c.Put = append(c.Put, ledger.Object{ID: ledger.ID{Kind: b.text(), ID: b.text()}, Version: int64(b.roll(256)) - 128, Data: []byte(b.text()), Keys: []ledger.Key{{Name: b.text(), Value: b.text()}}})
	case 4:
		c.Emit = append(c.Emit, ledger.Event{Type: b.text(), Platform: b.text(), Object: ledger.ID{Kind: b.text(), ID: b.text()}, Data: []byte(b.text())})
	case 5:
		c.Open = append(c.Open, ledger.Account{Ref: ledger.Ref{Book: b.text(), Owner: b.text(), Purpose: b.text(), Currency: ledger.Currency(b.roll(1 << 16))}, Floor: ledger.Floor{Kind: ledger.FloorKind(b.roll(8)), AtMinor: math.MinInt64 + int64(b.roll(3))}})
	case 6:
		c.Expect = append(c.Expect, ledger.Expectation{Object: ledger.ID{Kind: b.text(), ID: b.text()}, Version: int64(b.roll(4)) - 1})
	case 7:
		c.Close = append(c.Close, ledger.Ref{Book: b.text(), Owner: b.text(), Purpose: b.text()})
	case 8:
		c.Holds = append(c.Holds, ledger.HoldStep{Op: ledger.HoldOp(b.roll(9)), ID: b.text(), Account: dice(b.roll).of(0), Amount: ledger.Minor(math.MinInt64+int64(b.roll(3)), ledger.EUR)})
	case 9:
		for i := range c.Post {
			c.Post[i].ID, c.Post[i].Reason, c.Post[i].Book = b.text(), b.text(), b.text()
			c.Post[i].Meta = map[string]string{b.text(): b.text()}
			c.Post[i].Effective = noon.AddDate(b.roll(1<<15)-1<<14, 0, 0)
		}
	case 10:
		for i := range c.Post {
			for j := range c.Post[i].Entries {
				c.Post[i].Entries[j].Amount = ledger.Minor(math.MinInt64+int64(b.roll(4)), ledger.Currency(b.roll(1<<16)))
			}
		}
	}
}

// FuzzPlan plans whatever bytes make of changes. It never panics; a change that
// fails leaves no mark on the batch; what is written balances (promises 1, 2, 6,
// 35 and 71).
func FuzzPlan(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	r := uint32(1)
	for _, n := range []int{64, 300, 1500, 5000} {
		seed := make([]byte, n)
		for i := range seed {
			r = r*1664525 + 1013904223
			seed[i] = byte(r >> 24)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := &byteDice{data: data}
		src, m := newSource(), newModel()
		books := ledger.NewBooks(src)
		batch := []*ledger.Change{openWorld(b.roll)}
		for range 12 {
			rows, results := ledger.Plan(batch, books)
			var kept []*ledger.Change
			for i, r := range results {
				requireResult(t, r)
				if r.Err == nil && !r.Receipt.Replayed {
					kept = append(kept, batch[i])
				}
			}
			requireRows(t, src, rows)
			alone, again := ledger.Plan(kept, ledger.NewBooks(src))
			for _, r := range again {
				require.NoError(t, r.Err, "it went through beside one that failed")
			}
			require.Equal(t, plainRows(alone), plainRows(rows), "a change that failed left a mark")
			src.write(rows)
			if len(b.data) == 0 {
				return
			}
			batch = nil
			for range 1 + b.roll(6) {
				c := drawChange(b.roll, m)
				b.spice(c)
				batch = append(batch, c)
			}
		}
	})
}

func requireResult(t *testing.T, r ledger.Result) {
	t.Helper()
	if r.Err == nil {
		require.NotNil(t, r.Receipt)
		return
	}
	require.Nil(t, r.Receipt)
	var e *ledger.Error
	require.ErrorAs(t, r.Err, &e)
	require.NotEqual(t, "unclassified", e.Class.String())
	require.NotEmpty(t, e.Code)
	require.NotEmpty(t, e.Error())
}

// plainRows are rows without what is the Books' own.
func plainRows(r *ledger.Rows) ledger.Rows {
	c := ledger.Rows{}
	c.Accounts = append(c.Accounts, r.Accounts...)
	c.Transactions = append(c.Transactions, r.Transactions...)
	c.Objects = append(c.Objects, r.Objects...)
	c.Events = append(c.Events, r.Events...)
	c.Changes = append(c.Changes, r.Changes...)
	for _, e := range r.Entries {
		c.Entries = append(c.Entries, ledger.EntryRow{Entry: e.Entry, Transaction: e.Transaction, Row: e.Row, Number: e.Number, Balance: e.Balance})
	}
	return c
}

// requireRows adds up what is to be written.
func requireRows(t *testing.T, src *mapSource, rows *ledger.Rows) {
	t.Helper()
	sums := map[ledger.Currency]int64{}
	type at struct{ balance, number int64 }
	accounts := map[ledger.Ref]at{}
	for _, a := range rows.Accounts {
		before := src.accounts[a.Ref]
		accounts[a.Ref] = at{before.Posted.Minor(), before.Entries}
		require.Equal(t, before.Version == 0, a.New)
		require.Greater(t, a.Version, before.Version)
	}
	for _, e := range rows.Entries {
		x, ok := accounts[e.Account]
		require.True(t, ok, "an entry in an account that is not written")
		sums[e.Amount.Currency()] += e.Amount.Minor()
		x.balance, x.number = x.balance+e.Amount.Minor(), x.number+1
		accounts[e.Account] = x
		require.Equal(t, x, at{e.Balance.Minor(), e.Number}, "promises 3 and 50")
		require.Equal(t, e.Account, rows.Accounts[e.Row].Ref)
	}
	for c, sum := range sums {
		require.Zero(t, sum, "promise 1: entries in %v", c)
	}
	for _, a := range rows.Accounts {
		require.Equal(t, accounts[a.Ref], at{a.Posted.Minor(), a.Entries})
		require.GreaterOrEqual(t, a.Held.Minor(), int64(0))
		if a.Floor.Kind == ledger.HardFloor {
			require.GreaterOrEqual(t, a.Posted.Minor(), min(a.Floor.AtMinor, src.accounts[a.Ref].Posted.Minor()))
		}
	}
}
