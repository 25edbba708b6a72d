package ledger_test

import (
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]ledger.Money{
		"12.34 EUR":                  ledger.Minor(1234, ledger.EUR),
		"-12.34 EUR":                 ledger.Minor(-1234, ledger.EUR),
		"0.00 EUR":                   ledger.Zero(ledger.EUR),
		"-0.05 EUR":                  ledger.Minor(-5, ledger.EUR),
		"-5 JPY":                     ledger.Minor(-5, ledger.JPY),
		"0.001 KWD":                  ledger.Minor(1, ledger.KWD),
		"0.00000001 BTC":             ledger.Minor(1, ledger.BTC),
		"1.500000 USDC/6":            ledger.Minor(1_500_000, moneyCurrency(t, "USDC/6")),
		"90071992547409.93 EUR":      ledger.Minor(1<<53+1, ledger.EUR),
		"92233720368547758.07 EUR":   ledger.Minor(math.MaxInt64, ledger.EUR),
		"-92233720368547758.08 EUR":  ledger.Minor(math.MinInt64, ledger.EUR),
		"-9223372036854775808 JPY":   ledger.Minor(math.MinInt64, ledger.JPY),
		"-9223372.036854775808 A/12": ledger.Minor(math.MinInt64, moneyCurrency(t, "A/12")),
	} {
		have, err := ledger.ParseMoney(text)
		require.NoError(t, err, text)
		require.Equal(t, want, have)
		require.Equal(t, text, have.String())
		require.Equal(t, text, have.Amount()+" "+have.Currency().String())
	}
	// Fewer decimals than the currency has are as exact.
	for short, long := range map[string]string{"12 EUR": "12.00 EUR", "12.3 EUR": "12.30 EUR", "1 BTC": "1.00000000 BTC"} {
		have, err := ledger.ParseMoney(short)
		require.NoError(t, err)
		require.Equal(t, long, have.String())
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	for text, code := range map[string]string{
		// edge-case 14: the last unit is kept or refused, never dropped.
		"123456.000000000000000001 EUR": "invalid_amount",
		"12.345 EUR":                    "invalid_amount",
		"12.340 EUR":                    "invalid_amount",
		"1.0 JPY":                       "invalid_amount",
		// edge-case 15
		"1e1000000000 EUR": "invalid_amount",
		"1e2 EUR":          "invalid_amount",
		"1E400 EUR":        "invalid_amount",
		// forms that others take
		"+1 EUR": "invalid_amount", ".5 EUR": "invalid_amount", "5. EUR": "invalid_amount", "- 5 EUR": "invalid_currency", "--5 EUR": "invalid_amount",
		"−5 EUR": "invalid_amount", "1,000.00 EUR": "invalid_amount", "1.000,00 EUR": "invalid_amount", "1_000 EUR": "invalid_amount", "1'000 EUR": "invalid_amount",
		"007 EUR": "invalid_amount", "00 EUR": "invalid_amount", "-00.5 EUR": "invalid_amount", "0x10 EUR": "invalid_amount", "٣ EUR": "invalid_amount", "１００ EUR": "invalid_amount",
		"NaN EUR": "invalid_amount", "Infinity EUR": "invalid_amount", " 1 EUR": "invalid_currency", " EUR": "invalid_amount", "- EUR": "invalid_amount", ". EUR": "invalid_amount",
		"": "invalid_amount", "1": "invalid_amount", "1EUR": "invalid_amount", "1\u00a0EUR": "invalid_amount", "1\tEUR": "invalid_amount",
		"1  EUR": "invalid_currency", "1 EUR ": "invalid_currency", "1 eur": "invalid_currency", "EUR 1": "invalid_currency",
		"1 XAU": "unsupported_currency", "1 XXX": "unsupported_currency", "1 USDC": "invalid_currency",
		"92233720368547758.08 EUR":          "amount_too_large",
		"-92233720368547758.09 EUR":         "amount_too_large",
		"9223372036854775808 JPY":           "amount_too_large",
		"18446744073709551616 JPY":          "amount_too_large", // 2^64 wraps to nothing
		"9223372036854775807 EUR":           "amount_too_large",
		"92233720369 BTC":                   "amount_too_large",
		strings.Repeat("9", 40) + " JPY":    "amount_too_large",
		strings.Repeat("9", 41) + " JPY":    "invalid_amount",
		strings.Repeat("9", 1<<20) + " JPY": "invalid_amount",
	} {
		m, err := ledger.ParseMoney(text)
		moneyRefused(t, err, code)
		require.Zero(t, m)
		require.Less(t, len(err.Error()), 400)
	}
	_, err := ledger.ParseAmount("1", 0)
	moneyRefused(t, err, "invalid_currency")
	_, err = ledger.ParseAmount("1", ledger.Currency(12345))
	moneyRefused(t, err, "invalid_currency")
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{
		"12.34 EUR", "-5 JPY", "0.00000001 BTC", "1.500000 USDC/6", "-92233720368547758.08 EUR", "92233720368547758.08 EUR",
		"123456.000000000000000001 EUR", "1e1000000000 EUR", "-0 EUR", "007 EUR", "1,5 EUR", "", " ", "1 XAU", "18446744073709551617 JPY",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ledger.ParseMoney(text)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			require.Zero(t, m)
			return
		}
		amount, code, _ := strings.Cut(text, " ")
		require.Equal(t, code, m.Currency().String())
		want, err := decimal.NewFromString(amount)
		require.NoError(t, err)
		require.True(t, want.Equal(m.Decimal()), "%s became %s", text, m)
		back, err := ledger.ParseMoney(m.String())
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}

