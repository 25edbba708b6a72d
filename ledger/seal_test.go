package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sealedBooks is books of three blocks, whose memory tests write to, and their clock.
func sealedBooks(t *testing.T) (*Memory, *time.Time) {
	t.Helper()
	m := NewMemory()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e := Env{Now: func() time.Time { return now }}
	_, err := e.Update(t.Context(), m, StartSealing)
	require.NoError(t, err)
	for i := range 9 {
		commitSealed(t, e, m, i)
		if now = now.Add(time.Hour); i%3 == 2 {
			require.NoError(t, drainSeals(t, e, m))
		}
	}
	r, err := Verify(t.Context(), m)
	require.NoError(t, err)
	require.NoError(t, r.Err())
	require.EqualValues(t, 3, r.Blocks)
	return m, &now
}

func commitSealed(t *testing.T, e Env, s Store, i int) {
	t.Helper()
	bank, a, fees := verifyRef("house", "bank"), verifyRef("a", "available"), verifyRef("house", "processing_fees")
	_, err := e.Update(t.Context(), s, func(u *Unit) error {
		u.Open(Account{Ref: bank})
		u.Open(Account{Ref: a})
		u.Open(Account{Ref: fees, Shared: true})
		u.Post(Transaction{ID: fmt.Sprint("tx_", i), Book: "plat_1", Reason: "refund", Corrects: "tx_x", Meta: map[string]string{"k": "ü"}, Object: ID{"thing", "1"}, Entries: []Entry{
			{Account: bank, Amount: Minor(-100, EUR)}, {Account: a, Amount: Minor(70, EUR)}, {Account: fees, Amount: Minor(30, EUR)},
		}})
		u.Emit(Event{Type: "thing.seen", Platform: "plat_1", Object: ID{"thing", "1"}, Data: []byte(`{"author":"ann"}`)})
		return nil
	})
	require.NoError(t, err)
}

func drainSeals(t *testing.T, e Env, s Store) error {
	t.Helper()
	d, err := Drain(t.Context(), s, DrainOptions{Env: e}, e.Sealing(time.Hour))
	require.NoError(t, err)
	return d.Err
}

