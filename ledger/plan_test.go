package ledger_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// mapSource is books in maps, for Plan alone.
type mapSource struct {
	accounts map[ledger.Ref]ledger.Account
	objects  map[ledger.ID]ledger.Object
	txs      map[string]bool
	changes  map[string]time.Time
	explode  string // a transaction id that makes it panic
}

func newSource() *mapSource {
	return &mapSource{accounts: map[ledger.Ref]ledger.Account{}, objects: map[ledger.ID]ledger.Object{}, txs: map[string]bool{}, changes: map[string]time.Time{}}
}

func (s *mapSource) Account(r ledger.Ref) (ledger.Account, bool) {
	a, ok := s.accounts[r]
	return a, ok
}
func (s *mapSource) Rest(r ledger.Ref) ledger.Money            { return ledger.Zero(r.Currency) }
func (s *mapSource) Object(id ledger.ID) (ledger.Object, bool) { o, ok := s.objects[id]; return o, ok }
func (s *mapSource) Change(id string) (time.Time, bool)        { at, ok := s.changes[id]; return at, ok }
func (s *mapSource) HasTransaction(id string) bool {
	if id == s.explode && id != "" {
		panic("the connection broke")
	}
	return s.txs[id]
}

// write keeps the rows.
func (s *mapSource) write(rows *ledger.Rows) {
	for _, a := range rows.Accounts {
		s.accounts[a.Ref] = a.Account
	}
	for _, o := range rows.Objects {
		s.objects[o.ID] = o.Object
	}
	for _, t := range rows.Transactions {
		s.txs[t.ID] = true
	}
	for _, c := range rows.Changes {
		s.changes[c.ID] = c.At
	}
}

// posting is a change with one transaction of two entries.
func posting(id, reason string, from, to ledger.Ref, amountMinor int64) *ledger.Change {
	tx := transfer(reason, from, to, amountMinor)
	tx.ID = "tx_" + id
	return &ledger.Change{ID: id, At: noon, Post: []ledger.Transaction{tx}}
}

// planned is a source with two accounts, one of which has 100.
func planned(t *testing.T) (*mapSource, *ledger.Books, ledger.Ref, ledger.Ref) {
	t.Helper()
	src := newSource()
	books := ledger.NewBooks(src)
	a, b := euros("acct_1", "available"), euros("acct_2", "available")
	p, _ := ledger.PurposeOf("available")
	c := posting("start", "top-up", bank, a, 100)
	c.Open = []ledger.Account{{Ref: bank}, {Ref: a, Floor: p.Floor}, {Ref: b, Floor: p.Floor}}
	rows, results := ledger.Plan([]*ledger.Change{c}, books)
	require.NoError(t, results[0].Err)
	src.write(rows)
	return src, books, a, b
}

