package postgres

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// columns hold what a batch writes, a list for each column. Their memory is used
// again for the next batch.
type columns struct {
	ids []int64 // of the rows of Rows.Accounts

	newID, newStripe, newFloor, newFloorAt, newPosted, newHeld, newEntries, newVersion, newLast []int64
	newBook, newOwner, newPurpose, newCurrency                                                  []string
	newShared, newClosed                                                                        []bool

	id, was, posted, held, entries, version, last []int64
	closed                                        []bool
}

// part is a statement within the one that writes a batch.
type part struct {
	query string
	args  []any
	n     int // how many rows it must change; 0 for any
}

// write returns the statement that writes what was planned: many, as one. None
// sees what another writes, and none has to. It fails unless each changes the
// rows that it must: anything else means that the books are not what Plan saw.
func (s *state) write(rows *ledger.Rows) (step, error) {
	parts, err := s.parts(rows)
	if err != nil {
		return step{}, err
	}
	var text, check strings.Builder
	var args, counts []any
	for i, p := range parts {
		name := "w" + strconv.Itoa(i)
		text.WriteString(map[bool]string{true: "with ", false: ",\n"}[i == 0] + name + " as (" + p.query)
		args = append(args, p.args...)
		if p.n > 0 {
			text.WriteString(" returning 1")
			check.WriteString(" and (select count(*) from " + name + ") = ?")
			counts = append(counts, p.n)
		}
		text.WriteString(")")
	}
	text.WriteString("\nselect 1 / (case when true" + check.String() + " then 1 else 0 end)")
	return step{query: text.String(), args: append(args, counts...)}, nil
}

// parts returns the statements that write what was planned.
func (s *state) parts(rows *ledger.Rows) ([]part, error) {
	var steps []part
	add := func(more ...part) { steps = append(steps, more...) }
	add(s.accountRows(rows)...)
	tx, err := s.transactionRows(rows)
	if err != nil {
		return nil, err
	}
	add(tx...)
	objects, err := s.objectRows(rows)
	if err != nil {
		return nil, err
	}
	add(objects...)
	add(s.eventRows(rows)...)
	add(changeRows(rows)...)
	add(s.numbers())
	return steps, nil
}

// numbers keeps the numbers that the stripe gave. It is written though nothing
// else is, too: a commit that answers from rows which others wrote waits until
// they are as safe as its own.
func (s *state) numbers() part {
	t := &s.stripe
	return part{query: `update souk_stripes set accounts = ?, transactions = ?, events = ? where id = ?`, args: []any{t.accounts, t.txs, t.events, t.id}}
}

func (s *state) accountRows(rows *ledger.Rows) []part {
	o := &s.out
	o.reset()
	var closing []*ledger.AccountRow
	for i := range rows.Accounts {
		a := &rows.Accounts[i]
		known := s.accounts[a.Ref]
		switch {
		case a.New && a.Shared && s.stripe.id != 0:
			terms := ledger.Account{Ref: a.Ref, Shared: true, Version: 1, Posted: ledger.Zero(a.Currency), Held: ledger.Zero(a.Currency)}
			s.insert(&terms, 0)
			o.ids = append(o.ids, s.insert(&a.Account, s.stripe.id))
		case a.New, known.row == 0:
			on := int64(0)
			if a.Shared {
				on = s.stripe.id
			}
			o.ids = append(o.ids, s.insert(&a.Account, on))
		default:
			o.ids = append(o.ids, known.row)
			o.id, o.was, o.version = append(o.id, known.row), append(o.was, known.Version), append(o.version, a.Version)
			o.posted, o.held = append(o.posted, a.Posted.Minor()), append(o.held, a.Held.Minor())
			o.entries, o.last, o.closed = append(o.entries, a.Entries), append(o.last, sqlstore.Micro(a.Last)), append(o.closed, a.Closed)
		}
		if a.Closed && a.Shared {
			closing = append(closing, a)
		}
	}
	var steps []part
	if len(o.newID) > 0 {
		steps = append(steps, part{query: `insert into souk_accounts
				(id, book, owner, purpose, currency, stripe, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at)
			select * from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],
				?::boolean[], ?::boolean[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])`,
			args: []any{o.newID, o.newBook, o.newOwner, o.newPurpose, o.newCurrency, o.newStripe, o.newFloor, o.newFloorAt,
				o.newShared, o.newClosed, o.newPosted, o.newHeld, o.newEntries, o.newVersion, o.newLast}})
	}
	if len(o.id) > 0 {
		steps = append(steps, part{query: `update souk_accounts a set posted = n.posted, held = n.held, entries = n.entries, version = n.version,
				last_at = n.last_at, closed = n.closed
			from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::boolean[])
				n (id, was, posted, held, entries, version, last_at, closed)
			where a.id = n.id and a.version = n.was and not a.closed`,
			args: []any{o.id, o.was, o.posted, o.held, o.entries, o.version, o.last, o.closed}, n: len(o.id)})
	}
	for _, a := range closing { // all stripes are ours then, and the own one is closed above
		steps = append(steps, part{query: `update souk_accounts set closed = true
			where book = ? and owner = ? and purpose = ? and currency = ? and stripe <> ? and not closed`,
			args: []any{a.Book, a.Owner, a.Purpose, a.Currency.String(), s.stripe.id}})
	}
	return steps
}

