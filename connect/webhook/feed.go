package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// feed is how far the events of a platform have become deliveries.
type feed struct {
	Platform  string        `json:"platform"`
	Cursor    ledger.Cursor `json:"cursor,omitzero"`
	Number    int64         `json:"number"` // of deliveries so far: their order
	Endpoints int           `json:"endpoints"`
	Due       time.Time     `json:"due"` // always: each Drain reads it
}

var feedKind = ledger.Kind[feed]{
	Name: "webhook.feed", Prefix: "wf_",
	Keys:    func(f *feed) []ledger.Key { return []ledger.Key{{Name: ledger.DueKey, At: f.Due}} },
	Columns: []ledger.Column{{Name: "platform", Path: "platform"}, {Name: "number", Path: "number"}},
}

func feedID(platform string) string { return feedKind.Prefix + platform }

// startFeed begins a platform's feed, and puts it with each endpoint, so that of two that
// are created at once one sees the other.
func startFeed(u *ledger.Unit, platform string) error {
	f, err := feedKind.Get(u, feedID(platform))
	switch {
	case errors.Is(err, ledger.NotFound):
		f = &feed{Platform: platform, Due: u.At()}
	case err != nil:
		return err
	}
	f.Endpoints++
	return feedKind.Put(u, feedID(platform), f)
}

// Event is what an endpoint is told.
type Event struct {
	ID       string
	Type     string
	Platform string
	Account  string // that it is about; empty: none
	Kind     string // of the object that it is about: "connect.charge"
	Object   string // its id
	Version  int64  // of it, which rises with each change
	Created  time.Time
	Live     bool
	Data     json.RawMessage // that came with it; mostly none
}

// body is an event as JSON. What it is about is named and not shown: it may have changed
// since, and is read by whoever is told, who needs the right to.
func (e *Event) body() ([]byte, error) {
	type about struct {
		Kind    string `json:"kind"`
		ID      string `json:"id"`
		Version int64  `json:"version"`
	}
	return json.Marshal(struct {
		ID      string          `json:"id"`
		Object  string          `json:"object"`
		Type    string          `json:"type"`
		Created int64           `json:"created"`
		Live    bool            `json:"livemode"`
		Account string          `json:"account,omitempty"`
		About   about           `json:"about"`
		Data    json.RawMessage `json:"data,omitempty"`
	}{e.ID, "event", e.Type, e.Created.Unix(), e.Live, e.Account, about{e.Kind, e.Object, e.Version}, e.Data})
}

// page is how many events become deliveries at once.
const page = 50

// maxBody is how long a body may be.
const maxBody = 256 << 10

// read makes deliveries of what has happened since: the worker of feeds. Of two processes
// one makes them.
func (h *Hooks) read(ctx context.Context, s ledger.Store, o ledger.Object) error {
	f, err := feedKind.Decode(o)
	if err != nil {
		return err
	}
	at := h.from(f)
	for {
		var events []ledger.Event
		var next ledger.Cursor
		var list []Event
		err := s.Read(ctx, func(v ledger.View) (err error) {
			if events, next, err = v.Events(at, f.Platform, page); err == nil {
				list, err = h.about(v, events)
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(list) > 0 {
			if f, err = h.fan(ctx, s, o.ID.ID, f.Cursor, next, list); f == nil {
				return err
			}
		}
		h.note(f, next)
		if at = next; len(events) < page {
			return nil
		}
	}
}

// from is where to read on: further than is stored, if what lies between was for nobody.
func (h *Hooks) from(f *feed) ledger.Cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at, ok := h.seen[f.Platform+" "+string(f.Cursor)]; ok {
		return at
	}
	return f.Cursor
}

func (h *Hooks) note(f *feed, next ledger.Cursor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.seen) > 1<<16 {
		clear(h.seen)
	}
	h.seen[f.Platform+" "+string(f.Cursor)] = next
}

// about says what events are about, but for those about deliveries.
func (h *Hooks) about(v ledger.View, events []ledger.Event) (list []Event, err error) {
	ids := make([]ledger.ID, len(events))
	for i, e := range events {
		ids[i] = e.Object
	}
	if len(ids) == 0 {
		return nil, nil
	}
	objects, err := v.Objects(ids...)
	if err != nil {
		return nil, err
	}
	for i, e := range events {
		if strings.HasPrefix(e.Type, "webhook.") {
			continue
		}
		list = append(list, Event{
			ID: e.ID, Type: e.Type, Platform: e.Platform, Account: accountOf(&objects[i]), Kind: e.Object.Kind, Object: e.Object.ID,
			Version: e.Version, Created: e.At, Live: h.c.Live, Data: e.Data,
		})
	}
	return list, nil
}

// fan makes the deliveries of a page of events, and moves the feed on. It returns the feed
// as it is then; nil: somebody else has moved it, who goes on.
func (h *Hooks) fan(ctx context.Context, s ledger.Store, id string, was, next ledger.Cursor, list []Event) (now *feed, err error) {
	bodies := make(map[string]made, len(list))
	for _, e := range list {
		body, err := h.c.Body(ctx, e)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		bodies[e.ID] = made{body, err == nil && len(body) <= maxBody}
	}
	_, err = h.env.Update(ctx, s, func(u *ledger.Unit) error {
		now = nil
		f, err := feedKind.Get(u, id)
		if err != nil || f.Cursor != was {
			return err
		}
		endpoints, err := endpointsOf(u, f.Platform)
		if err != nil {
			return err
		}
		for _, e := range list {
			for _, to := range endpoints {
				if to.Status != Enabled && to.Reason != reasonFailing || e.Created.Before(to.Created) || !to.takes(e.Type, e.Account) {
					continue
				}
				f.Number++
				if err := h.newDelivery(u, f, &to.Endpoint, &e, bodies[e.ID]); err != nil {
					return err
				}
			}
		}
		f.Cursor = next
		now = f
		return feedKind.Put(u, id, f)
	})
	if err != nil {
		return nil, err
	}
	return now, nil
}

// made is a body, if it could be made.
type made struct {
	body []byte
	ok   bool
}

// deliveryID is the same whoever makes it: an endpoint is told of an event once.
func deliveryID(endpoint, event string) string {
	sum := sha256.Sum256([]byte(endpoint + " " + event))
	return deliveryKind.Prefix + hex.EncodeToString(sum[:16])
}
