package connect_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

type pages struct{ *payout.Simulator }

func (p pages) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	list, next, err := p.Simulator.Updates(ctx, after)
	if len(list) > 1 {
		n, _ := strconv.Atoi(after)
		return list[:1], strconv.Itoa(n + 1), nil
	}
	return list, next, err
}

// A rail may give its news in pages; one Drain reads them all.
func TestAllPagesOfNewsAreRead(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	rail := pages{payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now})}
	ctx := context.Background()
	eng, p := platformOn(t, connect.Config{Rail: rail, Now: clock.Now})
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	_, err = p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(100000), AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	for i := range 20 {
		_, err := p.Payout(ctx, connect.PayoutRequest{Key: fmt.Sprint(i), AccountID: a.ID, Amount: usd(100)})
		require.NoError(t, err)
	}
	clock.Advance(24 * time.Hour)
	_, err = eng.Drain(ctx)
	require.NoError(t, err)
	paid := 0
	for po, err := range p.Payouts(ctx, connect.ListRequest{}) {
		require.NoError(t, err)
		if po.Status == payout.Paid {
			paid++
		}
	}
	require.Equal(t, 20, paid)
}

// News that cannot be booked is logged and listed, and can be decided by hand.
func TestUnmatchedNewsIsKeptAndTold(t *testing.T) {
	var log bytes.Buffer
	clock := connecttest.NewClock(connecttest.Start)
	rail := &chatty{Simulator: payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now})}
	ctx := context.Background()
	eng, p := platformOn(t, connect.Config{Rail: rail, Now: clock.Now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	a := fund(t, p)
	po, err := p.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	rail.extra = []payout.Update{ // the bank paid less, and somebody else
		{ID: "x", Key: po.Key(), Kind: payout.UpdatePaid, Amount: usd(900), At: clock.Now()},
		{ID: "y", Key: "po_other-1", Kind: payout.UpdatePaid, Amount: usd(1)},
	}
	clock.Advance(time.Hour)
	d, err := eng.Drain(ctx)
	require.NoError(t, err)
	require.NoError(t, d.Err)
	require.Contains(t, log.String(), po.Key())
	list, err := eng.UnmatchedNews(ctx)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, connect.UnmatchedNews{
		ID: "x", Kind: payout.UpdatePaid, Key: po.Key(), Amount: usd(900), At: connecttest.Start, Heard: clock.Now(), Reason: list[0].Reason,
	}, list[0])
	require.Contains(t, list[0].Reason, "9.00 USD")
	require.Contains(t, list[1].Reason, "no such payout")

	// A person asks the bank, and books what it says.
	paid := payout.Update{ID: "by hand", Key: po.Key(), Kind: payout.UpdatePaid, Amount: po.Amount}
	require.NoError(t, eng.RailNews(ctx, paid))
	require.NoError(t, eng.RailNews(ctx, paid), "the same again changes nothing")
	po, err = p.GetPayout(ctx, po.ID)
	require.NoError(t, err)
	require.Equal(t, payout.Paid, po.Status)
	paid.Key = "po_other-1"
	requireCode(t, eng.RailNews(ctx, paid), ledger.NotFound, "not_found")
	paid.ID = ""
	requireCode(t, eng.RailNews(ctx, paid), ledger.Invalid, "invalid_request")
}

// Odd news, whatever is odd about it, holds nothing up.
func TestOddNewsStopsNothing(t *testing.T) {
	for name, odd := range map[string]payout.Update{
		"year":     {ID: "x", Key: "po_other-1", Kind: payout.UpdatePaid, Amount: usd(1), At: time.Date(20260, 1, 1, 0, 0, 0, 0, time.UTC)},
		"currency": {ID: "x", Key: "po_other-1", Kind: payout.UpdatePaid, Amount: ledger.Minor(5, 0)},
		"none":     {ID: "x", Key: "po_other-1", Kind: payout.UpdatePaid},
		"zone":     {ID: "x", Key: "po_other-1", Kind: payout.UpdatePaid, Amount: usd(1), At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("x", 25*3600))},
		"emptykey": {ID: "x", Key: "", Kind: payout.UpdatePaid, Amount: usd(1)},
		"badtext":  {ID: "\xff\xfe", Key: "\x00\xff", Kind: "\xff", Code: "\xff", Amount: usd(1)},
	} {
		t.Run(name, func(t *testing.T) {
			clock := connecttest.NewClock(connecttest.Start)
			rail := &chatty{Simulator: payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now})}
			ctx := context.Background()
			eng, p := platformOn(t, connect.Config{Rail: rail, Now: clock.Now})
			a := fund(t, p)
			rail.extra = []payout.Update{odd}
			po, err := p.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
			require.NoError(t, err)
			for range 10 {
				clock.Advance(24 * time.Hour)
				d, err := eng.Drain(ctx)
				require.NoError(t, err)
				require.NoError(t, d.Err)
			}
			po, err = p.GetPayout(ctx, po.ID)
			require.NoError(t, err)
			require.Equal(t, payout.Paid, po.Status)
			list, err := eng.UnmatchedNews(ctx)
			require.NoError(t, err)
			require.Len(t, list, 1)
		})
	}
}

