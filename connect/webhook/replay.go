package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// ReplayRequest asks for deliveries once more, with the bytes that they had.
type ReplayRequest struct {
	Key string `json:"-"`

	DeliveryID string `json:"delivery,omitzero"` // one; or, without it, of an endpoint:

	EndpointID  string    `json:"endpoint,omitzero"`
	From        time.Time `json:"from,omitzero"`        // those that were recorded from here on
	To          time.Time `json:"to,omitzero"`          // and before this; zero: until now
	Undelivered bool      `json:"undelivered,omitzero"` // only what was parked, missed or canceled; else what was delivered too
	After       string    `json:"after,omitzero"`       // Next of the answer before
}

// Replayed is what was put in the queue again.
type Replayed struct {
	Deliveries []string // ids of the new ones, oldest first; up to 100
	Next       string   // not empty: there are more, after this
	ByKey      bool     // the key was used before; Next is not known then
}

const replayPage = 100

// Replay delivers again what is not pending: one delivery, or up to 100 of an endpoint in a
// stretch of time, to the URL and with the secrets of now. Each is a new delivery with the
// event's id and body; it comes after those that wait in its lane. A
// disabled endpoint is refused (State, endpoint_disabled), and so is one delivery that is
// pending (delivery_pending), has no body (delivery_unencodable) or whose retention is over
// (delivery_expired); of a stretch those are left out.
func (p *Platform) Replay(ctx context.Context, r ReplayRequest) (*Replayed, error) {
	wrap := func(err error) (*Replayed, error) { return nil, fmt.Errorf("webhook: replay: %w", err) }
	if (r.DeliveryID == "") == (r.EndpointID == "") {
		return wrap(bad("invalid_request", "delivery", "a delivery or an endpoint is named"))
	}
	hash, err := ledger.HashRequest("webhook.replay", &r)
	if err != nil {
		return wrap(err)
	}
	var out *Replayed
	_, err = p.h.env.Update(ctx, p.store, func(u *ledger.Unit) error {
		out = &Replayed{}
		made, replayed, err := u.Once(ledger.Idem{Scope: p.id + "/webhook", Key: r.Key, Hash: hash})
		if err != nil {
			return err
		}
		if replayed {
			out.ByKey = true
			for _, id := range made {
				if id.Kind == deliveryKind.Name {
					out.Deliveries = append(out.Deliveries, id.ID)
				}
			}
			return nil
		}
		var list []*Delivery
		if r.DeliveryID != "" {
			list, err = p.one(u, r.DeliveryID)
		} else {
			list, out.Next, err = p.stretch(u, r)
		}
		if err != nil {
			return err
		}
		out.Deliveries, err = p.repeat(u, list)
		return err
	})
	if err != nil {
		return wrap(err)
	}
	return out, nil
}

// one returns the delivery that is repeated alone.
func (p *Platform) one(u *ledger.Unit, id string) ([]*Delivery, error) {
	d, err := deliveryKind.Get(u, id)
	if errors.Is(err, ledger.NotFound) || err == nil && d.Platform != p.id {
		return nil, notFound("delivery")
	}
	if err != nil {
		return nil, err
	}
	state := func(code, msg string) error {
		return &ledger.Error{Class: ledger.State, Code: code, Field: "delivery", Msg: msg}
	}
	switch {
	case d.Status == Pending:
		return nil, state("delivery_pending", "it is under way")
	case d.Status == Expired:
		return nil, state("delivery_expired", "what was in it is gone")
	case d.Body == "":
		return nil, state("delivery_unencodable", "it has no body")
	}
	return []*Delivery{d}, nil
}

// stretch returns those of an endpoint that are repeated, oldest first.
func (p *Platform) stretch(u *ledger.Unit, r ReplayRequest) (out []*Delivery, next string, err error) {
	if _, err := p.mine(u, r.EndpointID); err != nil {
		return nil, "", err
	}
	q := ledger.Query{Kind: deliveryKind.Name, Name: "endpoint", Value: r.EndpointID, From: r.From, To: r.To, Limit: replayPage}
	if q.To.IsZero() {
		q.To = u.At()
	}
	if r.Undelivered {
		q.Name = "undelivered"
	}
	if r.After != "" {
		err := u.View(func(v ledger.View) error {
			q.After = p.place(v, q, r.After)
			return nil
		})
		if err != nil || q.After.IsZero() {
			return nil, "", bad("invalid_cursor", "after", "this is not the id of an object in the list")
		}
	}
	list, err := u.Find(q)
	if err != nil {
		return nil, "", err
	}
	if len(list) == replayPage {
		next = list[len(list)-1].ID.ID
	}
	for _, o := range list {
		d, err := deliveryKind.Decode(o)
		if err != nil {
			return nil, "", err
		}
		if d.Status != Pending && d.Body != "" && d.Replay == "" { // what was repeated already is not repeated twice over
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *Delivery) int { return int(a.Number - b.Number) })
	return out, next, nil
}

// repeat queues deliveries again.
func (p *Platform) repeat(u *ledger.Unit, list []*Delivery) (ids []string, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	e, err := p.mine(u, list[0].EndpointID)
	if err != nil {
		return nil, err
	}
	if e.Disabled {
		return nil, &ledger.Error{Class: ledger.State, Code: "endpoint_disabled", Field: "endpoint", Msg: "nothing is sent to it"}
	}
	f, err := feedKind.Get(u, feedID(p.id))
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		again := &Delivery{Platform: d.Platform, EndpointID: d.EndpointID, Event: d.Event, Type: d.Type, ObjectID: d.ObjectID, Body: d.Body, Lane: d.Lane, Replay: d.ID}
		if err := p.h.enqueue(u, f, again, false, false); err != nil {
			return nil, err
		}
		ids = append(ids, again.ID)
	}
	return ids, feedKind.Put(u, feedID(p.id), f)
}
