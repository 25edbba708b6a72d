// Package archivetest holds the stores on databases to what they say of archives.
package archivetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Store is a store that old transactions are moved out of.
type Store interface {
	ledger.Store
	Archive(ctx context.Context, r ledger.ArchiveRequest) (*ledger.ArchiveResult, error)
}

// Books is a store on a database of its own.
type Books struct {
	Store Store
	// Spread commits so that shared accounts are kept in several pieces, where the
	// database does that.
	Spread func(t testing.TB, c *ledger.Change)
	// DB is the database as its owner sees it, and names of tables follow on Prefix.
	DB     *sql.DB
	Prefix string
	// Join is a store in a transaction of DB.
	Join func(tx *sql.Tx) ledger.Store
	// Rows are those of a query, as text; Compare compares views to the store.
	Rows    func(t testing.TB, query string) []string
	Compare func(t *testing.T)
	// Disarm makes tables forget what they refuse.
	Disarm func(t testing.TB)
}

// Suite opens books.
type Suite func(t *testing.T) *Books

// Run tries every law, each on books of its own.
func (open Suite) Run(t *testing.T) {
	t.Helper()
	for name, law := range map[string]func(*testing.T, *Books){
		"what is not closed stays":                   notClosed,
		"everything reads as before":                 readsAsBefore,
		"it is cut off anywhere and goes on":         cutOff,
		"a crash writes lines twice and loses none":  linesTwice,
		"ids are never forgotten":                    idsStay,
		"what counts later stays":                    countsLater,
		"an account moves from its beginning":        fromTheBeginning,
		"what was moved is asked for in vain":        refusals,
		"a clock that was behind breaks nothing":     lateClock,
		"Verify finds what was tampered with":        tampering,
		"tables let nobody else delete":              guards,
		"a transaction that is not whole stays":      notWhole,
		"views show what is there":                   views,
		"a statement takes a part of many":           many,
		"a marketplace goes on":                      marketplace,
		"whoever posts meanwhile loses nothing":      traffic,
		"a closed store moves nothing":               closedStore,
		"two that move at once move everything once": twoAtOnce,
	} {
		t.Run(name, func(t *testing.T) { law(t, open(t)) })
	}
}

const book = "plat_1"

// start is when everything begins.
var start = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func ref(owner, purpose string) ledger.Ref {
	return ledger.Ref{Book: book, Owner: owner, Purpose: purpose, Currency: ledger.EUR}
}

var (
	bank = ref("house", "bank/main") // everybody's, so it is shared
	fees = ref("house", "fees/own")
)

func seller(n int) ledger.Ref { return ref("acct_"+string(rune('a'+n)), "available") }

// world posts to books, and knows what it posted.
type world struct {
	testing.TB
	*Books
	now    time.Time
	n      int
	posted map[string]ledger.Archived
	out    bytes.Buffer // the archive
}

func newWorld(t testing.TB, b *Books) *world {
	return &world{TB: t, Books: b, now: start, posted: make(map[string]ledger.Archived)}
}

// change is a change at the world's time, which rises with it.
func (w *world) change(list ...ledger.Transaction) *ledger.Change {
	w.n++
	w.now = w.now.Add(time.Second)
	return &ledger.Change{ID: "chg_" + number(w.n), At: w.now, Open: []ledger.Account{{Ref: bank, Shared: true}, {Ref: fees, Shared: true}}, Post: list}
}

// pay is a payment to a seller, who gets all but a cent.
func (w *world) pay(to ledger.Ref, minor int64) ledger.Transaction {
	return ledger.Transaction{ID: "tx_" + number(w.n+1), Book: book, Reason: "top-up", Entries: []ledger.Entry{
		{Account: bank, Amount: ledger.Minor(-minor, ledger.EUR)}, {Account: to, Amount: ledger.Minor(minor-1, ledger.EUR)}, {Account: fees, Amount: ledger.Minor(1, ledger.EUR)}}}
}

// does commits a payment, through the database's many ways.
func (w *world) does(tx ledger.Transaction) {
	w.Helper()
	c := w.change(tx)
	c.Open = append(c.Open, ledger.Account{Ref: tx.Entries[1].Account, Floor: ledger.Floor{Kind: ledger.Guarded}})
	w.Spread(w, c)
}

