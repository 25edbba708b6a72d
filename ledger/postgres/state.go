package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// state answers ledger.Plan from what was loaded for one batch. Its memory is
// used again for the next one.
type state struct {
	plans    *ledger.Books
	stripe   stripe // that the batch holds
	accounts map[ledger.Ref]account
	rest     map[ledger.Ref]ledger.Money // of shared accounts: what other stripes have
	objects  map[ledger.ID]ledger.Object // with Data only where Plan reads in it
	locked   map[ledger.ID]bool          // those of objects that the batch holds
	txs      map[string]bool
	changes  map[string]time.Time
	out      columns
}

// account is an account as a batch sees it: of a shared one the terms, and what
// the batch's stripe has of it.
type account struct {
	ledger.Account
	row int64 // key of its row; 0 if the stripe has none yet
}

func newState() *state {
	s := &state{
		accounts: make(map[ledger.Ref]account), rest: make(map[ledger.Ref]ledger.Money),
		objects: make(map[ledger.ID]ledger.Object), locked: make(map[ledger.ID]bool), txs: make(map[string]bool), changes: make(map[string]time.Time),
	}
	s.plans = ledger.NewBooks(s)
	return s
}

// Account implements ledger.Source.
func (s *state) Account(r ledger.Ref) (ledger.Account, bool) {
	a, ok := s.accounts[r]
	return a.Account, ok
}

// Rest implements ledger.Source.
func (s *state) Rest(r ledger.Ref) ledger.Money {
	if m, ok := s.rest[r]; ok {
		return m
	}
	return ledger.Zero(r.Currency)
}

// Object implements ledger.Source.
func (s *state) Object(id ledger.ID) (ledger.Object, bool) {
	o, ok := s.objects[id]
	return o, ok
}

// HasTransaction implements ledger.Source.
func (s *state) HasTransaction(id string) bool { return s.txs[id] }

// Change implements ledger.Source.
func (s *state) Change(id string) (time.Time, bool) {
	at, ok := s.changes[id]
	return at, ok
}

func (s *state) clear() {
	clear(s.accounts)
	clear(s.rest)
	clear(s.objects)
	clear(s.locked)
	clear(s.txs)
	clear(s.changes)
	s.stripe = stripe{}
}

// lock says how rows are locked that others may hold.
type lock string

const (
	waiting  lock = `for no key update of `
	skipping lock = `skip locked`
)

// clause is the locking clause for a table's alias.
func (l lock) clause(table string) string {
	if l == skipping {
		return string(waiting) + table + " skip locked"
	}
	return string(waiting) + table
}

// load returns the statements that lock and read what a batch needs, in the one
// order in which everybody locks: the stripe (in the caller's step before), then
// accounts and objects by name. What is shared or only looked at is read under
// the stripe. Ids are looked for last, in a later moment: those of others are in
// it, or else their locks were met.
func (s *state) load(need ledger.Need, how lock, on int64) []step {
	var steps []step
	if refs := merged(need.Accounts, need.Expected); len(refs) > 0 {
		steps = append(steps, s.accountStep(refs, how, on))
	}
	if len(need.Closing) > 0 {
		steps = append(steps, s.restStep(need.Closing, on))
	}
	if len(need.Put)+len(need.Read) > 0 {
		steps = append(steps, s.objectStep(need, how))
	}
	return append(steps, s.idStep(need))
}

// clock is the database's, in microseconds.
const clock = `cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)`

// idStep looks for ids of transactions and changes, and reads the database's
// clock, in microseconds, once everything is locked: of two batches that write one
// object, the later one has the later time.
func (s *state) idStep(need ledger.Need) step {
	query, args := `select 0, '', `+clock, []any(nil)
	if len(need.Changes) > 0 {
		first := make([]string, len(need.Changes))
		for i, id := range need.Changes {
			first[i] = id + firstOf
		}
		query += ` union all select 1, id, at from souk_changes where id = any(?::text[])
			union all select 1, left(id, -2), changed_at from souk_transactions where id = any(?::text[]) and changed_at is not null`
		args = append(args, need.Changes, first)
	}
	if len(need.Transactions) > 0 {
		query, args = query+` union all select 2, id, 0 from souk_transactions where id = any(?::text[])`, append(args, need.Transactions)
	}
	return step{query, args, func(row sqlstore.Answer) error {
		var of, at int64
		var id string
		err := row.Scan(&of, &id, &at)
		switch of {
		case 0:
			s.stripe.now = at
		case 1:
			s.changes[id] = sqlstore.Moment(at)
		case 2:
			s.txs[id] = true
		}
		return err
	}}
}

