package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// An event is delivered once, signed both ways, to whoever wants it.
func TestDelivered(t *testing.T) {
	b := newBench(t)
	all := b.endpoint("all")
	b.endpoint("none", func(r *EndpointRequest) { r.Types = []string{"payout.*", "customer.deleted"} })
	b.endpoint("accounts", func(r *EndpointRequest) { r.Of = OfAccounts })
	before := b.happens("c")
	b.drain()
	got := b.taken()
	require.Len(t, got, 1)
	require.NoError(t, got[0].err)
	require.Equal(t, []any{"event", "customer.created", before, "connect.customer", false}, []any{
		field(t, got[0].body, "object"), field(t, got[0].body, "type"), field(t, got[0].body, "about", "id"), field(t, got[0].body, "about", "kind"),
		field(t, got[0].body, "livemode"),
	})
	own := got[0].header.Clone()
	own.Del(DefaultHeader)
	m, err := (&Verifier{Secrets: []string{all.Secret.Plain()}, Now: b.Clock.Now}).Verify(own, got[0].body)
	require.NoError(t, err, "by the headers of Standard Webhooks alone")
	list := b.deliveries(all.ID)
	require.Len(t, list, 1)
	require.Equal(t, []any{m.ID, Succeeded, 1, got[0].body}, []any{list[0].ID, list[0].Status, list[0].Tries, list[0].Body})
	b.later(time.Hour)
	require.Empty(t, b.taken(), "once")
	b.later(31 * 24 * time.Hour)
	require.Nil(t, b.deliveries(all.ID)[0].Body, "its body is not kept for ever")
	n, err := b.hooks.Replay(b.ctx, b.platform, ReplayRequest{EndpointID: all.ID})
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = b.hooks.Replay(b.ctx, b.platform, ReplayRequest{DeliveryID: list[0].ID})
	requireRefused(t, err, ledger.State, "not_kept")
}

// What is of an account goes to endpoints for accounts.
func TestOfAccounts(t *testing.T) {
	b := newBench(t)
	b.endpoint("platform", func(r *EndpointRequest) { r.Of, r.Types = OfPlatform, nil })
	accounts := b.endpoint("accounts", func(r *EndpointRequest) { r.Of, r.Types = OfAccounts, []string{"*"} })
	b.drain()
	b.taken()
	a, err := b.platform.CreateAccount(b.ctx, connect.AccountRequest{Key: "a", Country: "US"})
	require.NoError(t, err)
	b.drain()
	got := b.taken()
	require.Len(t, got, 1)
	require.Equal(t, a.ID, field(t, got[0].body, "account"))
	require.Equal(t, accounts.ID, b.deliveries(accounts.ID)[0].Endpoint)
}

