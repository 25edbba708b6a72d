package viewtest

import (
	"database/sql"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Currencies compares the digits that the views know to those of the ledger.
func Currencies(t *testing.T, db *sql.DB, prefix string) {
	t.Helper()
	is := make(map[string]int)
	rows, err := db.QueryContext(t.Context(), `select code, digits from `+prefix+`currencies`)
	require.NoError(t, err)
	for rows.Next() {
		var code string
		var digits int
		require.NoError(t, rows.Scan(&code, &digits))
		is[code] = digits
	}
	require.NoError(t, rows.Err())
	want := make(map[string]int)
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for i := range 26 * 26 * 26 {
		code := string([]byte{letters[i/676], letters[i/26%26], letters[i%26]})
		if c, err := ledger.ParseCurrency(code); err == nil {
			want[code] = c.Digits()
		}
	}
	require.Equal(t, want, is, "a later migration adds what is new")
}

// Database is a migrated database of a test's own.
type Database struct {
	*sql.DB
	Store   ledger.Store
	Prefix  string // of the names of its tables and views
	Migrate func(kinds ...ledger.KindInfo) error
}

// Kinds is a suite for the views of kinds.
func Kinds(t *testing.T, open func(t *testing.T) Database) {
	for _, law := range []struct {
		name string
		run  func(t *testing.T, db Database)
	}{
		{"columns have types", columnTypes},
		{"columns that change make the view anew", changedColumns},
		{"names that are taken are refused", takenNames},
		{"names that are none are refused", badNames},
		{"many processes at once", atOnce},
	} {
		t.Run(law.name, func(t *testing.T) { law.run(t, open(t)) })
	}
}

var thing = ledger.KindInfo{Name: "test.thing", Prefix: "thing_", Columns: []ledger.Column{
	{Name: "text", Path: "text"}, {Name: "n", Path: "n", Type: ledger.IntegerColumn}, {Name: "yes", Path: "yes", Type: ledger.BooleanColumn},
	{Name: "made", Path: "at.made", Type: ledger.TimeColumn}, {Name: "price", Path: "price", Type: ledger.MoneyColumn},
	{Name: "select", Path: "at.who"},
}}

func columnTypes(t *testing.T, db Database) {
	require.NoError(t, db.Migrate(thing))
	for id, data := range map[string]string{
		"1": `{"text": "a'b", "n": 9007199254740993, "yes": true, "at": {"made": "2026-03-01T12:00:00Z", "who": "x"}, "price": {"amountMinor": -5, "currency": "EUR"}}`,
		"2": `{"text": "7", "n": 0, "yes": false, "price": {"amountMinor": 1500, "currency": "JPY"}}`,
		"3": `{"price": {"amountMinor": 9223372036854775807, "currency": "USDC/6"}}`,
		"4": `{"text": null, "n": "12", "yes": 1, "at": {"made": "soon"}, "price": {"amountMinor": 5, "currency": "QQQ"}}`,
		"5": `{}`,
		"6": ``,
	} {
		_, err := db.Store.Commit(t.Context(), &ledger.Change{ID: "chg_" + id, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
			Put: []ledger.Object{{ID: ledger.ID{Kind: thing.Name, ID: id}, Data: []byte(data)}, {ID: ledger.ID{Kind: "test.other", ID: id}, Data: []byte(data)}}})
		require.NoError(t, err)
	}
	require.Equal(t, []string{
		"1 | 1 | a'b | 9007199254740993 | 1 | x | -0.05",
		"2 | 1 | 7 | 0 | 0 | <nil> | 1500",
		"3 | 1 | <nil> | <nil> | <nil> | <nil> | 9223372036854.775807",
		"4 | 1 | <nil> | <nil> | <nil> | <nil> | <nil>",
		"5 | 1 | <nil> | <nil> | <nil> | <nil> | <nil>",
		"6 | 1 | <nil> | <nil> | <nil> | <nil> | <nil>",
	}, Rows(t, db.DB, `select id, version, text, n, yes, "select", price from `+db.Prefix+`test_thing order by id`))
	require.Equal(t, []string{"1"}, Rows(t, db.DB, `select id from `+db.Prefix+`test_thing where made > '2026-03-01' and made < '2026-03-02'`))
}

func changedColumns(t *testing.T, db Database) {
	require.NoError(t, db.Migrate(thing))
	require.NoError(t, db.Migrate(thing, thing))
	fewer := ledger.KindInfo{Name: thing.Name, Columns: []ledger.Column{{Name: "n", Path: "text"}, {Name: "more", Path: "more"}}}
	require.NoError(t, db.Migrate(fewer))
	require.Empty(t, Rows(t, db.DB, `select id, version, n, more from `+db.Prefix+`test_thing`))
	_, err := db.Exec(`select price from ` + db.Prefix + `test_thing`)
	require.Error(t, err)
	require.NoError(t, db.Migrate(), "views of kinds that are not named stay")
	require.Empty(t, Rows(t, db.DB, `select more from `+db.Prefix+`test_thing`))
	_, err = db.Exec(`drop view ` + db.Prefix + `test_thing`)
	require.NoError(t, err)
	require.NoError(t, db.Migrate(fewer), "and one that was taken away comes again")
	require.Empty(t, Rows(t, db.DB, `select more from `+db.Prefix+`test_thing`))
}

func takenNames(t *testing.T, db Database) {
	_, err := db.Exec(`create table ` + db.Prefix + `test_thing (id text)`)
	require.NoError(t, err)
	for _, name := range []string{"accounts", "balances", "journal", "event.log", "schema_migrations", "test.thing", "Test_Thing", "accounts.open"} {
		requireCode(t, db.Migrate(ledger.KindInfo{Name: "test.fine"}, ledger.KindInfo{Name: name}), ledger.State, "name_taken")
	}
	require.Empty(t, Rows(t, db.DB, `select id from `+db.Prefix+`test_thing`))
	_, err = db.Exec(`select id from ` + db.Prefix + `test_fine`)
	require.Error(t, err, "all views are made, or none")
}

func badNames(t *testing.T, db Database) {
	column := func(name, path string, t ledger.ColumnType) ledger.KindInfo {
		return ledger.KindInfo{Name: "test.bad", Columns: []ledger.Column{{Name: name, Path: path, Type: t}}}
	}
	for _, k := range []ledger.KindInfo{
		{}, {Name: "a b"}, {Name: "a;b"}, {Name: `a"b`}, {Name: "a'b"}, {Name: "ä"}, {Name: strings.Repeat("x", 59)},
		column("", "a", 0), column("a", "", 0), column("a", "a..b", 0), column("a", "a'", 0), column(`a"`, "a", 0), column("a", "{a,b}", 0),
		column("id", "a", 0), column("Version", "a", 0), column("a", "a", ledger.MoneyColumn+1), column(strings.Repeat("x", 64), "a", 0),
		{Name: "test.bad", Columns: []ledger.Column{{Name: "a", Path: "a"}, {Name: "A", Path: "b"}}},
	} {
		requireCode(t, db.Migrate(k), ledger.Invalid, "invalid_kind")
	}
	requireCode(t, db.Migrate(ledger.KindInfo{Name: "a.b"}, ledger.KindInfo{Name: "a_b"}), ledger.Invalid, "invalid_kind")
}

func atOnce(t *testing.T, db Database) {
	other := ledger.KindInfo{Name: thing.Name}
	var group sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		group.Go(func() {
			if i%2 == 0 {
				errs[i] = db.Migrate(thing)
			} else {
				errs[i] = db.Migrate(other)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.NoError(t, db.Migrate(thing))
	require.Empty(t, Rows(t, db.DB, `select price from `+db.Prefix+`test_thing`))
}

func requireCode(t *testing.T, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{class, code}, []any{e.Class, e.Code}, "%v", err)
}

// SQL returns the statements in each block of SQL of a page, from one heading to
// another; "" is its end.
func SQL(t *testing.T, page, from, to string) (blocks [][]string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	_, part, ok := strings.Cut(string(text), "\n"+from+"\n")
	require.True(t, ok, from)
	if to != "" {
		part, _, ok = strings.Cut(part, "\n"+to+"\n")
		require.True(t, ok, to)
	}
	for _, after := range strings.Split(part, "```sql\n")[1:] {
		block, _, _ := strings.Cut(after, "```")
		var list []string
		for _, statement := range strings.SplitAfter(block, ";") {
			if strings.HasSuffix(statement, ";") {
				list = append(list, statement)
			} else if len(list) > 0 {
				list[len(list)-1] += statement // a comment behind it
			}
		}
		blocks = append(blocks, list)
	}
	return blocks
}
