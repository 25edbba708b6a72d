package connect

import (
	"sort"
	"time"

	"github.com/soukhq/souk/ledger"
)

// What an object with many parts is made of is looked for together, so that of its
// accounts pages are read and not an entry for each part, and transactions in a few reads.

// sought is a step of an object that was taken at a moment, and the accounts of which one
// has it.
type sought struct {
	id     ledger.ID
	moment time.Time
	refs   []ledger.Ref
}

// seek finds the steps that are sought. Which transactions they are is guessed first, so
// that all of those are read at once; then one step after the other is taken.
func (x *explain) seek() error {
	guessed, ids := make(map[string]bool), []string(nil)
	for _, s := range x.sought {
		id, err := x.first(s, guessed)
		if err != nil {
			return err
		}
		if id != "" {
			guessed[id] = true
			ids = append(ids, id)
		}
	}
	if err := x.steps.around(ids); err != nil {
		return err
	}
	for _, s := range x.sought {
		id, err := x.first(s, x.found) // a transaction that is found is of another step of that moment
		if err == nil && id != "" {
			err = x.take(id)
		}
		if err != nil {
			return err
		}
	}
	x.sought = nil
	return nil
}

// first is the first transaction of a step that was not met.
func (x *explain) first(s sought, met map[string]bool) (string, error) {
	for _, r := range s.refs {
		n := 0
		for e, err := range x.entries(r, s.moment) {
			if err != nil {
				return "", err
			}
			if n++; n > nearby {
				break
			}
			if e.Object == s.id && !met[e.Transaction] {
				return e.Transaction, nil
			}
		}
	}
	return "", nil
}

// run is what was read of an account from a moment on, without a gap.
type run struct {
	carried ledger.Carried
	from    time.Time
	list    []ledger.Posted
	whole   bool // to the end of the account
}

// entries walks the entries of an account, a small page first. What was read is kept.
func (x *explain) entries(r ledger.Ref, from time.Time) func(func(*ledger.Posted, error) bool) {
	return func(yield func(*ledger.Posted, error) bool) {
		k, err := x.run(r, from)
		if err != nil {
			yield(nil, err)
			return
		}
		i := sort.Search(len(k.list), func(i int) bool { return !k.list[i].At.Before(k.start(from)) })
		for {
			for ; i < len(k.list); i++ {
				if !yield(&k.list[i], nil) {
					return
				}
			}
			if k.whole {
				return
			}
			if err := x.more(r, k); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// start is where reading begins for a moment: at the first entry that is not in an
// archive if that one is.
func (k *run) start(from time.Time) time.Time {
	if k.carried.Entries > 0 && !from.After(k.carried.Posted) {
		return time.Time{}
	}
	return from
}

// run is what was read of an account that a moment is part of, or another that begins
// there.
func (x *explain) run(r ledger.Ref, from time.Time) (*run, error) {
	k := x.runs[r]
	if k == nil {
		c, err := x.v.Carried(r)
		if err != nil {
			return nil, err
		}
		k = &run{carried: c}
	} else if n := len(k.list); !k.start(from).Before(k.from) && (k.whole || n > 0 && !k.list[n-1].At.Before(from)) {
		return k, nil
	}
	k = &run{carried: k.carried, from: k.start(from)}
	x.runs[r] = k
	return k, nil
}

// more reads on in an account.
func (x *explain) more(r ledger.Ref, k *run) error {
	page := ledger.Page{From: k.from, Limit: 32}
	if n := len(k.list); n > 0 {
		page.After, page.Limit = k.list[n-1].Place(ledger.ByPosting), ledger.MaxPage
	}
	list, err := x.v.Entries(r, page)
	k.list, k.whole = append(k.list, list...), len(list) < page.Limit
	return err
}
