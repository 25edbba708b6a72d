package connect_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// door is the way of one process to the store. At one of its calls something may go
// wrong, or something else may happen first.
type door struct {
	s      *simulation
	dead   bool // the process crashed: nothing comes through any more
	calls  int
	faulty *faults.Store
	kind   faults.Kind
	at     int
	hookAt int
	hook   func()
}

func (d *door) arm(k faults.Kind, at int) {
	d.kind, d.at = k, at
	d.faulty = faults.Wrap(d.s.watch, faults.Plan{Call: at, Kind: k})
}

// disarm ends what was planned, and tells what came of it. What is late happens now or
// when the call has been answered.
func (d *door) disarm() (kind faults.Kind, at int) {
	if f := d.faulty; f != nil {
		if f.Hit() {
			kind, at = d.kind, d.at
		}
		if kind == faults.Late {
			d.s.late = append(d.s.late, f)
			if d.s.one(2) {
				d.s.settleLate()
			}
		}
	}
	d.faulty, d.hook = nil, nil
	return kind, at
}

func (d *door) gone() error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "process_gone", Op: "simulation"}
}

// pass counts a call, lets happen what comes before it, and returns the store to ask.
func (d *door) pass() ledger.Store {
	d.calls++
	if h := d.hook; h != nil && d.calls >= d.hookAt {
		d.hook = nil
		h()
	}
	if d.faulty != nil {
		return d.faulty
	}
	return d.s.watch
}

// died notes that the process crashed, where it did.
func (d *door) died() {
	if p := recover(); p != nil {
		d.dead = true
		panic(p)
	}
}

func (d *door) Read(ctx context.Context, fn func(ledger.View) error) error {
	if d.dead {
		return d.gone()
	}
	to := d.pass()
	defer d.died()
	return to.Read(ctx, fn)
}

func (d *door) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if d.dead {
		return nil, d.gone()
	}
	to := d.pass()
	defer d.died()
	return to.Commit(ctx, c)
}

// situation is a kind of object in a state.
type situation struct{ kind, state string }

func (c situation) String() string { return c.kind + " " + c.state }

// watch is the store, and sees all that is committed: it keeps its own balances, and
// requires of each change what has to hold of each.
type watch struct {
	ledger.Store
	s        *simulation
	balances map[ledger.Ref]int64
	states   map[string]situation // by id
	busy     map[string]string    // by charge: the capture or increase that waits for its answer
	versions map[string]int64
}

func (w *watch) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	if w.s.planted != "" {
		return w.misbehave(ctx, c)
	}
	r, err := w.Store.Commit(ctx, c)
	if err == nil && !r.Replayed {
		w.see(c)
	}
	return r, err
}

func (w *watch) see(c *ledger.Change) {
	t, inner := w.s.t, w.s.inner
	for i := range c.Post {
		entries := c.Post[i].Entries
		for _, e := range entries {
			m, cur := e.Amount.Minor(), e.Account.Currency
			w.balances[e.Account] += m
			w.s.model.post(c.Post[i].Object, e)
			sum := int64(0)
			for _, o := range entries {
				if o.Account.Currency == cur {
					sum += o.Amount.Minor()
				}
			}
			if sum != 0 || cur != e.Amount.Currency() {
				require.Fail(t, "a transaction that does not balance", "%s of %v", c.Post[i].Reason, c.Post[i].Object)
			}
		}
		if inner != nil {
			inner.posted++
		}
	}
	for i := range c.Put {
		w.put(c, &c.Put[i])
	}
	w.requireFloors(c)
}

// requireFloors requires that nobody spends what is not there, unless forced or set aside
// before, from where something forced may have taken it: no change takes more of an account
// that is below nothing afterwards (promise 4).
func (w *watch) requireFloors(c *ledger.Change) {
	for i := range c.Post {
		for _, e := range c.Post[i].Entries {
			if e.Forced || e.Amount.Sign() >= 0 || w.balances[e.Account] >= 0 || e.Account.Owner == ledger.House || !slices.Contains(floored, e.Account.Purpose) {
				continue
			}
			net, forced := int64(0), false
			for j := range c.Post {
				for _, o := range c.Post[j].Entries {
					if o.Account == e.Account {
						net, forced = net+o.Amount.Minor(), forced || o.Forced || alwaysForced[c.Post[j].Reason]
					}
				}
			}
			for _, h := range c.Holds {
				if h.Account == e.Account && h.Op == ledger.CaptureHold {
					net += h.Amount.Minor()
				}
			}
			if net < 0 && !forced {
				require.Fail(w.s.t, "what is not there was spent", "%v has %d after %s of %v", e.Account, w.balances[e.Account], c.Post[i].Reason, c.Post[i].Object)
			}
		}
	}
}

// alwaysForced are the reasons that are booked whatever the balance.
var alwaysForced = func() map[string]bool {
	list := make(map[string]bool)
	for _, r := range ledger.Reasons() {
		list[r.Name] = r.Force == ledger.AlwaysForced
	}
	return list
}()

// floored are the purposes in which nobody has less than nothing.
var floored = []string{"available", "held", "frozen", "in_transit", "unclaimed"}

