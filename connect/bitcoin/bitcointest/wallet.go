package bitcointest

import (
	"context"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
)

// info: a wallet has one name that can stand in the books, and does not change
// what it promises.
func info(t *trial) {
	i := t.Wallet.Info()
	require.NotEmpty(t, i.Name)
	require.LessOrEqual(t, len(i.Name), 40)
	require.Empty(t, strings.Trim(i.Name, "abcdefghijklmnopqrstuvwxyz0123456789._-"), "a name is lower-case letters, digits, dots, dashes and underscores")
	require.Contains(t, []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind}, i.Delivery)
	require.False(t, i.KeyLife < 0 || i.Settling < 0, "a duration is zero or more")
	require.Equal(t, i, t.Wallet.Info(), "it changed its mind")
	require.Equal(t, i, t.reopen().Info(), "another process promises something else")
}

func (t *trial) order(satoshi int64) bitcoin.Order {
	return bitcoin.Order{Address: t.To, Satoshi: satoshi, CostBy: bitcoin.House}
}

func (t *trial) good() bitcoin.Order { return t.order(100_000) }

// final waits until an answer is final.
func (t *trial) final(key string, a bitcoin.Answer, err error) bitcoin.Answer {
	t.Helper()
	require.NoError(t, err, "no answer")
	if a.Status != bitcoin.Queued {
		return t.whole(a)
	}
	require.NotNil(t, t.Settle, "answers with Queued need a harness that settles")
	if t.Settle(); t.askable() {
		a, err = t.Wallet.Lookup(t.ctx, key)
		require.NoError(t, err)
	} else {
		require.NotNil(t, t.News, "a blind wallet tells what became of what it queued")
		for _, n := range t.News() {
			t.heard[n.Key] = n.Answer
		}
		a = t.heard[key]
	}
	require.NotEqual(t, bitcoin.Queued, a.Status, "there is no final answer")
	return t.whole(a)
}

// whole asserts that an answer says all it should.
func (t *trial) whole(a bitcoin.Answer) bitcoin.Answer {
	t.Helper()
	require.Contains(t, []bitcoin.Status{bitcoin.Sent, bitcoin.Refused}, a.Status)
	sent := a.Status == bitcoin.Sent
	require.Equal(t, sent, a.Code == "", "a refusal has a code, and nothing else has: %+v", a)
	require.Equal(t, sent, len(a.Tx) == 64 && strings.Trim(a.Tx, "0123456789abcdef") == "", "what is sent, and nothing else, has a transaction: %+v", a)
	require.False(t, a.Satoshi < 0 || a.Cost < 0 || !sent && a.Satoshi+a.Cost != 0, "amounts: %+v", a)
	return a
}

// sent asserts that an order was carried out: by its own amount.
func (t *trial) sent(o bitcoin.Order, a bitcoin.Answer) {
	t.Helper()
	require.Equal(t, bitcoin.Sent, a.Status, "a good order was refused: %+v", a)
	arrives := a.Satoshi
	if o.CostBy == bitcoin.Buyer {
		arrives += a.Cost
	}
	require.Equal(t, o.Satoshi, arrives, "another amount was sent")
}

func (t *trial) send(w bitcoin.Wallet, k string, o bitcoin.Order) bitcoin.Answer {
	t.Helper()
	a, err := w.Send(t.ctx, k, o)
	return t.final(k, a, err)
}

// sends: the whole amount arrives, or the amount less what the network takes where
// the buyer bears that.
func sends(t *trial) {
	for _, bearer := range []bitcoin.Bearer{bitcoin.Buyer, bitcoin.House} {
		o := t.good()
		o.CostBy = bearer
		k := key("cret_")
		t.sent(o, t.send(t.Wallet, k, o))
		require.Equal(t, 1, t.Sends(k), "sent how often")
	}
}

// refusals: a wallet that cannot pay says so in an answer, and has not paid.
func refusals(t *trial) {
	o, k := t.Refused(), key("cret_")
	a := t.send(t.Wallet, k, o)
	require.Equal(t, bitcoin.Refused, a.Status)
	require.Zero(t, t.Sends(k))
}

