package railtest

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// sameKey: a keyed rail answers the same instruction the same way, at once,
// after it was paid and from another process, and pays it once.
func sameKey(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	good, bad := t.pay(1100), t.nobody(1101)
	first := t.send(good, bad)
	again := func(r payout.Rail, when string) {
		acks, err := r.Submit(t.ctx, []payout.Instruction{good, bad})
		require.NoError(t, err, when)
		require.Equal(t, first, acks, "the answer %s", when)
	}
	again(t.Rail, "the second time")
	again(t.reopen(), "to another process")
	t.paid(good, t.settled()[good.Key])
	again(t.Rail, "after it was paid")
	again(t.reopen(), "after it was paid, to another process")
	t.paid(good, t.settled()[good.Key])
}

// otherInstruction: another instruction under a key is an error of class Exists,
// since a refusal would be taken for one of the first. The first is carried out.
func otherInstruction(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	good := t.pay(1200)
	t.accepted(good)
	other := func(change func(*payout.Instruction)) {
		in := good
		change(&in)
		for _, r := range []payout.Rail{t.Rail, t.reopen()} {
			acks, err := r.Submit(t.ctx, []payout.Instruction{in})
			require.ErrorIs(t, err, ledger.Exists, "another instruction under the key was answered: %v", acks)
		}
	}
	other(func(in *payout.Instruction) { in.Amount = ledger.Minor(1201, in.Amount.Currency()) })
	other(func(in *payout.Instruction) { in.Destination.Token = ledger.Env{}.ID("nobody_") })
	t.paid(good, t.settled()[good.Key])
	other(func(in *payout.Instruction) { in.Amount = ledger.Minor(1, in.Amount.Currency()) })
	t.paid(good, t.settled()[good.Key])
}

// sameKeyUnderLoad: many who send the same instruction at once get the same
// answer, and it is paid once.
func sameKeyUnderLoad(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	const workers = 8
	good := t.pay(1300)
	acks, errs := make([][]payout.Ack, workers), make([]error, workers)
	together(workers, func(i int) { acks[i], errs[i] = t.Rail.Submit(t.ctx, []payout.Instruction{good}) })
	for i := range workers {
		require.NoError(t, errs[i])
		require.Equal(t, acks[0], acks[i])
	}
	require.True(t, acks[0][0].Accepted)
	t.paid(good, t.settled()[good.Key])
}

// asking: an askable rail has never seen what it was not sent, and knows what it
// took and what it refused; after "never seen" the same key can be sent.
func asking(t *trial) {
	if t.info.Delivery != ledger.Askable {
		return
	}
	ask := func(r payout.Rail, key string) (payout.Ack, bool) {
		ack, seen, err := r.(payout.Asker).Ask(t.ctx, key)
		require.NoError(t, err)
		return ack, seen
	}
	good, bad, never := t.pay(1400), t.nobody(1401), t.pay(1402)
	for _, key := range []string{good.Key, never.Key, "", "no such key"} {
		_, seen := ask(t.Rail, key)
		require.False(t, seen, "it knows %q, which was never sent", key)
	}
	first := t.send(good, bad)
	t.paid(good, t.settled()[good.Key])
	for _, r := range []payout.Rail{t.Rail, t.reopen()} {
		for i, in := range []payout.Instruction{good, bad} {
			ack, seen := ask(r, in.Key)
			require.True(t, seen, "it does not know what it was sent")
			require.Equal(t, first[i], ack)
		}
		_, seen := ask(r, never.Key)
		require.False(t, seen)
	}
	t.accepted(never)
	news := t.settled()
	t.paid(never, news[never.Key])
	t.paid(good, news[good.Key])
}

// blind: a blind rail promises nothing about a second request, so none is made
// here, as none is made by the engine. What it is sent once is paid once, and
// its news is all that is ever known.
func blind(t *trial) {
	if t.info.Delivery != ledger.Blind {
		return
	}
	ctx, cancel := context.WithCancel(t.ctx)
	good := t.pay(1500)
	_, err := t.Rail.Submit(ctx, []payout.Instruction{good})
	require.NoError(t, err)
	cancel() // whoever sent it is gone
	t.paid(good, t.settled()[good.Key])
	news, _ := t.read(t.reopen(), t.start)
	n := 0
	for _, u := range news {
		if u.Key == good.Key {
			n++
		}
	}
	require.Equal(t, 1, n, "another process hears of it")
}
