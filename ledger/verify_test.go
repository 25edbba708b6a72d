package ledger

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func verifyRef(owner, purpose string) Ref {
	return Ref{Book: "plat_1", Owner: owner, Purpose: purpose, Currency: EUR}
}

// tampered is books with a bit of everything, whose memory tests write to.
func tampered(t *testing.T) *Memory {
	t.Helper()
	m := NewMemory()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e := Env{Now: func() time.Time { return noon }}
	bank, a, frozen, fees := verifyRef("house", "bank"), verifyRef("a", "available"), verifyRef("a", "frozen"), verifyRef("house", "processing_fees")
	_, err := e.Update(t.Context(), m, func(u *Unit) error {
		for _, r := range []Ref{bank, a, frozen} {
			u.Open(Account{Ref: r})
		}
		u.Open(Account{Ref: fees, Shared: true})
		for i := range 3 {
			u.Post(Transaction{ID: fmt.Sprint("tx_", i), Book: "plat_1", Reason: "refund", Meta: map[string]string{"k": "ü"}, Entries: []Entry{
				{Account: bank, Amount: Minor(-100, EUR)}, {Account: a, Amount: Minor(70, EUR), Forced: i == 1}, {Account: fees, Amount: Minor(30, EUR)},
			}})
		}
		u.Post(Transaction{ID: "tx_3", Book: "plat_1", Reason: "freeze", Entries: []Entry{{Account: a, Amount: Minor(-50, EUR)}, {Account: frozen, Amount: Minor(50, EUR)}}})
		for _, id := range []string{"h1", "h2"} {
			u.Hold(HoldStep{Op: PlaceHold, ID: id, Account: a, Amount: Minor(20, EUR)})
		}
		return nil
	})
	require.NoError(t, err)
	return m
}

