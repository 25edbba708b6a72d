package ledger_test

import (
	"maps"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// model is what Plan should do, written a second time and as plainly as can be:
// maps, big integers, and a copy of everything before each change. It knows
// nothing of times and numbers; those are checked by what they must fulfil.
type model struct {
	accounts map[ledger.Ref]*modelAccount
	objects  map[ledger.ID]int64 // versions
	holds    map[string]*modelHold
	keys     map[ledger.Idem][]ledger.ID // without the hash
	hashes   map[ledger.Idem]byte
	txs      map[string]bool
	changes  map[string]time.Time
	touched  []*modelAccount // by the change at hand, in order
}

type modelAccount struct {
	floor          ledger.Floor
	shared, closed bool
	posted, held   *big.Int
	version        int64

	// of the change at hand
	touched                         bool
	guarded, forced, held2, out, in *big.Int // moved, with holds placed less those given back; taken out; captured
}

type modelHold struct {
	account ledger.Ref
	open    int64
	expires bool // already
}

func newModel() *model {
	return &model{
		accounts: map[ledger.Ref]*modelAccount{}, objects: map[ledger.ID]int64{}, holds: map[string]*modelHold{},
		keys: map[ledger.Idem][]ledger.ID{}, hashes: map[ledger.Idem]byte{}, txs: map[string]bool{}, changes: map[string]time.Time{},
	}
}

func (m *model) clone() *model {
	c := &model{
		accounts: map[ledger.Ref]*modelAccount{}, objects: maps.Clone(m.objects), holds: map[string]*modelHold{},
		keys: maps.Clone(m.keys), hashes: maps.Clone(m.hashes), txs: maps.Clone(m.txs), changes: maps.Clone(m.changes),
	}
	for r, a := range m.accounts {
		d := *a
		d.posted, d.held = new(big.Int).Set(a.posted), new(big.Int).Set(a.held)
		d.touched = false
		d.guarded, d.forced, d.held2, d.out, d.in = new(big.Int), new(big.Int), new(big.Int), new(big.Int), new(big.Int)
		c.accounts[r] = &d
	}
	for id, h := range m.holds {
		d := *h
		c.holds[id] = &d
	}
	return c
}

// commit returns the code of the refusal, "" if there is none, and whether the
// change is a replay. It changes m only if the change is accepted.
func (m *model) commit(c *ledger.Change) (code string, replayed bool) {
	if code := modelForm(c); code != "" {
		return code, false
	}
	if at, ok := m.changes[c.ID]; ok {
		if !at.Equal(c.At) {
			return "change_exists", false
		}
		return "", true
	}
	key := c.Idem
	key.Hash = [32]byte{}
	if hash, ok := m.hashes[key]; ok && key.Key != "" {
		if hash != c.Idem.Hash[0] {
			return "idempotency_mismatch", false
		}
		return "", true
	}
	next := m.clone()
	if code := next.apply(c); code != "" {
		return code, false
	}
	if len(c.Open)+len(c.Post)+len(c.Holds)+len(c.Close)+len(c.Put) == 0 {
		return "", false
	}
	if key.Key != "" {
		next.hashes[key], next.keys[key] = c.Idem.Hash[0], nil
		for _, o := range c.Put {
			if o.Version == 0 {
				next.keys[key] = append(next.keys[key], o.ID)
			}
		}
	}
	next.changes[c.ID] = c.At
	*m = *next
	return "", false
}

// modelForm is what no state of the books makes right.
func modelForm(c *ledger.Change) string {
	for _, t := range c.Post {
		if len(t.Entries) < 2 {
			return "unbalanced_journal"
		}
		seen := map[ledger.Ref]bool{}
		for _, e := range t.Entries {
			switch {
			case e.Account.Book != t.Book:
				return "book_mismatch"
			case e.Amount.Currency() != e.Account.Currency:
				return "currency_mismatch"
			case e.Amount.Minor() == 0:
				return "invalid_amount"
			case e.Amount.Minor() == math.MinInt64:
				return "amount_too_large"
			case e.Forced && t.Reason != "refund":
				return "not_forced"
			case seen[e.Account]:
				return "repeated_account"
			}
			seen[e.Account] = true
		}
		if code := modelBalance(t.Entries); code != "" {
			return code
		}
	}
	for _, h := range c.Holds {
		whole := h.Op == ledger.ExpireHold || h.Op == ledger.ReleaseHold && h.Amount.Minor() == 0
		if h.Op == ledger.ExpireHold && h.Amount.Minor() != 0 {
			return "invalid_amount"
		}
		if !whole && h.Amount.Minor() <= 0 {
			return "invalid_amount"
		}
	}
	return ""
}

// modelBalance adds up each currency, the first one first.
func modelBalance(entries []ledger.Entry) string {
	var order []ledger.Currency
	for _, e := range entries {
		if !slices.Contains(order, e.Amount.Currency()) {
			order = append(order, e.Amount.Currency())
		}
	}
	for _, cur := range order {
		sum := new(big.Int)
		for _, e := range entries {
			if e.Amount.Currency() == cur {
				sum.Add(sum, big.NewInt(e.Amount.Minor()))
				if !sum.IsInt64() {
					return "amount_too_large"
				}
			}
		}
		if sum.Sign() != 0 {
			return "unbalanced_journal"
		}
	}
	return ""
}

func (m *model) apply(c *ledger.Change) string {
	for _, e := range c.Expect {
		version := m.objects[e.Object]
		if e.Account != (ledger.Ref{}) {
			a := m.accounts[e.Account]
			version = 0
			if a != nil {
				version = a.version
			}
			if a != nil && a.shared && e.Version > 0 {
				return "shared_account"
			}
		}
		if version != e.Version {
			return "changed"
		}
	}
	for _, o := range c.Open {
		if code := m.open(o); code != "" {
			return code
		}
	}
	for _, o := range c.Put {
		if v := m.objects[o.ID]; v != o.Version {
			if o.Version == 0 {
				return "object_exists"
			}
			return "changed"
		}
		m.objects[o.ID]++
	}
	for _, t := range c.Post {
		if code := m.post(t); code != "" {
			return code
		}
	}
	for _, h := range c.Holds {
		if code := m.hold(h); code != "" {
			return code
		}
	}
	if code := m.floors(); code != "" {
		return code
	}
	for _, r := range c.Close {
		a, code := m.moved(r)
		if code != "" {
			return code
		}
		if a.posted.Sign() != 0 || a.held.Sign() != 0 {
			return "account_not_empty"
		}
		a.closed = true
	}
	for _, a := range m.touched {
		a.version++
	}
	return ""
}

func (m *model) open(o ledger.Account) string {
	if a, ok := m.accounts[o.Ref]; ok {
		switch {
		case a.closed:
			return "account_closed"
		case a.floor != o.Floor || a.shared != o.Shared:
			return "account_exists"
		}
		return ""
	}
	if p, ok := ledger.PurposeOf(o.Purpose); ok && p.Floor != o.Floor || o.Shared && o.Floor.Kind != ledger.NoFloor {
		return "invalid_floor"
	}
	a := &modelAccount{
		floor: o.Floor, shared: o.Shared, posted: new(big.Int), held: new(big.Int),
		guarded: new(big.Int), forced: new(big.Int), held2: new(big.Int), out: new(big.Int), in: new(big.Int),
	}
	m.accounts[o.Ref] = a
	m.touch(a)
	return ""
}

// moved is an account that a change may move.
func (m *model) moved(r ledger.Ref) (*modelAccount, string) {
	a, ok := m.accounts[r]
	switch {
	case !ok:
		return nil, "account_not_found"
	case a.closed:
		return nil, "account_closed"
	}
	m.touch(a)
	return a, ""
}

func (m *model) touch(a *modelAccount) {
	if !a.touched {
		a.touched = true
		m.touched = append(m.touched, a)
	}
}