// A batch is decided in order of arrival: a change sees those before it, and
// one that fails is as if it had not been there (promise 35).
func TestPlanBatch(t *testing.T) {
	src, books, a, b := planned(t)
	broken := posting("2", "transfer", a, b, 5)
	broken.Put = []ledger.Object{thing("broken", "1")}
	broken.Emit = []ledger.Event{{Type: "x", Object: broken.Put[0].ID}}
	broken.Post = append(broken.Post, transfer("transfer", b, a, 1000))
	broken.Post[1].ID = "tx_2b"
	made := &ledger.Change{ID: "4", At: noon, Put: []ledger.Object{thing("x", "1")}}
	changed := &ledger.Change{ID: "5", At: noon, Put: []ledger.Object{{ID: made.Put[0].ID, Version: 1, Data: []byte("2")}}}
	batch := []*ledger.Change{
		posting("1", "transfer", a, b, 60),
		broken,
		posting("3", "transfer", b, a, 60), // has what the first brought
		made,
		changed,
		posting("1", "transfer", a, b, 60), // a replay within the batch
		posting("7", "transfer", a, b, 101),
		posting("8", "transfer", a, b, 100),
	}
	rows, results := ledger.Plan(batch, books)
	for i, want := range []string{"", "insufficient_funds", "", "", "", "", "insufficient_funds", ""} {
		if want == "" {
			require.NoError(t, results[i].Err, "change %d", i+1)
			require.Equal(t, i == 5, results[i].Receipt.Replayed)
			continue
		}
		requireCode(t, results[i].Err, ledger.InsufficientFunds, want)
		require.Nil(t, results[i].Receipt)
	}
	require.Len(t, rows.Accounts, 2, "each account once, as the batch leaves it")
	require.Equal(t, []int64{0, 100}, []int64{rows.Accounts[0].Posted.Minor(), rows.Accounts[1].Posted.Minor()})
	require.Equal(t, []int64{4, 3}, []int64{rows.Accounts[0].Entries, rows.Accounts[1].Entries})
	require.Len(t, rows.Transactions, 3)
	require.Len(t, rows.Entries, 6)
	require.Empty(t, rows.Events)
	require.Equal(t, []ledger.ObjectRow{{Object: ledger.Object{ID: made.Put[0].ID, Version: 2, Data: []byte("2")}, New: true}}, rows.Objects)
	var names []string
	for _, c := range rows.Changes {
		names = append(names, c.ID)
	}
	require.Equal(t, []string{"1", "3", "4", "5", "8"}, names)
	for i, e := range rows.Entries {
		require.Equal(t, i/2, e.Transaction)
		require.Equal(t, e.Account, rows.Accounts[e.Row].Ref)
	}
	require.Equal(t, []int64{60, 0, 100}, []int64{rows.Entries[1].Balance.Minor(), rows.Entries[2].Balance.Minor(), rows.Entries[5].Balance.Minor()})
	require.Equal(t, int64(100), src.accounts[a].Posted.Minor(), "Plan writes nothing itself")

	// Nothing of the batch is left in the next one.
	rows, results = ledger.Plan([]*ledger.Change{posting("1", "transfer", a, b, 1)}, books)
	require.NoError(t, results[0].Err)
	require.False(t, results[0].Receipt.Replayed, "the rows of the first batch were never written")
	require.Len(t, rows.Entries, 2)
	rows, results = ledger.Plan(nil, books)
	require.Empty(t, results)
	require.Empty(t, rows.Accounts)
}

// What a change that failed has named, put, moved and captured is free again
// for those behind it in the batch (promise 35).
func TestPlanTakesBackAFailedChange(t *testing.T) {
	src, books, a, b := planned(t)
	rows, results := ledger.Plan([]*ledger.Change{{ID: "hold", At: noon, Holds: []ledger.HoldStep{{Op: ledger.PlaceHold, ID: "h", Account: a, Amount: ledger.Minor(40, ledger.EUR)}}}}, books)
	require.NoError(t, results[0].Err)
	src.write(rows)
	broken := posting("1", "transfer", a, b, 5)
	broken.Put = []ledger.Object{thing("x", "1")}
	broken.Holds = []ledger.HoldStep{{Op: ledger.ReleaseHold, ID: "h", Account: a}, {Op: ledger.PlaceHold, ID: "h2", Account: b, Amount: ledger.Minor(6, ledger.EUR)}}
	whole := posting("1", "transfer", a, b, 6)
	whole.Put, whole.Holds = broken.Put, broken.Holds
	capture := &ledger.Change{ID: "2", At: noon, Holds: []ledger.HoldStep{{Op: ledger.CaptureHold, ID: "h", Account: a, Amount: ledger.Minor(5, ledger.EUR)}}}
	rows, results = ledger.Plan([]*ledger.Change{broken, posting("0", "transfer", a, b, 1), capture, whole}, books)
	requireCode(t, results[0].Err, ledger.InsufficientFunds, "insufficient_funds")
	require.NoError(t, results[1].Err)
	requireCode(t, results[2].Err, ledger.Invalid, "capture_without_entry") // an entry of another change does not count
	require.NoError(t, results[3].Err)
	require.False(t, results[3].Receipt.Replayed)
	require.Len(t, rows.Objects, 3, "the thing and two holds")
	for _, o := range rows.Objects {
		require.Equal(t, o.ID.ID != "h", o.New, o.ID)
	}
	require.Len(t, rows.Transactions, 2)
	src.write(rows)
	require.Equal(t, []int64{93, 0, 7, 6}, []int64{src.accounts[a].Posted.Minor(), src.accounts[a].Held.Minor(), src.accounts[b].Posted.Minor(), src.accounts[b].Held.Minor()})
}

