package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/storetest"
)

func TestOverlayKeepsTheLaws(t *testing.T) {
	storetest.Run(t, func(*testing.T) ledger.Store { return ledger.Overlay(ledger.NewMemory()) })
}

// A preview of a preview is a store as well: each has a lane of events.
func TestOverlayOfOverlayKeepsTheLaws(t *testing.T) {
	s := ledger.Overlay(ledger.NewMemory())
	mustUpdate(t, newClock().env(), s, func(u *ledger.Unit) {
		for range 3 {
			u.Emit(ledger.Event{Type: "beneath", Object: ledger.ID{Kind: "thing", ID: "x"}})
		}
	})
	storetest.Run(t, func(*testing.T) ledger.Store { return ledger.Overlay(s) })
}

// seen is all that can be seen of a store, as text.
func seen(t *testing.T, s ledger.Store) string {
	t.Helper()
	var text string
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		accounts, err := v.AccountsOf(ledger.AccountQuery{Limit: ledger.MaxPage})
		if err != nil {
			return err
		}
		text = fmt.Sprintf("%+v\n", accounts)
		for _, a := range accounts {
			entries, err := v.Entries(a.Ref, ledger.Page{Limit: ledger.MaxPage})
			if err != nil {
				return err
			}
			text += fmt.Sprintf("%+v\n", entries)
		}
		for _, kind := range []string{"thing", ledger.HoldKind} {
			for _, key := range []string{"of", ledger.DueKey} {
				found, err := v.Find(ledger.Query{Kind: kind, Name: key})
				if err != nil {
					return err
				}
				text += fmt.Sprintf("%+v\n", found)
			}
		}
		events, end, err := v.Events("", "", ledger.MaxPage)
		text += fmt.Sprintf("%+v %v\n", events, end)
		return err
	}))
	return text
}

func thing(name string, data string) ledger.Object {
	return ledger.Object{ID: ledger.ID{Kind: "thing", ID: name}, Data: []byte(data), Keys: []ledger.Key{{Name: "of", At: noon}}}
}

// full does a bit of everything.
func full(u *ledger.Unit, name string) {
	a, b := euros("acct_1", "available"), euros(name, "available")
	u.Open(ledger.Account{Ref: b})
	u.Post(transfer("transfer", a, b, 10))
	u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: "hold_" + name, Account: a, Amount: ledger.Minor(5, ledger.EUR), Expires: noon})
	u.Put(thing(name, "1"))
	u.Emit(ledger.Event{Type: "made", Platform: book, Object: ledger.ID{Kind: "thing", ID: name}})
}

// Edge case 94: a preview leaves no trace beneath, not a number or a date.
func TestOverlayLeavesNoTrace(t *testing.T) {
	clock := newClock()
	base := ledger.NewMemory()
	funded(t, clock.env(), base, euros("acct_1", "available"), 100)
	mustUpdate(t, clock.env(), base, func(u *ledger.Unit) { full(u, "below") })
	before := seen(t, base)
	preview := ledger.Overlay(base)
	idem := ledger.Idem{Scope: book, Key: "k", Hash: [32]byte{1}}
	for i, name := range []string{"x", "y"} {
		mustUpdate(t, clock.env(), preview, func(u *ledger.Unit) {
			full(u, name)
			if i == 0 {
				_, _, err := u.Once(idem)
				require.NoError(t, err)
			}
		})
	}
	require.NoError(t, clock.env().ClosePeriod(t.Context(), preview, book, noon))
	_, err := clock.env().Update(t.Context(), preview, func(u *ledger.Unit) error {
		u.Post(transfer("transfer", euros("acct_1", "available"), euros("x", "available"), 1000))
		return nil
	})
	require.ErrorIs(t, err, ledger.InsufficientFunds)
	clock.move(1)
	_, err = ledger.Drain(t.Context(), preview, ledger.DrainOptions{Env: clock.env()}, clock.env().HoldExpiry())
	require.NoError(t, err)
	requireBalance(t, preview, euros("acct_1", "available"), 70, 0)
	require.NotEqual(t, before, seen(t, preview))
	requireVerified(t, preview)
	require.Equal(t, before, seen(t, base), "the preview left a trace")

	// The next real change stands where it would have stood: number, time, key.
	r := mustUpdate(t, clock.env(), base, func(u *ledger.Unit) {
		made, replayed, err := u.Once(idem)
		require.NoError(t, err)
		require.False(t, replayed, "the preview used up a key: %v", made)
		full(u, "x")
	})
	require.False(t, r.Replayed)
	entries := entriesOf(t, base, euros("acct_1", "available"), ledger.Page{})
	require.EqualValues(t, 3, entries[len(entries)-1].Number)
	requireVerified(t, base)
}

