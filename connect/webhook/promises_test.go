package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// Promise 57: at least once, in order per object; an endpoint that fails blocks itself alone.
func TestPromise57InOrderPerObject(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	good := b.endpoint(only("charge.*"))
	b.Clock.Advance(time.Microsecond)
	dead := b.endpoint(only("charge.*"), func(r *webhook.EndpointRequest) { r.URL = "https://dead.example/" })
	b.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Host == "dead.example" {
			w.WriteHeader(500)
		}
	}
	first, second := b.charge(), b.charge()
	sent := b.run()
	require.Equal(t, 4, sent.Delivered)
	require.Equal(t, 2, sent.Failed, "of the dead one the first of each object")
	order := make(map[string][]string)
	for _, g := range b.took() {
		e, err := b.verifier(good.Secret, dead.Secret).Verify(g.Header, []byte(g.Body))
		require.NoError(t, err)
		for _, c := range []*connect.Charge{first, second} {
			if strings.Contains(g.Body, c.ID) {
				order[g.Path[:4]+c.ID] = append(order[g.Path[:4]+c.ID], e.Type)
			}
		}
	}
	for _, c := range []*connect.Charge{first, second} {
		require.Equal(t, []string{connect.EventChargePending, connect.EventChargeSucceeded}, order["hook"+c.ID])
		require.Equal(t, []string{connect.EventChargePending}, order["dead"+c.ID])
	}
	b.status(200)
	b.took()
	b.Clock.Advance(time.Minute)
	require.Equal(t, 4, b.run().Delivered, "and the rest follows, in order, once it is there again")
	require.Contains(t, b.took()[0].Body, connect.EventChargePending)
	e, err := b.p.Get(b.ctx, dead.ID)
	require.NoError(t, err)
	require.Zero(t, e.Failing)
}

// The order of an endpoint is its own choice (promise 57).
func TestOrders(t *testing.T) {
	for order, want := range map[webhook.Order]int{webhook.ByObject: 2, webhook.ByFeed: 1, webhook.Unsorted: 4} {
		b := newStage(t, webhook.Config{}, nil)
		b.endpoint(only("charge.*"), func(r *webhook.EndpointRequest) { r.Order = order })
		b.status(503)
		b.charge()
		b.charge()
		require.Equal(t, want, b.run().Failed, "order %q", order)
		b.status(204)
		b.took()
		b.Clock.Advance(time.Minute)
		require.Equal(t, 4, b.run().Delivered)
	}
}

// Promise 58: what can never be delivered parks after the schedule, and holds nobody up.
func TestPromise58PoisonedEventsPark(t *testing.T) {
	render := func(e ledger.Event, o ledger.Object) ([]byte, error) {
		switch {
		case e.Type == connect.EventChargePending:
			return nil, errors.New("no")
		case e.Type == connect.EventChargeUpdated:
			panic("no")
		}
		return []byte(`{"id":"` + o.ID.ID + `"}`), nil
	}
	b := newStage(t, webhook.Config{Render: render, DisableAfter: 30 * 24 * time.Hour}, nil)
	e := b.endpoint(only("charge.*", "customer.*"))
	b.status(500)
	c := b.charge()
	var waits []time.Duration
	start := b.Clock.Now()
	for range 10 {
		require.Equal(t, 1, b.run().Failed)
		d := b.all(e.ID)
		waits = append(waits, b.Clock.Now().Sub(start))
		if d[0].Status == webhook.Pending {
			require.Zero(t, b.run().Failed, "not before it is due")
			b.Clock.Set(d[0].Work.Due)
		}
	}
	require.Less(t, 71*time.Hour, waits[9])
	require.Greater(t, 80*time.Hour, waits[9])
	list := b.all(e.ID)
	require.Len(t, list, 2)
	for _, d := range list {
		require.Equal(t, webhook.Parked, d.Status)
		if d.Type == connect.EventChargePending {
			require.Equal(t, webhook.NoBody, d.Result)
			require.Zero(t, d.Attempts)
			_, err := b.p.Replay(b.ctx, webhook.ReplayRequest{Key: b.key(), DeliveryID: d.ID})
			require.Equal(t, "delivery_unencodable", codeOf(t, err))
		} else {
			require.Equal(t, webhook.Answered5xx, d.Result)
			require.Equal(t, 10, d.Attempts)
		}
	}
	b.status(200)
	_, err := b.shop.Refund(b.ctx, connect.RefundRequest{Key: b.key(), ChargeID: c.ID})
	require.NoError(t, err)
	require.NotZero(t, b.run().Delivered, "what comes behind goes on")
}

