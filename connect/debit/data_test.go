package debit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func day(t testing.TB, text string) payout.Day {
	t.Helper()
	d, err := payout.ParseDay(text)
	require.NoError(t, err)
	return d
}

func terms(t testing.TB, scheme, on string) debit.Terms {
	t.Helper()
	x, ok := debit.Builtin().On(scheme, day(t, on))
	require.True(t, ok, scheme)
	return x
}

// What bank debits a market offers are there, in its currency, and say which of its
// texts the debtor agrees to.
func TestMarketsAndSchemesAgree(t *testing.T) {
	at := day(t, "2026-03-02")
	offered := 0
	for _, code := range market.Builtin().Countries() {
		s, err := market.Builtin().With(market.Rules{Country: code, Methods: map[string]*market.Method{"bank_debit": {Offered: market.Is(true)}}})
		require.NoError(t, err)
		v := s.View(code, at.Time(), nil)
		cur := v.Currency().Value
		shown, _ := v.Offers(&market.Sale{Amount: ledger.Minor(10000, cur), Seller: code})
		for _, o := range shown {
			if o.Method != "bank_debit" || o.Scheme == "" {
				continue
			}
			offered++
			x, ok := debit.Builtin().On(o.Scheme, at)
			require.True(t, ok, "%s offers %q", code, o.Scheme)
			require.Contains(t, x.Currencies, cur)
			require.Contains(t, x.Countries, code)
			require.Equal(t, o.Text, x.Text, code)
		}
	}
	require.Equal(t, 14, offered)
}

// The figures that people know by heart, and from when they hold.
func TestFigures(t *testing.T) {
	require.Equal(t, []string{"ach", "bacs", "becs", "pad", "sepa", "sepa_b2b"}, debit.Builtin().Schemes())

	ach := terms(t, debit.ACH, "2026-03-02")
	require.Equal(t, debit.Retry{Times: 2, Days: 180}, ach.Retry)
	for name, percent := range map[string]string{"unauthorized": "0.5", "administrative": "3", "overall": "15"} {
		limit := ach.Limits[name]
		require.Equal(t, percent, limit.Percent.String())
		require.Equal(t, 60, limit.Days)
	}
	before := terms(t, debit.ACH, "2015-09-17").Limits["unauthorized"]
	require.Equal(t, "1", before.Percent.String())
	r11 := ach.Limits["unauthorized"]
	require.True(t, r11.Counts("R11"))
	r11 = terms(t, debit.ACH, "2020-03-31").Limits["unauthorized"]
	require.False(t, r11.Counts("R11"))
	for code, r := range ach.Returns {
		require.Equal(t, code == "R01" || code == "R09", r.Retry, code)
	}

	sepa := terms(t, debit.SEPA, "2026-03-02")
	require.Equal(t, 36, sepa.Life)
	require.Equal(t, 14, sepa.NoticeDays(false))
	require.Equal(t, 1, sepa.LeadDays(true))
	now := terms(t, debit.SEPA, "2016-11-20")
	require.Equal(t, 1, now.LeadDays(true))
	old := terms(t, debit.SEPA, "2016-11-19")
	require.Equal(t, 5, old.LeadDays(true))
	require.Equal(t, 2, old.LeadDays(false))
	for code, last := range map[string]string{"AM04": "2026-03-09", "MD06": "2026-04-27", "MD01": "2027-04-02"} {
		name, r, ok := sepa.Reason(code)
		require.True(t, ok)
		require.Equal(t, code, name)
		until, ever := r.Until(day(t, "2026-03-02"), payout.Calendar{})
		require.False(t, ever)
		require.Equal(t, last, until.String(), code)
	}
	b2b := terms(t, debit.SEPAB2B, "2026-03-02")
	require.True(t, b2b.Confirmed)
	require.NotContains(t, b2b.Returns, "MD06")
	require.Equal(t, 3, b2b.Returns["AM04"].Days)
	require.Equal(t, 2, terms(t, debit.SEPAB2B, "2017-11-18").Returns["AM04"].Days)
	require.Equal(t, "mandate_b2b", b2b.Text, "the text of the core scheme has a right to a refund in it")
	view := market.Builtin().View("DE", day(t, "2026-03-02").Time(), nil)
	text, _ := view.Text(b2b.Text, "de")
	require.NotNil(t, text)

	bacs := terms(t, debit.Bacs, "2026-03-02")
	require.Equal(t, debit.Notice{OneOff: 10, Recurring: 10, Least: 2, Business: true}, bacs.Notice)
	require.Equal(t, 24, bacs.Life)
	require.Equal(t, 24, terms(t, debit.Bacs, "2020-06-29").Life)
	require.Equal(t, 13, terms(t, debit.Bacs, "2020-06-28").Life)
	for code, want := range map[string]debit.Return{
		"9":      {Means: "date_disputed", Days: 2, Business: true, ByPayer: true},
		"DDICA3": {Means: "mandate_canceled", NoLimit: true, ByPayer: true, Ends: true, Guaranteed: true},
		"DDICA7": {Means: "returned_on_request", NoLimit: true},
		"DDICA8": {Means: "debit_not_authorized", NoLimit: true, ByPayer: true, Ends: true, Guaranteed: true},
	} {
		require.Equal(t, want, bacs.Returns[code], code)
	}
	claim := bacs.Returns["DDICA3"]
	_, ever := claim.Until(day(t, "2006-03-02"), payout.Calendar{})
	require.True(t, ever)

	becs := terms(t, debit.BECS, "2026-03-02").Returns["claim"]
	until, ever := becs.Until(day(t, "2026-03-02"), payout.Calendar{})
	require.False(t, ever)
	require.Equal(t, "2033-03-02", until.String(), "7 years")

	pad := terms(t, debit.PAD, "2026-03-02")
	require.Equal(t, debit.Retry{Times: 1, Days: 30}, pad.Retry)
	require.Equal(t, 90, pad.Returns["915"].Days)
	require.Equal(t, debit.Return{Means: "mandate_canceled", Days: 10, Business: true, ByPayer: true, Ends: true}, pad.Returns["920"])
}

