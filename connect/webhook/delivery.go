package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Status is how a delivery stands.
type Status string

// The statuses.
const (
	Pending   Status = "pending"   // it will be tried, for the first time or again
	Delivered Status = "delivered" // the receiver has answered 2xx
	Parked    Status = "parked"    // every attempt of the schedule has failed, or there is no body
	Missed    Status = "missed"    // the endpoint was disabled when it was due
	Canceled  Status = "canceled"  // the endpoint was deleted before
	Expired   Status = "expired"   // its time of retention is over, and what was in it is gone
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID         string      `json:"id"`
	Platform   string      `json:"platform"`
	EndpointID string      `json:"endpoint"`
	Event      string      `json:"event"` // its id, the same for each delivery and replay of it
	Type       string      `json:"type,omitzero"`
	ObjectID   string      `json:"object,omitzero"`
	Body       string      `json:"body,omitzero"` // what is sent, byte for byte
	Status     Status      `json:"status"`
	Attempts   int         `json:"attempts,omitzero"`
	Result     Result      `json:"result,omitzero"` // of the last attempt
	Tried      time.Time   `json:"tried,omitzero"`  // when the last attempt ended
	Created    time.Time   `json:"created"`
	Ended      time.Time   `json:"ended,omitzero"`
	Lane       string      `json:"lane,omitzero"`   // those of one lane come one after the other; empty: it waits for none
	Number     int64       `json:"number"`          // its place in the order of the platform's deliveries
	Replay     string      `json:"replay,omitzero"` // the delivery that it repeats
	Work       ledger.Work `json:"work,omitzero"`
	Purge      time.Time   `json:"purge,omitzero"`
}

const readyKey = "ready" // of those that can be sent: of all under "", and of each platform

var deliveryKind = ledger.Kind[Delivery]{
	Name: "webhook.delivery", Prefix: "whd_",
	Keys: func(d *Delivery) (keys []ledger.Key) {
		if d.Status == Expired {
			return nil
		}
		keys = []ledger.Key{
			{Name: "platform", Value: d.Platform, At: d.Created}, {Name: "endpoint", Value: d.EndpointID, At: d.Created},
			{Name: "event", Value: d.Platform + "/" + d.Event, At: d.Created},
		}
		if d.Status != Pending {
			keys = append(keys, ledger.Key{Name: ledger.DueKey, At: d.Purge})
			if d.Status != Delivered {
				keys = append(keys, ledger.Key{Name: "undelivered", Value: d.EndpointID, At: d.Created})
			}
			return keys
		}
		keys = append(keys, ledger.Key{Name: readyKey, At: d.Work.Due}, ledger.Key{Name: readyKey, Value: d.Platform, At: d.Work.Due})
		if d.Lane != "" {
			keys = append(keys, ledger.Key{Name: "lane", Value: d.Lane, At: time.UnixMicro(d.Number).UTC()})
		}
		return keys
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "endpoint", Path: "endpoint"}, {Name: "event", Path: "event"}, {Name: "type", Path: "type"},
		{Name: "status", Path: "status"}, {Name: "attempts", Path: "attempts", Type: ledger.IntegerColumn}, {Name: "result", Path: "result"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn}, {Name: "due", Path: "work.due", Type: ledger.TimeColumn},
	},
}

// end finishes a delivery.
func (d *Delivery) end(s Status, now time.Time, retention time.Duration) {
	d.Status, d.Ended, d.Purge = s, now, now.Add(retention)
	d.Work.Done()
}

// expire forgets what was in a delivery whose time is over. Drain does it.
func (h *Hooks) expire(ctx context.Context, s ledger.Store, o ledger.Object) error {
	_, err := h.env.Update(ctx, s, func(u *ledger.Unit) error {
		d, err := deliveryKind.Get(u, o.ID.ID)
		if err != nil || d.Status == Pending || d.Status == Expired || u.At().Before(d.Purge) {
			return err
		}
		return deliveryKind.Put(u, d.ID, &Delivery{ID: d.ID, Platform: d.Platform, EndpointID: d.EndpointID, Event: d.Event,
			Status: Expired, Created: d.Created, Ended: d.Ended, Number: d.Number})
	})
	return err
}

