package ledger

import (
	"maps"
	"slices"
	"time"
)

// memView is the books of a Memory while its lock is held.
type memView struct {
	m    *Memory
	over bool
}

func (v *memView) end() { v.over = true }

// usable refuses a View that was kept beyond its Read.
func (v *memView) usable() error {
	if v.over {
		return &Error{Class: Invalid, Code: "view_ended", Op: "ledger: view", Msg: "it was used after its Read returned"}
	}
	return nil
}

func (v *memView) Accounts(refs ...Ref) ([]Account, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	list := make([]Account, len(refs))
	for i, r := range refs {
		if a, ok := v.m.accounts[r]; ok {
			list[i] = a.Account
		} else {
			list[i] = missing(r)
		}
	}
	return list, nil
}

// missing is an account that does not exist: version 0 and nothing in it.
func missing(r Ref) Account {
	return Account{Ref: r, Posted: Zero(r.Currency), Held: Zero(r.Currency)}
}

func (v *memView) AccountsOf(q AccountQuery) ([]Account, error) {
	q, err := q.check()
	if err == nil {
		err = v.usable()
	}
	if err != nil {
		return nil, err
	}
	set, start := v.m.rangeOf(q)
	if set == nil {
		return nil, nil
	}
	var list []Account
	set.from(start, func(r Ref) bool {
		if q.Book != "" && r.Book != q.Book || q.Owner != "" && r.Owner != q.Owner {
			return false // both lead the order, so the range has ended
		}
		if a := v.m.accounts[r]; r != q.After && q.matches(r, a.Closed) {
			list = append(list, a.Account)
		}
		return len(list) < q.Limit
	})
	return list, nil
}

func (v *memView) BalanceAt(r Ref, at time.Time) (Money, error) {
	if err := v.usable(); err != nil {
		return Money{}, err
	}
	a, ok := v.m.accounts[r]
	if !ok {
		return Zero(r.Currency), nil
	}
	b, _ := a.balanceAt(at)
	return b, nil
}

func (v *memView) Entries(r Ref, p Page) ([]Posted, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	a, ok := v.m.accounts[r]
	if !ok {
		return nil, nil
	}
	return a.page(p), nil
}

func (p Page) check() (Page, error) {
	if p.By > ByEffective {
		return p, invalid("invalid_query", "by", "entries are placed by posting or by effective time")
	}
	var err error
	p.From, p.To, p.After.At = atTime(p.From), atTime(p.To), atTime(p.After.At)
	p.Limit, err = pageSize(p.Limit)
	return p, err
}

// page walks the list that the page is cut from.
func (a *memAccount) page(p Page) []Posted {
	numbers, n := a.byTime, a.entries.n
	switch {
	case p.Moved:
		numbers, n = a.moved, len(a.moved)
		if p.By == ByEffective {
			numbers = slices.SortedFunc(slices.Values(a.moved), a.compareEffective)
		}
	case p.By == ByPosting:
		numbers = nil
	}
	at := func(i int) int64 {
		if numbers == nil && !p.Moved {
			return a.first + int64(i) + 1
		}
		return numbers[i]
	}
	if numbers == nil && p.Moved {
		return nil
	}
	lo, hi := a.bounds(p, n, at)
	var list []Posted
	for i := range hi - lo {
		j := lo + i
		if p.Desc {
			j = hi - 1 - i
		}
		if len(list) == p.Limit {
			break
		}
		list = append(list, a.posted(at(j)))
	}
	return list
}

// bounds returns the part of a list of n entries that the page may show.
func (a *memAccount) bounds(p Page, n int, at func(int) int64) (lo, hi int) {
	search := func(after func(number int64, t time.Time) bool) int {
		l, h := 0, n
		for l < h {
			m := int(uint(l+h) >> 1)
			num := at(m)
			t := a.entry(num).tx.Posted
			if p.By == ByEffective {
				t = a.entry(num).tx.Effective
			}
			if after(num, t) {
				h = m
			} else {
				l = m + 1
			}
		}
		return l
	}
	hi = n
	if !p.From.IsZero() {
		lo = search(func(_ int64, t time.Time) bool { return !t.Before(p.From) })
	}
	if !p.To.IsZero() {
		hi = search(func(_ int64, t time.Time) bool { return !t.Before(p.To) })
	}
	if !p.After.IsZero() {
		beyond := search(func(num int64, t time.Time) bool {
			c := compareTime(t, p.After.At)
			return c > 0 || c == 0 && num > p.After.Number
		})
		if p.Desc {
			upTo := search(func(num int64, t time.Time) bool {
				c := compareTime(t, p.After.At)
				return c > 0 || c == 0 && num >= p.After.Number
			})
			hi = min(hi, upTo)
		} else {
			lo = max(lo, beyond)
		}
	}
	return lo, max(lo, hi)
}

