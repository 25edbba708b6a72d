package postgres

import (
	"context"
	"slices"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// maxTries is how often a batch is tried that meets another's.
const maxTries = 8

// batch commits changes in a lane. If a statement fails for which one of them may
// be at fault, halves are tried, down to the one that is.
func (s *Store) batch(l *lane, changes []*ledger.Change) []sqlstore.Outcome {
	var failed *failure
	var m mode
	moves := 0
	for range maxTries {
		var outcomes []sqlstore.Outcome
		if outcomes, failed = s.try(l, changes, m); failed == nil {
			return outcomes
		}
		f := sqlstore.FaultOf(s.d, failed.cause)
		if failed.committing || !f.Held && !failed.again {
			break
		}
		// Somebody was faster, or waits for us as we for them. What was thought not
		// to be there is asked about.
		m.doubt, m.all = m.doubt || f.Held, m.all || failed.all
		if failed.moved {
			moves++
			m.crowded = moves > 1
		}
	}
	if f := sqlstore.FaultOf(s.d, failed.cause); len(changes) > 1 && f.Poison && !failed.committing && !failed.again {
		half := len(changes) / 2
		return append(s.batch(l, changes[:half]), s.batch(l, changes[half:])...)
	}
	outcomes := make([]sqlstore.Outcome, len(changes))
	for i := range outcomes {
		outcomes[i].Err = failed.typed(s.d)
	}
	return outcomes
}

// mode is what a try has learnt from those before it.
type mode struct {
	doubt   bool // ask about every row that was not found
	all     bool // take all stripes
	crowded bool // stripes that were free are taken by others at once: add one
}

// failure is why a whole batch failed.
type failure struct {
	cause      error
	committing bool // the database may have committed
	again      bool // nothing was wrong: it is to be tried again
	all        bool // and with all stripes
	moved      bool // on another stripe
}

func (f *failure) typed(d *dialect) error {
	if f.committing {
		return sqlstore.Unknown(d, f.cause)
	}
	return sqlstore.Failed(d, "commit", f.cause)
}

// errMoved says that a batch has to begin anew.
var errMoved = &ledger.Error{Class: ledger.Conflict, Code: "changed", Op: "postgres: commit", Msg: "others kept changing what it needs"}

// try plans and writes a batch. It has no caller's context: whoever leads commits
// for others too. A panic fails this batch alone.
func (s *Store) try(l *lane, changes []*ledger.Change, m mode) (outcomes []sqlstore.Outcome, failed *failure) {
	conn, err := s.acquire(context.Background(), "commit")
	if err != nil {
		return nil, &failure{cause: err}
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	defer conn.Release() // throws it away if it is in a transaction still
	t := attempt{s: s, l: l, on: native{s.d, s.wait, conn}, changes: changes, mode: m}
	defer func() {
		if p := recover(); p != nil {
			_ = conn.Conn().Close(ctx)
			outcomes, failed = nil, &failure{cause: sqlstore.Panicked(p), committing: t.committing}
		}
	}()
	outcomes, failed = t.run(ctx)
	if failed != nil {
		_, _ = conn.Exec(ctx, "rollback") // if it cannot, the connection goes
	}
	return outcomes, failed
}

// attempt is one try of a batch on one connection.
type attempt struct {
	mode
	s          *Store
	l          *lane
	on         native
	changes    []*ledger.Change
	committing bool // the database may be committing
}

// begin asks for what the store is made for, whatever the database's default is:
// each statement sees what was committed before it.
const begin = "begin isolation level read committed"

// run begins a transaction, loads, plans and writes: two round trips, if nothing
// is in the way.
func (t *attempt) run(ctx context.Context) ([]sqlstore.Outcome, *failure) {
	if outcomes, failed, done := t.alone(ctx); done {
		return outcomes, failed
	}
	st, known := t.l.state, t.s.gates.load()
	if list := known.unknown(t.changes); len(list) > 0 {
		if err := t.learn(ctx, known, list); err != nil {
			return nil, &failure{cause: err}
		}
		known = t.s.gates.load()
	}
	for _, c := range t.changes {
		t.all = t.all || known.restricts(c)
	}
	st.clear()
	need := ledger.NeedOf(t.changes)
	steps := slices.Concat([]step{{query: begin}}, st.take(t.l.stripe, t.all, true), st.load(need, skipping, t.l.stripe))
	if _, err := t.on.run(ctx, steps); err != nil {
		return nil, &failure{cause: err}
	}
	switch {
	case !st.stripe.held:
		return nil, t.move(ctx)
	case !t.all && st.closesShared(need):
		return nil, &failure{cause: errMoved, again: true, all: true}
	case st.stripe.gates != known.version:
		if _, err := t.on.run(ctx, []step{{query: "rollback"}}); err != nil {
			return nil, &failure{cause: err}
		}
		if err := t.s.gates.refresh(ctx, t.on); err != nil {
			return nil, &failure{cause: err}
		}
		return nil, &failure{cause: errMoved, again: true}
	}
	held, err := st.held(ctx, t.on, t.changes, t.doubt)
	if err != nil {
		return nil, &failure{cause: err}
	}
	return t.write(ctx, &need, held)
}

// move goes to another stripe, since somebody holds this one.
func (t *attempt) move(ctx context.Context) *failure {
	if _, err := t.on.run(ctx, []step{{query: "rollback"}}); err != nil {
		return &failure{cause: err}
	}
	find := freeStripe
	if t.crowded {
		find = addStripe
	}
	id, err := find(ctx, t.on)
	if err != nil {
		return &failure{cause: err}
	}
	t.l.stripe = id
	return &failure{cause: errMoved, again: true, moved: true}
}

// learn makes gates known, in a transaction of its own.
func (t *attempt) learn(ctx context.Context, known *knownGates, list []gate) error {
	if known.version < 0 { // nothing is known yet
		if err := t.s.gates.refresh(ctx, t.on); err != nil {
			return err
		}
		if list = t.s.gates.load().unknown(t.changes); len(list) == 0 {
			return nil
		}
	}
	steps := append([]step{{query: begin}}, learn(list)...)
	if _, err := t.on.run(ctx, append(steps, step{query: "commit"})); err != nil {
		return err
	}
	return t.s.gates.refresh(ctx, t.on)
}

// write plans what is not held by others, and commits it.
func (t *attempt) write(ctx context.Context, need *ledger.Need, held map[int]sqlstore.Row) ([]sqlstore.Outcome, *failure) {
	st := t.l.state
	mine, changes := make([]int, 0, len(t.changes)), make([]*ledger.Change, 0, len(t.changes))
	outcomes := make([]sqlstore.Outcome, len(t.changes))
	for i, c := range t.changes {
		if row, ok := held[i]; ok {
			outcomes[i].Held = row
			continue
		}
		mine, changes = append(mine, i), append(changes, c)
	}
	rows, results := ledger.Plan(changes, st.plans)
	replayed := false
	for i, r := range results {
		outcomes[mine[i]].Result = r
		replayed = replayed || r.Receipt != nil && r.Receipt.Replayed
	}
	if sqlstore.IsEmpty(rows) && !replayed {
		if _, err := t.on.run(ctx, []step{{query: "rollback"}}); err != nil {
			return nil, &failure{cause: err}
		}
		return outcomes, nil
	}
	write, err := st.write(rows)
	if err != nil {
		return nil, &failure{cause: err}
	}
	t.committing = true
	at, err := t.on.run(ctx, []step{write, {query: "commit"}})
	if err != nil {
		// What the server refuses before it was asked to commit, it has not done.
		t.committing = at == 1 || !refused(err)
		return nil, &failure{cause: err, committing: t.committing}
	}
	t.l.learn(rows, need, len(t.changes))
	return outcomes, nil
}
