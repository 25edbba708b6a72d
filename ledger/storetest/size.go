package storetest

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// sizes takes every text and list to its last byte, and one beyond.
func sizes(t *trial) {
	long := func(n int) string { return (t.book + strings.Repeat("x", n))[:n] }
	a := ledger.Ref{Book: t.book + strings.Repeat("b", 64-len(t.book)), Owner: strings.Repeat("o", 64), Purpose: strings.Repeat("p", 96), Currency: ledger.EUR}
	b := a
	b.Owner = "x"
	t.open(ledger.Account{Ref: a}, ledger.Account{Ref: b})
	id := ledger.ID{Kind: strings.Repeat("k", 64), ID: long(640)}
	one := ledger.ID{Kind: "k", ID: t.book}
	keys := make([]ledger.Key, ledger.MaxKeys)
	for i := range keys {
		keys[i] = ledger.Key{Name: strings.Repeat("n", 63) + data(int64(i)), Value: long(640), At: noon}
	}
	big := `"` + strings.Repeat("x", ledger.MaxData-2) + `"`
	meta := map[string]string{}
	for i := range 50 {
		meta[strings.Repeat("k", 38)+string(rune('a'+i/26))+string(rune('a'+i%26))] = strings.Repeat("\U0001d11e", 500)
	}
	full := func() *ledger.Change {
		c := t.change()
		c.ID = long(127) + data(int64(len(t.seen)%10))
		c.Idem = ledger.Idem{Scope: long(200), Key: strings.Repeat("k", 255)}
		tx := t.tx(strings.Repeat("r", 64), move(a, -1), move(b, 1))
		tx.Book = a.Book
		tx.ID, tx.Corrects, tx.Meta, tx.Object = long(128), long(128), meta, id
		c.Post = []ledger.Transaction{tx}
		c.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: long(128), Account: a, Amount: ledger.Minor(1, ledger.EUR), Object: id}}
		c.Put = []ledger.Object{object(id, 0, big, keys...), object(one, 0, "1", ledger.Key{Name: "n"})}
		c.Emit = []ledger.Event{{Type: strings.Repeat("t", 64), Platform: strings.Repeat("p", 64), Object: id, Data: []byte(big)}, {Type: "t", Platform: t.book, Object: one}}
		return c
	}
	for _, spoil := range oneTooMany() {
		c := full()
		spoil(c)
		_, err := t.s.Commit(t.ctx, c)
		require.ErrorIs(t, err, ledger.Invalid)
	}
	require.Zero(t, t.object(one).Version)
	c := full()
	t.commit(c)
	got, small := t.object(id), t.object(one)
	require.Equal(t, big, string(got.Data))
	require.ElementsMatch(t, keys, got.Keys)
	require.Equal(t, "1", string(small.Data))
	t.view(func(v ledger.View) error {
		list, err := v.Transactions(c.Post[0].ID)
		require.NoError(t, err)
		require.Equal(t, meta, list[0].Meta)
		found, err := v.Find(ledger.Query{Kind: id.Kind, Name: keys[3].Name, Value: keys[3].Value})
		require.NoError(t, err)
		require.Len(t, found, 1)
		events, _, err := allEvents(v, t.start, strings.Repeat("p", 64), ledger.MaxPage)
		require.Equal(t, big, string(events[len(events)-1].Data))
		return err
	})
	c.ID = t.env.ID("chg_")
	require.True(t, t.commit(c).Replayed, "the longest key is not found again")
}