func TestParseDecimal(t *testing.T) {
	for text, digits := range map[string]int{"0": 1, "-0.5": 2, "1.0000": 5, "123456789.123456789": 18, strings.Repeat("9", 400): 400} {
		d, err := ledger.ParseDecimal(text, digits, "invalid_rate", "rate")
		require.NoError(t, err, text)
		require.Equal(t, text, d.StringFixed(-d.Exponent()))
		_, err = ledger.ParseDecimal(text, digits-1, "invalid_rate", "rate")
		moneyRefused(t, err, "invalid_rate")
	}
	for _, text := range []string{"", "-", ".", "1e3", "1e1000000000", "+1", " 1", "1 ", ".5", "5.", "1..2", "1.2.3", "01", "−1", "1,5", strings.Repeat("1", 401), "0." + strings.Repeat("0", 1<<20)} {
		_, err := ledger.ParseDecimal(text, 1000, "invalid_percent", "percent")
		moneyRefused(t, err, "invalid_percent")
		require.Contains(t, err.Error(), "percent: ")
	}
}

// The number forms of IBM's base tests: a plain decimal is read as it stands,
// anything else is refused.
func TestParseDecimalAgainstDecTest(t *testing.T) {
	read, refused := 0, 0
	for _, c := range decCases(t, "base") {
		text := c.args[0]
		plain := text != "" && strings.Trim(text, "0123456789.-") == "" && strings.LastIndex(text, "-") <= 0 &&
			strings.Count(text, ".") <= 1 && !strings.HasSuffix(text, ".") && !strings.HasPrefix(strings.TrimPrefix(text, "-"), ".")
		whole, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
		leading := len(whole) > 1 && whole[0] == '0'
		d, err := ledger.ParseDecimal(text, 400, "invalid_rate", "rate")
		if !plain || leading || whole == "" {
			moneyRefused(t, err, "invalid_rate")
			refused++
			continue
		}
		require.NoError(t, err, c.id)
		n, ok := decParse(text)
		require.True(t, ok)
		require.True(t, d.Equal(decimal.NewFromBigInt(n.coef, int32(n.exp))), c.id)
		read++
	}
	require.Equal(t, []int{279, 891}, []int{read, refused})
}

func TestFromDecimal(t *testing.T) {
	_, err := ledger.FromDecimal(decimal.New(1, 0), 0, ledger.RoundHalfUp)
	moneyRefused(t, err, "invalid_currency")
	_, err = ledger.FromDecimal(decimal.New(1, 19), ledger.JPY, ledger.RoundHalfUp)
	moneyRefused(t, err, "amount_too_large")
	rapid.Check(t, func(t *rapid.T) {
		m := ledger.Minor(moneyInt64(t, "minor"), moneyCurrency(t, rapid.SampledFrom(moneyDigits).Draw(t, "currency")))
		mode := rapid.SampledFrom(roundingModes).Draw(t, "mode")
		back, err := ledger.FromDecimal(m.Decimal(), m.Currency(), mode)
		require.NoError(t, err)
		require.Equal(t, m, back, "an exact amount is not rounded")
	})
}