// closesShared reports whether a batch closes a shared account, which takes all
// stripes: others may be about to post to it on theirs.
func (s *state) closesShared(need ledger.Need) bool {
	return slices.ContainsFunc(need.Closing, func(r ledger.Ref) bool { return s.accounts[r].Shared })
}

// merged returns the refs of two sorted lists, each once.
func merged(a, b []ledger.Ref) []ledger.Ref {
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, ledger.Ref.Compare)
	return slices.Compact(all)
}

// names are the columns of refs.
func names(refs []ledger.Ref) (books, owners, purposes, currencies []string) {
	n := len(refs)
	all := make([]string, 4*n)
	books, owners, purposes, currencies = all[:n:n], all[n:2*n:2*n], all[2*n:3*n:3*n], all[3*n:]
	for i, r := range refs {
		books[i], owners[i], purposes[i], currencies[i] = r.Book, r.Owner, r.Purpose, r.Currency.String()
	}
	return books, owners, purposes, currencies
}

// Rows are looked up one by one, by a subquery that the planner keeps as it is: a
// join may be planned as a scan of the whole table, while that is small, and stay
// so when it has grown.
const (
	eachRef = ` from unnest(?::text[], ?::text[], ?::text[], ?::text[]) with ordinality n (book, owner, purpose, currency, i)`
	ofRef   = ` from souk_accounts a where a.book = n.book and a.owner = n.owner and a.purpose = n.purpose and a.currency = n.currency`
)

// accountStep locks and reads accounts of one row, and reads those that are
// shared: the batch's stripe keeps others from its part of them.
func (s *state) accountStep(refs []ledger.Ref, how lock, on int64) step {
	books, owners, purposes, currencies := names(refs)
	scan := func(row sqlstore.Answer) error {
		var i, posted, held, last int64
		var a account
		err := row.Scan(&i, &a.row, &a.Floor.Kind, &a.Floor.AtMinor, &a.Shared, &a.Closed, &posted, &held, &a.Entries, &a.Version, &last)
		if err != nil {
			return err
		}
		a.Ref = refs[i-1]
		a.Posted, a.Held, a.Last = ledger.Minor(posted, a.Currency), ledger.Minor(held, a.Currency), sqlstore.Moment(last)
		s.accounts[a.Ref] = a
		return nil
	}
	// A stripe that has no row yet shows the terms and nothing else.
	return step{`with n as materialized (select * from unnest(?::text[], ?::text[], ?::text[], ?::text[]) with ordinality n (book, owner, purpose, currency, i))
		select n.i, a.* from n cross join lateral (select a.id, a.floor_kind, a.floor_at, a.shared, a.closed, a.posted, a.held,
			a.entries, a.version, a.last_at` + ofRef + ` and a.stripe = 0 and not a.shared ` + how.clause("a") + `) a
		union all select n.i, coalesce(b.id, 0), a.floor_kind, a.floor_at, a.shared, a.closed, coalesce(b.posted, 0), 0::bigint,
			coalesce(b.entries, 0), coalesce(b.version, 0), coalesce(b.last_at, ` + never + `) from n
			cross join lateral (select a.floor_kind, a.floor_at, a.shared, a.closed` + ofRef + ` and a.stripe = 0 and a.shared limit 1) a
			left join lateral (select a.id, a.posted, a.entries, a.version, a.last_at` + ofRef + ` and a.stripe = ? limit 1) b on true`,
		[]any{books, owners, purposes, currencies, on}, scan}
}

// never is the zero time in a row.
const never = `-62135596800000000`

func (s *state) restStep(refs []ledger.Ref, on int64) step {
	books, owners, purposes, currencies := names(refs)
	return step{`select n.i, (select cast(coalesce(sum(a.posted), 0) as bigint)` + ofRef + ` and a.shared and a.stripe <> ?)` + eachRef,
		[]any{on, books, owners, purposes, currencies}, func(row sqlstore.Answer) error {
			var i, posted int64
			err := row.Scan(&i, &posted)
			s.rest[refs[i-1]] = ledger.Minor(posted, refs[i-1].Currency)
			return err
		}}
}