type oddFirst struct {
	*payout.Simulator
	odd payout.Update
}

func (o oddFirst) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	if after == "" {
		return []payout.Update{o.odd}, "0", nil
	}
	return o.Simulator.Updates(ctx, after)
}

// Nor where it stands alone on the first page.
func TestOddNewsAloneOnItsPage(t *testing.T) {
	for name, odd := range map[string]payout.Update{
		"good":     {ID: "x", Key: "po_other-1", Kind: payout.UpdatePaid, Amount: usd(1)},
		"year":     {ID: "x", Key: "po_other-1", Kind: payout.UpdatePaid, Amount: usd(1), At: time.Date(20260, 1, 1, 0, 0, 0, 0, time.UTC)},
		"currency": {ID: "x", Key: "po_other-1", Kind: payout.UpdatePaid, Amount: ledger.Minor(5, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			clock := connecttest.NewClock(connecttest.Start)
			rail := oddFirst{payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now}), odd}
			ctx := context.Background()
			eng, p := platformOn(t, connect.Config{Rail: rail, Now: clock.Now})
			a := fund(t, p)
			po, err := p.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
			require.NoError(t, err)
			for range 30 {
				clock.Advance(24 * time.Hour)
				_, err := eng.Drain(ctx)
				require.NoError(t, err)
			}
			po, err = p.GetPayout(ctx, po.ID)
			require.NoError(t, err)
			require.Equal(t, payout.Paid, po.Status)
		})
	}
}

type overtaken struct {
	*payout.Simulator
	before func()
}

func (r *overtaken) Submit(ctx context.Context, b []payout.Instruction) ([]payout.Ack, error) {
	acks, err := r.Simulator.Submit(ctx, b)
	if r.before != nil {
		r.before()
	}
	return acks, err
}

// News that it was paid may be faster than the acknowledgement, which brings the
// rail's own name for the payment.
func TestAnAcknowledgementAfterPaid(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	rail := &overtaken{Simulator: payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now, Days: -1})}
	eng, p := platformOn(t, connect.Config{Rail: rail, Now: clock.Now})
	a := fund(t, p)
	rail.before = func() { _, err := eng.Drain(ctx); require.NoError(t, err) }
	po, err := p.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	require.Equal(t, payout.Paid, po.Status)
	require.NotEmpty(t, po.Reference)
	require.Equal(t, 1, po.Sent)
}

// Engines with two rails on one store read each its own rail's news from where it
// was, whoever drains, and so does one that starts anew.
func TestEachRailHasItsCursor(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	rail := func(name string) *payout.Simulator {
		return payout.NewSimulator(payout.SimulatorConfig{Name: name, Now: clock.Now})
	}
	config := connect.Config{Rail: rail("one"), Now: clock.Now}
	e1, e2 := twoEngines(t, config, connect.Config{Rail: rail("two"), Now: clock.Now})
	p1, err := e1.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	a := fund(t, p1)
	p2, err := e2.Platform(ctx, p1.ID())
	require.NoError(t, err)
	pay := func(p *connect.Platform, key string) *payout.Payout {
		o, err := p.Payout(ctx, connect.PayoutRequest{Key: key, AccountID: a.ID, Amount: usd(100)})
		require.NoError(t, err)
		return o
	}
	drain := func(e *connect.Engine) {
		d, err := e.Drain(ctx)
		require.NoError(t, err)
		require.NoError(t, d.Err)
	}
	paid := func(o *payout.Payout) bool {
		now, err := p1.GetPayout(ctx, o.ID)
		require.NoError(t, err)
		return now.Status == payout.Paid
	}
	first := []*payout.Payout{pay(p1, "1"), pay(p1, "2")}
	other := []*payout.Payout{pay(p2, "3"), pay(p2, "4")}
	clock.Advance(24 * time.Hour)
	drain(e2)
	require.True(t, paid(other[0]) && paid(other[1]))
	require.False(t, paid(first[0]) || paid(first[1]))
	drain(e1)
	require.True(t, paid(first[0]) && paid(first[1]))

	news := payout.Update{ID: "by hand", Key: other[0].Key(), Kind: payout.UpdateReturned, Amount: usd(100)}
	requireCode(t, e1.RailNews(ctx, news), ledger.NotFound, "not_found")
	news.Key = other[0].ID + "-2" // an attempt that never was
	requireCode(t, e2.RailNews(ctx, news), ledger.NotFound, "not_found")
	require.True(t, paid(other[0]))
}

// recorded is a rail that remembers by which cursors it was asked.
type recorded struct {
	chatty
	cursors []string
	before  func()
}

