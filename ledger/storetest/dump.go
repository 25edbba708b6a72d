package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// state is everything that a law can see of its own book.
type state struct {
	Accounts []ledger.Account
	Entries  map[ledger.Ref][]ledger.Posted
	Txs      map[string]ledger.Transaction
	Objects  []ledger.Object
	Events   []ledger.Event
}

// dump reads the law's book in one moment.
func (t *trial) dump(s ledger.Store) state {
	t.Helper()
	d := state{Entries: map[ledger.Ref][]ledger.Posted{}, Txs: map[string]ledger.Transaction{}}
	err := s.Read(t.ctx, func(v ledger.View) (err error) {
		if d.Accounts, err = allAccounts(v, ledger.AccountQuery{Book: t.book}); err != nil {
			return err
		}
		for _, a := range d.Accounts {
			list, err := allEntries(v, a.Ref, ledger.Page{})
			if err != nil {
				return err
			}
			d.Entries[a.Ref] = list
			if err := d.transactions(v, list); err != nil {
				return err
			}
		}
		if d.Objects, err = v.Objects(sorted(t.seen)...); err != nil {
			return err
		}
		d.Events, _, err = allEvents(v, t.start, t.book, ledger.MaxPage)
		d.own()
		return err
	})
	require.NoError(t, err)
	return d
}

// own copies what a store might still hold on to.
func (s *state) own() {
	for i, o := range s.Objects {
		s.Objects[i].Data, s.Objects[i].Keys = slices.Clone(o.Data), slices.Clone(o.Keys)
	}
	for i, e := range s.Events {
		s.Events[i].Data = slices.Clone(e.Data)
	}
	for id, t := range s.Txs {
		t.Meta, t.Entries = maps.Clone(t.Meta), slices.Clone(t.Entries)
		s.Txs[id] = t
	}
}

// same compares two states, and shows only where they differ.
func (t *trial) same(want, got state, why string) {
	t.Helper()
	was, is := want.lines(), got.lines()
	if slices.Equal(was, is) {
		return
	}
	var diff []string
	for _, line := range was {
		if !slices.Contains(is, line) {
			diff = append(diff, "- "+line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			diff = append(diff, "+ "+line)
		}
	}
	require.Fail(t, why, strings.Join(diff[:min(len(diff), 40)], "\n"))
}

// lines writes the state as text, one thing a line.
func (s state) lines() []string {
	var list []string
	for _, a := range s.Accounts {
		list = append(list, fmt.Sprintf("account %+v", a))
		for _, e := range s.Entries[a.Ref] {
			list = append(list, fmt.Sprintf("entry %+v", e))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Txs)) {
		list = append(list, fmt.Sprintf("transaction %+v", s.Txs[id]))
	}
	for _, o := range s.Objects {
		if o.Version > 0 {
			list = append(list, fmt.Sprintf("object %+v %d %s %+v", o.ID, o.Version, o.Data, o.Keys))
		}
	}
	for _, e := range s.Events {
		list = append(list, fmt.Sprintf("event %s %s %s %+v %d %v %s", e.ID, e.Type, e.Platform, e.Object, e.Version, e.At, e.Data))
	}
	return list
}

// transactions adds those of a list of entries.
func (d *state) transactions(v ledger.View, list []ledger.Posted) error {
	var ids []string
	for _, e := range list {
		if _, ok := d.Txs[e.Transaction]; !ok {
			ids = append(ids, e.Transaction)
		}
	}
	found, err := v.Transactions(ids...)
	for _, t := range found {
		d.Txs[t.ID] = t
	}
	return err
}

// rounds bounds every loop over pages: a store that never ends a list fails.
const rounds = 20000

// allAccounts reads every page of a list.
func allAccounts(v ledger.View, q ledger.AccountQuery) (all []ledger.Account, err error) {
	if q.Limit == 0 {
		q.Limit = ledger.MaxPage
	}
	for range rounds {
		list, err := v.AccountsOf(q)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < q.Limit {
			return all, nil
		}
		q.After = list[len(list)-1].Ref
	}
	return nil, errEndless
}

func allEntries(v ledger.View, r ledger.Ref, p ledger.Page) (all []ledger.Posted, err error) {
	if p.Limit == 0 {
		p.Limit = ledger.MaxPage
	}
	for range rounds {
		list, err := v.Entries(r, p)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < p.Limit {
			return all, nil
		}
		p.After = list[len(list)-1].Place(p.By)
	}
	return nil, errEndless
}

func allObjects(v ledger.View, q ledger.Query) (all []ledger.Object, err error) {
	if q.Limit == 0 {
		q.Limit = ledger.MaxPage
	}
	for range rounds {
		list, err := v.Find(q)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < q.Limit {
			return all, nil
		}
		q.After = list[len(list)-1].PlaceIn(q)
	}
	return nil, errEndless
}

func allEvents(v ledger.View, at ledger.Cursor, platform string, limit int) (all []ledger.Event, end ledger.Cursor, err error) {
	for range rounds {
		var list []ledger.Event
		if list, at, err = v.Events(at, platform, limit); err != nil {
			return nil, at, err
		}
		all = append(all, list...)
		if len(list) < limit {
			return all, at, nil
		}
	}
	return nil, at, errEndless
}

var errEndless = &ledger.Error{Class: ledger.State, Code: "endless_list", Msg: "a list does not end"}

// addUp checks the law's book as it was left: every sum, number and hold.
func (t *trial) addUp() {
	t.Helper()
	d := t.dump(t.s)
	sums := map[ledger.Currency]int64{}
	for _, a := range d.Accounts {
		sums[a.Currency] += a.Posted.Minor()
		balance := int64(0)
		for i, e := range d.Entries[a.Ref] {
			balance += e.Amount.Minor()
			if a.Shared {
				continue // one row of balances a stripe: only the sum is of the account
			}
			require.Equal(t, int64(i)+1, e.Number, "promise 50: numbers of %v", a.Ref)
			require.Equal(t, balance, e.Balance.Minor(), "promise 3: balance of %v after entry %d", a.Ref, e.Number)
		}
		require.Equal(t, balance, a.Posted.Minor(), "promise 3: balance of %v", a.Ref)
		require.Equal(t, int64(len(d.Entries[a.Ref])), a.Entries, "entries of %v", a.Ref)
		t.heldAddsUp(a)
	}
	for c, sum := range sums {
		require.Zero(t, sum, "promise 1: the accounts in %v", c)
	}
	for id, tx := range d.Txs {
		for _, e := range tx.Entries {
			found := 0
			for _, p := range d.Entries[e.Account] {
				if p.Transaction == id {
					found++
					require.Equal(t, e.Amount, p.Amount, "entry of %s in %v", id, e.Account)
				}
			}
			require.Equal(t, 1, found, "promise 35: entry of %s in %v", id, e.Account)
		}
	}
}

// heldAddsUp checks what an account says is held against its open holds.
func (t *trial) heldAddsUp(a ledger.Account) {
	t.Helper()
	held := int64(0)
	t.view(func(v ledger.View) error {
		list, err := allObjects(v, ledger.Query{Kind: ledger.HoldKind, Name: ledger.HoldAccountKey, Value: a.Ref.String()})
		for _, o := range list {
			h, err := ledger.DecodeHold(o)
			if err != nil {
				return err
			}
			held += h.Open.Minor()
		}
		return err
	})
	require.Equal(t, held, a.Held.Minor(), "held in %v", a.Ref)
}
