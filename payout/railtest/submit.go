package railtest

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// info: what a rail declares can be used as it is, and stays.
func info(t *trial) {
	i := t.info
	_, err := ledger.ParseRef("plat_1:house:bank_clearing/" + i.Name + ":USD")
	require.NoError(t, err, "the name %q does not name an account", i.Name)
	require.NotContains(t, i.Name, "/")
	require.Contains(t, []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind}, i.Delivery)
	require.GreaterOrEqual(t, min(int64(i.KeyLife), int64(i.Settling), i.MaxMinor, int64(i.Days)), int64(0), "%+v", i)
	if i.Delivery == ledger.Askable {
		_, ok := t.Rail.(payout.Asker)
		require.True(t, ok, "an askable rail has Ask")
	}
	t.accepted(t.pay(100))
	t.settled()
	require.Equal(t, i, t.Rail.Info(), "it says something else now")
	require.Equal(t, i, t.reopen().Info(), "it says something else to others")
}

// answers: good and bad ones in one batch, and an empty batch.
func answers(t *trial) {
	batch := []payout.Instruction{t.pay(101), t.nobody(102), t.pay(103), t.pay(104), t.nobody(105)}
	acks := t.send(batch...)
	for _, i := range []int{0, 2, 3} {
		require.True(t, acks[i].Accepted, "a bad instruction took a good one with it: %+v", acks[i])
	}
	for _, in := range batch {
		require.Len(t, t.send(t.pay(in.Amount.Minor())), 1) // alone as well as in a batch
	}
	acks, err := t.Rail.Submit(t.ctx, nil)
	require.NoError(t, err, "an empty batch")
	require.Empty(t, acks)
}

// finalWord: each of a batch is paid once, and each of those that go wrong ends
// once.
func finalWord(t *trial) {
	var batch []payout.Instruction
	for i := range int64(5) {
		batch = append(batch, t.pay(200+i))
	}
	t.accepted(batch...)
	var others []payout.Instruction
	for i, d := range t.Others {
		in := t.pay(300 + int64(i))
		in.Amount, in.Destination = ledger.Minor(in.Amount.Minor(), d.Currency), d
		if acks := t.send(in); acks[0].Accepted {
			others = append(others, in)
		}
	}
	news := t.settled()
	for _, in := range batch {
		t.paid(in, news[in.Key])
	}
	for _, in := range others {
		t.once(in, news[in.Key])
	}
}

// refusedIsOver: no news ever comes of what was refused.
func refusedIsOver(t *trial) {
	var refused []payout.Instruction
	try := func(in payout.Instruction) {
		if acks := t.send(in); !acks[0].Accepted {
			refused = append(refused, in)
		}
	}
	try(t.nobody(401))
	for i, d := range t.Others {
		in := t.pay(402 + int64(i))
		in.Amount, in.Destination = ledger.Minor(in.Amount.Minor(), d.Currency), d
		try(in)
	}
	t.accepted(t.pay(499)) // so that there is news
	news := t.settled()
	for _, in := range refused {
		require.Empty(t, news[in.Key], "news of what was refused")
	}
}

// nobodyElse: a token that the rail cannot know is refused or fails.
func nobodyElse(t *trial) {
	in := t.nobody(500)
	none := t.nobody(501)
	none.Destination.Token = ""
	for _, in := range []payout.Instruction{in, none} {
		acks, err := t.Rail.Submit(t.ctx, []payout.Instruction{in})
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid, "a token that is none")
			continue
		}
		t.answered([]payout.Instruction{in}, acks)
	}
	news := t.settled()
	for _, in := range []payout.Instruction{in, none} {
		for _, u := range news[in.Key] {
			require.Equal(t, payout.UpdateFailed, u.Kind, "somebody was paid")
		}
	}
}

// turnedDown asserts that an instruction is refused, or that the batch is, and
// that nothing was paid.
func (t *trial) turnedDown(in payout.Instruction, why string) {
	t.Helper()
	acks, err := t.Rail.Submit(t.ctx, []payout.Instruction{in})
	if err != nil {
		require.ErrorIs(t, err, ledger.Invalid, "%s: an error that does not say what is wrong", why)
	} else {
		t.answered([]payout.Instruction{in}, acks)
		require.False(t, acks[0].Accepted, "%s was accepted", why)
	}
	require.Empty(t, t.settled()[in.Key], "%s has news", why)
}

// limit: what is more than a rail carries is never cut down, and not accepted.
func limit(t *trial) {
	if t.info.MaxMinor == 0 || t.info.MaxMinor == math.MaxInt64 {
		return
	}
	most := t.pay(t.info.MaxMinor)
	t.accepted(most)
	t.paid(most, t.settled()[most.Key])
	t.turnedDown(t.pay(t.info.MaxMinor+1), "more than the limit")
	t.turnedDown(t.pay(math.MaxInt64), "the most there is")
}

// nothing: zero and less are no payment.
func nothing(t *trial) {
	for _, minor := range []int64{0, -1, -100, math.MinInt64} {
		t.turnedDown(t.pay(minor), "an amount that is not above zero")
	}
}

// wholeKeys: a long key is an error, or kept as it is: never cut, or two payouts
// would be taken for one.
func wholeKeys(t *trial) {
	stem := ledger.Env{}.ID("po_") + "_" + strings.Repeat("x", 200)
	var taken []payout.Instruction
	for i, end := range []string{"1", "2"} {
		in := t.pay(600 + int64(i))
		in.Key = stem + end
		acks, err := t.Rail.Submit(t.ctx, []payout.Instruction{in})
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid, "a key that does not fit")
			continue
		}
		t.answered([]payout.Instruction{in}, acks)
		if acks[0].Accepted {
			taken = append(taken, in)
		}
	}
	news := t.settled()
	for _, in := range taken {
		t.paid(in, news[in.Key])
	}
}

// endedContext: with a context that is over from the start nothing is sent.
func endedContext(t *trial) {
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	in := t.pay(700)
	_, err := t.Rail.Submit(ctx, []payout.Instruction{in})
	require.Error(t, err, "it was submitted")
	_, _, err = t.Rail.Updates(ctx, t.start)
	require.True(t, errors.Is(err, context.Canceled) || errors.Is(err, ledger.Unavailable), "news was read: %v", err)
	if asker, ok := t.Rail.(payout.Asker); ok && t.info.Delivery == ledger.Askable {
		_, _, err = asker.Ask(ctx, in.Key)
		require.Error(t, err, "it was asked")
	}
	require.Empty(t, t.settled()[in.Key], "it was sent")
}

// underLoad: batches from many goroutines keep their own answers and ends.
func underLoad(t *trial) {
	const workers, each = 8, 6
	all := make([][]payout.Instruction, workers)
	acks, errs := make([][]payout.Ack, workers), make([]error, workers)
	for w := range all {
		for i := range each {
			all[w] = append(all[w], t.pay(int64(1000+100*w+i)))
		}
	}
	together(workers, func(w int) {
		for i := 0; i < each && errs[w] == nil; i += 2 {
			var list []payout.Ack
			list, errs[w] = t.Rail.Submit(t.ctx, all[w][i:i+2])
			acks[w] = append(acks[w], list...)
			if _, _, err := t.Rail.Updates(t.ctx, t.start); err != nil {
				errs[w] = err
			}
		}
	})
	for w := range all {
		require.NoError(t, errs[w])
		t.answered(all[w], acks[w])
	}
	news := t.settled()
	for w := range all {
		for _, in := range all[w] {
			t.paid(in, news[in.Key])
		}
	}
}
