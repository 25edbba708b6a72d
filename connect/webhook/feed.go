package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/soukhq/souk/ledger"
)

// feed is how far the events of a platform have been read. It is due always: an idle
// platform costs Drain a read, and no write.
type feed struct {
	Platform string        `json:"platform"`
	Cursor   ledger.Cursor `json:"cursor,omitzero"`
	Number   int64         `json:"number,omitzero"` // of the last delivery
	Since    time.Time     `json:"since"`
}

var feedKind = ledger.Kind[feed]{
	Name: "webhook.feed", Prefix: "whf_",
	Keys: func(f *feed) []ledger.Key {
		return []ledger.Key{{Name: ledger.DueKey, At: f.Since}, {Name: "feeds", At: f.Since}}
	},
	Columns: []ledger.Column{{Name: "platform", Path: "platform"}, {Name: "deliveries", Path: "number", Type: ledger.IntegerColumn}},
}

func feedID(platform string) string { return feedKind.Prefix + platform }

// startFeed begins to read a platform's events: from the feed's beginning, since a place
// in it may not be skipped, but older events than an endpoint are not delivered to it.
func startFeed(u *ledger.Unit, platform string) error {
	o, err := u.Object(feedKind.ID(feedID(platform)))
	if err != nil || o.Version > 0 {
		return err
	}
	return feedKind.Put(u, feedID(platform), &feed{Platform: platform, Since: u.At()})
}

// feedPage is how many events are read in one unit of work, and feedMost about how many
// deliveries it writes.
const (
	feedPage = 100
	feedMost = 500
)

// feedTurn is how many pages are read before the next platform has its turn: one with a long
// history would hold up all others.
const feedTurn = 10

// follow reads a platform's events, and writes the deliveries of each page in the commit that
// moves the cursor: so that each is written once, whoever else does it. Where there are more
// than it reads, Drain comes to it again, since it has moved.
func (h *Hooks) follow(ctx context.Context, s ledger.Store, o ledger.Object) error {
	for range feedTurn {
		more := false
		_, err := h.env.Update(ctx, s, func(u *ledger.Unit) error {
			f, err := feedKind.Get(u, o.ID.ID)
			if err != nil {
				return err
			}
			more, err = h.page(ctx, u, s, f)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// page reads one page of events, of fewer the more endpoints there are.
func (h *Hooks) page(ctx context.Context, u *ledger.Unit, s ledger.Store, f *feed) (more bool, err error) {
	var list []ledger.Event
	var next ledger.Cursor
	var objects []ledger.Object
	var endpoints []*Endpoint
	limit := feedPage
	err = s.Read(ctx, func(v ledger.View) error {
		if list, next, err = v.Events(f.Cursor, f.Platform, limit); err != nil || len(list) == 0 {
			return err
		}
		if endpoints, err = endpointsIn(v, f.Platform); err != nil {
			return err
		}
		if most := max(1, feedMost/max(1, len(endpoints))); most < len(list) {
			limit = most
			if list, next, err = v.Events(f.Cursor, f.Platform, limit); err != nil {
				return err
			}
		}
		ids := make([]ledger.ID, len(list))
		for i, e := range list {
			ids[i] = e.Object
		}
		objects, err = v.Objects(ids...)
		return err
	})
	if err != nil || next == f.Cursor {
		return false, err
	}
	for i, e := range list {
		if err := h.fanOut(u, f, e, objects[i], endpoints); err != nil {
			return false, err
		}
	}
	f.Cursor = next
	return len(list) == limit, feedKind.Put(u, feedID(f.Platform), f)
}

// fanOut writes the deliveries of an event.
func (h *Hooks) fanOut(u *ledger.Unit, f *feed, e ledger.Event, o ledger.Object, endpoints []*Endpoint) error {
	account := accountOf(o)
	var body string
	var unable error
	made := false
	for _, to := range endpoints {
		if e.At.Before(to.Created) || !to.wants(e.Type, account) {
			continue
		}
		if !made {
			body, unable = h.body(e, o, account)
			made = true
		}
		d := &Delivery{Platform: f.Platform, EndpointID: to.ID, Event: e.ID, Type: e.Type, ObjectID: e.Object.ID, Body: body}
		d.Lane = laneOf(to, e.Object)
		if err := h.enqueue(u, f, d, to.Disabled, unable != nil); err != nil {
			return err
		}
	}
	return nil
}

// enqueue puts a delivery at the end of its lane.
func (h *Hooks) enqueue(u *ledger.Unit, f *feed, d *Delivery, disabled, unable bool) error {
	f.Number++
	d.ID, d.Number, d.Created, d.Status = u.NewID(deliveryKind.Prefix), f.Number, u.At(), Pending
	switch {
	case unable:
		d.Result = NoBody
		d.end(Parked, u.At(), h.c.Retention)
	case disabled:
		d.end(Missed, u.At(), h.c.Retention)
	default:
		d.Work.Later(u.At())
	}
	return deliveryKind.Put(u, d.ID, d)
}

// laneOf names the deliveries that come one after the other.
func laneOf(e *Endpoint, object ledger.ID) string {
	switch e.Order {
	case Unsorted:
		return ""
	case ByFeed:
		return e.ID
	}
	sum := sha256.Sum256([]byte(object.Kind + " " + object.ID))
	return e.ID + "/" + hex.EncodeToString(sum[:16])
}
