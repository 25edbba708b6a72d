package payout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// statuses are all states, and two that are none.
var statuses = []payout.Status{
	payout.Pending, payout.InTransit, payout.Paid, payout.Failed, payout.Canceled, payout.Returned, payout.Unknown, "", "settled",
}

// Every pair of states is listed as allowed or is refused: promise 64.
func TestTransitions(t *testing.T) {
	allowed := []string{
		"pending in_transit", "pending paid", "pending failed", "pending canceled", "pending unknown",
		"in_transit paid", "in_transit failed",
		"unknown in_transit", "unknown paid", "unknown failed",
		"paid returned",
	}
	for _, from := range statuses {
		for _, to := range statuses {
			pair := string(from) + " " + string(to)
			require.Equal(t, slices.Contains(allowed, pair), from.May(to), pair)
		}
	}
}

// outcome is what news does to a payout.
type outcome int

const (
	ignored outcome = iota // it is as the news says
	parked                 // the news can no longer be true
	booked
)

// Every state and every kind of news: promise 14, edge-cases 62, 63 and 71.
// The same news once more never changes anything.
func TestApply(t *testing.T) {
	const paid, failed, returned = payout.UpdatePaid, payout.UpdateFailed, payout.UpdateReturned
	for _, c := range []struct {
		from payout.Status
		news payout.UpdateKind
		does outcome
		to   payout.Status
	}{
		{payout.Pending, paid, booked, payout.Paid}, // the rail was faster than our own books
		{payout.Pending, failed, booked, payout.Failed},
		{payout.Pending, returned, booked, payout.Failed}, // "returned" for what was never paid
		{payout.InTransit, paid, booked, payout.Paid},
		{payout.InTransit, failed, booked, payout.Failed},
		{payout.InTransit, returned, booked, payout.Failed},
		{payout.Unknown, paid, booked, payout.Paid},
		{payout.Unknown, failed, booked, payout.Failed},
		{payout.Unknown, returned, booked, payout.Failed},
		{payout.Paid, paid, ignored, payout.Paid},
		{payout.Paid, failed, booked, payout.Returned}, // failed, days after it was paid
		{payout.Paid, returned, booked, payout.Returned},
		{payout.Returned, paid, parked, payout.Returned}, // returned to paid is parked
		{payout.Returned, failed, ignored, payout.Returned},
		{payout.Returned, returned, ignored, payout.Returned},
		{payout.Failed, paid, parked, payout.Failed},
		{payout.Failed, failed, ignored, payout.Failed},
		{payout.Failed, returned, ignored, payout.Failed},
		{payout.Canceled, paid, parked, payout.Canceled},
		{payout.Canceled, failed, parked, payout.Canceled},
		{payout.Canceled, returned, parked, payout.Canceled},
	} {
		t.Run(string(c.from)+" "+string(c.news), func(t *testing.T) {
			each(t, func(t *testing.T, b *bank) {
				b.reach(c.from)
				before := b.read()
				require.NoError(t, b.hear(c.news, "news"))
				b.stands(c.to)
				after := b.read()
				switch c.does {
				case ignored:
					require.Equal(t, before, after)
				case parked:
					before.version, before.events = before.version+1, before.events+1
					require.Equal(t, before, after) // seen, and told, and nothing moved
					require.Equal(t, []string{string(c.news) + " news"}, b.get().Parked)
				case booked:
					require.Equal(t, before.version+1, after.version)
					require.Equal(t, before.events+1, after.events)
					require.False(t, b.get().Work.Open())
				}
				require.NoError(t, b.hear(c.news, "news"))
				require.Equal(t, after, b.read(), "the same news again")
			})
		})
	}
}

// Reading a rail's news once more from the start changes nothing, whatever came
// after it: not even the note that "paid" was heard too late.
func TestApplyNewsReadAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bank) {
		b.reach(payout.Returned)
		before := b.read()
		for range 2 {
			require.NoError(t, b.hear(payout.UpdatePaid, "first"))
			require.NoError(t, b.hear(payout.UpdateReturned, "second"))
		}
		require.Equal(t, before, b.read())
		require.Empty(t, b.get().Parked)
		require.NoError(t, b.hear(payout.UpdatePaid, "third")) // that is news
		require.Equal(t, []string{"paid third"}, b.get().Parked)
	})
}

