package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// Archive moves old transactions of a book out of the database: what was posted
// and counts before a moment, which lies in a closed period (ledger.ClosePeriod).
// They are written to r.To as lines of JSON (ledger.Archived, ReadArchive), and
// their entries are deleted once the writer has taken and synced them. Balances,
// statements and Verify go on from what each account carries forward. Their ids
// stay, so that nothing happens twice.
//
// It may be stopped at any time, by its context too, and called again. Where it was
// cut off between writing and deleting, lines come twice, and nothing is lost. Other
// callers go on meanwhile: no lock of theirs is taken. At the end rows of shared
// accounts that belong to stripes of which all was moved are merged, for a moment
// under all stripes.
//
// The role needs more than that of a program, see docs/operations.md. The errors
// are, besides those of every call: class State, code period_open, if the book is
// not closed up to then, and books_do_not_add_up, if a transaction is not whole;
// class Unavailable, code archive_not_written, if the writer failed; Conflict,
// changed, if others kept moving the same. The result says what was moved until
// then.
func (s *Store) Archive(ctx context.Context, r ledger.ArchiveRequest) (*ledger.ArchiveResult, error) {
	if err := s.usable("archive", ctx); err != nil {
		return &ledger.ArchiveResult{}, err
	}
	k := keeper{s}
	done, err := sqlstore.Archive(ctx, s.d, k, r)
	for n := int64(1); err == nil && n > 0; {
		n, err = k.merge(ctx, r.Book)
		done.Merged += n
	}
	return done, err
}

// keeper implements sqlstore.Keeper.
type keeper struct{ s *Store }

// scanning bounds a statement that reads all transactions.
const scanning = 24 * time.Hour

// Moment implements sqlstore.Keeper.
func (k keeper) Moment(ctx context.Context, all bool, fn func(sqlstore.Conn) error) error {
	steps := []step{{query: k.s.d.BeginRead()}}
	if !all {
		steps = append(steps, step{query: `select 1` + indexed})
	}
	return k.on(ctx, scanning, func(on native) error {
		if _, err := on.run(ctx, steps); err != nil {
			return err
		}
		defer on.rollback(ctx)
		return fn(on)
	})
}

// rollback ends a transaction. A connection on which it fails is thrown away when
// it is released, as is one that is in a transaction still.
func (n native) rollback(ctx context.Context) {
	_, _ = n.run(context.WithoutCancel(ctx), []step{{query: "rollback"}})
}

// on runs fn on a connection.
func (k keeper) on(ctx context.Context, wait time.Duration, fn func(native) error) error {
	done, err := k.s.use("archive", ctx)
	if err != nil {
		return err
	}
	defer done()
	conn, err := k.s.acquire(ctx, "archive")
	if err != nil {
		return err
	}
	defer conn.Release()
	return fn(native{k.s.d, wait, conn})
}

// write runs statements in a transaction and commits it.
func (k keeper) write(ctx context.Context, steps []step, check func() error) error {
	committing := false
	err := k.on(ctx, k.s.wait, func(on native) error {
		ctx := context.WithoutCancel(ctx)
		_, err := on.run(ctx, append([]step{{query: begin}}, steps...))
		if err == nil {
			err = check()
		}
		if err != nil {
			on.rollback(ctx)
			return err
		}
		committing = true
		_, err = on.run(ctx, []step{{query: "commit"}})
		return err
	})
	switch {
	case err == nil:
		return nil
	case committing:
		return sqlstore.Unknown(k.s.d, err)
	case sqlstore.FaultOf(k.s.d, err).Held: // by another that moves the same
		return sqlstore.Taken()
	}
	return sqlstore.Failed(k.s.d, "archive", err)
}