func number(n int) string {
	const digits = "0123456789"
	text := ""
	for range 5 {
		text, n = string(digits[n%10])+text, n/10
	}
	return text
}

// closes closes the book until now, and returns that moment.
func (w *world) closes() time.Time {
	w.Helper()
	w.now = w.now.Add(time.Minute)
	until := w.now
	w.closesAt(until)
	w.now = w.now.Add(time.Minute)
	return until
}

func (w *world) closesAt(until time.Time) {
	w.Helper()
	e := ledger.Env{Now: func() time.Time { return w.now }}
	require.NoError(w, e.ClosePeriod(w.Context(), w.Store, book, until))
}

// archives moves everything before a moment into the world's archive.
func (w *world) archives(before time.Time, limit int) *ledger.ArchiveResult {
	w.Helper()
	r, err := w.Store.Archive(w.Context(), ledger.ArchiveRequest{Book: book, Before: before, To: &w.out, Limit: limit})
	require.NoError(w, err)
	return r
}

// archive reads the world's archive; a line may come twice, and is the same then.
func (w *world) archive() (map[string]ledger.Archived, int) {
	w.Helper()
	all, lines := make(map[string]ledger.Archived), 0
	require.NoError(w, ledger.ReadArchive(bytes.NewReader(w.out.Bytes()), func(a *ledger.Archived) error {
		lines++
		if was, ok := all[a.Transaction.ID]; ok {
			require.Equal(w, was, *a)
		}
		all[a.Transaction.ID] = *a
		return nil
	}))
	return all, lines
}

// view reads.
func (w *world) view(fn func(v ledger.View) error) {
	w.Helper()
	require.NoError(w, w.Store.Read(w.Context(), fn))
}

// books reads every transaction that has entries, by the lists of its accounts.
func (w *world) books() map[string]ledger.Archived {
	w.Helper()
	all := make(map[string]ledger.Archived)
	w.view(func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) error {
			for p := (ledger.Page{Limit: 7}); ; {
				list, err := v.Entries(a.Ref, p)
				if err != nil || len(list) == 0 {
					return err
				}
				for _, e := range list {
					if err := whole(v, all, e); err != nil {
						return err
					}
				}
				p.After = list[len(list)-1].Place(ledger.ByPosting)
			}
		})
	})
	return all
}

// whole adds an entry to its transaction.
func whole(v ledger.View, all map[string]ledger.Archived, e ledger.Posted) error {
	x, ok := all[e.Transaction]
	if !ok {
		list, err := v.Transactions(e.Transaction)
		if err != nil {
			return err
		}
		x = ledger.Archived{Transaction: list[0], Entries: make([]ledger.Posted, len(list[0].Entries))}
	}
	for i := range x.Entries {
		if x.Transaction.Entries[i].Account == e.Account {
			x.Entries[i] = e
		}
	}
	all[e.Transaction] = x
	return nil
}

// addsUp has the books verified, and returns the report.
func (w *world) addsUp() *ledger.Report {
	w.Helper()
	r, err := ledger.Verify(w.Context(), w.Store)
	require.NoError(w, err)
	require.NoError(w, r.Err())
	return r
}

// nothingIsLost: what the archive and the books have is what was posted, as it
// was, and neither has what the other has, but for what was written and not yet
// deleted.
func (w *world) nothingIsLost(was map[string]ledger.Archived, both ...string) {
	w.Helper()
	moved, _ := w.archive()
	is := w.books()
	for id, a := range moved {
		twice, ok := is[id]
		if require.Equal(w, slices.Contains(both, id), ok, "%s is in the books and in the archive", id); ok {
			require.Equal(w, twice, a)
		}
		is[id] = a
	}
	require.Equal(w, len(was), len(is))
	for id := range was {
		require.Equal(w, was[id], is[id])
	}
}

func hasCode(t testing.TB, err error, class ledger.Class, code, field string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{class, code, field}, []any{e.Class, e.Code, e.Field}, "%v", err)
}

// torn is a writer that fails after some bytes.
type torn struct {
	to   *bytes.Buffer
	left int
}

func (f *torn) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	f.left -= n
	f.to.Write(p[:n])
	if n < len(p) {
		return n, errors.New("the disk is full")
	}
	return n, nil
}
