package archivetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// dice are thrown the same way each time.
type dice uint64

func (d *dice) roll(n int) int {
	*d ^= *d << 13
	*d ^= *d >> 7
	*d ^= *d << 17
	return int(uint64(*d) % uint64(n))
}

// readsAsBefore posts at random, moves what is old a part at a time, and asks
// everything that may be asked: each answer is the one that was given before, and
// what lies after the moment is always answered (promises 1, 3, 49 and 50).
func readsAsBefore(t *testing.T, b *Books) {
	for seed := range 2 {
		d := dice(seed*7919 + 12345)
		w := newWorld(t, b)
		w.now = start.AddDate(seed, 0, 0)
		w.n = seed * 10_000
		refused := 0
		for range 3 {
			for range 25 {
				w.random(&d)
			}
			was := w.books()
			moved, _ := w.archive()
			maps.Copy(was, moved)
			before := w.moments()
			answers := w.answers(before)
			until := w.closes()
			if d.roll(2) == 0 { // not all that may be moved
				until = before[len(before)*2/3]
			}
			w.archives(until, 1+d.roll(9))
			w.nothingIsLost(was)
			w.addsUp()
			refused += w.compare(answers, w.answers(before), until)
		}
		require.Greater(t, refused, 100)
		moved, _ := w.archive()
		require.Greater(t, len(moved), 25)
	}
}

// random posts something: at odd times, of odd amounts, to one or more.
func (w *world) random(d *dice) {
	w.Helper()
	tx := w.pay(seller(d.roll(5)), int64(2+d.roll(500)))
	switch d.roll(6) {
	case 0:
		tx.Effective = w.now.Add(time.Duration(d.roll(100)-50) * time.Second)
	case 1:
		tx.Effective = w.now.Add(-time.Duration(1+d.roll(20)) * time.Second)
	case 2:
		tx.Meta = map[string]string{"note": "ü \"<>&"}
		tx.Object = ledger.ID{Kind: "order", ID: tx.ID}
		tx.Corrects = "tx_00000"
	case 3:
		tx.Entries[1].Amount = ledger.Minor(tx.Entries[1].Amount.Minor()+1, ledger.EUR)
		tx.Entries = tx.Entries[:2]
	}
	if until := w.closedUntil(); !tx.Effective.IsZero() && tx.Effective.Before(until) {
		tx.Effective = until
	}
	if now := w.now; d.roll(5) == 0 { // a clock that is behind, and accounts of its own
		if w.now = now.Add(-time.Duration(d.roll(20)) * time.Second); w.now.Before(w.closedUntil()) {
			w.now = now
		}
		tx.Entries = tx.Entries[:2]
		tx.Entries[0] = ledger.Entry{Account: ref("house", "bank/"+number(d.roll(3))), Amount: ledger.Minor(-50, ledger.EUR)}
		tx.Entries[1] = ledger.Entry{Account: seller(5 + d.roll(3)), Amount: ledger.Minor(50, ledger.EUR)}
		c := w.change(tx)
		c.Open = []ledger.Account{{Ref: tx.Entries[0].Account}, {Ref: tx.Entries[1].Account, Floor: ledger.Floor{Kind: ledger.Guarded}}}
		w.Spread(w, c)
		w.now = now.Add(time.Second)
		return
	}
	w.does(tx)
	if d.roll(3) == 0 {
		w.now = w.now.Add(time.Duration(d.roll(5000)) * time.Microsecond)
	}
}

func (w *world) closedUntil() (until time.Time) {
	w.Helper()
	w.view(func(v ledger.View) (err error) {
		until, err = ledger.ClosedUntil(v, book)
		return err
	})
	return until
}

// moments are all times of all entries, and those beside them.
func (w *world) moments() []time.Time {
	w.Helper()
	set := make(map[time.Time]bool)
	add := func(all map[string]ledger.Archived) {
		for _, a := range all {
			for _, at := range []time.Time{a.Transaction.Posted, a.Transaction.Effective} {
				set[at], set[at.Add(time.Microsecond)], set[at.Add(-time.Microsecond)] = true, true, true
			}
		}
	}
	add(w.books())
	moved, _ := w.archive()
	add(moved)
	return slices.SortedFunc(maps.Keys(set), time.Time.Compare)
}

