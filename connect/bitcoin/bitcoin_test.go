package bitcoin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// sighting draws one of few outputs, so that they meet.
func sighting(t *rapid.T) bitcoin.Sighting {
	s := bitcoin.Sighting{
		Tx:      strings.Repeat(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "tx"), 64),
		Output:  uint32(rapid.IntRange(0, 1).Draw(t, "output")),
		Satoshi: 1000,
		Order:   int64(rapid.IntRange(0, 3).Draw(t, "order")),
		First:   noon.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "first")) * time.Minute),
	}
	if s.Gone = rapid.Bool().Draw(t, "gone"); !s.Gone && rapid.Bool().Draw(t, "mined") {
		s.Confirmations, s.Block = int64(rapid.IntRange(1, 3).Draw(t, "confirmations")), strings.Repeat(rapid.SampledFrom([]string{"1", "2"}).Draw(t, "block"), 64)
	}
	return s
}

// Whatever is seen, in whatever order and however often, comes to the same coins
// (promise 31), also where two sightings claim one moment.
func TestSeeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(sighting), 1, 6).Draw(t, "sightings")
		order := rapid.Permutation(list).Draw(t, "order")
		var a, b []bitcoin.Coin
		var err error
		for _, s := range list {
			a, _, err = bitcoin.See(a, s)
			require.NoError(t, err)
		}
		for _, s := range append(order, order[0]) {
			b, _, err = bitcoin.See(b, s)
			require.NoError(t, err)
		}
		require.Equal(t, a, b)
		for _, s := range list {
			_, changed, err := bitcoin.See(a, s)
			require.NoError(t, err)
			require.False(t, changed, "nothing is news twice")
		}
	})
}

// A list is not changed in place, and what is booked of a coin stays noted.
func TestSeeKeepsWhatItWasGiven(t *testing.T) {
	s := bitcoin.Sighting{Tx: strings.Repeat("a", 64), Satoshi: 1000, Order: 1, First: noon}
	one, changed, err := bitcoin.See(nil, s)
	require.NoError(t, err)
	require.True(t, changed)
	one[0].Booked = true
	s.Order, s.Confirmations, s.Block = 2, 1, strings.Repeat("b", 64)
	two, changed, err := bitcoin.See(one, s)
	require.NoError(t, err)
	require.True(t, changed)
	require.Zero(t, one[0].Confirmations)
	require.True(t, two[0].Booked)
	s.Satoshi, s.Order = 1001, 3
	_, _, err = bitcoin.See(two, s)
	require.ErrorIs(t, err, ledger.State)
}

// Somebody who pays dust a thousand times cannot fill a store.
func TestOneOutputTooMany(t *testing.T) {
	var coins []bitcoin.Coin
	var err error
	s := bitcoin.Sighting{Tx: strings.Repeat("a", 64), Satoshi: bitcoin.Dust, First: noon}
	for ; err == nil; s.Output++ {
		coins, _, err = bitcoin.See(coins, s)
	}
	require.Len(t, coins, bitcoin.MaxKept)
	require.ErrorIs(t, err, ledger.State)
	s.Output, s.Order = 7, 9
	_, changed, err := bitcoin.See(coins, s)
	require.NoError(t, err)
	require.True(t, changed, "those that are kept go on")
}

// Terms: the window's end is included, larger coins need more, and what waits is
// hoped for.
func TestTerms(t *testing.T) {
	terms := bitcoin.Terms{Satoshi: 2000, Until: noon, Need: 1, Tiers: bitcoin.DefaultConfirmations()}
	coin := func(satoshi, confirmations int64, first time.Time) bitcoin.Coin {
		return bitcoin.Coin{Satoshi: satoshi, Confirmations: confirmations, First: first}
	}
	for name, x := range map[string]struct {
		coins         []bitcoin.Coin
		filled, hoped bool
		received      int64
	}{
		"nothing":                  {nil, false, false, 0},
		"exactly, at the last":     {[]bitcoin.Coin{coin(2000, 1, noon)}, true, true, 2000},
		"a moment late":            {[]bitcoin.Coin{coin(2000, 9, noon.Add(1))}, false, false, 2000},
		"one short":                {[]bitcoin.Coin{coin(1999, 9, noon)}, false, false, 1999},
		"in two":                   {[]bitcoin.Coin{coin(1500, 1, noon), coin(500, 1, noon)}, true, true, 2000},
		"one of two waits":         {[]bitcoin.Coin{coin(1500, 1, noon), coin(500, 0, noon)}, false, true, 1500},
		"half of it late":          {[]bitcoin.Coin{coin(1500, 1, noon), coin(500, 1, noon.Add(1))}, false, false, 2000},
		"gone":                     {[]bitcoin.Coin{{Satoshi: 2000, Gone: true, First: noon}}, false, false, 0},
		"far too much, unburied":   {[]bitcoin.Coin{coin(100_000_001, 5, noon)}, false, true, 0},
		"far too much, and buried": {[]bitcoin.Coin{coin(100_000_001, 6, noon)}, true, true, 100_000_001},
	} {
		require.Equal(t, x.filled, terms.Filled(x.coins), name)
		require.Equal(t, x.hoped, terms.Hoped(x.coins), name)
		require.Equal(t, x.received, terms.Received(x.coins), name)
	}
	require.False(t, bitcoin.Terms{}.Filled(nil), "nothing was asked for")
	require.True(t, bitcoin.Settled([]bitcoin.Coin{coin(1, bitcoin.Deep, noon), {Gone: true}}))
	require.False(t, bitcoin.Settled([]bitcoin.Coin{coin(1, bitcoin.Deep-1, noon)}))
}

