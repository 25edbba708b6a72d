package storetest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// postingTime posts while the clock stands, goes back and jumps ahead, and then
// from many goroutines at once.
func postingTime(t *trial) {
	a, b, c := t.ref("acct_1", "available"), t.ref("acct_2", "available"), t.ref("acct_3", "available")
	t.fund(a, 1000)
	t.open(account(b), account(c))
	for _, d := range []time.Duration{0, 0, -time.Hour, -time.Microsecond, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour, 0, time.Second} {
		t.clock.move(d)
		t.commit(t.moves("transfer", a, b, 1))
		t.commit(t.change(t.tx("transfer", move(b, -1), move(c, 1)), t.tx("transfer", move(c, -1), move(a, 1))))
	}
	t.rises(a, b, c)
	errs := together(8, func(i int) error {
		from, to := []ledger.Ref{a, b, c}[i%3], []ledger.Ref{b, c, a}[i%3]
		for range 4 {
			t.clock.move([]time.Duration{0, -time.Millisecond, time.Millisecond}[i%3])
			_, err := t.s.Commit(t.ctx, t.moves("dispute", from, to, 1))
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, 8, t.won(errs, ledger.Unknown))
	t.rises(a, b, c)
	d := t.dump(t.s)
	for _, a := range d.Accounts {
		list := d.Entries[a.Ref]
		require.Equal(t, list[len(list)-1].At, a.Last)
	}
}

// rises checks the times and numbers of some accounts, and that an entry says
// of its transaction what that says of itself.
func (t *trial) rises(refs ...ledger.Ref) {
	t.Helper()
	d := t.dump(t.s)
	for _, r := range refs {
		last := time.Time{}
		for i, e := range d.Entries[r] {
			require.True(t, e.At.After(last), "promise 50: entry %d of %v was posted at %v, the one before it at %v", i+1, r, e.At, last)
			require.Equal(t, int64(i)+1, e.Number, "promise 50: numbers of %v", r)
			tx := d.Txs[e.Transaction]
			require.Equal(t, []any{tx.Posted, tx.Effective, tx.Reason, tx.Object, tx.Book}, []any{e.At, e.Effective, e.Reason, e.Object, e.Book})
			require.Equal(t, r, e.Account)
			last = e.At
		}
	}
}

// times hands in times of other zones with nanoseconds.
func times(t *trial) {
	zone := time.FixedZone("Kathmandu", 5*3600+45*60)
	at := time.Date(2026, 3, 1, 20, 0, 0, 123456789, zone)
	want := time.Date(2026, 3, 1, 14, 15, 0, 123456000, time.UTC)
	same := func(got time.Time) {
		t.Helper()
		require.Equal(t, want, got, "promise 50: UTC, to the microsecond")
		require.Equal(t, time.UTC, got.Location())
	}
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.open(account(a), account(bank))
	id := t.id("charge", "1")
	c := t.moves("top-up", bank, a, 100)
	c.At, c.Post[0].Effective = at, at
	c.Put = []ledger.Object{object(id, 0, "{}", ledger.Key{Name: "made", Value: t.book, At: at})}
	c.Emit = []ledger.Event{{Type: "x", Platform: t.book, Object: id}, {Type: "y", Platform: t.book, Object: id, At: at}}
	c.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: t.book + "h", Account: a, Amount: ledger.Minor(1, ledger.EUR), Expires: at}}
	t.commit(c)
	d := t.dump(t.s)
	tx := d.Txs[c.Post[0].ID]
	same(tx.Posted)
	same(tx.Effective)
	same(d.Entries[a][0].At)
	same(d.Entries[a][0].Effective)
	same(t.get(a).Last)
	same(t.object(id).Keys[0].At)
	same(d.Events[0].At)
	same(d.Events[1].At)
	same(t.hold("h").Expires)
	apart := t.moves("top-up", bank, a, 100)
	apart.At, apart.Post[0].Effective = at.Add(time.Hour), at // counts when it was not posted
	t.commit(apart)
	d = t.dump(t.s)
	same(d.Txs[apart.Post[0].ID].Effective)
	same(d.Entries[a][1].Effective)
	t.view(func(v ledger.View) error {
		// Questions may be asked in any zone and with nanoseconds too.
		b, err := v.BalanceAt(a, at)
		require.NoError(t, err)
		require.EqualValues(t, 100, b.Minor())
		list, err := v.Entries(a, ledger.Page{From: at, To: at.Add(time.Microsecond)})
		require.NoError(t, err)
		require.Len(t, list, 1)
		found, err := v.Find(ledger.Query{Kind: id.Kind, Name: "made", Value: t.book, From: at, To: at.Add(time.Microsecond)})
		require.NoError(t, err)
		require.Len(t, found, 1)
		return nil
	})
	t.edgesOfTime(a, bank)
}