// answers asks for every balance, and for statements of both kinds, at each moment.
func (w *world) answers(moments []time.Time) map[string]any {
	w.Helper()
	all := make(map[string]any)
	note := func(question string, r ledger.Ref, at time.Time, answer any, err error) {
		if err != nil {
			answer = err
		}
		all[fmt.Sprintf("%s|%v|%s", at.Format("2006-01-02T15:04:05.000000"), r, question)] = answer
	}
	var refs []ledger.Ref
	w.view(func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: book}, func(a ledger.Account) error {
			refs = append(refs, a.Ref)
			note("account", a.Ref, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), a, nil)
			for i, at := range moments {
				if i%3 == 1 {
					continue
				}
				m, err := v.BalanceAt(a.Ref, at)
				note("balance", a.Ref, at, m, err)
			}
			return nil
		})
	})
	for i, at := range moments {
		if i%11 != 0 && i < len(moments)-12 {
			continue
		}
		for _, r := range refs {
			for _, by := range []ledger.TimeKind{ledger.ByPosting, ledger.ByEffective} {
				st, err := ledger.NewStatement(w.Context(), w.Store, ledger.StatementRequest{Account: r, By: by, From: at})
				note(fmt.Sprint("statement ", by), r, at, st, err)
			}
		}
	}
	return all
}

// compare compares what was answered before and after, and returns how many
// questions are refused.
func (w *world) compare(was, is map[string]any, until time.Time) (refused int) {
	w.Helper()
	for question, answer := range was {
		now := is[question]
		if a, ok := answer.(ledger.Account); ok {
			require.Equal(w, a, now, question)
			continue
		}
		if err, ok := now.(error); ok {
			refused++
			require.ErrorIs(w, err, ledger.State, question)
			require.Less(w, question[:26], until.Format("2006-01-02T15:04:05.000000"), "%s: %v", question, err)
			continue
		}
		require.NotNil(w, now, question)
		if _, bad := answer.(error); !bad {
			require.Equal(w, answer, now, question)
		}
	}
	return refused
}

// refusals: a balance, a page or a statement from before is refused and never
// wrong, whichever way it is asked for.
func refusals(t *testing.T, b *Books) {
	w := newWorld(t, b)
	a := seller(0)
	for i := range 6 {
		tx := w.pay(a, int64(100+i))
		if i == 2 { // it counts after all others were posted
			tx.Effective = w.now.Add(20 * time.Second)
		}
		w.does(tx)
	}
	var old []ledger.Posted
	w.view(func(v ledger.View) (err error) {
		old, err = v.Entries(a, ledger.Page{})
		return err
	})
	until := w.closes()
	w.does(w.pay(a, 200))
	last, latest := old[5].At, old[2].Effective
	require.True(t, latest.After(last.Add(time.Second)))
	w.archives(until, 0)
	w.view(func(v ledger.View) error {
		c, err := v.Carried(a)
		require.NoError(t, err)
		require.Equal(t, ledger.Carried{Entries: 6, Balance: old[5].Balance, Posted: last, Effective: latest, Last: "tx_00006", Latest: "tx_00003"}, c)
		none, err := v.Carried(seller(3))
		require.NoError(t, err)
		require.Equal(t, ledger.Carried{Balance: ledger.Zero(ledger.EUR)}, none)
		for _, r := range []ledger.Ref{a, bank} {
			_, err = v.BalanceAt(r, last.Add(-time.Microsecond))
			hasCode(t, err, ledger.State, "period_archived", "at")
			_, err = v.BalanceAt(r, time.Time{})
			hasCode(t, err, ledger.State, "period_archived", "at")
		}
		m, err := v.BalanceAt(a, last)
		require.NoError(t, err)
		require.Equal(t, old[5].Balance, m)
		pages(t, v, old, until)
		return nil
	})
	for _, by := range []ledger.TimeKind{ledger.ByPosting, ledger.ByEffective} {
		end := last
		if by == ledger.ByEffective {
			end = latest
		}
		for _, from := range []time.Time{{}, start, last, end} {
			_, err := ledger.NewStatement(t.Context(), b.Store, ledger.StatementRequest{Account: a, By: by, From: from})
			hasCode(t, err, ledger.State, "period_archived", "from")
		}
		st, err := ledger.NewStatement(t.Context(), b.Store, ledger.StatementRequest{Account: a, By: by, From: end.Add(time.Microsecond)})
		require.NoError(t, err)
		require.Equal(t, []any{old[5].Balance, 1}, []any{st.Opening, len(st.Lines)})
	}
}

