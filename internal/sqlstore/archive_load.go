package sqlstore

import (
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// chunk is how many transactions are read, and deleted, by one statement.
const chunk = 64

// tooMany entries are not moved at once, however many transactions may be.
const tooMany = 1 << 14

// chunked calls fn with a part of a list at a time, of which the last one is
// filled up by repeating, so that there is one statement for all.
func chunked(seqs []int64, fn func(part []any) error) error {
	for part := range slices.Chunk(seqs, chunk) {
		args := make([]any, chunk)
		for i := range args {
			args[i] = part[min(i, len(part)-1)]
		}
		if err := fn(args); err != nil {
			return err
		}
	}
	return nil
}

var inChunk = ` in (` + strings.Repeat("?, ", chunk-1) + `?)`

// loading collects what is to be moved.
type loading struct {
	a     *archive
	on    Conn
	m     *Moving
	list  []ledger.Archived
	at    map[int64]int // place in list by seq
	rows  map[int64]int // place in Moving.Carried by account
	spent bool          // enough was read
}

// load reads transactions with their entries, and what accounts carry forward
// once they were moved. Those that are in the books no more are left out.
func (a *archive) load(seqs []int64) (*Moving, []ledger.Archived, error) {
	l := &loading{a: a, m: &Moving{}, at: make(map[int64]int), rows: make(map[int64]int)}
	err := a.moment(false, func(on Conn) error {
		l.on = on
		return chunked(seqs, func(part []any) error {
			if l.spent {
				return nil
			}
			err := l.transactions(part)
			if err == nil {
				err = l.entries(part)
			}
			l.spent = l.m.Entries >= tooMany
			return err
		})
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range l.list {
		if err := l.list[i].Check(); err != nil {
			return nil, nil, err
		}
	}
	return l.m, l.list, nil
}

func (l *loading) transactions(part []any) error {
	return l.on.Query(l.a.ctx, func(row Answer) error {
		seq, t, err := scanTransaction(row)
		if err != nil {
			return err
		}
		l.at[seq] = len(l.list)
		l.list, l.m.Seqs = append(l.list, ledger.Archived{Transaction: t}), append(l.m.Seqs, seq)
		return nil
	}, `select `+transactionColumns+`
		from souk_transactions t where seq`+inChunk+` and `+l.a.d.InBooks()+` order by posted_at, seq`, part...)
}

func (l *loading) entries(part []any) error {
	return l.on.Query(l.a.ctx, func(row Answer) error {
		var e ledger.Entry
		var account, seq, number, amount, balance int64
		var currency string
		err := row.Scan(&account, &seq, &number, &e.Account.Book, &e.Account.Owner, &e.Account.Purpose, &currency, &amount, &balance, &e.Forced)
		if err != nil {
			return err
		}
		i, ok := l.at[seq]
		if !ok {
			return corrupt("entries of an account of "+e.Account.Owner, errNoTransaction)
		}
		t := &l.list[i].Transaction
		if e.Account.Currency, err = ledger.ParseCurrency(currency); err != nil {
			return corrupt("transaction "+t.ID, err)
		}
		e.Amount = ledger.Minor(amount, e.Account.Currency)
		t.Entries = append(t.Entries, e)
		l.list[i].Entries = append(l.list[i].Entries, ledger.Posted{Account: e.Account, Number: number, Transaction: t.ID, Reason: t.Reason,
			Object: t.Object, Book: t.Book, At: t.Posted, Effective: t.Effective, Amount: e.Amount, Balance: ledger.Minor(balance, e.Account.Currency)})
		l.carry(account, seq, number, balance, t)
		return nil
	}, `select a.id, t.seq, e.number, a.book, a.owner, a.purpose, a.currency, e.amount, e.balance, e.forced
		from `+l.a.d.EntriesOf()+` join souk_accounts a on a.id = e.account
		where t.seq`+inChunk+` order by t.posted_at, t.seq, e.position`, part...)
}

var errNoTransaction = &ledger.Error{Class: ledger.State, Code: "books_do_not_add_up", Msg: "they belong to no transaction"}

// carry counts an entry, which is the last one of its row so far.
func (l *loading) carry(account, seq, number, balance int64, t *ledger.Transaction) {
	l.m.Entries++
	i, ok := l.rows[account]
	if !ok {
		i = len(l.m.Carried)
		l.rows[account] = i
		l.m.Carried = append(l.m.Carried, CarriedRow{Account: account})
	}
	c := &l.m.Carried[i]
	c.Posted, c.Tx, c.Entries, c.Balance = micro(t.Posted), seq, number&(1<<stripeShift-1), balance
	if effective := micro(t.Effective); c.EffectiveTx == 0 || effective >= c.Effective {
		c.Effective, c.EffectiveTx = effective, seq
	}
}