// Each way to tamper with the books is reported, and named (edge case 101,
// promises 1 to 4 and 62).
func TestVerifyFindsTampering(t *testing.T) {
	a, bank, frozen := verifyRef("a", "available"), verifyRef("house", "bank"), verifyRef("a", "frozen")
	hold := func(m *Memory, data string) { m.objects[ID{HoldKind, "h1"}].data = []byte(data) }
	for name, x := range map[string]struct {
		tamper func(m *Memory)
		want   []string // parts of one line of the report each
	}{
		"nothing":            {func(m *Memory) {}, nil},
		"amount of an entry": {func(m *Memory) { m.accounts[a].entries.at(1).amount++ }, []string{"entry 2 is not what its transaction tx_1 says", "entry 2 says the balance"}},
		"running balance":    {func(m *Memory) { m.accounts[a].entries.at(1).balance-- }, []string{"entry 2 says the balance is 1.39 EUR"}},
		"a balance":          {func(m *Memory) { m.accounts[a].Posted.minor++ }, []string{"its entries add up to", "book plat_1 in EUR: its accounts add up to 1 minor units"}},
		"two balances":       {func(m *Memory) { m.accounts[a].Posted.minor++; m.accounts[bank].Posted.minor-- }, []string{"plat_1:a:available:EUR: its balance", "plat_1:house:bank:EUR: its balance"}},
		"count of entries":   {func(m *Memory) { m.accounts[a].Entries++ }, []string{"it counts 5 entries and has 4"}},
		"the last entry":     {func(m *Memory) { x := m.accounts[a]; x.entries.n = 3 }, []string{"its balance is 1.60 EUR"}},
		"an entry between": {func(m *Memory) {
			x := m.accounts[a]
			x.entries.blocks[0] = append(x.entries.blocks[0][:1], x.entries.blocks[0][2:]...)
			x.entries.n--
		}, []string{"entry 2 says the balance"}},
		"numbers":                   {func(m *Memory) { m.accounts[a].first++ }, []string{"entry 2 stands where 1 should"}},
		"a transaction":             {func(m *Memory) { delete(m.txs, "tx_2") }, []string{"belongs to transaction tx_2, which is not there"}},
		"entry of a transaction":    {func(m *Memory) { m.txs["tx_1"].lines[1].amount++ }, []string{"entry 2 is not what its transaction tx_1 says", "transaction tx_1: the entries in EUR add up to"}},
		"account in a transaction":  {func(m *Memory) { m.txs["tx_3"].lines[1].account = m.accounts[bank].index }, []string{"entry 1 is not what its transaction tx_3 says"}},
		"account twice":             {func(m *Memory) { m.txs["tx_0"].lines[1].account = m.accounts[bank].index }, []string{"transaction tx_0: no account stands twice"}},
		"an unbalanced transaction": {unbalance, []string{"transaction tx_3: the entries in EUR add up to 0.01", "book plat_1 in EUR"}},
		"force":                     {func(m *Memory) { m.txs["tx_3"].lines[0].forced = true }, []string{"transaction tx_3: the chart does not let a caller force"}},
		"reason":                    {func(m *Memory) { retell(m, func(t *Transaction) { t.Reason = "charge" }) }, []string{"tell different times, reasons or objects"}},
		"posting time":              {func(m *Memory) { retell(m, func(t *Transaction) { t.Posted = t.Posted.Add(time.Microsecond) }) }, []string{"tell different times"}},
		"effective time":            {func(m *Memory) { retell(m, func(t *Transaction) { t.Effective = t.Effective.Add(time.Microsecond) }) }, []string{"tell different times"}},
		"book":                      {func(m *Memory) { retell(m, func(t *Transaction) { t.Book = "plat_2" }) }, []string{"tell different times"}},
		"object":                    {func(m *Memory) { retell(m, func(t *Transaction) { t.Object.ID = "x" }) }, []string{"tell different times"}},
		"metadata out of bounds":    {func(m *Memory) { m.txs["tx_1"].more.meta["k\xff"] = "x" }, []string{"transaction tx_1: a metadata key is text"}},
		"order of times":            {func(m *Memory) { m.txs["tx_1"].posted = m.txs["tx_0"].posted }, []string{"not after the one before it"}},
		"last time":                 {func(m *Memory) { m.accounts[a].Last = m.accounts[a].Last.Add(1000) }, []string{"its version is"}},
		"version":                   {func(m *Memory) { m.accounts[a].Version = 0 }, []string{"its version is 0"}},
		"closed and full":           {func(m *Memory) { m.accounts[a].Closed = true }, []string{"it is closed and not empty"}},
		"below a hard floor":        {func(m *Memory) { m.accounts[frozen].Posted.minor = -1 }, []string{"plat_1:a:frozen:EUR: its balance"}},
		"a soft floor":              {func(m *Memory) { m.accounts[a].Floor.Kind = NoFloor }, []string{"its floor is not that of the chart"}},
		"a hold that is no JSON":    {func(m *Memory) { hold(m, "{") }, []string{"hold h1", "it says 0.40 EUR is held, its open holds add up to 0.20"}},
		"a hold that loses": {func(m *Memory) {
			hold(m, strings.Replace(string(m.objects[ID{HoldKind, "h1"}].data), `"amountMinor":20`, `"amountMinor":21`, 1))
		}, []string{"hold h1: captured 0.00 EUR, released 0.00 EUR and open 0.20 EUR are not its 0.21"}},
		"held":                     {func(m *Memory) { m.accounts[a].Held.minor-- }, []string{"it says 0.39 EUR is held"}},
		"a hold that is not found": {func(m *Memory) { delete(m.index, indexName{HoldKind, HoldAccountKey, a.String()}) }, []string{"its open holds add up to 0.00"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := tampered(t)
			x.tamper(m)
			r, err := Verify(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, len(x.want) == 0, r.OK())
			require.Equal(t, r.OK(), r.Err() == nil)
			var lines []string
			for _, d := range r.Differences {
				lines = append(lines, d.String())
			}
			for _, want := range x.want {
				require.Contains(t, strings.Join(lines, "\n"), want)
			}
			if r.OK() {
				require.Equal(t, []int64{4, 11, 4, 2}, []int64{r.Accounts, r.Entries, r.Transactions, r.Holds})
			}
		})
	}
}

// unbalance changes an entry everywhere it is told, so that only the sums show.
func unbalance(m *Memory) {
	r := verifyRef("a", "frozen")
	x := m.accounts[r]
	x.entries.at(0).amount++
	x.entries.at(0).balance++
	x.Posted.minor++
	m.txs["tx_3"].lines[1].amount++
}

