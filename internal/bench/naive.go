package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/soukhq/souk/ledger"
)

// The tables of a careful program without a ledger of its own: what a posting
// writes, in one transaction. There are no foreign keys, which would cost it more.
const naiveTables = `
create table accounts (id bigint primary key, balance bigint not null, floor bigint, entries bigint not null) with (fillfactor = 50);
create table transactions (id text primary key, reason text not null, object text not null, posted timestamptz not null);
create table entries (account bigint not null, number bigint not null, transaction text not null,
	amount bigint not null, balance bigint not null, posted timestamptz not null, primary key (account, number));
create table records (id text primary key, version bigint not null, data jsonb not null, platform text not null, seller text not null, at timestamptz not null);
create index on records (platform, at);
create index on records (seller, at);
create table outbox (id bigint generated always as identity primary key, type text not null, object text not null, at timestamptz not null, data jsonb not null);
create table keys (scope text, key text, hash bytea not null, made text not null, primary key (scope, key));
`

// naive is that program.
type naive struct {
	pool    *pgxpool.Pool
	books   *books // says what is posted
	numbers map[ledger.Ref]int64
}

// runNaive measures the program without a ledger, then the store, both on hot
// accounts.
func runNaive(ctx context.Context, b *bench, add func(row)) error {
	if b.server == nil {
		return nil
	}
	const callers = 64
	plain, err := b.measureNaive(ctx, callers)
	if err != nil {
		return err
	}
	add(plain)
	k := newBooks(b.sellers, 1)
	return b.on(ctx, k, func(s *subject) error {
		r, err := b.measure(ctx, "naive: the store", callers, s.db, k.charge(s))
		if err != nil {
			return err
		}
		r.note("times naive", r.figures[rate]/plain.figures[rate])
		add(r)
		return nil
	})
}

func (b *bench) measureNaive(ctx context.Context, callers int) (row, error) {
	r := newRow("naive: by hand", callers)
	db, err := b.server.create(ctx)
	if err != nil {
		return r, err
	}
	n := &naive{books: newBooks(b.sellers, 1), numbers: make(map[ledger.Ref]int64)}
	if n.pool, err = b.server.pool(ctx, db, callers); err != nil {
		return r, err
	}
	defer n.pool.Close()
	if err := n.open(ctx); err != nil {
		return r, err
	}
	r, err = b.measure(ctx, r.name, callers, db, n.charge)
	if err != nil {
		return r, err
	}
	return r, n.check(ctx)
}

// open makes the tables and the accounts.
func (n *naive) open(ctx context.Context) error {
	if _, err := n.pool.Exec(ctx, naiveTables); err != nil {
		return err
	}
	rows := make([][]any, len(n.books.all))
	for i, a := range n.books.all {
		id := int64(i + 1)
		n.numbers[a.Ref], rows[i] = id, []any{id, int64(0), nil, int64(0)}
		if a.Floor.Kind != ledger.NoFloor {
			rows[i][2] = a.Floor.AtMinor
		}
	}
	_, err := n.pool.CopyFrom(ctx, pgx.Identifier{"accounts"}, []string{"id", "balance", "floor", "entries"}, pgx.CopyFromRows(rows))
	return err
}

// charge is one charge: what needs no lock first, then the accounts in the order
// of their ids, then all that is written in one round trip.
func (n *naive) charge(ctx context.Context, h *hand) error {
	c, err := n.books.posting(h, n.books.sellers[h.below(len(n.books.sellers))])
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, n.pool, func(tx pgx.Tx) error {
		o := c.Put[0]
		tag, err := tx.Exec(ctx, "insert into keys values ($1, $2, $3, $4) on conflict do nothing", c.Idem.Scope, c.Idem.Key, c.Idem.Hash[:], o.ID.ID)
		if err == nil && tag.RowsAffected() == 0 {
			err = errors.New("a key was used before")
		}
		if err != nil {
			return err
		}
		moved, err := n.lock(ctx, tx, c.Post[0].Entries)
		if err != nil {
			return err
		}
		t, e := c.Post[0], c.Emit[0]
		var batch pgx.Batch
		batch.Queue("insert into transactions values ($1, $2, $3, $4)", t.ID, t.Reason, t.Object.ID, c.At)
		batch.Queue("update accounts a set balance = m.balance, entries = m.number from unnest($1::bigint[], $2::bigint[], $3::bigint[]) m (id, balance, number) where a.id = m.id",
			moved.ids, moved.balances, moved.numbers)
		batch.Queue("insert into entries select account, number, $5, amount, balance, $6 from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) m (account, number, amount, balance)",
			moved.ids, moved.numbers, moved.amounts, moved.balances, t.ID, c.At)
		batch.Queue("insert into records values ($1, 1, $2, $3, $4, $5)", o.ID.ID, o.Data, o.Keys[0].Value, o.Keys[1].Value, c.At)
		batch.Queue("insert into outbox (type, object, at, data) values ($1, $2, $3, $4)", e.Type, e.Object.ID, c.At, e.Data)
		return tx.SendBatch(ctx, &batch).Close()
	})
}

// movedRows are accounts as a charge leaves them.
type movedRows struct{ ids, balances, numbers, amounts []int64 }

// lock locks the accounts of some entries, and refuses what a floor refuses.
func (n *naive) lock(ctx context.Context, tx pgx.Tx, entries []ledger.Entry) (m movedRows, err error) {
	for _, e := range entries {
		m.ids = append(m.ids, n.numbers[e.Account])
	}
	rows, err := tx.Query(ctx, "select id, balance, floor, entries from accounts where id = any($1) order by id for update", m.ids)
	if err != nil {
		return m, err
	}
	asked := m.ids
	m.ids = nil
	var id, balance, number int64
	var floor *int64
	_, err = pgx.ForEachRow(rows, []any{&id, &balance, &floor, &number}, func() error {
		amount := entries[slices.Index(asked, id)].Amount.Minor()
		if balance += amount; amount < 0 && floor != nil && balance < *floor {
			return fmt.Errorf("account %d would be below its floor", id)
		}
		m.ids, m.balances, m.numbers, m.amounts = append(m.ids, id), append(m.balances, balance), append(m.numbers, number+1), append(m.amounts, amount)
		return nil
	})
	if err == nil && len(m.ids) != len(asked) {
		err = errors.New("an account is missing")
	}
	return m, err
}

// check compares what is there with what was acknowledged.
func (n *naive) check(ctx context.Context) error {
	var sum, counted, entries, events int64
	err := n.pool.QueryRow(ctx, `select (select sum(balance) from accounts)::bigint, (select sum(entries) from accounts)::bigint,
		(select count(*) from entries), (select count(*) from outbox)`).Scan(&sum, &counted, &entries, &events)
	if err == nil && (sum != 0 || counted != n.books.entries.Load() || entries != counted || events != n.books.events.Load()) {
		err = fmt.Errorf("the tables add up to %d, with %d and %d entries and %d events; acknowledged were %d and %d",
			sum, counted, entries, events, n.books.entries.Load(), n.books.events.Load())
	}
	return err
}
