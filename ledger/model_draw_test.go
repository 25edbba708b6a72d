package ledger_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

// dice gives a number from 0 to n−1: drawn by rapid, from the bytes of a fuzzer,
// or from a seed.
type dice func(n int) int

// world is the small world of the model: few accounts, so that changes meet;
// currencies of no, two and three decimals (promise 5).
var world = func() (refs []ledger.Ref) {
	for _, c := range []ledger.Currency{ledger.EUR, ledger.JPY, ledger.BHD} {
		for _, owner := range []string{"acct_1", "acct_2"} {
			for _, p := range []string{"available", "reserved", "pending/1", "host_purse"} {
				refs = append(refs, inCurrency(owner, p, c))
			}
		}
		refs = append(refs, inCurrency("house", "bank", c), inCurrency("house", "processing_fees", c))
	}
	return refs
}()

// terms are those on which an account of the world is opened.
func terms(r ledger.Ref) ledger.Account {
	a := ledger.Account{Ref: r, Shared: r.Purpose == "processing_fees"}
	if p, ok := ledger.PurposeOf(r.Purpose); ok {
		a.Floor = p.Floor
	} else {
		a.Floor = ledger.Floor{Kind: ledger.Guarded, AtMinor: -20}
	}
	return a
}

// openWorld opens most of the world.
func openWorld(d dice) *ledger.Change {
	c := &ledger.Change{ID: "first", At: noon}
	for _, r := range world {
		if d(10) > 0 {
			c.Open = append(c.Open, terms(r))
		}
	}
	return c
}

// of is an account of the world, in a currency if there is one.
func (d dice) of(cur ledger.Currency) ledger.Ref {
	r := world[d(len(world))]
	if cur != (ledger.Currency(0)) {
		r.Currency = cur
	}
	return r
}

func (d dice) amount() int64 {
	if d(60) == 59 {
		return math.MaxInt64 - int64(d(3))
	}
	return int64(d(40)) + 1
}

func pick[T any](d dice, list ...T) T { return list[d(len(list))] }

// tx is a transaction that mostly balances.
func (d dice) tx() ledger.Transaction {
	tx := ledger.Transaction{ID: fmt.Sprint("tx_", d(2000)), Book: book, Reason: pick(d, "transfer", "transfer", "top-up", "refund", "dispute")}
	for range pick(d, 1, 1, 1, 2) {
		cur := pick(d, ledger.EUR, ledger.EUR, ledger.JPY, ledger.BHD)
		rest, n := int64(0), pick(d, 2, 2, 2, 3)
		for i := range n {
			amount := d.amount()
			if i == n-1 {
				amount = -rest
			}
			rest += amount // may wrap: then it does not balance
			e := entry(d.of(cur), amount)
			e.Forced = tx.Reason == "refund" && d(2) == 1
			tx.Entries = append(tx.Entries, e)
		}
	}
	if i := d(40); i > 0 && i <= len(tx.Entries) {
		tx.Entries[i-1].Amount = ledger.Minor(int64(d(2)), pick(d, ledger.EUR, ledger.JPY))
	}
	switch d(60) {
	case 59:
		tx.Entries[0].Forced = true
	case 58:
		tx.Entries[d(len(tx.Entries))].Account.Book = "plat_2"
	}
	return tx
}

func (d dice) hold() ledger.HoldStep {
	s := ledger.HoldStep{
		Op: pick(d, ledger.PlaceHold, ledger.PlaceHold, ledger.CaptureHold, ledger.ReleaseHold, ledger.ExpireHold),
		ID: fmt.Sprint("h_", d(10)), Account: d.of(0),
	}
	s.Amount = ledger.Minor(d.amount(), s.Account.Currency)
	if s.Op == ledger.ExpireHold && d(10) > 0 || s.Op == ledger.ReleaseHold && d(2) == 1 {
		s.Amount = ledger.Zero(s.Account.Currency)
	}
	if s.Op == ledger.PlaceHold && d(2) == 1 {
		s.Expires = noon.Add(-time.Hour)
	}
	return s
}

// drawChange is a change that often fits what the model holds.
func drawChange(d dice, m *model) *ledger.Change {
	c := &ledger.Change{ID: fmt.Sprint("chg_", d(4000)), At: noon.Add(time.Duration(d(10)-5) * time.Second)}
	for range pick(d, 0, 0, 1, 4) {
		a := terms(d.of(0))
		if d(12) == 11 {
			a.Floor = ledger.Floor{Kind: (a.Floor.Kind + 1) % 3}
		}
		c.Open = append(c.Open, a)
	}
	for range pick(d, 0, 1, 1, 2) {
		c.Post = append(c.Post, d.tx())
	}
	for range pick(d, 0, 0, 1, 2) {
		d.stepOf(c, m)
	}
	for range pick(d, 0, 0, 1) {
		o := ledger.Object{ID: ledger.ID{Kind: "thing", ID: fmt.Sprint(d(6))}, Data: []byte("{}")}
		o.Version = max(0, m.objects[o.ID]+pick[int64](d, 0, 0, 0, 0, 1, -1))
		c.Put = append(c.Put, o)
	}
	if d(12) == 11 {
		c.Close = append(c.Close, d.of(0))
	}
	if d(4) == 3 {
		e := ledger.Expectation{Account: d.of(0)}
		if a := m.accounts[e.Account]; a != nil {
			e.Version = max(0, a.version+pick[int64](d, 0, 0, 0, 1, -1))
		}
		c.Expect = append(c.Expect, e)
	}
	if d(4) == 3 {
		c.Idem = ledger.Idem{Scope: "s", Key: fmt.Sprint(d(20)), Hash: [32]byte{byte(1 + d(2))}}
	}
	return c
}

// stepOf adds a step of a hold, mostly one that the hold can take.
func (d dice) stepOf(c *ledger.Change, m *model) {
	s := d.hold()
	if h, ok := m.holds[s.ID]; ok && s.Op != ledger.PlaceHold && d(10) > 0 {
		s.Account = h.account
		s.Amount = ledger.Minor(min(s.Amount.Minor(), max(h.open, 1)), h.account.Currency)
		if s.Op == ledger.CaptureHold && d(2) == 1 {
			tx := transfer("refund", s.Account, inCurrency("house", "bank", s.Account.Currency), s.Amount.Minor())
			tx.ID = fmt.Sprint("tx_of_", d(2000))
			c.Post = append(c.Post, tx)
		}
	}
	c.Holds = append(c.Holds, s)
}

// modelTB is a rapid check as the helpers of this package take it.
type modelTB struct {
	testing.TB
	r *rapid.T
}

func (t modelTB) Errorf(format string, args ...any) { t.r.Errorf(format, args...) }
func (t modelTB) FailNow()                          { t.r.FailNow() }
func (t modelTB) Helper()                           {}