// Promises 22 and 23 within one batch: a key has one effect.
func TestPlanKeysWithinABatch(t *testing.T) {
	_, books, a, b := planned(t)
	keyed := func(id string, hash byte) *ledger.Change {
		c := posting(id, "transfer", a, b, 1)
		c.Idem = ledger.Idem{Scope: "s", Key: "k", Hash: [32]byte{hash}}
		c.Put = []ledger.Object{thing("of "+id, "1")}
		return c
	}
	alone := &ledger.Change{ID: "4", At: noon, Idem: ledger.Idem{Scope: "s", Key: "k", Hash: [32]byte{1}}}
	refused := keyed("0", 2)
	refused.Post[0].Entries[0].Amount = ledger.Minor(-2, ledger.EUR)
	rows, results := ledger.Plan([]*ledger.Change{refused, keyed("1", 1), keyed("2", 1), keyed("3", 2), alone}, books)
	requireCode(t, results[0].Err, ledger.Invalid, "unbalanced_journal")
	require.NoError(t, results[1].Err)
	require.True(t, results[2].Receipt.Replayed && results[4].Receipt.Replayed)
	require.Equal(t, results[1].Receipt.Made, results[2].Receipt.Made)
	requireCode(t, results[3].Err, ledger.Exists, "idempotency_mismatch")
	require.Len(t, rows.Transactions, 1)
	require.Len(t, rows.Objects, 2, "the thing and the key")
}

// Ids of changes and of transactions are different things, also within a batch.
func TestPlanKeepsNamesApart(t *testing.T) {
	_, books, a, b := planned(t)
	first := posting("1", "transfer", a, b, 1)
	second := posting("2", "transfer", a, b, 1)
	second.ID = first.Post[0].ID
	third := posting("3", "transfer", a, b, 1)
	third.Post[0].ID = first.ID
	again := posting("4", "transfer", a, b, 1)
	again.Post[0].ID = first.Post[0].ID
	rows, results := ledger.Plan([]*ledger.Change{first, second, third, again}, books)
	for i := range 3 {
		require.NoError(t, results[i].Err)
		require.False(t, results[i].Receipt.Replayed, "change %d", i+1)
	}
	requireCode(t, results[3].Err, ledger.Exists, "transaction_exists")
	require.Len(t, rows.Transactions, 3)
}

// A transaction's id that is made of its change's is not looked up; so it must
// be no other change's, whatever points are in it (promise 29).
func TestPlanIDsOfTheChange(t *testing.T) {
	src, books, a, b := planned(t)
	with := func(change string, ids ...string) *ledger.Change {
		c := &ledger.Change{ID: change, At: noon}
		for _, id := range ids {
			tx := transfer("transfer", a, b, 1)
			tx.ID = id
			c.Post = append(c.Post, tx)
		}
		return c
	}
	for _, x := range []struct {
		c    *ledger.Change
		code string
	}{
		{with("chg_a", "chg_a.1", "chg_a.2"), ""},
		{with("chg_b", "chg_b.1", "chg_b.1"), "transaction_exists"},
		{with("chg_b", "chg_a.1"), "invalid_id"},
		{with("chg_b", "chg_x.1"), "invalid_id"},
		{with("chg_b", "chg_b.c.1"), "invalid_id"},
		{with("chg_b.c", "chg_b.c.1"), ""},
		{with("chg_b", "chg_b."), "invalid_id"},
		{with("chg_b", "tx_1"), ""},
		{with("chg_c", "tx_1"), "transaction_exists"},
		{with("chg_c", "chg_c"), ""},
		{with("chg_d", "chg_c"), "transaction_exists"},
	} {
		rows, results := ledger.Plan([]*ledger.Change{x.c}, books)
		if x.code == "" {
			require.NoError(t, results[0].Err, x.c.ID)
			src.write(rows)
			continue
		}
		var e *ledger.Error
		require.ErrorAs(t, results[0].Err, &e, "%s %s", x.c.ID, x.c.Post[0].ID)
		require.Equal(t, x.code, e.Code)
	}
}