// insert adds a row and returns its key.
func (s *state) insert(a *ledger.Account, stripe int64) int64 {
	o := &s.out
	s.stripe.accounts++
	key := s.stripe.key(s.stripe.accounts)
	o.newID, o.newStripe = append(o.newID, key), append(o.newStripe, stripe)
	o.newBook, o.newOwner, o.newPurpose = append(o.newBook, a.Book), append(o.newOwner, a.Owner), append(o.newPurpose, a.Purpose)
	o.newCurrency = append(o.newCurrency, a.Currency.String())
	o.newFloor, o.newFloorAt = append(o.newFloor, int64(a.Floor.Kind)), append(o.newFloorAt, a.Floor.AtMinor)
	o.newShared, o.newClosed = append(o.newShared, a.Shared), append(o.newClosed, a.Closed)
	o.newPosted, o.newHeld = append(o.newPosted, a.Posted.Minor()), append(o.newHeld, a.Held.Minor())
	o.newEntries, o.newVersion, o.newLast = append(o.newEntries, a.Entries), append(o.newVersion, a.Version), append(o.newLast, sqlstore.Micro(a.Last))
	return key
}

func (o *columns) reset() {
	for _, list := range []*[]int64{&o.ids, &o.newID, &o.newStripe, &o.newFloor, &o.newFloorAt, &o.newPosted, &o.newHeld, &o.newEntries,
		&o.newVersion, &o.newLast, &o.id, &o.was, &o.posted, &o.held, &o.entries, &o.version, &o.last} {
		*list = (*list)[:0]
	}
	for _, list := range []*[]string{&o.newBook, &o.newOwner, &o.newPurpose, &o.newCurrency} {
		*list = (*list)[:0]
	}
	for _, list := range []*[]bool{&o.newShared, &o.newClosed, &o.closed} {
		*list = (*list)[:0]
	}
}

func (s *state) transactionRows(rows *ledger.Rows) ([]part, error) {
	n := len(rows.Transactions)
	if n == 0 {
		return nil, nil
	}
	numbers, text := make([]int64, 2*n), make([]string, 7*n)
	seq, posted := numbers[:n], numbers[n:]
	ids, books, reasons, corrects, kinds, objects, accounts := text[:n], text[n:2*n], text[2*n:3*n], text[3*n:4*n], text[4*n:5*n], text[5*n:6*n], text[6*n:]
	effective, changed, metas := make([]*int64, n), changedAt(rows), make([]*string, n)
	s.namesOfEntries(rows, accounts)
	for i := range rows.Transactions {
		t := &rows.Transactions[i]
		s.stripe.txs++
		seq[i], posted[i], effective[i] = s.stripe.key(s.stripe.txs), sqlstore.Micro(t.Posted), moved(t)
		ids[i], books[i], reasons[i], corrects[i], kinds[i], objects[i] = t.ID, t.Book, t.Reason, t.Corrects, t.Object.Kind, t.Object.ID
		if t.Meta != nil {
			b, err := json.Marshal(t.Meta)
			if err != nil {
				return nil, err
			}
			meta := string(b)
			metas[i] = &meta
		}
	}
	return []part{
		{query: `insert into souk_transactions (seq, posted_at, effective_at, changed_at, accounts, id, book, reason, corrects, object_kind, object_id, meta)
			select n.seq, n.posted_at, n.effective_at, n.changed_at, n.accounts::bigint[], n.id, n.book, n.reason, n.corrects, n.object_kind, n.object_id, n.meta
			from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
				n (seq, posted_at, effective_at, changed_at, accounts, id, book, reason, corrects, object_kind, object_id, meta)`,
			args: []any{seq, posted, effective, changed, accounts, ids, books, reasons, corrects, kinds, objects, metas}},
		s.entryRows(rows, seq),
	}, nil
}