func entriesOf(t testing.TB, s ledger.Store, r ledger.Ref, p ledger.Page) []ledger.Posted {
	t.Helper()
	var all []ledger.Posted
	p.Limit = ledger.MaxPage
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for {
			list, err := v.Entries(r, p)
			if err != nil {
				return err
			}
			if all = append(all, list...); len(list) < p.Limit {
				return nil
			}
			p.After = list[len(list)-1].Place(p.By)
		}
	}))
	return all
}

// An overlay shows what is beneath together with its own, in every list, and
// decides on both: what a real commit would answer, the preview answers.
func TestOverlayShowsBothLayers(t *testing.T) {
	clock := newClock()
	base := ledger.NewMemory()
	a := euros("acct_1", "available")
	funded(t, clock.env(), base, a, 1000)
	for i := range 7 {
		clock.move(1000)
		mustUpdate(t, clock.env(), base, func(u *ledger.Unit) {
			u.Post(ledger.Transaction{ID: fmt.Sprint("tx_", i), Book: book, Reason: "transfer", Effective: noon.AddDate(0, 0, i%3-1), Entries: []ledger.Entry{entry(a, -1), entry(bank, 1)}})
			u.Put(thing(fmt.Sprint("thing_", i), "1"))
			u.Emit(ledger.Event{Type: "made", Platform: book, Object: ledger.ID{Kind: "thing", ID: fmt.Sprint("thing_", i)}})
		})
	}
	both, twin := ledger.Overlay(base), ledger.NewMemory()
	replay(t, base, twin)
	more := func(s ledger.Store) {
		for i := range 7 {
			mustUpdate(t, clock.env(), s, func(u *ledger.Unit) {
				u.Post(ledger.Transaction{ID: fmt.Sprint("more_", i), Book: book, Reason: "transfer", Effective: noon.AddDate(0, 0, i%4-1), Entries: []ledger.Entry{entry(a, -1), entry(bank, 1)}})
				require.NoError(t, u.Load(ledger.ID{Kind: "thing", ID: fmt.Sprint("thing_", i)}))
				o := thing(fmt.Sprint("thing_", i), "2")
				o.Keys[0].At = noon.AddDate(0, 0, 3-i)
				u.Put(o)
			})
		}
		_, err := clock.env().Update(t.Context(), s, func(u *ledger.Unit) error {
			u.Post(ledger.Transaction{ID: "tx_3", Book: book, Reason: "x", Entries: []ledger.Entry{entry(a, -1), entry(bank, 1)}})
			return nil
		})
		requireCode(t, err, ledger.Exists, "transaction_exists")
	}
	more(both)
	more(twin)
	for _, p := range []ledger.Page{{}, {Desc: true}, {By: ledger.ByEffective}, {By: ledger.ByEffective, Desc: true}, {Moved: true}} {
		require.Equal(t, amounts(entriesOf(t, twin, a, p)), amounts(entriesOf(t, both, a, p)), "%+v", p)
		for _, limit := range []int{1, 3} {
			require.Equal(t, amounts(entriesOf(t, twin, a, p)), amounts(paged(t, both, a, p, limit)), "%+v by %d", p, limit)
		}
	}
	require.NoError(t, both.Read(t.Context(), func(v ledger.View) error {
		for desc, want := range map[bool]string{false: "thing_6", true: "thing_0"} {
			list, err := v.Find(ledger.Query{Kind: "thing", Name: "of", Desc: desc, Limit: 3})
			require.NoError(t, err)
			require.Len(t, list, 3)
			require.Equal(t, want, list[0].ID.ID)
			require.Equal(t, "2", string(list[0].Data))
		}
		return nil
	}))
	requireVerified(t, both)
}

