package ledger_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// backdated fills an account with entries that count before, when and after
// they were posted.
func backdated(t testing.TB, n int) (ledger.Store, ledger.Ref) {
	t.Helper()
	clock := newClock()
	s, e := ledger.NewMemory(), clock.env()
	a := euros("acct_1", "own")
	funded(t, e, s, a, 0)
	r := rand.New(rand.NewPCG(7, 7))
	for i := range n {
		clock.move(time.Duration(r.IntN(3)) * time.Minute)
		tx := transfer("x", bank, a, int64(r.IntN(200)-100)*2+1)
		tx.Meta = map[string]string{"n": fmt.Sprint(i)}
		if r.IntN(3) == 0 {
			tx.Effective = clock.read().Add(time.Duration(r.IntN(200)-100) * time.Minute)
		}
		mustUpdate(t, e, s, func(u *ledger.Unit) { u.Post(tx) })
	}
	return s, a
}

func at(e ledger.Posted, by ledger.TimeKind) time.Time { return e.Place(by).At }

// A statement by either time is what adding up all entries one by one says: for
// any period, with back-dated entries, in one moment (promises 3 and 49).
func TestStatementsAddUp(t *testing.T) {
	s, a := backdated(t, 300)
	all := entriesOf(t, s, a, ledger.Page{})
	var moments []time.Time
	for i := 0; i < len(all); i += 13 {
		moments = append(moments, all[i].At, all[i].Effective, all[i].At.Add(time.Microsecond))
	}
	moments = append(moments, time.Time{}, noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0))
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		q := ledger.StatementRequest{Account: a, By: ledger.TimeKind(r.IntN(2)), From: moments[r.IntN(len(moments))], To: moments[r.IntN(len(moments))]}
		st, err := ledger.NewStatement(t.Context(), s, q)
		if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
			requireCode(t, err, ledger.Invalid, "invalid_range")
			continue
		}
		require.NoError(t, err)
		want := slices.Clone(all)
		slices.SortStableFunc(want, func(a, b ledger.Posted) int {
			return cmp.Or(at(a, q.By).Compare(at(b, q.By)), cmp.Compare(a.Number, b.Number))
		})
		opening, lines := int64(0), []ledger.Posted(nil)
		for _, e := range want {
			switch {
			case !q.From.IsZero() && at(e, q.By).Before(q.From):
				opening += e.Amount.Minor()
			case q.To.IsZero() || at(e, q.By).Before(q.To):
				lines = append(lines, e)
			}
		}
		require.Equal(t, opening, st.Opening.Minor(), "%+v", q)
		require.Len(t, st.Lines, len(lines))
		for i, e := range lines {
			opening += e.Amount.Minor()
			require.Equal(t, ledger.StatementLine{Posted: e, Balance: ledger.Minor(opening, ledger.EUR)}, st.Lines[i])
		}
		require.Equal(t, opening, st.Closing.Minor())
	}
}

// One period ends where the next begins, whatever is posted into which.
func TestStatementsMeet(t *testing.T) {
	s, a := backdated(t, 200)
	for _, by := range []ledger.TimeKind{ledger.ByPosting, ledger.ByEffective} {
		closing := ledger.Zero(ledger.EUR)
		for from := noon.Add(-3 * time.Hour); from.Before(noon.Add(9 * time.Hour)); from = from.Add(37 * time.Minute) {
			st, err := ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: a, By: by, From: from, To: from.Add(37 * time.Minute)})
			require.NoError(t, err)
			require.Equal(t, closing, st.Opening)
			closing = st.Closing
		}
		require.Equal(t, balance(t, s, a).Posted, closing)
	}
}

