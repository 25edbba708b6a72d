package connect_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// aDay is the day of the tests' start, so many days later.
func aDay(n int) payout.Day { return payout.DayOf(connecttest.Start, time.UTC) + payout.Day(n) }

// lively is a platform that has had six days of sales, refunds and payouts in two
// currencies.
func lively(t *testing.T) *market {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	for i := range 6 {
		c := m.charge(a, 1000+int64(i), 123, []string{connect.TestCard, connect.TestCardAtOnce}[i%2])
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: ledger.Minor(2000, ledger.EUR), AccountID: a, Source: connect.TestCard})
		require.NoError(t, err)
		if i%3 == 1 {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(100)})
			require.NoError(t, err)
		}
		if i == 3 {
			_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: m.key(), AccountID: a, Amount: usd(300)})
			require.NoError(t, err)
		}
		m.pass(24 * time.Hour)
	}
	return m
}

func (m *market) closeUntil(d payout.Day) {
	m.t.Helper()
	r, err := m.platform.ClosePeriod(m.ctx, d)
	require.NoError(m.t, err)
	require.NoError(m.t, r.Err())
}

// Opening and movements are what stands there at the end, period after period; and the
// end is the trial balance.
func TestRollForward(t *testing.T) {
	m := lively(t)
	var before *connect.RollForward
	for _, x := range [][2]payout.Day{{aDay(-10), aDay(0)}, {aDay(0), aDay(2)}, {aDay(2), aDay(3)}, {aDay(3), aDay(9)}} {
		r, err := m.platform.RollForward(m.ctx, x[0], x[1])
		require.NoError(t, err)
		require.Empty(t, r.Differences)
		sums := map[ledger.Currency]int64{}
		for _, l := range r.Lines {
			end := l.Opening.Minor()
			for _, mv := range l.Movements {
				end += mv.Amount.Minor()
				require.Positive(t, mv.Entries)
			}
			require.Equal(t, l.Closing.Minor(), end, "%s %s", l.Purpose, l.Currency)
			sums[l.Currency] += end
		}
		for c, sum := range sums {
			require.Zero(t, sum, "the book adds up to nothing in %s", c)
		}
		if before != nil {
			was := map[string]ledger.Money{}
			for _, l := range before.Lines {
				was[l.Purpose+l.Currency.String()] = l.Closing
			}
			for _, l := range r.Lines {
				require.Equal(t, was[l.Purpose+l.Currency.String()].Minor(), l.Opening.Minor(), l.Purpose)
			}
		}
		before = r
	}
	trial, err := m.platform.TrialBalance(m.ctx)
	require.NoError(t, err)
	for _, x := range trial.Lines {
		found := x.Balance.IsZero()
		for _, l := range before.Lines {
			found = found || l.Purpose == x.Purpose && l.Currency == x.Currency && l.Closing == x.Balance
		}
		require.True(t, found, "%s %s", x.Purpose, x.Currency)
	}
	_, err = m.platform.RollForward(m.ctx, aDay(1), aDay(1))
	requireCode(t, err, ledger.Invalid, "invalid_range")
}

// Open items add up to what stands with the acquirer and the bank, the oldest first.
func TestOpenItems(t *testing.T) {
	m := lively(t)
	o, err := m.platform.OpenItems(m.ctx, time.Time{})
	require.NoError(t, err)
	sums, ages := map[string]int64{}, map[string]int64{}
	for i, x := range o.Items {
		sums[x.Purpose+x.Amount.Currency().String()] += x.Amount.Minor()
		require.True(t, i == 0 || !x.Since.Before(o.Items[i-1].Since))
	}
	items := 0
	for _, x := range o.Ages {
		ages[x.Purpose+x.Amount.Currency().String()] += x.Amount.Minor()
		items += x.Items
		require.True(t, x.To == 0 || x.From <= x.To)
	}
	require.Len(t, o.Items, items)
	require.Equal(t, sums, ages)
	stands := map[string]int64{}
	m.eachAccount(func(a ledger.Account) {
		if strings.HasPrefix(a.Purpose, "acquirer/") || strings.HasPrefix(a.Purpose, "bank_clearing/") {
			stands[a.Purpose+a.Currency.String()] += a.Posted.Minor()
		}
	})
	require.Equal(t, stands, sums)
	require.Equal(t, []any{usd(-1000), 6}, []any{o.Items[0].Amount, o.Items[0].Days})
	past, err := m.platform.OpenItems(m.ctx, connecttest.Start.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, past.Items, 2)
}

// accountNumbers maps all that lively does.
func accountNumbers() []connect.AccountNumber {
	return []connect.AccountNumber{
		{Purpose: "acquirer", Number: "511", Label: "Acquirers"},
		{Purpose: "bank_clearing", Number: "512", Label: "=SUM(A1)"},
		{Purpose: "pending", Number: "467.1", Label: "Sellers, pending"},
		{Purpose: "available", Number: "467.2", Label: "Sellers\tavailable"},
		{Purpose: "available", Reason: "payout", Number: "467.3", Label: "Paid out"},
		{Purpose: "in_transit", Number: "467.4", Label: "In transit"},
		{Purpose: "processing_fees", Number: "706", Label: "Fees; \"processing\", as sold"},
	}
}