// Whole pages beneath that the overlay hides do not end a list.
func TestOverlayPagesOverWhatItHides(t *testing.T) {
	e := newClock().env()
	base := ledger.NewMemory()
	const n = 12
	mustUpdate(t, e, base, func(u *ledger.Unit) {
		for i := range n {
			u.Open(ledger.Account{Ref: euros(fmt.Sprintf("acct_%02d", i), "own")})
			u.Put(thing(fmt.Sprintf("thing_%02d", i), "1"))
		}
	})
	s := ledger.Overlay(base)
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		for i := range n - 2 {
			u.Close(euros(fmt.Sprintf("acct_%02d", i), "own"))
			o, err := u.Object(ledger.ID{Kind: "thing", ID: fmt.Sprintf("thing_%02d", i)})
			require.NoError(t, err)
			o.Keys = nil
			u.Put(o)
		}
	})
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for limit := 1; limit <= 3; limit++ {
			accounts, err := v.AccountsOf(ledger.AccountQuery{Book: book, Open: true, Limit: limit})
			require.NoError(t, err)
			require.Len(t, accounts, min(limit, 2))
			require.Equal(t, "acct_10", accounts[0].Owner)
			for desc, want := range map[bool]string{false: "thing_10", true: "thing_11"} {
				found, err := v.Find(ledger.Query{Kind: "thing", Name: "of", Limit: limit, Desc: desc})
				require.NoError(t, err)
				require.Len(t, found, min(limit, 2))
				require.Equal(t, want, found[0].ID.ID)
			}
		}
		return nil
	}))
}

// An overlay does not know the ids of changes beneath, as its documentation
// says; it knows their transactions, objects and keys.
func TestOverlayKnowsNoChangesBeneath(t *testing.T) {
	base := ledger.NewMemory()
	a := euros("acct_1", "own")
	funded(t, newClock().env(), base, a, 100)
	post := func(id string) []ledger.Transaction {
		tx := transfer("x", a, bank, 10)
		tx.ID = id
		return []ledger.Transaction{tx}
	}
	idem := ledger.Idem{Scope: "s", Key: "k"}
	for _, x := range []struct {
		change ledger.Change
		code   string
		byKey  bool
		left   int64
	}{
		{ledger.Change{ID: "chg_1", Post: post("chg_1.1")}, "", false, 80},
		{ledger.Change{ID: "chg_2", Post: post("tx_2")}, "transaction_exists", false, 0},
		{ledger.Change{ID: "chg_3", Post: post("chg_3.1"), Put: []ledger.Object{thing("x", "1")}}, "object_exists", false, 0},
		{ledger.Change{ID: "chg_4", Post: post("chg_4.1"), Idem: idem}, "", true, 60},
	} {
		x.change.At = noon
		_, err := base.Commit(t.Context(), &x.change)
		require.NoError(t, err)
		r, err := base.Commit(t.Context(), &x.change)
		require.NoError(t, err)
		require.True(t, r.Replayed)
		s := ledger.Overlay(base)
		r, err = s.Commit(t.Context(), &x.change)
		if x.code != "" {
			requireCode(t, err, ledger.Exists, x.code)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, x.byKey, r.Replayed)
		require.Equal(t, x.byKey, r.ByKey)
		requireBalance(t, s, a, x.left, 0)
		r, err = s.Commit(t.Context(), &x.change)
		require.NoError(t, err)
		require.True(t, r.Replayed, "a change of the overlay's own is known to it")
	}
}

// amounts is what two stores with other transaction ids have in common.
func amounts(list []ledger.Posted) (lines []string) {
	for _, e := range list {
		lines = append(lines, fmt.Sprint(e.Number, e.Amount, e.Balance, e.At, e.Effective))
	}
	return lines
}

func paged(t testing.TB, s ledger.Store, r ledger.Ref, p ledger.Page, limit int) (all []ledger.Posted) {
	t.Helper()
	p.Limit = limit
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		for range 100 {
			list, err := v.Entries(r, p)
			if err != nil || len(list) == 0 {
				return err
			}
			all = append(all, list...)
			p.After = list[len(list)-1].Place(p.By)
		}
		return nil
	}))
	return all
}

// replay does in another store what was done in one: its accounts, and its
// transactions in order of posting.
func replay(t *testing.T, from, to ledger.Store) {
	t.Helper()
	a := euros("acct_1", "available")
	entries := entriesOf(t, from, a, ledger.Page{})
	require.NoError(t, from.Read(t.Context(), func(v ledger.View) error {
		for i, e := range entries {
			txs, err := v.Transactions(e.Transaction)
			if err != nil {
				return err
			}
			tx := txs[0]
			at := tx.Posted
			change, _, ok := strings.Cut(tx.ID, ".")
			if !ok { // its id does not tell its change
				change = fmt.Sprint("replay_", i)
			}
			c := ledger.Change{ID: change, At: at, Post: []ledger.Transaction{tx}}
			if i == 0 {
				p, _ := ledger.PurposeOf("available")
				c.Open = []ledger.Account{{Ref: bank}, {Ref: a, Floor: p.Floor}}
			} else {
				c.Put = []ledger.Object{thing(fmt.Sprint("thing_", i-1), "1")}
			}
			if _, err := to.Commit(t.Context(), &c); err != nil {
				return err
			}
		}
		return nil
	}))
}
