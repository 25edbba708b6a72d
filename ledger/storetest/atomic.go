package storetest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// full is a change that does a bit of everything: it opens, closes, posts,
// holds, puts, emits and has a key.
func (t *trial) full(name string) *ledger.Change {
	bank, seller := t.ref("house", "bank/main"), t.ref("acct_1", "available")
	day, other := t.ref("acct_1", "pending/"+name), t.ref(name, "available")
	charge := t.id("charge", name)
	c := t.change(
		t.tx("charge", move(bank, -1000), move(day, 600), move(seller, 400)),
		t.tx("available", move(day, -600), move(other, 600)),
	)
	c.Idem = ledger.Idem{Scope: t.book, Key: name, Hash: [32]byte{1}}
	c.Open = []ledger.Account{account(bank), account(seller), account(day), account(other)}
	c.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: t.book + name, Account: seller, Amount: ledger.Minor(100, ledger.EUR), Expires: t.clock.read(), Object: charge}}
	c.Close = []ledger.Ref{day}
	c.Put = []ledger.Object{object(charge, 0, `{"a":1}`, ledger.Key{Name: "platform", Value: t.book, At: noon})}
	c.Emit = []ledger.Event{{Type: "charge.succeeded", Platform: t.book, Object: charge, Data: []byte(`{}`)}}
	return c
}

// allOrNothing breaks the last thing of a full change, in turn for each part
// that can fail, and shows that nothing of the rest happened; then the same
// change, repaired, goes through, so no id or key of it was used up.
func allOrNothing(t *trial) {
	t.commit(t.full("first"))
	other := t.ref("second", "available")
	breaks := []struct {
		with  func(c *ledger.Change)
		class ledger.Class
		code  string
	}{
		{func(c *ledger.Change) { c.Expect = []ledger.Expectation{{Object: t.id("charge", "first"), Version: 2}} }, ledger.Conflict, "changed"},
		{func(c *ledger.Change) { c.Expect = []ledger.Expectation{{Account: other, Version: 1}} }, ledger.Conflict, "changed"},
		{func(c *ledger.Change) { c.Open[1].Floor = ledger.Floor{} }, ledger.Exists, "account_exists"},
		{func(c *ledger.Change) { c.Post[1].Entries[1].Amount = ledger.Minor(599, ledger.EUR) }, ledger.Invalid, "unbalanced_journal"},
		{func(c *ledger.Change) { c.Post[1].Entries[1].Account.Owner = "nobody" }, ledger.NotFound, "account_not_found"},
		{func(c *ledger.Change) { c.Post[1].ID = c.Post[0].ID }, ledger.Exists, "transaction_exists"},
		{func(c *ledger.Change) {
			c.Post = append(c.Post, t.tx("payout", move(other, -601), move(t.ref("house", "bank/main"), 601)))
		}, ledger.InsufficientFunds, "insufficient_funds"},
		{func(c *ledger.Change) { c.Holds[0].Amount = ledger.Minor(701, ledger.EUR) }, ledger.InsufficientFunds, "insufficient_funds"},
		{func(c *ledger.Change) {
			c.Holds = append(c.Holds, ledger.HoldStep{Op: ledger.ReleaseHold, ID: t.book + "none", Account: other})
		}, ledger.NotFound, "hold_not_found"},
		{func(c *ledger.Change) { c.Close = append(c.Close, other) }, ledger.State, "account_not_empty"},
		{func(c *ledger.Change) { c.Put = append(c.Put, object(t.id("charge", "first"), 0, `{}`)) }, ledger.Exists, "object_exists"},
		{func(c *ledger.Change) { c.Put = append(c.Put, object(t.id("charge", "first"), 7, `{}`)) }, ledger.Conflict, "changed"},
		{func(c *ledger.Change) { c.Emit[0].Type = "" }, ledger.Invalid, "invalid_event"},
	}
	for _, b := range breaks {
		c := t.full("second")
		b.with(c)
		t.refused(c, b.class, b.code)
		require.Zero(t, t.get(other).Version, "an account was opened by a change that failed")
	}
	r := t.commit(t.full("second"))
	require.False(t, r.Replayed, "a refused change used up its key")
	t.has(other, 600, 0)
	require.True(t, t.get(t.ref("acct_1", "pending/second")).Closed)
}

// refusalLeavesNoTrace hands in a refused change under the id and key of one
// that goes through afterwards.
func refusalLeavesNoTrace(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	c := t.moves("transfer", a, b, 101)
	c.Idem = ledger.Idem{Scope: t.book, Key: "k"}
	for range 3 {
		t.refused(c, ledger.InsufficientFunds, "insufficient_funds")
	}
	before := t.get(b)
	c.Post[0].Entries = []ledger.Entry{move(a, -100), move(b, 100)}
	require.False(t, t.commit(c).Replayed, "the id of a refused change was remembered")
	require.Equal(t, before.Version+1, t.get(b).Version, "a refused change raised a version")
	t.has(b, 100, 0)
}

func endedContext(t *trial) {
	t.commit(t.full("first"))
	ended, cancel := context.WithCancel(t.ctx)
	cancel()
	before := t.dump(t.s)
	c := t.full("second")
	_, err := t.s.Commit(ended, c)
	require.ErrorIs(t, err, ledger.Unavailable, "nothing happened: the context had ended before")
	require.Error(t, t.s.Read(ended, func(v ledger.View) error {
		_, err := v.Accounts(t.ref("acct_1", "available"))
		return err
	}))
	_, err = t.env.Update(ended, t.s, func(u *ledger.Unit) error {
		u.Put(object(t.id("charge", "third"), 0, `{}`))
		return nil
	})
	require.ErrorIs(t, err, ledger.Unavailable)
	t.same(before, t.dump(t.s), "something was written")
	require.Zero(t, t.object(t.id("charge", "third")).Version)
	require.False(t, t.commit(c).Replayed)
}

