package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// view is the books as one transaction of the database sees them.
type view struct {
	ctx    context.Context
	d      Dialect
	on     *session
	joined bool
	over   bool
}

func (v *view) end() { v.over = true }

// usable refuses a View that was kept beyond its Read, or whose context ended.
func (v *view) usable() error {
	if v.over {
		return v.fault(&ledger.Error{Class: ledger.Invalid, Code: "view_ended", Op: "ledger: view", Msg: "it was used after its Read returned"})
	}
	if err := v.ctx.Err(); err != nil {
		return v.fault(canceled("read", err))
	}
	return nil
}

func (v *view) fault(err error) error {
	if v.joined {
		return final(joinedFault(v.d, "read", err))
	}
	return fault(v.d, "read", err)
}

// query asks the database. The context is looked at between queries: each is
// short, and one that is broken off may end a transaction of the host's.
func (v *view) query(scan func(*sql.Rows) error, query string, args ...any) error {
	if err := v.usable(); err != nil {
		return err
	}
	if err := v.on.query(context.WithoutCancel(v.ctx), scan, query, args...); err != nil {
		return v.fault(err)
	}
	return nil
}

// Accounts implements ledger.View.
func (v *view) Accounts(refs ...ledger.Ref) ([]ledger.Account, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	list := make([]ledger.Account, len(refs))
	for i, r := range refs {
		a, err := v.account(r)
		if err != nil {
			return nil, err
		}
		list[i] = a.Account
	}
	return list, nil
}

// account returns an account; one that does not exist has row and version 0.
func (v *view) account(r ledger.Ref) (accountRow, error) {
	a := accountRow{Account: ledger.Account{Ref: r, Posted: ledger.Zero(r.Currency), Held: ledger.Zero(r.Currency)}}
	if !possibleRef(r) {
		return a, v.usable()
	}
	err := v.query(func(rows *sql.Rows) error { return scanAccount(rows, &a) }, selectAccount, r.Book, r.Owner, r.Purpose, r.Currency.String())
	return a, err
}

// AccountsOf implements ledger.View.
func (v *view) AccountsOf(q ledger.AccountQuery) ([]ledger.Account, error) {
	q, err := q.Check()
	if err == nil {
		err = v.usable()
	}
	if err != nil || !possible(q.Book, q.Owner, q.Purpose) {
		return nil, err
	}
	where, ok := accountsWhere(q)
	if !ok {
		return nil, nil
	}
	var list []ledger.Account
	err = v.query(func(rows *sql.Rows) error {
		a, err := scanNamed(rows)
		list = append(list, a)
		return err
	}, `select book, owner, purpose, currency, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at
		from souk_accounts `+where.String()+` order by book, owner, purpose, currency limit ?`, append(where.args, q.Limit)...)
	return list, err
}

// scanNamed reads an account with its name.
func scanNamed(rows *sql.Rows) (a ledger.Account, err error) {
	var currency string
	var posted, held, last int64
	err = rows.Scan(&a.Book, &a.Owner, &a.Purpose, &currency, &a.Floor.Kind, &a.Floor.AtMinor, &a.Shared, &a.Closed,
		&posted, &held, &a.Entries, &a.Version, &last)
	if err != nil {
		return a, err
	}
	if a.Currency, err = ledger.ParseCurrency(currency); err != nil {
		return a, corrupt("account of "+a.Owner, err)
	}
	a.Posted, a.Held, a.Last = ledger.Minor(posted, a.Currency), ledger.Minor(held, a.Currency), moment(last)
	return a, nil
}

// accountsWhere says which accounts a query selects; not ok is none.
func accountsWhere(q ledger.AccountQuery) (w where, ok bool) {
	if q.Open {
		w.add(`closed = 0`)
	}
	// The place to go on from is compared by what the query leaves open.
	columns, place := []string{"book", "owner", "purpose", "currency"}, []any{q.After.Book, q.After.Owner, q.After.Purpose, q.After.Currency.String()}
	started := q.After != (ledger.Ref{})
	for _, fixed := range []struct{ column, want, after string }{{"book", q.Book, q.After.Book}, {"owner", q.Owner, q.After.Owner}} {
		if fixed.want == "" {
			break
		}
		w.add(fixed.column+` = ?`, fixed.want)
		columns, place = columns[1:], place[1:]
		if c := strings.Compare(fixed.after, fixed.want); started && c != 0 {
			if c > 0 {
				return w, false
			}
			started = false
		}
	}
	if started {
		w.add(`(`+strings.Join(columns, ", ")+`) > (`+strings.Repeat("?, ", len(columns)-1)+`?)`, place...)
	}
	switch prefix, details := strings.CutSuffix(q.Purpose, "/"); {
	case q.Purpose == "":
	case details:
		w.add(`purpose >= ? and purpose < ?`, q.Purpose, prefix+"0") // what follows the slash
	default:
		w.add(`purpose = ?`, q.Purpose)
	}
	return w, true
}

// where collects conditions and their values.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions, w.args = append(w.conditions, condition), append(w.args, args...)
}