func (s *state) entryRows(rows *ledger.Rows, seqs []int64) part {
	n := len(rows.Entries)
	numbers := make([]int64, 6*n)
	accounts, posted, number := numbers[:n], numbers[n:2*n], numbers[2*n:3*n]
	txs, amounts, balances := numbers[3*n:4*n], numbers[4*n:5*n], numbers[5*n:]
	effective, forced := make([]*int64, n), make([]bool, n)
	for i := range rows.Entries {
		e := &rows.Entries[i]
		t := &rows.Transactions[e.Transaction]
		accounts[i], posted[i], txs[i] = s.out.ids[e.Row], sqlstore.Micro(t.Posted), seqs[e.Transaction]
		if number[i] = e.Number; rows.Accounts[e.Row].Shared {
			number[i] = s.stripe.key(e.Number)
		}
		effective[i], amounts[i], balances[i], forced[i] = moved(t), e.Amount.Minor(), e.Balance.Minor(), e.Forced
	}
	return part{query: `insert into souk_entries (account, posted_at, number, tx, effective_at, amount, balance, forced)
		select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::boolean[])`,
		args: []any{accounts, posted, number, txs, effective, amounts, balances, forced}}
}

// moved is the effective time of a transaction as it stands in rows: nothing, if
// it is when it was posted.
func moved(t *ledger.Transaction) *int64 {
	if t.Effective.Equal(t.Posted) {
		return nil
	}
	at := sqlstore.Micro(t.Effective)
	return &at
}

// namesOfEntries fills a list with the accounts of each transaction, in the order
// of its entries.
func (s *state) namesOfEntries(rows *ledger.Rows, into []string) {
	b := []byte{'{'}
	for i := range rows.Entries {
		e := &rows.Entries[i]
		b = strconv.AppendInt(b, s.out.ids[e.Row], 10)
		if i+1 < len(rows.Entries) && rows.Entries[i+1].Transaction == e.Transaction {
			b = append(b, ',')
			continue
		}
		into[e.Transaction] = string(append(b, '}'))
		b = b[:1]
	}
}

// firstOf ends the id of the first transaction of a change as units name it.
const firstOf = ".1"

// remembers reports whether a change's first transaction remembers the change,
// since it has its id. Others stand in rows of their own.
func remembers(rows *ledger.Rows, c *ledger.ChangeRow) bool {
	return c.First < len(rows.Transactions) && rows.Transactions[c.First].ID == c.ID+firstOf
}

// changedAt says of which transactions a change is remembered, and when it was.
func changedAt(rows *ledger.Rows) []*int64 {
	list := make([]*int64, len(rows.Transactions))
	for i := range rows.Changes {
		if c := &rows.Changes[i]; remembers(rows, c) {
			at := sqlstore.Micro(c.At)
			list[c.First] = &at
		}
	}
	return list
}