// The journal of a closed period is numbered without gaps, balances, says what the
// roll-forward says, and is the same, to the byte, when it is made again.
func TestJournal(t *testing.T) {
	m := lively(t)
	r := connect.JournalRequest{From: aDay(0), To: aDay(5), Numbers: accountNumbers()}
	_, err := m.platform.Journal(m.ctx, r)
	requireCode(t, err, ledger.State, "period_open")
	m.closeUntil(aDay(5))
	missing := r
	missing.Numbers = missing.Numbers[1:]
	_, err = m.platform.Journal(m.ctx, missing)
	requireCode(t, err, ledger.Invalid, "unmapped_account")
	require.ErrorContains(t, err, "acquirer/simulated × charge, acquirer/simulated × refund")

	j, err := m.platform.Journal(m.ctx, r)
	require.NoError(t, err)
	sums := map[string]int64{}
	for i, e := range j.Entries {
		require.Equal(t, i+1, e.Number)
		for _, l := range e.Lines {
			require.True(t, l.Debit.IsZero() != l.Credit.IsZero())
			sums[l.Purpose+" "+l.Reason+" "+e.Currency.String()] += l.Credit.Minor() - l.Debit.Minor()
		}
	}
	require.Equal(t, len(j.Entries)+1, j.Next)
	roll, err := m.platform.RollForward(m.ctx, r.From, r.To)
	require.NoError(t, err)
	for _, l := range roll.Lines {
		for _, mv := range l.Movements {
			key := l.Purpose + " " + mv.Reason + " " + l.Currency.String()
			require.Equal(t, mv.Amount.Minor(), sums[key], key)
			delete(sums, key)
		}
	}
	require.Empty(t, sums)

	var first, again bytes.Buffer
	require.NoError(t, j.WriteCSV(&first))
	m.charge(m.seller().ID, 1000, 100, connect.TestCard)
	m.pass(48 * time.Hour)
	j2, err := m.platform.Journal(m.ctx, r)
	require.NoError(t, err)
	require.NoError(t, j2.WriteCSV(&again))
	require.Equal(t, first.String(), again.String())

	parts := 0
	next := 1
	for d := 0; d < 5; d++ { // day by day it is numbered on
		one, err := m.platform.Journal(m.ctx, connect.JournalRequest{From: aDay(d), To: aDay(d + 1), Numbers: accountNumbers(), First: next})
		require.NoError(t, err)
		require.Equal(t, j.Entries[parts:parts+len(one.Entries)], one.Entries)
		next, parts = one.Next, parts+len(one.Entries)
	}
	require.Equal(t, j.Next, next)
	for code, bad := range map[string]connect.JournalRequest{
		"invalid_range":   {From: aDay(1), To: aDay(0), Numbers: accountNumbers()},
		"invalid_number":  {From: aDay(0), To: aDay(1), Numbers: accountNumbers(), First: -1},
		"invalid_account": {From: aDay(0), To: aDay(1), Numbers: []connect.AccountNumber{{Purpose: "x", Number: "=1", Label: "x"}}},
		"invalid_text":    {From: aDay(0), To: aDay(1), Numbers: []connect.AccountNumber{{Purpose: "x", Number: "1"}}},
	} {
		_, err := m.platform.Journal(m.ctx, bad)
		requireCode(t, err, ledger.Invalid, code)
	}
}

// What is written is read back, and is no formula to a spreadsheet.
func TestJournalCSV(t *testing.T) {
	m := lively(t)
	m.closeUntil(aDay(6))
	j, err := m.platform.Journal(m.ctx, connect.JournalRequest{From: aDay(0), To: aDay(6), Numbers: accountNumbers()})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, j.WriteCSV(&b))
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"number", "date", "currency", "account", "label", "purpose", "reason", "debit", "credit"}, rows[0])
	n := 1
	for _, e := range j.Entries {
		for _, l := range e.Lines {
			label := l.Label
			if label == "=SUM(A1)" {
				label = "'" + label
			}
			require.Equal(t, []string{
				strconv.Itoa(e.Number), e.Day.String(), e.Currency.String(), l.Number, label, l.Purpose, l.Reason, l.Debit.Amount(), l.Credit.Amount(),
			}, rows[n])
			n++
		}
	}
	require.Len(t, rows, n)
	require.ErrorIs(t, j.WriteCSV(full{}), io.ErrShortWrite)
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// The French layout: 18 fields, in the books' currency, balanced; what conversion
// leaves over has a line of its own.
func TestJournalFEC(t *testing.T) {
	m := lively(t)
	m.closeUntil(aDay(6))
	j, err := m.platform.Journal(m.ctx, connect.JournalRequest{From: aDay(0), To: aDay(6), Numbers: accountNumbers()})
	require.NoError(t, err)
	r := connect.FECRequest{Code: "MP", Name: "Marketplace"}
	requireCode(t, j.WriteFEC(io.Discard, r), ledger.Invalid, "missing_rate")
	r.Rate = func(e *connect.JournalEntry) (fx.Rate, bool) {
		rate, err := fx.ParseRate(e.Currency, ledger.EUR, "0.8737", e.Day.Time(), "test")
		return rate, err == nil
	}
	requireCode(t, j.WriteFEC(io.Discard, r), ledger.Invalid, "unmapped_account")
	r.Rounding = connect.AccountNumber{Purpose: "rounding", Number: "658", Label: "Rounding"}
	var b bytes.Buffer
	require.NoError(t, j.WriteFEC(&b, r))
	lines := strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n")
	require.Equal(t, 18, len(strings.Split(lines[0], "\t")))
	sums, rounded := map[string]int64{}, 0
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 18, line)
		require.Regexp(t, `^\d{8}$`, f[3])
		require.Regexp(t, `^\d+,\d\d$`, f[11])
		require.Regexp(t, `^\d+,\d\d$`, f[12])
		debit, credit := commaCents(t, f[11]), commaCents(t, f[12])
		sums[f[2]] += debit - credit
		if f[4] == "658" {
			rounded++
		}
		require.Equal(t, f[4] != "658" && strings.HasSuffix(f[8], "USD"), f[17] == "USD", line)
	}
	for n, sum := range sums {
		require.Zero(t, sum, "entry %s", n)
	}
	require.NotZero(t, rounded)
	for _, bad := range []connect.FECRequest{{Name: "x"}, {Code: "M P", Name: "x"}, {Code: "MP"}, {Code: "MP", Name: "a\x00b"}} {
		requireCode(t, j.WriteFEC(io.Discard, bad), ledger.Invalid, "invalid_text")
	}
}