func (r *recorded) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	r.cursors = append(r.cursors, after)
	list, next, err := r.chatty.Updates(ctx, after)
	if fn := r.before; fn != nil {
		r.before = nil
		fn() // while the answer is on its way
	}
	return list, next, err
}

// Of two processes that read at once, the one that has read further stays ahead;
// a process that starts anew goes on from there, and knows what matched nothing.
func TestTheCursorNeverGoesBack(t *testing.T) {
	ctx := context.Background()
	clock := connecttest.NewClock(connecttest.Start)
	rail := &recorded{chatty: chatty{Simulator: payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now})}}
	config := connect.Config{Rail: rail, Now: clock.Now}
	e1, e2 := twoEngines(t, config, config)
	p, err := e1.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	a := fund(t, p)
	for i := range 2 {
		_, err := p.Payout(ctx, connect.PayoutRequest{Key: fmt.Sprint(i), AccountID: a.ID, Amount: usd(100)})
		require.NoError(t, err)
		rail.before = func() { // the other process reads a day further
			clock.Advance(48 * time.Hour)
			_, err := e2.Drain(ctx)
			require.NoError(t, err)
		}
		_, err = e1.Drain(ctx)
		require.NoError(t, err)
	}
	for i := range 150 {
		rail.extra = append(rail.extra, payout.Update{ID: fmt.Sprint("odd", i), Key: "po_other-1", Kind: payout.UpdatePaid, Amount: usd(1)})
	}
	rail.before = func() { rail.extra = nil }
	clock.Advance(time.Hour)
	_, err = e1.Drain(ctx)
	require.NoError(t, err)
	list, err := e1.UnmatchedNews(ctx)
	require.NoError(t, err)
	require.Len(t, list, 100)
	require.Equal(t, []string{"odd50", "odd149"}, []string{list[0].ID, list[99].ID}, "the latest")

	config.Store = e1.Store()
	e3, err := connect.New(config)
	require.NoError(t, err)
	again, err := e3.UnmatchedNews(ctx)
	require.NoError(t, err)
	require.Equal(t, list, again)
	require.True(t, slices.IsSortedFunc(rail.cursors, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}), "%q", rail.cursors)
}

// A refusal that comes after the bank's "failed" adds nothing to it.
func TestARefusalAfterFailed(t *testing.T) {
	clock := connecttest.NewClock(connecttest.Start)
	rail := &overtaken{Simulator: payout.NewSimulator(payout.SimulatorConfig{Now: clock.Now})}
	eng, p := platformOn(t, connect.Config{Rail: rail, Now: clock.Now, Banks: &connect.BankConfig{CoolDown: -1}})
	ctx := context.Background()
	a := fund(t, p)
	_, err := p.UpdateAccount(ctx, connect.AccountUpdate{
		Key: "bank", AccountID: a.ID, Bank: &connect.BankDetails{Token: payout.TestRefused, Country: "US", Currency: ledger.USD},
	})
	require.NoError(t, err)
	var failed *payout.Payout
	rail.before = func() {
		for o, err := range p.Payouts(ctx, connect.ListRequest{}) {
			require.NoError(t, err)
			require.NoError(t, eng.RailNews(ctx, payout.Update{ID: "by hand", Key: o.Key(), Kind: payout.UpdateFailed, Code: "account_closed", Amount: o.Amount}))
			failed, err = p.GetPayout(ctx, o.ID)
			require.NoError(t, err)
		}
	}
	o, err := p.Payout(ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	require.Equal(t, payout.Failed, o.Status)
	require.Equal(t, failed, o)
}

// garbled is a rail whose acknowledgements are not those that were asked for.
type garbled struct {
	*payout.Simulator
	acks func([]payout.Ack) []payout.Ack
}

func (g garbled) Submit(ctx context.Context, batch []payout.Instruction) ([]payout.Ack, error) {
	acks, err := g.Simulator.Submit(ctx, batch)
	return g.acks(acks), err
}

// An acknowledgement of something else is none.
func TestGarbledAcknowledgements(t *testing.T) {
	for name, acks := range map[string]func([]payout.Ack) []payout.Ack{
		"none":          func([]payout.Ack) []payout.Ack { return nil },
		"two":           func(l []payout.Ack) []payout.Ack { return append(l, l...) },
		"another's key": func([]payout.Ack) []payout.Ack { return []payout.Ack{{Key: "po_other-1", Accepted: true}} },
	} {
		t.Run(name, func(t *testing.T) {
			clock := connecttest.NewClock(connecttest.Start)
			rail := garbled{payout.NewSimulator(payout.SimulatorConfig{Delivery: ledger.Blind, Now: clock.Now}), acks}
			_, p := platformOn(t, connect.Config{Rail: rail, Now: clock.Now})
			o, err := p.Payout(context.Background(), connect.PayoutRequest{Key: "po", AccountID: fund(t, p).ID})
			require.NoError(t, err)
			require.Equal(t, payout.Unknown, o.Status)
			require.Equal(t, "no_answer", o.Code)
		})
	}
}