// GetDelivery returns a delivery.
func (p *Platform) GetDelivery(ctx context.Context, id string) (*Delivery, error) {
	d, err := deliveryKind.Read(ctx, p.store, id)
	if errors.Is(err, ledger.NotFound) || err == nil && d.Platform != p.id {
		err = notFound("delivery")
	}
	if err != nil {
		return nil, fmt.Errorf("webhook: delivery: %w", err)
	}
	return d, nil
}

// DeliveriesRequest asks for one page of deliveries, newest first.
type DeliveriesRequest struct {
	EndpointID  string // only those to an endpoint
	EventID     string // only those of an event; not with EndpointID
	Undelivered bool   // with EndpointID: only parked, missed and canceled ones
	After       string // the id of the last one already seen
	Limit       int    // 1–100; 0 is 10
}

// Deliveries is one page.
type Deliveries struct {
	Items []*Delivery
	More  bool
}

// ListDeliveries returns a page of the platform's deliveries.
func (p *Platform) ListDeliveries(ctx context.Context, r DeliveriesRequest) (*Deliveries, error) {
	page, err := p.deliveries(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("webhook: deliveries: %w", err)
	}
	return page, nil
}

func (p *Platform) deliveries(ctx context.Context, r DeliveriesRequest) (*Deliveries, error) {
	if r.Limit == 0 {
		r.Limit = 10
	}
	q := ledger.Query{Kind: deliveryKind.Name, Name: "platform", Value: p.id, Desc: true, Limit: r.Limit + 1}
	switch {
	case r.Limit < 1 || r.Limit > 100:
		return nil, bad("invalid_limit", "limit", "a page holds 1 to 100")
	case r.EndpointID != "" && r.EventID != "", r.Undelivered && r.EndpointID == "":
		return nil, bad("invalid_request", "endpoint", "a list is of an endpoint, and of what was not delivered to it, or of an event")
	case r.EventID != "":
		q.Name, q.Value = "event", p.id+"/"+r.EventID
	case r.EndpointID != "":
		if e, err := endpointKind.Read(ctx, p.store, r.EndpointID); errors.Is(err, ledger.NotFound) || err == nil && e.Platform != p.id {
			return nil, notFound("endpoint")
		} else if err != nil {
			return nil, err
		}
		if q.Name, q.Value = "endpoint", r.EndpointID; r.Undelivered {
			q.Name = "undelivered"
		}
	}
	var list []ledger.Object
	err := p.store.Read(ctx, func(v ledger.View) error {
		if r.After != "" {
			if q.After = p.place(v, q, r.After); q.After.IsZero() {
				return bad("invalid_cursor", "after", "this is not the id of an object in the list")
			}
		}
		var err error
		list, err = v.Find(q)
		return err
	})
	if err != nil {
		return nil, err
	}
	page := &Deliveries{More: len(list) > r.Limit}
	for _, o := range list[:min(len(list), r.Limit)] {
		d, err := deliveryKind.Decode(o)
		if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, d)
	}
	return page, nil
}

// place returns where a delivery stands in a list of the platform's, zero if it does not.
func (p *Platform) place(v ledger.View, q ledger.Query, id string) ledger.Place {
	if !deliveryKind.Fits(id) {
		return ledger.Place{}
	}
	list, err := v.Objects(deliveryKind.ID(id))
	if err != nil || list[0].Version == 0 {
		return ledger.Place{}
	}
	if d, err := deliveryKind.Decode(list[0]); err != nil || d.Platform != p.id {
		return ledger.Place{}
	}
	return list[0].PlaceIn(q)
}