// objectStep locks and reads objects that are put, and reads those that are only
// looked at. An idempotency key never changes once it is there, so nobody locks
// one: who found it locked would take it for a new one.
func (s *state) objectStep(need ledger.Need, how lock) step {
	ids := slices.Concat(need.Put, need.Read)
	kinds, keys, with, puts := make([]string, len(ids)), make([]string, len(ids)), make([]bool, len(ids)), make([]bool, len(ids))
	for i, id := range ids {
		kinds[i], keys[i], puts[i] = id.Kind, id.ID, i < len(need.Put) && id.Kind != ledger.IdemKind
		_, with[i] = slices.BinarySearchFunc(need.Data, id, compareIDs)
	}
	const selected = `(select o.version, o.keys, case when n.data then o.data end from souk_objects o where o.kind = n.kind and o.id = n.id `
	return step{`with n as materialized (select * from unnest(?::text[], ?::text[], ?::boolean[], ?::boolean[]) with ordinality n (kind, id, data, put, i))
		select n.i, o.* from n cross join lateral ` + selected + `and n.put ` + how.clause("o") + `) o
		union all select n.i, o.* from n cross join lateral ` + selected + `and not n.put limit 1) o`,
		[]any{kinds, keys, with, puts}, func(row sqlstore.Answer) error {
			var i int64
			var o ledger.Object
			err := sqlstore.ScanObject(after{row, &i}, &o)
			if err != nil {
				return err
			}
			o.ID = ids[i-1]
			s.locked[o.ID] = s.locked[o.ID] || puts[i-1]
			// One that is put too comes first as it was locked.
			if _, ok := s.objects[o.ID]; !ok {
				s.objects[o.ID] = o
			}
			return nil
		}}
}

func compareIDs(a, b ledger.ID) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}

// after is a row with a number in front.
type after struct {
	sqlstore.Answer
	i *int64
}

func (a after) Scan(dest ...any) error { return a.Answer.Scan(append([]any{a.i}, dest...)...) }

// held finds the changes of a batch that need a row which somebody else holds: it
// exists, and was not to be locked. With doubt every row that was not found is
// asked about, else only those that may be there.
func (s *state) held(ctx context.Context, on link, changes []*ledger.Change, doubt bool) (map[int]sqlstore.Row, error) {
	want := make(map[sqlstore.Row][]int)
	for i, c := range changes {
		s.unfound(c, doubt, func(row sqlstore.Row) { want[row] = append(want[row], i) })
	}
	if len(want) == 0 {
		return nil, nil
	}
	held := make(map[int]sqlstore.Row)
	there := func(row sqlstore.Row) {
		for _, i := range want[row] {
			held[i] = row
		}
	}
	var refs []ledger.Ref
	var kinds, keys []string
	for row := range want {
		if row.Account != (ledger.Ref{}) {
			refs = append(refs, row.Account)
		} else {
			kinds, keys = append(kinds, row.Object.Kind), append(keys, row.Object.ID)
		}
	}
	books, owners, purposes, currencies := names(refs)
	_, err := on.run(ctx, []step{
		{`select n.i` + eachRef + ` where exists (select 1` + ofRef + ` and a.stripe = 0)`, []any{books, owners, purposes, currencies}, func(row sqlstore.Answer) error {
			var i int64
			err := row.Scan(&i)
			there(sqlstore.Row{Account: refs[i-1]})
			return err
		}},
		{`select n.kind, n.id from unnest(?::text[], ?::text[]) n (kind, id)
			where exists (select 1 from souk_objects o where o.kind = n.kind and o.id = n.id)`,
			[]any{kinds, keys}, func(row sqlstore.Answer) error {
				var id ledger.ID
				err := row.Scan(&id.Kind, &id.ID)
				there(sqlstore.Row{Object: id})
				return err
			}},
	})
	return held, err
}

// unfound yields the rows of a change that were not found, and may be there: every
// account, since to insert one that a host holds would wait for the host, with the
// whole batch.
func (s *state) unfound(c *ledger.Change, doubt bool, yield func(sqlstore.Row)) {
	need := ledger.NeedOf([]*ledger.Change{c})
	if len(need.Changes) == 0 {
		return // Plan refuses its form
	}
	for _, r := range merged(need.Accounts, need.Expected) {
		if _, ok := s.accounts[r]; !ok {
			yield(sqlstore.Row{Account: r})
		}
	}
	for _, id := range need.Put {
		_, there := s.objects[id]
		if s.locked[id] || there && id.Kind == ledger.IdemKind {
			continue
		}
		if there || doubt || updates(c, id) {
			yield(sqlstore.Row{Object: id})
		}
	}
}

// updates reports whether a change needs an object to be there.
func updates(c *ledger.Change, id ledger.ID) bool {
	if id.Kind == ledger.HoldKind {
		return slices.ContainsFunc(c.Holds, func(h ledger.HoldStep) bool { return h.ID == id.ID && h.Op != ledger.PlaceHold })
	}
	return slices.ContainsFunc(c.Put, func(o ledger.Object) bool { return o.ID == id && o.Version > 0 })
}
