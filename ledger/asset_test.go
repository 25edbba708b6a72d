package ledger_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

// edge-case 82: codes that are not of three letters survive every encoding.
func TestCurrencyAsset(t *testing.T) {
	for _, text := range []string{"USDC/6", "A/0", "A/6", "A1/12", "X2Y/3", "MILES/0", "ABCDEFGHIJK/12", "Z9999999999/12", "ETH/12"} {
		c, err := ledger.Asset(text)
		require.NoError(t, err, text)
		code, digits, _ := strings.Cut(text, "/")
		require.Equal(t, code, c.Code())
		require.Equal(t, code, c.Name())
		require.Equal(t, digits, strconv.Itoa(c.Digits()))
		require.Equal(t, text, c.String())
		require.Empty(t, c.Numeric())
		require.True(t, c.IsAsset() && c.Valid() && c.Current(time.Time{}))

		data, err := json.Marshal(map[ledger.Currency]ledger.Currency{c: c})
		require.NoError(t, err)
		require.Equal(t, `{"`+text+`":"`+text+`"}`, string(data))
		var back map[ledger.Currency]ledger.Currency
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, map[ledger.Currency]ledger.Currency{c: c}, back)
	}
}

// Numbers that no text gives are no currency, and are not written.
func TestCurrencyForged(t *testing.T) {
	for _, c := range []ledger.Currency{1, 0xfff, ledger.EUR + 1, ledger.EUR | 1<<62, 1 << 62, 1<<62 | 37<<4, 1<<62 | 27<<4, 1<<62 | 1<<4 | 13, 1<<63 | 1<<62 | 1<<4, 1<<64 - 1} {
		require.False(t, c.Valid(), "%#x", uint64(c))
		_, err := c.MarshalText()
		moneyRefused(t, err, "invalid_currency")
		require.False(t, c.Current(time.Time{}))
	}
}

func FuzzParseCurrency(f *testing.F) {
	for _, seed := range []string{"EUR", "XAU", "USDC/6", "A/0", "A/6", "ZZZZZZZZZZZ/12", "eur", "EUR/2", "", "/", "A//1", "\xff\xfe", "A1B/09"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ledger.ParseCurrency(text)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			require.Zero(t, c)
			return
		}
		require.Equal(t, text, c.String(), "what parses is canonical")
		require.True(t, c.Valid())
		require.LessOrEqual(t, c.Digits(), ledger.MaxAssetDigits)
	})
}

// promise 5 rests on it: different texts are different currencies.
func TestCurrencyTextIsInjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.StringMatching(`[A-Z][A-Z0-9]{0,10}/([0-9]|1[0-2])`)
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		x, errX := ledger.Asset(a)
		y, errY := ledger.Asset(b)
		if errX != nil || errY != nil {
			return // the code of a listed currency
		}
		require.Equal(t, a == b, x == y)
		require.Equal(t, a, x.String())
	})
}
