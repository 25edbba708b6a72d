package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/ledger"
)

func TestEndpointVerbs(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	r := webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/", Types: []string{"charge.*"}, Description: "d", Metadata: map[string]string{"a": "b"}}
	made, err := b.p.Create(b.ctx, r)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(made.Secret, "whsec_"))
	again, err := b.p.Create(b.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, made.ID, again.ID)
	require.Equal(t, made.Secret, again.Secret)
	r.URL += "other"
	_, err = b.p.Create(b.ctx, r)
	require.ErrorIs(t, err, ledger.Exists)

	preview := b.p.Preview()
	_, err = preview.Create(b.ctx, webhook.EndpointRequest{Key: "p", URL: "https://hooks.example/p"})
	require.NoError(t, err)
	shown, err := b.p.Get(b.ctx, made.ID)
	require.NoError(t, err)
	require.Empty(t, shown.Secret)
	require.Equal(t, map[string]string{"a": "b"}, shown.Metadata)
	list, err := b.p.List(b.ctx)
	require.NoError(t, err)
	require.Len(t, list, 1, "the preview left nothing")

	source := webhook.OfAccounts
	shown, err = b.p.Update(b.ctx, webhook.EndpointUpdate{ID: made.ID, Types: []string{"*"}, Source: &source, Metadata: map[string]string{}})
	require.NoError(t, err)
	require.Empty(t, shown.Metadata)
	require.Equal(t, "d", shown.Description)
	require.NoError(t, b.p.Delete(b.ctx, made.ID))
	_, err = b.p.Get(b.ctx, made.ID)
	require.ErrorIs(t, err, ledger.NotFound)
	require.ErrorIs(t, b.p.Delete(b.ctx, made.ID), ledger.NotFound)
	r.URL = "https://hooks.example/"
	_, err = b.p.Create(b.ctx, r)
	require.ErrorIs(t, err, ledger.NotFound, "its key is used, and its secret is gone")
}