// Whatever is changed of what was sealed, the check of the chain names the first
// block that differs (promises 62, 63).
func TestSealsFindTampering(t *testing.T) {
	tx := func(m *Memory) *memTx { return m.txs["tx_4"] }
	about := func(m *Memory, fn func(*memAbout)) {
		x := *tx(m).about
		fn(&x)
		tx(m).about = &x
	}
	event := func(m *Memory) *memEvent { return m.events.at(4) }
	told := func(m *Memory, fn func(*memAbout)) {
		x := *event(m).about
		fn(&x)
		event(m).about = &x
	}
	a := verifyRef("a", "available")
	seal := func(m *Memory, n int64, old, new string) {
		o := m.objects[SealKind.ID(SealID(n))]
		require.Contains(t, string(o.data), old)
		o.data = []byte(strings.Replace(string(o.data), old, new, 1))
	}
	for name, x := range map[string]struct {
		tamper func(m *Memory)
		block  string
	}{
		"id":             {func(m *Memory) { tx(m).id = "tx_x" }, "block 2"},
		"book":           {func(m *Memory) { about(m, func(x *memAbout) { x.book = "x" }) }, "block 2"},
		"reason":         {func(m *Memory) { about(m, func(x *memAbout) { x.reason = "charge" }) }, "block 2"},
		"object kind":    {func(m *Memory) { about(m, func(x *memAbout) { x.kind = "x" }) }, "block 2"},
		"object":         {func(m *Memory) { tx(m).object = "2" }, "block 2"},
		"corrects":       {func(m *Memory) { tx(m).more.corrects = "" }, "block 2"},
		"metadata":       {func(m *Memory) { tx(m).more.meta["k"] = "u" }, "block 2"},
		"posted":         {func(m *Memory) { tx(m).posted++ }, "block 2"},
		"effective":      {func(m *Memory) { tx(m).effective++ }, "block 2"},
		"amount":         {func(m *Memory) { m.accounts[a].entries.at(4).amount++ }, "block 2"},
		"balance":        {func(m *Memory) { m.accounts[a].entries.at(4).balance++ }, "block 2"},
		"number":         {func(m *Memory) { m.accounts[a].first++ }, "block 1"},
		"forced":         {func(m *Memory) { tx(m).lines[1].forced = !tx(m).lines[1].forced }, "block 2"},
		"account":        {func(m *Memory) { tx(m).lines[1].account = m.accounts[verifyRef("house", "bank")].index }, "block 2"},
		"an entry less":  {func(m *Memory) { tx(m).lines = tx(m).lines[:2] }, "block 2"},
		"no entries":     {func(m *Memory) { tx(m).lines = nil }, "block 2"},
		"order":          {func(m *Memory) { j := m.journal.blocks[0]; j[3], j[4] = j[4], j[3] }, "block 2"},
		"the last one":   {func(m *Memory) { m.journal.n-- }, "block 3"},
		"event type":     {func(m *Memory) { told(m, func(x *memAbout) { x.reason = "x" }) }, "block 2"},
		"event platform": {func(m *Memory) { told(m, func(x *memAbout) { x.book = "x" }) }, "block 2"},
		"event object":   {func(m *Memory) { event(m).object = "2" }, "block 2"},
		"event kind":     {func(m *Memory) { told(m, func(x *memAbout) { x.kind = "x" }) }, "block 2"},
		"event version":  {func(m *Memory) { event(m).version++ }, "block 2"},
		"event time":     {func(m *Memory) { event(m).at++ }, "block 2"},
		"who did it":     {func(m *Memory) { event(m).data = []byte(`{"author":"bob"}`) }, "block 2"},
		"a block":        {func(m *Memory) { seal(m, 2, `"rows":3`, `"rows":2`) }, "block 2"},
		"a hash":         {func(m *Memory) { seal(m, 1, `"hash":"`, `"hash":"0`) }, "block 1"},
		"a block less":   {func(m *Memory) { lose(m, 2) }, "block 2"},
		"the last block": {func(m *Memory) { lose(m, 3) }, "block 3"},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := sealedBooks(t)
			x.tamper(m)
			r, err := VerifySeals(t.Context(), m, SealCheck{})
			require.NoError(t, err)
			require.Len(t, r.Differences, 1)
			require.Equal(t, x.block, r.Differences[0].What)
			r, err = Verify(t.Context(), m)
			require.NoError(t, err)
			require.Contains(t, fmt.Sprint(r.Differences), x.block)
		})
	}
}

// lose forgets a block.
func lose(m *Memory, n int64) {
	id := SealKind.ID(SealID(n))
	for _, k := range m.objects[id].keys {
		k.index.remove(memPlace{k.at, id.ID})
	}
	delete(m.objects, id)
}

