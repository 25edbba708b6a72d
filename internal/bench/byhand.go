package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// What naiveTables is, for SQLite.
const byHandTables = `
create table accounts (id integer primary key, balance integer not null, floor integer, entries integer not null) strict;
create table transactions (id text primary key, reason text not null, object text not null, posted integer not null) strict, without rowid;
create table entries (account integer not null, number integer not null, tx text not null,
	amount integer not null, balance integer not null, posted integer not null, primary key (account, number)) strict, without rowid;
create table records (id text primary key, version integer not null, data text not null, platform text not null, seller text not null, at integer not null) strict;
create index records_platform on records (platform, at);
create index records_seller on records (seller, at);
create table outbox (id integer primary key, type text not null, object text not null, at integer not null, data text not null) strict;
create table keys (scope text, key text, hash blob not null, made text not null, primary key (scope, key)) strict, without rowid;
`

// settings of the store's own file, so that both pay for the same.
const fileSettings = "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"

// byHand is the careful program on SQLite: one transaction a posting, statements
// that are prepared once, and one connection, since there is one writer anyway.
type byHand struct {
	db      *sql.DB
	books   *books // says what is posted
	numbers map[ledger.Ref]int64

	key, account, entry, tx, record, event *sql.Stmt
}

func (b *bench) measureByHand(ctx context.Context, path string, callers int) (r row, err error) {
	p := &byHand{books: newBooks(b.sellers, 1), numbers: make(map[ledger.Ref]int64)}
	if p.db, err = sql.Open("sqlite", path+fileSettings); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	p.db.SetMaxOpenConns(1)
	if err := p.open(ctx); err != nil {
		return r, err
	}
	if r, err = b.measure(ctx, "sqlite: by hand", callers, "", p.charge); err != nil {
		return r, err
	}
	return r, p.check(ctx)
}

// open makes the tables and the accounts, and prepares the statements.
func (p *byHand) open(ctx context.Context) error {
	if _, err := p.db.ExecContext(ctx, byHandTables); err != nil {
		return err
	}
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for i, a := range p.books.all {
		id, floor := int64(i+1), any(nil)
		if p.numbers[a.Ref] = id; a.Floor.Kind != ledger.NoFloor {
			floor = a.Floor.AtMinor
		}
		if _, err := tx.ExecContext(ctx, "insert into accounts values (?, 0, ?, 0)", id, floor); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for into, query := range map[**sql.Stmt]string{
		&p.key: "insert into keys values (?, ?, ?, ?) on conflict do nothing",
		&p.account: `update accounts set balance = balance + ?1, entries = entries + 1
			where id = ?2 and (floor is null or ?1 >= 0 or balance + ?1 >= floor) returning balance, entries`,
		&p.entry:  "insert into entries values (?, ?, ?, ?, ?, ?)",
		&p.tx:     "insert into transactions values (?, ?, ?, ?)",
		&p.record: "insert into records values (?, 1, ?, ?, ?, ?)",
		&p.event:  "insert into outbox (type, object, at, data) values (?, ?, ?, ?)",
	} {
		if *into, err = p.db.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// charge is one charge, in one transaction.
func (p *byHand) charge(ctx context.Context, h *hand) error {
	c, err := p.books.posting(h, p.books.sellers[h.below(len(p.books.sellers))])
	if err != nil {
		return err
	}
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := p.write(ctx, tx, c); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (p *byHand) write(ctx context.Context, tx *sql.Tx, c *ledger.Change) error {
	run := func(st *sql.Stmt, args ...any) (int64, error) {
		r, err := tx.StmtContext(ctx, st).ExecContext(ctx, args...)
		if err != nil {
			return 0, err
		}
		return r.RowsAffected()
	}
	o, t, e, at := c.Put[0], c.Post[0], c.Emit[0], c.At.UnixMicro()
	n, err := run(p.key, c.Idem.Scope, c.Idem.Key, c.Idem.Hash[:], o.ID.ID)
	if err == nil && n == 0 {
		err = errors.New("a key was used before")
	}
	for _, entry := range t.Entries {
		if err != nil {
			return err
		}
		var balance, number int64
		id := p.numbers[entry.Account]
		err = tx.StmtContext(ctx, p.account).QueryRowContext(ctx, entry.Amount.Minor(), id).Scan(&balance, &number)
		if err == nil {
			_, err = run(p.entry, id, number, t.ID, entry.Amount.Minor(), balance, at)
		}
	}
	if err == nil {
		_, err = run(p.tx, t.ID, t.Reason, t.Object.ID, at)
	}
	if err == nil {
		_, err = run(p.record, o.ID.ID, string(o.Data), o.Keys[0].Value, o.Keys[1].Value, at)
	}
	if err == nil {
		_, err = run(p.event, e.Type, e.Object.ID, at, string(e.Data))
	}
	return err
}

// check compares what is there with what was acknowledged.
func (p *byHand) check(ctx context.Context) error {
	var sum, counted, entries, events int64
	err := p.db.QueryRowContext(ctx, `select (select sum(balance) from accounts), (select sum(entries) from accounts),
		(select count(*) from entries), (select count(*) from outbox)`).Scan(&sum, &counted, &entries, &events)
	if err == nil && (sum != 0 || counted != p.books.entries.Load() || entries != counted || events != p.books.events.Load()) {
		err = fmt.Errorf("the tables add up to %d, with %d and %d entries and %d events; acknowledged were %d and %d",
			sum, counted, entries, events, p.books.entries.Load(), p.books.events.Load())
	}
	return err
}
