package sqlstore

import (
	"database/sql"
	"time"

	"github.com/soukhq/souk/ledger"
)

// BalanceAt implements ledger.View.
func (v *view) BalanceAt(r ledger.Ref, at time.Time) (ledger.Money, error) {
	if err := v.usable(); err != nil || !possibleRef(r) {
		return ledger.Zero(r.Currency), err
	}
	var balance int64
	err := v.query(func(rows *sql.Rows) error { return rows.Scan(&balance) },
		`select e.balance from souk_accounts a join souk_entries e on e.account = a.id
		where a.book = ? and a.owner = ? and a.purpose = ? and a.currency = ? and e.posted_at <= ?
		order by e.posted_at desc, e.number desc limit 1`,
		r.Book, r.Owner, r.Purpose, r.Currency.String(), micro(ledger.AskedTime(at)))
	return ledger.Minor(balance, r.Currency), err
}

// Entries implements ledger.View.
func (v *view) Entries(r ledger.Ref, p ledger.Page) ([]ledger.Posted, error) {
	p, err := p.Check()
	if err == nil {
		err = v.usable()
	}
	if err != nil {
		return nil, err
	}
	a, err := v.account(r)
	if err != nil || a.row == 0 {
		return nil, err
	}
	query, args := entriesQuery(v.d, a.row, p)
	var list []ledger.Posted
	err = v.query(func(rows *sql.Rows) error {
		e := ledger.Posted{Account: r}
		var posted, effective, amount, balance int64
		err := rows.Scan(&e.Number, &e.Transaction, &e.Reason, &e.Object.Kind, &e.Object.ID, &e.Book, &posted, &effective, &amount, &balance)
		e.At, e.Effective = moment(posted), moment(effective)
		e.Amount, e.Balance = ledger.Minor(amount, r.Currency), ledger.Minor(balance, r.Currency)
		list = append(list, e)
		return err
	}, query, args...)
	return list, err
}

// entriesQuery asks for a page of an account's entries. Those in order of
// effective time are merged of two lists that are in order already: entries
// that count when they were posted, and those that moved.
func entriesQuery(d Dialect, account int64, p ledger.Page) (string, []any) {
	order := ` order by at, number`
	if p.Desc {
		order = ` order by at desc, number desc`
	}
	part := func(column, only, index string) (string, []any) {
		var w where
		w.add(`e.account = ?`, account)
		if only != "" {
			w.add(only)
		}
		w.page("e."+column, "e.number", p.From, p.To, p.After.IsZero(), p.After.At, p.After.Number, p.Desc)
		return `select e.` + column + ` as at, e.number as number, e.tx as tx, e.posted_at as posted_at, e.effective_at as effective_at,
			e.amount as amount, e.balance as balance from souk_entries e` + index + ` ` + w.String(), w.args
	}
	const moved, unmoved = `e.effective_at <> e.posted_at`, `e.effective_at = e.posted_at`
	byPosting, byEffective := d.Using("souk_entries_moved_posted"), d.Using("souk_entries_moved")
	var list string
	var args []any
	switch {
	case p.By == ledger.ByPosting && p.Moved:
		list, args = part("posted_at", moved, byPosting)
	case p.By == ledger.ByPosting:
		list, args = part("posted_at", "", "")
	case p.Moved:
		list, args = part("effective_at", moved, byEffective)
	default:
		var more []any
		var second string
		list, args = part("posted_at", unmoved, "")
		second, more = part("effective_at", moved, byEffective)
		list, args = list+` union all `+second, append(args, more...)
	}
	return `select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance
		from (` + list + order + ` limit ?) p join souk_transactions t on t.seq = p.tx` + order, append(args, p.Limit)
}