// An endpoint that fails blocks itself alone; it is tried again as long as it says, and
// then given up (promises 57 and 58); each time the body is the same (promise 59).
func TestTriedAgain(t *testing.T) {
	b := newBench(t)
	bad := b.endpoint("bad", func(r *EndpointRequest) { r.URL = "https://example.com/bad" })
	good := b.endpoint("good", func(r *EndpointRequest) { r.URL = "https://example.com/good" })
	b.answers(func(w http.ResponseWriter, r *http.Request, _ []byte) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	b.happens("c")
	b.drain()
	require.Equal(t, Succeeded, b.deliveries(good.ID)[0].Status)
	first := b.taken()
	waits := days3()
	var bodies, ids []string
	for _, wait := range waits {
		b.later(wait - time.Second)
		require.Empty(t, b.taken(), "not before %v", wait)
		b.later(time.Second)
		got := b.taken()
		require.Len(t, got, 1, "after %v", wait)
		require.NoError(t, got[0].err)
		bodies, ids = append(bodies, string(got[0].body)), append(ids, got[0].msg.ID)
	}
	for i := range bodies {
		require.Equal(t, bodies[0], bodies[i])
		require.Equal(t, ids[0], ids[i])
	}
	require.Contains(t, []string{string(first[0].body), string(first[1].body)}, bodies[0])
	d := b.deliveries(bad.ID)[0]
	require.Equal(t, []any{Failed, CodeServer, len(waits) + 1}, []any{d.Status, d.Code, d.Tries})
	b.later(24 * time.Hour)
	require.Empty(t, b.taken())
	b.answers(nil)
	n, err := b.hooks.Replay(b.ctx, b.platform, ReplayRequest{EndpointID: bad.ID, FailedOnly: true})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	b.drain()
	got := b.taken()
	require.Len(t, got, 1)
	require.Equal(t, bodies[0], string(got[0].body))
	require.Equal(t, ids[0], got[0].msg.ID)
	require.Equal(t, Succeeded, b.deliveries(bad.ID)[0].Status)
}

// An event that an endpoint cannot take, and one that has no body, hold up no other
// (promise 58).
func TestPoison(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Body = func(_ context.Context, e Event) ([]byte, error) {
			if strings.HasSuffix(e.Type, "deleted") {
				return nil, errors.New("no body")
			}
			return e.body()
		}
	})
	e := b.endpoint("e")
	poison := b.happens("poison")
	b.answers(func(w http.ResponseWriter, _ *http.Request, body []byte) {
		if strings.Contains(string(body), poison) {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	for i := range 5 {
		b.happens(fmt.Sprint("c", i))
		b.drain()
	}
	b.gone(poison)
	b.happens("last")
	b.drain()
	by := map[DeliveryStatus]int{}
	for _, d := range b.deliveries(e.ID) {
		by[d.Status]++
		if d.Status == Failed {
			require.Equal(t, CodeBody, d.Code)
		}
	}
	require.Equal(t, map[DeliveryStatus]int{Succeeded: 6, Failed: 1, Pending: 1}, by)
	for range 20 {
		b.later(24 * time.Hour)
	}
	list := b.deliveries(e.ID)
	require.Equal(t, []any{Failed, CodeClient}, []any{list[len(list)-1].Status, list[len(list)-1].Code})
}

// An endpoint that asks for order gets what happened to one object in order, and other
// objects meanwhile (promise 57).
func TestOrdered(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		b := newBench(t)
		b.endpoint("e", func(r *EndpointRequest) { r.Ordered = ordered })
		one, fails := b.happens("one"), true
		b.answers(func(w http.ResponseWriter, _ *http.Request, body []byte) {
			if fails && strings.Contains(string(body), one) {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		b.drain()
		b.gone(one)
		b.happens("two")
		b.drain()
		got := b.taken()
		require.Len(t, got, map[bool]int{true: 2, false: 3}[ordered])
		fails = false
		b.answers(nil)
		b.later(time.Minute)
		b.later(time.Minute)
		var types []string
		for _, x := range b.taken() {
			types = append(types, field(t, x.body, "type").(string))
		}
		if ordered {
			require.Equal(t, []string{"customer.created", "customer.deleted"}, types)
		} else {
			require.ElementsMatch(t, []string{"customer.created", "customer.deleted"}, types)
		}
	}
}

// What is not there is disabled after days, and its deliveries wait for it.
func TestDisabled(t *testing.T) {
	b := newBench(t, func(c *Config) { c.DisableAfter = 24 * time.Hour })
	e := b.endpoint("e")
	b.answers(func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) })
	b.happens("c")
	for range 32 {
		b.later(time.Hour)
	}
	now, err := b.hooks.GetEndpoint(b.ctx, b.platform, e.ID)
	require.NoError(t, err)
	require.Equal(t, []any{Disabled, reasonFailing}, []any{now.Status, now.Reason}, "%+v", b.deliveries(e.ID)[0].Attempts)
	b.taken()
	missed := b.happens("missed")
	b.answers(nil)
	b.later(2 * time.Hour)
	require.Empty(t, b.taken(), "it is not called")
	_, err = b.hooks.UpdateEndpoint(b.ctx, b.platform, EndpointUpdate{EndpointID: e.ID, Enable: true})
	require.NoError(t, err)
	b.later(time.Hour)
	got := b.taken()
	require.Len(t, got, 1)
	require.Contains(t, string(got[0].body), missed, "what happened meanwhile comes within an hour")
	b.later(24 * time.Hour)
	require.Len(t, b.taken(), 1, "and the first when it is tried again")
	_, err = b.hooks.UpdateEndpoint(b.ctx, b.platform, EndpointUpdate{EndpointID: e.ID, Disable: "holiday"})
	require.NoError(t, err)
	b.happens("never")
	b.later(time.Hour)
	_, err = b.hooks.UpdateEndpoint(b.ctx, b.platform, EndpointUpdate{EndpointID: e.ID, Enable: true})
	require.NoError(t, err)
	b.later(time.Hour)
	require.Empty(t, b.taken(), "while it was disabled by its owner nothing was meant for it")
	b.happens("pending")
	require.NoError(t, b.hooks.DeleteEndpoint(b.ctx, b.platform, e.ID))
	b.later(time.Hour)
	require.Empty(t, b.taken())
	_, err = b.hooks.GetEndpoint(b.ctx, b.platform, e.ID)
	require.ErrorIs(t, err, ledger.NotFound)
}

// Dead endpoints, however many and whosever, hold up none that is there (W8).
func TestDeadEndpointsHoldUpNone(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Endpoints = 200 })
	b.names.list["dead.example.com"] = [][]string{{"10.0.0.1"}}
	for i := range 100 {
		b.endpoint(fmt.Sprint("dead", i))
	}
	good := b.endpoint("good", func(r *EndpointRequest) { r.URL = "https://example.com/good" })
	var order []string
	b.answers(func(w http.ResponseWriter, r *http.Request, _ []byte) {
		b.mu.Lock()
		order = append(order, r.URL.Path)
		b.mu.Unlock()
		if r.URL.Path != "/good" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	b.happens("first")
	b.drain()
	order = nil
	b.Clock.Advance(time.Minute) // they are due again
	b.happens("second")
	b.drain()
	require.Len(t, order, 201)
	require.Contains(t, order[:b.hooks.c.Parallel], "/good", "it is among the first that are called")
	require.Equal(t, Succeeded, b.deliveries(good.ID)[0].Status)
}

// Two processes make each attempt once; one that was held up for longer than its lease
// changes nothing any more (promise 60).
func TestTwoProcesses(t *testing.T) {
	b := newBench(t)
	e := b.endpoint("e")
	for i := range 20 {
		b.happens(fmt.Sprint("c", i))
	}
	engine, err := connect.New(connect.Config{Store: b.Store(), Now: b.Clock.Now, Acquirer: b.Acquirer, Rail: b.Rail})
	require.NoError(t, err)
	c := b.config
	c.Engine = engine
	other, err := New(c)
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, engine.Attach(other.Part()))
	var all sync.WaitGroup
	all.Go(func() { _, _ = engine.Drain(b.ctx) })
	all.Go(func() { _, _ = b.Drain(b.ctx) })
	all.Wait()
	b.drain()
	require.Len(t, b.taken(), 20)

	id := b.happens("late")
	b.answers(func(w http.ResponseWriter, _ *http.Request, _ []byte) { // it takes longer than the lease
		b.answers(nil)
		b.Clock.Advance(time.Minute)
		_, err := engine.Drain(b.ctx)
		require.NoError(t, err)
		w.WriteHeader(http.StatusInternalServerError)
	})
	b.drain()
	require.Len(t, b.taken(), 2)
	d := b.deliveries(e.ID)[0]
	require.Equal(t, []any{id, Succeeded, 2}, []any{d.About, d.Status, d.Tries}, "the one that was held up failed nothing")
	require.Equal(t, CodeGivenUp, d.Attempts[0].Code)
}

// What is not delivered when a process ends is by the next one, from a file too.
func TestSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "books.db")
	store, err := sqlite.Open(context.Background(), file, nil)
	require.NoError(t, err)
	b := newBenchIn(t, store)
	e := b.endpoint("e")
	id := b.happens("c")
	b.answers(func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusBadGateway) })
	b.drain()
	b.taken()
	require.NoError(t, store.Close())
	b.answers(nil)

	again, err := sqlite.Open(context.Background(), file, nil)
	require.NoError(t, err)
	defer again.Close()
	engine, err := connect.New(connect.Config{Store: again, Now: b.Clock.Now})
	require.NoError(t, err)
	c := b.config
	c.Engine = engine
	hooks, err := New(c)
	require.NoError(t, err)
	defer hooks.Close()
	require.NoError(t, engine.Attach(hooks.Part()))
	b.Clock.Advance(time.Minute)
	_, err = engine.Drain(b.ctx)
	require.NoError(t, err)
	got := b.taken()
	require.Len(t, got, 1)
	require.Contains(t, string(got[0].body), id)
	p, err := engine.Platform(b.ctx, b.platform.ID())
	require.NoError(t, err)
	list, err := hooks.Deliveries(b.ctx, p, DeliveriesRequest{EndpointID: e.ID})
	require.NoError(t, err)
	require.Equal(t, []any{Succeeded, 2}, []any{list[0].Status, list[0].Tries})
}