// Promise 59: a redelivery has the same bytes, whatever became of the object, and other
// times and signatures.
func TestPromise59BodiesStay(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	b.status(404)
	c := b.charge()
	b.run()
	first := b.took()[0]
	_, err := b.shop.Refund(b.ctx, connect.RefundRequest{Key: b.key(), ChargeID: c.ID})
	require.NoError(t, err)
	description := "changed"
	_, err = b.p.Update(b.ctx, webhook.EndpointUpdate{ID: e.ID, Description: &description, URL: "https://other.example/new"})
	require.NoError(t, err)
	b.Clock.Advance(time.Hour)
	b.status(200)
	b.run()
	second := b.took()[0]
	done := b.all(e.ID)[0]
	r, err := b.p.Replay(b.ctx, webhook.ReplayRequest{Key: "again", DeliveryID: done.ID})
	require.NoError(t, err)
	require.Len(t, r.Deliveries, 1)
	same, err := b.p.Replay(b.ctx, webhook.ReplayRequest{Key: "again", DeliveryID: done.ID})
	require.NoError(t, err)
	require.Equal(t, r.Deliveries, same.Deliveries, "a key makes one")
	require.Equal(t, 1, b.run().Delivered)
	third := b.took()[0]
	for _, g := range []got{second, third} {
		require.Equal(t, "other.example/new", g.Path)
		require.Equal(t, first.Body, g.Body)
		require.Equal(t, first.Header.Get(webhook.HeaderID), g.Header.Get(webhook.HeaderID))
		require.NotEqual(t, first.Header.Get(webhook.DefaultHeader), g.Header.Get(webhook.DefaultHeader))
		_, err := b.verifier(e.Secret).Verify(g.Header, []byte(g.Body))
		require.NoError(t, err)
	}
}

// Promise 60: leases are fenced. A worker that sleeps beyond its lease cannot say how a
// delivery ended that another has taken.
func TestPromise60LeasesAreFenced(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	other, err := connect.New(connect.Config{Store: b.Store(), Now: b.Clock.Now})
	require.NoError(t, err)
	second := b.attach(other, webhook.Config{})
	b.charge()
	n := 0
	b.answer = func(w http.ResponseWriter, _ *http.Request, _ string) {
		b.mu.Lock()
		n++
		mine := n
		b.mu.Unlock()
		if mine > 1 {
			return
		}
		sent, err := second.Deliver(context.Background())
		require.NoError(t, err)
		require.Zero(t, sent, "while the lease lasts nobody else takes it")
		b.Clock.Advance(2 * time.Minute)
		sent, err = second.Deliver(context.Background())
		require.NoError(t, err)
		require.Equal(t, 1, sent.Delivered)
		w.WriteHeader(500) // the sleeper hears a failure, late
	}
	b.run()
	d := b.all(e.ID)[0]
	require.Equal(t, webhook.Delivered, d.Status)
	require.Equal(t, 2, d.Attempts, "the sleeper's, when its lease had ended, and the other's")
	require.Equal(t, webhook.Answered2xx, d.Result)
}

// Two processes read and deliver at once: each event is delivered once (promise 60).
func TestTwoProcessesDeliverOnce(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	b.endpoint(only("charge.*"))
	other, err := connect.New(connect.Config{Store: b.Store(), Now: b.Clock.Now})
	require.NoError(t, err)
	second := b.attach(other, webhook.Config{})
	for range 10 {
		b.charge()
	}
	var group sync.WaitGroup
	for _, p := range []struct {
		e *connect.Engine
		h *webhook.Hooks
	}{{b.Engine, b.hooks}, {other, second}} {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 3 {
				_, err := p.e.Drain(b.ctx)
				sent, bad := p.h.Deliver(b.ctx)
				if err != nil || bad != nil || sent.Err != nil {
					t.Error(err, bad, sent.Err)
				}
			}
		}()
	}
	group.Wait()
	b.Clock.Advance(2 * time.Second) // what had waited for one that the other process had
	b.run()
	seen := make(map[string]bool)
	list := b.took()
	for _, g := range list {
		require.False(t, seen[g.Header.Get(webhook.HeaderID)], "it came twice")
		seen[g.Header.Get(webhook.HeaderID)] = true
	}
	require.Len(t, list, 20)
}

// What was begun goes on after a restart, from a database.
func TestRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "books.db")
	open := func() ledger.Store {
		s, err := sqlite.Open(t.Context(), file, nil)
		require.NoError(t, err)
		return s
	}
	s := open()
	b := newStage(t, webhook.Config{}, s)
	e := b.endpoint(only("charge.*"))
	b.status(500)
	b.charge()
	require.Equal(t, 1, b.run().Failed)
	body := b.took()[0].Body
	late := b.charge() // not read yet
	require.NoError(t, s.(interface{ Close() error }).Close())

	s = open()
	defer func() { require.NoError(t, s.(interface{ Close() error }).Close()) }()
	clock := b.Clock
	clock.Advance(time.Minute)
	eng, err := connect.New(connect.Config{Store: s, Now: clock.Now})
	require.NoError(t, err)
	b.Marketplace = &connecttest.Marketplace{Engine: eng, Clock: clock}
	b.hooks = b.attach(eng, webhook.Config{})
	b.p, err = b.hooks.Platform(b.ctx, b.shop.ID())
	require.NoError(t, err)
	b.status(200)
	require.Equal(t, 4, b.run().Delivered)
	list := b.took()
	require.Contains(t, []string{list[0].Body, list[1].Body, list[2].Body, list[3].Body}, body)
	require.Contains(t, list[0].Body+list[1].Body+list[2].Body+list[3].Body, late.ID)
	for _, g := range list {
		_, err := b.verifier(e.Secret).Verify(g.Header, []byte(g.Body))
		require.NoError(t, err)
	}
}
