package ledger

import (
	"slices"
	"sort"
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
	q, err := q.Check()
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

// Carried says that nothing was moved: memory is not kept for long.
func (v *memView) Carried(r Ref) (Carried, error) {
	return Carried{Balance: Zero(r.Currency)}, v.usable()
}

func (v *memView) Entries(r Ref, p Page) ([]Posted, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	p, err := p.Check()
	if err != nil {
		return nil, err
	}
	a, ok := v.m.accounts[r]
	if !ok {
		return nil, nil
	}
	return a.page(p), nil
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
	if hi <= lo {
		return nil
	}
	list := make([]Posted, 0, min(p.Limit, hi-lo))
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
	// search returns the first place that is not before a time and a number.
	search := func(t time.Time, number int64) int {
		micro := t.UnixMicro()
		return sort.Search(n, func(i int) bool {
			num := at(i)
			have := a.entry(num).tx.posted
			if p.By == ByEffective {
				have = a.entry(num).tx.effective
			}
			return have > micro || have == micro && num >= number
		})
	}
	hi = n
	if !p.From.IsZero() {
		lo = search(p.From, 0)
	}
	if !p.To.IsZero() {
		hi = search(p.To, 0)
	}
	switch {
	case p.After.IsZero():
	case p.Desc:
		hi = min(hi, search(p.After.At, p.After.Number))
	default:
		lo = max(lo, search(p.After.At, p.After.Number+1))
	}
	return lo, max(lo, hi)
}

func (v *memView) Transactions(ids ...string) ([]Transaction, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	found, lines := make([]*memTx, 0, len(ids)), 0
	for _, id := range ids {
		if t := v.m.transaction(id); t != nil {
			found, lines = append(found, t), lines+len(t.lines)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	list, entries := make([]Transaction, len(found)), make([]Entry, lines)
	for i, t := range found {
		n := len(t.lines)
		list[i] = v.m.shownIn(t, entries[:n:n])
		entries = entries[n:]
	}
	return list, nil
}

func (v *memView) Objects(ids ...ID) ([]Object, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	list := make([]Object, len(ids))
	for i, id := range ids {
		if o, ok := v.m.objects[id]; ok {
			list[i] = o.object(id)
		} else {
			list[i] = Object{ID: id}
		}
	}
	return list, nil
}

func (v *memView) Find(q Query) ([]Object, error) {
	q, err := q.Check()
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
	q.scan(&set.ordered, func(p memPlace) bool {
		id := ID{q.Kind, p.id}
		list = append(list, v.m.objects[id].object(id))
		return len(list) < q.Limit
	})
	return list, nil
}

// scan walks the places of an index that the query selects, in its order.
func (q Query) scan(set *ordered[memPlace], yield func(memPlace) bool) {
	from, to := memPlace{at: q.From.UnixMicro()}, memPlace{at: q.To.UnixMicro()}
	after := memPlace{q.After.At.UnixMicro(), q.After.ID}
	inside := func(p memPlace) bool {
		switch {
		case !q.To.IsZero() && p.at >= to.at:
			return q.Desc // too late: later pages of a descending list may follow
		case !q.From.IsZero() && p.at < from.at:
			return !q.Desc
		case !q.After.IsZero() && p == after:
			return true
		}
		return yield(p)
	}
	switch {
	case !q.Desc && q.After.IsZero() && q.From.IsZero():
		set.all(inside)
	case !q.Desc:
		if q.From.IsZero() || !q.After.IsZero() && after.compare(from) > 0 {
			from = after
		}
		set.from(from, inside)
	case !q.After.IsZero() && (q.To.IsZero() || q.After.At.Before(q.To)):
		set.backFrom(after, inside)
	case !q.To.IsZero():
		set.backFrom(to, inside)
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
		limit, err = PageSize(limit)
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
		for n := seen + 1; n <= int64(m.events.n) && len(list) < limit; n++ {
			list, seen = append(list, m.event(n)), n
		}
		return list, seen
	}
	numbers, ok := m.byOrigin[platform]
	if !ok {
		return nil, seen
	}
	for i := numbers.search(func(n *int64) bool { return *n > seen }); i < numbers.n && len(list) < limit; i++ {
		seen = *numbers.at(i)
		list = append(list, m.event(seen))
	}
	return list, seen
}