// What came back says why, and keeps the rail's code (promise 14).
func TestApplyKeepsTheCode(t *testing.T) {
	each(t, func(t *testing.T, b *bank) {
		b.reach(payout.Returned)
		require.Equal(t, "account_closed", b.get().Code)
		require.Equal(t, []string{"first", "second"}, b.get().Heard)
	})
}

// Money that came back can be paid again, by another payout: edge-case 63.
func TestReturnedMoneyIsPayable(t *testing.T) {
	each(t, func(t *testing.T, b *bank) {
		b.reach(payout.Returned)
		first := b.id
		b.reach(payout.Paid)
		require.NotEqual(t, first, b.id)
		b.id = first
		require.Equal(t, payout.Returned, b.get().Status)
	})
}

// News of another amount, in another currency or of another kind books nothing.
func TestApplyRefuses(t *testing.T) {
	each(t, func(t *testing.T, b *bank) {
		b.reach(payout.InTransit)
		before := b.read()
		apply := func(change func(*payout.Update)) error {
			return b.do(func(u *ledger.Unit, p *payout.Payout) error {
				n := payout.Update{ID: "n", Key: p.Key(), Kind: payout.UpdatePaid, Amount: p.Amount}
				change(&n)
				return payout.Apply(u, p, n)
			})
		}
		for _, m := range []ledger.Money{{}, ledger.Minor(876, ledger.USD), ledger.Minor(877, ledger.EUR), ledger.Minor(-877, ledger.USD)} {
			stateError(t, apply(func(n *payout.Update) { n.Amount = m }), "amount_mismatch")
		}
		for _, kind := range []payout.UpdateKind{"", "canceled", "PAID"} {
			require.ErrorIs(t, apply(func(n *payout.Update) { n.Kind = kind }), ledger.Invalid)
		}
		require.Equal(t, before, b.read())
	})
}

// Any news in any order, each piece as often as it likes, between the other
// steps: a payout is paid once and comes back once at most, and its money is
// where its state says. Promises 14 and 18.
func TestAnyOrderOfNews(t *testing.T) {
	kinds := []payout.UpdateKind{payout.UpdatePaid, payout.UpdateFailed, payout.UpdateReturned}
	rapid.Check(t, func(t *rapid.T) {
		b := newBank(t, rapid.SampledFrom(forms).Draw(t, "form"))
		b.claim()
		paid, back := 0, 0
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			was := b.get().Status
			switch n := rapid.IntRange(0, 9).Draw(t, "step"); n {
			case 0:
				_ = b.do(func(u *ledger.Unit, p *payout.Payout) error { return payout.Accepted(u, p, "ref") })
			case 1:
				_ = b.do(lost)
			case 2:
				_ = b.do(payout.Cancel)
			default:
				kind := rapid.SampledFrom(kinds).Draw(t, "news")
				require.NoError(t, b.hear(kind, string(kind)+rapid.SampledFrom([]string{"1", "2"}).Draw(t, "id")))
			}
			is := b.get().Status
			b.stands(is)
			if is != was {
				require.True(t, was.May(is), "%s to %s", was, is)
				switch is {
				case payout.Paid:
					paid++
				case payout.Failed, payout.Canceled, payout.Returned:
					back++
				}
			}
		}
		require.LessOrEqual(t, paid, 1)
		require.LessOrEqual(t, back, 1)
	})
}

// A key names the payout and its attempt for ever, and fits the 35 characters
// that bank files have for it: edge-case 70.
func TestKey(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		p := &payout.Payout{ID: ledger.Env{}.ID(payout.Kind.Prefix)}
		require.LessOrEqual(t, len(p.Key()), 35)
		require.Empty(t, strings.Trim(p.Key(), "abcdefghijklmnopqrstuvwxyz0123456789_-"))
		require.True(t, strings.HasPrefix(p.Key(), p.ID))
		require.False(t, seen[p.Key()])
		seen[p.Key()] = true
	}
}
