package webhook

import (
	"context"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	ID       string         `json:"id"` // sent as Webhook-Id: the same at each attempt
	Platform string         `json:"platform"`
	Endpoint string         `json:"endpoint"`
	Event    string         `json:"event"`
	Type     string         `json:"type"`
	About    string         `json:"about"` // the id of the object that the event is about
	Number   int64          `json:"number"`
	Status   DeliveryStatus `json:"status"`
	Code     string         `json:"code,omitzero"` // why it has failed or has not succeeded yet: Code…
	Body     []byte         `json:"body,omitzero"` // as it is sent; nothing once it is not kept any more
	Created  time.Time      `json:"created"`
	Expires  time.Time      `json:"expires"`           // when it is given up
	Ended    time.Time      `json:"ended,omitzero"`    // when it last succeeded or failed
	Tries    int            `json:"tries,omitzero"`    // since it was made, or last replayed
	Attempts []Attempt      `json:"attempts,omitzero"` // the last twenty
	Work     ledger.Work    `json:"work,omitzero"`
}

// Attempt is one try of a delivery.
type Attempt struct {
	At   time.Time     `json:"at"`
	Code string        `json:"code,omitzero"` // empty: it was taken
	Took time.Duration `json:"took"`          // in nanoseconds, by the engine's clock
}

// DeliveryStatus is what became of a delivery.
type DeliveryStatus string

// The states of a delivery.
const (
	Pending   DeliveryStatus = "pending"
	Succeeded DeliveryStatus = "succeeded"
	Failed    DeliveryStatus = "failed"
)

// The codes of attempts and deliveries.
const (
	CodeRefused    = "address_refused" // its address is not public, or not one
	CodeTimeout    = "timeout"
	CodeTLS        = "tls" // its certificate is not valid
	CodeConnection = "connection"
	CodeRedirect   = "redirect"     // none is followed
	CodeClient     = "http_4xx"     // it answered so
	CodeServer     = "http_5xx"     // likewise
	CodeBody       = "body_failed"  // Config.Body made none
	CodeDisabled   = "disabled"     // the endpoint is
	CodeDeleted    = "deleted"      // likewise
	CodeNoSecret   = "no_secret"    // Config.Sealer opened none
	CodeEarlier    = "earlier_one"  // of the object has to be delivered first
	CodeEndpoint   = "not_there"    // another attempt at the endpoint failed
	CodeGivenUp    = "not_answered" // the process that tried it is gone
)

