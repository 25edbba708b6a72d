package ledger

import (
	"context"
	"slices"
	"time"
)

// Overlay returns a store that reads through to another one and keeps what is
// committed to itself, in memory. It is how any code path is previewed: the
// store beneath never changes, not by a number or a date. An overlay is for one
// preview; throw it away afterwards.
//
// A preview is of something new: an overlay knows the ids of the changes that
// were committed to itself, and not of those beneath, which no View tells. A
// change that was committed beneath and is handed in to the overlay again is
// therefore no replay there. It happens again, unless it posts transactions
// with ids of its own making, puts objects anew or has an idempotency key, all
// of which are known from beneath. What Update commits always has an id of its
// own.
//
// Entries that an overlay adds to a shared account have numbers far above
// those beneath, where each stripe counts for itself.
func Overlay(s Store) Store {
	o := &overlay{base: s, top: NewMemory()}
	o.top.lane = overlayLane
	if beneath, ok := s.(*overlay); ok {
		o.top.lane = beneath.top.lane + 1
	}
	return o
}

// overlayLane numbers the events of an overlay apart from those beneath, which
// may be another overlay's, and so the entries of shared accounts.
const overlayLane = 1 << 60

type overlay struct {
	base Store
	top  *Memory
}

// TestOnly implements TestOnly.
func (o *overlay) TestOnly() string { return "an overlay for previews" }

// Read implements Store. The overlay is locked before the store beneath, here
// and in Commit.
func (o *overlay) Read(ctx context.Context, fn func(View) error) error {
	if fn == nil {
		return missingArgument("fn")
	}
	o.top.mu.RLock()
	defer o.top.mu.RUnlock()
	top := &memView{m: o.top}
	defer top.end()
	return read(ctx, o.base, func(base View) error { return fn(&overView{base: base, top: top}) })
}

// Commit implements Store: it loads what the change needs from beneath, plans,
// and keeps the rows.
func (o *overlay) Commit(ctx context.Context, c *Change) (*Receipt, error) {
	o.top.mu.Lock()
	defer o.top.mu.Unlock()
	src := &overSource{memSource: memSource{o.top}}
	need := NeedOf([]*Change{c})
	err := read(ctx, o.base, func(v View) error { return src.load(v, need) })
	if err != nil {
		return nil, err
	}
	return o.top.commit(c, NewBooks(src))
}

// overSource answers Plan from the overlay, then from what was loaded.
type overSource struct {
	memSource
	accounts map[Ref]Account
	objects  map[ID]Object
	txs      map[string]bool
}

func (s *overSource) load(v View, n Need) error {
	s.accounts, s.objects, s.txs = make(map[Ref]Account), make(map[ID]Object), make(map[string]bool)
	accounts, err := v.Accounts(append(n.Accounts, n.Expected...)...)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		s.accounts[a.Ref] = a
	}
	objects, err := v.Objects(append(n.Put, n.Read...)...)
	if err != nil {
		return err
	}
	for _, o := range objects {
		s.objects[o.ID] = o
	}
	txs, err := v.Transactions(n.Transactions...)
	if err != nil {
		return err
	}
	for _, t := range txs {
		s.txs[t.ID] = true
	}
	return nil
}

func (s *overSource) Account(r Ref) (Account, bool) {
	if a, ok := s.memSource.Account(r); ok {
		return a, true
	}
	a := s.accounts[r]
	return a, a.Version > 0
}

func (s *overSource) Object(id ID) (Object, bool) {
	if o, ok := s.memSource.Object(id); ok {
		return o, true
	}
	o := s.objects[id]
	return o, o.Version > 0
}

func (s *overSource) HasTransaction(id string) bool {
	return s.memSource.HasTransaction(id) || s.txs[id]
}

// overView reads both layers; what the upper one knows hides what is beneath.
type overView struct {
	base View
	top  *memView
}

func (v *overView) Accounts(refs ...Ref) ([]Account, error) {
	if err := v.top.usable(); err != nil {
		return nil, err
	}
	list, err := v.base.Accounts(refs...)
	for i := range list {
		if a, ok := v.top.m.accounts[list[i].Ref]; ok {
			list[i] = a.Account
		}
	}
	return list, err
}

func (v *overView) AccountsOf(q AccountQuery) ([]Account, error) {
	q, err := q.Check()
	if err != nil {
		return nil, err
	}
	top, err := v.top.AccountsOf(q)
	if err != nil {
		return nil, err
	}
	page := func(last *Account) ([]Account, error) {
		next := q
		if last != nil {
			next.After = last.Ref
		}
		return v.base.AccountsOf(next)
	}
	hidden := func(a Account) bool { _, ok := v.top.m.accounts[a.Ref]; return ok }
	return merge(top, page, hidden, func(a, b Account) int { return a.Ref.Compare(b.Ref) }, q.Limit)
}