func TestNeed(t *testing.T) {
	for satoshi, want := range map[int64]int64{1: 1, 10_000_000: 1, 10_000_001: 3, 100_000_000: 3, 100_000_001: 6, bitcoin.Most: 6} {
		require.Equal(t, want, bitcoin.Need(bitcoin.DefaultConfirmations(), satoshi), "%d", satoshi)
	}
}

func TestConfigRefusals(t *testing.T) {
	tiers := func(list ...bitcoin.Tier) bitcoin.Config { return bitcoin.Config{Confirmations: list} }
	s := bitcoin.NewSimulator(bitcoin.SimulatorConfig{})
	for name, x := range map[string]struct {
		field string
		c     bitcoin.Config
	}{
		"a wallet alone":         {"bitcoin", bitcoin.Config{Wallet: s}},
		"no chain":               {"bitcoin", bitcoin.Config{Wallet: s, Addresses: s}},
		"a window of less":       {"bitcoin.window", bitcoin.Config{Window: -1}},
		"a poll of less":         {"bitcoin.poll", bitcoin.Config{Poll: -1}},
		"nobody pays":            {"bitcoin.costBy", bitcoin.Config{CostBy: "nobody"}},
		"no tier":                {"bitcoin.confirmations", bitcoin.Config{Confirmations: []bitcoin.Tier{}}},
		"not for any amount":     {"bitcoin.confirmations", tiers(bitcoin.Tier{UpTo: 1, Need: 1})},
		"any amount comes first": {"bitcoin.confirmations", tiers(bitcoin.Tier{Need: 1}, bitcoin.Tier{Need: 2})},
		"tiers that fall":        {"bitcoin.confirmations", tiers(bitcoin.Tier{UpTo: 2, Need: 1}, bitcoin.Tier{UpTo: 1, Need: 1}, bitcoin.Tier{Need: 2})},
		"fewer for more":         {"bitcoin.confirmations", tiers(bitcoin.Tier{UpTo: 2, Need: 2}, bitcoin.Tier{Need: 1})},
		"too many":               {"bitcoin.confirmations", tiers(bitcoin.Tier{Need: bitcoin.Deep + 1})},
	} {
		_, err := x.c.Fill()
		var e *ledger.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, "invalid_config "+x.field, e.Code+" "+e.Field, name)
	}
	c, err := tiers(bitcoin.Tier{UpTo: 5, Need: 0}, bitcoin.Tier{UpTo: 9, Need: 1}, bitcoin.Tier{Need: 1}).Fill()
	require.NoError(t, err)
	require.Equal(t, []time.Duration{10 * time.Minute, time.Minute, 30 * 24 * time.Hour}, []time.Duration{c.Window, c.Poll, c.Watch})
	require.Len(t, c.Parts(), 4)
}

// The simulator's chain does what chains do.
func TestSimulatedChain(t *testing.T) {
	at := noon
	s := bitcoin.NewSimulator(bitcoin.SimulatorConfig{Now: func() time.Time { return at }})
	to, err := s.Address(t.Context(), "key")
	require.NoError(t, err)
	again, _ := s.Address(t.Context(), "key")
	require.Equal(t, to, again)
	look := func() []int64 {
		l, err := s.Look(t.Context(), to)
		require.NoError(t, err)
		var list []int64
		for _, x := range l.Sightings {
			require.NoError(t, x.Check())
			require.LessOrEqual(t, x.Order, l.Order)
			list = append(list, x.Satoshi, x.Confirmations)
		}
		return list
	}
	tx := s.Pay(to, 100, 200)
	require.Equal(t, []int64{100, 0, 200, 0}, look())
	require.Len(t, s.Tell(), 2)
	require.Empty(t, s.Tell(), "told")
	other := s.Replace(tx, 300)
	require.Equal(t, []int64{300, 0}, look())
	told := s.Tell()
	require.Len(t, told, 3)
	require.True(t, told[0].Gone)
	s.Mine(2)
	require.Equal(t, []int64{300, 2}, look())
	require.Empty(t, s.Replace(other), "it is mined")
	s.Reorganise(1)
	require.Equal(t, []int64{300, 3}, look(), "deeper than the blocks that went")
	s.Reorganise(9)
	require.Equal(t, []int64{300, 0}, look())
	require.NotEmpty(t, s.Replace(other))
	require.Empty(t, look())
	require.Len(t, s.Transactions(to), 2)
}

// Odd sightings are refused or change what is known; nothing panics (promise 71).
func FuzzSee(f *testing.F) {
	f.Add(strings.Repeat("a", 64), int64(1), int64(1), strings.Repeat("b", 64), false, int64(0))
	f.Add("", int64(-1), int64(-1), "", true, int64(1))
	f.Fuzz(func(t *testing.T, tx string, satoshi, confirmations int64, block string, gone bool, first int64) {
		s := bitcoin.Sighting{Tx: tx, Satoshi: satoshi, Confirmations: confirmations, Block: block, Gone: gone, First: time.Unix(first, 0)}
		coins, changed, err := bitcoin.See(nil, s)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			require.Empty(t, coins)
			return
		}
		require.True(t, changed)
		terms := bitcoin.Terms{Satoshi: satoshi, Until: s.First, Tiers: bitcoin.DefaultConfirmations()}
		require.Equal(t, terms.Filled(coins), terms.Received(coins) > 0)
	})
}