// edgesOfTime are the ends of what can be kept, and what lies beyond.
func (t *trial) edgesOfTime(a, bank ledger.Ref) {
	edges := []time.Time{time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)}
	for i, e := range edges {
		c := t.moves("top-up", bank, a, 1)
		c.Post[0].Effective = e
		c.Put = []ledger.Object{object(t.id("edge", data(int64(i))), 0, "{}", ledger.Key{Name: "made", Value: t.book, At: e})}
		t.commit(c)
		require.Equal(t, e, t.object(c.Put[0].ID).Keys[0].At)
	}
	late := edges[2].Add(time.Hour)
	c := t.moves("top-up", bank, a, 1)
	c.At = late
	t.refused(c, ledger.Invalid, "invalid_time")
	c.At = time.Time{}
	t.refused(c, ledger.Invalid, "invalid_time")
	c = t.change()
	c.Put = []ledger.Object{object(t.id("edge", "x"), 0, "{}", ledger.Key{Name: "made", At: late})}
	t.refused(c, ledger.Invalid, "invalid_time")
	// The time of a posting rises in its accounts, up to the end and not beyond.
	c = t.change(t.tx("top-up", move(bank, -1), move(a, 1)), t.tx("top-up", move(bank, -1), move(a, 1)))
	c.At = edges[2]
	t.refused(c, ledger.Invalid, "invalid_time")
	c.At = edges[2].Add(-time.Microsecond)
	t.commit(c)
	require.Equal(t, edges[2], t.get(a).Last)
	t.refused(t.moves("top-up", bank, a, 1), ledger.Invalid, "invalid_time")
}

// balanceAt asks for the balance at every moment of an account's past.
func balanceAt(t *trial) {
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.open(account(a), account(bank))
	type moment struct {
		at      time.Time
		balance int64
	}
	history := []moment{{noon.Add(-time.Hour), 0}}
	for i := range int64(12) {
		t.clock.move(time.Duration(i%3) * time.Second) // some stand at the same moment of the clock
		c := t.moves("top-up", bank, a, i+1)
		c.Post[0].Effective = noon.AddDate(0, 0, int(i)-6) // which must not matter here
		t.commit(c)
		got := t.get(a)
		history = append(history, moment{got.Last, got.Posted.Minor()})
	}
	t.view(func(v ledger.View) error {
		for i, m := range history {
			for _, x := range []struct {
				at   time.Time
				want int64
			}{{m.at, m.balance}, {m.at.Add(-time.Microsecond), history[max(0, i-1)].balance}} {
				got, err := v.BalanceAt(a, x.at)
				require.NoError(t, err)
				require.Equal(t, ledger.Minor(x.want, ledger.EUR), got, "balance at %v", x.at)
			}
		}
		carried, err := v.Carried(a)
		require.NoError(t, err)
		require.Equal(t, ledger.Carried{Balance: ledger.Zero(ledger.EUR)}, carried, "nothing was moved to an archive")
		for _, at := range []time.Time{{}, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)} {
			got, err := v.BalanceAt(a, at)
			require.NoError(t, err)
			require.Equal(t, ledger.Zero(ledger.EUR), got)
		}
		got, err := v.BalanceAt(a, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		require.EqualValues(t, 78, got.Minor())
		none, err := v.BalanceAt(t.ref("nobody", "available"), noon)
		require.NoError(t, err)
		require.Equal(t, ledger.Zero(ledger.EUR), none)
		return nil
	})
}