// cancelledInFlight ends contexts while commits are under way. Whatever the
// answer was, handing the change in again tells the same story.
func cancelledInFlight(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 1000)
	t.open(account(b))
	const n = 24
	changes := make([]*ledger.Change, n)
	for i := range changes {
		changes[i] = t.moves("transfer", a, b, 1)
	}
	errs := together(n, func(i int) error {
		ctx, cancel := context.WithCancel(t.ctx)
		defer cancel()
		if i%2 == 0 {
			go cancel()
		}
		_, err := t.s.Commit(ctx, changes[i])
		return err
	})
	for i, err := range errs {
		r := t.commit(changes[i])
		switch {
		case err == nil:
			require.True(t, r.Replayed, "an acknowledged change was not there")
		case errors.Is(err, ledger.Unavailable):
			require.False(t, r.Replayed, "a change happened that was said not to have")
		default:
			require.ErrorIs(t, err, ledger.Unknown)
		}
	}
	t.has(b, n, 0)
}

func panicInCallback(t *trial) {
	t.commit(t.full("first"))
	before := t.dump(t.s)
	require.PanicsWithValue(t, "mine", func() {
		_ = t.s.Read(t.ctx, func(v ledger.View) error {
			if _, err := v.Accounts(t.ref("acct_1", "available")); err != nil {
				return err
			}
			panic("mine")
		})
	})
	require.PanicsWithValue(t, "mine", func() {
		_, _ = t.env.Update(t.ctx, t.s, func(u *ledger.Unit) error {
			u.Post(t.tx("payout", move(t.ref("acct_1", "available"), -1), move(t.ref("house", "bank/main"), 1)))
			panic("mine")
		})
	})
	mine := errors.New("mine")
	require.Same(t, mine, t.s.Read(t.ctx, func(ledger.View) error { return mine }), "an error of fn is returned as it is")
	t.same(before, t.dump(t.s), "something was written")
	t.commit(t.full("second"))
}

// thereForOthers looks for each acknowledged change on another handle.
func thereForOthers(t *trial) {
	t.commit(t.full("first"))
	t.same(t.dump(t.s), t.dump(t.second), "another handle sees another state")
	a, b := t.ref("acct_1", "available"), t.ref("first", "available")
	for i := range int64(10) {
		s, other := t.s, t.second
		if i%2 == 1 {
			s, other = other, s
		}
		_, err := s.Commit(t.ctx, t.moves("transfer", a, b, 1))
		require.NoError(t, err)
		for _, s := range []ledger.Store{s, other} {
			require.NoError(t, s.Read(t.ctx, func(v ledger.View) error {
				list, err := v.Accounts(b)
				require.Equal(t, 601+i, list[0].Posted.Minor(), "a commit that was acknowledged is not seen")
				return err
			}))
		}
	}
	r, err := t.second.Commit(t.ctx, t.full("first"))
	require.NoError(t, err)
	require.True(t, r.Replayed, "a key is not known to another handle")
}

func receiptSaysWhatHappened(t *trial) {
	c := t.full("first")
	r := t.commit(c)
	require.False(t, r.Replayed)
	require.Equal(t, []ledger.ID{t.id("charge", "first")}, r.Made)
	require.Equal(t, []int64{1}, r.Versions)
	said := map[ledger.Ref]ledger.BalanceChange{}
	for _, b := range r.Balances {
		said[b.Account] = b
	}
	require.Len(t, said, 4)
	for ref, b := range said {
		a := t.get(ref)
		require.Equal(t, ledger.BalanceChange{Account: ref, Posted: a.Posted, Held: a.Held, Entries: a.Entries}, b)
	}
	c = t.change()
	c.Put = []ledger.Object{object(t.id("charge", "first"), 1, `{"a":2}`), object(t.id("charge", "new"), 0, `{}`)}
	r = t.commit(c)
	require.Equal(t, []ledger.ID{t.id("charge", "new")}, r.Made, "only what is new was made")
	require.Equal(t, []int64{2, 1}, r.Versions)
	require.Empty(t, r.Balances)
}

func emptyChange(t *trial) {
	t.commit(t.full("first"))
	before := t.dump(t.s)
	for range 2 {
		c := t.change()
		c.ID = t.book + "-empty"
		r := t.commit(c)
		require.False(t, r.Replayed, "a change that did nothing is not remembered")
	}
	// What it expects is checked all the same.
	a := t.ref("acct_1", "available")
	for _, e := range []ledger.Expectation{{Object: t.id("charge", "first"), Version: 1}, {Object: t.id("charge", "none")}, {Account: a, Version: t.get(a).Version}} {
		for _, key := range []string{"", "empty"} {
			c := t.change()
			if key != "" {
				c.Idem = ledger.Idem{Scope: t.book, Key: key}
			}
			c.Expect = []ledger.Expectation{e}
			require.Equal(t, &ledger.Receipt{}, t.commit(c))
			c.Expect[0].Version += 7
			t.refused(c, ledger.Conflict, "changed")
		}
	}
	ran := new(atomic.Int64)
	r, err := t.env.Update(t.ctx, t.s, func(u *ledger.Unit) error {
		ran.Add(1)
		_, err := u.Spendable(t.ref("acct_1", "available"))
		return err
	})
	require.NoError(t, err)
	require.Equal(t, &ledger.Receipt{}, r)
	require.EqualValues(t, 1, ran.Load())
	t.same(before, t.dump(t.s), "something was written")
}