// requireOnce requires that no partner acted twice on one key (promise 15).
func (w *watch) requireOnce() {
	for _, id := range slices.Sorted(maps.Keys(w.states)) {
		n := 0
		switch w.states[id].kind {
		case "connect.charge", "connect.refund":
			n = max(w.s.w.Acquirer.Taken(id), w.s.w.Rail.Taken(id+"-1"))
		case "connect.capture", "connect.cancellation", "connect.increase":
			n = w.s.w.Acquirer.Taken(id)
		case "connect.coin_return":
			n = w.s.coins.Taken(id)
		case "payout":
			n = w.s.w.Rail.Taken(id + "-1")
		}
		if n > 1 {
			require.Fail(w.s.t, "a partner acted twice", "%s: %d times", id, n)
		}
	}
}

// put follows the state of an object: only the listed changes happen, one after the
// other, and each is told (promises 50, 56 and 64).
func (w *watch) put(c *ledger.Change, o *ledger.Object) {
	t := w.s.t
	if w.s.inner != nil {
		w.s.inner.put++
	}
	name, ok := lives[o.Kind]
	if !ok {
		return
	}
	now, was := situation{o.Kind, statusOf(o.Data)}, w.states[o.ID.ID]
	if w.versions[o.ID.ID] != o.Version {
		require.Fail(t, "an object was replaced that is not the last", "%v", o.ID)
	}
	w.states[o.ID.ID], w.versions[o.ID.ID] = now, o.Version+1
	if o.Kind == "connect.capture" || o.Kind == "connect.increase" {
		w.alone(o, now)
	}
	if was == now {
		return
	}
	w.s.cover.move(name, was.state, now.state)
	if was.state != "" && name != "" {
		if !mayBecome(name, was.state, now.state) {
			require.Fail(t, "no such change of state", "%v became %s of %s", o.ID, now.state, was.state)
		}
	}
	for _, e := range c.Emit {
		if e.Object == o.ID {
			return
		}
	}
	require.Fail(t, "it is not told", "%v became %s of %q", o.ID, now.state, was.state)
}

// alone requires that a charge waits for the answer to one capture or increase at a time.
func (w *watch) alone(o *ledger.Object, now situation) {
	of := textOf(o.Data, "charge")
	switch waits := now.state == "pending" || now.state == "unknown"; {
	case waits && w.busy[of] != "" && w.busy[of] != o.ID.ID:
		require.Fail(w.s.t, "two steps at once", "%s and %s of %s", w.busy[of], o.ID.ID, of)
	case waits:
		w.busy[of] = o.ID.ID
	case w.busy[of] == o.ID.ID:
		delete(w.busy, of)
	}
}

// mayBecome tells whether the tables lead from one state to another: a change may make
// several steps at once.
func mayBecome(name, from, to string) bool {
	if connect.Moves(name, from, to) {
		return true
	}
	seen, next := map[string]bool{from: true}, []string{from}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		for _, state := range strings.Fields(moves[name][at]) {
			if state == to {
				return true
			}
			if !seen[state] {
				seen[state], next = true, append(next, state)
			}
		}
	}
	return false
}

// lives are the tables of states, by kind.
var lives = map[string]string{
	"connect.charge": "charge", "connect.capture": "step", "connect.cancellation": "step", "connect.increase": "step",
	"connect.dispute_answer": "step", "connect.refund": "refund", "connect.dispute": "dispute", "connect.coin_return": "coin return",
	"connect.receiver": "receiver", "connect.top_up": "top-up", "connect.saved_source": "saved source", "connect.mandate": "mandate",
	"connect.held_share": "held share", "connect.voucher": "voucher", "connect.payment": "payment", "connect.adjustment": "adjustment",
	"connect.freeze": "freeze", "connect.bank_change": "bank change", "connect.bank_check": "bank check", "connect.write_off": "write-off", "connect.dormancy": "dormancy", "connect.proposal": "proposal",
	"connect.early_warning": "warning", "connect.review": "review", "connect.bulk": "bulk", "connect.account_closing": "closing",
	"connect.negative_balance": "negative balance", "connect.negative_debit": "negative debit", "connect.payment_plan": "payment plan",
	"connect.reserve": "reserve",
	"payout":          "",
}

// statusOf is the status that stands in an object's JSON, at the top.
func statusOf(data []byte) string { return textOf(data, "status") }

// textOf is a text that does.
func textOf(data []byte, field string) string {
	name := `"` + field + `":"`
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			if !quoted && depth == 1 && len(data)-i > len(name) && string(data[i:i+len(name)]) == name {
				rest := data[i+len(name):]
				for j := range rest {
					if rest[j] == '"' {
						return string(rest[:j])
					}
				}
			}
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
	}
	return ""
}

// requireBalances requires that every account has what was posted to it, and nobody else
// anything (promises 1 and 3).
func (w *watch) requireBalances() {
	sums := make(map[string]int64)
	seen := 0
	err := w.Store.Read(w.s.w.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) error {
			require.Equal(w.s.t, w.balances[a.Ref], a.Posted.Minor(), "%v", a.Ref)
			sums[fmt.Sprint(a.Book, a.Currency)] += a.Posted.Minor()
			if a.Posted.Minor() != 0 {
				seen++
			}
			return nil
		})
	})
	require.NoError(w.s.t, err)
	for _, m := range w.balances {
		if m != 0 {
			seen--
		}
	}
	require.Zero(w.s.t, seen, "accounts")
	for what, m := range sums {
		require.Zero(w.s.t, m, what)
	}
}
