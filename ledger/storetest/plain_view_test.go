package storetest

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// plainView answers by going through everything.
type plainView struct {
	p    *plain
	each bool // lock for each call, as a fault
}

func (v *plainView) lock() func() {
	if !v.each {
		return func() {}
	}
	runtime.Gosched()
	v.p.mu.RLock()
	return v.p.mu.RUnlock
}

func (v *plainView) Accounts(refs ...ledger.Ref) ([]ledger.Account, error) {
	defer v.lock()()
	if err := v.p.chokes(refs); err != nil {
		return nil, err
	}
	var list []ledger.Account
	for _, r := range refs {
		list = append(list, v.p.account(r))
	}
	return v.p.readAccounts(list), nil
}

func (v *plainView) AccountsOf(q ledger.AccountQuery) ([]ledger.Account, error) {
	defer v.lock()()
	limit, err := v.p.limit(q.Limit)
	if err != nil {
		return nil, err
	}
	if q.Owner != "" && q.Book == "" {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_query"}
	}
	refs := slices.SortedFunc(maps.Keys(v.p.accounts), v.p.compareRefs)
	var list []ledger.Account
	for _, r := range refs {
		a := v.p.account(r)
		if v.p.wantsAccount(q, a) && (q.After == ledger.Ref{} || v.p.compareRefs(r, q.After) > 0) && len(list) < limit {
			list = append(list, a)
		}
	}
	return v.p.readAccounts(list), nil
}

// wantsAccount applies a query to one account.
func (p *plain) wantsAccount(q ledger.AccountQuery, a ledger.Account) bool {
	switch {
	case q.Book != "" && q.Book != a.Book && !(p.is("books by prefix") && strings.HasPrefix(a.Book, q.Book)),
		q.Owner != "" && q.Owner != a.Owner,
		q.Open && a.Closed && !p.is("closed accounts stay listed"):
		return false
	case strings.HasSuffix(q.Purpose, "/") && !p.is("details are not found"):
		return strings.HasPrefix(a.Purpose, q.Purpose)
	}
	return q.Purpose == "" || q.Purpose == a.Purpose
}

func (v *plainView) BalanceAt(r ledger.Ref, at time.Time) (ledger.Money, error) {
	defer v.lock()()
	sum := ledger.Zero(r.Currency)
	at = v.p.asked(at)
	for _, e := range v.p.entries[r] {
		if v.p.counts(e, at) {
			sum, _ = sum.Add(e.Amount)
		}
	}
	return sum, nil
}

func (v *plainView) Carried(r ledger.Ref) (ledger.Carried, error) {
	return ledger.Carried{Balance: ledger.Zero(r.Currency)}, nil
}

func (v *plainView) Entries(r ledger.Ref, p ledger.Page) ([]ledger.Posted, error) {
	defer v.lock()()
	limit, err := v.p.limit(p.Limit)
	if err != nil {
		return nil, err
	}
	if p.By > ledger.ByEffective {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_query"}
	}
	from, to, after := v.p.asked(p.From), v.p.asked(p.To), p.After
	after.At = v.p.asked(after.At)
	var list []ledger.Posted
	for _, e := range v.p.entries[r] {
		at, n := place(e, p.By)
		beyond := cmp.Or(at.Compare(after.At), cmp.Compare(n, after.Number))
		if v.p.is("a page begins after the moment") {
			beyond = at.Compare(after.At)
		}
		if p.Desc {
			beyond = -beyond
		}
		if (from.IsZero() || !at.Before(from)) && (to.IsZero() || at.Before(to)) &&
			(after.IsZero() || beyond > 0) && (!p.Moved || v.p.is("moved is ignored") || !e.At.Equal(e.Effective)) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b ledger.Posted) int {
		c := compareEntries(a, b, p.By)
		if p.Desc {
			c = -c
		}
		return v.p.entryOrder(a, b, p, c)
	})
	return list[:min(limit, len(list))], nil
}

