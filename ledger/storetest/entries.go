package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// entryPages fills an account with entries that are effective before, when and
// after they were posted, many at the same moment, and compares every list of
// it with one made by hand. Nothing is lost where more entries share a moment
// than a page holds (edge case 98).
func entryPages(t *trial) {
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.open(account(a), account(bank))
	offsets := []time.Duration{0, -time.Hour, 0, time.Hour, -time.Hour, -time.Hour, 0, 24 * time.Hour, -24 * time.Hour, 0, -time.Microsecond, time.Microsecond, 0, 0}
	for i, d := range offsets {
		if i%3 == 0 {
			t.clock.move(time.Second)
		}
		c := t.moves("top-up", bank, a, int64(i)+1)
		if d != 0 {
			c.Post[0].Effective = t.clock.read().Add(d)
		}
		if i%5 == 4 { // the same effective moment as others
			c.Post[0].Effective = noon
		}
		t.commit(c)
	}
	var all []ledger.Posted
	t.view(func(v ledger.View) (err error) {
		all, err = allEntries(v, a, ledger.Page{})
		return err
	})
	require.Len(t, all, len(offsets))
	var moments []time.Time
	for _, e := range all {
		moments = append(moments, e.Effective, e.At, e.At.Add(time.Microsecond))
	}
	moments = append(moments, time.Time{}, noon.AddDate(1, 0, 0))
	t.view(func(v ledger.View) error {
		for n := range 160 {
			p := ledger.Page{
				By: ledger.TimeKind(n % 2), Desc: n/2%2 == 1, Moved: n/4%4 == 3, Limit: 1 + n%5,
				From: moments[n*7%len(moments)], To: moments[n*11%len(moments)],
			}
			if n/8%2 == 0 {
				p.From, p.To = time.Time{}, time.Time{}
			}
			got, err := allEntries(v, a, p)
			require.NoError(t, err)
			want := selected(all, p)
			require.Equal(t, len(want), len(got), "%+v", p)
			if len(want) > 0 {
				require.Equal(t, want, got, "%+v", p)
			}
		}
		none, err := v.Entries(t.ref("nobody", "available"), ledger.Page{})
		require.Empty(t, none)
		return err
	})
}

// selected is what a page and those after it must show of all entries.
func selected(all []ledger.Posted, p ledger.Page) []ledger.Posted {
	var list []ledger.Posted
	for _, e := range all {
		at := e.Place(p.By).At
		if p.Moved && e.At.Equal(e.Effective) || !p.From.IsZero() && at.Before(p.From) || !p.To.IsZero() && !at.Before(p.To) {
			continue
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b ledger.Posted) int {
		c := cmp.Or(a.Place(p.By).At.Compare(b.Place(p.By).At), cmp.Compare(a.Number, b.Number))
		if p.Desc {
			return -c
		}
		return c
	})
	return list
}
