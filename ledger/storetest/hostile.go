package storetest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// nasty is text that stores, encodings and queries have tripped over.
var nasty = []string{
	"", " ", "'", `"`, `\`, "`", "%_", "';DROP TABLE entries;--", "metadata['x']) OR (1=1", "$1", "?", ":x", "{{.}}", "${x}",
	"=HYPERLINK(\"http://evil\")", "\ufeffx", "\u202egpj.exe", "e\u0301", "\u00e9", "\u0001\u0007\u007f", "\r\n\t", "\u2028\u2029",
	"İıŞß", "𝄞👨‍👩‍👧‍👦", "漢字", "\u0000", "\ufffd", "\U0010ffff", "null", "true", "1e400", "-0", "<script>&amp;", strings.Repeat("Ω", 500),
}

// hostileText keeps each text in data, metadata, events and wherever names may
// hold it, and finds all of it again, byte for byte.
func hostileText(t *trial) {
	a, b := t.ref("a' OR '1'='1", `pur"pose\`), t.ref(`"; --`, "%_$1?")
	t.open(ledger.Account{Ref: a}, ledger.Account{Ref: b})
	for i, text := range nasty {
		quoted, err := json.Marshal(map[string]string{"z": text, "a": text})
		require.NoError(t, err)
		// Order, repeated names, spaces and large numbers are kept too.
		raw := `{"z": 1.0e2, "a":9007199254740993 , "a":2, "t":` + string(quoted) + ` }`
		name := printable(text)
		id := ledger.ID{Kind: "thing", ID: t.book + data(int64(i)) + name}
		c := t.moves("x", a, b, 1)
		c.ID = t.env.ID("chg_") + name
		c.Post[0].ID = t.env.ID("tx_") + name
		c.Post[0].Reason = "r" + name
		c.Put = []ledger.Object{object(id, 0, raw, ledger.Key{Name: "n" + name, Value: name, At: noon})}
		c.Emit = []ledger.Event{{Type: "t" + name, Platform: t.book, Object: id, Data: []byte(raw)}}
		meta := map[string]string{"plain": text}
		if key := text; key != "" && len(key) <= 40 && !strings.ContainsAny(key, "[]") {
			meta[key] = "as a key"
		}
		c.Post[0].Meta = meta
		if strings.ContainsRune(text, 0) {
			t.refused(c, ledger.Invalid, "invalid_metadata")
			c.Post[0].Meta = nil
			meta = nil
		}
		t.commit(c)
		require.Equal(t, raw, string(t.object(id).Data))
		t.view(func(v ledger.View) error {
			list, err := v.Transactions(c.Post[0].ID)
			require.NoError(t, err)
			require.Equal(t, meta, list[0].Meta)
			require.Equal(t, c.Post[0].Reason, list[0].Reason)
			found, err := v.Find(ledger.Query{Kind: "thing", Name: "n" + name, Value: name, From: noon})
			require.NoError(t, err)
			require.Contains(t, ids(found), id.ID)
			return err
		})
		events := t.feed(t.s, ledger.MaxPage)
		require.Equal(t, raw, string(events[len(events)-1].Data))
	}
	t.has(b, int64(len(nasty)), 0)
	t.impossibleNames()
}

// printable keeps what may stand in a name.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, text)
}

// impossibleNames looks for what cannot be there. The answer is that it is not
// there, as for any other name: neither an error nor a panic.
func (t *trial) impossibleNames() {
	t.Helper()
	for _, bad := range []string{"\x00", "a\x00b", "\xff\xfe", "\u202e", strings.Repeat("x", 100000), ""} {
		r := ledger.Ref{Book: bad, Owner: bad, Purpose: bad, Currency: ledger.EUR}
		t.view(func(v ledger.View) error {
			accounts, err := v.Accounts(r, t.ref("house", "none"))
			require.NoError(t, err)
			require.Len(t, accounts, 2)
			require.Zero(t, accounts[0].Version)
			require.Equal(t, r, accounts[0].Ref)
			balance, err := v.BalanceAt(r, noon)
			require.NoError(t, err)
			require.True(t, balance.IsZero())
			entries, err := v.Entries(r, ledger.Page{})
			require.NoError(t, err)
			require.Empty(t, entries)
			objects, err := v.Objects(ledger.ID{Kind: bad, ID: bad})
			require.NoError(t, err)
			require.Equal(t, []ledger.Object{{ID: ledger.ID{Kind: bad, ID: bad}}}, objects)
			txs, err := v.Transactions(bad)
			require.NoError(t, err)
			require.Empty(t, txs)
			found, err := v.Find(ledger.Query{Kind: "thing", Name: "n", Value: bad + "\x00"})
			require.NoError(t, err)
			require.Empty(t, found)
			list, err := v.AccountsOf(ledger.AccountQuery{Book: bad + "\x00", Owner: bad, Purpose: bad})
			require.NoError(t, err)
			require.Empty(t, list)
			events, _, err := v.Events(t.start, bad+"\x00", 1)
			require.NoError(t, err)
			require.Empty(t, events)
			return nil
		})
		t.refused(t.moves("x", t.ref(bad, bad), t.ref(`"; --`, "%_$1?"), 1), ledger.NotFound, "account_not_found")
		c := t.change()
		c.Put = []ledger.Object{object(t.id("thing", "x"), 0, "{}")}
		c.Expect = []ledger.Expectation{{Account: r, Version: 1}}
		t.refused(c, ledger.Conflict, "changed")
		c.Expect = []ledger.Expectation{{Object: ledger.ID{Kind: bad, ID: bad + "\x00"}, Version: 1}}
		t.refused(c, ledger.Conflict, "changed")
		c.Expect, c.Close = nil, []ledger.Ref{r}
		t.refused(c, ledger.NotFound, "account_not_found")
		c.Close, c.Put[0].ID.ID = nil, bad
		t.refused(c, ledger.Invalid, "invalid_id")
	}
}

// addsUp does a bit of everything and has the books verified, as a host would.
func addsUp(t *trial) {
	for _, name := range []string{"1", "2", "3"} {
		t.clock.move(time.Second)
		t.commit(t.full(name))
	}
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	late := t.moves("top-up", bank, a, 5)
	late.Post[0].Effective = noon.AddDate(0, -1, 0)
	t.commit(late)
	t.commit(t.moves("dispute", a, bank, 2000))
	shared := t.ref("house", "processing_fees")
	c := t.moves("processing fee", bank, shared, 3)
	c.Open = []ledger.Account{{Ref: shared, Shared: true}}
	t.commit(c)
	for range 5 {
		t.commit(t.moves("processing fee", bank, shared, 4))
	}
	r, err := ledger.Verify(t.ctx, t.s)
	require.NoError(t, err)
	require.Empty(t, r.Differences)
	require.NoError(t, r.Err())
	require.GreaterOrEqual(t, r.Accounts, int64(9))
	require.GreaterOrEqual(t, r.Holds, int64(3))
	trial, err := ledger.NewTrialBalance(t.ctx, t.s, t.book)
	require.NoError(t, err)
	require.True(t, trial.IsZero())
	require.NotEmpty(t, trial.Lines)
}
