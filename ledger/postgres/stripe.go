package postgres

import (
	"context"

	"github.com/soukhq/souk/internal/sqlstore"
)

// stripe is a committer's lane: the numbers that it gave last.
type stripe struct {
	id                    int64
	held                  bool // this transaction has it locked
	accounts, txs, events int64
	gates                 int64 // version of souk.gates
	server                int64 // when the server started: another one may know less
	now                   int64 // the database's clock, once everything was locked
}

// key is that of the n-th row of a kind that a stripe writes. No two stripes
// make the same one, and those of stripe 0 are 1, 2, 3 …
func (s *stripe) key(n int64) int64 { return s.id<<40 | n }

// door is held by whoever takes all stripes, so that none is added. It is a statement
// of its own: the one that follows sees what was added until then.
var door = step{query: `select id from souk_stripes where id = -1 for update`}

// server says when the server started, in microseconds.
const server = `cast(extract(epoch from pg_postmaster_start_time()) * 1000000 as bigint)`

// take locks a stripe and reads its numbers; all also takes all the others, in
// the order in which everybody does. own: the transaction is the store's, and its
// settings may be changed.
func (s *state) take(id int64, all, own bool) []step {
	more := ""
	if own {
		more = indexed
	}
	columns := `select id, accounts, transactions, events, gates, ` + server + more + ` from souk_stripes `
	take := step{query: columns + `where id = ? for update skip locked`, args: []any{id}}
	if all {
		take = step{query: columns + `order by id for update`}
	}
	take.scan = func(row sqlstore.Answer) error {
		var t stripe
		into := []any{&t.id, &t.accounts, &t.txs, &t.events, &t.gates, &t.server}
		if own {
			into = append(into, new(string), new(string), new(string), new(string), new(string), new(string))
		}
		err := row.Scan(into...)
		if t.held = true; t.id == id {
			s.stripe = t
		}
		return err
	}
	if all {
		return []step{door, take}
	}
	return []step{take}
}

// indexed makes the statements of a transaction be planned as lookups by index,
// once for all values: a table that was small when they were planned grows.
const indexed = `, set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
	set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true),
	set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)`

// freeStripe finds a stripe that nobody holds, and adds one if there is none. It
// must be taken after that, since it is not held.
func freeStripe(ctx context.Context, on link) (int64, error) {
	id := int64(-1)
	find := step{`select id from souk_stripes where id >= 0 order by random() limit 1 for update skip locked`, nil, func(row sqlstore.Answer) error {
		return row.Scan(&id)
	}}
	if _, err := on.run(ctx, []step{find}); err != nil || id >= 0 {
		return id, err
	}
	// Somebody may hold all of them, who also holds the door.
	if _, err := on.run(ctx, []step{{`select id from souk_stripes where id = -1 for key share`, nil, nil}, find}); err != nil || id >= 0 {
		return id, err
	}
	return addStripe(ctx, on)
}

// addStripe adds a stripe, which knows of the gates what the others do. In a
// transaction of the host's it is nobody else's until that ends.
func addStripe(ctx context.Context, on link) (id int64, err error) {
	_, err = on.run(ctx, []step{
		{`select id from souk_stripes where id = -1 for key share`, nil, nil},
		{`insert into souk_stripes (id, gates)
			select nextval('souk_stripe_ids'), gates from souk_stripes where id = -1 returning id`, nil, func(row sqlstore.Answer) error {
			return row.Scan(&id)
		}},
	})
	return id, err
}