// A statement is whole or refused, also at the size of a page (promise 70).
func TestStatementLimit(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	a := euros("acct_1", "own")
	funded(t, e, s, a, 0)
	for range 21 {
		mustUpdate(t, e, s, func(u *ledger.Unit) {
			for range 100 {
				u.Post(transfer("x", bank, a, 1))
			}
		})
	}
	for limit, ok := range map[int]bool{0: true, 2100: true, 2099: false, 1: false, 5000: true} {
		st, err := ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: a, Limit: limit})
		if !ok {
			requireCode(t, err, ledger.Invalid, "statement_too_long")
			continue
		}
		require.NoError(t, err)
		require.Len(t, st.Lines, 2100)
		require.EqualValues(t, 2100, st.Closing.Minor())
	}
	_, err := ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: a, Limit: -1})
	requireField(t, err, "invalid_limit", "limit")
	nobody := euros("nobody", "own")
	_, err = ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: nobody, From: noon})
	requireCode(t, err, ledger.NotFound, "account_not_found")
	var typed *ledger.Error
	require.ErrorAs(t, err, &typed)
	require.Equal(t, nobody, typed.Account)
	_, err = ledger.NewStatement(t.Context(), s, ledger.StatementRequest{})
	requireCode(t, err, ledger.Invalid, "invalid_account")
	mustUpdate(t, e, s, func(u *ledger.Unit) { u.Open(ledger.Account{Ref: nobody}) })
	st, err := ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: nobody})
	require.NoError(t, err, "an account in which nothing has happened")
	require.Empty(t, st.Lines)
	require.Equal(t, ledger.Zero(ledger.EUR), st.Closing)
	_, err = ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: a, By: 9})
	requireCode(t, err, ledger.Invalid, "invalid_range")
	_, err = ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: a, From: noon, To: noon})
	requireCode(t, err, ledger.Invalid, "invalid_range")
}

// A statement of several pages by effective time, where that runs against the
// time of posting.
func TestStatementPagesByEffectiveTime(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	a := euros("acct_1", "own")
	funded(t, e, s, a, 0)
	const n = 2*ledger.MaxPage + 10
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		for i := range n {
			tx := transfer("x", bank, a, int64(i)+1)
			tx.Effective = noon.Add(-time.Duration(i/3) * time.Hour)
			u.Post(tx)
		}
	})
	st, err := ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: a, By: ledger.ByEffective})
	require.NoError(t, err)
	require.Len(t, st.Lines, n)
	for i, l := range st.Lines[1:] {
		was := st.Lines[i]
		require.True(t, was.Effective.Before(l.Effective) || was.Effective.Equal(l.Effective) && was.Number < l.Number)
	}
	from := noon.Add(-100 * time.Hour) // all but the last 303 count before
	st, err = ledger.NewStatement(t.Context(), s, ledger.StatementRequest{Account: a, By: ledger.ByEffective, From: from})
	require.NoError(t, err)
	require.Len(t, st.Lines, 303)
	require.Equal(t, balance(t, s, a).Posted, st.Closing)
}