func TestRefusals(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	long := strings.Repeat("x", 501)
	for code, change := range map[string]func(r *webhook.EndpointRequest){
		"invalid_types":           func(r *webhook.EndpointRequest) { r.Types = []string{"charge*"} },
		"invalid_source":          func(r *webhook.EndpointRequest) { r.Source = "x" },
		"invalid_order":           func(r *webhook.EndpointRequest) { r.Order = "x" },
		"invalid_description":     func(r *webhook.EndpointRequest) { r.Description = long },
		"invalid_metadata":        func(r *webhook.EndpointRequest) { r.Metadata = map[string]string{"a": long} },
		"invalid_idempotency_key": func(r *webhook.EndpointRequest) { r.Key = "" },
	} {
		r := webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/"}
		change(&r)
		_, err := b.p.Create(b.ctx, r)
		require.Equal(t, code, codeOf(t, err))
	}
	for _, of := range []string{"", ".*", "*.*", "Charge.*", "a b", "charge.**", strings.Repeat("a", 65)} {
		_, err := b.p.Create(b.ctx, webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/", Types: []string{of}})
		require.Equal(t, "invalid_types", codeOf(t, err), of)
	}
	for _, c := range []webhook.Config{{Timeout: time.Hour}, {Schedule: []time.Duration{0}}, {Header: "a b"}, {Parallel: -1}, {Retention: -1}} {
		m, err := connecttest.New(connecttest.Config{})
		require.NoError(t, err)
		_, err = webhook.New(m.Engine, c)
		require.Equal(t, "invalid_config", codeOf(t, err))
	}
	_, err := webhook.New(b.Engine, webhook.Config{})
	require.Equal(t, "invalid_part", codeOf(t, err), "an engine has one")
}

// An id of another platform gets the answer that an unknown one gets, from every verb.
func TestTenants(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	mine := b.endpoint(only(connect.EventChargeSucceeded))
	b.charge()
	b.run()
	delivery := b.all(mine.ID)[0]
	other, err := b.Register(b.ctx, connect.PlatformRequest{Key: "o", Name: "Other", Country: "US"})
	require.NoError(t, err)
	p, err := b.hooks.Platform(b.ctx, other.ID())
	require.NoError(t, err)
	for verb, try := range map[string]func(p *webhook.Platform, endpoint, delivery string) error{
		"get": func(p *webhook.Platform, e, _ string) error { _, err := p.Get(b.ctx, e); return err },
		"update": func(p *webhook.Platform, e, _ string) error {
			_, err := p.Update(b.ctx, webhook.EndpointUpdate{ID: e, URL: "bad"})
			return err
		},
		"delete": func(p *webhook.Platform, e, _ string) error { return p.Delete(b.ctx, e) },
		"roll": func(p *webhook.Platform, e, _ string) error {
			_, err := p.Roll(b.ctx, webhook.RollRequest{Key: "k", EndpointID: e})
			return err
		},
		"delivery": func(p *webhook.Platform, _, d string) error { _, err := p.GetDelivery(b.ctx, d); return err },
		"deliveries": func(p *webhook.Platform, e, _ string) error {
			_, err := p.ListDeliveries(b.ctx, webhook.DeliveriesRequest{EndpointID: e})
			return err
		},
		"after": func(p *webhook.Platform, _, d string) error {
			_, err := p.ListDeliveries(b.ctx, webhook.DeliveriesRequest{After: d})
			return err
		},
		"replay one": func(p *webhook.Platform, _, d string) error {
			_, err := p.Replay(b.ctx, webhook.ReplayRequest{Key: "k", DeliveryID: d})
			return err
		},
		"replay": func(p *webhook.Platform, e, _ string) error {
			_, err := p.Replay(b.ctx, webhook.ReplayRequest{Key: "k", EndpointID: e})
			return err
		},
	} {
		foreign, unknown := try(p, mine.ID, delivery.ID), try(p, "we_nobody", "whd_nobody")
		require.Error(t, foreign, verb)
		require.Equal(t, unknown.Error(), foreign.Error(), verb)
		if verb != "after" {
			require.ErrorIs(t, foreign, ledger.NotFound, verb)
		}
	}
	page, err := p.ListDeliveries(b.ctx, webhook.DeliveriesRequest{EventID: delivery.Event})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	_, err = b.hooks.Platform(b.ctx, "plat_nobody")
	require.ErrorIs(t, err, ledger.NotFound)
	after, err := b.p.Get(b.ctx, mine.ID)
	require.NoError(t, err)
	require.Equal(t, "https://hooks.example/in", after.URL)
}

// Endpoints get what they ask for.
func TestSources(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	own := b.endpoint(func(r *webhook.EndpointRequest) { r.Source = webhook.OfPlatform })
	accounts := b.endpoint(func(r *webhook.EndpointRequest) { r.Source = webhook.OfAccounts })
	b.charge()
	_, err := b.shop.UpdatePlatform(b.ctx, connect.PlatformUpdate{Key: "u", Name: "New"})
	require.NoError(t, err)
	b.run()
	has := func(e *webhook.Endpoint, of string) (found bool) {
		for _, d := range b.all(e.ID) {
			found = found || d.Type == of
		}
		return found
	}
	require.True(t, has(own, connect.EventPlatformUpdated))
	require.False(t, has(own, connect.EventChargeSucceeded))
	require.True(t, has(accounts, connect.EventChargeSucceeded))
	require.False(t, has(accounts, connect.EventPlatformUpdated))
}

// An endpoint that fails for days is disabled, which the others hear; what it missed is
// replayed when it is enabled.
func TestAutoDisable(t *testing.T) {
	b := newStage(t, webhook.Config{DisableAfter: 24 * time.Hour}, nil)
	dead := b.endpoint(only(connect.EventChargeSucceeded), func(r *webhook.EndpointRequest) { r.URL = "https://dead.example/" })
	watch := b.endpoint(only("webhook.*"))
	b.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Host == "dead.example" {
			w.WriteHeader(500)
		}
	}
	for range 9 {
		b.charge()
		b.run()
		b.Clock.Advance(3 * time.Hour)
	}
	b.run()
	e, err := b.p.Get(b.ctx, dead.ID)
	require.NoError(t, err)
	require.True(t, e.Disabled)
	require.Equal(t, "failing", e.Why)
	b.charge()
	b.run()
	told := b.all(watch.ID)
	require.Len(t, told, 1)
	require.Equal(t, webhook.EventEndpointDisabled, told[0].Type)
	require.Contains(t, told[0].Body, dead.ID)
	require.NotContains(t, told[0].Body, "whsec")

	b.Clock.Advance(48 * time.Hour)
	b.run()
	for _, d := range b.all(dead.ID) {
		require.Equal(t, webhook.Missed, d.Status)
	}
	replay := webhook.ReplayRequest{Key: "r", EndpointID: dead.ID, Undelivered: true}
	_, err = b.p.Replay(b.ctx, replay)
	require.Equal(t, "endpoint_disabled", codeOf(t, err))
	enable := false
	_, err = b.p.Update(b.ctx, webhook.EndpointUpdate{ID: dead.ID, Disabled: &enable})
	require.NoError(t, err)
	b.status(200)
	b.Clock.Advance(time.Microsecond)
	r, err := b.p.Replay(b.ctx, replay)
	require.NoError(t, err)
	require.Len(t, r.Deliveries, 10)
	require.Empty(t, r.Next)
	require.Equal(t, 10, b.run().Delivered)
}