// String returns the clause; without conditions nothing.
func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return "where " + strings.Join(w.conditions, " and ")
}

// Transactions implements ledger.View.
func (v *view) Transactions(ids ...string) ([]ledger.Transaction, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	var list []ledger.Transaction
	for _, id := range ids {
		if !possible(id) {
			continue
		}
		if err := v.transaction(id, &list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// transaction adds one to a list, if it is there.
func (v *view) transaction(id string, list *[]ledger.Transaction) error {
	t, seq := ledger.Transaction{ID: id}, int64(0)
	err := v.query(func(rows *sql.Rows) error {
		var posted, effective int64
		var meta sql.NullString
		err := rows.Scan(&seq, &t.Book, &t.Reason, &t.Corrects, &t.Object.Kind, &t.Object.ID, &posted, &effective, &meta)
		if t.Posted, t.Effective = moment(posted), moment(effective); err != nil || !meta.Valid {
			return err
		}
		if err := json.Unmarshal([]byte(meta.String), &t.Meta); err != nil {
			return corrupt("transaction "+id, err)
		}
		return nil
	}, `select seq, book, reason, corrects, object_kind, object_id, posted_at, effective_at, meta from souk_transactions where id = ?`, id)
	if err != nil || seq == 0 {
		return err
	}
	err = v.query(func(rows *sql.Rows) error {
		var e ledger.Entry
		var currency string
		var amount int64
		err := rows.Scan(&e.Account.Book, &e.Account.Owner, &e.Account.Purpose, &currency, &amount, &e.Forced)
		if err != nil {
			return err
		}
		if e.Account.Currency, err = ledger.ParseCurrency(currency); err != nil {
			return corrupt("transaction "+id, err)
		}
		e.Amount = ledger.Minor(amount, e.Account.Currency)
		t.Entries = append(t.Entries, e)
		return nil
	}, `select a.book, a.owner, a.purpose, a.currency, e.amount, e.forced
		from souk_entries e join souk_accounts a on a.id = e.account where e.tx = ? order by e.position`, seq)
	if err == nil {
		*list = append(*list, t)
	}
	return err
}

// Objects implements ledger.View.
func (v *view) Objects(ids ...ledger.ID) ([]ledger.Object, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	list := make([]ledger.Object, len(ids))
	for i, id := range ids {
		o := objectRow{Object: ledger.Object{ID: id}}
		if possible(id.Kind, id.ID) {
			err := v.query(func(rows *sql.Rows) error { return scanObject(rows, &o) },
				`select seq, version, keys, data from souk_objects where kind = ? and id = ?`, id.Kind, id.ID)
			if err != nil {
				return nil, err
			}
		}
		list[i] = o.Object
	}
	return list, nil
}

// Find implements ledger.View.
func (v *view) Find(q ledger.Query) ([]ledger.Object, error) {
	q, err := q.Check()
	if err == nil {
		err = v.usable()
	}
	if err != nil || !possible(q.Kind, q.Name, q.Value) {
		return nil, err
	}
	var w where
	w.add(`k.kind = ? and k.name = ? and k.value = ?`, q.Kind, q.Name, q.Value)
	order := w.page("k.at", "k.id", q.From, q.To, q.After.IsZero(), q.After.At, q.After.ID, q.Desc)
	var list []ledger.Object
	err = v.query(func(rows *sql.Rows) error {
		o := objectRow{Object: ledger.Object{ID: ledger.ID{Kind: q.Kind}}}
		var keys string
		var data sql.NullString
		err := rows.Scan(&o.ID.ID, &o.Version, &keys, &data)
		if err != nil {
			return err
		}
		if o.Keys, err = parseKeys(keys); err != nil {
			return corrupt(o.ID.String(), err)
		}
		o.Data = bytes(data)
		list = append(list, o.Object)
		return nil
	}, `select k.id, o.version, o.keys, o.data from souk_object_keys k join souk_objects o on o.seq = k.object `+
		w.String()+order+` limit ?`, append(w.args, q.Limit)...)
	return list, err
}

// page adds the bounds of a page in the order of a time and something unique,
// and returns that order.
func (w *where) page(at, unique string, from, to time.Time, first bool, afterAt time.Time, after any, desc bool) string {
	beyond, direction := " > ", ""
	if desc {
		beyond, direction = " < ", " desc"
	}
	// Of two bounds on one side the nearer one stands alone, so that the database
	// begins there.
	switch {
	case first:
	case desc && (to.IsZero() || afterAt.Before(to)):
		to = time.Time{}
	case !desc && !afterAt.Before(from):
		from = time.Time{}
	default:
		first = true
	}
	if !from.IsZero() {
		w.add(at+` >= ?`, micro(from))
	}
	if !to.IsZero() {
		w.add(at+` < ?`, micro(to))
	}
	if !first {
		w.add(`(`+at+`, `+unique+`)`+beyond+`(?, ?)`, micro(afterAt), after)
	}
	return ` order by ` + at + direction + `, ` + unique + direction
}
