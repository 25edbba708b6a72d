package bitcointest

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/payout/bank"
)

// oneAddress: a key asked for again gets the address that it has, and no other key
// gets it: two buyers who pay to one address cannot be told apart.
func oneAddress(t *trial) {
	seen := make(map[string]bool)
	for range 5 {
		k := key("rcv_")
		a, err := t.Addresses.Address(t.ctx, k)
		require.NoError(t, err)
		again, err := t.Addresses.Address(t.ctx, k)
		require.NoError(t, err)
		require.Equal(t, a, again, "a key was given a second address")
		require.False(t, seen[a], "two keys were given one address")
		seen[a] = true
		parsed, err := bank.ParseBitcoin(a)
		require.NoError(t, err)
		require.NoError(t, parsed.On(t.Live))
		require.True(t, parsed.Known(), "nobody can own %s", a)
		require.Equal(t, parsed.Text, a, "an address is written as it is compared")
	}
}

// addressesUnderLoad: the same holds when several ask at once, for one key and for
// others.
func addressesUnderLoad(t *trial) {
	const workers = 8
	shared := key("rcv_")
	same, own, errs := make([]string, workers), make([]string, workers), make([]error, 2*workers)
	together(workers, func(i int) {
		same[i], errs[i] = t.Addresses.Address(t.ctx, shared)
		own[i], errs[workers+i] = t.Addresses.Address(t.ctx, key("rcv_"))
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(same))), 1, "one key was given several addresses")
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(append(own, same[0])))), workers+1, "two keys were given one address")
}

// look returns what stands at an address, by output.
func (t *trial) look(address string) (map[bitcoin.Coin]bitcoin.Sighting, bitcoin.Look) {
	t.Helper()
	l, err := t.Chain.Look(t.ctx, address)
	require.NoError(t, err)
	there := make(map[bitcoin.Coin]bitcoin.Sighting, len(l.Sightings))
	for _, s := range l.Sightings {
		require.NoError(t, s.Check())
		require.Equal(t, address, s.Address, "an output of another address")
		require.False(t, s.Gone, "a look tells what is there")
		require.LessOrEqual(t, s.Order, l.Order, "an output is known of later than the look")
		at := bitcoin.Coin{Tx: s.Tx, Output: s.Output}
		require.NotContains(t, there, at, "an output stands there twice")
		there[at] = s
	}
	return there, l
}

// sees asserts that an address has exactly one output, of an amount and with so
// many confirmations.
func (t *trial) sees(address string, satoshi, confirmations int64) (bitcoin.Sighting, bitcoin.Look) {
	t.Helper()
	there, l := t.look(address)
	require.Len(t, there, 1)
	for _, s := range there {
		require.Equal(t, satoshi, s.Satoshi)
		require.Equal(t, confirmations, s.Confirmations, "confirmations")
		return s, l
	}
	return bitcoin.Sighting{}, l
}

// waiting: what was paid is there before it is mined, under the id that the payer
// knows, and does not come later than it did when it is looked at again.
func waiting(t *trial) {
	to := t.address()
	tx := t.Pay(to, 10_000)
	first, _ := t.sees(to, 10_000, 0)
	require.Equal(t, tx, first.Tx)
	t.Mine(1)
	mined, _ := t.sees(to, 10_000, 1)
	require.Equal(t, first.First, mined.First, "the moment of the first sighting decides whether a buyer was in time")
}

// confirming: a block is the first confirmation, and each further one another. The
// block stays the same, and what is learned later has the higher order.
func confirming(t *trial) {
	to := t.address()
	t.Pay(to, 20_000)
	_, before := t.sees(to, 20_000, 0)
	t.Mine(1)
	mined, one := t.sees(to, 20_000, 1)
	require.Greater(t, one.Order, before.Order, "a block was learned of, and the order did not rise")
	t.Mine(2)
	deep, three := t.sees(to, 20_000, 3)
	require.Equal(t, mined.Block, deep.Block)
	require.Greater(t, three.Order, one.Order, "blocks were learned of, and the order did not rise")
}

// outputs: several payments to one address are told apart, those of one
// transaction and of one amount, too.
func outputs(t *trial) {
	to := t.address()
	pair, single := t.Pay(to, 30_000, 30_000), t.Pay(to, 40_000)
	there, _ := t.look(to)
	require.Len(t, there, 3)
	require.NotEqual(t, pair, single)
	sums := make(map[string]int64)
	for _, s := range there {
		sums[s.Tx] += s.Satoshi
	}
	require.Equal(t, map[string]int64{pair: 60_000, single: 40_000}, sums)
}

// strangers: what was paid to others is not seen, nor anything where nobody paid.
func strangers(t *trial) {
	mine, other := t.address(), t.address()
	t.Pay(mine, 50_000)
	there, _ := t.look(other)
	require.Empty(t, there)
	t.Pay(other, 60_000)
	t.sees(mine, 50_000, 0)
	t.sees(other, 60_000, 0)
}

// replaced: what was replaced is not there any more, and that is learned later.
func replaced(t *trial) {
	to := t.address()
	tx := t.Pay(to, 70_000)
	_, before := t.sees(to, 70_000, 0)
	t.Replace(tx)
	there, l := t.look(to)
	require.Empty(t, there, "what was replaced is still there")
	require.Greater(t, l.Order, before.Order, "a payment went, and the order did not rise")
}

// reorganised: what was in blocks that are no longer the chain's has none of their
// confirmations.
func reorganised(t *trial) {
	to := t.address()
	t.Pay(to, 80_000)
	t.Mine(2)
	mined, before := t.sees(to, 80_000, 2)
	t.Reorganise(2)
	again, l := t.sees(to, 80_000, 0)
	require.Equal(t, mined.Tx, again.Tx)
	require.Greater(t, l.Order, before.Order, "blocks went, and the order did not rise")
	t.Mine(1)
	once, _ := t.sees(to, 80_000, 1)
	require.NotEqual(t, mined.Block, once.Block)
}

// looking: to look twice is to see the same.
func looking(t *trial) {
	to := t.address()
	t.Pay(to, 90_000, 90_001)
	one, _ := t.look(to)
	two, _ := t.look(to)
	for at, s := range one {
		s.Order = two[at].Order // which may rise with every look
		one[at] = s
	}
	require.True(t, maps.Equal(one, two), "a look changed what is seen: %v and %v", one, two)
}