// A source that panics fails its batch; the Books are as good as before
// (promise 35).
func TestPlanAfterAPanic(t *testing.T) {
	src, books, a, b := planned(t)
	src.explode = "tx_2"
	two := posting("1", "transfer", a, b, 7)
	two.Post = append(two.Post, posting("2", "transfer", a, b, 7).Post...)
	require.Panics(t, func() { ledger.Plan([]*ledger.Change{two}, books) })
	src.explode = ""
	c := euros("acct_3", "own")
	open := &ledger.Change{ID: "3", At: noon, Open: []ledger.Account{{Ref: c}}}
	rows, results := ledger.Plan([]*ledger.Change{open}, books)
	require.NoError(t, results[0].Err)
	require.Len(t, rows.Accounts, 1)
	require.Equal(t, c, rows.Accounts[0].Ref)
	require.Empty(t, rows.Entries)
	rows, results = ledger.Plan([]*ledger.Change{two}, books)
	require.NoError(t, results[0].Err)
	require.EqualValues(t, 86, rows.Accounts[0].Posted.Minor())
}

// Transactions that cannot be booked: unbalanced, too large, of one account
// twice (promises 2, 6 and 71).
func TestPlanRefusesBadJournals(t *testing.T) {
	_, books, a, b := planned(t)
	c := euros("acct_3", "own")
	usd := inCurrency("acct_2", "available", ledger.USD)
	for i, x := range []struct {
		entries []ledger.Entry
		code    string
	}{
		{[]ledger.Entry{entry(a, 5)}, "unbalanced_journal"},
		{[]ledger.Entry{entry(a, 5), entry(b, -4)}, "unbalanced_journal"},
		{[]ledger.Entry{entry(a, math.MaxInt64), entry(b, 1), entry(c, math.MinInt64)}, "amount_too_large"},
		{[]ledger.Entry{entry(a, 5), entry(usd, -5)}, "unbalanced_journal"},
		{[]ledger.Entry{entry(a, 5), entry(a, -5)}, "repeated_account"},
	} {
		change := &ledger.Change{ID: fmt.Sprint(i), At: noon, Post: []ledger.Transaction{{ID: fmt.Sprint(i), Book: book, Reason: "x", Entries: x.entries}}}
		rows, results := ledger.Plan([]*ledger.Change{change}, books)
		requireCode(t, results[0].Err, ledger.Invalid, x.code)
		require.Empty(t, rows.Transactions)
	}
}

// A transaction is of one book, so that each adds up to zero and a closed period
// of it is closed; the error names the entry (promises 1 and 62).
func TestPlanKeepsBooksApart(t *testing.T) {
	_, books, a, b := planned(t)
	elsewhere := b
	elsewhere.Book = "plat_2"
	for _, x := range []struct {
		book    string
		entries []ledger.Entry
		field   string
	}{
		{book, []ledger.Entry{entry(a, -5), entry(elsewhere, 5)}, "entries[1].book"},
		{"plat_2", []ledger.Entry{entry(a, -5), entry(b, 5)}, "entries[0].book"},
		{"plat_2", []ledger.Entry{entry(elsewhere, -5), entry(b, 5)}, "entries[1].book"},
	} {
		c := &ledger.Change{ID: "c", At: noon, Open: []ledger.Account{{Ref: elsewhere, Floor: ledger.Floor{Kind: ledger.Guarded}}},
			Post: []ledger.Transaction{{ID: "t", Book: x.book, Reason: "x", Entries: x.entries}}}
		_, results := ledger.Plan([]*ledger.Change{c}, books)
		requireCode(t, results[0].Err, ledger.Invalid, "book_mismatch")
		var e *ledger.Error
		require.ErrorAs(t, results[0].Err, &e)
		require.Equal(t, x.field, e.Field)
	}
}

