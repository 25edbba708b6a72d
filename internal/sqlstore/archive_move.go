package sqlstore

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// Archive is Archive on the store's database.
func (s *Store) Archive(ctx context.Context, r ledger.ArchiveRequest) (*ledger.ArchiveResult, error) {
	return Archive(ctx, s.d, keeper{s}, r)
}

// keeper is a database of one writer.
type keeper struct{ s *Store }

// Moment implements Keeper.
func (k keeper) Moment(ctx context.Context, _ bool, fn func(Conn) error) error {
	on, err := k.s.read.take(ctx)
	if err != nil {
		return err
	}
	defer k.s.read.give(on)
	if _, err := on.ExecContext(context.WithoutCancel(ctx), k.s.d.BeginRead()); err != nil {
		on.broken = true
		return err
	}
	defer on.rollback()
	return fn(uncancelled{on})
}

// uncancelled looks at a context between statements, which a session does not.
type uncancelled struct{ on *session }

// Query implements Conn.
func (u uncancelled) Query(ctx context.Context, scan func(Answer) error, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return u.on.Query(context.WithoutCancel(ctx), scan, query, args...)
}

// Move implements Keeper.
func (k keeper) Move(ctx context.Context, m *Moving) error {
	patience, cancel := context.WithTimeout(ctx, k.s.wait)
	defer cancel()
	on, err := k.s.write.take(patience)
	if err != nil {
		if patience.Err() != nil && ctx.Err() == nil {
			return overloaded("archive", err)
		}
		return fault(k.s.d, "archive", err)
	}
	defer k.s.write.give(on)
	if err := k.s.begin(patience, on); err != nil {
		on.rollback()
		return fault(k.s.d, "archive", err)
	}
	if err := move(context.WithoutCancel(ctx), on, m); err != nil {
		on.rollback()
		return fault(k.s.d, "archive", err)
	}
	if _, err := on.ExecContext(context.Background(), "commit"); err != nil {
		on.broken = true
		return unknown(k.s.d, err)
	}
	return nil
}

// move deletes between the rows that let it, see the schema.
func move(ctx context.Context, on *session, m *Moving) error {
	for _, seq := range m.Seqs {
		if _, err := on.exec(ctx, `insert into souk_archiving (tx) values (?)`, seq); err != nil {
			return err
		}
	}
	for _, c := range m.Carried {
		err := exactly(ctx, on, 1, `insert into souk_carried as c (account, posted_at, tx, effective_at, effective_tx, entries, balance)
			values (?, ?, ?, ?, ?, ?, ?) on conflict (account) do update set posted_at = excluded.posted_at, tx = excluded.tx,
				effective_at = max(c.effective_at, excluded.effective_at),
				effective_tx = case when excluded.effective_at >= c.effective_at then excluded.effective_tx else c.effective_tx end,
				entries = excluded.entries, balance = excluded.balance
			where c.posted_at < excluded.posted_at and c.entries < excluded.entries`,
			c.Account, c.Posted, c.Tx, c.Effective, c.EffectiveTx, c.Entries, c.Balance)
		if err != nil {
			return err
		}
	}
	deleted := int64(0)
	for _, seq := range m.Seqs {
		n, err := on.exec(ctx, `delete from souk_entries where tx = ?`, seq)
		if err != nil {
			return err
		}
		deleted += n
	}
	if deleted != m.Entries {
		return Taken()
	}
	for _, c := range m.Carried { // nothing older stays behind
		left := 0
		err := on.Query(ctx, func(row Answer) error { return row.Scan(&left) },
			`select count(*) from souk_entries where account = ? and posted_at <= ?`, c.Account, c.Posted)
		if err != nil {
			return err
		}
		if left > 0 {
			return Taken()
		}
	}
	return exactly(ctx, on, int64(len(m.Seqs)), `delete from souk_archiving`)
}

// exactly runs a statement that must write n rows.
func exactly(ctx context.Context, on *session, n int64, query string, args ...any) error {
	wrote, err := on.exec(ctx, query, args...)
	if err == nil && wrote != n {
		err = Taken()
	}
	return err
}
