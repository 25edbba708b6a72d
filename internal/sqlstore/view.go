package sqlstore

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// View is a ledger.View: the books as one transaction of the database sees them.
type View struct {
	ctx    context.Context
	d      Dialect
	on     Conn
	joined bool
	over   bool
}

// NewView returns the books as a connection sees them now, until End; joined in
// a transaction of the host's, whose errors are final.
func NewView(ctx context.Context, d Dialect, on Conn, joined bool) *View {
	return &View{ctx: ctx, d: d, on: on, joined: joined}
}

// End makes the view useless, which it is when its transaction ends.
func (v *View) End() { v.over = true }

// usable refuses a View that was kept beyond its Read, or whose context ended.
func (v *View) usable() error {
	if v.over {
		return v.fault(&ledger.Error{Class: ledger.Invalid, Code: "view_ended", Op: "ledger: view", Msg: "it was used after its Read returned"})
	}
	if err := v.ctx.Err(); err != nil {
		return v.fault(canceled("read", err))
	}
	return nil
}

func (v *View) fault(err error) error {
	if v.joined {
		return final(joinedFault(v.d, "read", err))
	}
	return fault(v.d, "read", err)
}

// query asks the database. The context is looked at between queries: each is
// short, and one that is broken off may end a transaction of the host's.
func (v *View) query(scan func(Answer) error, query string, args ...any) error {
	if err := v.usable(); err != nil {
		return err
	}
	if err := v.on.Query(context.WithoutCancel(v.ctx), scan, query, args...); err != nil {
		return v.fault(err)
	}
	return nil
}

// Accounts implements ledger.View.
func (v *View) Accounts(refs ...ledger.Ref) ([]ledger.Account, error) {
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

// viewAccount is an account and the keys of its rows.
type viewAccount struct {
	accountRow
	rows []int64
}

// account returns an account; one that does not exist has no rows and version 0.
func (v *View) account(r ledger.Ref) (viewAccount, error) {
	a := viewAccount{accountRow: accountRow{Account: ledger.Account{Ref: r, Posted: ledger.Zero(r.Currency), Held: ledger.Zero(r.Currency)}}}
	if !possibleRef(r) {
		return a, v.usable()
	}
	err := v.query(func(row Answer) error {
		if a.rows == nil {
			err := scanAccount(row, &a.accountRow)
			a.rows = append(a.rows, a.row)
			return err
		}
		stripe := accountRow{Account: ledger.Account{Ref: r}}
		if err := scanAccount(row, &stripe); err != nil {
			return err
		}
		a.rows = append(a.rows, stripe.row)
		return a.addStripe(&stripe)
	}, selectAccount, r.Book, r.Owner, r.Purpose, r.Currency.String())
	return a, err
}

// AccountsOf implements ledger.View.
func (v *View) AccountsOf(q ledger.AccountQuery) ([]ledger.Account, error) {
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
	err = v.query(func(row Answer) error {
		a, err := scanNamed(row)
		list = append(list, a)
		return err
	}, `select book, owner, purpose, currency, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at
		from souk_accounts `+where.String()+` order by book, owner, purpose, currency limit ?`, append(where.args, q.Limit)...)
	for i := 0; err == nil && i < len(list); i++ {
		if list[i].Shared {
			var a viewAccount
			a, err = v.account(list[i].Ref)
			list[i] = a.Account
		}
	}
	return list, err
}

// scanNamed reads an account with its name.
func scanNamed(rows Answer) (a ledger.Account, err error) {
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
	w.add(`stripe = 0`) // which has the terms
	if q.Open {
		w.add(`not closed`)
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
func (v *View) Transactions(ids ...string) ([]ledger.Transaction, error) {
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
func (v *View) transaction(id string, list *[]ledger.Transaction) error {
	var t ledger.Transaction
	var seq int64
	err := v.query(func(row Answer) (err error) {
		seq, t, err = scanTransaction(row)
		return err
	}, "select "+transactionColumns+" from souk_transactions where id = ?", id)
	if err != nil || seq == 0 {
		return err
	}
	err = v.query(func(row Answer) error {
		var e ledger.Entry
		var currency string
		var amount int64
		err := row.Scan(&e.Account.Book, &e.Account.Owner, &e.Account.Purpose, &currency, &amount, &e.Forced)
		if err != nil {
			return err
		}
		if e.Account.Currency, err = ledger.ParseCurrency(currency); err != nil {
			return corrupt("transaction "+id, err)
		}
		e.Amount = ledger.Minor(amount, e.Account.Currency)
		t.Entries = append(t.Entries, e)
		return nil
	}, `select a.book, a.owner, a.purpose, a.currency, e.amount, e.forced from `+v.d.EntriesOf()+` join souk_accounts a on a.id = e.account
		where t.seq = ? order by e.position`, seq)
	if err == nil {
		*list = append(*list, t)
	}
	return err
}

// transactionColumns are what scanTransaction reads.
const transactionColumns = "seq, id, book, reason, corrects, object_kind, object_id, posted_at, coalesce(effective_at, posted_at), meta"

// scanTransaction reads a transaction, but for its entries.
func scanTransaction(row Answer) (seq int64, t ledger.Transaction, err error) {
	var posted, effective int64
	var meta []byte
	err = row.Scan(&seq, &t.ID, &t.Book, &t.Reason, &t.Corrects, &t.Object.Kind, &t.Object.ID, &posted, &effective, &meta)
	if t.Posted, t.Effective = moment(posted), moment(effective); err != nil || meta == nil {
		return seq, t, err
	}
	if err := json.Unmarshal(meta, &t.Meta); err != nil {
		return 0, t, corrupt("transaction "+t.ID, err)
	}
	return seq, t, nil
}

// Objects implements ledger.View.
func (v *View) Objects(ids ...ledger.ID) ([]ledger.Object, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	list := make([]ledger.Object, len(ids))
	for i, id := range ids {
		o := ledger.Object{ID: id}
		if possible(id.Kind, id.ID) {
			err := v.query(func(row Answer) error { return scanObject(row, &o) },
				`select version, keys, data from souk_objects where kind = ? and id = ?`, id.Kind, id.ID)
			if err != nil {
				return nil, err
			}
		}
		list[i] = o
	}
	return list, nil
}

// Find implements ledger.View.
func (v *View) Find(q ledger.Query) ([]ledger.Object, error) {
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
	err = v.query(func(row Answer) error {
		o := ledger.Object{ID: ledger.ID{Kind: q.Kind}}
		var keys string
		err := row.Scan(&o.ID.ID, &o.Version, &keys, &o.Data)
		if err != nil {
			return err
		}
		if o.Keys, err = parseKeys(keys); err != nil {
			return corrupt(o.ID.String(), err)
		}
		list = append(list, o)
		return nil
	}, `select k.id, o.version, o.keys, o.data from souk_object_keys k join souk_objects o on o.kind = k.kind and o.id = k.id `+
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
