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
	now                   int64 // the database's clock, once everything was locked
}

// key is that of the n-th row of a kind that a stripe writes. No two stripes
// make the same one, and those of stripe 0 are 1, 2, 3 …
func (s *stripe) key(n int64) int64 { return s.id<<40 | n }

// take locks a stripe and reads its numbers; all also takes all the others, in
// the order in which everybody does, and the door first, so that none is added.
func (s *state) take(id int64, all bool, how lock) step {
	query := `select id, accounts, transactions, events, gates from souk_stripes where id = ? for update`
	if how == skipping && !all {
		query += ` skip locked`
	}
	if all {
		query = `select id, accounts, transactions, events, gates from souk_stripes where ?::bigint is not null order by id for update`
	}
	return step{query, []any{id}, func(row sqlstore.Answer) error {
		var t stripe
		err := row.Scan(&t.id, &t.accounts, &t.txs, &t.events, &t.gates)
		if t.held = true; t.id == id {
			s.stripe = t
		}
		return err
	}}
}

// look reads the database's clock, in microseconds, once everything is locked: of
// two batches that write one object, the later one has the later time.
func (s *state) look() step {
	return step{`select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)`, nil, func(row sqlstore.Answer) error {
		return row.Scan(&s.stripe.now)
	}}
}

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

// addStripe adds a stripe. In a transaction of the host's it is nobody else's
// until that ends.
func addStripe(ctx context.Context, on link) (id int64, err error) {
	_, err = on.run(ctx, []step{
		{`select id from souk_stripes where id = -1 for key share`, nil, nil},
		{`insert into souk_stripes (id) values (nextval('souk_stripe_ids')) returning id`, nil, func(row sqlstore.Answer) error {
			return row.Scan(&id)
		}},
	})
	return id, err
}
