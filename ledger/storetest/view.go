package storetest

import (
	"runtime"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// viewIsOneMoment moves money to and fro, and counts the moves in an object,
// while readers add up what they see in several calls of one View.
func viewIsOneMoment(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	id := t.id("counter", "moves")
	c := t.change()
	c.Put = []ledger.Object{object(id, 0, "0", ledger.Key{Name: "all", At: noon})}
	t.commit(c)
	var done, failed atomic.Bool
	var reads atomic.Int64
	const readers = 3
	errs := together(1+readers, func(i int) error {
		if i == 0 {
			defer done.Store(true)
			return t.toAndFro(a, b, id, func() bool { return reads.Load() >= 10 || failed.Load() })
		}
		for n := 0; !done.Load() || n < 3; n++ {
			if err := t.s.Read(t.ctx, func(v ledger.View) error { return oneMoment(v, a, b, id) }); err != nil {
				failed.Store(true)
				return err
			}
			reads.Add(1)
		}
		return nil
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
}

// toAndFro writes until there were enough writes, and it is enough.
func (t *trial) toAndFro(a, b ledger.Ref, id ledger.ID, enough func() bool) error {
	for n := int64(1); n <= 40 || n < 2000 && !enough(); n++ {
		from, to := a, b
		if n%2 == 0 {
			from, to = b, a
		}
		c := t.moves("transfer", from, to, 10)
		c.Put = []ledger.Object{object(id, n, data(n), ledger.Key{Name: "all", At: noon})}
		if _, err := t.s.Commit(t.ctx, c); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}

// oneMoment reads the same things by several ways, lets others on meanwhile, and
// compares.
func oneMoment(v ledger.View, a, b ledger.Ref, id ledger.ID) error {
	accounts, err := v.Accounts(a, b)
	if err != nil {
		return err
	}
	runtime.Gosched()
	objects, err := v.Objects(id)
	if err != nil {
		return err
	}
	entries, err := v.Entries(b, ledger.Page{Limit: ledger.MaxPage, Desc: true})
	if err != nil {
		return err
	}
	balance, err := v.BalanceAt(b, noon.AddDate(1, 0, 0))
	if err != nil {
		return err
	}
	found, err := v.Find(ledger.Query{Kind: id.Kind, Name: "all"})
	if err != nil {
		return err
	}
	again, err := v.Accounts(b, a)
	if err != nil {
		return err
	}
	mine := 0
	for _, o := range found {
		if o.ID == id {
			mine++
			if o.Version != objects[0].Version {
				return mixed("an object has two versions")
			}
		}
	}
	switch n := number(objects[0].Data); {
	case accounts[0].Posted.Minor()+accounts[1].Posted.Minor() != 100:
		return mixed("money is on its way")
	case int64(len(entries)) != min(n, ledger.MaxPage) || n != objects[0].Version-1:
		return mixed("an object and the entries of its change are from different moments")
	case balance != accounts[1].Posted || again[0] != accounts[1] || again[1] != accounts[0]:
		return mixed("a balance is read twice and differs")
	case mine != 1:
		return mixed("a list and an object are from different moments")
	}
	return nil
}

func mixed(msg string) error {
	return &ledger.Error{Class: ledger.State, Code: "mixed_moments", Msg: "promise 49: " + msg}
}

// copies changes everything that was handed in and everything that came back,
// and reads again.
func copies(t *trial) {
	c := t.full("first")
	c.Post[0].Meta = map[string]string{"k": "v"}
	c.Post[0].Entries[0].Forced = false
	txID, charge := c.Post[0].ID, c.Put[0].ID
	r := t.commit(c)
	before := t.dump(t.s)
	spoil(c)
	if len(r.Made) > 0 {
		r.Made[0] = ledger.ID{Kind: "spoilt", ID: "spoilt"}
	}
	t.same(before, t.dump(t.s), "what was handed to Commit is still in use")
	again := t.commit(t.full("first"))
	require.True(t, again.Replayed)
	require.Equal(t, []ledger.ID{charge}, again.Made, "a receipt is still in use")

	t.view(func(v ledger.View) error {
		objects, err := v.Objects(charge)
		require.NoError(t, err)
		spoilObjects(objects)
		found, err := v.Find(ledger.Query{Kind: charge.Kind, Name: "platform", Value: t.book})
		require.NoError(t, err)
		require.Len(t, found, 1)
		spoilObjects(found)
		txs, err := v.Transactions(txID)
		require.NoError(t, err)
		txs[0].Meta["k"], txs[0].Meta["new"] = "spoilt", "spoilt"
		txs[0].Entries[0] = move(t.ref("x", "x"), 9)
		events, _, err := v.Events(t.start, t.book, 10)
		require.NoError(t, err)
		events[0].Data[0] = 'X'
		entries, err := v.Entries(t.ref("acct_1", "available"), ledger.Page{})
		require.NoError(t, err)
		entries[0] = ledger.Posted{}
		return nil
	})
	t.same(before, t.dump(t.s), "what a View returned is still in use")
}

// spoil overwrites whatever a change points to.
func spoil(c *ledger.Change) {
	for i := range c.Post {
		for j := range c.Post[i].Entries {
			c.Post[i].Entries[j] = ledger.Entry{Amount: ledger.Minor(1, ledger.EUR)}
		}
		for k := range c.Post[i].Meta {
			c.Post[i].Meta[k] = "spoilt"
		}
		c.Post[i] = ledger.Transaction{}
	}
	spoilObjects(c.Put)
	for i := range c.Emit {
		for j := range c.Emit[i].Data {
			c.Emit[i].Data[j] = 'X'
		}
	}
	for i := range c.Open {
		c.Open[i] = ledger.Account{}
	}
	for i := range c.Holds {
		c.Holds[i] = ledger.HoldStep{}
	}
	c.Close[0] = ledger.Ref{}
	c.Idem.Hash[0] = 0
}

func spoilObjects(list []ledger.Object) {
	for i := range list {
		for j := range list[i].Data {
			list[i].Data[j] = 'X'
		}
		for j := range list[i].Keys {
			list[i].Keys[j] = ledger.Key{Name: "spoilt"}
		}
		list[i] = ledger.Object{}
	}
}