// A stretch of time is replayed page by page.
func TestReplayOfARange(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	e := b.endpoint(only("charge.*"))
	for range 60 {
		b.charge()
	}
	require.Equal(t, 120, b.run().Delivered)
	b.took()
	from := b.Clock.Now()
	b.Clock.Advance(time.Hour)
	r := webhook.ReplayRequest{Key: "1", EndpointID: e.ID, From: from}
	first, err := b.p.Replay(b.ctx, r)
	require.NoError(t, err)
	require.Len(t, first.Deliveries, 100)
	r.Key, r.After = "2", first.Next
	second, err := b.p.Replay(b.ctx, r)
	require.NoError(t, err)
	require.Len(t, second.Deliveries, 20)
	require.Empty(t, second.Next)
	require.Equal(t, 120, b.run().Delivered)
	pending := second.Deliveries[0]
	again, err := b.p.Replay(b.ctx, webhook.ReplayRequest{Key: "3", DeliveryID: pending})
	require.NoError(t, err)
	_, err = b.p.Replay(b.ctx, webhook.ReplayRequest{Key: "4", DeliveryID: again.Deliveries[0]})
	require.Equal(t, "delivery_pending", codeOf(t, err))
	require.NoError(t, b.p.Delete(b.ctx, e.ID))
	require.Zero(t, b.run())
	d, err := b.p.GetDelivery(b.ctx, again.Deliveries[0])
	require.NoError(t, err)
	require.Equal(t, webhook.Canceled, d.Status)
}

// After the retention a delivery is listed no more, and what was in it is gone.
func TestRetention(t *testing.T) {
	b := newStage(t, webhook.Config{Retention: 24 * time.Hour}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	b.charge()
	b.run()
	old := b.all(e.ID)[0]
	b.Clock.Advance(24 * time.Hour)
	b.run()
	require.Empty(t, b.all(e.ID))
	d, err := b.p.GetDelivery(b.ctx, old.ID)
	require.NoError(t, err)
	require.Equal(t, webhook.Expired, d.Status)
	require.Empty(t, d.Body)
	_, err = b.p.Replay(b.ctx, webhook.ReplayRequest{Key: "r", DeliveryID: old.ID})
	require.Equal(t, "delivery_expired", codeOf(t, err))
}

// A page of events with more deliveries than one commit should have, and many platforms.
func TestManyEndpointsManyPlatforms(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	for range 20 {
		b.endpoint(only("charge.*"))
	}
	for range 60 {
		b.charge()
	}
	for i := range 3 {
		other, err := b.Register(b.ctx, connect.PlatformRequest{Key: fmt.Sprint(i), Name: "Other", Country: "US"})
		require.NoError(t, err)
		p, err := b.hooks.Platform(b.ctx, other.ID())
		require.NoError(t, err)
		_, err = p.Create(b.ctx, webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/other"})
		require.NoError(t, err)
		_, err = other.UpdatePlatform(b.ctx, connect.PlatformUpdate{Key: "u", Name: "New"})
		require.NoError(t, err)
	}
	require.Equal(t, 20*120+3*2, b.run().Delivered)
}

// Verbs work in a transaction of the host's, which may come to nothing.
func TestJoined(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	s := ledger.Overlay(b.Store())
	joined := b.p.In(s)
	e, err := joined.Create(b.ctx, webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/"})
	require.NoError(t, err)
	_, err = joined.Get(b.ctx, e.ID)
	require.NoError(t, err)
	_, err = b.p.Get(b.ctx, e.ID)
	require.ErrorIs(t, err, ledger.NotFound)
}

// Whatever a URL is, it is refused with its code or its host is dialled.
func FuzzURL(f *testing.F) {
	for _, u := range append(forbids, "https://hooks.example/") {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, u string) {
		m, err := connecttest.New(connecttest.Config{})
		require.NoError(t, err)
		h, err := webhook.New(m.Engine, webhook.Config{Lookup: resolves})
		require.NoError(t, err)
		p, err := m.Register(context.Background(), connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
		require.NoError(t, err)
		w, err := h.Platform(context.Background(), p.ID())
		require.NoError(t, err)
		if _, err = w.Create(context.Background(), webhook.EndpointRequest{Key: "k", URL: u}); err != nil {
			require.Equal(t, "forbidden_url", codeOf(t, err))
		} else {
			require.True(t, strings.HasPrefix(strings.ToLower(u), "https://"))
		}
	})
}

// Deliveries are listed page by page, newest first, and by endpoint, event and end.
func TestListDeliveries(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	e := b.endpoint(only("charge.*"))
	b.status(500)
	b.charge()
	b.run()
	var ids []string
	for after := ""; ; {
		page, err := b.p.ListDeliveries(b.ctx, webhook.DeliveriesRequest{After: after, Limit: 1})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		after = page.Items[0].ID
		if ids = append(ids, after); !page.More {
			break
		}
	}
	all := b.all(e.ID)
	require.Equal(t, []string{all[0].ID, all[1].ID}, ids)
	of, err := b.p.ListDeliveries(b.ctx, webhook.DeliveriesRequest{EventID: all[1].Event})
	require.NoError(t, err)
	require.Len(t, of.Items, 1)
	none, err := b.p.ListDeliveries(b.ctx, webhook.DeliveriesRequest{EndpointID: e.ID, Undelivered: true})
	require.NoError(t, err)
	require.Empty(t, none.Items)
	for _, r := range []webhook.DeliveriesRequest{{Limit: 101}, {Limit: -1}, {Undelivered: true}, {EndpointID: e.ID, EventID: "evt_1"}, {After: "nothing"}} {
		_, err := b.p.ListDeliveries(b.ctx, r)
		require.ErrorIs(t, err, ledger.Invalid)
	}
}