// FuzzJournal writes labels of any kind: no field and no line is lost or added, and no
// cell begins a formula.
func FuzzJournal(f *testing.F) {
	for _, s := range []string{"x", "=1+1", "a\tb", "a\r\nb", "\"", "é", "@", "-1", "|", "+", "\xff"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, label, reason string) {
		j := &connect.Journal{Entries: []connect.JournalEntry{{Number: 1, Day: aDay(0), Currency: ledger.EUR, Lines: []connect.JournalLine{
			{Number: "1", Label: label, Purpose: "acquirer/x", Reason: reason, Debit: ledger.Minor(100, ledger.EUR), Credit: ledger.Zero(ledger.EUR)},
			{Number: "2", Label: label, Purpose: "available", Reason: reason, Debit: ledger.Zero(ledger.EUR), Credit: ledger.Minor(100, ledger.EUR)},
		}}}}
		var b bytes.Buffer
		require.NoError(t, j.WriteCSV(&b))
		rows, err := csv.NewReader(&b).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 3)
		plain := strings.NewReplacer("\r\n", "\n", "\r", "")
		for _, row := range rows[1:] {
			for i, cell := range []string{row[4], row[6]} {
				want := []string{label, reason}[i]
				if cell != "" {
					require.NotContains(t, "=+-@\t\r\n", cell[:1])
				}
				require.Equal(t, plain.Replace(want), strings.TrimPrefix(plain.Replace(cell), map[bool]string{true: "'"}[cell != want && plain.Replace(cell) != plain.Replace(want)]))
			}
		}
		b.Reset()
		require.NoError(t, j.WriteFEC(&b, connect.FECRequest{Code: "MP", Name: "x"}))
		lines := strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n")
		require.Len(t, lines, 3)
		for _, line := range lines {
			require.Len(t, strings.Split(line, "\t"), 18)
			require.False(t, strings.ContainsAny(line, "\r\n"))
		}
	})
}

func commaCents(t *testing.T, s string) int64 {
	t.Helper()
	m, err := ledger.ParseAmount(strings.Replace(s, ",", ".", 1), ledger.EUR)
	require.NoError(t, err)
	return m.Minor()
}

// A period whose checks do not pass is not closed.
func TestClosePeriodChecks(t *testing.T) {
	store := &skewed{ledger.NewMemory(), func(*ledger.Transaction) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	m.charge(m.seller().ID, 1000, 100, connect.TestCard)
	m.pass(72 * time.Hour)
	store.skew = func(x *ledger.Transaction) { m.more(x, "charge") }
	r, err := m.platform.ClosePeriod(m.ctx, aDay(1))
	requireCode(t, err, ledger.State, "books_do_not_add_up")
	require.NotEmpty(t, r.Differences)
	closed := func() (until time.Time) {
		require.NoError(t, m.Store().Read(m.ctx, func(v ledger.View) (err error) {
			until, err = ledger.ClosedUntil(v, m.platform.ID())
			return err
		}))
		return until
	}
	require.Zero(t, closed())
	store.skew = func(*ledger.Transaction) {}
	m.closeUntil(aDay(1))
	m.closeUntil(aDay(1))
	require.Equal(t, aDay(1).Time(), closed())
	_, err = m.platform.ClosePeriod(m.ctx, aDay(0))
	requireCode(t, err, ledger.State, "period_closed")
	_, err = m.platform.ClosePeriod(m.ctx, aDay(30))
	requireCode(t, err, ledger.Invalid, "invalid_period")
	m.charge(m.seller().ID, 1000, 100, connect.TestCard)
	m.verify()
}