func (v *memView) Transactions(ids ...string) ([]Transaction, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	var list []Transaction
	for _, id := range ids {
		if t := v.m.transaction(id); t != nil {
			list = append(list, t.clone())
		}
	}
	return list, nil
}

// clone shows a transaction with its entries.
func (t *memTx) clone() Transaction {
	c := t.Transaction
	c.Meta = maps.Clone(t.Meta)
	c.Entries = make([]Entry, len(t.entries))
	for i, l := range t.entries {
		c.Entries[i] = Entry{Account: l.account.Ref, Amount: Money{l.amount, l.account.Currency}, Forced: l.forced}
	}
	return c
}

func (v *memView) Objects(ids ...ID) ([]Object, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	list := make([]Object, len(ids))
	for i, id := range ids {
		if o, ok := v.m.objects[id]; ok {
			list[i] = o.clone()
		} else {
			list[i] = Object{ID: id}
		}
	}
	return list, nil
}

func (v *memView) Find(q Query) ([]Object, error) {
	q, err := q.check()
	if err == nil {
		err = v.usable()
	}
	if err != nil {
		return nil, err
	}
	set, ok := v.m.index[indexName{q.Kind, q.Name, q.Value}]
	if !ok {
		return nil, nil
	}
	var list []Object
	q.scan(set, func(p Place) bool {
		list = append(list, v.m.objects[ID{q.Kind, p.ID}].clone())
		return len(list) < q.Limit
	})
	return list, nil
}

// scan walks the places of an index that the query selects, in its order.
func (q Query) scan(set *ordered[Place], yield func(Place) bool) {
	inside := func(p Place) bool {
		if !q.To.IsZero() && !p.At.Before(q.To) {
			return q.Desc // too late: later pages of a descending list may follow
		}
		if !q.From.IsZero() && p.At.Before(q.From) {
			return !q.Desc
		}
		if !q.After.IsZero() && comparePlace(p, q.After) == 0 {
			return true
		}
		return yield(p)
	}
	switch {
	case !q.Desc && q.After.IsZero() && q.From.IsZero():
		set.all(inside)
	case !q.Desc:
		start := Place{At: q.From}
		if !q.After.IsZero() && comparePlace(q.After, start) > 0 {
			start = q.After
		}
		set.from(start, inside)
	case !q.After.IsZero() && (q.To.IsZero() || q.After.At.Before(q.To)):
		set.backFrom(q.After, inside)
	case !q.To.IsZero():
		set.backFrom(Place{At: q.To}, inside)
	default:
		set.back(inside)
	}
}

func (v *memView) Events(after Cursor, platform string, limit int) ([]Event, Cursor, error) {
	lanes, err := after.Lanes()
	if err == nil {
		err = v.usable()
	}
	if err == nil {
		limit, err = pageSize(limit)
	}
	if err != nil {
		return nil, "", err
	}
	seen, last := int64(0), int64(v.m.events.n)
	for _, l := range lanes {
		if l.Lane != v.m.lane || l.Number > last {
			return nil, "", invalid("invalid_cursor", "cursor", "this is not a cursor of this event feed")
		}
		seen = l.Number
	}
	list, end := v.m.eventsAfter(seen, platform, limit)
	if len(list) < limit {
		end = last
	}
	if end == 0 {
		return nil, after, nil
	}
	return list, CursorOf([]Lane{{v.m.lane, end}}), nil
}

// eventsAfter returns up to limit events after number seen, and the number of
// the last.
func (m *Memory) eventsAfter(seen int64, platform string, limit int) ([]Event, int64) {
	var list []Event
	if platform == "" {
		for n := seen; n < int64(m.events.n) && len(list) < limit; n++ {
			list, seen = append(list, m.events.at(int(n)).clone()), n+1
		}
		return list, seen
	}
	numbers := m.byOrigin[platform]
	i, found := slices.BinarySearch(numbers, seen)
	if found {
		i++
	}
	for ; i < len(numbers) && len(list) < limit; i++ {
		seen = numbers[i]
		list = append(list, m.events.at(int(seen-1)).clone())
	}
	return list, seen
}

func (e Event) clone() Event {
	e.Data = slices.Clone(e.Data)
	return e
}