// oneTooMany lists ways to take a change that is full to the last byte beyond
// what may be.
func oneTooMany() []func(c *ledger.Change) {
	return []func(c *ledger.Change){
		func(c *ledger.Change) { c.ID += "x" },
		func(c *ledger.Change) { c.ID = "" },
		func(c *ledger.Change) { c.Idem.Key += "k" },
		func(c *ledger.Change) { c.Idem.Scope += "s" },
		func(c *ledger.Change) { c.Post[0].ID += "x" },
		func(c *ledger.Change) { c.Post[0].Book += "b" },
		func(c *ledger.Change) { c.Post[0].Reason += "r" },
		func(c *ledger.Change) { c.Post[0].Corrects += "x" },
		func(c *ledger.Change) { c.Post[0].Meta = map[string]string{strings.Repeat("k", 41): ""} },
		func(c *ledger.Change) { c.Post[0].Meta = map[string]string{"k": strings.Repeat("v", 501)} },
		func(c *ledger.Change) { c.Post[0].Meta = withOneMore(c.Post[0].Meta) },
		func(c *ledger.Change) { c.Holds[0].ID += "x" },
		func(c *ledger.Change) { c.Put[0].ID.ID += "x" },
		func(c *ledger.Change) { c.Put[0].Kind += "k" },
		func(c *ledger.Change) { c.Put[0].Data = append(c.Put[0].Data, ' ') },
		func(c *ledger.Change) { c.Put[0].Keys = append(c.Put[0].Keys, ledger.Key{Name: "more"}) },
		func(c *ledger.Change) { c.Put[1].Keys[0].Name = strings.Repeat("n", 65) },
		func(c *ledger.Change) { c.Put[1].Keys[0].Value = strings.Repeat("v", 641) },
		func(c *ledger.Change) { c.Put[1].Keys[0].Name = "" },
		func(c *ledger.Change) { c.Put[1].Keys = []ledger.Key{{Name: "n", At: noon}, {Name: "n"}} },
		func(c *ledger.Change) { c.Put[1].Data = []byte("{") },
		func(c *ledger.Change) { c.Put[1].Data = []byte("{} {}") },
		func(c *ledger.Change) { c.Put[1].Data = []byte("\"\xff\"") },
		func(c *ledger.Change) { c.Emit[1].Data = []byte("x") },
		func(c *ledger.Change) { c.Emit[0].Type += "t" },
		func(c *ledger.Change) { c.Emit[0].Platform += "p" },
		func(c *ledger.Change) { c.Emit[0].Data = append(c.Emit[0].Data, ' ') },
		func(c *ledger.Change) { c.Emit[0].Object = ledger.ID{} },
		func(c *ledger.Change) { c.Put[1].Version = -1 },
		func(c *ledger.Change) { c.Put[1].Kind = ledger.IdemKind },
		func(c *ledger.Change) { c.Put[1].Kind = ledger.HoldKind },
	}
}

func withOneMore(meta map[string]string) map[string]string {
	more := map[string]string{"more": ""}
	for k, v := range meta {
		more[k] = v
	}
	return more
}

// wideChanges posts one transaction of the most entries that there may be, and
// one change of many of everything.
func wideChanges(t *trial) {
	const n = 1000
	hub := t.ref("house", "bank/main")
	c := t.change()
	c.Open = []ledger.Account{account(hub)}
	entries := []ledger.Entry{move(hub, -n)}
	for i := range int64(n) {
		a := account(t.ref("acct_"+data(i), "available"))
		c.Open = append(c.Open, a)
		entries = append(entries, move(a.Ref, 1))
		c.Put = append(c.Put, object(t.id("thing", data(i)), 0, data(i), ledger.Key{Name: "of", Value: t.book, At: noon}))
		c.Emit = append(c.Emit, ledger.Event{Type: "made", Platform: t.book, Object: c.Put[i].ID})
	}
	c.Post = []ledger.Transaction{t.tx("top-up", entries...)}
	r, err := t.s.Commit(t.ctx, c)
	require.NoError(t, err)
	require.Len(t, r.Balances, n+1)
	require.Len(t, r.Made, n)
	t.has(hub, -n, 0)
	t.has(entries[n].Account, 1, 0)
	t.view(func(v ledger.View) error {
		list, err := v.Transactions(c.Post[0].ID)
		require.NoError(t, err)
		require.Equal(t, entries, list[0].Entries, "entries in the order in which they were posted")
		found, err := allObjects(v, ledger.Query{Kind: "thing", Name: "of", Value: t.book, Limit: 333})
		require.NoError(t, err)
		require.Len(t, found, n)
		return err
	})
	require.Len(t, t.feed(t.s, 400), n)

	// What a request makes is remembered with its key: as much as fits.
	keyed := t.change()
	keyed.Idem = ledger.Idem{Scope: t.book, Key: "wide", Hash: [32]byte{1}}
	for i := range int64(1600) {
		name := t.book + data(i)
		keyed.Put = append(keyed.Put, object(ledger.ID{Kind: "wide", ID: name + strings.Repeat("x", 640-len(name))}, 0, "{}"))
	}
	t.refused(keyed, ledger.Invalid, "payload_too_large")
	keyed.Put = keyed.Put[:1500]
	t.commit(keyed)
	keyed.ID = t.env.ID("chg_")
	require.Len(t, t.commit(keyed).Made, 1500)

	wide := make([]ledger.Entry, 4097)
	for i := range wide {
		wide[i] = move(t.ref("acct_"+data(int64(i)), "available"), 1)
	}
	wide[0] = move(hub, -4096)
	_, err = t.s.Commit(t.ctx, t.change(t.tx("x", wide...)))
	t.isError(err, ledger.Invalid, "too_many_entries")
	wide[4095].Account = wide[17].Account
	wide[0] = move(hub, -4095)
	_, err = t.s.Commit(t.ctx, t.change(t.tx("x", wide[:4096]...)))
	t.isError(err, ledger.Invalid, "repeated_account")
}
