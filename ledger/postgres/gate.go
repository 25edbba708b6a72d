package postgres

import (
	"context"
	"sync/atomic"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// gate is a kind of objects that changes decide on without writing them; absent:
// on that they are not there. Such an object is read without a lock, under the
// stripe of whoever reads. So whoever writes one takes all stripes: nobody stands
// between a look and a commit then.
//
// Which kinds these are is learnt from the changes, and kept in the database. A
// stripe carries the version of what is known, so that who holds one knows
// whether its list is the latest.
type gate struct {
	kind   string
	absent bool
}

// gates is what a store knows of them. It only grows.
type gates struct{ known atomic.Pointer[knownGates] }

type knownGates struct {
	version   int64
	set       map[gate]bool
	isolation string // of the transaction that read them
}

func (g *gates) load() *knownGates {
	if k := g.known.Load(); k != nil {
		return k
	}
	return &knownGates{version: -1}
}

// looksAt adds the gates of a change to a set: what it expects and does not write.
func looksAt(c *ledger.Change, set map[gate]bool) {
	if c == nil || len(c.Put)+len(c.Post)+len(c.Open)+len(c.Holds)+len(c.Close)+len(c.Emit) == 0 {
		return // it decides nothing that is written
	}
	for _, e := range c.Expect {
		if sqlstore.Possible(e.Object.Kind) && e.Object.Kind != "" && !writes(c, e.Object) {
			set[gate{e.Object.Kind, e.Version == 0}] = true
		}
	}
}

func writes(c *ledger.Change, id ledger.ID) bool {
	for i := range c.Put {
		if c.Put[i].ID == id {
			return true
		}
	}
	for i := range c.Holds {
		if id.Kind == ledger.HoldKind && c.Holds[i].ID == id.ID {
			return true
		}
	}
	return id.Kind == ledger.IdemKind && !c.Idem.IsZero() && id.ID == c.Idem.Scope+"|"+c.Idem.Key
}

// restricts reports whether others may be deciding on what a change writes.
func (k *knownGates) restricts(c *ledger.Change) bool {
	if c == nil {
		return false
	}
	for i := range c.Put {
		if k.set[gate{c.Put[i].Kind, c.Put[i].Version == 0}] {
			return true
		}
	}
	for i := range c.Holds {
		if k.set[gate{ledger.HoldKind, c.Holds[i].Op == ledger.PlaceHold}] {
			return true
		}
	}
	return !c.Idem.IsZero() && k.set[gate{ledger.IdemKind, true}]
}

// unknown returns those gates of a batch that are not known.
func (k *knownGates) unknown(changes []*ledger.Change) (list []gate) {
	set := make(map[gate]bool)
	for _, c := range changes {
		looksAt(c, set)
	}
	for g := range set {
		if !k.set[g] {
			list = append(list, g)
		}
	}
	return list
}

// refresh reads the gates again.
func (g *gates) refresh(ctx context.Context, on link) error {
	k := &knownGates{set: make(map[gate]bool)}
	_, err := on.run(ctx, []step{
		// Both in one statement, so that they are of one moment.
		{`select s.gates, coalesce(g.kind, ''), coalesce(g.absent, false), current_setting('transaction_isolation') from souk_stripes s left join souk_gates g on true where s.id = -1`, nil,
			func(row sqlstore.Answer) error {
				var one gate
				err := row.Scan(&k.version, &one.kind, &one.absent, &k.isolation)
				k.set[one] = true
				return err
			}},
	})
	if err == nil {
		g.known.Store(k)
	}
	return err
}

// learn returns the statements that make gates known to everybody. Whoever holds
// a stripe is waited for: it may have written one of these objects by itself.
func learn(list []gate) []step {
	kinds, absent := make([]string, len(list)), make([]bool, len(list))
	for i, g := range list {
		kinds[i], absent[i] = g.kind, g.absent
	}
	return []step{
		door,
		{`select id from souk_stripes order by id for update`, nil, nil},
		{`insert into souk_gates (kind, absent) select n.kind, n.absent from unnest(?::text[], ?::boolean[]) n (kind, absent) on conflict do nothing`,
			[]any{kinds, absent}, nil},
		{`update souk_stripes set gates = gates + 1`, nil, nil},
	}
}