// anyMoment asks with times that nothing can be kept under: "until for ever" is
// everything, and "from for ever on" nothing.
func anyMoment(t *trial) {
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.open(account(a), account(bank))
	kept := []time.Time{{}, time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), noon, time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)}
	for i, at := range kept {
		c := t.moves("top-up", bank, a, 1)
		c.Post[0].Effective = at
		c.Put = []ledger.Object{object(t.id("kept", data(int64(i))), 0, "{}", ledger.Key{Name: "at", Value: t.book, At: at})}
		t.commit(c)
	}
	never := []time.Time{time.Date(0, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(-300000, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(-1<<62, 0)}
	ever := []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<62, 0), time.Unix(1<<63-62135596801, 999999999)}
	t.view(func(v ledger.View) error {
		for _, at := range never {
			t.counts(v, a, at, 0)
		}
		for _, at := range ever {
			t.counts(v, a, at, len(kept))
		}
		return nil
	})
	st, err := ledger.NewStatement(t.ctx, t.s, ledger.StatementRequest{Account: a, By: ledger.ByEffective, From: never[2], To: ever[2]})
	require.NoError(t, err)
	require.Len(t, st.Lines, len(kept))
	require.EqualValues(t, len(kept), st.Closing.Minor())
}

// counts checks that n of the four things that anyMoment keeps come before a
// moment, and the others after it, whichever way it is asked.
func (t *trial) counts(v ledger.View, a ledger.Ref, at time.Time, n int) {
	t.Helper()
	got, err := v.BalanceAt(a, at)
	require.NoError(t, err)
	require.EqualValues(t, n, got.Minor(), "balance at %v", at)
	place := ledger.Place{At: at}
	for _, by := range []ledger.TimeKind{ledger.ByPosting, ledger.ByEffective} {
		for i, p := range []ledger.Page{{To: at}, {After: place, Desc: true}, {From: at}, {After: place}} {
			p.By = by
			list, err := v.Entries(a, p)
			require.NoError(t, err)
			require.Len(t, list, []int{n, n, 4 - n, 4 - n}[i], "entries, %+v", p)
		}
	}
	for i, q := range []ledger.Query{{To: at}, {After: place, Desc: true}, {From: at}, {After: place}} {
		q.Kind, q.Name, q.Value = "kept", "at", t.book
		list, err := v.Find(q)
		require.NoError(t, err)
		require.Len(t, list, []int{n, n, 4 - n, 4 - n}[i], "objects, %+v", q)
	}
}