// Both secrets sign while one is rolled, and then the new one alone.
func TestRolling(t *testing.T) {
	b := newBench(t)
	e := b.endpoint("e")
	next, err := b.hooks.RollSecret(b.ctx, b.platform, e.ID)
	require.NoError(t, err)
	require.NotEqual(t, e.Secret.Plain(), next.Secret.Plain())
	for _, step := range []struct {
		wait time.Duration
		old  bool
	}{{0, true}, {23 * time.Hour, true}, {time.Hour, false}} {
		b.Clock.Advance(step.wait)
		b.happens(step.wait.String())
		b.drain()
		got := b.taken()
		require.Len(t, got, 1)
		for secret, good := range map[string]bool{e.Secret.Plain(): step.old, next.Secret.Plain(): true} {
			for _, without := range []string{"", DefaultHeader} {
				h := got[0].header.Clone()
				h.Del(without)
				_, err := (&Verifier{Secrets: []string{secret}, Now: b.Clock.Now}).Verify(h, got[0].body)
				require.Equal(t, good, err == nil, "%v: %v", step, err)
			}
		}
	}
}

// sealer is a host's: what it sealed is not what stands in the store.
type sealer struct{ fails bool }

func (s *sealer) Seal(_ context.Context, platform, name string, clear []byte) ([]byte, error) {
	return flip(platform+name, clear), nil
}

