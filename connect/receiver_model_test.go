package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// coinModel is what should be: a chain of block numbers, what was paid and when,
// and what the host did. All else is computed from that anew each time.
type coinModel struct {
	asked             int64
	until             time.Time
	tip               int
	paid              []*modelCoin
	applied, returned int64
}

type modelCoin struct {
	tx      string
	satoshi int64
	first   time.Time
	block   int // 0: waits
	gone    bool
}

// received is what has enough blocks on it, in time is what of it came in time.
func (c *coinModel) received() (all, inTime int64) {
	for _, x := range c.paid {
		need := 1 // of 8,000,000 satoshi
		if x.satoshi > 100_000_000 {
			need = 6
		} else if x.satoshi > 10_000_000 {
			need = 3
		}
		if x.gone || x.block == 0 || c.tip-x.block+1 < need {
			continue
		}
		if all += x.satoshi; !x.first.After(c.until) {
			inTime += x.satoshi
		}
	}
	return all, inTime
}

// kept is what the buyer paid and did not have back, and whether it is the payment.
func (c *coinModel) kept() (kept int64, filled bool) {
	all, inTime := c.received()
	kept = all - c.applied - c.returned
	return kept, inTime >= c.asked && kept >= c.asked
}

// coinRun is a receiver and its model.
type coinRun struct {
	*market
	t     *rapid.T
	model coinModel
	id    string
	to    string
}

// Whatever happens on the chain, and whatever the host does meanwhile, the books
// are what a small model says, and all coins are accounted for (promises 1, 9, 31).
func TestReceiversFollowTheChain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		x := m.receiver(m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID)
		run := &coinRun{market: m, t: rt, id: x.ID, to: x.Address, model: coinModel{asked: x.Satoshi.Minor(), until: x.Until}}
		rt.Repeat(map[string]func(*rapid.T){
			"pay": run.pay, "mine": run.mine, "replace": run.replace, "reorganise": run.reorganise,
			"wait": run.wait, "apply": run.apply, "return": run.giveBack, "tell": run.tellOld, "": run.check,
		})
	})
}

func (r *coinRun) pay(t *rapid.T) {
	n := rapid.SampledFrom([]int64{546, 3_000_000, 5_000_000, 8_000_000, 9_000_000, 20_000_000}).Draw(t, "satoshi")
	r.model.paid = append(r.model.paid, &modelCoin{tx: r.Coins.Pay(r.to, n), satoshi: n, first: r.Clock.Now()})
}

func (r *coinRun) mine(t *rapid.T) {
	n := rapid.IntRange(1, 3).Draw(t, "blocks")
	r.Coins.Mine(n)
	for _, x := range r.model.paid {
		if x.block == 0 && !x.gone {
			x.block = r.model.tip + 1
		}
	}
	r.model.tip += n
}

func (r *coinRun) replace(t *rapid.T) {
	for _, x := range r.model.paid {
		if x.block != 0 || x.gone || !rapid.Bool().Draw(t, "this one") {
			continue
		}
		x.gone = true
		if rapid.Bool().Draw(t, "elsewhere") {
			r.Coins.Replace(x.tx)
			return
		}
		n := rapid.Int64Range(546, 9_000_000).Draw(t, "by")
		r.model.paid = append(r.model.paid, &modelCoin{tx: r.Coins.Replace(x.tx, n), satoshi: n, first: r.Clock.Now()})
		return
	}
}

func (r *coinRun) reorganise(t *rapid.T) {
	depth := min(rapid.IntRange(1, 4).Draw(t, "depth"), r.model.tip)
	r.Coins.Reorganise(depth)
	kept := r.model.tip - depth
	for _, x := range r.model.paid {
		if x.block > kept {
			x.block = 0
		}
	}
	r.model.tip++
}

func (r *coinRun) wait(t *rapid.T) {
	r.pass(time.Duration(rapid.SampledFrom([]int{1, 4, 30, 60 * 24 * 4}).Draw(t, "minutes")) * time.Minute)
}

// look lets the engine see the chain as it is, so that its counters are those of
// the model when the host acts.
func (r *coinRun) look() *connect.Receiver {
	require.NoError(r.t, r.platform.Finish(r.ctx, r.id))
	r.tell()
	return r.getReceiver(r.id)
}

func (r *coinRun) apply(t *rapid.T) {
	x := r.look()
	n := rapid.Int64Range(1_000_000, 6_000_000).Draw(t, "satoshi")
	_, err := r.platform.ApplyCoins(r.ctx, connect.ApplyRequest{Key: r.key(), ReceiverID: r.id, Satoshi: btc(n)})
	if may := x.Status != connect.ReceiverOpen && n <= x.Free().Minor(); may {
		require.NoError(t, err)
		r.model.applied += n
	} else {
		require.Error(t, err)
	}
}

func (r *coinRun) giveBack(t *rapid.T) {
	x := r.look()
	n := rapid.Int64Range(546, 6_000_000).Draw(t, "satoshi")
	b := rapid.SampledFrom([]bitcoin.Behaviour{"", bitcoin.LoseAnswer, bitcoin.LoseRequest, bitcoin.Refuse, bitcoin.Queue}).Draw(t, "wallet")
	if may := x.Status != connect.ReceiverOpen && n <= x.Free().Minor(); !may {
		_, err := r.platform.ReturnCoins(r.ctx, connect.ReturnRequest{Key: r.key(), ReceiverID: r.id, Satoshi: btc(n)})
		require.Error(t, err)
		return
	}
	r.Coins.Next(b)
	back, err := r.platform.ReturnCoins(r.ctx, connect.ReturnRequest{Key: r.key(), ReceiverID: r.id, Satoshi: btc(n)})
	require.NoError(t, err)
	if b != bitcoin.Refuse && n-2000 >= bitcoin.Dust {
		r.model.returned += n
	}
	r.pass(5 * time.Minute) // whatever was lost is found out
	back, err = r.platform.GetCoinReturn(r.ctx, back.ID)
	require.NoError(t, err)
	require.Contains(t, []connect.CoinReturnStatus{connect.CoinReturnSucceeded, connect.CoinReturnFailed}, back.Status)
}

// tellOld hands news over that is older than what was seen, in any order.
func (r *coinRun) tellOld(t *rapid.T) {
	list := r.Coins.Tell()
	r.look()
	for _, i := range rapid.Permutation(numbers(len(list))).Draw(t, "order") {
		require.NoError(t, r.CoinNews(r.ctx, list[i]))
	}
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// check compares the books with the model.
func (r *coinRun) check(t *rapid.T) {
	x := r.look()
	kept, filled := r.model.kept()
	all, _ := r.model.received()
	paid := int64(0)
	if filled {
		paid = r.model.asked
	}
	want := fmt.Sprint(btc(all), btc(paid), btc(r.model.applied), btc(r.model.returned), btc(max(-kept, 0)), btc(max(kept, 0)-paid), filled)
	require.Equal(t, want, fmt.Sprint(x.Received, x.Paid, x.Applied, x.Returned, x.Missing, x.Free(), x.Status == connect.ReceiverFilled))
	report, err := r.Verify(r.ctx)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	for name, satoshi := range map[string]int64{
		"house wallet/simulated": r.model.returned - all, "house suspense": min(kept, 0), r.id + " unapplied": max(kept, 0) - paid,
	} {
		if got, ok := r.balances()[name]; ok || satoshi != 0 {
			require.Equal(t, btc(satoshi).String()+", held "+ledger.Zero(ledger.BTC).String(), got, name)
		}
	}
}
