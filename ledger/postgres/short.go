package postgres

import (
	"context"
	"strings"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// guard lists rows that must be as a change takes them to be.
type guard struct {
	locked, lockedVersions []int64 // accounts, but for shared ones, which the stripe stands for
	// All accounts with what they had: a server that has lost commits may be at the
	// same versions.
	rows, rowVersions, posted, held, entries, last []int64

	kinds, ids []string // objects; version 0: not there
	versions   []int64
	put        []bool // and locked
	puts       int
}

func (g *guard) account(a *account) {
	if !a.Shared {
		g.locked, g.lockedVersions = append(g.locked, a.row), append(g.lockedVersions, a.Version)
	}
	g.rows, g.rowVersions = append(g.rows, a.row), append(g.rowVersions, a.Version)
	g.posted, g.held = append(g.posted, a.Posted.Minor()), append(g.held, a.Held.Minor())
	g.entries, g.last = append(g.entries, a.Entries), append(g.last, sqlstore.Micro(a.Last))
}

func (g *guard) add(o ledger.Object, put bool) {
	g.kinds, g.ids, g.versions, g.put = append(g.kinds, o.Kind), append(g.ids, o.ID.ID), append(g.versions, o.Version), append(g.put, put)
	if put {
		g.puts++
	}
}

// steps fail, by a division by zero, unless everything is as it is taken to be and
// the change is new. Locks are taken in the order of everybody, and no one is
// waited for. What is only looked at is seen under the stripe, so later than it.
func (g *guard) steps(t *stripe, change string) []step {
	var with, holds strings.Builder
	var args, counts []any
	if n := len(g.locked); n > 0 {
		with.WriteString(`with a as materialized (select a.id from unnest(?::bigint[], ?::bigint[]) n (id, version) cross join lateral (
			select a.id from souk_accounts a where a.id = n.id and a.version = n.version and not a.closed ` + skipping.clause("a") + `) a) `)
		holds.WriteString(`(select count(*) from a) = ? and `)
		args, counts = append(args, g.locked, g.lockedVersions), append(counts, n)
	}
	if n := len(g.rows); n > 0 {
		holds.WriteString(`(select count(*) from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
			n (id, version, posted, held, entries, last_at) cross join lateral (select 1 from souk_accounts a where a.id = n.id
				and (a.version, a.posted, a.held, a.entries, a.last_at) = (n.version, n.posted, n.held, n.entries, n.last_at) limit 1) a) = ? and `)
		counts = append(counts, g.rows, g.rowVersions, g.posted, g.held, g.entries, g.last, n)
	}
	objects := []any{g.kinds, g.ids, g.versions, g.put}
	const each = `unnest(?::text[], ?::text[], ?::bigint[], ?::boolean[]) n (kind, id, version, put)`
	if g.puts > 0 {
		with.WriteString(map[bool]string{true: `with `, false: `, `}[with.Len() == 0] + `o as materialized (select o.version from ` + each + ` cross join lateral (
			select o.version from souk_objects o where n.put and o.kind = n.kind and o.id = n.id and o.version = n.version ` + skipping.clause("o") + `) o) `)
		holds.WriteString(`(select count(*) from o) = ? and `)
		args, counts = append(args, objects...), append(counts, g.puts)
	}
	if len(g.ids) > g.puts {
		holds.WriteString(`(select bool_and(n.version = coalesce((select o.version from souk_objects o where o.kind = n.kind and o.id = n.id), 0))
			from ` + each + ` where not n.put) and `)
		counts = append(counts, objects...)
	}
	holds.WriteString(`not exists (select 1 from souk_changes where id = ?)
			and not exists (select 1 from souk_transactions where id = ? and changed_at is not null)`)
	return []step{
		{query: `with t as materialized (select id from souk_stripes where id = ? and accounts = ? and transactions = ? and events = ? and gates = ?
			and ` + server + ` = ? for update skip locked)
			select 1 / (select count(*) from t)` + indexed, args: []any{t.id, t.accounts, t.txs, t.events, t.gates, t.server}},
		{query: with.String() + `select 1 / (case when ` + holds.String() + ` then 1 else 0 end)`,
			args: append(append(args, counts...), change, change+firstOf)},
	}
}

// alone commits a change in one round trip, if it came alone and what it needs is
// known. A lane that was wrong about that leaves it for a while: others share the
// database with it.
func (t *attempt) alone(ctx context.Context) (outcomes []sqlstore.Outcome, failed *failure, done bool) {
	if len(t.changes) != 1 || t.changes[0] == nil || t.l.recent == nil || t.mode != (mode{}) {
		return nil, nil, false
	}
	if t.l.patience > 0 {
		t.l.patience--
		return nil, nil, false
	}
	m := t.l.recent.take()
	if m == nil {
		return nil, nil, false
	}
	r, failed, done := t.short(ctx, m)
	switch {
	case failed != nil:
		return nil, failed, true
	case !done:
		t.l.recent.keep(m) // most of it may be so still
		return nil, nil, false
	}
	t.l.missed = 0
	return []sqlstore.Outcome{{Result: r}}, nil, true
}

// short commits a change that came alone in one round trip: it is planned on what
// the lane last saw, and everything that this was is checked by what writes it.
// Not done: something is not as it was, or might not be, and nothing happened.
func (t *attempt) short(ctx context.Context, m *memory) (r ledger.Result, failed *failure, done bool) {
	st, c := t.l.state, t.changes[0]
	if known := t.s.gates.load(); len(known.unknown(t.changes)) > 0 || known.restricts(c) || known.version != m.stripe.gates {
		return r, nil, false
	}
	need := ledger.NeedOf(t.changes)
	if len(need.Changes) == 0 || len(need.Closing) > 0 || len(c.Holds) > 0 {
		return r, nil, false
	}
	guarded, ok := m.recall(st, c, &need)
	if !ok {
		return r, nil, false
	}
	guards := guarded.steps(&st.stripe, c.ID)
	rows, results := ledger.Plan(t.changes, st.plans)
	if results[0].Err != nil || sqlstore.IsEmpty(rows) {
		return r, nil, false // it may be otherwise by now
	}
	write, err := st.write(rows)
	if err != nil {
		return r, nil, false
	}
	steps := append([]step{{query: begin}}, guards...)
	steps = append(steps, write, step{query: "commit"})
	t.committing = true
	at, err := t.on.run(ctx, steps)
	switch {
	case err == nil:
		t.l.recent.keep(m.learn(st, rows, &need))
		return results[0], nil, true
	case at == len(steps)-1 || !refused(err):
		return r, &failure{cause: err, committing: true}, false
	}
	t.l.missed = min(t.l.missed+1, 6)
	t.l.patience = 1 << t.l.missed
	t.committing = false // it has refused something, and committed nothing
	if _, err := t.on.run(ctx, []step{{query: "rollback"}}); err != nil {
		return r, &failure{cause: err}, false
	}
	return r, nil, false
}
