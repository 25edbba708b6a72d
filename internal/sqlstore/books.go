package sqlstore

import (
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// books answers ledger.Plan from what was loaded for one batch, and writes what
// it decided. Its memory is used again for the next one.
type books struct {
	plans    *ledger.Books
	accounts map[ledger.Ref]accountRow
	objects  map[ledger.ID]ledger.Object // with Data only where Plan reads in it
	txs      map[string]bool
	changes  map[string]time.Time
}

// accountRow is an account and the key of its row.
type accountRow struct {
	ledger.Account
	row int64
}

func newBooks() *books {
	b := &books{
		accounts: make(map[ledger.Ref]accountRow), objects: make(map[ledger.ID]ledger.Object),
		txs: make(map[string]bool), changes: make(map[string]time.Time),
	}
	b.plans = ledger.NewBooks(b)
	return b
}

// Account implements ledger.Source.
func (b *books) Account(r ledger.Ref) (ledger.Account, bool) {
	a, ok := b.accounts[r]
	return a.Account, ok
}

// Rest implements ledger.Source. A database of one writer keeps a shared account
// in one piece.
func (b *books) Rest(r ledger.Ref) ledger.Money { return ledger.Zero(r.Currency) }

// Object implements ledger.Source.
func (b *books) Object(id ledger.ID) (ledger.Object, bool) {
	o, ok := b.objects[id]
	return o, ok
}

// HasTransaction implements ledger.Source.
func (b *books) HasTransaction(id string) bool { return b.txs[id] }

// Change implements ledger.Source.
func (b *books) Change(id string) (time.Time, bool) {
	at, ok := b.changes[id]
	return at, ok
}

// plan loads what a batch needs and decides it.
func (b *books) plan(ctx context.Context, on *session, changes []*ledger.Change) (*ledger.Rows, []ledger.Result, error) {
	if err := b.load(ctx, on, ledger.NeedOf(changes)); err != nil {
		return nil, nil, err
	}
	rows, results := ledger.Plan(changes, b.plans)
	return rows, results, nil
}

// load reads all that Plan will ask about.
func (b *books) load(ctx context.Context, on *session, n ledger.Need) error {
	clear(b.accounts)
	clear(b.objects)
	clear(b.txs)
	clear(b.changes)
	for _, list := range [][]ledger.Ref{n.Accounts, n.Expected} {
		for _, r := range list {
			if err := b.loadAccount(ctx, on, r); err != nil {
				return err
			}
		}
	}
	for _, list := range [][]ledger.ID{n.Put, n.Read} {
		for _, id := range list {
			_, data := slices.BinarySearchFunc(n.Data, id, compareIDs)
			if err := b.loadObject(ctx, on, id, data); err != nil {
				return err
			}
		}
	}
	for _, id := range n.Transactions {
		err := on.Query(ctx, func(Answer) error { b.txs[id] = true; return nil }, `select 1 from souk_transactions where id = ?`, id)
		if err != nil {
			return err
		}
	}
	for _, id := range n.Changes {
		err := on.Query(ctx, func(row Answer) error {
			var at int64
			err := row.Scan(&at)
			b.changes[id] = moment(at)
			return err
		}, `select at from souk_changes where id = ?`, id)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *books) loadAccount(ctx context.Context, on *session, r ledger.Ref) error {
	if _, ok := b.accounts[r]; ok {
		return nil
	}
	return on.Query(ctx, func(row Answer) error {
		a := accountRow{Account: ledger.Account{Ref: r}}
		err := scanAccount(row, &a)
		b.accounts[r] = a
		return err
	}, selectAccount, r.Book, r.Owner, r.Purpose, r.Currency.String())
}

func (b *books) loadObject(ctx context.Context, on *session, id ledger.ID, data bool) error {
	if _, ok := b.objects[id]; ok {
		return nil
	}
	return on.Query(ctx, func(row Answer) error {
		o := ledger.Object{ID: id}
		err := scanObject(row, &o)
		b.objects[id] = o
		return err
	}, `select version, keys, case when ? then data end from souk_objects where kind = ? and id = ?`, data, id.Kind, id.ID)
}