// A version below zero is a mistake of the caller's, not a lost race.
func TestPlanRefusesNegativeVersions(t *testing.T) {
	object := thing("x", "1")
	object.Version = -1
	for _, c := range []ledger.Change{
		{Put: []ledger.Object{object}},
		{Emit: []ledger.Event{{Type: "x", Object: object.ID, Version: -1}}},
		{Expect: []ledger.Expectation{{Object: object.ID, Version: -1}}},
		{Expect: []ledger.Expectation{{Account: bank, Version: -1}}},
	} {
		c.ID, c.At = "c", noon
		c.Open = []ledger.Account{{Ref: bank}}
		_, err := ledger.NewMemory().Commit(t.Context(), &c)
		requireField(t, err, "invalid_version", "version")
	}
}

// Metadata has bounds, and text that is none is refused (promises 70 and 71).
func TestMetadataBounds(t *testing.T) {
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint("k", i)] = "v"
	}
	for _, x := range []struct {
		meta map[string]string
		code string
	}{
		{nil, ""}, {map[string]string{}, ""}, {map[string]string{"k": ""}, ""},
		{many, "metadata_too_many_keys"},
		{map[string]string{strings.Repeat("k", 41): "v"}, "metadata_key_too_long"},
		{map[string]string{strings.Repeat("é", 40): "v"}, ""},
		{map[string]string{"k": strings.Repeat("v", 501)}, "metadata_value_too_long"},
		{map[string]string{"k": strings.Repeat("é", 500)}, ""},
		{map[string]string{"": "v"}, "invalid_metadata"},
		{map[string]string{"k[0]": "v"}, "invalid_metadata"},
		{map[string]string{"k": "\xff"}, "invalid_metadata"},
		{map[string]string{"\xff": "v"}, "invalid_metadata"},
		{map[string]string{"k": "a\x00b"}, "invalid_metadata"},
		{map[string]string{"a\x00": "v"}, "invalid_metadata"},
		{map[string]string{"k": `=HYPERLINK("http://evil")`}, ""},
		{map[string]string{"k": "\ufeffx"}, ""},
		{map[string]string{"k": "\u202egpj.exe"}, ""},
		{map[string]string{"k": "e\u0301", "\u00e9": "1"}, ""},
	} {
		err := ledger.CheckMetadata(x.meta)
		if x.code == "" {
			require.Nil(t, err, "%q", x.meta)
			continue
		}
		requireCode(t, err, ledger.Invalid, x.code)
	}
}

// An id made of a change's belongs to that change: the store need not be asked
// about it, so nobody else may take it.
func TestIDsOfAnotherChange(t *testing.T) {
	s := ledger.NewMemory()
	r, o := euros("acct_1", "pending/2026-01-01"), euros("house", "acquirer/test")
	post := func(change string, ids ...string) error {
		c := ledger.Change{ID: change, At: noon, Open: []ledger.Account{{Ref: r}, {Ref: o}}}
		for _, id := range ids {
			c.Post = append(c.Post, ledger.Transaction{ID: id, Book: r.Book, Reason: "charge", Entries: []ledger.Entry{
				{Account: r, Amount: ledger.Minor(1, ledger.EUR)}, {Account: o, Amount: ledger.Minor(-1, ledger.EUR)},
			}})
		}
		_, err := s.Commit(t.Context(), &c)
		return err
	}
	require.NoError(t, post("chg_1", "chg_1.1", "chg_1.2", "mine.1"))
	require.ErrorIs(t, post("chg_2", "chg_2.1", "chg_2.1"), ledger.Exists, "twice in a change")
	require.ErrorIs(t, post("chg_3", "chg_1.1"), ledger.Invalid, "of another change")
	require.ErrorIs(t, post("chg_3", "chg_9.1"), ledger.Invalid, "of a change that is not there")
	require.ErrorIs(t, post("mine", "mine.1"), ledger.Exists, "an id that tells no change is looked for")
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Transactions("chg_1.2", "chg_1.1", "mine.1", "chg_1.3", "chg_2.1", "chg_1")
		require.Len(t, list, 3)
		require.Equal(t, "chg_1.2", list[0].ID)
		return err
	}))
}