func (v *plainView) Transactions(ids ...string) ([]ledger.Transaction, error) {
	defer v.lock()()
	var list []ledger.Transaction
	for _, id := range ids {
		if t, ok := v.p.txs[id]; ok {
			t.Meta, t.Entries = maps.Clone(t.Meta), slices.Clone(t.Entries)
			list = append(list, v.p.readTransaction(t))
		}
	}
	return list, nil
}

func (v *plainView) Objects(ids ...ledger.ID) ([]ledger.Object, error) {
	defer v.lock()()
	var list []ledger.Object
	for _, id := range ids {
		o, ok := v.p.objects[id]
		if !ok {
			o = ledger.Object{ID: id}
		}
		list = append(list, v.p.readObject(o))
	}
	return list, nil
}

func (v *plainView) Find(q ledger.Query) ([]ledger.Object, error) {
	defer v.lock()()
	limit, err := v.p.limit(q.Limit)
	if err != nil {
		return nil, err
	}
	if q.Kind == "" || q.Name == "" {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_query"}
	}
	type hit struct {
		at time.Time
		o  ledger.Object
	}
	from, to, after := v.p.asked(q.From), v.p.asked(q.To), q.After
	after.At = v.p.asked(after.At)
	var hits []hit
	for id, keys := range v.p.found {
		for _, k := range keys {
			beyond := cmp.Or(k.At.Compare(after.At), strings.Compare(id.ID, after.ID))
			if q.Desc {
				beyond = -beyond
			}
			if id.Kind == q.Kind && k.Name == q.Name && k.Value == q.Value && (from.IsZero() || !k.At.Before(from)) &&
				v.p.ends(k.At, to) && (after.IsZero() || beyond > 0) {
				hits = append(hits, hit{k.At, v.p.objects[id]})
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		c := cmp.Or(a.at.Compare(b.at), v.p.compareText(a.o.ID.ID, b.o.ID.ID))
		if v.p.is("objects in order of id") {
			c = strings.Compare(a.o.ID.ID, b.o.ID.ID)
		}
		if q.Desc {
			return -c
		}
		return c
	})
	var list []ledger.Object
	for _, h := range hits[:min(limit, len(hits))] {
		list = append(list, v.p.readObject(h.o))
	}
	return list, nil
}

func (v *plainView) Events(after ledger.Cursor, platform string, limit int) ([]ledger.Event, ledger.Cursor, error) {
	defer v.lock()()
	lanes, err := after.Lanes()
	if err != nil && !v.p.is("any cursor will do") {
		return nil, "", err
	}
	if limit, err = v.p.limit(limit); err != nil {
		return nil, "", err
	}
	var at [stripes]int
	for _, l := range lanes {
		if (l.Lane >= stripes || l.Number > int64(len(v.p.lanes[l.Lane]))) && !v.p.is("any cursor will do") {
			return nil, "", &ledger.Error{Class: ledger.Invalid, Code: "invalid_cursor"}
		}
		if l.Lane < stripes {
			at[l.Lane] = min(int(l.Number), len(v.p.lanes[l.Lane]))
		}
	}
	var list []ledger.Event
	for len(list) < limit {
		e, lane := v.p.nextEvent(at)
		if lane < 0 {
			break
		}
		at[lane]++
		if platform == "" || e.Platform == platform || v.p.is("all platforms") {
			e.Data = slices.Clone(e.Data)
			list = v.p.readEvent(list, e)
		}
	}
	var next []ledger.Lane
	for lane, n := range at {
		if n > 0 {
			next = append(next, ledger.Lane{Lane: int64(lane), Number: int64(n)})
		}
	}
	return list, ledger.CursorOf(next), nil
}

// nextEvent is the first one of all lanes that stands after the places in them.
func (p *plain) nextEvent(at [stripes]int) (next laneEvent, lane int) {
	lane = -1
	for l, events := range p.lanes {
		if at[l] < len(events) && (lane < 0 || events[at[l]].place < next.place || p.is("lane after lane") && l < lane) {
			next, lane = events[at[l]], l
		}
		if lane >= 0 && p.is("lane after lane") {
			break
		}
	}
	return next, lane
}