// pages asks for parts of a list of which six entries were moved, and one is left.
func pages(t *testing.T, v ledger.View, old []ledger.Posted, until time.Time) {
	t.Helper()
	a, last, latest := old[0].Account, old[5].At, old[2].Effective
	for _, x := range []struct {
		p     ledger.Page
		field string
	}{
		{ledger.Page{From: last}, "from"},
		{ledger.Page{From: start, To: until}, "from"},
		{ledger.Page{From: latest, By: ledger.ByEffective, Desc: true}, "from"},
		{ledger.Page{To: last}, "to"},
		{ledger.Page{To: latest, By: ledger.ByEffective}, "to"},
		{ledger.Page{After: old[3].Place(ledger.ByPosting)}, "after"},
		{ledger.Page{After: old[5].Place(ledger.ByEffective), By: ledger.ByEffective}, "after"},
		{ledger.Page{After: old[2].Place(ledger.ByPosting), Desc: true}, "after"},
	} {
		_, err := v.Entries(a, x.p)
		hasCode(t, err, ledger.State, "period_archived", x.field)
	}
	for _, p := range []ledger.Page{{}, {Desc: true}, {From: last.Add(time.Microsecond)}, {By: ledger.ByEffective, From: until}} {
		list, err := v.Entries(a, p)
		require.NoError(t, err)
		require.Len(t, list, 1, "%+v", p)
		require.EqualValues(t, 7, list[0].Number)
		p.After = list[0].Place(p.By)
		list, err = v.Entries(a, p)
		require.NoError(t, err)
		require.Empty(t, list)
	}
}

// lateClock: a clock behind the close posts into time that was moved, in accounts
// or stripes of which nothing was. It counts after the close, and nothing is wrong
// then.
func lateClock(t *testing.T, b *Books) {
	w := newWorld(t, b)
	w.does(w.pay(seller(0), 100))
	first := w.now
	w.does(w.pay(seller(0), 100))
	w.does(w.pay(seller(0), 100))
	until := w.closes()
	w.archives(until, 0)
	now := w.now
	for range 3 {
		w.now = first.Add(-time.Minute)
		tx := w.pay(seller(1), 50)
		tx.Effective = until
		w.does(tx)
	}
	w.now = now
	w.does(w.pay(seller(0), 100))
	w.addsUp()
	w.view(func(v ledger.View) error {
		for r, want := range map[ledger.Ref]int64{bank: -450, fees: 6, seller(1): 147, seller(0): 297} {
			m, err := v.BalanceAt(r, until)
			require.NoError(t, err)
			require.Equal(t, want, m.Minor(), "%v", r)
		}
		return nil
	})
	require.EqualValues(t, 4, w.archives(w.closes(), 1).Transactions)
	require.Len(t, w.books(), 0)
	w.addsUp()
}

// views: people read of balances what they read before, and of entries those that
// are there, with their balances.
func views(t *testing.T, b *Books) {
	w := newWorld(t, b)
	for i := range 12 {
		w.does(w.pay(seller(i%3), int64(100+i)))
	}
	until := w.closes()
	for i := range 8 {
		w.does(w.pay(seller(i%3), int64(100+i)))
	}
	balances := b.Rows(t, `select * from `+b.Prefix+`balances`)
	const columns = `select posted_at, transaction_id, position, reason, owner, amount, balance, balance_minor from `
	of := b.Prefix + `journal where transaction_id > 'tx_00012' order by transaction_id, position`
	journal := b.Rows(t, columns+of)
	require.Len(t, journal, 24)
	w.archives(until, 5)
	require.Equal(t, journal, b.Rows(t, columns+b.Prefix+`journal order by transaction_id, position`))
	require.Equal(t, balances, b.Rows(t, `select * from `+b.Prefix+`balances`))
	b.Compare(t)
}