// noOrder: what makes no sense is refused, or is an error that says so.
func noOrder(t *trial) {
	for why, change := range map[string]func(o *bitcoin.Order){
		"nothing":                     func(o *bitcoin.Order) { o.Satoshi = 0 },
		"less than nothing":           func(o *bitcoin.Order) { o.Satoshi = -100_000 },
		"less than the network takes": func(o *bitcoin.Order) { o.Satoshi = 1 },
		"more coins than there are":   func(o *bitcoin.Order) { o.Satoshi = bitcoin.Most + 1 },
		"nobody":                      func(o *bitcoin.Order) { o.Address = "" },
		"no address":                  func(o *bitcoin.Order) { o.Address = "bc1qnobody" },
	} {
		o, k := t.good(), key("cret_")
		change(&o)
		a, err := t.Wallet.Send(t.ctx, k, o)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid, "%s: an error that does not say what is wrong", why)
		} else {
			require.Equal(t, bitcoin.Refused, t.final(k, a, err).Status, "%s was sent", why)
		}
		require.Zero(t, t.Sends(k), why)
	}
}

// endedContext: nothing begins once a caller has gone.
func endedContext(t *trial) {
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	k := key("cret_")
	_, err := t.Wallet.Send(ctx, k, t.good())
	require.Error(t, err)
	_, err = t.Wallet.Lookup(ctx, k)
	require.Error(t, err)
	require.Zero(t, t.Sends(k))
	_, err = t.Addresses.Address(ctx, key("rcv_"))
	require.Error(t, err)
	_, err = t.Chain.Look(ctx, t.address())
	require.Error(t, err)
}

// sameKey: a keyed wallet answers the same order the same way, at once, later and
// to another process, and sends once; what it refused it refuses.
func sameKey(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	for _, order := range []func() bitcoin.Order{t.good, t.Refused} {
		o, k := order(), key("cret_")
		first := t.send(t.Wallet, k, o)
		for _, w := range []bitcoin.Wallet{t.Wallet, t.reopen()} {
			require.Equal(t, first, t.send(w, k, o), "it was answered otherwise the second time")
		}
		require.LessOrEqual(t, t.Sends(k), 1, "coins were sent twice")
	}
}

// otherOrder: another order under a key is an error of class Exists, since an
// answer would be taken for that of the first, and sends nothing.
func otherOrder(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	k := key("cret_")
	t.sent(t.good(), t.send(t.Wallet, k, t.good()))
	other := t.good()
	other.CostBy = bitcoin.Buyer
	for _, w := range []bitcoin.Wallet{t.Wallet, t.reopen()} {
		for why, o := range map[string]bitcoin.Order{"another amount": t.order(100_001), "another bearer": other} {
			_, err := w.Send(t.ctx, k, o)
			require.ErrorIs(t, err, ledger.Exists, why)
		}
	}
	require.Equal(t, 1, t.Sends(k), "sent how often")
}

// sameKeyUnderLoad: many who send the same order at once get the same answer, and
// coins go once.
func sameKeyUnderLoad(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	const workers = 8
	k := key("cret_")
	list, errs := make([]bitcoin.Answer, workers), make([]error, workers)
	together(workers, func(i int) { list[i], errs[i] = t.Wallet.Send(t.ctx, k, t.good()) })
	first := t.final(k, list[0], errs[0])
	t.sent(t.good(), first)
	for i := range workers {
		require.Equal(t, first, t.final(k, list[i], errs[i]))
	}
	require.Equal(t, 1, t.Sends(k), "sent how often")
}

// lookups: a wallet that can be asked has never seen what it was not sent, and
// knows what became of everything else.
func lookups(t *trial) {
	if !t.askable() {
		return
	}
	for _, order := range []func() bitcoin.Order{t.good, t.Refused} {
		o, k := order(), key("cret_")
		for _, w := range []bitcoin.Wallet{t.Wallet, t.reopen()} {
			_, err := w.Lookup(t.ctx, k)
			require.ErrorIs(t, err, ledger.NotFound, "it knows %q, which was never sent", k)
		}
		a := t.send(t.Wallet, k, o)
		for _, w := range []bitcoin.Wallet{t.Wallet, t.reopen()} {
			again, err := w.Lookup(t.ctx, k)
			require.NoError(t, err, "it does not know what it was sent")
			require.Equal(t, a, again)
		}
		require.LessOrEqual(t, t.Sends(k), 1, "coins were sent twice")
	}
}

// blind: a blind wallet promises nothing about a second request, so none is made
// here, as none is made by the engine. What it is asked once is done once, and to
// ask it is no way to learn of anything.
func blind(t *trial) {
	if t.info.Delivery != ledger.Blind {
		return
	}
	k := key("cret_")
	t.sent(t.good(), t.send(t.Wallet, k, t.good()))
	require.Equal(t, 1, t.Sends(k), "sent how often")
	if a, err := t.Wallet.Lookup(t.ctx, key("cret_")); err == nil {
		require.NotEqual(t, bitcoin.Sent, a.Status, "it sent what it never saw")
	}
}