// Move implements sqlstore.Keeper. No stripe is taken: who commits reads and writes
// no entry that is there already, and nothing of what is carried forward; who reads
// sees one moment. Others that move the same meet at the first row.
func (k keeper) Move(ctx context.Context, m *sqlstore.Moving) error {
	rows := slices.SortedFunc(slices.Values(m.Carried), func(a, b sqlstore.CarriedRow) int { return cmp.Compare(a.Account, b.Account) })
	n := len(rows)
	c := make([][]int64, 7)
	for i := range c {
		c[i] = make([]int64, n)
	}
	for i, r := range rows {
		c[0][i], c[1][i], c[2][i], c[3][i], c[4][i], c[5][i], c[6][i] = r.Account, r.Posted, r.Tx, r.Effective, r.EffectiveTx, r.Entries, r.Balance
	}
	var carried, deleted, left int64
	into := func(to *int64) func(sqlstore.Answer) error {
		return func(row sqlstore.Answer) error { return row.Scan(to) }
	}
	return k.write(ctx, []step{
		{`select 1` + indexed, nil, nil},
		{`with c as (insert into souk_carried as c (account, posted_at, tx, effective_at, effective_tx, entries, balance)
			select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) n (account)
			order by account on conflict (account) do update set posted_at = excluded.posted_at, tx = excluded.tx,
				effective_at = greatest(c.effective_at, excluded.effective_at),
				effective_tx = case when excluded.effective_at >= c.effective_at then excluded.effective_tx else c.effective_tx end,
				entries = excluded.entries, balance = excluded.balance
			where c.posted_at < excluded.posted_at and c.entries < excluded.entries returning 1) select count(*) from c`,
			[]any{c[0], c[1], c[2], c[3], c[4], c[5], c[6]}, into(&carried)},
		{`with e as (delete from souk_entries e using (select n.account, t.posted_at from souk_transactions t cross join lateral unnest(t.accounts) n (account)
			where t.seq = any(?::bigint[])) n where e.account = n.account and e.posted_at = n.posted_at returning 1) select count(*) from e`, []any{m.Seqs}, into(&deleted)},
		// Nothing older stays behind.
		{`select count(*) from unnest(?::bigint[], ?::bigint[]) n (account, posted_at) cross join lateral
			(select 1 from souk_entries e where e.account = n.account and e.posted_at <= n.posted_at limit 1) e`, []any{c[0], c[1]}, into(&left)},
	}, func() error {
		if carried != int64(n) || deleted != m.Entries || left != 0 {
			return sqlstore.Taken()
		}
		return nil
	})
}

// idle is the stripe of the rows that were merged. It is nobody's.
const idle = -1

// mergedAtOnce is how many accounts are merged under all stripes.
const mergedAtOnce = 100

// merge makes one row of those rows of shared accounts all of whose entries were
// moved, some accounts at a time, and returns how many rows there are less. The
// row of stripe 0 stays apart, since it may have entries, whose balances are those
// of a stripe.
func (k keeper) merge(ctx context.Context, book string) (less int64, err error) {
	var owners, purposes, currencies []string
	err = k.Moment(ctx, true, func(on sqlstore.Conn) error {
		return on.Query(ctx, func(row sqlstore.Answer) error {
			var owner, purpose, currency string
			err := row.Scan(&owner, &purpose, &currency)
			owners, purposes, currencies = append(owners, owner), append(purposes, purpose), append(currencies, currency)
			return err
		}, `select a.owner, a.purpose, a.currency from souk_accounts a join souk_carried c on c.account = a.id
			where a.book = ? and a.shared and a.stripe <> 0 and a.entries = c.entries
			group by a.owner, a.purpose, a.currency having count(*) > 1 order by 1, 2, 3 limit ?`, book, mergedAtOnce)
	})
	if err != nil {
		return 0, sqlstore.Failed(k.s.d, "archive", err)
	}
	if len(owners) == 0 {
		return 0, nil
	}
	err = k.write(ctx, []step{
		door,
		{`select id` + indexed + ` from souk_stripes order by id for update`, nil, nil},
		{`with dead as materialized (select a.*, c.posted_at, c.tx, c.effective_at, c.effective_tx, c.balance
				from unnest(?::text[], ?::text[], ?::text[]) n (owner, purpose, currency)
				join souk_accounts a on a.book = ? and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency and a.shared and a.stripe <> 0
				join souk_carried c on c.account = a.id and c.entries = a.entries),
			gone as (delete from souk_accounts a using dead d where a.id = d.id returning a.id),
			made as (insert into souk_accounts (id, book, owner, purpose, currency, stripe, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at)
				select s.accounts + row_number() over (order by d.owner, d.purpose, d.currency), d.book, d.owner, d.purpose, d.currency, ?, 0, 0, true,
					bool_or(d.closed), sum(d.posted)::bigint, 0, sum(d.entries)::bigint, sum(d.version)::bigint, max(d.last_at)
				from dead d join gone g on g.id = d.id join souk_stripes s on s.id = 0
				group by d.book, d.owner, d.purpose, d.currency, s.accounts returning id, owner, purpose, currency),
			forgotten as (delete from souk_carried c using gone g where c.account = g.id returning 1),
			carried as (insert into souk_carried (account, posted_at, tx, effective_at, effective_tx, entries, balance)
				select m.id, max(d.posted_at), (array_agg(d.tx order by d.posted_at desc))[1], max(d.effective_at),
					(array_agg(d.effective_tx order by d.effective_at desc))[1], sum(d.entries)::bigint, sum(d.balance)::bigint
				from made m join dead d on d.owner = m.owner and d.purpose = m.purpose and d.currency = m.currency group by m.id returning 1)
			update souk_stripes set accounts = accounts + (select count(*) from made) where id = 0
				returning (select count(*) from forgotten) - (select count(*) from carried)`,
			[]any{owners, purposes, currencies, book, idle}, func(row sqlstore.Answer) error { return row.Scan(&less) }},
	}, func() error { return nil })
	return less, err
}
