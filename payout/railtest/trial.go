package railtest

import (
	"context"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// tester is what a law needs of a test. It is an interface so that the suite's
// own tests can see a law fail.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// trial is a law being tried on a rail.
type trial struct {
	tester
	Harness
	ctx   context.Context
	info  payout.RailInfo
	start string // the end of the rail's news when the law began
}

func newTrial(t tester, h Harness) *trial {
	t.Helper()
	require.NotNil(t, h.Rail, "a harness has a rail")
	require.NotNil(t, h.Settle, "a harness can settle")
	x := &trial{tester: t, Harness: h, ctx: t.Context(), info: h.Rail.Info()}
	_, x.start = x.read(h.Rail, "")
	return x
}

// reopen is the rail as another process sees it.
func (t *trial) reopen() payout.Rail {
	if t.Reopen == nil {
		return t.Rail
	}
	return t.Reopen()
}

// pay is an instruction to pay the payee, under a key as the engine makes them.
func (t *trial) pay(amountMinor int64) payout.Instruction {
	return payout.Instruction{
		Key: ledger.Env{}.ID(payout.Kind.Prefix) + "-1", Amount: ledger.Minor(amountMinor, t.Payee.Currency),
		Destination: t.Payee, Descriptor: "RAILTEST",
	}
}

// nobody is an instruction to pay somebody whom the rail cannot know.
func (t *trial) nobody(amountMinor int64) payout.Instruction {
	in := t.pay(amountMinor)
	in.Destination.Token, in.Destination.Last4 = ledger.Env{}.ID("nobody_"), ""
	return in
}

// send submits a batch that must be answered.
func (t *trial) send(batch ...payout.Instruction) []payout.Ack {
	t.Helper()
	acks, err := t.Rail.Submit(t.ctx, batch)
	require.NoError(t, err)
	t.answered(batch, acks)
	return acks
}

// accepted submits a batch that must be accepted.
func (t *trial) accepted(batch ...payout.Instruction) []payout.Ack {
	t.Helper()
	acks := t.send(batch...)
	for _, a := range acks {
		require.True(t, a.Accepted, "a good instruction was refused: %+v", a)
	}
	return acks
}

// answered asserts that acks answer a batch, one each and in order.
func (t *trial) answered(batch []payout.Instruction, acks []payout.Ack) {
	t.Helper()
	require.Len(t, acks, len(batch), "answers")
	for i, a := range acks {
		require.Equal(t, batch[i].Key, a.Key, "answer %d is for another", i)
		require.Equal(t, a.Accepted, a.Code == "", "a refusal has a code, and nothing else has: %+v", a)
	}
}

// maxPages bounds how long news may go on.
const maxPages = 100_000

// read reads all news after a cursor, and returns where it ends.
func (t *trial) read(r payout.Rail, after string) ([]payout.Update, string) {
	t.Helper()
	var all []payout.Update
	for range maxPages {
		list, next, err := r.Updates(t.ctx, after)
		require.NoError(t, err)
		if len(list) == 0 {
			return all, after
		}
		require.NotEqual(t, after, next, "the cursor does not move over news")
		all, after = append(all, list...), next
	}
	require.Fail(t, "the news does not end")
	return nil, ""
}

// settled waits for the world and returns the news of each key, in order.
func (t *trial) settled() map[string][]payout.Update {
	t.Helper()
	t.Settle()
	list, _ := t.read(t.Rail, t.start)
	of := make(map[string][]payout.Update)
	for _, u := range list {
		of[u.Key] = append(of[u.Key], u)
	}
	return of
}

// once asserts that what was accepted has one final word, and was paid once if
// that is paid. It may have come back, after it was paid.
func (t *trial) once(in payout.Instruction, news []payout.Update) {
	t.Helper()
	count := make(map[payout.UpdateKind]int)
	for _, u := range news {
		count[u.Kind]++
		require.Equal(t, in.Amount, u.Amount, "news of another amount")
		if u.Kind == payout.UpdateReturned {
			require.Equal(t, 1, count[payout.UpdatePaid], "it came back before it was paid")
		}
	}
	require.Equal(t, 1, count[payout.UpdatePaid]+count[payout.UpdateFailed], "final words about %s: %v", in.Key, news)
	require.LessOrEqual(t, count[payout.UpdateReturned], 1, "it came back twice: %v", news)
	t.payments(in, count[payout.UpdatePaid])
}

// paid asserts that the payee got an instruction's money, once.
func (t *trial) paid(in payout.Instruction, news []payout.Update) {
	t.Helper()
	t.once(in, news)
	require.Equal(t, payout.UpdatePaid, news[0].Kind, "%+v", news[0])
}

// payments asks the world how often a key was paid. What it acted on and could
// not pay counts as well.
func (t *trial) payments(in payout.Instruction, want int) {
	t.Helper()
	if t.Payments != nil && want == 1 {
		require.Equal(t, 1, t.Payments(in.Key), "payments under %s", in.Key)
	}
}

// together runs fn from several goroutines and waits for them.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}