func periods(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	from, to := t.ref("house", "bank/main"), t.ref("acct_1", "available") // of another book
	from.Book, to.Book = t.book+"-2", t.book+"-2"
	t.open(account(from), account(to))
	until := noon.Add(-24 * time.Hour)
	at := func(effective time.Time) *ledger.Change {
		c := t.moves("transfer", a, b, 1)
		c.Post[0].Effective = effective
		return c
	}
	t.commit(at(until.Add(-time.Microsecond)))
	require.NoError(t, t.env.ClosePeriod(t.ctx, t.s, t.book, until))
	t.seen[ledger.ID{Kind: ledger.PeriodKind, ID: t.book}] = true
	for _, effective := range []time.Time{until.Add(-time.Microsecond), until.AddDate(-1, 0, 0)} {
		t.refused(at(effective), ledger.State, "period_closed")
	}
	t.commit(at(until))
	t.commit(at(time.Time{}))
	elsewhere := t.moves("top-up", from, to, 1)
	elsewhere.Post[0].Book, elsewhere.Post[0].Effective = from.Book, until.Add(-time.Microsecond)
	t.commit(elsewhere)

	t.isError(t.env.ClosePeriod(t.ctx, t.s, t.book, until.Add(-time.Second)), ledger.State, "period_closed")
	t.isError(t.env.ClosePeriod(t.ctx, t.s, t.book, noon.Add(time.Second)), ledger.Invalid, "invalid_period")
	require.NoError(t, t.env.ClosePeriod(t.ctx, t.s, t.book, until))
	require.NoError(t, t.env.ClosePeriod(t.ctx, t.s, t.book, noon))
	t.refused(at(noon.Add(-time.Microsecond)), ledger.State, "period_closed")
	t.commit(at(time.Time{}))
	// A clock that is a little behind loses nothing: what states no other time
	// is posted when the period ends.
	late, c, d := at(time.Time{}), t.ref("acct_3", "available"), t.ref("acct_4", "available")
	t.fund(c, 10)
	t.open(account(d))
	tomorrow := noon.Add(24 * time.Hour)
	require.NoError(t, ledger.Env{Now: func() time.Time { return tomorrow }}.ClosePeriod(t.ctx, t.s, t.book, tomorrow))
	late.Post[0].Entries = []ledger.Entry{move(c, -1), move(d, 1)}
	t.commit(late)
	require.True(t, t.get(d).Last.Equal(tomorrow), "posted at %v", t.get(d).Last)
	t.periodsByHand()
	// A change that closes a period cannot post into it.
	into := t.moves("top-up", from, to, 1)
	into.Post[0].Book, into.Post[0].Effective = from.Book, noon.Add(-time.Second)
	into.Put = []ledger.Object{object(ledger.ID{Kind: ledger.PeriodKind, ID: from.Book}, 0, `{"until":"2026-03-01T12:00:00Z"}`)}
	t.refused(into, ledger.State, "period_closed")
}

// periodsByHand puts the object of a closed period: whoever does is held to the
// same as ClosePeriod.
func (t *trial) periodsByHand() {
	t.Helper()
	period := ledger.ID{Kind: ledger.PeriodKind, ID: t.book + "-3"}
	ends := func(version int64, until string) *ledger.Change {
		c := t.change()
		c.Put = []ledger.Object{object(period, version, `{"until":"`+until+`"}`)}
		return c
	}
	t.refused(ends(0, "2026-03-01T12:00:00.000001Z"), ledger.Invalid, "invalid_period")
	t.refused(ends(0, "9999-03-01T12:00:00Z"), ledger.Invalid, "invalid_period")
	for _, odd := range []string{"2026-02-01T12:00:00.0000007Z", "2026-02-01T12:00:00.500Z", "2026-02-01T17:00:00+05:00", "2026-02-01T12:00:00+00:00", "0001-01-01T00:00:00Z", "soon"} {
		t.refused(ends(0, odd), ledger.Invalid, "invalid_data")
	}
	t.commit(ends(0, "2026-03-01T11:59:59.5Z"))
	t.refused(ends(1, "2026-03-01T11:59:59Z"), ledger.State, "period_closed")
	twice := ends(1, "2026-03-01T12:00:00Z")
	twice.Put = append(twice.Put, ends(2, "2026-03-01T11:59:59.75Z").Put...)
	t.refused(twice, ledger.State, "period_closed")
	t.commit(ends(1, "2026-03-01T11:59:59.5Z"))
	t.commit(ends(2, "2026-03-01T12:00:00Z"))
	t.isError(t.env.ClosePeriod(t.ctx, t.s, period.ID, noon.Add(-time.Microsecond)), ledger.State, "period_closed")
	for _, none := range []string{"", "a:b", "\x00"} {
		err := t.env.ClosePeriod(t.ctx, t.s, none, noon)
		t.isError(err, ledger.Invalid, "invalid_account")
		var e *ledger.Error
		require.True(t, errors.As(err, &e) && e.Field == "book", "%v", err)
	}
}