// merge joins the upper list, which is complete up to limit, with pages of the
// lower one, of which hidden rows are dropped.
func merge[T any](top []T, page func(last *T) ([]T, error), hidden func(T) bool, compare func(a, b T) int, limit int) ([]T, error) {
	var kept []T
	var last *T
	for {
		list, err := page(last)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if !hidden(list[i]) {
				kept = append(kept, list[i])
			}
		}
		if len(list) < limit || len(kept) >= limit {
			break
		}
		last = &list[len(list)-1]
	}
	kept = append(kept, top...)
	slices.SortFunc(kept, compare)
	return kept[:min(limit, len(kept))], nil
}

func (v *overView) BalanceAt(r Ref, at time.Time) (Money, error) {
	if err := v.top.usable(); err != nil {
		return Money{}, err
	}
	if a, ok := v.top.m.accounts[r]; ok {
		if b, ok := a.balanceAt(at); ok {
			return b, nil
		}
	}
	return v.base.BalanceAt(r, at)
}

func (v *overView) Carried(r Ref) (Carried, error) {
	if err := v.top.usable(); err != nil {
		return Carried{}, err
	}
	return v.base.Carried(r)
}

func (v *overView) Entries(r Ref, p Page) ([]Posted, error) {
	p, err := p.Check()
	if err != nil {
		return nil, err
	}
	top, err := v.top.Entries(r, p)
	if err != nil {
		return nil, err
	}
	page := func(last *Posted) ([]Posted, error) {
		next := p
		if last != nil {
			next.After = last.Place(p.By)
		}
		return v.base.Entries(r, next)
	}
	order := func(a, b Posted) int {
		x, y := a.Place(p.By), b.Place(p.By)
		c := compareTime(x.At, y.At)
		if c == 0 {
			c = int(a.Number - b.Number)
		}
		if p.Desc {
			return -c
		}
		return c
	}
	return merge(top, page, func(Posted) bool { return false }, order, p.Limit)
}

func (v *overView) Transactions(ids ...string) ([]Transaction, error) {
	if err := v.top.usable(); err != nil {
		return nil, err
	}
	var list []Transaction
	for _, id := range ids {
		found, err := v.top.Transactions(id)
		if err == nil && len(found) == 0 {
			found, err = v.base.Transactions(id)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func (v *overView) Objects(ids ...ID) ([]Object, error) {
	if err := v.top.usable(); err != nil {
		return nil, err
	}
	list, err := v.base.Objects(ids...)
	for i := range list {
		if o, ok := v.top.m.objects[list[i].ID]; ok {
			list[i] = o.object(list[i].ID)
		}
	}
	return list, err
}

func (v *overView) Find(q Query) ([]Object, error) {
	q, err := q.Check()
	if err != nil {
		return nil, err
	}
	top, err := v.top.Find(q)
	if err != nil {
		return nil, err
	}
	page := func(last *Object) ([]Object, error) {
		next := q
		if last != nil {
			next.After = last.PlaceIn(q)
		}
		return v.base.Find(next)
	}
	hidden := func(o Object) bool { _, ok := v.top.m.objects[o.ID]; return ok }
	order := func(a, b Object) int {
		if c := comparePlace(a.PlaceIn(q), b.PlaceIn(q)); !q.Desc {
			return c
		} else {
			return -c
		}
	}
	return merge(top, page, hidden, order, q.Limit)
}

// Events returns the feed beneath first, then what was committed to the
// overlay.
func (v *overView) Events(after Cursor, platform string, limit int) ([]Event, Cursor, error) {
	lanes, err := after.Lanes()
	if err == nil {
		err = v.top.usable()
	}
	if err != nil {
		return nil, "", err
	}
	if limit, err = PageSize(limit); err != nil {
		return nil, "", err
	}
	var own Cursor
	if n := len(lanes); n > 0 && lanes[n-1].Lane == v.top.m.lane {
		own, lanes = CursorOf(lanes[n-1:]), lanes[:n-1]
	}
	list, next, err := v.base.Events(CursorOf(lanes), platform, limit)
	if err != nil {
		return nil, "", err
	}
	if len(list) < limit {
		more, end, err := v.top.Events(own, platform, limit-len(list))
		if err != nil {
			return nil, "", err
		}
		list, own = append(list, more...), end
	}
	if lanes, err = next.Lanes(); err != nil {
		return nil, "", err
	}
	if own != "" {
		o, err := own.Lanes()
		if err != nil {
			return nil, "", err
		}
		lanes = append(lanes, o...)
	}
	return list, CursorOf(lanes), nil
}