func (s *sealer) Open(_ context.Context, platform, name string, sealed []byte) ([]byte, error) {
	if s.fails {
		return nil, errors.New("no key")
	}
	return flip(platform+name, sealed), nil
}

func flip(key string, text []byte) (out []byte) {
	for i, b := range text {
		out = append(out, b^key[i%len(key)]^0x55)
	}
	return out
}

func TestSecretsAreSealed(t *testing.T) {
	s := &sealer{}
	b := newBench(t, func(c *Config) { c.Sealer = s })
	e := b.endpoint("e")
	o, err := endpointKind.Read(b.ctx, b.Store(), e.ID)
	require.NoError(t, err)
	require.NotContains(t, string(o.Secrets[0].Sealed), e.Secret.Plain())
	s.fails = true
	b.happens("c")
	b.drain()
	require.Empty(t, b.taken())
	require.Equal(t, CodeNoSecret, b.deliveries(e.ID)[0].Code)
	s.fails = false
	b.later(time.Minute)
	require.Len(t, b.taken(), 1)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", e, *e, *e), e.Secret.Plain(), "it does not print itself")
}

// An endpoint and its deliveries are nobody else's (promise 65).
func TestForeign(t *testing.T) {
	b := newBench(t)
	e := b.endpoint("e")
	b.happens("c")
	b.drain()
	d := b.deliveries(e.ID)[0]
	other, err := b.Register(b.ctx, connect.PlatformRequest{Key: "o", Name: "O", Country: "US"})
	require.NoError(t, err)
	for name, fn := range map[string]func(id, delivery string) error{
		"get": func(id, _ string) error { _, err := b.hooks.GetEndpoint(b.ctx, other, id); return err },
		"update": func(id, _ string) error {
			_, err := b.hooks.UpdateEndpoint(b.ctx, other, EndpointUpdate{EndpointID: id})
			return err
		},
		"delete": func(id, _ string) error { return b.hooks.DeleteEndpoint(b.ctx, other, id) },
		"roll":   func(id, _ string) error { _, err := b.hooks.RollSecret(b.ctx, other, id); return err },
		"list": func(id, _ string) error {
			_, err := b.hooks.Deliveries(b.ctx, other, DeliveriesRequest{EndpointID: id})
			return err
		},
		"look": func(_, id string) error { _, err := b.hooks.GetDelivery(b.ctx, other, id); return err },
		"replay": func(id, _ string) error {
			_, err := b.hooks.Replay(b.ctx, other, ReplayRequest{EndpointID: id})
			return err
		},
		"replay1": func(_, id string) error {
			_, err := b.hooks.Replay(b.ctx, other, ReplayRequest{DeliveryID: id})
			return err
		},
	} {
		foreign, unknown := fn(e.ID, d.ID), fn("we_00000000000000000000000000", "wd_00000000000000000000000000000000")
		require.ErrorIs(t, foreign, ledger.NotFound, name)
		require.Equal(t, unknown.Error(), foreign.Error(), name)
	}
	for x, err := range b.hooks.Endpoints(b.ctx, other) {
		require.NoError(t, err)
		require.Fail(t, "an endpoint of another's", "%v", x)
	}
	b.drain()
	require.Equal(t, d, b.deliveries(e.ID)[0])
}