func changeRows(rows *ledger.Rows) []part {
	var ids []string
	var at []int64
	for i := range rows.Changes {
		if c := &rows.Changes[i]; !remembers(rows, c) {
			ids, at = append(ids, c.ID), append(at, sqlstore.Micro(c.At))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return []part{{query: `insert into souk_changes (id, at) select n.id, n.at from unnest(?::text[], ?::bigint[]) n (id, at)`, args: []any{ids, at}}}
}

// objectList are objects to insert or to update.
type objectList struct {
	versions, was []int64
	kinds, ids    []string
	keys          []string
	data          []*string
}

func (l *objectList) add(o *ledger.ObjectRow, was int64, keys string) {
	l.versions, l.was = append(l.versions, o.Version), append(l.was, was)
	l.kinds, l.ids, l.keys = append(l.kinds, o.Kind), append(l.ids, o.ID.ID), append(l.keys, keys)
	var data *string
	if len(o.Data) > 0 {
		text := string(o.Data)
		data = &text
	}
	l.data = append(l.data, data)
}

// keyList are rows of the index of objects.
type keyList struct {
	at                      []int64
	kinds, names, vals, ids []string
}

func (l *keyList) add(o *ledger.ObjectRow, k ledger.Key) {
	l.at = append(l.at, sqlstore.Micro(k.At))
	l.kinds, l.names, l.vals, l.ids = append(l.kinds, o.Kind), append(l.names, k.Name), append(l.vals, k.Value), append(l.ids, o.ID.ID)
}

func (l *keyList) args() []any { return []any{l.at, l.kinds, l.names, l.vals, l.ids} }

func (s *state) objectRows(rows *ledger.Rows) ([]part, error) {
	var fresh, changed objectList
	var gone, added keyList
	for i := range rows.Objects {
		o := &rows.Objects[i]
		keys, err := sqlstore.FormatKeys(o.Keys)
		if err != nil {
			return nil, err
		}
		known := s.objects[o.ID]
		if o.New {
			fresh.add(o, 0, keys)
		} else {
			changed.add(o, known.Version, keys)
		}
		for _, k := range known.Keys {
			if !slices.Contains(o.Keys, k) {
				gone.add(o, k)
			}
		}
		for _, k := range o.Keys {
			if !slices.Contains(known.Keys, k) {
				added.add(o, k)
			}
		}
	}
	const unnested = ` unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) n (at, kind, name, value, id)`
	var steps []part
	if len(fresh.ids) > 0 {
		steps = append(steps, part{query: `insert into souk_objects (version, kind, id, keys, data)
			select n.version, n.kind, n.id, n.keys, n.data::json from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) n (version, kind, id, keys, data)`,
			args: []any{fresh.versions, fresh.kinds, fresh.ids, fresh.keys, fresh.data}})
	}
	if len(changed.ids) > 0 {
		steps = append(steps, part{query: `update souk_objects o set version = n.version, keys = n.keys, data = n.data::json
			from unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) n (version, was, kind, id, keys, data)
			where o.kind = n.kind and o.id = n.id and o.version = n.was`,
			args: []any{changed.versions, changed.was, changed.kinds, changed.ids, changed.keys, changed.data}, n: len(changed.ids)})
	}
	if len(gone.ids) > 0 {
		steps = append(steps, part{query: `delete from souk_object_keys k using` + unnested + `
			where k.kind = n.kind and k.name = n.name and k.value = n.value and k.at = n.at and k.id = n.id`, args: gone.args(), n: len(gone.ids)})
	}
	if len(added.ids) > 0 {
		steps = append(steps, part{query: `insert into souk_object_keys (at, kind, name, value, id) select n.at, n.kind, n.name, n.value, n.id from` + unnested, args: added.args()})
	}
	return steps, nil
}

func (s *state) eventRows(rows *ledger.Rows) []part {
	n := len(rows.Events)
	if n == 0 {
		return nil
	}
	numbers, text := make([]int64, 5*n), make([]string, 4*n)
	lanes, number, written, at, versions := numbers[:n], numbers[n:2*n], numbers[2*n:3*n], numbers[3*n:4*n], numbers[4*n:]
	types, platforms, kinds, ids := text[:n], text[n:2*n], text[2*n:3*n], text[3*n:]
	data := make([]*string, n)
	for i := range rows.Events {
		e := &rows.Events[i]
		s.stripe.events++
		lanes[i], number[i], written[i], at[i], versions[i] = s.stripe.id, s.stripe.events, s.stripe.now, sqlstore.Micro(e.At), e.Version
		types[i], platforms[i], kinds[i], ids[i] = e.Type, e.Platform, e.Object.Kind, e.Object.ID
		if len(e.Data) > 0 {
			text := string(e.Data)
			data[i] = &text
		}
	}
	when := "n.written_at"
	if s.stripe.now == 0 { // nobody has asked for the time yet
		when = "(select " + clock + ")"
	}
	return []part{{query: `insert into souk_events (lane, number, written_at, at, version, type, platform, object_kind, object_id, data)
		select n.lane, n.number, ` + when + `, n.at, n.version, n.type, n.platform, n.object_kind, n.object_id, n.data::json
		from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
			n (lane, number, written_at, at, version, type, platform, object_kind, object_id, data)`,
		args: []any{lanes, number, written, at, versions, types, platforms, kinds, ids, data}}}
}