// Promise 1: every currency of a trial balance is zero, book by book, and the
// lines stand in the order of the chart.
func TestTrialBalance(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	usd := func(owner, purpose string) ledger.Ref { return inCurrency(owner, purpose, ledger.USD) }
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		for _, r := range []ledger.Ref{
			euros("house", "acquirer/b"), euros("house", "acquirer/a"), euros("acct_1", "available"), euros("acct_2", "available"),
			euros("acct_1", "pending/2026-03-01"), euros("acct_2", "pending/2026-03-02"), euros("house", "processing_fees"), euros("house", "zebra"), euros("house", "apple"),
			usd("acct_1", "available"), usd("house", "bank/main"),
		} {
			u.Open(ledger.Account{Ref: r})
		}
		u.Post(ledger.Transaction{Book: book, Reason: "charge", Entries: []ledger.Entry{
			entry(euros("house", "acquirer/a"), -1000), entry(euros("house", "acquirer/b"), -500), entry(euros("acct_1", "available"), 300),
			entry(euros("acct_2", "available"), 200), entry(euros("acct_1", "pending/2026-03-01"), 600), entry(euros("acct_2", "pending/2026-03-02"), 300),
			entry(euros("house", "processing_fees"), 90), entry(euros("house", "zebra"), 4), entry(euros("house", "apple"), 6),
		}})
		u.Post(transfer("top-up", usd("house", "bank/main"), usd("acct_1", "available"), 70))
		elsewhere := euros("acct_9", "own")
		elsewhere.Book = "plat_2"
		other := elsewhere
		other.Owner = "house"
		u.Open(ledger.Account{Ref: elsewhere})
		u.Open(ledger.Account{Ref: other})
		tx := transfer("x", other, elsewhere, 12345)
		tx.Book = elsewhere.Book
		u.Post(tx)
	})
	tb, err := ledger.NewTrialBalance(t.Context(), s, book)
	require.NoError(t, err)
	require.True(t, tb.IsZero())
	require.Equal(t, []ledger.Money{ledger.Zero(ledger.EUR), ledger.Zero(ledger.USD)}, tb.Totals)
	var lines []string
	for _, l := range tb.Lines {
		require.Equal(t, l.Currency, l.Balance.Currency())
		lines = append(lines, fmt.Sprintf("%s %d %v", l.Purpose, l.Accounts, l.Balance))
	}
	require.Equal(t, []string{
		"acquirer/a 1 -10.00 EUR", "acquirer/b 1 -5.00 EUR", "bank/main 1 -0.70 USD",
		"pending 2 9.00 EUR", "available 2 5.00 EUR", "available 1 0.70 USD",
		"processing_fees 1 0.90 EUR", "apple 1 0.06 EUR", "zebra 1 0.04 EUR",
	}, lines)
	all, err := ledger.NewTrialBalance(t.Context(), s, "")
	require.NoError(t, err)
	require.Len(t, all.Lines, 10)
	require.False(t, (&ledger.TrialBalance{Totals: []ledger.Money{ledger.Zero(ledger.EUR), ledger.Minor(1, ledger.USD)}}).IsZero())
}

// Sums that leave 64 bits on their way to zero are none too many: lines of large
// accounts add up, and a line or total that no amount can hold is an error that
// names it (promises 1 and 6).
func TestTrialBalanceOfLargeBooks(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	const most = math.MaxInt64
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		for i, x := range []struct {
			purse string
			to    ledger.Ref
		}{
			{"bank/a", euros("s1", "available")}, {"bank/b", euros("s2", "reserved")}, {"bank/c", euros("s3", "frozen")},
		} {
			from := euros("house", x.purse)
			u.Open(ledger.Account{Ref: from})
			u.Open(ledger.Account{Ref: x.to})
			u.Post(transfer("top-up", from, x.to, most-int64(i)))
		}
	})
	tb, err := ledger.NewTrialBalance(t.Context(), s, book)
	require.NoError(t, err)
	require.True(t, tb.IsZero())
	require.Len(t, tb.Lines, 6)
	require.Equal(t, ledger.Minor(-most, ledger.EUR), tb.Lines[0].Balance)

	mustUpdate(t, e, s, func(u *ledger.Unit) { // two of one line, and a third that makes up for them
		for _, owner := range []string{"a", "b", "c"} {
			u.Open(ledger.Account{Ref: euros(owner, "pending/1")})
			u.Open(ledger.Account{Ref: euros(owner, "host_purse")})
		}
		u.Post(transfer("x", euros("a", "host_purse"), euros("a", "pending/1"), most))
		u.Post(transfer("x", euros("b", "host_purse"), euros("b", "pending/1"), most))
		u.Post(transfer("x", euros("c", "pending/1"), euros("c", "host_purse"), most))
	})
	tb, err = ledger.NewTrialBalance(t.Context(), s, book)
	require.NoError(t, err)
	require.True(t, tb.IsZero())
	mustUpdate(t, e, s, func(u *ledger.Unit) { u.Post(transfer("x", euros("c", "host_purse"), euros("c", "pending/1"), most)) })
	_, err = ledger.NewTrialBalance(t.Context(), s, book)
	requireCode(t, err, ledger.Invalid, "amount_too_large")
	require.ErrorContains(t, err, "pending")
	require.ErrorContains(t, err, "18446744073709551614")
	requireVerified(t, s)
}
