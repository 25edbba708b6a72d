package sqlstore

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// numbers are the last ones given to rows. Whoever writes is alone, so the next
// ones follow them.
type numbers struct{ account, tx, event int64 }

// writing is a batch being written.
type writing struct {
	ctx  context.Context
	on   *session
	b    *books
	rows *ledger.Rows
	last numbers
	ids  []int64 // of Rows.Accounts
}

// write writes what was planned.
func (b *books) write(ctx context.Context, on *session, rows *ledger.Rows) error {
	w := &writing{ctx: ctx, on: on, b: b, rows: rows, ids: make([]int64, len(rows.Accounts))}
	err := on.Query(ctx, func(row Answer) error {
		return row.Scan(&w.last.account, &w.last.tx, &w.last.event)
	}, `select
		(select coalesce(max(id), 0) from souk_accounts), (select coalesce(max(seq), 0) from souk_transactions),
		(select coalesce(max(number), 0) from souk_events)`)
	for _, step := range []func() error{w.accounts, w.transactions, w.entries, w.objects, w.events, w.changes} {
		if err != nil {
			return err
		}
		err = step()
	}
	return err
}

// one runs a statement that must write one row. Anything else means that the
// books are not what Plan saw.
func (w *writing) one(what, query string, args ...any) error {
	n, err := w.on.exec(w.ctx, query, args...)
	if err == nil && n != 1 {
		err = &ledger.Error{Class: ledger.Conflict, Code: "changed", Op: "ledger: " + what, Msg: "its row is not as it was read"}
	}
	return err
}

// An account is closed by a statement of its own: to name the column would move the
// account in the index of open ones each time.
const (
	updateAccount = `update souk_accounts set posted = ?, held = ?, entries = ?, version = ?, last_at = ? where id = ? and version = ?`
	closeAccount  = `update souk_accounts set posted = ?, held = ?, entries = ?, version = ?, last_at = ?, closed = true where id = ? and version = ?`
)

func (w *writing) accounts() error {
	for i := range w.rows.Accounts {
		a := &w.rows.Accounts[i]
		var err error
		if a.New {
			w.last.account++
			w.ids[i] = w.last.account
			err = w.one(a.Ref.String(), `insert into souk_accounts
				(id, book, owner, purpose, currency, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at)
				values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				w.ids[i], a.Book, a.Owner, a.Purpose, a.Currency.String(), a.Floor.Kind, a.Floor.AtMinor, a.Shared, a.Closed,
				a.Posted.Minor(), a.Held.Minor(), a.Entries, a.Version, micro(a.Last))
		} else {
			known := w.b.accounts[a.Ref]
			w.ids[i] = known.row
			query := updateAccount
			if a.Closed {
				query = closeAccount
			}
			err = w.one(a.Ref.String(), query, a.Posted.Minor(), a.Held.Minor(), a.Entries, a.Version, micro(a.Last), known.row, known.Version)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// seq is the key of a transaction's row.
func (w *writing) seq(i int) int64 { return w.last.tx + 1 + int64(i) }

func (w *writing) transactions() error {
	for i := range w.rows.Transactions {
		t := &w.rows.Transactions[i]
		var meta any
		if t.Meta != nil {
			b, err := json.Marshal(t.Meta)
			if err != nil {
				return err
			}
			meta = string(b)
		}
		err := w.one("transaction "+t.ID, `insert into souk_transactions
			(seq, id, book, reason, corrects, object_kind, object_id, posted_at, effective_at, meta) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			w.seq(i), t.ID, t.Book, t.Reason, t.Corrects, t.Object.Kind, t.Object.ID, micro(t.Posted), moved(t), meta)
		if err != nil {
			return err
		}
	}
	return nil
}

// moved is the effective time of a transaction as it stands in rows: nothing, if
// it is when it was posted.
func moved(t *ledger.Transaction) any {
	if t.Effective.Equal(t.Posted) {
		return nil
	}
	return micro(t.Effective)
}

func (w *writing) entries() error {
	tx, position := -1, 0
	for i := range w.rows.Entries {
		e := &w.rows.Entries[i]
		if position++; e.Transaction != tx {
			tx, position = e.Transaction, 0
		}
		t := &w.rows.Transactions[tx]
		err := w.one("transaction "+t.ID, `insert into souk_entries
			(account, posted_at, number, tx, position, effective_at, amount, balance, forced) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			w.ids[e.Row], micro(t.Posted), e.Number, w.seq(tx), position, moved(t), e.Amount.Minor(), e.Balance.Minor(), e.Forced)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) objects() error {
	for i := range w.rows.Objects {
		o := &w.rows.Objects[i]
		keys, err := formatKeys(o.Keys)
		if err != nil {
			return err
		}
		known := w.b.objects[o.ID]
		if o.New {
			err = w.one(o.ID.String(), `insert into souk_objects (kind, id, version, keys, data) values (?, ?, ?, ?, ?)`,
				o.Kind, o.ID.ID, o.Version, keys, text(o.Data))
		} else {
			err = w.one(o.ID.String(), `update souk_objects set version = ?, keys = ?, data = ? where kind = ? and id = ? and version = ?`,
				o.Version, keys, text(o.Data), o.Kind, o.ID.ID, known.Version)
		}
		if err == nil {
			err = w.keys(&o.Object, known.Keys)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keys moves an object in the index: keys that stay are left alone.
func (w *writing) keys(o *ledger.Object, old []ledger.Key) error {
	for _, k := range old {
		if !slices.Contains(o.Keys, k) {
			err := w.one(o.ID.String(), `delete from souk_object_keys where kind = ? and name = ? and value = ? and at = ? and id = ?`,
				o.Kind, k.Name, k.Value, micro(k.At), o.ID.ID)
			if err != nil {
				return err
			}
		}
	}
	for _, k := range o.Keys {
		if !slices.Contains(old, k) {
			err := w.one(o.ID.String(), `insert into souk_object_keys (kind, name, value, at, id) values (?, ?, ?, ?, ?)`,
				o.Kind, k.Name, k.Value, micro(k.At), o.ID.ID)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writing) events() error {
	for i := range w.rows.Events {
		e := &w.rows.Events[i]
		w.last.event++
		err := w.one("event "+e.Type, `insert into souk_events
			(lane, number, type, platform, object_kind, object_id, version, at, data) values (0, ?, ?, ?, ?, ?, ?, ?, ?)`,
			w.last.event, e.Type, e.Platform, e.Object.Kind, e.Object.ID, e.Version, micro(e.At), text(e.Data))
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) changes() error {
	for _, c := range w.rows.Changes {
		if err := w.one("change "+c.ID, `insert into souk_changes (id, at) values (?, ?)`, c.ID, micro(c.At)); err != nil {
			return err
		}
	}
	return nil
}