// Whoever can compute all blocks anew is found by a hash that was kept elsewhere, and
// by nothing else (promise 63).
func TestAKeptHashFindsANewChain(t *testing.T) {
	m, _ := sealedBooks(t)
	var last Seal
	require.NoError(t, m.Read(t.Context(), func(v View) (err error) { last, err = LatestSeal(v); return err }))
	require.EqualValues(t, 3, last.Block)
	kept := SealCheck{Kept: []Block{{last.Block, last.Hash}}}
	r, err := VerifySeals(t.Context(), m, kept)
	require.NoError(t, err)
	require.NoError(t, r.Err())

	m.events.at(8).data = []byte(`{"author":"bob"}`)
	forged := last
	require.NoError(t, m.Read(t.Context(), func(v View) error { _, err := forged.seal(v); return err }))
	_, err = Update(t.Context(), m, func(u *Unit) error {
		if _, err := SealKind.Get(u, SealID(3)); err != nil {
			return err
		}
		x, err := sealingKind.Get(u, theSealing)
		if err != nil {
			return err
		}
		x.Last = forged
		if err := SealKind.Put(u, SealID(3), &forged); err != nil {
			return err
		}
		return sealingKind.Put(u, theSealing, x)
	})
	require.NoError(t, err)
	r, err = VerifySeals(t.Context(), m, SealCheck{})
	require.NoError(t, err)
	require.NoError(t, r.Err(), "the forged chain fits")
	r, err = VerifySeals(t.Context(), m, kept)
	require.NoError(t, err)
	require.Equal(t, "block 3", r.Differences[0].What)
	r, err = VerifySeals(t.Context(), m, SealCheck{Kept: []Block{{7, "x"}}})
	require.NoError(t, err)
	require.Equal(t, "block 7", r.Differences[0].What, "a chain that was cut is found too")
}

// Sealing takes its turn: not before it is due, in blocks of a thousand, and by no
// two processes twice. A clock that was set back breaks no chain (promise 53).
func TestSealingTakesItsTurn(t *testing.T) {
	m := NewMemory()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e := Env{Now: func() time.Time { return now }}
	require.NoError(t, drainSeals(t, e, m), "nothing was begun")
	_, err := e.Update(t.Context(), m, StartSealing)
	require.NoError(t, err)
	for i := range 2500 {
		commitSealed(t, e, m, i)
	}
	require.NoError(t, drainSeals(t, e, m))
	r, err := Verify(t.Context(), m)
	require.NoError(t, err)
	require.NoError(t, r.Err())
	require.EqualValues(t, 3, r.Blocks)

	commitSealed(t, e, m, 2500)
	now = now.Add(59 * time.Minute)
	require.NoError(t, drainSeals(t, e, m))
	require.EqualValues(t, 3, lastSeal(t, m).Block, "it is not due")
	now = now.Add(time.Minute)
	require.NoError(t, drainSeals(t, e, m))
	require.NoError(t, drainSeals(t, e, m))
	require.EqualValues(t, 4, lastSeal(t, m).Block)
	require.EqualValues(t, 1, lastSeal(t, m).Journal.Rows)

	at := lastSeal(t, m).At
	commitSealed(t, e, m, 2501)
	now = now.Add(time.Hour)
	o := m.objects[sealingKind.ID(theSealing)]
	worker := e.Sealing(time.Hour)
	now = now.Add(-30 * time.Minute)
	require.NoError(t, worker.Do(t.Context(), m, Object{ID: sealingKind.ID(theSealing), Data: o.data}))
	require.EqualValues(t, 4, lastSeal(t, m).Block, "somebody who thinks that it is due looks again")
	now = now.Add(30 * time.Minute)
	require.NoError(t, worker.Do(t.Context(), m, Object{}))
	require.EqualValues(t, 5, lastSeal(t, m).Block)
	require.False(t, lastSeal(t, m).At.Before(at))
	requireChain(t, m, 5)
}

// An overlay seals on, and the store beneath knows nothing of it.
func TestAnOverlayIsSealed(t *testing.T) {
	m, now := sealedBooks(t)
	e := Env{Now: func() time.Time { return *now }}
	over := Overlay(m)
	commitSealed(t, e, over, 9)
	*now = now.Add(time.Hour)
	require.NoError(t, drainSeals(t, e, over))
	requireChain(t, over, 4)
	requireChain(t, m, 3)
}

func requireChain(t *testing.T, s Store, blocks int64) {
	t.Helper()
	r, err := VerifySeals(t.Context(), s, SealCheck{})
	require.NoError(t, err)
	require.NoError(t, r.Err())
	require.Equal(t, blocks, r.Blocks)
}

func lastSeal(t *testing.T, s Store) (last Seal) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v View) (err error) { last, err = LatestSeal(v); return err }))
	return last
}