// A reason is found by souk's word for it, too: the first by code.
func TestReasonByMeaning(t *testing.T) {
	for _, scheme := range debit.Builtin().Schemes() {
		x := terms(t, scheme, "2026-03-02")
		code, r, ok := x.Reason("insufficient_funds")
		require.True(t, ok, scheme)
		require.True(t, r.Retry, scheme)
		require.Equal(t, map[string]string{"ach": "R01", "bacs": "0", "becs": "6", "pad": "901", "sepa": "AM04", "sepa_b2b": "AM04"}[scheme], code)
		for _, means := range []string{"account_closed", "debit_not_authorized"} {
			_, r, ok = x.Reason(means)
			require.True(t, ok, "%s %s", scheme, means)
			require.True(t, r.Ends, "%s %s", scheme, means)
		}
		_, _, ok = x.Reason("nonsense")
		require.False(t, ok)
	}
}

func TestReached(t *testing.T) {
	limit := terms(t, debit.ACH, "2026-03-02").Limits["unauthorized"]
	for _, c := range []struct {
		returned, all int64
		share         int
		want          bool
	}{
		{0, 0, 100, false}, {1, 0, 100, false}, {0, 100, 100, false}, {1, 200, 100, true}, {1, 201, 100, false}, {1, 201, 99, true},
		{4, 1000, 80, true}, {3, 1000, 80, false}, {1 << 53, 1<<54 + 1, 100, true},
	} {
		require.Equal(t, c.want, limit.Reached(c.returned, c.all, c.share), "%+v", c)
	}
}

// Months end where the month does (promise 52).
func TestAddMonths(t *testing.T) {
	for from, want := range map[string]string{"2026-01-31": "2026-02-28", "2024-01-31": "2024-02-29", "2026-03-15": "2026-04-15", "2025-12-31": "2026-01-31"} {
		require.Equal(t, want, debit.AddMonths(day(t, from), 1).String(), from)
	}
	require.Equal(t, "2027-03-31", debit.AddMonths(day(t, "2026-02-28")+31, 12).String())
}