// retell lets transaction tx_1 say something else than its entries do.
func retell(m *Memory, change func(*Transaction)) {
	tx := *m.txs["tx_1"]
	shown := m.shown(&tx)
	change(&shown)
	m.keep(&tx, &shown)
	m.txs["tx_1"] = &tx
}

// A hard floor that is broken consistently is still reported (promise 4).
func TestVerifyFindsABrokenFloor(t *testing.T) {
	m := tampered(t)
	frozen, bank := m.accounts[verifyRef("a", "frozen")], m.accounts[verifyRef("house", "bank")]
	frozen.entries.at(0).amount, frozen.entries.at(0).balance, frozen.Posted.minor = -10, -10, -10
	m.txs["tx_3"].lines[1].amount = -10
	m.txs["tx_3"].lines[0].amount, m.txs["tx_3"].lines[0].account = 10, bank.index
	r, err := Verify(t.Context(), m)
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(r.Differences), "it is below a floor that nothing may break: -0.10 EUR")
}

// What one book lacks and another has too much is found, although all books
// together add up to zero (promise 1).
func TestVerifyAddsUpEachBook(t *testing.T) {
	m := tampered(t)
	other := verifyRef("z", "own")
	other.Book = "plat_2"
	_, err := m.Commit(t.Context(), &Change{ID: "open", At: time.Unix(1, 0), Open: []Account{{Ref: other}}})
	require.NoError(t, err)
	m.accounts[other].Posted.minor = 7
	m.accounts[verifyRef("house", "bank")].Posted.minor -= 7
	r, err := Verify(t.Context(), m)
	require.NoError(t, err)
	lines := fmt.Sprint(r.Differences)
	require.Contains(t, lines, "book plat_1 in EUR: its accounts add up to -7 minor units")
	require.Contains(t, lines, "book plat_2 in EUR: its accounts add up to 7 minor units")
}

// The report is bounded and says how much more there is; the context ends it.
func TestVerifyIsBounded(t *testing.T) {
	m := tampered(t)
	for i := range 1200 {
		r := verifyRef(fmt.Sprint("x", i), "own")
		_, err := m.Commit(t.Context(), &Change{ID: fmt.Sprint("open", i), At: time.Unix(1, 0), Open: []Account{{Ref: r}}})
		require.NoError(t, err)
		m.accounts[r].Version = 0
	}
	r, err := Verify(t.Context(), m)
	require.NoError(t, err)
	require.Len(t, r.Differences, 1000)
	require.EqualValues(t, 200, r.More)
	require.ErrorContains(t, r.Err(), "1200 differences, the first: account plat_1:x0:own:EUR")
	ctx, stop := context.WithCancel(t.Context())
	n := 0
	_, err = Verify(ctx, stopAfter{m, func() {
		if n++; n == 2 {
			stop()
		}
	}})
	require.ErrorIs(t, err, Unavailable)
}

// stopAfter calls a function at each list of entries that is read.
type stopAfter struct {
	Store
	at func()
}

type stopView struct {
	View
	at func()
}

func (s stopAfter) Read(ctx context.Context, fn func(View) error) error {
	return s.Store.Read(ctx, func(v View) error { return fn(stopView{v, s.at}) })
}

func (v stopView) Entries(r Ref, p Page) ([]Posted, error) {
	v.at()
	return v.View.Entries(r, p)
}

// Sums that leave 64 bits on their way to zero are no difference (promise 6).
func TestVerifyOfLargeBooks(t *testing.T) {
	m := NewMemory()
	const top = 1<<63 - 1
	_, err := Env{}.Update(t.Context(), m, func(u *Unit) error {
		for i := range 2 {
			in, out := verifyRef(fmt.Sprint("a", i), "own"), verifyRef(fmt.Sprint("z", i), "own")
			u.Open(Account{Ref: in})
			u.Open(Account{Ref: out})
			u.Post(Transaction{Book: "plat_1", Reason: "x", Entries: []Entry{{Account: in, Amount: Minor(top, EUR)}, {Account: out, Amount: Minor(-top, EUR)}}})
		}
		return nil
	})
	require.NoError(t, err)
	r, err := Verify(t.Context(), m)
	require.NoError(t, err)
	require.NoError(t, r.Err())
}
