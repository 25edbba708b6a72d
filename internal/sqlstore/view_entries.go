package sqlstore

import (
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// BalanceAt implements ledger.View.
func (v *View) BalanceAt(r ledger.Ref, at time.Time) (ledger.Money, error) {
	if err := v.usable(); err != nil || !possibleRef(r) {
		return ledger.Zero(r.Currency), err
	}
	// The entries of a row that are there were all posted after those that were
	// moved.
	asked := micro(ledger.AskedTime(at))
	var balance, moved int64
	err := v.query(func(row Answer) error { return row.Scan(&balance, &moved) },
		`select cast(coalesce(sum(coalesce((select e.balance from souk_entries e where e.account = a.id and e.posted_at <= ?
			order by e.posted_at desc limit 1), c.balance)), 0) as bigint), coalesce(max(c.posted_at), ?)
		from souk_accounts a left join souk_carried c on c.account = a.id
		where a.book = ? and a.owner = ? and a.purpose = ? and a.currency = ?`,
		asked, asked, r.Book, r.Owner, r.Purpose, r.Currency.String())
	if err == nil && moved > asked {
		return ledger.Money{}, v.archived(r, "at")
	}
	return ledger.Minor(balance, r.Currency), err
}

// archived refuses a question about what was moved.
func (v *View) archived(r ledger.Ref, field string) error {
	c, err := v.carried(r)
	if err != nil {
		return err
	}
	return v.fault(c.Archived(r, field))
}

// Entries implements ledger.View.
func (v *View) Entries(r ledger.Ref, p ledger.Page) ([]ledger.Posted, error) {
	p, err := p.Check()
	if err == nil {
		err = v.usable()
	}
	if err == nil {
		err = v.shows(r, p)
	}
	if err != nil {
		return nil, err
	}
	a, err := v.account(r)
	if err != nil || len(a.rows) == 0 {
		return nil, err
	}
	query, args := entriesQuery(v.d, a.rows, p)
	var list []ledger.Posted
	err = v.query(func(row Answer) error {
		e := ledger.Posted{Account: r}
		var posted, effective, amount, balance int64
		err := row.Scan(&e.Number, &e.Transaction, &e.Reason, &e.Object.Kind, &e.Object.ID, &e.Book, &posted, &effective, &amount, &balance)
		e.At, e.Effective = moment(posted), moment(effective)
		e.Amount, e.Balance = ledger.Minor(amount, r.Currency), ledger.Minor(balance, r.Currency)
		list = append(list, e)
		return err
	}, query, args...)
	return list, err
}

// entriesQuery asks for a page of an account's entries, which are merged of
// lists that are in order already: one of each of the account's rows, and of
// those in order of effective time two, entries that count when they were posted
// and those that moved. A database that would sort all of them instead gets each
// cut to the page.
func entriesQuery(d Dialect, rows []int64, p ledger.Page) (string, []any) {
	order := ` order by at, number`
	if p.Desc {
		order = ` order by at desc, number desc`
	}
	effective := p.By == ledger.ByEffective
	cut := !d.Merges() && (len(rows) > 1 || effective && !p.Moved)
	var lists []string
	var args []any
	part := func(row int64, column, only, index string) {
		var w where
		w.add(`e.account = ?`, row)
		if only != "" {
			w.add(only)
		}
		inOrder := w.page("e."+column, "e.number", p.From, p.To, p.After.IsZero(), p.After.At, p.After.Number, p.Desc)
		list := `select e.` + column + ` as at, e.number as number, e.tx as tx, e.posted_at as posted_at,
			coalesce(e.effective_at, e.posted_at) as effective_at, e.amount as amount, e.balance as balance from souk_entries e` + index + ` ` + w.String()
		if args = append(args, w.args...); cut {
			list, args = `(`+list+inOrder+` limit ?)`, append(args, p.Limit)
		}
		lists = append(lists, list)
	}
	// PostgreSQL takes few rows to be null where it knows nothing of a table, and would
	// look at all to find a page of them. Into a case it does not look.
	const moved, unmoved = `e.effective_at is not null`, `case when e.effective_at is null then true end`
	byPosting, byEffective := d.Using("souk_entries_moved_posted"), d.Using("souk_entries_moved")
	for _, row := range rows {
		switch {
		case !effective && p.Moved:
			part(row, "posted_at", moved, byPosting)
		case !effective:
			part(row, "posted_at", "", "")
		case p.Moved:
			part(row, "effective_at", moved, byEffective)
		default:
			part(row, "posted_at", unmoved, "")
			part(row, "effective_at", moved, byEffective)
		}
	}
	return `select p.number, t.id, t.reason, t.object_kind, t.object_id, t.book, p.posted_at, p.effective_at, p.amount, p.balance
		from (` + strings.Join(lists, ` union all `) + order + ` limit ?) p join souk_transactions t on t.seq = p.tx` + order, append(args, p.Limit)
}