var deliveryKind = ledger.Kind[Delivery]{
	Name: "webhook.delivery", Prefix: "wd_",
	Keys: func(d *Delivery) []ledger.Key {
		at := order(d.Number)
		keys := []ledger.Key{{Name: "endpoint", Value: d.Endpoint, At: at}}
		if d.Status == Pending {
			keys = append(keys, ledger.Key{Name: "open", Value: d.Endpoint + " " + d.About, At: at})
		}
		return d.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "endpoint", Path: "endpoint"}, {Name: "event", Path: "event"}, {Name: "status", Path: "status"},
		{Name: "code", Path: "code"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// order is a number as a key keeps it.
func order(n int64) time.Time { return time.UnixMicro(n).UTC() }

func (h *Hooks) newDelivery(u *ledger.Unit, f *feed, to *Endpoint, e *Event, b made) error {
	d := &Delivery{
		ID: deliveryID(to.ID, e.ID), Platform: f.Platform, Endpoint: to.ID, Event: e.ID, Type: e.Type, About: e.Object, Number: f.Number, Status: Pending,
		Body: b.body, Created: u.At(), Expires: u.At().Add(h.c.life()),
	}
	if !b.ok {
		d.Body = nil
		d.end(u.At(), Failed, CodeBody)
	} else {
		d.Work.Later(u.At())
	}
	return deliveryKind.Put(u, d.ID, d)
}

func (d *Delivery) end(at time.Time, to DeliveryStatus, code string) {
	d.Status, d.Code, d.Ended = to, code, at
	d.Work.Done()
}

// GetDelivery returns a delivery of a platform's.
func (h *Hooks) GetDelivery(ctx context.Context, p *connect.Platform, id string) (*Delivery, error) {
	d, err := deliveryKind.Read(ctx, h.store(), id)
	if err != nil || d.Platform != p.ID() {
		return nil, missing(err)
	}
	return d, nil
}

// DeliveriesRequest asks for a page of the deliveries of an endpoint, the newest first.
type DeliveriesRequest struct {
	EndpointID string
	Before     string // the last delivery of the page before; empty: the newest
	Limit      int    // 1 to 1,000; zero: 100
}

// Deliveries lists those of an endpoint.
func (h *Hooks) Deliveries(ctx context.Context, p *connect.Platform, r DeliveriesRequest) (list []*Delivery, err error) {
	if _, err := h.GetEndpoint(ctx, p, r.EndpointID); err != nil {
		return nil, err
	}
	q := ledger.Query{Kind: deliveryKind.Name, Name: "endpoint", Value: r.EndpointID, Desc: true, Limit: r.Limit}
	if r.Before != "" {
		d, err := h.GetDelivery(ctx, p, r.Before)
		if err != nil {
			return nil, err
		}
		q.After = ledger.Place{At: order(d.Number), ID: d.ID}
	}
	err = h.store().Read(ctx, func(v ledger.View) error {
		list = nil
		page, err := v.Find(q)
		for _, o := range page {
			d, err := deliveryKind.Decode(o)
			if err != nil {
				return err
			}
			list = append(list, d)
		}
		return err
	})
	return list, err
}

// ReplayRequest names what is to be delivered again: a delivery, or those of an endpoint
// that were made within a time.
type ReplayRequest struct {
	DeliveryID string

	EndpointID string
	From, To   time.Time // by Delivery.Created; To is not within. Zero: from the first, to the last
	FailedOnly bool      // not what succeeded
}

// Replay delivers again what was delivered, or not, before: with the same id and body, at
// once, and with all attempts anew. It returns how many deliveries that are, at most a
// thousand by one call, the oldest first: those that still had to be delivered are not
// counted. What is no longer kept, and all of an endpoint that is deleted, cannot be.
func (h *Hooks) Replay(ctx context.Context, p *connect.Platform, r ReplayRequest) (n int, err error) {
	if (r.DeliveryID == "") == (r.EndpointID == "") {
		return 0, &ledger.Error{Class: ledger.Invalid, Code: "invalid_request", Field: "delivery", Op: "webhook: replay", Msg: "it names a delivery or an endpoint"}
	}
	if r.DeliveryID != "" {
		d, err := h.GetDelivery(ctx, p, r.DeliveryID)
		if err != nil {
			return 0, err
		}
		if _, err := h.GetEndpoint(ctx, p, d.Endpoint); err != nil {
			return 0, err
		}
		again, err := h.again(ctx, d.ID)
		if err == nil && !again {
			err = &ledger.Error{Class: ledger.State, Code: "not_kept", Field: "delivery", Op: "webhook: replay", Msg: "its body is not kept any more, or it is still to be delivered"}
		}
		if err != nil {
			return 0, err
		}
		return 1, nil
	}
	if _, err := h.GetEndpoint(ctx, p, r.EndpointID); err != nil {
		return 0, err
	}
	q := ledger.Query{Kind: deliveryKind.Name, Name: "endpoint", Value: r.EndpointID, Limit: 100}
	for {
		var page []ledger.Object
		err := h.store().Read(ctx, func(v ledger.View) (err error) {
			page, err = v.Find(q)
			return err
		})
		if err != nil {
			return n, err
		}
		for _, o := range page {
			q.After = o.PlaceIn(q)
			d, err := deliveryKind.Decode(o)
			if err != nil {
				return n, err
			}
			if d.Created.Before(r.From) || !r.To.IsZero() && !d.Created.Before(r.To) || r.FailedOnly && d.Status == Succeeded {
				continue
			}
			again, err := h.again(ctx, d.ID)
			if err != nil {
				return n, err
			}
			if again {
				n++
			}
			if n == 1000 {
				return n, nil
			}
		}
		if len(page) < 100 {
			return n, nil
		}
	}
}

// again makes a delivery that has ended due once more.
func (h *Hooks) again(ctx context.Context, id string) (did bool, err error) {
	_, err = h.env.Update(ctx, h.store(), func(u *ledger.Unit) error {
		did = false
		d, err := deliveryKind.Get(u, id)
		if err != nil || d.Status == Pending || d.Body == nil {
			return err
		}
		did = true
		d.Status, d.Code, d.Tries, d.Expires = Pending, "", 0, u.At().Add(h.c.life())
		d.Work.Later(u.At())
		return deliveryKind.Put(u, id, d)
	})
	return did, err
}
